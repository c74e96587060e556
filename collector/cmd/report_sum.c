/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What many ledgers add up to.
 */
#include "collector/cmd/report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collector/cmd/show.h"
#include "collector/ledger/text.h"
#include "collector/saturate.h"

#define DAY (sizeof("2026-11-21") - 1)

int report_open(struct report *report, enum report_by by)
{
	*report = (struct report){.by = by};
	report->index = json_object();
	report->seen = json_object();
	report->runs = json_object();
	report->sources = json_object();
	report->intensities = json_object();
	report->versions = json_object();
	return report->index && report->seen && report->runs && report->sources &&
			       report->intensities && report->versions
		       ? 0
		       : -ENOMEM;
}

void report_close(struct report *report)
{
	for (size_t i = 0; i < report->groups; i++)
		free(report->group[i].name);
	free(report->group);
	json_decref(report->index);
	json_decref(report->seen);
	json_decref(report->runs);
	json_decref(report->sources);
	json_decref(report->intensities);
	json_decref(report->versions);
}

/* New; NULL where memory is short. */
static json_t *group_name(enum report_by by, const json_t *run)
{
	const char *program = json_string_value(json_array_get(json_object_get(run, "program"), 0));
	const char *start = show_text(run, "start_utc");

	switch (by) {
	case REPORT_PROJECT:
		return json_sprintf("%s", show_text(run, "project"));
	case REPORT_PROGRAM:
		return json_sprintf("%s", program ? text_base(program) : "");
	case REPORT_NODE:
		return json_sprintf("%s", show_text(run, "node"));
	case REPORT_MONTH:
		return json_sprintf("%.7s", start);
	case REPORT_RUN:
		return json_sprintf("%.10s %.8s %s", start,
				    strlen(start) > DAY ? start + DAY + 1 : "",
				    show_text(run, "id"));
	case REPORT_EXPERIMENT:
	default:
		return json_sprintf("%s / %s", show_text(run, "project"),
				    show_text(run, "experiment"));
	}
}

static struct report_sum *new_group(struct report *report, const char *name)
{
	struct report_sum *more =
		reallocarray(report->group, report->groups + 1, sizeof(*report->group));

	if (!more)
		return NULL;
	report->group = more;
	char *own = strdup(name);
	if (!own ||
	    json_object_set_new(report->index, name, json_integer((json_int_t)report->groups))) {
		free(own);
		return NULL;
	}
	more[report->groups] = (struct report_sum){.name = own};
	return &more[report->groups++];
}

static struct report_sum *find_group(struct report *report, const char *name)
{
	const json_t *at = json_object_get(report->index, name);

	return at ? &report->group[json_integer_value(at)] : new_group(report, name);
}

/* Adds to the number that stands by that name, which it takes. Returns 0 or -ENOMEM. */
static int count(json_t *counts, json_t *name, uint64_t n)
{
	const char *key = json_string_value(name);
	const json_t *before = key ? json_object_get(counts, key) : NULL;
	const uint64_t sum = saturate_add((uint64_t)json_integer_value(before), n);
	int error = key ? json_object_set_new(counts, key, json_integer((json_int_t)sum)) : -1;

	json_decref(name);
	return error ? -ENOMEM : 0;
}

static void add_sum(struct report_sum *sum, const json_t *object, bool new_run)
{
	const json_t *run = json_object_get(object, "run");
	const json_t *energy = json_object_get(object, "energy");
	const json_t *error = json_object_get(energy, "error_pct");
	const bool complete = json_is_true(json_object_get(run, "complete"));
	const uint64_t total_uj = show_number(energy, "total_uj");

	sum->runs += new_run;
	sum->ledgers++;
	sum->incomplete += !complete;
	sum->failed += complete && show_number(run, "exit_status") != 0;
	sum->time_ns = saturate_add(sum->time_ns, show_number(run, "duration_ns"));
	sum->total_uj = saturate_add(sum->total_uj, total_uj);
	sum->measured_uj = saturate_add(sum->measured_uj, show_number(energy, "measured_uj"));
	sum->derived_uj = saturate_add(sum->derived_uj, show_number(energy, "derived_uj"));
	sum->modelled_uj = saturate_add(sum->modelled_uj, show_number(energy, "modelled_uj"));
	sum->co2e_ug = saturate_add(sum->co2e_ug,
				    show_number(json_object_get(object, "carbon"), "total_ug"));
	if (total_uj)
		sum->error_uj += json_is_number(error)
					 ? (double)total_uj * json_number_value(error) / 100
					 : (double)NAN;
}

/* Whether a group meets that run for the first time; or -ENOMEM. */
static int is_new(struct report *report, const char *group, const char *id)
{
	const uint64_t runs = json_object_size(report->runs);

	if (count(report->runs, json_sprintf("%s\n%s", group, id), 1))
		return -ENOMEM;
	return json_object_size(report->runs) > runs;
}

