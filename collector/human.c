/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures as people read them: three digits and a unit that fits.
 */
#include "collector/human.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "collector/units.h"

#define MINUTE_S 60u
#define HOUR_S	 3600u
#define DAY_S	 86400u

struct unit {
	uint64_t size; /* in the smallest; 0 ends a list */
	const char *name;
};

/* value / size with that many decimals, as an integer, rounded half up. */
static uint64_t scaled(uint64_t value, uint64_t size, int decimals)
{
	static const uint64_t power[] = {1, 10, 100};

	return units_mul_div(value, power[decimals], size);
}

/* Three digits of a value in the largest unit that it fills; units[0] is the smallest. */
static void three_digits(uint64_t value, const struct unit *units, bool utf8, char text[HUMAN_MAX])
{
	const struct unit *unit = units;
	const char *micro = "";
	uint64_t whole, figure;
	int decimals;

	/* 999.6 of one unit is 1.00 of the next. */
	while (unit[1].size && scaled(value, unit->size, 0) >= unit[1].size / unit->size)
		unit++;
	whole = value / unit->size;
	decimals = unit->size == 1 || whole >= 100 ? 0 : whole >= 10 ? 1 : 2;
	figure = scaled(value, unit->size, decimals);
	if (utf8 && unit->name[0] == 'u')
		micro = "\xc2\xb5";
	if (decimals == 0)
		snprintf(text, HUMAN_MAX, "%" PRIu64 " %s%s", figure, micro,
			 unit->name + (micro[0] != 0));
	else
		snprintf(text, HUMAN_MAX, "%" PRIu64 ".%0*" PRIu64 " %s%s",
			 figure / (decimals == 1 ? 10 : 100), decimals,
			 figure % (decimals == 1 ? 10 : 100), micro, unit->name + (micro[0] != 0));
}

void human_energy(uint64_t energy_uj, bool utf8, char text[HUMAN_MAX])
{
	static const struct unit units[] = {
		{1, "uJ"},	    {1000, "mJ"},	   {1000000, "J"},
		{1000000000, "kJ"}, {1000000000000, "MJ"}, {1000000000000000, "GJ"},
		{0, NULL}};

	if (energy_uj == 0)
		strcpy(text, "0 J");
	else
		three_digits(energy_uj, units, utf8, text);
}

void human_watt_hours(uint64_t energy_uj, bool utf8, char text[HUMAN_MAX])
{
	static const struct unit units[] = {
		{3600, "uWh"},		{3600000, "mWh"},	   {3600000000, "Wh"},
		{3600000000000, "kWh"}, {3600000000000000, "MWh"}, {0, NULL}};

	if (energy_uj == 0)
		strcpy(text, "0 Wh");
	else
		three_digits(energy_uj, units, utf8, text);
}

void human_power(uint64_t energy_uj, uint64_t t_ns, bool utf8, char text[HUMAN_MAX])
{
	static const struct unit units[] = {
		{1, "uW"}, {1000, "mW"}, {1000000, "W"}, {1000000000, "kW"}, {0, NULL}};

	if (t_ns == 0)
		strcpy(text, "-");
	else if (energy_uj == 0)
		strcpy(text, "0 W");
	else
		three_digits(units_mul_div(energy_uj, UNITS_NS_PER_S, t_ns), units, utf8, text);
}

void human_mass(uint64_t mass_ug, bool utf8, char text[HUMAN_MAX])
{
	static const struct unit units[] = {
		{1, "ug"},	    {1000, "mg"},	  {1000000, "g"},
		{1000000000, "kg"}, {1000000000000, "t"}, {0, NULL}};

	if (mass_ug == 0)
		strcpy(text, "0 g");
	else
		three_digits(mass_ug, units, utf8, text);
}

