/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one write costs whose line carries neither a counter nor a metric. To standard error, since
 * the figures go to standard output.
 */
#include <unistd.h>

#include "tests/bench/rounds.h"

static void write_lines(uint64_t times)
{
	static const char line[] = "a line as programs print them, of common length\n";

	while (times--)
		if (write(2, line, sizeof(line) - 1) < 0)
			return;
}

int main(int argc, char **argv)
{
	return rounds_run(argc, argv, write_lines);
}
