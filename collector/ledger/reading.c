/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger while it is read: its lines taken in order and added up again.
 */
#include "collector/ledger/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/ledger/check.h"
#include "collector/ledger/entry.h"
#include "collector/ledger/fields.h"
#include "collector/ledger/intensity.h"
#include "collector/ledger/pathline.h"
#include "collector/ledger/phaseline.h"
#include "collector/ledger/problem.h"

int reading_init(struct reading *reading)
{
	*reading = (struct reading){.rows = json_array(),
				    .anchors = json_array(),
				    .phases = json_array(),
				    .functions = json_array(),
				    .paths = json_array(),
				    .under_way = json_array()};
	if (!reading->rows || !reading->anchors || !reading->phases || !reading->functions ||
	    !reading->paths || !reading->under_way || tally_init(&reading->now) ||
	    tally_init(&reading->then))
		return -ENOMEM;
	return 0;
}

void reading_free(struct reading *reading)
{
	json_decref(reading->open);
	json_decref(reading->close);
	json_decref(reading->rows);
	json_decref(reading->anchors);
	json_decref(reading->phases);
	json_decref(reading->functions);
	json_decref(reading->paths);
	json_decref(reading->under_way);
	draw_free(&reading->draw);
	tally_free(&reading->now);
	tally_free(&reading->then);
}

/* A string that may be null, and nothing else. */
static int check_string(const json_t *object, const char *name, struct ledger_problem *problem)
{
	const json_t *member = json_object_get(object, name);

	if (json_is_string(member) || json_is_null(member))
		return 0;
	return problem_set(problem, 0, -EBADMSG, "%s is %s", name, member ? "no text" : "missing");
}

static int check_strings(const json_t *object, const char *const *name,
			 struct ledger_problem *problem)
{
	for (; *name; name++)
		if (check_string(object, *name, problem))
			return -EBADMSG;
	return 0;
}

/* Nanoseconds since 1970 stand as a string of digits. */
static int take_nanoseconds(const json_t *object, const char *name, int64_t *unix_ns,
			    struct ledger_problem *problem)
{
	const char *text = json_string_value(json_object_get(object, name));
	char *end = NULL;

	errno = 0;
	if (text && text[0] >= '0' && text[0] <= '9')
		*unix_ns = strtoll(text, &end, 10);
	if (!end || *end || errno)
		return problem_set(problem, 0, -EBADMSG, "%s is no time in ns", name);
	return 0;
}

static int take_name(const json_t *object, const char *member, char name[POWER_NAME_MAX],
		     struct ledger_problem *problem)
{
	const char *text = json_string_value(json_object_get(object, member));

	if (text && strlen(text) >= POWER_NAME_MAX)
		return problem_set(problem, 0, -EBADMSG, "%s of a domain is too long", member);
	snprintf(name, POWER_NAME_MAX, "%s", text ? text : "");
	return 0;
}

static int take_domain(const json_t *object, struct tally_domain *domain,
		       struct ledger_problem *problem)
{
	static const char *const strings[] = {"name",	 "within",	"source",
					      "quality", "idle_method", NULL};
	const char *word;
	int quality;

	if (check_strings(object, strings, problem) ||
	    take_name(object, "name", domain->name, problem) ||
	    take_name(object, "within", domain->within, problem))
		return -EBADMSG;
	word = json_string_value(json_object_get(object, "quality"));
	quality = word ? tally_quality(word) : -1;
	if (quality < 0)
		return problem_set(problem, 0, -EBADMSG,
				   "domain '%s': quality is not measured, derived or modelled",
				   domain->name);
	domain->quality = (enum power_quality)quality;
	return 0;
}

static int take_factor(const json_t *factor, struct reading *reading,
		       struct ledger_problem *problem)
{
	static const char *const strings[] = {"zone", "name", "basis", "vintage", "source", NULL};
	struct tally_terms *terms = &reading->terms;
	json_t *series = json_object_get(factor, "series");
	uint64_t pue_milli;

	if (check_strings(factor, strings, problem) ||
	    fields_number(factor, "ug_per_kwh", &terms->ug_per_kwh, problem) ||
	    fields_number(factor, "pue_milli", &pue_milli, problem))
		return -EBADMSG;
	if (pue_milli > UINT32_MAX)
		return problem_set(problem, 0, -EBADMSG, "pue_milli is too large");
	terms->pue_milli = (uint32_t)pue_milli;
	if (terms->timed != json_is_object(series))
		return problem_set(problem, 0, -EBADMSG,
				   "series is %s, and the version of another kind",
				   series ? "there" : "missing");
	if (series) {
		json_decref(reading->now.series);
		reading->now.series = json_incref(series);
	}
	return 0;
}

