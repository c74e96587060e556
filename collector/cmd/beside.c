/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Water, embodied CO2e, SCI.
 */
#include "collector/cmd/beside.h"

#include <stdio.h>
#include <string.h>

#include "collector/carbon/embodied.h"
#include "collector/carbon/water.h"
#include "collector/cmd/methods.h"
#include "collector/cmd/show.h"
#include "collector/power/accelerator.h"
#include "collector/power/processor.h"
#include "collector/saturate.h"
#include "collector/units.h"

#define BYTES_PER_MILLI_GB 1000000u

static const json_t *machine_of(const json_t *run)
{
	return json_object_get(json_object_get(run, "run"), "machine");
}

static uint64_t total_uj(const json_t *run)
{
	return show_number(json_object_get(run, "energy"), "total_uj");
}

/* ---- water ---- */

json_t *beside_offsite(uint64_t energy_uj, uint32_t pue_milli, const char *zone, bool assumed)
{
	struct water_factor factor;

	water_factor(zone, &factor);
	return json_pack("{s:I, s:s, s:I, s:b, s:s, s:s}", "ul",
			 (json_int_t)water_ul(energy_uj, factor.ul_per_kwh, pue_milli), "zone",
			 factor.zone, "ul_per_kwh", (json_int_t)factor.ul_per_kwh, "assumed",
			 assumed || factor.assumed, "vintage", WATER_VINTAGE, "source",
			 WATER_SOURCE);
}

static json_t *offsite_of(const json_t *run)
{
	const json_t *carbon = json_object_get(run, "carbon");

	return beside_offsite(total_uj(run), methods_pue_milli(run), show_text(carbon, "zone"),
			      json_is_true(json_object_get(carbon, "zone_assumed")));
}

/* A data centre is one of which somebody said PUE or WUE; a machine on a desk drinks nothing. */
static json_t *onsite_of(const json_t *run, const struct beside_options *options)
{
	uint64_t ul_per_kwh = options->wue_said ? options->wue_ul : WATER_ONSITE_UL;

	if (!options->wue_said && methods_pue_milli(run) <= 1000)
		return json_null();
	return json_pack("{s:I, s:I, s:b, s:s?, s:s?}", "ul",
			 (json_int_t)water_ul(total_uj(run), ul_per_kwh, 1000), "ul_per_kwh",
			 (json_int_t)ul_per_kwh, "assumed", !options->wue_said, "vintage",
			 options->wue_said ? NULL : WATER_ONSITE_VINTAGE, "source",
			 options->wue_said ? NULL : WATER_ONSITE_SOURCE);
}

/* ---- making ---- */

/* A share of something, and by what it is known. */
struct share {
	uint64_t part;
	uint64_t whole; /* 0: not known */
	const char *by;
};

struct making {
	const json_t *run;
	uint64_t time_ns;
	json_t *parts;
	uint64_t total_ug;
};

static void add_part(struct making *making, const char *what, const struct embodied *row,
		     uint64_t amount_milli, const struct share *share)
{
	uint64_t ug = embodied_ug(row, amount_milli, making->time_ns, share->part, share->whole);

	making->total_ug = saturate_add(making->total_ug, ug);
	json_array_append_new(
		making->parts,
		json_pack("{s:s, s:s, s:I, s:I, s:I, s:f, s:s, s:b, s:s, s:I}", "what", what,
			  "item", row->item, "g", (json_int_t)row->grams, "amount_milli",
			  (json_int_t)amount_milli, "life_years", (json_int_t)row->life_years,
			  "share", (double)share->part / (double)share->whole, "share_by",
			  share->by, "assumed", row->assumed, "source", row->source, "co2e_ug",
			  (json_int_t)ug));
}

bool beside_is_host(const char *host)
{
	return !strcmp(host, "server") || !strcmp(host, "laptop") || !strcmp(host, "desktop");
}

/* What the host is: as said, or a laptop where a battery was metered, or a server. */
static const char *host_of(const json_t *run, const struct beside_options *options)
{
	const json_t *domains = json_object_get(json_object_get(run, "energy"), "domains");

	if (options->host)
		return options->host;
	for (size_t i = 0; i < json_array_size(domains); i++)
		if (!strcmp(show_text(json_array_get(domains, i), "source"), "battery"))
			return "laptop";
	return "server";
}

/* Sockets show as packages, where a meter tells them apart. */
static uint64_t sockets_of(const json_t *run)
{
	const json_t *domains = json_object_get(json_object_get(run, "energy"), "domains");
	uint64_t sockets = 0;

	for (size_t i = 0; i < json_array_size(domains); i++)
		sockets += !strncmp(show_text(json_array_get(domains, i), "name"), "package-",
				    strlen("package-"));
	return sockets ? sockets : 1;
}

/*
 * CPUs of the machine that stands in a rack: of a virtual one, what was said, or those of one whole
 * processor of its model; 0 where that is not known.
 */
static uint64_t host_cpus(const json_t *run, const struct beside_options *options)
{
	const json_t *machine = machine_of(run);
	uint64_t cpus = show_number(machine, "cpus"), cores = show_number(machine, "cores"), whole;
	struct processor_part part;

	if (options->host_cpus)
		return options->host_cpus;
	if (!json_is_true(json_object_get(machine, "virtual")))
		return cpus;
	if (!cores || processor_find(show_text(machine, "cpu_model"), &part) || !part.cores)
		return 0;
	whole = units_mul_div(part.cores, cpus, cores);
	return whole > cpus ? whole : cpus;
}

