/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets by their shape: passwords, tokens and keys that people put on command lines. What is
 * found is replaced by "***" before anything is written, in the private file as well. Pure.
 *
 * Known shapes: a value after a name that says so (--password=X, --token X, API_KEY=X,
 * "Authorization: Bearer X", "secret": "X"), a password in a URL (https://user:X@host), a long
 * run of letters and digits behind such a word, and the tokens that tell themselves (AWS,
 * GitHub, GitLab, Hugging Face, OpenAI, Slack, Google, npm, JSON web tokens, PEM private keys).
 * A secret of no known shape stays: that is why arguments are private.
 */
#ifndef GRAMME_LEDGER_MASK_H
#define GRAMME_LEDGER_MASK_H

#include <stddef.h>

#define MASK_STARS "***"

/* A copy of `text` with its secrets replaced, to be freed; NULL for lack of memory. */
char *mask_text(const char *text);

/*
 * A copy of a NULL-terminated argument vector, in which the argument behind a bare "--token" is
 * a secret too. To be freed by mask_free; NULL for lack of memory.
 */
char **mask_args(char *const *argv);
void mask_free(char **args);

#endif
