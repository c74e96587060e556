/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one printf costs whose line carries neither a counter nor a metric. To standard error, which
 * is full of buffer for it, since the figures go to standard output.
 */
#include "tests/bench/rounds.h"

static void print(uint64_t times)
{
	while (times--)
		fprintf(stderr, "the value of %s was taken from %s\n", "one", "the other");
}

int main(int argc, char **argv)
{
	static char buffer[65536];

	setvbuf(stderr, buffer, _IOFBF, sizeof(buffer));
	return rounds_run(argc, argv, print);
}
