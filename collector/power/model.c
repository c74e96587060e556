/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model: a labelled estimate for what no sensor covers.
 *
 * Processor. P = TDP x f(load), load = busy time / (CPUs x time), with f straight between four
 * points that Teads measured on servers and Boavizta publishes (boaviztapi@15878f0, documentation
 * of the CPU component): 0.12 of the TDP when idle, 0.32 at 10 % load, 0.75 at 50 % and 1.02 at
 * full load. A machine that has but some threads of its part, as virtual ones do, has that share
 * of the TDP. A part that is in no table, or of which it is not known what share is here, has
 * 12 W per physical core (Green Algorithms v3.0, table of TDP, "Any").
 *
 * Memory. 0.3725 W per GB of the node, whatever it holds (Green Algorithms v3.0, reference values).
 * Green Algorithms does not say which gigabyte; 10^9 bytes are taken here. With 2^30 it would
 * be 7 % less, which is far below the error that is stated.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/power/power.h"
#include "collector/power/processor.h"
#include "collector/units.h"

#define UNKNOWN_CORE_UW	 12000000ULL
#define MEMORY_UW_PER_GB 372500ULL
#define BYTES_PER_GB	 1000000000ULL
#define PPM		 1000000ULL
#define UW_PER_MW	 1000ULL

/* An assumption: a TDP says what the cooling must bear, and the curve is a mean over servers. */
#define MODEL_ERROR_PCT 50.0

static const struct {
	uint64_t load_ppm;
	uint64_t power_ppm; /* of the TDP */
} curve[] = {{0, 120000}, {100000, 320000}, {500000, 750000}, {1000000, 1020000}};

/* A modelled domain: its energy so far, without losing what is below a microjoule. */
struct modelled {
	bool added; /* it is one of the domains */
	bool begun; /* t_ns is that of the last reading */
	uint64_t t_ns;
	unsigned __int128 uw_ns;
};

struct model {
	struct modelled processor;
	struct modelled memory;
	uint64_t tdp_uw; /* of as much processor as there is */
	uint64_t busy_ns;
};

static uint64_t curve_uw(uint64_t tdp_uw, uint64_t load_ppm)
{
	size_t i = 1;
	uint64_t rise_ppm;

	while (load_ppm > curve[i].load_ppm)
		i++;
	rise_ppm = units_mul_div(curve[i].power_ppm - curve[i - 1].power_ppm,
				 load_ppm - curve[i - 1].load_ppm,
				 curve[i].load_ppm - curve[i - 1].load_ppm);
	return units_mul_div(tdp_uw, curve[i - 1].power_ppm + rise_ppm, PPM);
}

/* The TDP of what there is of a part whose size is known. */
static uint64_t known_tdp_uw(const struct processor *cpu, const struct processor_part *part,
			     char *note, size_t size)
{
	uint64_t tdp_uw = part->tdp_mw * UW_PER_MW;
	uint64_t threads = part->cores;
	uint64_t whole;

	if (cpu->siblings)
		threads = (threads * cpu->siblings + cpu->socket_cores - 1) / cpu->socket_cores;
	whole = threads * cpu->sockets;
	if (cpu->threads < whole)
		snprintf(note, size, "TDP %g W of %s (%s), %u of %llu threads",
			 (double)part->tdp_mw / 1000, part->model, part->source, cpu->threads,
			 (unsigned long long)threads);
	else
		snprintf(note, size, "TDP %g W of %s (%s), %u of them", (double)part->tdp_mw / 1000,
			 part->model, part->source, cpu->sockets);
	return units_mul_div(tdp_uw, cpu->threads < whole ? cpu->threads : whole, threads);
}

/* The TDP of the processors that there are; `note` says how it was found. */
static uint64_t machine_tdp_uw(const struct processor *cpu, char *note, size_t size)
{
	struct processor_part part;
	bool known = !processor_find(cpu->name, &part);

	if (known && part.cores)
		return known_tdp_uw(cpu, &part, note, size);
	if (known && !cpu->virtual) {
		snprintf(note, size, "TDP %g W of %s (%s), %u of them", (double)part.tdp_mw / 1000,
			 part.model, part.source, cpu->sockets);
		return part.tdp_mw * UW_PER_MW * cpu->sockets;
	}
	snprintf(note, size, "12 W per core x %u: '%s' is %s", cpu->cores, cpu->name,
		 known ? "in the table without its cores" : "not in the table");
	return cpu->cores * UNKNOWN_CORE_UW;
}

