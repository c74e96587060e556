/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may hold secrets: arguments, working folder, user. In the chain stand digests alone,
 * "sha256:" and SHA-256 of a salt and the value; salts and values are in the private file. Without
 * it nobody can try values out against a digest, with it everybody can prove them.
 */
#ifndef GRAMME_LEDGER_PRIVATE_H
#define GRAMME_LEDGER_PRIVATE_H

#include <jansson.h>

#include "collector/ledger/ledger.h"

#define PRIVATE_SCHEMA "gramme.private/1"

/*
 * Makes the private file's object and the members args, cwd and user of the opening line, values
 * masked (mask.h) and with fresh random salts. Returns 0 with both, or -ENOMEM.
 */
int private_make(const struct ledger_open *open, json_t **secret, json_t **digests);

/*
 * Proves a private file's object against an opening line. Returns 0, or -EBADMSG with the
 * problem.
 */
int private_check(const json_t *secret, const json_t *open, struct ledger_problem *problem);

#endif
