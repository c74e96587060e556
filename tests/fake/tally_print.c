/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints a tally: "count KIND NAME N" for accepted calls, "refused KIND NAME N" for refused ones,
 * "gauge NAME N" for gauges.
 */
#include "tests/fake/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const struct tally_row *row;
	unsigned i;

	if (argc != 2 || access(argv[1], R_OK | W_OK) < 0 || tally_open(argv[1]) < 0) {
		fprintf(stderr, "usage: tally FILE (made by a counting test double)\n");
		return 2;
	}
	row = tally_rows();
	for (i = 0; i < TALLY_ROWS && row[i].state == TALLY_READY; i++) {
		if (!strncmp(row[i].key, "gauge ", 6)) {
			printf("%s %" PRIu64 "\n", row[i].key, row[i].accepted);
			continue;
		}
		if (row[i].accepted)
			printf("count %s %" PRIu64 "\n", row[i].key, row[i].accepted);
		if (row[i].refused)
			printf("refused %s %" PRIu64 "\n", row[i].key, row[i].refused);
	}
	return 0;
}
