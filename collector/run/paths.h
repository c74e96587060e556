/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call paths of a run: functions by name, and who called what, by row of kernels. Pure. Both
 * only grow, and are bounded: a program that makes up code for ever cannot make the collector grow
 * for ever.
 */
#ifndef GRAMME_PATHS_H
#define GRAMME_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/ledger/ledger.h"

#define PATHS_MAX	    1024u /* then one path a row, without functions */
#define PATHS_FUNCTIONS_MAX 4096u /* then one for all others, "(others)" */
#define PATHS_PLACES_MAX    32768u

/* Numbers by key; of one key there may be several. */
struct paths_table {
	struct paths_slot {
		uint64_t key;
		uint32_t number; /* + 1; 0: free */
	} * slot;
	size_t slots;
	size_t used;
};

struct paths {
	char **function; /* owned */
	size_t functions;
	struct ledger_path *path; /* frames are owned */
	size_t n;
	struct paths_table by_name, by_frames, by_place;
};

/* A function that is known by where it lies, or -ENOENT. `place` is a hash of that. */
int paths_known(const struct paths *paths, uint64_t place);

/* The number of a function, which is at `place` from now on; 0 is no place. Or -ENOMEM. */
int paths_function(struct paths *paths, uint64_t place, const char *name);

/*
 * Counts samples of a path to a row. `frame` are numbers of functions, the innermost first; `cut`:
 * there were more. Returns 0 or -ENOMEM.
 */
int paths_add(struct paths *paths, size_t row, const uint32_t *frame, uint32_t frames, bool cut,
	      uint64_t samples);

/* Takes over what a ledger has of a run. The numbers stay. Returns 0 or -ENOMEM. */
int paths_restore(struct paths *paths, const struct ledger_paths *from);

/* All of it, borrowed. */
struct ledger_paths paths_state(const struct paths *paths);

void paths_release(struct paths *paths);

#endif