static void add_processor(struct power *power, const struct power_options *options,
			  struct model *model)
{
	struct power_domain domain = {
		.name = "package-0",
		.kind = POWER_CPU,
		.quality = POWER_MODELLED,
		.error_pct = MODEL_ERROR_PCT,
		.idle_method = "model",
	};
	struct processor cpu;
	int result = processor_read(options->world, &cpu);

	if (result) {
		power_add_finding(power, "model", false,
				  "/proc/cpuinfo: %s: the processor is not modelled",
				  strerror(-result));
		return;
	}
	model->tdp_uw = machine_tdp_uw(&cpu, domain.note, sizeof(domain.note));
	domain.idle_uw = curve_uw(model->tdp_uw, 0);
	model->processor.added = !power_add_domain(power, &domain);
}

static void add_memory(struct power *power, struct model *model)
{
	/* No idle power: memory is shared by the bytes held, and what nobody holds is its idle. */
	const struct power_domain domain = {
		.name = "dram-0",
		.kind = POWER_MEMORY,
		.quality = POWER_MODELLED,
		.error_pct = MODEL_ERROR_PCT,
		.idle_method = "none",
		.note = "0.3725 W per GB (10^9 bytes) of the node's memory",
	};

	model->memory.added = !power_add_domain(power, &domain);
}

static int model_open(struct power *power, const struct power_options *options, void **state)
{
	struct model *model;

	if (!options->model)
		return -ENODEV;
	model = calloc(1, sizeof(*model));
	if (!model)
		return -ENOMEM;
	if (!power_has(power, POWER_CPU))
		add_processor(power, options, model);
	if (!power_has(power, POWER_MEMORY))
		add_memory(power, model);
	if (!model->processor.added && !model->memory.added) {
		free(model);
		return -ENODEV;
	}
	*state = model;
	return 0;
}

/* Books `uw` for the time since the last reading. */
static void draw(struct modelled *modelled, uint64_t t_ns, uint64_t uw)
{
	if (modelled->begun)
		modelled->uw_ns += (unsigned __int128)uw * (t_ns - modelled->t_ns);
	modelled->begun = true;
	modelled->t_ns = t_ns;
}

static uint64_t energy_uj(const struct modelled *modelled)
{
	return (uint64_t)(modelled->uw_ns / UNITS_NS_PER_S);
}

static void read_processor(struct model *model, uint64_t t_ns, const struct power_load *load,
			   struct power_reading *reading)
{
	struct modelled *processor = &model->processor;
	uint64_t span_ns = t_ns - processor->t_ns;

	reading->energy_uj = energy_uj(processor);
	if (!load->cpus) {
		reading->error = -ENODATA;
		return;
	}
	if (!processor->begun) {
		draw(processor, t_ns, 0);
	} else if (load->busy_ns < model->busy_ns) {
		/* The kernel's count fell: what the CPUs did meanwhile is not known. */
		reading->gap = true;
		processor->t_ns = t_ns;
	} else if (span_ns) {
		/* Counts are a little older or newer than t_ns: they may exceed all there was. */
		uint64_t load_ppm =
			units_mul_div((load->busy_ns - model->busy_ns) / load->cpus, PPM, span_ns);

		draw(processor, t_ns, curve_uw(model->tdp_uw, load_ppm < PPM ? load_ppm : PPM));
	} else {
		return; /* no time has passed: what was done since counts at the next reading */
	}
	model->busy_ns = load->busy_ns;
	reading->energy_uj = energy_uj(processor);
}

static void read_memory(struct modelled *memory, uint64_t t_ns, const struct power_load *load,
			struct power_reading *reading)
{
	if (load->total_bytes)
		draw(memory, t_ns,
		     units_mul_div(load->total_bytes, MEMORY_UW_PER_GB, BYTES_PER_GB));
	else
		reading->error = -ENODATA;
	reading->energy_uj = energy_uj(memory);
}

static void model_read(void *state, uint64_t t_ns, const struct power_load *load,
		       struct power_reading *readings)
{
	struct model *model = state;

	if (model->processor.added)
		read_processor(model, t_ns, load, readings++);
	if (model->memory.added)
		read_memory(&model->memory, t_ns, load, readings);
}

/* Its counts are of 64 bits. */
static uint64_t model_longest_interval_ns(const void *state)
{
	(void)state;
	return UINT64_MAX;
}

static void model_close(void *state)
{
	free(state);
}

const struct power_source power_model = {
	.name = "model",
	.open = model_open,
	.read = model_read,
	.longest_interval_ns = model_longest_interval_ns,
	.close = model_close,
};
