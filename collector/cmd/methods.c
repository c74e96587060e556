/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three methods. Unknown is null: a ledger that does not tell the number of CPUs has no figure
 * of Green Algorithms, and one from before runs were gated none of the third.
 */
#include "collector/cmd/methods.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "collector/carbon/green.h"
#include "collector/cmd/show.h"
#include "collector/power/accelerator.h"
#include "collector/power/processor.h"
#include "collector/saturate.h"
#include "collector/units.h"

static const json_t *domains_of(const json_t *run)
{
	return json_object_get(json_object_get(run, "energy"), "domains");
}

/* One that counts: what lies within another is in that. */
static bool counts(const json_t *domain)
{
	return !json_is_string(json_object_get(domain, "within"));
}

static bool is_kind(const json_t *domain, const char *kind)
{
	return !strcmp(show_text(domain, "kind"), kind);
}

bool methods_counts(const json_t *domain, const char *kind)
{
	return counts(domain) && is_kind(domain, kind);
}

uint32_t methods_pue_milli(const json_t *run)
{
	const json_t *pue = json_object_get(json_object_get(run, "carbon"), "pue");

	/* It stands there as a fraction, and was thousandths. */
	return (uint32_t)(json_number_value(pue) * 1000 + 0.5);
}

/* A figure beside gramme's own: at the same intensity and PUE, so that energy alone differs. */
static json_t *figure(const json_t *run, uint64_t energy_uj)
{
	const json_t *carbon = json_object_get(run, "carbon");
	uint64_t own_uj = show_number(json_object_get(run, "energy"), "total_uj");
	uint64_t co2e_ug =
		units_co2e_ug(energy_uj, show_number(carbon, "ug_per_kwh"), methods_pue_milli(run));

	return json_pack("{s:I, s:I, s:o}", "energy_uj", (json_int_t)energy_uj, "co2e_ug",
			 (json_int_t)co2e_ug, "ratio",
			 own_uj ? json_real((double)energy_uj / (double)own_uj) : json_null());
}

/* ---- the node ---- */

/* The sum of a member over the domains that count, and their names. */
static uint64_t sum_of(const json_t *run, const char *member, json_t *names)
{
	const json_t *domains = domains_of(run);
	uint64_t sum = 0;

	for (size_t i = 0; i < json_array_size(domains); i++) {
		const json_t *domain = json_array_get(domains, i);

		if (!counts(domain))
			continue;
		sum = saturate_add(sum, show_number(domain, member));
		json_array_append(names, json_object_get(domain, "name"));
	}
	return sum;
}

/*
 * The error of such a sum in percent: the domains' errors, weighed by energy and added up linearly,
 * as for the run's total; null where one is not known, or there is nothing to weigh by.
 */
static json_t *error_of(const json_t *run, const char *member)
{
	const json_t *domains = domains_of(run);
	double error = 0, sum = 0;

	for (size_t i = 0; i < json_array_size(domains); i++) {
		const json_t *domain = json_array_get(domains, i);
		const json_t *percent = json_object_get(domain, "error_pct");
		double uj = (double)show_number(domain, member);

		if (!counts(domain) || uj <= 0)
			continue;
		if (!json_is_number(percent))
			return json_null();
		error += uj * json_number_value(percent);
		sum += uj;
	}
	return sum > 0 ? json_real(round(100 * error / sum) / 100) : json_null();
}

/* Does a meter of the whole node stand behind the sum? */
static bool is_metered(const json_t *run)
{
	const json_t *domains = domains_of(run);

	for (size_t i = 0; i < json_array_size(domains); i++)
		if (is_kind(json_array_get(domains, i), "node"))
			return true;
	return false;
}

static json_t *node_of(const json_t *run)
{
	json_t *names = json_array();
	json_t *object = figure(run, sum_of(run, "domain_uj", names));

	if (!json_array_size(names)) {
		json_decref(names);
		json_decref(object);
		return json_null();
	}
	json_object_set_new(object, "error_pct", error_of(run, "domain_uj"));
	json_object_set_new(object, "domains", names);
	json_object_set_new(object, "whole_node", json_boolean(is_metered(run)));
	return object;
}

static json_t *gated_of(const json_t *run)
{
	json_t *gate = json_object_get(json_object_get(run, "run"), "gate_milli");
	json_t *object;

	if (!json_is_integer(gate))
		return json_null();
	object = figure(run, sum_of(run, "gated_uj", NULL));
	json_object_set_new(object, "error_pct", error_of(run, "gated_uj"));
	json_object_set(object, "gate_milli", gate);
	return object;
}

/* ---- Green Algorithms ---- */

struct methods_room methods_room(const json_t *run)
{
	const json_t *facts = json_object_get(run, "run");
	const json_t *machine = json_object_get(facts, "machine");
	const json_t *limits = json_object_get(facts, "limits");
	struct methods_room room = {.cpu_milli = show_number(limits, "cpu_milli"),
				    .memory_bytes = show_number(limits, "memory_bytes")};