void human_rate(double mass_ug, bool utf8, char text[HUMAN_MAX])
{
	if (mass_ug > 0 && mass_ug < 0.9995)
		snprintf(text, HUMAN_MAX, "%.3g ng", mass_ug * 1000);
	else
		human_mass((uint64_t)(mass_ug + 0.5), utf8, text);
}

void human_volume(uint64_t volume_ul, bool utf8, char text[HUMAN_MAX])
{
	static const struct unit units[] = {
		{1, "uL"}, {1000, "mL"}, {1000000, "L"}, {1000000000, "m3"}, {0, NULL}};

	if (volume_ul == 0)
		strcpy(text, "0 L");
	else
		three_digits(volume_ul, units, utf8, text);
}

void human_co2e(uint64_t mass_ug, uint64_t energy_uj, bool utf8, char text[HUMAN_MAX])
{
	if (mass_ug == 0 && energy_uj != 0)
		strcpy(text, utf8 ? "<1 \xc2\xb5g" : "<1 ug");
	else
		human_mass(mass_ug, utf8, text);
}

void human_bytes(uint64_t bytes, char text[HUMAN_MAX])
{
	static const struct unit units[] = {
		{1, "B"},	    {1000, "kB"},	   {1000000, "MB"},
		{1000000000, "GB"}, {1000000000000, "TB"}, {1000000000000000, "PB"},
		{0, NULL}};

	three_digits(bytes, units, false, text);
}

void human_flop(uint64_t flop, char text[HUMAN_MAX])
{
	static const struct unit units[] = {{1, "FLOP"},
					    {1000, "kFLOP"},
					    {1000000, "MFLOP"},
					    {1000000000, "GFLOP"},
					    {1000000000000, "TFLOP"},
					    {1000000000000000, "PFLOP"},
					    {1000000000000000000, "EFLOP"},
					    {0, NULL}};

	three_digits(flop, units, false, text);
}

void human_time(uint64_t t_ns, bool utf8, char text[HUMAN_MAX])
{
	static const struct unit units[] = {
		{1, "ns"}, {1000, "us"}, {1000000, "ms"}, {1000000000, "s"}, {0, NULL}};
	uint64_t s = units_mul_div(t_ns, 1, UNITS_NS_PER_S);

	if (t_ns == 0)
		strcpy(text, "0 s");
	else if (s < MINUTE_S)
		three_digits(t_ns, units, utf8, text);
	else if (s < HOUR_S)
		snprintf(text, HUMAN_MAX, "%" PRIu64 " min %02" PRIu64 " s", s / MINUTE_S,
			 s % MINUTE_S);
	else if (s < DAY_S)
		snprintf(text, HUMAN_MAX, "%" PRIu64 " h %02" PRIu64 " min", s / HOUR_S,
			 s % HOUR_S / MINUTE_S);
	else
		snprintf(text, HUMAN_MAX, "%" PRIu64 " d %02" PRIu64 " h", s / DAY_S,
			 s % DAY_S / HOUR_S);
}

void human_count(uint64_t count, char text[HUMAN_MAX])
{
	char digits[HUMAN_MAX];
	size_t n, out = 0;

	snprintf(digits, sizeof(digits), "%" PRIu64, count);
	n = strlen(digits);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			text[out++] = ' ';
		text[out++] = digits[i];
	}
	text[out] = '\0';
}

void human_share(uint64_t part, uint64_t whole, char text[HUMAN_MAX])
{
	uint64_t permille;

	if (whole == 0) {
		strcpy(text, "-");
		return;
	}
	permille = units_mul_div(part, 1000, whole);
	if (part > 0 && permille == 0)
		strcpy(text, "<0.1 %");
	else if (part < whole && permille == 1000)
		strcpy(text, ">99.9 %");
	else if (permille == 0 || permille == 1000)
		snprintf(text, HUMAN_MAX, "%" PRIu64 " %%", permille / 10);
	else
		snprintf(text, HUMAN_MAX, "%" PRIu64 ".%" PRIu64 " %%", permille / 10,
			 permille % 10);
}
