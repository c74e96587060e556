/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For unit tests of single sources: a recorded machine with its sensors, and what is expected of
 * them.
 */
#ifndef GRAMME_TEST_SENSORS_H
#define GRAMME_TEST_SENSORS_H

#include "tests/unit/machine.h"

#include "collector/power/power.h"

static struct power_load sensors_load;

struct sensors {
	struct machine_clock clock;
	struct world *world;
	struct power *power;
	struct power_reading reading[POWER_DOMAINS_MAX];
};

static inline void sensors_open(struct sensors *s, const char *dir)
{
	struct power_options options = {.model = false};

	s->clock = machine_clock();
	s->world = machine_open(dir, &s->clock);
	options.world = s->world;
	sensors_load = (struct power_load){0};
	assert_int_equal(power_open(&options, &s->power), 0);
}

static inline void sensors_close(struct sensors *s)
{
	power_close(s->power);
	world_close(s->world);
}

/* Lets the time go on and reads. */
static inline void sensors_after(struct sensors *s, uint64_t ns)
{
	s->clock.monotonic_ns += ns;
	power_read(s->power, &sensors_load, s->reading);
}

/* "name:source" of every domain, with what contains it. */
static inline void sensors_expect(const struct sensors *s, const char *expected)
{
	const struct power_domain *domains;
	size_t n = power_domains(s->power, &domains);
	char text[1024] = "";

	for (size_t i = 0; i < n; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s:%s%s%s", i ? " " : "",
			 domains[i].name, domains[i].source, domains[i].within[0] ? "<" : "",
			 domains[i].within);
		assert_true(domains[i].note[0] && domains[i].error_pct > 0);
	}
	assert_string_equal(text, expected);
}

static inline const struct power_domain *sensors_domain(const struct sensors *s, const char *name,
							size_t *at)
{
	const struct power_domain *domains;
	size_t n = power_domains(s->power, &domains);

	for (size_t i = 0; i < n; i++) {
		*at = i;
		if (!strcmp(domains[i].name, name))
			return &domains[i];
	}
	fail_msg("no domain %s", name);
	return NULL;
}

static inline const struct power_reading *sensors_reading(const struct sensors *s, const char *name)
{
	size_t at = 0;

	sensors_domain(s, name, &at);
	return &s->reading[at];
}

/* A good reading of so many joules, to the microjoule or within `off_uj`. */
static inline void sensors_good_within(const struct sensors *s, const char *name,
				       uint64_t energy_uj, uint64_t off_uj)
{
	const struct power_reading *reading = sensors_reading(s, name);

	if (reading->error || reading->gap)
		fail_msg("%s: error %d, gap %d", name, reading->error, reading->gap);
	assert_in_range(reading->energy_uj + off_uj, energy_uj, energy_uj + 2 * off_uj);
}

static inline void sensors_good(const struct sensors *s, const char *name, uint64_t energy_uj)
{
	sensors_good_within(s, name, energy_uj, 0);
}

/* The one finding of that source; fails if there is none that begins so. */
static inline const struct power_finding *sensors_finding(const struct sensors *s,
							  const char *begin)
{
	const struct power_finding *findings;
	size_t n = power_findings(s->power, &findings);

	for (size_t i = 0; i < n; i++)
		if (!strncmp(findings[i].text, begin, strlen(begin)))
			return &findings[i];
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "finding: %s\n", findings[i].text);
	fail_msg("no finding begins with '%s'", begin);
	return NULL;
}

/* The sum of what counts: of all domains that are within nothing. */
static inline uint64_t sensors_total(const struct sensors *s)
{
	const struct power_domain *domains;
	size_t n = power_domains(s->power, &domains);
	uint64_t total_uj = 0;

	for (size_t i = 0; i < n; i++)
		total_uj += domains[i].within[0] ? 0 : s->reading[i].energy_uj;
	return total_uj;
}

#endif