static int add_sources(struct report *report, const json_t *object)
{
	const json_t *domains = json_object_get(json_object_get(object, "energy"), "domains");
	int error = 0;

	for (size_t i = 0; !error && i < json_array_size(domains); i++) {
		const json_t *domain = json_array_get(domains, i);
		const uint64_t run_uj = show_number(domain, "run_uj");

		if (json_is_string(json_object_get(domain, "within")) || !run_uj)
			continue;
		error = count(report->sources,
			      json_sprintf("%s (%s)", show_text(domain, "source"),
					   show_text(domain, "quality")),
			      run_uj);
	}
	return error;
}

/* "FR, France: 41.8 g per kWh (lifecycle, 2025), PUE 1; Ember": all that a reader has to know. */
static int add_intensity(struct report *report, const json_t *object)
{
	const json_t *carbon = json_object_get(object, "carbon");
	const json_t *series = json_object_get(carbon, "series");
	const bool assumed = json_is_true(json_object_get(carbon, "zone_assumed"));
	const char *source = show_text(carbon, "factor_source");
	const double pue = json_number_value(json_object_get(carbon, "pue"));
	json_t *name;

	if (json_is_object(series))
		name = json_sprintf("hour by hour, %s (SHA-256 %.12s), PUE %.4g%s%s",
				    show_text(series, "file"), show_text(series, "sha256"), pue,
				    source[0] ? "; " : "", source);
	else
		name = json_sprintf("%s, %s%s: %.6g g per kWh (%s, %s), PUE %.4g%s%s",
				    show_text(carbon, "zone"), show_text(carbon, "zone_name"),
				    assumed ? " (assumed)" : "",
				    (double)show_number(carbon, "ug_per_kwh") / 1e6,
				    show_text(carbon, "basis"), show_text(carbon, "vintage"), pue,
				    source[0] ? "; " : "", source);
	return count(report->intensities, name, 1);
}

static void add_day(struct report *report, const char *start)
{
	if (strlen(start) < DAY)
		return;
	if (!report->first[0] || strncmp(start, report->first, DAY) < 0)
		snprintf(report->first, sizeof(report->first), "%.10s", start);
	if (strncmp(start, report->last, DAY) > 0)
		snprintf(report->last, sizeof(report->last), "%.10s", start);
}

/* What two copies have alike that say the same: a journal is in no chain. */
static json_t *extent(const json_t *object)
{
	return json_sprintf("%s %" JSON_INTEGER_FORMAT,
			    show_text(json_object_get(object, "chain"), "head"),
			    (json_int_t)show_number(json_object_get(object, "run"), "duration_ns"));
}

/* Returns 0, -EEXIST or -ESTALE with *twin, or -ENOMEM. */
static int claim(struct report *report, const json_t *object, const char *path, const char **twin)
{
	const json_t *run = json_object_get(object, "run");
	json_t *part = json_sprintf("%s %s", show_text(run, "id"), show_text(run, "node"));
	json_t *says = json_pack("{s:o, s:o}", "path", text_json(path), "extent", extent(object));
	const char *key = json_string_value(part);
	const json_t *seen = key ? json_object_get(report->seen, key) : NULL;
	int error = -ENOMEM;

	if (seen && says) {
		*twin = show_text(seen, "path");
		error = strcmp(show_text(says, "extent"), show_text(seen, "extent")) != 0 ? -ESTALE
											  : -EEXIST;
	} else if (key && says && !json_object_set(report->seen, key, says)) {
		error = 0;
	}
	json_decref(says);
	json_decref(part);
	return error;
}

static int add_facts(struct report *report, const json_t *object)
{
	const json_t *run = json_object_get(object, "run");
	int error = count(report->versions, json_sprintf("%s", show_text(run, "gramme")), 1);

	if (!error)
		error = add_sources(report, object);
	if (!error)
		error = add_intensity(report, object);
	add_day(report, show_text(run, "start_utc"));
	return error;
}

int report_add(struct report *report, const json_t *object, const char *path, const char **twin)
{
	const json_t *run = json_object_get(object, "run");
	const char *id = show_text(run, "id");
	int error = claim(report, object, path, twin);

	if (error)
		return error;
	json_t *name = group_name(report->by, run);
	struct report_sum *group = name ? find_group(report, json_string_value(name)) : NULL;
	const int new_there = group ? is_new(report, group->name, id) : -ENOMEM;
	const int new_run = is_new(report, "", id);
	json_decref(name);
	if (new_there < 0 || new_run < 0 || add_facts(report, object))
		return -ENOMEM;
	add_sum(group, object, new_there);
	add_sum(&report->total, object, new_run);
	if (!strcmp(id, report->final_run))
		add_sum(&report->final, object, !report->final.runs);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct report_sum *)a)->name, ((const struct report_sum *)b)->name);
}

static int by_energy(const void *a, const void *b)
{
	const uint64_t x = ((const struct report_sum *)a)->total_uj;
	const uint64_t y = ((const struct report_sum *)b)->total_uj;

	return x == y ? by_name(a, b) : x < y ? 1 : -1;
}

void report_sort(struct report *report)
{
	const bool timely = report->by == REPORT_RUN || report->by == REPORT_MONTH;

	if (report->groups)
		qsort(report->group, report->groups, sizeof(*report->group),
		      timely ? by_name : by_energy);
}

double report_error_pct(const struct report_sum *sum)
{
	return sum->total_uj ? 100 * sum->error_uj / (double)sum->total_uj : (double)NAN;
}
