/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures as people read them: three digits and a unit that fits. Pure. For eyes only: no figure
 * is ever computed from these.
 */
#ifndef GRAMME_HUMAN_H
#define GRAMME_HUMAN_H

#include <stdbool.h>
#include <stdint.h>

#define HUMAN_MAX 32

/* "12.3 kJ", "0 J". `utf8`: the micro sign may be written as such. */
void human_energy(uint64_t energy_uj, bool utf8, char text[HUMAN_MAX]);
/* "3.42 Wh" */
void human_watt_hours(uint64_t energy_uj, bool utf8, char text[HUMAN_MAX]);
/* "84.2 W", the average of `energy_uj` over `t_ns`; "-" over no time. */
void human_power(uint64_t energy_uj, uint64_t t_ns, bool utf8, char text[HUMAN_MAX]);
/* "48.1 mg" */
void human_mass(uint64_t mass_ug, bool utf8, char text[HUMAN_MAX]);
/* The same of what `energy_uj` emitted: "<1 ug" where that rounds to none, and is not. */
void human_co2e(uint64_t mass_ug, uint64_t energy_uj, bool utf8, char text[HUMAN_MAX]);
/* The same of a quotient below 1e18, which may be less than the smallest: "340 ng" */
void human_rate(double mass_ug, bool utf8, char text[HUMAN_MAX]);
/* "2.31 mL", "0 L" */
void human_volume(uint64_t volume_ul, bool utf8, char text[HUMAN_MAX]);
/* "1.20 GB" */
void human_bytes(uint64_t bytes, char text[HUMAN_MAX]);
/* "850 us", "12.3 s", "3 min 05 s", "2 h 07 min", "4 d 03 h" */
void human_time(uint64_t t_ns, bool utf8, char text[HUMAN_MAX]);
/* "12.3 GFLOP" */
void human_flop(uint64_t flop, char text[HUMAN_MAX]);
/* "1 234 567" */
void human_count(uint64_t count, char text[HUMAN_MAX]);
/* "12.3 %", "-" of nothing; never "100 %" of less than all, nor "0 %" of more than nothing. */
void human_share(uint64_t part, uint64_t whole, char text[HUMAN_MAX]);

#endif
