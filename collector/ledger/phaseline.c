/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A phase as it stands in a line of the ledger.
 */
#include "collector/ledger/phaseline.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "collector/ledger/entry.h"
#include "collector/ledger/fields.h"
#include "collector/ledger/intensity.h"
#include "collector/ledger/problem.h"
#include "collector/ledger/text.h"
#include "collector/saturate.h"

static const char *const kinds[] = {
	[PHASE_STARTUP] = "startup",   [PHASE_TRAIN] = "train",
	[PHASE_EVALUATE] = "evaluate", [PHASE_CHECKPOINT] = "checkpoint",
	[PHASE_PAUSE] = "pause",       [PHASE_TEARDOWN] = "teardown",
	[PHASE_FIT] = "fit",	       [PHASE_EPOCH] = "epoch",
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static const char *const parts[] = {
	[LINE_PART_TRAIN] = "train",
	[LINE_PART_VALIDATION] = "validation",
	[LINE_PART_TEST] = "test",
};

static const struct {
	uint32_t bit;
	const char *word;
} evidences[] = {
	{PHASE_BY_TEXT, "text"},
	{PHASE_BY_KERNELS, "kernels"},
	{PHASE_BY_FILES, "files"},
	{PHASE_BY_CHECKPOINTS, "checkpoints"},
};
#define EVIDENCES (sizeof(evidences) / sizeof(*evidences))

const char *phaseline_part_name(enum line_part part)
{
	return part > LINE_PART_NONE && part <= LINE_PART_TEST ? parts[part] : NULL;
}

enum line_part phaseline_part(const json_t *word)
{
	const char *text = json_string_value(word);

	for (enum line_part i = LINE_PART_TRAIN; text && i <= LINE_PART_TEST; i++)
		if (!strcmp(text, parts[i]))
			return i;
	return LINE_PART_NONE;
}

/* ---- writing ---- */

static json_t *number_or_null(uint64_t value)
{
	return value ? entry_number(value) : json_null();
}

static json_t *evidence_list(uint32_t evidence)
{
	json_t *list = json_array();

	for (size_t i = 0; i < EVIDENCES; i++)
		if (evidence & evidences[i].bit &&
		    json_array_append_new(list, json_string(evidences[i].word))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *metric_list(const struct phase *phase)
{
	json_t *list = json_array();

	for (size_t i = 0; i < phase->metrics; i++) {
		const struct phase_metric *metric = &phase->metric[i];

		if (!isfinite(metric->value))
			continue;
		if (json_array_append_new(list, json_pack("{s:o, s:s?, s:f}", "name",
							  text_json(metric->name), "part",
							  phaseline_part_name(metric->part),
							  "value", metric->value))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *kernel_list(const struct ledger_phase *phase)
{
	json_t *list = json_array();

	for (size_t i = 0; i < phase->kernels; i++) {
		const struct ledger_phase_kernel *kernel = &phase->kernel[i];

		if (json_array_append_new(list, json_pack("{s:I, s:o, s:o}", "row",
							  (json_int_t)kernel->row, "count",
							  entry_number(kernel->count), "device_ns",
							  entry_number(kernel->device_ns)))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* What is not always there. */
static int set_rest(json_t *object, const struct ledger_phase *phase)
{
	const uint64_t *energy_uj = phase->energy_uj;
	int failed = 0;

	if (energy_uj[POWER_DERIVED])
		failed |= json_object_set_new(object, "derived_uj",
					      entry_number(energy_uj[POWER_DERIVED]));
	if (energy_uj[POWER_MODELLED])
		failed |= json_object_set_new(object, "modelled_uj",
					      entry_number(energy_uj[POWER_MODELLED]));
	if (phase->ug_per_kwh)
		failed |=
			json_object_set_new(object, "ug_per_kwh", entry_number(phase->ug_per_kwh));
	if (phase->phase.beside)
		failed |= json_object_set_new(object, "beside", entry_number(phase->phase.beside));
	if (phase->phase.metrics)
		failed |= json_object_set_new(object, "metrics", metric_list(&phase->phase));
	if (phase->kernels)
		failed |= json_object_set_new(object, "kernels", kernel_list(phase));
	if (phase->phase.open)
		failed |= json_object_set_new(object, "open", json_true());
	if (phase->rough)
		failed |= json_object_set_new(object, "rough", json_true());
	return failed;
}

json_t *phaseline_make(const struct ledger_phase *phase)
{
	const struct phase *what = &phase->phase;
	const uint64_t energy_uj = saturate_add(
		saturate_add(phase->energy_uj[POWER_MEASURED], phase->energy_uj[POWER_DERIVED]),
		phase->energy_uj[POWER_MODELLED]);
	json_t *object = json_pack(
		"{s:I, s:o, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:f}", "id",
		(json_int_t)what->id, "parent", number_or_null(what->parent), "kind",
		kinds[what->kind], "index", (json_int_t)what->index, "of", number_or_null(what->of),
		"start_ns", entry_number(what->start_ns), "end_ns", entry_number(what->end_ns),
		"energy_uj", entry_number(energy_uj), "steps", number_or_null(what->steps),
		"evidence", evidence_list(what->evidence), "confidence",
		round(what->confidence * 1000) / 1000);

	if (object && set_rest(object, phase)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* ---- reading ---- */

static bool is_one_of(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (words[i] && !strcmp(word, words[i]))
			return true;
	return false;
}

/* A number that may be null, which is 0. */
static int take_number(const json_t *line, const char *name, uint64_t most, uint64_t *value,
		       struct ledger_problem *problem)
{
	*value = 0;
	if (json_is_null(json_object_get(line, name)))
		return 0;
	if (fields_number(line, name, value, problem))
		return -EBADMSG;
	return *value <= most
		       ? 0
		       : problem_set(problem, 0, -EBADMSG, "%s of a phase is too large", name);
}

/* The parts by quality where they stand; what is none of them was measured. */
static int take_energy(const json_t *line, uint64_t energy_uj[NESTING_QUALITIES],
		       struct ledger_problem *problem)
{
	uint64_t *measured_uj = &energy_uj[POWER_MEASURED];

	if (fields_number(line, "energy_uj", measured_uj, problem) ||
	    (json_object_get(line, "derived_uj") &&
	     fields_number(line, "derived_uj", &energy_uj[POWER_DERIVED], problem)) ||
	    (json_object_get(line, "modelled_uj") &&
	     fields_number(line, "modelled_uj", &energy_uj[POWER_MODELLED], problem)))
		return -EBADMSG;
	if (energy_uj[POWER_DERIVED] > *measured_uj ||
	    energy_uj[POWER_MODELLED] > *measured_uj - energy_uj[POWER_DERIVED])
		return problem_set(problem, 0, -EBADMSG,
				   "parts of a phase's energy are more than all of it");
	*measured_uj -= energy_uj[POWER_DERIVED] + energy_uj[POWER_MODELLED];
	return 0;
}

static int check_evidence(const json_t *line, struct ledger_problem *problem)
{
	const json_t *evidence = json_object_get(line, "evidence");
	const double confidence = json_number_value(json_object_get(line, "confidence"));

	for (size_t i = 0; i < json_array_size(evidence); i++)
		if (!json_is_string(json_array_get(evidence, i)))
			return problem_set(problem, 0, -EBADMSG,
					   "evidence of a phase holds what is no word");
	if (json_is_array(evidence) && json_is_number(json_object_get(line, "confidence")) &&
	    confidence >= 0 && confidence <= 1)
		return 0;
	return problem_set(problem, 0, -EBADMSG,
			   "evidence and confidence of a phase are missing or none");
}

static int check_metrics(const json_t *line, struct ledger_problem *problem)
{
	const json_t *list = json_object_get(line, "metrics");
	bool good = !list || json_is_array(list);

	for (size_t i = 0; good && i < json_array_size(list); i++) {
		const json_t *metric = json_array_get(list, i);
		const json_t *part = json_object_get(metric, "part");

		good = json_is_string(json_object_get(metric, "name")) &&
		       json_is_number(json_object_get(metric, "value")) &&
		       (json_is_null(part) || phaseline_part(part) != LINE_PART_NONE);
	}
	return good ? 0 : problem_set(problem, 0, -EBADMSG, "metrics of a phase are none");
}

static int take_kernels(const json_t *list, struct tally *tally, struct ledger_problem *problem)
{
	uint64_t row, count, device_ns, next = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *kernel = json_array_get(list, i);

		if (fields_number(kernel, "row", &row, problem) ||
		    fields_number(kernel, "count", &count, problem) ||
		    fields_number(kernel, "device_ns", &device_ns, problem))
			return -EBADMSG;
		if (row < next || row >= tally->kernels)
			return problem_set(problem, 0, -EBADMSG,
					   "kernel rows of a phase do not rise, or are not there");
		next = row + 1;
		struct tally_kernel *of = &tally->kernel[row];
		of->phases_count = saturate_add(of->phases_count, count);
		of->phases_device_ns = saturate_add(of->phases_device_ns, device_ns);
	}
	return 0;
}

/* One phase into a nesting; *leaf as there. */
static int nest(const json_t *line, struct nesting *nesting, bool *leaf,
		struct ledger_problem *problem)
{
	const char *kind = json_string_value(json_object_get(line, "kind"));
	struct nesting_phase phase = {0};
	uint64_t id, parent, ignored;

	if (!kind || !is_one_of(kind, kinds, KINDS))
		return problem_set(problem, 0, -EBADMSG, "a phase is of no known kind");
	if (take_number(line, "id", UINT32_MAX, &id, problem) ||
	    take_number(line, "parent", UINT32_MAX, &parent, problem) ||
	    take_number(line, "index", UINT32_MAX, &ignored, problem) ||
	    take_number(line, "of", UINT32_MAX, &ignored, problem) ||
	    (json_object_get(line, "beside") &&
	     take_number(line, "beside", UINT32_MAX, &ignored, problem)) ||
	    take_number(line, "steps", FIELDS_MAX, &ignored, problem) ||
	    (json_object_get(line, "ug_per_kwh") &&
	     take_number(line, "ug_per_kwh", INTENSITY_MAX, &phase.ug_per_kwh, problem)) ||
	    fields_number(line, "start_ns", &phase.start_ns, problem) ||
	    fields_number(line, "end_ns", &phase.end_ns, problem) ||
	    take_energy(line, phase.energy_uj, problem) || check_evidence(line, problem) ||
	    check_metrics(line, problem))
		return -EBADMSG;
	phase.id = (uint32_t)id;
	phase.parent = (uint32_t)parent;
	return nesting_take(nesting, &phase, leaf, problem);
}

static int take_final(const json_t *line, struct tally *tally, struct ledger_problem *problem)
{
	const json_t *kernels = json_object_get(line, "kernels");
	bool leaf = false;
	int error = nest(line, &tally->final, &leaf, problem);

	if (!error && kernels && (!leaf || !json_is_array(kernels)))
		return problem_set(problem, 0, -EBADMSG,
				   "kernels of a phase are no list, or others lie within it");
	return error ? error : take_kernels(kernels, tally, problem);
}

int phaseline_take(const json_t *final, const json_t *open, struct tally *tally,
		   struct ledger_problem *problem)
{
	bool leaf;
	int error = 0;

	if ((final && !json_is_array(final)) || (open && !json_is_array(open)))
		return problem_set(problem, 0, -EBADMSG, "phases are no list");
	for (size_t i = 0; i < json_array_size(final) && !error; i++)
		error = take_final(json_array_get(final, i), tally, problem);
	tally->all = tally->final;
	for (size_t i = 0; i < json_array_size(open) && !error; i++)
		error = nest(json_array_get(open, i), &tally->all, &leaf, problem);
	return error ? error : nesting_whole(&tally->all, problem);
}
