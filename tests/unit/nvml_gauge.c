/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_gauge: what of a GPU's counter and of its power is energy, and what is not known.
 */
#include "tests/unit/machine.h"

#include "collector/power/nvml_gauge.h"

#define T0	 (5000 * SECOND)
#define FIRST_MJ 123456789ULL

static const struct nvml_gpu counting = {.limit_mw = 400000};
static const struct nvml_gpu powered = {.limit_mw = 400000, .energy_error = -EOPNOTSUPP};

static struct nvml_gauge begin(const struct nvml_gpu *gpu, uint64_t power_mw)
{
	const struct nvml_said said = {.t_ns = T0,
				       .energy_mj = FIRST_MJ,
				       .power_mw = power_mw,
				       .energy_error = gpu->energy_error,
				       .power_error = gpu->power_error};
	struct nvml_gauge gauge;

	nvml_gauge_open(&gauge, gpu);
	nvml_gauge_take(&gauge, &said);
	return gauge;
}

static void say(struct nvml_gauge *gauge, uint64_t after_ns, uint64_t mj, uint64_t power_mw)
{
	nvml_gauge_take(gauge,
			&(struct nvml_said){.t_ns = T0 + after_ns,
					    .energy_mj = FIRST_MJ + mj,
					    .power_mw = power_mw,
					    .energy_error = gauge->counts ? 0 : -EOPNOTSUPP});
}

static void fail_with(struct nvml_gauge *gauge, uint64_t after_ns, int error)
{
	nvml_gauge_take(gauge, &(struct nvml_said){.t_ns = T0 + after_ns,
						   .energy_error = error,
						   .power_error = error});
}

static struct power_reading read_at(struct nvml_gauge *gauge, uint64_t after_ns)
{
	struct power_reading reading = {0};

	nvml_gauge_read(gauge, T0 + after_ns, &reading);
	return reading;
}

static void assert_good(struct nvml_gauge *gauge, uint64_t after_ns, uint64_t energy_uj)
{
	struct power_reading reading = read_at(gauge, after_ns);

	assert_int_equal(reading.error, 0);
	assert_false(reading.gap);
	assert_int_equal(reading.energy_uj, energy_uj);
}

static void a_counter_counts(void **state)
{
	struct nvml_gauge gauge = begin(&counting, 300000);

	(void)state;
	assert_good(&gauge, 0, 0);
	for (uint64_t i = 1; i <= 7200; i++)
		say(&gauge, i * SECOND / 2, 150000 * i, 300000);
	assert_good(&gauge, 3600 * SECOND, 3600 * 300 * JOULE);
	assert_false(nvml_gauge_disagrees(&gauge));
}

static void nothing_is_known_before_the_first_poll(void **state)
{
	struct nvml_gauge gauge;

	(void)state;
	nvml_gauge_open(&gauge, &counting);
	assert_int_equal(read_at(&gauge, 0).error, -EAGAIN);
}

static void a_reset_is_a_gap(void **state)
{
	struct nvml_gauge gauge = begin(&counting, 300000);
	struct power_reading reading;

	(void)state;
	say(&gauge, SECOND, 300000, 300000);
	nvml_gauge_take(
		&gauge,
		&(struct nvml_said){.t_ns = T0 + 2 * SECOND, .energy_mj = 7, .power_mw = 300000});
	reading = read_at(&gauge, 2 * SECOND);
	assert_int_equal(reading.error, 0);
	assert_true(reading.gap);
	nvml_gauge_take(&gauge, &(struct nvml_said){.t_ns = T0 + 3 * SECOND,
						    .energy_mj = 200007,
						    .power_mw = 200000});
	assert_good(&gauge, 3 * SECOND, 500 * JOULE);
}

/* 600 W is what half more than the limit comes to. */
static void a_jump_is_a_gap(void **state)
{
	struct nvml_gauge gauge = begin(&counting, 300000);

	(void)state;
	say(&gauge, SECOND, 612000, 300000); /* 20 ms of slack */
	assert_good(&gauge, SECOND, 612 * JOULE);
	say(&gauge, 2 * SECOND, 612000 + 612001, 300000);
	assert_true(read_at(&gauge, 2 * SECOND).gap);
}

static void a_counter_that_stands_still_is_no_zero(void **state)
{
	struct nvml_gauge gauge = begin(&counting, 300000);
	struct power_reading reading;

	(void)state;
	say(&gauge, SECOND, 300000, 300000);
	say(&gauge, 3 * SECOND / 2, 300000, 300000);
	say(&gauge, 2 * SECOND, 300000, 300000);
	reading = read_at(&gauge, 2 * SECOND);
	assert_int_equal(reading.error, -ESTALE);
	assert_int_equal(reading.energy_uj, 300 * JOULE);
	say(&gauge, 3 * SECOND, 300001, 300000);
	assert_true(read_at(&gauge, 3 * SECOND).gap);
}

