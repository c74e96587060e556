/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integer arithmetic on the ledger's units: ns, uJ, ug CO2e, ug per kWh. No doubles, no overflow.
 */
#ifndef GRAMME_UNITS_H
#define GRAMME_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define UNITS_NS_PER_S	 1000000000ULL
#define UNITS_UJ_PER_J	 1000000ULL
#define UNITS_UJ_PER_KWH 3600000000000ULL

/*
 * a * b / c, rounded half up, computed in 128 bits and capped at UINT64_MAX. c must not be 0.
 */
uint64_t units_mul_div(uint64_t a, uint64_t b, uint64_t c);

/*
 * Splits `total` over `n` shares in proportion to `weight`, exactly: the shares add up to `total`.
 * What the integer division leaves goes, a unit each, to the largest remainders; ties go to the
 * lower index (Hamilton's method). Returns 0, or -EDOM where all weights are 0 (then every
 * share is 0 and nothing was given out).
 */
int units_apportion(uint64_t total, const uint64_t *weight, size_t n, uint64_t *share);

/*
 * Micrograms of CO2e of `energy_uj` at `ug_per_kwh` with a power usage effectiveness of
 * `pue_milli` / 1000: energy x intensity x PUE / 3.6e12 uJ per kWh, rounded half up, once.
 */
uint64_t units_co2e_ug(uint64_t energy_uj, uint64_t ug_per_kwh, uint32_t pue_milli);

/* The same of a sum of energy x intensity, in uJ x ug per kWh, where the intensity changed. */
uint64_t units_co2e_sum_ug(unsigned __int128 weighted, uint32_t pue_milli);

#endif
