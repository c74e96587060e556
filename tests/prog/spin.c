/* SPDX-License-Identifier: Apache-2.0 */
/* Uses MS milliseconds of CPU time, then says how many nanoseconds it was. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (long long)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	long long until_ns = argc == 2 ? strtoll(argv[1], NULL, 10) * 1000000 : -1;

	if (until_ns < 0) {
		fprintf(stderr, "usage: spin MS\n");
		return 2;
	}
	while (cpu_ns() < until_ns)
		;
	printf("cpu %lld\n", cpu_ns());
	return 0;
}
