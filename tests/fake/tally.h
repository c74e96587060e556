/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tally: named counts in a file that any number of processes map and add to at once. What was
 * counted before a SIGKILL stays, since the page cache outlives the process. Used by the test
 * doubles that count independently of what they check.
 */
#ifndef GRAMME_TESTS_TALLY_H
#define GRAMME_TESTS_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#define TALLY_ROWS 512u
#define TALLY_KEY  232u

enum tally_state { TALLY_FREE = 0, TALLY_CLAIMED = 1, TALLY_READY = 2 };

struct tally_row {
	uint32_t state; /* enum tally_state */
	uint32_t reserved;
	uint64_t accepted; /* calls that returned success; the value, for a gauge */
	uint64_t refused;  /* calls that returned an error */
	char key[TALLY_KEY];
};

/* Maps the file, making it if need be. Without a path nothing is counted. 0 or -errno. */
int tally_open(const char *path);

/* Counts one call under "KIND NAME"; a name that is too long is cut. */
void tally_count(const char *kind, const char *name, bool accepted);

/* Sets the gauge `name`, and raises "NAME-max" to it. */
void tally_gauge(const char *name, uint64_t value);

/* The rows, TALLY_ROWS of them, or NULL where no file is open. */
const struct tally_row *tally_rows(void);

#endif
