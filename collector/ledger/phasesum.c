/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The phases of a run as `gramme show --json` prints them.
 */
#include "collector/ledger/phasesum.h"

#include <stdio.h>
#include <stdlib.h>

#include "collector/ledger/entry.h"
#include "collector/ledger/errors.h"
#include "collector/saturate.h"
#include "collector/units.h"

/* The kernels of what lies within a phase that is still to come, by row. */
struct within {
	json_int_t id;
	struct ledger_phase_kernel *kernel;
};

struct sums {
	const struct reading *reading;
	struct within within[NESTING_DEPTH + 1];
	size_t depth;
	json_t *list;
};

static json_int_t id_of(const json_t *line, const char *name)
{
	return json_integer_value(json_object_get(line, name));
}

static uint64_t number_of(const json_t *line, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(line, name));
}

/* The sums for a phase, made where they are not there yet; NULL for lack of memory. */
static struct within *find_within(struct sums *sums, json_int_t id)
{
	for (size_t i = sums->depth; i > 0; i--)
		if (sums->within[i - 1].id == id)
			return &sums->within[i - 1];
	if (sums->depth > NESTING_DEPTH)
		return NULL;
	struct within *new = &sums->within[sums->depth];
	new->id = id;
	new->kernel = calloc(sums->reading->now.kernels + 1, sizeof(*new->kernel));
	sums->depth += new->kernel != NULL;
	return new->kernel ? new : NULL;
}

static void add_kernels(struct within *to, const json_t *kernels)
{
	for (size_t i = 0; i < json_array_size(kernels); i++) {
		const json_t *kernel = json_array_get(kernels, i);
		struct ledger_phase_kernel *sum = &to->kernel[number_of(kernel, "row")];

		sum->count = saturate_add(sum->count, number_of(kernel, "count"));
		sum->device_ns = saturate_add(sum->device_ns, number_of(kernel, "device_ns"));
	}
}

