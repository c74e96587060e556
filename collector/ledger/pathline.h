/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call paths in the ledger's lines: what a line adds, and taking it again.
 */
#ifndef GRAMME_LEDGER_PATHLINE_H
#define GRAMME_LEDGER_PATHLINE_H

#include <jansson.h>

#include "collector/ledger/tally.h"

#define PATHLINE_FRAMES_MAX 48u

/* Adds the members `functions` and `paths`, where `now` adds something. Returns 0 or -ENOMEM. */
int pathline_put(json_t *body, const struct tally_paths *then, const struct tally_paths *now,
		 const struct ledger_paths *paths);

/*
 * Takes what a line says: `functions` gets the names of new ones, `paths` who new ones are, as
 * objects with `row`, `frames` and, where they were cut, `cut`. Returns 0, -ENOMEM, or -EBADMSG
 * with *problem.
 */
int pathline_take(const json_t *line, json_t *functions, json_t *paths, struct tally *tally,
		  struct ledger_problem *problem);

/* Nothing has fallen, and nothing has disappeared. */
int pathline_check(const struct tally_paths *then, const struct tally_paths *now,
		   struct ledger_problem *problem);

/* How many there are and their samples, for the closing line; nothing where there are none. */
int pathline_put_sums(json_t *body, const struct tally_paths *paths);

/* Paths as they were taken: structs again. Names are those of the array. */
struct ledger_paths_told {
	struct ledger_paths paths;
	struct ledger_path *path;
	uint32_t *frame; /* of all paths, PATHLINE_FRAMES_MAX each */
	const char **function;
};

/* To be freed with pathline_told_free; NULL for lack of memory. */
struct ledger_paths_told *pathline_tell(const json_t *functions, const json_t *paths,
					const struct tally_paths *sums);
void pathline_told_free(struct ledger_paths_told *told);

/*
 * The list for `gramme show --json` of one row: {samples, frames, cut}, most samples first; NULL
 * for lack of memory.
 */
json_t *pathline_list(const json_t *functions, const json_t *paths, const struct tally_paths *sums,
		      size_t row);

#endif