static int take_domains(struct reading *reading, const json_t *domains,
			struct ledger_problem *problem)
{
	if (!json_is_array(domains) || json_array_size(domains) > POWER_DOMAINS_MAX)
		return problem_set(problem, 0, -EBADMSG, "domains is no list of at most %d",
				   POWER_DOMAINS_MAX);
	for (size_t i = 0; i < json_array_size(domains); i++) {
		const json_t *domain = json_array_get(domains, i);

		if (take_domain(domain, &reading->terms.domain[i], problem))
			return -EBADMSG;
		if (json_array_append(reading->now.idle, json_object_get(domain, "idle_method")))
			return -ENOMEM;
	}
	reading->terms.domains = json_array_size(domains);
	return check_terms(&reading->terms, problem);
}

static int take_open(struct reading *reading, json_t *line, struct ledger_problem *problem)
{
	static const char *const strings[] = {"run",  "node", "project", "experiment", "program",
					      "args", "cwd",  "user",	 "boot_id",    NULL};
	const char *format = json_string_value(json_object_get(line, "format"));
	int error;

	if (!format || strncmp(format, "gramme.ledger/", 14) != 0)
		return problem_set(problem, 0, -EBADMSG, "is no ledger of gramme");
	reading->terms.timed = strcmp(format, LEDGER_SCHEMA_TIMED) == 0;
	if (!reading->terms.timed && strcmp(format, LEDGER_SCHEMA) != 0)
		return problem_set(problem, 0, -EPROTONOSUPPORT,
				   "is a %s; this gramme reads up to %s: take a newer one", format,
				   LEDGER_SCHEMA_TIMED);
	if (check_strings(line, strings, problem) ||
	    take_nanoseconds(line, "start_unix_ns", &reading->utc_ns, problem) ||
	    take_factor(json_object_get(line, "factor"), reading, problem))
		return -EBADMSG;
	error = take_domains(reading, json_object_get(line, "domains"), problem);
	if (error)
		return error;
	reading->open = json_incref(line);
	return tally_copy(&reading->then, &reading->now);
}

static json_t *identity_of(const json_t *kernel)
{
	return json_pack("{s:O, s:O, s:O, s:O, s:O}", "api", json_object_get(kernel, "api"), "kind",
			 json_object_get(kernel, "kind"), "name", json_object_get(kernel, "name"),
			 "device", json_object_get(kernel, "device"), "domain",
			 json_object_get(kernel, "domain"));
}

static int new_kernel(struct reading *reading, const json_t *kernel, uint64_t row,
		      struct ledger_problem *problem)
{
	static const char *const strings[] = {"api", "kind", "name", "device", "domain", NULL};
	const char *domain = json_string_value(json_object_get(kernel, "domain"));
	int error;

	if (row != reading->now.kernels)
		return problem_set(problem, 0, -EBADMSG,
				   "kernel rows are missing before row %" PRIu64, row);
	if (check_strings(kernel, strings, problem))
		return -EBADMSG;
	error = tally_add_kernel(&reading->now, &reading->terms, domain);
	if (error == -EBADMSG)
		return problem_set(problem, 0, -EBADMSG,
				   "kernel row %" PRIu64 ": no domain is '%s'", row, domain);
	if (!error && json_array_append_new(reading->rows, identity_of(kernel)))
		error = -ENOMEM;
	return error;
}

static int take_kernels(struct reading *reading, const json_t *kernels,
			struct ledger_problem *problem)
{
	uint64_t row, next = 0;

	if (!json_is_array(kernels))
		return problem_set(problem, 0, -EBADMSG, "kernels is no list");
	for (size_t i = 0; i < json_array_size(kernels); i++) {
		const json_t *kernel = json_array_get(kernels, i);
		int error = fields_number(kernel, "row", &row, problem);

		if (error)
			return error;
		if (row < next)
			return problem_set(problem, 0, -EBADMSG, "kernel rows do not rise");
		next = row + 1;
		if (row >= reading->now.kernels) {
			error = new_kernel(reading, kernel, row, problem);
			if (error)
				return error;
		}
		error = fields_add(kernel, fields_kernel, &reading->now.kernel[row], problem);
		if (error)
			return error;
	}
	return 0;
}

static int take_postings(struct reading *reading, const json_t *domains,
			 struct ledger_problem *problem)
{
	if (!json_is_array(domains) || json_array_size(domains) != reading->terms.domains)
		return problem_set(problem, 0, -EBADMSG,
				   "domains is no list of the %zu domains of the opening",
				   reading->terms.domains);
	for (size_t i = 0; i < reading->terms.domains; i++)
		if (fields_add(json_array_get(domains, i), fields_posting, &reading->now.posting[i],
			       problem))
			return -EBADMSG;
	return 0;
}