static json_t *kernel_list(const struct sums *sums, const struct within *within)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < sums->reading->now.kernels; i++) {
		const struct ledger_phase_kernel *kernel = &within->kernel[i];

		if (kernel->count &&
		    json_array_append_new(list, json_pack("{s:I, s:o, s:o}", "row", (json_int_t)i,
							  "count", entry_number(kernel->count),
							  "device_ns",
							  entry_number(kernel->device_ns)))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* The kernels of a phase: its own, or those of what lies within it. A new list. */
static json_t *kernels_of(struct sums *sums, const json_t *line)
{
	struct within *within = sums->depth ? &sums->within[sums->depth - 1] : NULL;
	json_t *own = json_object_get(line, "kernels");

	if (!within || within->id != id_of(line, "id"))
		return own ? json_incref(own) : json_array();
	json_t *list = kernel_list(sums, within);
	free(within->kernel);
	sums->depth--;
	return list;
}

/*
 * Values by name, or the data that they are of; of two that are called the same the later one by
 * its part, too.
 */
static json_t *metrics_of(const json_t *line, const char *member)
{
	const json_t *list = json_object_get(line, "metrics");
	json_t *metrics = json_object();

	for (size_t i = 0; metrics && i < json_array_size(list); i++) {
		const json_t *metric = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(metric, "name"));
		const char *part = json_string_value(json_object_get(metric, "part"));
		char key[256];

		if (json_object_get(metrics, name) && part)
			snprintf(key, sizeof(key), "%s_%s", part, name);
		else
			snprintf(key, sizeof(key), "%s", name);
		/* A name that was cut within a letter is none. */
		json_object_set(metrics, key, json_object_get(metric, member));
	}
	return metrics;
}

static json_t *null_or(const json_t *line, const char *name)
{
	json_t *member = json_object_get(line, name);

	return member ? json_incref(member) : json_null();
}

static double error_of(const struct reading *reading, const json_t *line)
{
	const uint64_t derived_uj = number_of(line, "derived_uj");
	const uint64_t modelled_uj = number_of(line, "modelled_uj");
	const uint64_t energy_uj[NESTING_QUALITIES] = {
		[POWER_MEASURED] = number_of(line, "energy_uj") - derived_uj - modelled_uj,
		[POWER_DERIVED] = derived_uj,
		[POWER_MODELLED] = modelled_uj};

	return errors_part(reading, energy_uj);
}

static json_t *phase_object(struct sums *sums, const json_t *line, bool final)
{
	static const char *const copied[] = {"id",    "parent",	  "kind",      "index",
					     "of",    "start_ns", "end_ns",    "energy_uj",
					     "steps", "evidence", "confidence"};
	const struct tally_terms *terms = &sums->reading->terms;
	const uint64_t energy_uj = number_of(line, "energy_uj");
	const json_t *own = json_object_get(line, "ug_per_kwh");
	/* A grid may emit nothing at all, as some do by direct figures. */
	const uint64_t ug_per_kwh =
		own || terms->timed ? number_of(line, "ug_per_kwh") : terms->ug_per_kwh;
	json_t *object = json_object();
	int failed = !object;

	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++)
		failed = failed || json_object_set_new(object, copied[i], null_or(line, copied[i]));
	failed = failed ||
		 json_object_set_new(
			 object, "co2e_ug",
			 entry_number(units_co2e_ug(energy_uj, ug_per_kwh, terms->pue_milli))) ||
		 json_object_set_new(object, "error_pct",
				     errors_json(error_of(sums->reading, line))) ||
		 json_object_set_new(object, "derived_uj",
				     entry_number(number_of(line, "derived_uj"))) ||
		 json_object_set_new(object, "modelled_uj",
				     entry_number(number_of(line, "modelled_uj"))) ||
		 json_object_set_new(object, "metrics", metrics_of(line, "value")) ||
		 json_object_set_new(object, "metric_parts", metrics_of(line, "part")) ||
		 json_object_set_new(object, "kernels", kernels_of(sums, line)) ||
		 json_object_set_new(object, "rough",
				     json_boolean(json_is_true(json_object_get(line, "rough")))) ||
		 json_object_set_new(object, "final", json_boolean(final)) ||
		 json_object_set_new(object, "open",
				     json_boolean(json_is_true(json_object_get(line, "open")))) ||
		 json_object_set_new(object, "cut",
				     json_boolean(json_is_true(json_object_get(line, "cut"))));
	if (!failed && terms->timed)
		failed = json_object_set_new(object, "ug_per_kwh",
					     energy_uj ? entry_number(ug_per_kwh) : json_null());
	if (!failed && json_object_get(line, "beside"))
		failed = json_object_set(object, "beside", json_object_get(line, "beside"));
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

static int add_phase(struct sums *sums, const json_t *line, bool final)
{
	const json_int_t parent = id_of(line, "parent");
	json_t *object = phase_object(sums, line, final);

	if (!object || json_array_append_new(sums->list, object))
		return -1;
	if (!parent)
		return 0;
	struct within *within = find_within(sums, parent);
	if (within)
		add_kernels(within, json_object_get(object, "kernels"));
	return within ? 0 : -1;
}

static int by_id(const void *a, const void *b)
{
	const json_int_t x = id_of(*(json_t *const *)a, "id"), y = id_of(*(json_t *const *)b, "id");

	return (x > y) - (x < y);
}

/* A new list of the same, by rising number. */
static json_t *sorted(const json_t *list)
{
	const size_t n = json_array_size(list);
	json_t **object = calloc(n + 1, sizeof(json_t *));
	json_t *to = json_array();

	for (size_t i = 0; object && i < n; i++)
		object[i] = json_array_get(list, i);
	if (object)
		qsort(object, n, sizeof(json_t *), by_id);
	for (size_t i = 0; i < n && to; i++)
		if (!object || json_array_append(to, object[i])) {
			json_decref(to);
			to = NULL;
		}
	free(object);
	return to;
}

json_t *phasesum_list(const struct reading *reading)
{
	struct sums sums = {.reading = reading, .list = json_array()};
	int failed = !sums.list;

	for (size_t i = 0; !failed && i < json_array_size(reading->phases); i++)
		failed = add_phase(&sums, json_array_get(reading->phases, i), true);
	for (size_t i = 0; !failed && i < json_array_size(reading->under_way); i++)
		failed = add_phase(&sums, json_array_get(reading->under_way, i), false);
	json_t *list = failed ? NULL : sorted(sums.list);
	while (sums.depth)
		free(sums.within[--sums.depth].kernel);
	json_decref(sums.list);
	return list;
}

json_t *phasesum_outside(const struct reading *reading)
{
	const struct tally_terms *terms = &reading->terms;
	const struct nesting *all = &reading->now.all;
	struct tally_energy energy;
	unsigned __int128 weighted;

	tally_energy(&reading->now, terms, &energy);
	for (size_t i = 0; i < NESTING_QUALITIES; i++)
		energy.total_uj -= all->leaf_uj[i];
	weighted = (unsigned __int128)energy.total_uj * terms->ug_per_kwh;
	/* A second at a phase's end may have been booked otherwise than the line that it is in. */
	if (terms->timed)
		weighted = energy.weighted > all->leaf_weighted
				   ? energy.weighted - all->leaf_weighted
				   : 0;
	return json_pack("{s:o, s:o}", "energy_uj", entry_number(energy.total_uj), "co2e_ug",
			 entry_number(units_co2e_sum_ug(weighted, terms->pue_milli)));
}
