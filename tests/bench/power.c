/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to read a machine's counters of energy: power FOLDER SECONDS HZ. FOLDER is a
 * recorded machine of six counters, whose files another process keeps counting up. Each reading
 * wakes this one up, as a timer does in the collector, and finds the caches as others left them.
 * Prints the CPU time that it took, in billionths of one core.
 */
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collector/power/power.h"
#include "collector/units.h"

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * UNITS_NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void sleep_until(uint64_t t_ns)
{
	const struct timespec ts = {(time_t)(t_ns / UNITS_NS_PER_S), (long)(t_ns % UNITS_NS_PER_S)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		;
}

/* 10 W each, twenty times a second, until it is killed. The numbers are of one length. */
static _Noreturn void count_up(const char *folder)
{
	char pattern[512], text[32];
	glob_t found;
	int fd[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(pattern, sizeof(pattern), "%s/root/sys/class/powercap/*/energy_uj", folder);
	if (glob(pattern, 0, NULL, &found))
		_exit(1);
	for (size_t i = 0; i < found.gl_pathc && i < 16; i++)
		fd[i] = open(found.gl_pathv[i], O_WRONLY);
	for (;;) {
		const uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
		const int n = snprintf(text, sizeof(text), "%" PRIu64 "\n",
				       100000000000 + now_ns / 100 % 100000000000);

		for (size_t i = 0; i < found.gl_pathc && i < 16; i++)
			if (pwrite(fd[i], text, (size_t)n, 0) != n)
				_exit(1);
		sleep_until(now_ns + UNITS_NS_PER_S / 20);
	}
}

int main(int argc, char **argv)
{
	const uint64_t seconds = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	const uint64_t hz = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
	static const struct power_load no_load;
	struct power_reading readings[POWER_DOMAINS_MAX];
	struct power_options options = {0};
	struct power *power;
	char why[256];

	if (!seconds || !hz || hz > 10) {
		fprintf(stderr, "usage: power FOLDER SECONDS HZ\n");
		return 1;
	}
	const pid_t counter = fork();
	if (counter == 0)
		count_up(argv[1]);
	sleep_until(clock_ns(CLOCK_MONOTONIC) + UNITS_NS_PER_S / 5);
	if (world_replay(argv[1], world_real(), &options.world, why)) {
		fprintf(stderr, "power: %s\n", why);
		return 1;
	}
	if (power_open(&options, &power))
		return 1;
	const uint64_t start_ns = clock_ns(CLOCK_MONOTONIC);
	const uint64_t before_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	for (uint64_t i = 1; i <= seconds * hz; i++) {
		sleep_until(start_ns + i * UNITS_NS_PER_S / hz);
		if (i % hz)
			power_sample(power);
		else
			power_read(power, &no_load, readings);
	}
	const uint64_t used_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before_ns;
	const struct power_domain *domain;
	const size_t domains = power_domains(power, &domain);
	for (size_t i = 0; i < domains; i++)
		if (readings[i].error || readings[i].gap || !readings[i].energy_uj)
			domain = NULL;
	if (domains != 6 || !domain) {
		fprintf(stderr, "power: not all of the six counters rose\n");
		return 1;
	}
	kill(counter, SIGKILL);
	waitpid(counter, NULL, 0);
	printf("%" PRIu64 "\n", used_ns / seconds);
	power_close(power);
	world_close(options.world);
	return 0;
}
