/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integer arithmetic on the ledger's units. Products are taken in 128 bits, so that nothing
 * overflows before the one rounding that each figure gets.
 */
#include "collector/units.h"

#include <errno.h>
#include <stdbool.h>

typedef unsigned __int128 wide;

uint64_t units_mul_div(uint64_t a, uint64_t b, uint64_t c)
{
	wide quotient = ((wide)a * b + c / 2) / c;

	return quotient > UINT64_MAX ? UINT64_MAX : (uint64_t)quotient;
}

/* What the i-th share's division leaves. Taken again where it is needed: it needs no memory. */
static wide remainder_of(uint64_t total, uint64_t weight, wide sum)
{
	return (wide)total * weight % sum;
}

static size_t remainders_from(uint64_t total, const uint64_t *weight, size_t n, wide sum,
			      wide least)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += remainder_of(total, weight[i], sum) >= least;
	return count;
}

/*
 * The smallest remainder that still earns a unit when `units` are left: at most `units` shares
 * have that much or more. Found by bisection, so that neither a sort nor memory is needed.
 */
static wide earning_remainder(uint64_t total, const uint64_t *weight, size_t n, wide sum,
			      size_t units)
{
	wide low = 1;
	wide high = sum;

	while (low < high) {
		wide middle = low + (high - low) / 2;
		size_t count = remainders_from(total, weight, n, sum, middle);

		if (count == units)
			return middle;
		if (count < units)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int units_apportion(uint64_t total, const uint64_t *weight, size_t n, uint64_t *share)
{
	wide sum = 0;
	uint64_t given = 0;

	for (size_t i = 0; i < n; i++)
		sum += weight[i];
	for (size_t i = 0; i < n; i++) {
		share[i] = sum ? (uint64_t)((wide)total * weight[i] / sum) : 0;
		given += share[i];
	}
	if (!sum)
		return -EDOM;

	size_t left = (size_t)(total - given); /* below n: every division left less than one */

	if (!left)
		return 0;
	wide least = earning_remainder(total, weight, n, sum, left);

	for (size_t i = 0; i < n; i++) {
		if (remainder_of(total, weight[i], sum) >= least) {
			share[i]++;
			left--;
		}
	}
	/* Remainders just below are ties for what is left now. */
	for (size_t i = 0; i < n && left; i++) {
		if (remainder_of(total, weight[i], sum) == least - 1) {
			share[i]++;
			left--;
		}
	}
	return 0;
}

uint64_t units_co2e_sum_ug(unsigned __int128 weighted, uint32_t pue_milli)
{
	const wide divisor = (wide)UNITS_UJ_PER_KWH * 1000;
	const wide limit = divisor * UINT64_MAX + divisor / 2 - 1; /* rounds to UINT64_MAX */

	if (pue_milli && weighted > limit / pue_milli)
		return UINT64_MAX;
	return (uint64_t)((weighted * pue_milli + divisor / 2) / divisor);
}

uint64_t units_co2e_ug(uint64_t energy_uj, uint64_t ug_per_kwh, uint32_t pue_milli)
{
	return units_co2e_sum_ug((wide)energy_uj * ug_per_kwh, pue_milli);
}
