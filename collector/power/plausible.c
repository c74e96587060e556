/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules by which a reading is no power.
 *
 * Each was met in the field: 4.29 MW is 0xffffffff mW of an ACPI meter that had no answer
 * (lm-sensors issue 460), 12.5 MW came of an MI250, 0 W of a BMC that warms up, and of a sensor
 * that may not be read and says so by a zero. All of them were booked by one tool or another.
 */
#include "collector/power/plausible.h"

#include "collector/units.h"

#define PPM 1000000u

/*
 * A sensor that counts whole watts may well show the same for minutes on a machine that does the
 * same. It is stuck if it did not move for so long while the load moved by so much: half of the
 * CPUs are tens of watts on any machine.
 */
#define STUCK_AFTER_NS 30000000000u
#define STUCK_LOAD_PPM (PPM / 2)

/* Shorter spans say little of a load: /proc/stat counts in 10 ms. */
#define LOAD_SPAN_NS 500000000u

/*
 * The most that a machine of today draws, with room above it: packages stop at 500 W and are given
 * twice that, a GPU module of two chips draws 2.7 kW, a node with eight GPUs 14 kW.
 */
static const uint64_t ceiling_uw[PLAUSIBLE_CLASSES] = {
	[PLAUSIBLE_PACKAGE] = 1000000000, [PLAUSIBLE_DRAM] = 250000000,
	[PLAUSIBLE_PSYS] = 2000000000,	  [PLAUSIBLE_GPU] = 3000000000,
	[PLAUSIBLE_NODE] = 30000000000,	  [PLAUSIBLE_BATTERY] = 500000000,
};

uint64_t plausible_ceiling_uw(enum plausible_class class)
{
	return ceiling_uw[class];
}

enum plausible_class plausible_class_of(enum power_kind kind)
{
	switch (kind) {
	case POWER_CPU:
		return PLAUSIBLE_PACKAGE;
	case POWER_MEMORY:
		return PLAUSIBLE_DRAM;
	case POWER_GPU:
		return PLAUSIBLE_GPU;
	case POWER_NODE:
		break;
	}
	return PLAUSIBLE_NODE;
}

static void forget_load(struct plausible *plausible)
{
	plausible->least_ppm = PPM;
	plausible->most_ppm = 0;
}

void plausible_load(struct plausible *plausible, uint64_t t_ns, const struct power_load *load)
{
	uint64_t span_ns = t_ns - plausible->load_ns;
	uint64_t share_ppm;

	if (!load->cpus || (plausible->load_begun && span_ns < LOAD_SPAN_NS))
		return;
	if (plausible->load_begun && load->busy_ns >= plausible->busy_ns) {
		share_ppm = units_mul_div((load->busy_ns - plausible->busy_ns) / load->cpus, PPM,
					  span_ns);
		share_ppm = share_ppm < PPM ? share_ppm : PPM;
		if (share_ppm < plausible->least_ppm)
			plausible->least_ppm = (uint32_t)share_ppm;
		if (share_ppm > plausible->most_ppm)
			plausible->most_ppm = (uint32_t)share_ppm;
	}
	plausible->load_begun = true;
	plausible->load_ns = t_ns;
	plausible->busy_ns = load->busy_ns;
}

static bool stuck(const struct plausible *plausible, uint64_t t_ns)
{
	return t_ns - plausible->moved_ns >= STUCK_AFTER_NS &&
	       plausible->most_ppm > plausible->least_ppm &&
	       plausible->most_ppm - plausible->least_ppm >= STUCK_LOAD_PPM;
}

enum plausible_verdict plausible_power(struct plausible *plausible, uint64_t t_ns, uint64_t uw)
{
	if (plausible->begun && t_ns < plausible->t_ns)
		return PLAUSIBLE_BACKWARDS;
	if (!plausible->begun || uw != plausible->uw) {
		plausible->moved_ns = t_ns;
		forget_load(plausible);
	}
	plausible->begun = true;
	plausible->t_ns = t_ns;
	plausible->uw = uw;
	if (!uw)
		return PLAUSIBLE_ZERO;
	if (uw > plausible->most_uw)
		return PLAUSIBLE_ABSURD;
	return stuck(plausible, t_ns) ? PLAUSIBLE_STUCK : PLAUSIBLE_GOOD;
}

const char *plausible_text(enum plausible_verdict verdict)
{
	static const char *const text[] = {
		[PLAUSIBLE_GOOD] = "can be true",
		[PLAUSIBLE_ZERO] = "shows 0",
		[PLAUSIBLE_ABSURD] = "shows more than any such part draws",
		[PLAUSIBLE_STUCK] = "stands still while the load changes",
		[PLAUSIBLE_BACKWARDS] = "goes back in time",
	};

	return text[verdict];
}