	room.cpu_limited = room.cpu_milli > 0;
	room.memory_limited = room.memory_bytes > 0;
	if (!room.cpu_limited)
		room.cpu_milli = show_number(machine, "cpus") * 1000;
	if (!room.memory_limited)
		room.memory_bytes = show_number(machine, "memory_bytes");
	return room;
}

void methods_gpu_name(const json_t *run, const json_t *domain, char *name, size_t size)
{
	const json_t *kernels = json_object_get(run, "kernels");
	const char *found = "";
	size_t length;

	for (size_t i = 0; !*found && i < json_array_size(kernels); i++)
		if (!strcmp(show_text(json_array_get(kernels, i), "domain"),
			    show_text(domain, "name")))
			found = show_text(json_array_get(kernels, i), "device");
	length = strlen(found);
	if (*found) {
		const char *number = strrchr(found, '#');

		if (number > found && number[-1] == ' ')
			length = (size_t)(number - 1 - found);
	} else if (!strcmp(show_text(domain, "source"), "nvml")) {
		found = show_text(domain, "note");
		length = strcspn(found, ",");
	}
	snprintf(name, size, "%.*s", (int)length, found);
}

/* The GPUs that the run had some of, and the sum of their power; what no table has is 200 W. */
static json_t *gpus_of(const json_t *run, uint64_t *power_mw)
{
	const json_t *domains = domains_of(run);
	json_t *list = json_array();

	*power_mw = 0;
	for (size_t i = 0; i < json_array_size(domains); i++) {
		const json_t *domain = json_array_get(domains, i);
		struct accelerator part;
		char name[160], why[ACCELERATOR_WHY];
		bool known;

		if (!methods_counts(domain, "gpu") || !show_number(domain, "run_uj"))
			continue;
		methods_gpu_name(run, domain, name, sizeof(name));
		known = *name && accelerator_find(name, &part, why) == 0;
		if (!known)
			part = (struct accelerator){.tdp_mw = GREEN_GPU_MW};
		*power_mw = saturate_add(*power_mw, part.tdp_mw);
		json_array_append_new(list, json_pack("{s:O, s:s, s:I, s:b}", "domain",
						      json_object_get(domain, "name"), "gpu",
						      known ? part.model : name, "gpu_mw",
						      (json_int_t)part.tdp_mw, "assumed", !known));
	}
	return list;
}

static uint64_t core_mw(const json_t *machine, json_t **part)
{
	struct processor_part found;

	*part = json_null();
	if (processor_find(show_text(machine, "cpu_model"), &found) || !found.cores)
		return GREEN_CORE_MW;
	*part = json_string(found.model);
	return found.tdp_mw / found.cores;
}

/* Thousandths of a core that a thousandth of a CPU is: two threads may be one core. */
static uint64_t core_milli(const json_t *machine, uint64_t cpu)
{
	uint64_t cores = show_number(machine, "cores"), cpus = show_number(machine, "cpus");

	return cores && cpus ? units_mul_div(cpu, cores, cpus) : cpu;
}

/* CPU time of cores, at full use, is the same as cores x use x time. */
static json_t *green_of(const json_t *run)
{
	const json_t *facts = json_object_get(run, "run");
	const json_t *machine = json_object_get(facts, "machine");
	const struct methods_room room = methods_room(run);
	uint64_t time_ns = show_number(facts, "duration_ns"), gpu_mw;
	struct green_job cpu = {.cores = 1, .core_usage = GREEN_WHOLE};
	struct green_job rest = {.time_ns = time_ns,
				 .gpus = 1,
				 .gpu_usage = GREEN_WHOLE,
				 .memory_bytes = room.memory_bytes};
	struct green_energy of_cpu, of_rest;
	json_t *part, *gpus, *object;

	if (!room.cpu_milli)
		return json_null();
	cpu.time_ns = core_milli(machine, show_number(facts, "cpu_ns"));
	cpu.core_mw = core_mw(machine, &part);
	gpus = gpus_of(run, &gpu_mw);
	rest.gpu_mw = gpu_mw;
	of_cpu = green_energy(&cpu);
	of_rest = green_energy(&rest);
	object = figure(run, saturate_add(of_cpu.total_uj, of_rest.total_uj));
	json_object_update_new(
		object,
		json_pack("{s:n, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:b, s:b, s:s}",
			  "error_pct", "cpu_uj", (json_int_t)of_cpu.cpu_uj, "gpu_uj",
			  (json_int_t)of_rest.gpu_uj, "memory_uj", (json_int_t)of_rest.memory_uj,
			  "core_ns", (json_int_t)cpu.time_ns, "core_mw", (json_int_t)cpu.core_mw,
			  "core_milli", (json_int_t)core_milli(machine, room.cpu_milli), "part",
			  part, "gpus", gpus, "memory_bytes", (json_int_t)room.memory_bytes,
			  "cpu_limited", room.cpu_limited, "memory_limited", room.memory_limited,
			  "quality", "estimate"));
	return object;
}

json_t *methods_of(const json_t *run)
{
	return json_pack("{s:o, s:o, s:o}", "green_algorithms", green_of(run), "node", node_of(run),
			 "node_gated", gated_of(run));
}
