/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clock that stands until it is told to go on, and what must hold of readings whatever the
 * sensors say, for the targets that read hardware.
 */
#ifndef GRAMME_FUZZ_MACHINE_WORLD_H
#define GRAMME_FUZZ_MACHINE_WORLD_H

#include "tests/fuzz/fuzz.h"

#include "collector/power/power.h"
#include "collector/world.h"

#define READS_MAX 16

struct machine_clock {
	struct world world;
	uint64_t monotonic_ns;
	uint64_t suspended_ns;
};

static inline uint64_t machine_monotonic_ns(struct world *w)
{
	return ((struct machine_clock *)w)->monotonic_ns;
}

static inline uint64_t machine_boottime_ns(struct world *w)
{
	const struct machine_clock *clock = (struct machine_clock *)w;

	return clock->monotonic_ns + clock->suspended_ns;
}

/* One reading: the clock goes on, perhaps over a suspend, and the node does something. */
struct machine_step {
	uint64_t passed_ns;
	uint64_t suspended_ns;
	struct power_load load;
};

/* From lines of "passed suspended busy cpus used total"; what is missing is 0. */
static inline bool machine_next_step(const char **at, const char *end, struct machine_step *step)
{
	unsigned long long n[6] = {0};
	char line[160];

	if (*at >= end)
		return false;
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	size_t size = (size_t)((newline ? newline : end) - *at);
	snprintf(line, sizeof(line), "%.*s", (int)(size < 159 ? size : 159), *at);
	sscanf(line, "%llu %llu %llu %llu %llu %llu", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]);
	/* A clock does not run over in the life of a machine, nor do its memory and CPUs. */
	*step = (struct machine_step){
		.passed_ns = n[0] >> 12,
		.suspended_ns = n[1] >> 12,
		.load = {n[2] >> 1, (uint32_t)(n[3] & 0xfffff), n[4] >> 8, n[5] >> 8}};
	*at += size + 1;
	return true;
}

static inline void machine_check_domains(const struct power *power)
{
	const struct power_domain *domain;
	const struct power_finding *finding;
	size_t n = power_domains(power, &domain);

	MUST(n > 0 && n <= POWER_DOMAINS_MAX);
	for (size_t i = 0; i < n; i++) {
		MUST(domain[i].name[0] && fuzz_is_harmless(domain[i].name));
		MUST(fuzz_is_harmless(domain[i].within) && fuzz_is_harmless(domain[i].note));
		MUST(strcmp(domain[i].name, domain[i].within) != 0);
		for (size_t j = 0; j < i; j++)
			MUST(strcmp(domain[i].name, domain[j].name) != 0);
	}
	n = power_findings(power, &finding);
	for (size_t i = 0; i < n; i++)
		MUST(fuzz_is_harmless(finding[i].text));
}

/* Energy never falls, and stands still where it is not known. */
static inline void machine_read(struct power *power, const struct power_load *load)
{
	static struct power_reading before[POWER_DOMAINS_MAX];
	struct power_reading now[POWER_DOMAINS_MAX];
	const struct power_domain *domain;
	size_t n = power_domains(power, &domain);

	if (!load) {
		memset(before, 0, sizeof(before));
		return;
	}
	power_read(power, load, now);
	for (size_t i = 0; i < n; i++) {
		MUST(now[i].energy_uj >= before[i].energy_uj);
		if (now[i].error || now[i].gap)
			MUST(now[i].energy_uj == before[i].energy_uj);
		MUST(now[i].error <= 0 && !(now[i].error && now[i].gap));
		before[i] = now[i];
	}
}

/* Opens the sensors of a world, and reads them at the moments that `steps` says. */
static inline void machine_meter(struct world *world, struct machine_clock *clock,
				 const struct fuzz_file *steps)
{
	const struct power_options options = {.world = world, .model = true};
	const char *at = steps->name[0] ? steps->content : "";
	const char *end = at + steps->size;
	struct machine_step step;
	struct power *power;

	MUST(power_open(&options, &power) == 0);
	machine_check_domains(power);
	MUST(power_longest_interval_ns(power) > 0);
	machine_read(power, NULL);
	for (int i = 0; i < READS_MAX && machine_next_step(&at, end, &step); i++) {
		clock->monotonic_ns += step.passed_ns;
		clock->suspended_ns += step.suspended_ns;
		machine_read(power, &step.load);
	}
	power_close(power);
}

#endif