/* Takes a list that stands only where it has changed. */
static int take_list(const json_t *line, const char *name, json_t **list, size_t size,
		     struct ledger_problem *problem)
{
	json_t *found = json_object_get(line, name);

	if (!found)
		return 0;
	if (!json_is_array(found) || (size != SIZE_MAX && json_array_size(found) != size))
		return problem_set(problem, 0, -EBADMSG, "%s is no such list", name);
	json_incref(found);
	json_decref(*list);
	*list = found;
	return 0;
}

/* Takes a text that stands only where it has changed. */
static int take_text(const json_t *line, const char *name, json_t **text,
		     struct ledger_problem *problem)
{
	json_t *found = json_object_get(line, name);

	if (!found)
		return 0;
	if (!json_is_string(found))
		return problem_set(problem, 0, -EBADMSG, "%s is no text", name);
	json_decref(*text);
	*text = json_incref(found);
	return 0;
}

static int check_idle(const json_t *idle, struct ledger_problem *problem)
{
	for (size_t i = 0; i < json_array_size(idle); i++) {
		const json_t *method = json_array_get(idle, i);

		if (!json_is_string(method) && !json_is_null(method))
			return problem_set(problem, 0, -EBADMSG, "idle holds what is no text");
	}
	return 0;
}

static int check_uncovered(const json_t *uncovered, struct ledger_problem *problem)
{
	static const char *const strings[] = {"program", "why", NULL};
	uint64_t number;

	for (size_t i = 0; i < json_array_size(uncovered); i++) {
		const json_t *process = json_array_get(uncovered, i);

		if (check_strings(process, strings, problem) ||
		    fields_number(process, "processes", &number, problem) ||
		    fields_number(process, "cpu_ns", &number, problem))
			return -EBADMSG;
	}
	return 0;
}

static int check_devices(const json_t *devices, struct ledger_problem *problem)
{
	static const char *const strings[] = {"name", "api", NULL};

	for (size_t i = 0; i < json_array_size(devices); i++) {
		const json_t *device = json_array_get(devices, i);
		const json_t *peak = json_object_get(device, "memory_peak_bytes");
		uint64_t number;

		if (check_strings(device, strings, problem) ||
		    (!json_is_null(peak) &&
		     fields_number(device, "memory_peak_bytes", &number, problem)))
			return -EBADMSG;
	}
	return 0;
}

static int check_found(const json_t *found, struct ledger_problem *problem)
{
	static const char *const strings[] = {"source", "text", NULL};

	for (size_t i = 0; i < json_array_size(found); i++)
		if (check_strings(json_array_get(found, i), strings, problem))
			return -EBADMSG;
	return 0;
}

static int take_phases(struct reading *reading, const json_t *line, struct ledger_problem *problem)
{
	json_t *final = json_object_get(line, "phases"), *open = json_object_get(line, "open");
	int error = phaseline_take(final, open, &reading->now, problem);

	if (error)
		return error;
	if (json_array_clear(reading->under_way) ||
	    (final && json_array_extend(reading->phases, final)) ||
	    (open && json_array_extend(reading->under_way, open)))
		return -ENOMEM;
	return 0;
}

/* What is there to be held by one run or another, whoever used it. */
static bool is_room(const struct reading *reading, size_t i)
{
	const json_t *domains = json_object_get(reading->open, "domains");
	const char *kind = json_string_value(json_object_get(json_array_get(domains, i), "kind"));

	return kind && (!strcmp(kind, "cpu") || !strcmp(kind, "memory"));
}

/* Adds what a domain that is within nothing was booked from `then` to `now`. */
static void add_draw(struct draw_span *span, const struct account_posting *then,
		     const struct account_posting *now, bool room)
{
	span->energy_uj += now->run_uj - then->run_uj;
	span->idle_uj += now->run_idle_uj - then->run_idle_uj;
	span->node_uj += now->domain_uj - then->domain_uj;
	span->gap_ns += now->gap_ns - then->gap_ns;
	span->gated_uj += now->gated_uj - then->gated_uj;
	if (!room)
		return;
	span->spare_uj += now->idle_uj - then->idle_uj;
	span->others_uj += now->others_uj - then->others_uj;
}

/* The interval from `then` to `now`, as a span of the calendar. */
static int note_draw(struct reading *reading, struct ledger_problem *problem)
{
	const struct tally *now = &reading->now, *then = &reading->then;
	struct draw_span span = {.ug_per_kwh = reading->terms.timed ? now->grid.ug_per_kwh
								    : reading->terms.ug_per_kwh};

	for (size_t i = 0; i < reading->terms.domains; i++)
		if (!reading->terms.domain[i].within[0])
			add_draw(&span, &then->posting[i], &now->posting[i], is_room(reading, i));
	if (__builtin_add_overflow(reading->utc_ns, then->t_ns, &span.from_unix_ns) ||
	    __builtin_add_overflow(reading->utc_ns, now->t_ns, &span.to_unix_ns))
		return problem_set(problem, 0, -EBADMSG, "t_ns is out of range");
	return draw_add(&reading->draw, &span);
}

