/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tally: everything that a ledger's lines add up to, at one moment.
 */
#include "collector/ledger/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/ledger/entry.h"
#include "collector/ledger/text.h"
#include "collector/units.h"

static const char *const quality_names[] = {
	[POWER_MEASURED] = "measured",
	[POWER_DERIVED] = "derived",
	[POWER_MODELLED] = "modelled",
};

const char *tally_quality_name(enum power_quality quality)
{
	return quality_names[quality];
}

int tally_quality(const char *name)
{
	for (int i = 0; i <= POWER_MODELLED; i++)
		if (strcmp(name, quality_names[i]) == 0)
			return i;
	return -1;
}

static bool has_lists(const struct tally *tally)
{
	return tally->idle && tally->uncovered && tally->devices && tally->found;
}

int tally_init(struct tally *tally)
{
	*tally = (struct tally){.idle = json_array(),
				.uncovered = json_array(),
				.devices = json_array(),
				.found = json_array(),
				.series = json_null()};
	if (has_lists(tally))
		return 0;
	tally_free(tally);
	return -ENOMEM;
}

void tally_free(struct tally *tally)
{
	free(tally->kernel);
	free(tally->paths.samples);
	json_decref(tally->method);
	json_decref(tally->idle);
	json_decref(tally->uncovered);
	json_decref(tally->devices);
	json_decref(tally->found);
	json_decref(tally->series);
	*tally = (struct tally){0};
}

static int make_room(struct tally *tally, size_t kernels)
{
	struct tally_kernel *kernel;
	size_t room = tally->room ? tally->room : 64;

	if (kernels <= tally->room)
		return 0;
	while (room < kernels)
		room *= 2;
	kernel = reallocarray(tally->kernel, room, sizeof(*kernel));
	if (!kernel)
		return -ENOMEM;
	tally->kernel = kernel;
	tally->room = room;
	return 0;
}

static int make_path_room(struct tally_paths *paths, size_t n)
{
	size_t room = paths->room ? paths->room : 64;
	uint64_t *samples;

	if (n <= paths->room)
		return 0;
	while (room < n)
		room *= 2;
	samples = reallocarray(paths->samples, room, sizeof(*samples));
	if (!samples)
		return -ENOMEM;
	paths->samples = samples;
	paths->room = room;
	return 0;
}

int tally_add_path(struct tally *tally)
{
	if (make_path_room(&tally->paths, tally->paths.n + 1))
		return -ENOMEM;
	tally->paths.samples[tally->paths.n++] = 0;
	return 0;
}

static int take_paths(struct tally_paths *to, const struct ledger_paths *from)
{
	if (make_path_room(to, from->n))
		return -ENOMEM;
	for (size_t i = 0; i < from->n; i++)
		to->samples[i] = from->path[i].samples;
	to->n = from->n;
	to->functions = from->functions;
	return 0;
}

int tally_copy(struct tally *to, const struct tally *from)
{
	struct tally old = *to;

	if (make_room(to, from->kernels) || make_path_room(&to->paths, from->paths.n))
		return -ENOMEM;
	old.kernel = to->kernel;
	old.room = to->room;
	old.paths = to->paths;
	*to = *from;
	to->kernel = old.kernel;
	to->room = old.room;
	to->paths.samples = old.paths.samples;
	to->paths.room = old.paths.room;
	if (from->paths.n)
		memcpy(to->paths.samples, from->paths.samples,
		       from->paths.n * sizeof(*to->paths.samples));
	if (from->kernels)
		memcpy(to->kernel, from->kernel, from->kernels * sizeof(*to->kernel));
	json_incref(to->method);
	json_incref(to->idle);
	json_incref(to->uncovered);
	json_incref(to->devices);
	json_incref(to->found);
	json_incref(to->series);
	json_decref(old.method);
	json_decref(old.idle);
	json_decref(old.uncovered);
	json_decref(old.devices);
	json_decref(old.found);
	json_decref(old.series);
	return 0;
}

/* The domains that a kernel's domain names, a bit each. */
static uint64_t domains_named(const struct tally_terms *terms, const char *name)
{
	size_t length = strlen(name);
	bool all = length > 0 && name[length - 1] == '*';
	uint64_t set = 0;

	for (size_t i = 0; i < terms->domains; i++)
		if (all ? strncmp(terms->domain[i].name, name, length - 1) == 0
			: strcmp(terms->domain[i].name, name) == 0)
			set |= 1ULL << i;
	return set;
}

