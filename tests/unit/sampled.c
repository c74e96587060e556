/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sensors that are read oftener than the books are kept: nothing is counted twice or lost by it,
 * what was seen in between is told once, and a phase within a tick gets what was drawn in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/run/course.h"
#include "tests/unit/machine.h"

#define MS	 1000000ULL
#define S	 1000000000ULL
#define MACHINES "tests/data/machines/"

static const struct power_load no_load;

struct meters {
	struct machine_clock clock;
	struct world *world;
	struct power *power;
	struct power_reading reading[POWER_DOMAINS_MAX];
	uint64_t gaps[2];
};

static void open_meters(struct meters *m, const char *dir)
{
	struct power_options options = {0};

	memset(m, 0, sizeof(*m));
	m->clock = machine_clock();
	m->world = machine_open(dir, &m->clock);
	options.world = m->world;
	assert_int_equal(power_open(&options, &m->power), 0);
	/* What happens to these machines happens at whole seconds: between two samples. */
	m->clock.monotonic_ns += 550 * MS;
	power_read(m->power, &no_load, m->reading);
}

static void close_meters(struct meters *m)
{
	power_close(m->power);
	world_close(m->world);
}

/* A second, with so many samples in it. */
static void tick(struct meters *m, unsigned samples)
{
	for (unsigned i = 0; i < samples; i++) {
		m->clock.monotonic_ns += S / 10;
		power_sample(m->power);
	}
	m->clock.monotonic_ns += S - samples * (S / 10);
	power_read(m->power, &no_load, m->reading);
	for (size_t i = 0; i < 2; i++)
		m->gaps[i] += m->reading[i].gap;
}

/* Of what a sample cannot know (a reset, a jump) the whole tick is a gap, as without samples. */
static void samples_change_no_energy(void **state)
{
	static const char *const dir[] = {MACHINES "wrapping", MACHINES "flaky",
					  MACHINES "two-socket-server", MACHINES "perf-two-socket"};

	(void)state;
	for (size_t k = 0; k < sizeof(dir) / sizeof(*dir); k++) {
		struct meters seldom, often;

		open_meters(&seldom, dir[k]);
		open_meters(&often, dir[k]);
		assert_int_equal(power_period_ns(often.power), 100 * MS);
		for (unsigned i = 0; i < 60; i++) {
			tick(&seldom, 0);
			tick(&often, i % 10);
			for (size_t d = 0; d < 2; d++) {
				/* What is not readable now may have been known longer. */
				if (!seldom.reading[d].error)
					assert_int_equal(often.reading[d].energy_uj,
							 seldom.reading[d].energy_uj);
				assert_int_equal(often.reading[d].gap, seldom.reading[d].gap);
				assert_int_equal(often.reading[d].error, seldom.reading[d].error);
			}
		}
		assert_memory_equal(often.gaps, seldom.gaps, sizeof(often.gaps));
		assert_true(k != 1 || often.gaps[0] > 0);
		close_meters(&seldom);
		close_meters(&often);
	}
}

static void a_trace_is_of_one_tick(void **state)
{
	struct meters m;

	(void)state;
	open_meters(&m, MACHINES "two-socket-server");
	tick(&m, 9);
	const struct power_trace *trace = power_traces(m.power);
	assert_int_equal(trace[0].n, 9);
	assert_int_equal(trace[0].begin_uj, 66000000);
	assert_int_equal(trace[0].sample[3].energy_uj, 66000000 + 120 * 400000ULL);
	assert_int_equal(trace[0].end_uj, 186000000);
	tick(&m, 0);
	assert_int_equal(trace[0].n, 0);
	assert_int_equal(trace[0].begin_uj, 186000000);
	assert_int_equal(trace[0].end_uj, 306000000);
	/* A period is not over yet. */
	power_sample(m.power);
	power_sample(m.power);
	tick(&m, 1);
	assert_int_equal(trace[0].n, 2);
	close_meters(&m);
}

static void a_sensor_without_a_period_is_not_sampled(void **state)
{
	struct meters m;

	(void)state;
	open_meters(&m, MACHINES "wall-meter");
	assert_int_equal(power_period_ns(m.power), 0);
	tick(&m, 5);
	assert_int_equal(power_traces(m.power)[0].n, 0);
	close_meters(&m);
}

/* The domain draws 90 J in the first tenth of a second and 10 J in the rest; the run has a half. */
static void a_phase_gets_what_was_drawn_in_it(void **state)
{
	const struct power_domain domain = {.name = "package-0", .quality = POWER_MEASURED};
	struct account_posting posting = {0};
	struct power_trace trace = {.end_uj = 100000000,
				    .n = 2,
				    .sample = {{S + 100 * MS, 90000000}, {S + 550 * MS, 95000000}}};
	struct course course;

	(void)state;
	course_open(&course, S, &domain, 1, NULL, S);
	const struct timeline *energy = &course.books.energy[0];
	posting.domain_uj = 100000000;
	posting.run_uj = 50000001;
	course_trace(&course, &trace);
	course_tick(&course, 2 * S, false, &posting, NULL, 0);
	assert_int_equal(timeline_at(energy, 100 * MS), 45000001);
	assert_int_equal(timeline_at(energy, 550 * MS), 47500001);
	assert_int_equal(timeline_at(energy, S), 50000001);
	/* What was booked is of two ticks: the trace is of one. */
	trace = (struct power_trace){
		.begin_uj = 200000000, .end_uj = 300000000, .n = 1, .sample = {{3 * S, 300000000}}};
	posting.domain_uj = 300000000;
	posting.run_uj = 150000001;
	course_trace(&course, &trace);
	course_tick(&course, 4 * S, false, &posting, NULL, 0);
	assert_int_equal(timeline_at(energy, 2 * S), 100000001);
	/* It holds for one tick. */
	posting.domain_uj = 400000000;
	posting.run_uj = 250000001;
	course_tick(&course, 5 * S, false, &posting, NULL, 0);
	assert_int_equal(timeline_at(energy, 3 * S + 500 * MS), 200000001);
	course_close(&course);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_change_no_energy),
		cmocka_unit_test(a_trace_is_of_one_tick),
		cmocka_unit_test(a_sensor_without_a_period_is_not_sampled),
		cmocka_unit_test(a_phase_gets_what_was_drawn_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