static int take_interval(struct reading *reading, json_t *line, struct ledger_problem *problem)
{
	struct tally *now = &reading->now;
	int error = 0;

	if (fields_number(line, "t_ns", &now->t_ns, problem) ||
	    take_postings(reading, json_object_get(line, "domains"), problem) ||
	    take_text(line, "cpu_method", &now->method, problem) ||
	    take_list(line, "idle", &now->idle, reading->terms.domains, problem) ||
	    take_list(line, "uncovered", &now->uncovered, SIZE_MAX, problem) ||
	    take_list(line, "devices", &now->devices, SIZE_MAX, problem) ||
	    take_list(line, "findings", &now->found, SIZE_MAX, problem) ||
	    check_found(now->found, problem) || check_idle(now->idle, problem) ||
	    check_uncovered(now->uncovered, problem) || check_devices(now->devices, problem) ||
	    fields_take(json_object_get(line, "so_far"), fields_counters, &now->counters, problem))
		return -EBADMSG;
	error = take_kernels(reading, json_object_get(line, "kernels"), problem);
	if (!error)
		error = take_phases(reading, line, problem);
	if (!error)
		error = pathline_take(line, reading->functions, reading->paths, now, problem);
	if (!error)
		error = check_step(&reading->terms, &reading->then, now, problem);
	if (!error)
		error = intensity_take(line, &reading->terms, &reading->then, now, problem);
	if (!error)
		error = note_draw(reading, problem);
	return error ? error : tally_copy(&reading->then, now);
}

static int take_anchor(struct reading *reading, json_t *line, struct ledger_problem *problem)
{
	json_t *anchor;
	int64_t utc_ns = 0;

	if (fields_number(line, "t_ns", &reading->now.t_ns, problem) ||
	    take_nanoseconds(line, "utc_unix_ns", &utc_ns, problem) ||
	    check_string(line, "reason", problem) ||
	    check_step(&reading->terms, &reading->then, &reading->now, problem))
		return -EBADMSG;
	reading->then.t_ns = reading->now.t_ns;
	if (__builtin_sub_overflow(utc_ns, (int64_t)reading->now.t_ns, &reading->utc_ns))
		return problem_set(problem, 0, -EBADMSG, "utc_unix_ns is out of range");
	anchor = json_pack("{s:O, s:O, s:O}", "t_ns", json_object_get(line, "t_ns"), "utc_unix_ns",
			   json_object_get(line, "utc_unix_ns"), "reason",
			   json_object_get(line, "reason"));
	return json_array_append_new(reading->anchors, anchor) ? -ENOMEM : 0;
}

static int take_close(struct reading *reading, json_t *line, struct ledger_problem *problem)
{
	const json_t *status = json_object_get(line, "exit_status");
	const json_t *complete = json_object_get(line, "complete");
	json_t *expected;
	int error;

	if (!json_is_null(status) && (!json_is_integer(status) || json_integer_value(status) < 0 ||
				      json_integer_value(status) > INT_MAX))
		return problem_set(problem, 0, -EBADMSG, "exit_status is no exit status");
	if (!json_is_boolean(complete))
		return problem_set(problem, 0, -EBADMSG, "complete is neither true nor false");
	expected = entry_close(&reading->terms, &reading->now,
			       json_is_null(status) ? -1 : (int)json_integer_value(status),
			       json_is_true(complete));
	if (!expected)
		return -ENOMEM;
	error = check_same(expected, line, problem);
	json_decref(expected);
	if (!error)
		reading->close = json_incref(line);
	return error;
}

int reading_take(struct reading *reading, json_t *line, struct ledger_problem *problem)
{
	const char *type = json_string_value(json_object_get(line, "type"));

	if (!type)
		return problem_set(problem, 0, -EBADMSG, "the line has no type");
	if (reading->close)
		return problem_set(problem, 0, -EBADMSG, "a line follows the closing line");
	if (!reading->open && strcmp(type, "open") != 0)
		return problem_set(problem, 0, -EBADMSG, "the first line is no opening line");
	if (!reading->open)
		return take_open(reading, line, problem);
	if (strcmp(type, "interval") == 0)
		return take_interval(reading, line, problem);
	if (strcmp(type, "anchor") == 0)
		return take_anchor(reading, line, problem);
	if (strcmp(type, "close") == 0)
		return take_close(reading, line, problem);
	return problem_set(problem, 0, -EBADMSG,
			   strcmp(type, "open") == 0 ? "a second opening line"
						     : "the line's type '%.40s' is unknown",
			   type);
}
