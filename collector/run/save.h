/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What another collector needs to go on with a run, kept in a memory that outlives this one
 * (memory.h): where its ledger lies, the run as it is now, its processes, and how far each arena
 * was read. docs/architecture.md says what is taken from where.
 */
#ifndef GRAMME_SAVE_H
#define GRAMME_SAVE_H

#include "collector/run/run.h"

#define SAVE_FORMAT "gramme.memory/1"

/*
 * Brings a run's memory up to date; to be called before its ledger gets a line, so that what is
 * saved is never behind it. Returns 0, -ENOENT for a run without ledger or memory, or -errno; the
 * old one then stands.
 */
int save_run(struct run *run, uint64_t t_ns);

/* What is saved in a memory: a new object, checked only for its format. Returns 0 or -errno. */
int save_load(int memory, json_t **saved);

/* Where the ledger of a saved run lies. `folder` stays the caller's. Returns 0 or -EBADMSG. */
int save_place(json_t *saved, int folder, struct ledger_place *place);

/*
 * Makes the run again, at t_ns, without arenas and not yet joined to an account. `resumed` is
 * taken over, `ledger` if it returns 0. The time since the last line is nobody's: it is booked as
 * a gap in every domain. Returns 0, -EBADMSG, -ENODEV where the machine has other domains than
 * the ledger, or -ENOMEM.
 */
int save_restore(const json_t *saved, struct ledger *ledger, struct ledger_resumed *resumed,
		 const struct run_machine *machine, const struct tree_world *world, uint64_t t_ns,
		 struct run **run);

/* Sets an arena of a restored run to where it was read; to its beginning if it is not known. */
void save_restore_feed(const json_t *saved, struct run_feed *feed);

/* Was this arena let go already? */
bool save_is_gone(const json_t *saved, uint64_t id);

#endif