static void a_gpu_that_sleeps_may_stand_still(void **state)
{
	struct nvml_gauge gauge = begin(&counting, 0);

	(void)state;
	for (uint64_t i = 1; i < 10; i++)
		say(&gauge, i * SECOND, 0, 0);
	assert_good(&gauge, 9 * SECOND, 0);
}

static void a_lost_gpu_is_an_error_and_no_zero(void **state)
{
	struct nvml_gauge gauge = begin(&counting, 300000);

	(void)state;
	say(&gauge, SECOND, 300000, 300000);
	fail_with(&gauge, 2 * SECOND, -ENXIO);
	assert_int_equal(read_at(&gauge, 2 * SECOND).error, -ENXIO);
	assert_int_equal(read_at(&gauge, 2 * SECOND).energy_uj, 300 * JOULE);
}

/* What a counter counted while it could not be read is known once it can. */
static void a_counter_bridges_failures(void **state)
{
	struct nvml_gauge gauge = begin(&counting, 300000);

	(void)state;
	fail_with(&gauge, SECOND, -ETIMEDOUT);
	fail_with(&gauge, 20 * SECOND, -ETIMEDOUT);
	say(&gauge, 30 * SECOND, 9000000, 300000);
	assert_good(&gauge, 30 * SECOND, 9000 * JOULE);
}

static void what_was_said_long_ago_is_not_now(void **state)
{
	struct nvml_gauge gauge = begin(&counting, 300000);

	(void)state;
	say(&gauge, SECOND, 300000, 300000);
	assert_good(&gauge, SECOND + NVML_OLD_NS, 300 * JOULE);
	assert_int_equal(read_at(&gauge, SECOND + NVML_OLD_NS + 1).error, -ETIMEDOUT);
}

/* A ramp of 100 W a second, looked at ten times: the straight lines between are what it is. */
static void power_is_added_up(void **state)
{
	struct nvml_gauge gauge = begin(&powered, 100000);

	(void)state;
	for (uint64_t i = 1; i <= 20; i++)
		say(&gauge, i * SECOND / 10, 0, 100000 + i * 10000);
	assert_good(&gauge, 2 * SECOND, 400 * JOULE);
}

static void power_that_was_not_looked_at_is_a_gap(void **state)
{
	struct nvml_gauge gauge = begin(&powered, 100000);

	(void)state;
	say(&gauge, SECOND, 0, 100000);
	assert_good(&gauge, SECOND, 100 * JOULE);
	say(&gauge, 4 * SECOND, 0, 100000);
	assert_true(read_at(&gauge, 4 * SECOND).gap);
	say(&gauge, 5 * SECOND, 0, 100000);
	assert_good(&gauge, 5 * SECOND, 200 * JOULE);
}

static void absurd_power_is_no_power(void **state)
{
	struct nvml_gauge gauge = begin(&powered, 100000);

	(void)state;
	say(&gauge, SECOND, 0, 600001);
	assert_int_equal(read_at(&gauge, SECOND).error, -ERANGE);
	say(&gauge, 2 * SECOND, 0, 100000); /* the line goes over it */
	assert_good(&gauge, 2 * SECOND, 200 * JOULE);
}

/* 187 J by the counter and 327 J by power in the same time have been seen (zeus, issue 181). */
static void a_disagreement_is_noticed(void **state)
{
	struct nvml_gauge gauge = begin(&counting, 65400);

	(void)state;
	for (uint64_t i = 1; i <= 59; i++)
		say(&gauge, i * SECOND, i * 37400, 65400);
	assert_false(nvml_gauge_disagrees(&gauge));
	say(&gauge, 60 * SECOND, 60 * 37400, 65400);
	assert_true(nvml_gauge_disagrees(&gauge));
	assert_int_equal(gauge.counted_uj, 60 * 37400000ULL);
	assert_int_equal(gauge.summed_uj, 60 * 65400000ULL);
}

static void what_is_nearly_alike_agrees(void **state)
{
	struct nvml_gauge gauge = begin(&counting, 300000);

	(void)state;
	for (uint64_t i = 1; i <= 100; i++)
		say(&gauge, i * SECOND, i * 230000, 300000);
	assert_false(nvml_gauge_disagrees(&gauge));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_counts),
		cmocka_unit_test(nothing_is_known_before_the_first_poll),
		cmocka_unit_test(a_reset_is_a_gap),
		cmocka_unit_test(a_jump_is_a_gap),
		cmocka_unit_test(a_counter_that_stands_still_is_no_zero),
		cmocka_unit_test(a_gpu_that_sleeps_may_stand_still),
		cmocka_unit_test(a_lost_gpu_is_an_error_and_no_zero),
		cmocka_unit_test(a_counter_bridges_failures),
		cmocka_unit_test(what_was_said_long_ago_is_not_now),
		cmocka_unit_test(power_is_added_up),
		cmocka_unit_test(power_that_was_not_looked_at_is_a_gap),
		cmocka_unit_test(absurd_power_is_no_power),
		cmocka_unit_test(a_disagreement_is_noticed),
		cmocka_unit_test(what_is_nearly_alike_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
