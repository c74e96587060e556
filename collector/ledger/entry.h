/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bodies of the ledger's lines: structs in, JSON objects out. Pure. Every function returns a
 * new object, or NULL for lack of memory.
 */
#ifndef GRAMME_LEDGER_ENTRY_H
#define GRAMME_LEDGER_ENTRY_H

#include <jansson.h>

#include "collector/ledger/tally.h"

/* An integer, capped at what JSON's signed 64 bits hold. */
json_t *entry_number(uint64_t value);

/* `digests` holds the members args, cwd and user (private.h). */
json_t *entry_open(const struct ledger_open *open, json_t *digests);

/* What `now` adds to `then`. `kernel` names the rows of `now`. */
json_t *entry_interval(const struct tally_terms *terms, const struct tally *then,
		       const struct tally *now, const struct ledger_kernel *kernel);

/* Adds what a line says of phases, where there are any. Returns 0 or -ENOMEM. */
int entry_phases(json_t *body, json_t *final, json_t *open);

json_t *entry_anchor(uint64_t t_ns, uint64_t utc_ns, const char *reason);

/* exit_status -1 is unknown. */
json_t *entry_close(const struct tally_terms *terms, const struct tally *tally, int exit_status,
		    bool complete);

/* Arrays that a tally keeps: of idle methods, and of {program, why, processes, cpu_ns}. */
json_t *entry_idle(size_t n, const char *const *method);
json_t *entry_uncovered(const struct ledger_state *state);
/* The same of {name, api, domain, memory_peak_bytes}. */
json_t *entry_devices(const struct ledger_device *device, size_t n);
/* The same of findings: {source, permission, text}. */
json_t *entry_findings(const struct power_finding *finding, size_t n);

#endif
