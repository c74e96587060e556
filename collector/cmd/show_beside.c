/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands beside the figures of a run: two lines of `gramme show`, and the page of
 * `gramme show --impact`, from which each can be reckoned by hand.
 */
#include "collector/cmd/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "collector/human.h"

#define LIST_MAX 512

/* "1.2 mL off site and 0.1 mL on site" */
static void water_text(const struct page *page, const json_t *water, char *text, size_t size)
{
	const json_t *onsite = json_object_get(water, "onsite");
	char off[HUMAN_MAX], on[HUMAN_MAX];

	human_volume(show_number(json_object_get(water, "offsite"), "ul"), page->utf8, off);
	human_volume(show_number(onsite, "ul"), page->utf8, on);
	if (json_is_object(onsite))
		snprintf(text, size, "%s of water off site and %s on site", off, on);
	else
		snprintf(text, size, "%s of water off site", off);
}

/* "31.2 mg per run, 1.84 mg per epoch" */
static void rates_text(const struct page *page, const json_t *sci, char *text, size_t size)
{
	const json_t *per = json_object_get(sci, "per");
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < json_array_size(per) && length < size; i++) {
		const json_t *rate = json_array_get(per, i);
		double ug = json_number_value(json_object_get(rate, "ug"));
		char mass[HUMAN_MAX];

		human_rate(ug, page->utf8, mass);
		length += (size_t)snprintf(text + length, size - length, "%s%s per %s",
					   i ? ", " : "", mass, show_text(rate, "unit"));
	}
}

void show_beside(const struct page *page, const json_t *run)
{
	const json_t *beside = json_object_get(run, "beside");
	const json_t *embodied = json_object_get(beside, "embodied");
	const json_t *sci = json_object_get(beside, "sci");
	char water[128], mass[HUMAN_MAX], rates[LIST_MAX];

	if (!json_is_object(beside))
		return;
	water_text(page, json_object_get(beside, "water"), water, sizeof(water));
	human_mass(show_number(embodied, "total_ug"), page->utf8, mass);
	if (json_is_integer(json_object_get(embodied, "total_ug")))
		show_paragraph(page, "Beside",
			       "in no figure above: %s; %s CO2e of making the hardware", water,
			       mass);
	else
		show_paragraph(page, "Beside",
			       "in no figure above: %s; of making the hardware nothing is known",
			       water);
	rates_text(page, sci, rates, sizeof(rates));
	if (json_is_object(sci))
		show_paragraph(page, "", "SCI (use + making): %s; --impact says of what", rates);
	else
		show_paragraph(page, "", "--impact says of what, and what would make it known");
	page_line(page);
}

/* ---- the page ---- */

static void impact_water(const struct page *page, const json_t *run)
{
	const json_t *water = json_object_get(json_object_get(run, "beside"), "water");
	const json_t *offsite = json_object_get(water, "offsite");
	const json_t *onsite = json_object_get(water, "onsite");
	char volume[HUMAN_MAX], energy[HUMAN_MAX];

	human_energy(show_number(json_object_get(run, "energy"), "total_uj"), page->utf8, energy);
	human_volume(show_number(offsite, "ul"), page->utf8, volume);
	show_paragraph(page, "Water", "%s off site: %.4g L per kWh x %s x PUE %.4g", volume,
		       (double)show_number(offsite, "ul_per_kwh") / 1e6, energy,
		       json_number_value(json_object_get(json_object_get(run, "carbon"), "pue")));
	show_paragraph(page, "", "zone %s%s, %s: %s", show_text(offsite, "zone"),
		       json_is_true(json_object_get(offsite, "assumed"))
			       ? ", assumed: the run names none that the table has"
			       : "",
		       show_text(offsite, "vintage"), show_text(offsite, "source"));
	if (!json_is_object(onsite)) {
		show_paragraph(page, "",
			       "on site not known: nobody said PUE or WUE of a data centre "
			       "(--wue L says litres per kWh of the computers)");
		return;
	}
	human_volume(show_number(onsite, "ul"), page->utf8, volume);
	show_paragraph(page, "", "%s on site: WUE %.4g L per kWh%s%s x %s, PUE not in it", volume,
		       (double)show_number(onsite, "ul_per_kwh") / 1e6,
		       json_is_true(json_object_get(onsite, "assumed")) ? ", assumed: " : "",
		       show_text(onsite, "source"), energy);
}

static void impact_part(const struct page *page, const json_t *part)
{
	char mass[HUMAN_MAX], made[HUMAN_MAX], pieces[HUMAN_MAX] = "";
	uint64_t amount_milli = show_number(part, "amount_milli");

	human_mass(show_number(part, "co2e_ug"), page->utf8, mass);
	human_mass(show_number(part, "g") * 1000000, page->utf8, made);
	if (amount_milli != 1000)
		snprintf(pieces, sizeof(pieces), "%.4g x ", (double)amount_milli / 1000);
	show_paragraph(page, "", "%s: %s = %s%s / %" PRIu64 " years x time x %.3g by %s",
		       show_text(part, "what"), mass, pieces, made, show_number(part, "life_years"),
		       json_number_value(json_object_get(part, "share")),
		       show_text(part, "share_by"));
	page_dim(page);
	show_paragraph(page, "", "   %s%s; %s", show_text(part, "item"),
		       json_is_true(json_object_get(part, "assumed")) ? " (assumed)" : "",
		       show_text(part, "source"));
	page_plain(page);
}

static void impact_embodied(const struct page *page, const json_t *run)
{
	const json_t *embodied = json_object_get(json_object_get(run, "beside"), "embodied");
	const json_t *parts = json_object_get(embodied, "parts");
	char mass[HUMAN_MAX], t[HUMAN_MAX];

	human_time(show_number(json_object_get(run, "run"), "duration_ns"), page->utf8, t);
	human_mass(show_number(embodied, "total_ug"), page->utf8, mass);
	if (json_is_integer(json_object_get(embodied, "total_ug")))
		show_paragraph(page, "Making",
			       "%s CO2e: made / life x time x share, where time is %s; host: %s%s",
			       mass, t, show_text(embodied, "host"),
			       json_is_true(json_object_get(embodied, "host_said"))
				       ? ""
				       : ", assumed (--host says which)");
	else
		show_paragraph(
			page, "Making",
			"not known: how much of its host the run had is not told, as of a virtual "
			"machine; --host-cpus N says how many CPUs the host has");
	for (size_t i = 0; i < json_array_size(parts); i++)
		impact_part(page, json_array_get(parts, i));
}

static void impact_sci(const struct page *page, const json_t *run)
{
	const json_t *sci = json_object_get(json_object_get(run, "beside"), "sci");
	char use[HUMAN_MAX], making[HUMAN_MAX], rates[LIST_MAX];

	if (!json_is_object(sci)) {
		show_paragraph(page, "SCI", "not known, as long as making is not");
		return;
	}
	human_mass(show_number(sci, "operational_ug"), page->utf8, use);
	human_mass(show_number(sci, "embodied_ug"), page->utf8, making);
	rates_text(page, sci, rates, sizeof(rates));
	show_paragraph(page, "SCI", "%s", rates);
	show_paragraph(page, "", "ISO/IEC 21031: use %s + making %s, over the units", use, making);
}

void show_impact(const struct page *page, const json_t *run)
{
	show_paragraph(page, "Run", "%s; nothing here is in its energy or its CO2e",
		       show_text(json_object_get(run, "run"), "id"));
	impact_water(page, run);
	impact_embodied(page, run);
	impact_sci(page, run);
}
