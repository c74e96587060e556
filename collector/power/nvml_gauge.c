/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One GPU's energy.
 */
#include "collector/power/nvml_gauge.h"

#include <errno.h>
#include <string.h>

#include "collector/units.h"

/*
 * What a GPU may draw: half more than the highest limit that can be set, since its power exceeds
 * the limit for moments. Where no limit is told, more than any part draws today (1.2 kW).
 */
#define CEILING_MW 3000000ULL
#define LEAST_MW   100000ULL

#define UW_PER_MW      1000ULL
#define UJ_PER_MJ      1000ULL
#define HALF_PJ_PER_UJ 2000000ULL
#define DISAGREE_NS    (60 * UNITS_NS_PER_S)
#define DISAGREE_SHARE 4 /* one part in so many */

void nvml_gauge_open(struct nvml_gauge *gauge, const struct nvml_gpu *gpu)
{
	uint64_t ceiling_mw = CEILING_MW;

	if (gpu->limit_mw && gpu->limit_mw < CEILING_MW / 3 * 2)
		ceiling_mw = gpu->limit_mw * 3 / 2;
	if (ceiling_mw < LEAST_MW)
		ceiling_mw = LEAST_MW;
	*gauge = (struct nvml_gauge){
		.counts = !gpu->energy_error, .ceiling_mw = ceiling_mw, .error = -EAGAIN};
	gauge->counter.ceiling_uw = ceiling_mw * UW_PER_MW;
}

/* Adds up power. Returns 0 with *added_uj, -EAGAIN where it only begins, or the error. */
static int add_power(struct nvml_gauge *gauge, const struct nvml_said *said, uint64_t *added_uj)
{
	struct nvml_sum *sum = &gauge->sum;
	uint64_t span_ns = said->t_ns - sum->t_ns;
	uint64_t before_uj = (uint64_t)(sum->half_pj / HALF_PJ_PER_UJ);
	bool known = sum->begun && span_ns <= NVML_STRAIGHT_NS;
	int error = said->power_error;

	*added_uj = 0;
	if (!error && said->power_mw > gauge->ceiling_mw)
		error = -ERANGE;
	if (error)
		return error;
	if (known)
		sum->half_pj += (unsigned __int128)(sum->power_mw + said->power_mw) * span_ns;
	sum->begun = true;
	sum->t_ns = said->t_ns;
	sum->power_mw = said->power_mw;
	*added_uj = (uint64_t)(sum->half_pj / HALF_PJ_PER_UJ) - before_uj;
	return known ? 0 : -EAGAIN;
}

/* Takes the counter. Returns 0 with *added_uj, -EAGAIN over a gap, or the error. */
static int add_counter(struct nvml_gauge *gauge, const struct nvml_said *said, uint64_t *added_uj)
{
	struct counter *counter = &gauge->counter;
	uint64_t before_uj = counter->energy_uj;
	uint64_t raw_uj;

	*added_uj = 0;
	if (said->energy_error)
		return said->energy_error;
	if (__builtin_mul_overflow(said->energy_mj, UJ_PER_MJ, &raw_uj))
		return -ERANGE;
	if (!gauge->begun) {
		counter_begin(counter, said->t_ns, raw_uj);
		gauge->begun = true;
		return 0;
	}
	/* A GPU that sleeps says that it draws nothing; any other draws something. */
	counter->restless = said->power_error || said->power_mw > 0;
	switch (counter_step(counter, said->t_ns, raw_uj)) {
	case COUNTER_GOOD:
		*added_uj = counter->energy_uj - before_uj;
		return 0;
	case COUNTER_GAP:
		return -EAGAIN;
	case COUNTER_STUCK:
		break;
	}
	return -ESTALE;
}

static void compare(struct nvml_gauge *gauge, uint64_t span_ns, uint64_t counted_uj,
		    uint64_t summed_uj)
{
	gauge->both_ns += span_ns;
	gauge->counted_uj += counted_uj;
	gauge->summed_uj += summed_uj;
}

void nvml_gauge_take(struct nvml_gauge *gauge, const struct nvml_said *said)
{
	const uint64_t before_ns = gauge->t_ns;
	const bool first = gauge->counts ? !gauge->begun : !gauge->sum.begun;
	uint64_t counted_uj, summed_uj;
	int summed = add_power(gauge, said, &summed_uj);
	int counted = gauge->counts ? add_counter(gauge, said, &counted_uj) : -EOPNOTSUPP;
	int error = gauge->counts ? counted : summed;

	gauge->t_ns = said->t_ns;
	if (!gauge->error && !counted && !summed && !first)
		compare(gauge, said->t_ns - before_ns, counted_uj, summed_uj);
	if (error == -EAGAIN) {
		gauge->gap = gauge->gap || !first;
		error = 0;
	}
	gauge->error = error;
}

void nvml_gauge_read(struct nvml_gauge *gauge, uint64_t t_ns, struct power_reading *reading)
{
	reading->energy_uj = gauge->counts ? gauge->counter.energy_uj
					   : (uint64_t)(gauge->sum.half_pj / HALF_PJ_PER_UJ);
	reading->error = gauge->error;
	if (!reading->error && t_ns > gauge->t_ns && t_ns - gauge->t_ns > NVML_OLD_NS)
		reading->error = -ETIMEDOUT;
	if (reading->error)
		return;
	reading->gap = gauge->gap;
	gauge->gap = false;
}

bool nvml_gauge_disagrees(const struct nvml_gauge *gauge)
{
	uint64_t a = gauge->counted_uj;
	uint64_t b = gauge->summed_uj;
	uint64_t more = a > b ? a : b;
	uint64_t less = a > b ? b : a;

	return gauge->both_ns >= DISAGREE_NS && more - less > more / DISAGREE_SHARE;
}