static int find_bearer(struct tally *tally, const struct tally_terms *terms, const char *domain,
		       size_t *bearer)
{
	uint64_t set;

	*bearer = TALLY_BORNE_BY_NONE;
	if (!domain)
		return 0;
	set = domains_named(terms, domain);
	if (!set)
		return -EBADMSG;
	for (*bearer = 0; *bearer < tally->bearers; ++*bearer)
		if (tally->bearer[*bearer] == set)
			return 0;
	if (tally->bearers == TALLY_BEARERS_MAX)
		return -EBADMSG;
	tally->bearer[tally->bearers++] = set;
	return 0;
}

int tally_add_kernel(struct tally *tally, const struct tally_terms *terms, const char *domain)
{
	size_t bearer;
	int error = find_bearer(tally, terms, domain, &bearer);

	if (!error)
		error = make_room(tally, tally->kernels + 1);
	if (!error)
		tally->kernel[tally->kernels++] = (struct tally_kernel){.bearer = bearer};
	return error;
}

static int take_kernels(const struct tally_terms *terms, const struct ledger_state *state,
			struct tally *tally)
{
	for (size_t i = 0; i < state->kernels; i++) {
		const struct ledger_kernel *from = &state->kernel[i];
		int error = tally_add_kernel(tally, terms, from->domain);
		struct tally_kernel *to = &tally->kernel[i];

		if (error)
			return error;
		to->count = from->count;
		to->failed = from->failed;
		to->timed = from->timed;
		to->device_ns = from->device_ns;
		to->busy_ns = from->busy_ns;
		to->host_ns = from->host_ns;
		to->bytes = from->bytes;
		to->flop = from->flop;
		/* Where nobody bears it the figure means nothing, and is not booked. */
		to->energy_uj = from->domain ? from->energy_uj : 0;
	}
	return 0;
}

int tally_of_state(const struct tally_terms *terms, const struct ledger_state *state,
		   struct tally *tally)
{
	int error;

	*tally = (struct tally){
		.t_ns = state->t_ns,
		.method = state->cpu_method ? text_json(state->cpu_method) : NULL,
		.idle = entry_idle(terms->domains, state->idle_method),
		.uncovered = entry_uncovered(state),
		.devices = entry_devices(state->device, state->devices),
		.found = json_array(),
		.grid = {.held = state->grid.weighted,
			 .constant_uj = state->grid.constant_uj,
			 .ug_per_kwh = state->grid.ug_per_kwh},
		.series = state->grid.series ? json_incref((json_t *)(uintptr_t)state->grid.series)
					     : json_null()};
	tally->counters = (struct tally_counters){
		.events_seen = state->events_seen,
		.events_lost = state->events_lost,
		.cpu_ns = state->cpu_ns,
		.processes = state->processes,
		.uncovered_cpu_ns = state->uncovered_cpu_ns,
		.unobserved_cpu_ns = state->unobserved_cpu_ns,
		.own_cpu_ns = state->own_cpu_ns,
		.own_uj = state->own_uj,
	};
	for (size_t i = 0; i < terms->domains; i++)
		tally->posting[i] = state->posting[i];
	error = has_lists(tally) ? make_room(tally, state->kernels) : -ENOMEM;
	if (!error)
		error = take_kernels(terms, state, tally);
	if (!error)
		error = take_paths(&tally->paths, &state->paths);
	if (error)
		tally_free(tally);
	return error;
}

void tally_keep_phases(struct tally *tally, const struct tally *from)
{
	tally->final = tally->all = from->final;
	for (size_t i = 0; i < from->kernels && i < tally->kernels; i++) {
		tally->kernel[i].phases_count = from->kernel[i].phases_count;
		tally->kernel[i].phases_device_ns = from->kernel[i].phases_device_ns;
	}
}

void tally_energy(const struct tally *tally, const struct tally_terms *terms,
		  struct tally_energy *energy)
{
	*energy = (struct tally_energy){0};
	for (size_t i = 0; i < terms->domains; i++) {
		const uint64_t run_uj = tally->posting[i].run_uj;
		uint64_t derived_uj = tally->posting[i].run_derived_uj;

		if (terms->domain[i].within[0])
			continue;
		/* A share of what was measured is derived; of what was a guess it stays one. */
		if (terms->domain[i].quality != POWER_MEASURED)
			derived_uj = 0;
		energy->total_uj += run_uj;
		energy->quality_uj[terms->domain[i].quality] += run_uj - derived_uj;
		energy->quality_uj[POWER_DERIVED] += derived_uj;
	}
	energy->weighted = terms->timed ? tally->grid.booked
					: (unsigned __int128)energy->total_uj * terms->ug_per_kwh;
	energy->total_ug = units_co2e_sum_ug(energy->weighted, terms->pue_milli);
}