/* The share of the host: as said, by the run's limit, or by the CPU time that it used. */
static struct share host_share(const json_t *run, const struct beside_options *options)
{
	const json_t *facts = json_object_get(run, "run");
	const struct methods_room room = methods_room(run);
	uint64_t cpus = host_cpus(run, options);
	uint64_t machine_cpus = show_number(machine_of(run), "cpus");
	struct share share;

	if (room.cpu_limited || options->whole_host)
		share = (struct share){options->whole_host ? machine_cpus * 1000 : room.cpu_milli,
				       saturate_mul(cpus, 1000),
				       options->whole_host ? "said" : "limit"};
	else
		share = (struct share){show_number(facts, "cpu_ns"),
				       saturate_mul(cpus, show_number(facts, "duration_ns")),
				       "cpu time"};
	if (share.part > share.whole)
		share.part = share.whole;
	return share;
}

static void add_host(struct making *making, const char *host, const struct share *share)
{
	struct embodied row;
	uint64_t sockets = sockets_of(making->run);

	if (strcmp(host, "server") != 0) {
		embodied_find(strcmp(host, "laptop") ? "desktop_ademe_pro" : "laptop_ademe", &row);
		add_part(making, "host", &row, 1000, share);
		return;
	}
	embodied_find("server_base", &row);
	add_part(making, "host", &row, 1000, share);
	if (sockets > 1 && embodied_find("server_extra_cpu", &row) == 0)
		add_part(making, "host", &row, (sockets - 1) * 1000, share);
	embodied_find("dram_per_gb_r740", &row);
	add_part(making, "host", &row,
		 show_number(machine_of(making->run), "memory_bytes") / BYTES_PER_MILLI_GB, share);
}

/* Of a GPU the run has the share of its energy: who had it alone has all of it. */
static void add_gpus(struct making *making)
{
	const json_t *domains = json_object_get(json_object_get(making->run, "energy"), "domains");

	for (size_t i = 0; i < json_array_size(domains); i++) {
		const json_t *domain = json_array_get(domains, i);
		struct share share = {show_number(domain, "run_uj"),
				      show_number(domain, "domain_uj"), "energy"};
		char name[160], why[ACCELERATOR_WHY];
		struct accelerator part;
		struct embodied row;

		if (!methods_counts(domain, "gpu") || !share.part)
			continue;
		methods_gpu_name(making->run, domain, name, sizeof(name));
		embodied_gpu(*name && accelerator_find(name, &part, why) == 0 ? part.model : "",
			     &row);
		add_part(making, show_text(domain, "name"), &row, 1000, &share);
	}
}

static json_t *embodied_of(const json_t *run, const struct beside_options *options)
{
	struct making making = {.run = run,
				.time_ns = show_number(json_object_get(run, "run"), "duration_ns"),
				.parts = json_array()};
	const char *host = host_of(run, options);
	struct share share = host_share(run, options);
	bool known = share.whole > 0;

	if (known)
		add_host(&making, host, &share);
	add_gpus(&making);
	return json_pack("{s:o, s:s, s:b, s:o, s:o}", "total_ug",
			 known ? json_integer((json_int_t)making.total_ug) : json_null(), "host",
			 host, "host_said", options->host != NULL, "host_cpus",
			 known ? json_integer((json_int_t)host_cpus(run, options)) : json_null(),
			 "parts", making.parts);
}

/* ---- SCI ---- */

static void add_rate(json_t *list, uint64_t total_ug, const char *unit, uint64_t count)
{
	if (count)
		json_array_append_new(list, json_pack("{s:s, s:I, s:f}", "unit", unit, "count",
						      (json_int_t)count, "ug",
						      (double)total_ug / (double)count));
}

static uint64_t epochs_of(const json_t *run)
{
	const json_t *phases = json_object_get(run, "phases");
	uint64_t epochs = 0;

	for (size_t i = 0; i < json_array_size(phases); i++)
		epochs += !strcmp(show_text(json_array_get(phases, i), "kind"), "epoch");
	return epochs;
}

/* Not known where one of its two terms is not. */
static json_t *sci_of(const json_t *run, const json_t *embodied,
		      const struct beside_options *options)
{
	uint64_t use_ug = show_number(json_object_get(run, "carbon"), "total_ug");
	uint64_t making_ug = show_number(embodied, "total_ug"), total_ug;
	json_t *rates;

	if (!json_is_integer(json_object_get(embodied, "total_ug")))
		return json_null();
	total_ug = saturate_add(use_ug, making_ug);
	rates = json_array();
	add_rate(rates, total_ug, "run", 1);
	add_rate(rates, total_ug, "epoch", epochs_of(run));
	if (options->unit)
		add_rate(rates, total_ug, options->unit, options->count);
	return json_pack("{s:I, s:I, s:I, s:o}", "operational_ug", (json_int_t)use_ug,
			 "embodied_ug", (json_int_t)making_ug, "total_ug", (json_int_t)total_ug,
			 "per", rates);
}

json_t *beside_of(const json_t *run, const struct beside_options *options)
{
	json_t *embodied = embodied_of(run, options);
	json_t *sci = sci_of(run, embodied, options);

	return json_pack("{s:{s:o, s:o}, s:o, s:o}", "water", "offsite", offsite_of(run), "onsite",
			 onsite_of(run, options), "embodied", embodied, "sci", sci);
}
