/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page of `gramme show`: what ran, what it drew and emitted, how much of it was seen.
 */
#include "collector/cmd/show.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "collector/human.h"

#define SIGNALLED 128 /* exit statuses above it are 128 + signal, by the shells' custom */

const char *show_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

uint64_t show_number(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

void show_paragraph(const struct page *page, const char *label, const char *format, ...)
{
	va_list arguments;
	char *text;
	int n;

	va_start(arguments, format);
	n = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (n < 0)
		return;
	page_label(page, label);
	page_wrap(page, PAGE_INDENT, text);
	free(text);
}

/* An argument may be a script of many lines. */
static void put_argument(FILE *line, const char *argument)
{
	for (; *argument; argument++)
		if (*argument == '\n')
			fputs("\\n", line);
		else
			fputc(*argument, line);
}

/* The command line; arguments with blanks in quotes, so that they can be told apart. */
static void show_program(const struct page *page, const json_t *run)
{
	const json_t *program = json_object_get(run, "program");
	char *text = NULL;
	size_t size = 0;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return;
	for (size_t i = 0; i < json_array_size(program); i++) {
		const char *argument = json_string_value(json_array_get(program, i));
		bool quoted = argument && (!argument[0] || strpbrk(argument, " \t\n\"'"));

		fprintf(line, "%s%s", i ? " " : "", quoted ? "'" : "");
		put_argument(line, argument ? argument : "?");
		if (quoted)
			fputc('\'', line);
	}
	if (fclose(line) == 0) {
		page_bold(page);
		page_wrap(page, 4, text);
		page_plain(page);
	}
	free(text);
}

static void show_end(const struct page *page, const json_t *object)
{
	const json_t *run = json_object_get(object, "run");
	const json_t *exit_status = json_object_get(run, "exit_status");
	bool closed = json_is_true(json_object_get(json_object_get(object, "chain"), "closed"));
	json_int_t status = json_integer_value(exit_status);
	char t[HUMAN_MAX];

	human_time(show_number(run, "duration_ns"), page->utf8, t);
	if (!closed)
		show_paragraph(page, "Ended",
			       "not known: the ledger has no closing line; it knows the first %s",
			       t);
	else if (!json_is_integer(exit_status))
		show_paragraph(page, "Ended", "exit status not known, after %s", t);
	else if (status > SIGNALLED && sigabbrev_np((int)status - SIGNALLED))
		show_paragraph(page, "Ended", "exit status %d (SIG%s) after %s", (int)status,
			       sigabbrev_np((int)status - SIGNALLED), t);
	else
		show_paragraph(page, "Ended", "exit status %d after %s", (int)status, t);
	if (closed && !json_is_true(json_object_get(run, "complete")))
		show_paragraph(page, "",
			       "incomplete: what the program did after that is not in here");
}

static void show_machine(const struct page *page, const json_t *run)
{
	const json_t *machine = json_object_get(run, "machine");
	const char *model = show_text(machine, "cpu_model");
	char memory[HUMAN_MAX];

	human_bytes(show_number(machine, "memory_bytes"), memory);
	show_paragraph(page, "Where", "%s: %s, %llu CPUs, %s, Linux %s", show_text(run, "node"),
		       model[0] ? model : "CPU of unknown model",
		       (unsigned long long)show_number(machine, "cpus"), memory,
		       show_text(machine, "kernel"));
	if (json_is_string(json_object_get(run, "replayed")))
		show_paragraph(page, "", "sensors replayed from the recording '%s'",
			       show_text(run, "replayed"));
}

static void show_run(const struct page *page, const json_t *object)
{
	const json_t *run = json_object_get(object, "run");
	const char *user = show_text(run, "user"), *start = show_text(run, "start_utc");

	show_program(page, run);
	page_line(page);
	show_paragraph(page, "Run", "%s in %s / %s%s%s", show_text(run, "id"),
		       show_text(run, "project"), show_text(run, "experiment"),
		       user[0] ? ", by " : "", user);
	if (strlen(start) >= strlen("2026-11-21T09:00:00"))
		show_paragraph(page, "Started", "%.10s %.8s UTC", start, start + 11);
	show_end(page, object);
	show_machine(page, run);
}

/* Where the intensities are from that changed while it ran, and what was booked without them. */
static void show_series(const struct page *page, const json_t *object, const json_t *carbon)
{
	const json_t *series = json_object_get(carbon, "series");
	const json_t *constant = json_object_get(carbon, "constant");
	const uint64_t total_uj = show_number(json_object_get(object, "energy"), "total_uj");
	const char *basis = show_text(series, "basis"), *kind = show_text(series, "kind");
	char share[HUMAN_MAX], per_kwh[HUMAN_MAX];

	if (!json_is_object(series))
		return;
	show_paragraph(page, "", "%s (%s, %s): %llu figures from %s to %s, SHA-256 %.12s",
		       show_text(series, "file"), basis[0] ? basis : "basis not told",
		       kind[0] ? kind : "kind not told",
		       (unsigned long long)show_number(series, "points"),
		       show_text(series, "from_utc"), show_text(series, "to_utc"),
		       show_text(series, "sha256"));
	if (!show_number(constant, "energy_uj"))
		return;
	human_share(show_number(constant, "energy_uj"), total_uj, share);
	human_mass(show_number(constant, "ug_per_kwh"), page->utf8, per_kwh);
	page_warn(page);
	show_paragraph(page, "",
		       "no figure for %s of the energy: booked at the yearly mean, %s per kWh "
		       "(%s, %s)",
		       share, per_kwh, show_text(constant, "basis"),
		       show_text(constant, "vintage"));
	page_plain(page);
}

static void show_carbon(const struct page *page, const json_t *object)
{
	const json_t *carbon = json_object_get(object, "carbon");
	const char *label = page->utf8 ? "CO\u2082e" : "CO2e";
	char mass[HUMAN_MAX], per_kwh[HUMAN_MAX], error[HUMAN_MAX];
	const char *name = show_text(carbon, "zone_name");

	show_error(page, json_object_get(object, "energy"), error);
	human_co2e(show_number(carbon, "total_ug"),
		   show_number(json_object_get(object, "energy"), "total_uj"), page->utf8, mass);
	human_mass(show_number(carbon, "ug_per_kwh"), page->utf8, per_kwh);
	if (json_is_object(json_object_get(carbon, "series")))
		show_paragraph(page, label, "%s at %s per kWh on average, hour by hour, PUE %.4g",
			       mass, per_kwh, json_number_value(json_object_get(carbon, "pue")));
	else
		show_paragraph(page, label, "%s at %s per kWh (%s, %s), PUE %.4g", mass, per_kwh,
			       show_text(carbon, "basis"), show_text(carbon, "vintage"),
			       json_number_value(json_object_get(carbon, "pue")));
	show_paragraph(page, "", "error %s by the energy; that of the intensity is not known",
		       error);
	show_paragraph(page, "", "zone %s%s%s", show_text(carbon, "zone"), name[0] ? ", " : "",
		       name);
	if (json_is_true(json_object_get(carbon, "zone_assumed"))) {
		page_warn(page);
		show_paragraph(page, "",
			       "assumed: nobody named a zone; --zone says where this ran");
		page_plain(page);
	}
	show_series(page, object, carbon);
	if (show_text(carbon, "factor_source")[0])
		show_paragraph(page, "", "source: %s", show_text(carbon, "factor_source"));
}

/* Prints one thing that was not seen; the first beside the label. */
static void missing(const struct page *page, int *n, const char *text)
{
	page_warn(page);
	show_paragraph(page, (*n)++ ? "" : "Coverage", "%s", text);
	page_plain(page);
}

static void show_uncovered(const struct page *page, const json_t *coverage, int *n)
{
	const json_t *uncovered = json_object_get(coverage, "uncovered");
	char t[HUMAN_MAX], text[512];

	for (size_t i = 0; i < json_array_size(uncovered); i++) {
		const json_t *process = json_array_get(uncovered, i);
		uint64_t processes = show_number(process, "processes");

		human_time(show_number(process, "cpu_ns"), page->utf8, t);
		snprintf(text, sizeof(text), "not seen: %s (%s), %llu process%s, %s of CPU time",
			 show_text(process, "program"), show_text(process, "why"),
			 (unsigned long long)processes, processes == 1 ? "" : "es", t);
		missing(page, n, text);
	}
	if (show_number(coverage, "unobserved_cpu_ns") > 0) {
		human_time(show_number(coverage, "unobserved_cpu_ns"), page->utf8, t);
		snprintf(text, sizeof(text),
			 "%s of CPU time in children that lived too briefly to be looked at", t);
		missing(page, n, text);
	}
}

static void show_coverage(const struct page *page, const json_t *object)
{
	const json_t *coverage = json_object_get(object, "coverage");
	uint64_t seen = show_number(coverage, "events_seen");
	uint64_t lost = show_number(coverage, "events_lost");
	uint64_t gap_ns = show_number(coverage, "sensor_gap_ns");
	char events[HUMAN_MAX], share[HUMAN_MAX], t[HUMAN_MAX], text[512];
	int n = 0;

	human_count(seen, events);
	if (lost > 0) {
		human_share(lost, seen, share);
		snprintf(text, sizeof(text),
			 "%s of %s events lost: counts and device times are exact all the same, "
			 "energy by kernel is not",
			 share, events);
		missing(page, &n, text);
	}
	if (gap_ns > 0) {
		human_time(gap_ns, page->utf8, t);
		snprintf(text, sizeof(text), "sensors could not be read for up to %s", t);
		missing(page, &n, text);
	}
	show_uncovered(page, coverage, &n);
	if (n == 0 && seen == 0)
		show_paragraph(page, "Coverage",
			       "no call of a compute API; no sensor gap; no process unseen");
	else if (n == 0)
		show_paragraph(page, "Coverage",
			       "100 %%: %s events, none lost; no sensor gap; no process unseen",
			       events);
}

/* What was computed there is in no figure, where nothing meters it. */
static void show_devices(const struct page *page, const json_t *object)
{
	const json_t *devices = json_object_get(object, "devices");

	for (size_t i = 0; i < json_array_size(devices); i++) {
		const json_t *device = json_array_get(devices, i);
		const bool metered = json_is_string(json_object_get(device, "domain"));
		const uint64_t peak = show_number(device, "memory_peak_bytes");
		char memory[HUMAN_MAX + 32] = "", bytes[HUMAN_MAX];

		if (peak) {
			human_bytes(peak, bytes);
			snprintf(memory, sizeof(memory), "; %s of its memory at most", bytes);
		}
		if (!metered)
			page_warn(page);
		show_paragraph(page, i ? "" : "Devices", "%s (%s)%s; %s", show_text(device, "name"),
			       show_text(device, "api"), memory,
			       metered ? show_text(device, "domain")
				       : "no meter reads it: what it drew is in no total");
		page_plain(page);
	}
}

static void show_own_cost(const struct page *page, const json_t *object)
{
	const json_t *own = json_object_get(object, "own_cost");
	char t[HUMAN_MAX], energy[HUMAN_MAX];

	human_time(show_number(own, "cpu_ns"), page->utf8, t);
	human_energy(show_number(own, "energy_uj"), page->utf8, energy);
	show_paragraph(page, "Metering", "cost %s of CPU time and %s (%s, error not known)", t,
		       energy, show_text(own, "quality"));
}

static void show_findings(const struct page *page, const json_t *object)
{
	const json_t *findings = json_object_get(object, "findings");

	for (size_t i = 0; i < json_array_size(findings); i++)
		show_paragraph(page, i ? "" : "Findings", "%s",
			       show_text(json_array_get(findings, i), "text"));
}

static void show_ledger(const struct page *page, const json_t *object, const char *path)
{
	const json_t *chain = json_object_get(object, "chain");
	bool closed = json_is_true(json_object_get(chain, "closed"));
	uint64_t torn = show_number(chain, "torn_bytes");

	show_paragraph(page, "Ledger", "%s", path);
	show_paragraph(page, "", "%llu lines, %s%s%s; head of its chain:",
		       (unsigned long long)show_number(chain, "entries"),
		       closed ? "closed" : "not closed",
		       torn ? ", and one that was cut off and is ignored" : "",
		       strcmp(show_text(chain, "journal"), "used") == 0 ? ", and its journal" : "");
	show_paragraph(page, "", "%s", show_text(chain, "head"));
}

void show_page(const struct page *page, const json_t *run, const char *path)
{
	show_run(page, run);
	page_line(page);
	show_energy(page, run);
	page_line(page);
	show_carbon(page, run);
	page_line(page);
	show_methods(page, run);
	show_beside(page, run);
	show_epochs(page, run);
	show_kernels(page, run);
	show_devices(page, run);
	show_coverage(page, run);
	show_own_cost(page, run);
	show_findings(page, run);
	page_line(page);
	show_ledger(page, run, path);
}
