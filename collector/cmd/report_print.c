/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report on paper: a table, and what a reader has to know of its figures, in words; as text, for
 * Markdown and LaTeX, or as numbers. What comes from ledgers lets no control character through.
 */
#include "collector/cmd/report.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collector/cmd/show.h"
#include "collector/ledger/errors.h"

#define NAME_LEAST 12
#define NAME_MOST  48

enum { NAME, RUNS, TIME, ENERGY, ERROR, MASS, SHARE, CELLS };

static const char *const by_word[] = {
	[REPORT_EXPERIMENT] = "experiment", [REPORT_PROJECT] = "project",
	[REPORT_PROGRAM] = "program",	    [REPORT_NODE] = "node",
	[REPORT_MONTH] = "month",	    [REPORT_RUN] = "run"};

/* ---- what a table has ---- */

struct row {
	const char *cell[CELLS];
	char text[CELLS][HUMAN_MAX];
};

static void percent(double error_pct, bool utf8, char text[HUMAN_MAX])
{
	if (isfinite(error_pct))
		snprintf(text, HUMAN_MAX, "%s%.3g %%", utf8 ? "\u00b1" : "+-", error_pct);
	else
		snprintf(text, HUMAN_MAX, "not known");
}

static void fill(const struct report *report, const struct report_sum *sum, bool utf8,
		 struct row *row)
{
	for (size_t i = 0; i < CELLS; i++)
		row->cell[i] = row->text[i];
	row->cell[NAME] = sum->name ? sum->name : "total";
	human_count(sum->runs, row->text[RUNS]);
	human_time(sum->time_ns, utf8, row->text[TIME]);
	human_energy(sum->total_uj, utf8, row->text[ENERGY]);
	percent(report_error_pct(sum), utf8, row->text[ERROR]);
	human_co2e(sum->co2e_ug, sum->total_uj, utf8, row->text[MASS]);
	human_share(sum->total_uj, report->total.total_uj, row->text[SHARE]);
}

static void fill_head(const struct report *report, const char *co2e, struct row *row)
{
	*row = (struct row){
		.cell = {by_word[report->by], "runs", "time", "energy", "error", co2e, "share"}};
}

/* ---- what stands beside it, in words ---- */

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* "3 ledgers at FR, ...; 1 ledger at ..." of numbers by their names. */
static void list_ledgers(FILE *to, const json_t *counts, const char *between)
{
	const char *before = "", *name;
	const bool one = json_object_size(counts) == 1;
	json_t *n;

	json_object_foreach((json_t *)counts, name, n)
	{
		const uint64_t ledgers = (uint64_t)json_integer_value(n);

		if (one)
			fprintf(to, "%s%s", between, name);
		else
			fprintf(to, "%s%s%s (%" PRIu64 " ledger%s)", before, between, name, ledgers,
				plural(ledgers));
		before = "; ";
	}
}

static void note_runs(const struct report *report, bool utf8, FILE *to)
{
	const struct report_sum *total = &report->total;
	const bool one_day = !strcmp(report->first, report->last);

	(void)utf8;
	fprintf(to, "%" PRIu64, total->runs);
	if (total->ledgers != total->runs)
		fprintf(to, " in %" PRIu64 " ledgers", total->ledgers);
	fprintf(to, ", begun %s%s%s, metered with", report->first, one_day ? "" : " to ",
		one_day ? "" : report->last);
	list_ledgers(to, report->versions, " gramme ");
	if (total->incomplete)
		fprintf(to,
			"; %" PRIu64 " incomplete: what their programs did after that is not in "
			"the figures",
			total->incomplete);
	if (total->failed)
		fprintf(to, "; %" PRIu64 " with an exit status other than 0", total->failed);
}

static void note_energy(const struct report *report, bool utf8, FILE *to)
{
	const struct report_sum *total = &report->total;
	const char *name, *before = ": ";
	char energy[HUMAN_MAX], error[HUMAN_MAX], share[HUMAN_MAX];
	json_t *uj;

	human_energy(total->total_uj, utf8, energy);
	percent(report_error_pct(total), utf8, error);
	fprintf(to, "%s, error %s", energy, error);
	json_object_foreach(report->sources, name, uj)
	{
		human_share((uint64_t)json_integer_value(uj), total->total_uj, share);
		fprintf(to, "%s%s of it by %s", before, share, name);
		before = "; ";
	}
}

static void note_carbon(const struct report *report, bool utf8, FILE *to)
{
	char mass[HUMAN_MAX], error[HUMAN_MAX];

	human_co2e(report->total.co2e_ug, report->total.total_uj, utf8, mass);
	percent(report_error_pct(&report->total), utf8, error);
	fprintf(to, "%s, error %s by the energy, that of the intensity is not known: ", mass,
		error);
	list_ledgers(to, report->intensities, "");
}

static void note_final(const struct report *report, bool utf8, FILE *to)
{
	const struct report_sum *total = &report->total, *final = &report->final;
	const uint64_t others = total->runs - final->runs;
	char energy[HUMAN_MAX], rest[HUMAN_MAX], mass[HUMAN_MAX];

	human_energy(final->total_uj, utf8, energy);
	human_co2e(final->co2e_ug, final->total_uj, utf8, mass);
	human_energy(total->total_uj - final->total_uj, utf8, rest);
	fprintf(to, "%s drew %s (%s CO2e); the %" PRIu64 " other run%s %s", report->final_run,
		energy, mass, others, plural(others), rest);
	if (final->total_uj)
		fprintf(to, ", %.3g times as much",
			(double)(total->total_uj - final->total_uj) / (double) final->total_uj);
}

static const struct {
	const char *label;
	void (*write)(const struct report *report, bool utf8, FILE *to);
	bool of_final; /* only where a run is named as the final one */
} note[] = {
	{"Runs", note_runs, false},
	{"Final run", note_final, true},
	{"Energy", note_energy, false},
	{"CO2e", note_carbon, false},
};

#define NOTES (sizeof(note) / sizeof(note[0]))

/* New; NULL where there is nothing to say, or memory is short. */
static char *note_text(const struct report *report, size_t i, bool utf8)
{
	char *text = NULL;
	size_t size;
	FILE *to = !note[i].of_final || report->final_run[0] ? open_memstream(&text, &size) : NULL;

	if (!to)
		return NULL;
	note[i].write(report, utf8, to);
	if (!fclose(to))
		return text;
	free(text);
	return NULL;
}

/* ---- as text ---- */

/* A line of one run says nothing by its number of runs, and needs the room for the run's name. */
static bool is_shown(const struct report *report, size_t cell)
{
	return report->by != REPORT_RUN || (cell != RUNS && cell != SHARE);
}

static void text_row(const struct page *page, const struct report *report, const struct row *row)
{
	static const int columns[CELLS] = {0, 5, 10, 7, 9, 7, 6};
	int name = page->columns - PAGE_GAP;

	for (size_t i = RUNS; i < CELLS; i++)
		if (is_shown(report, i))
			name -= columns[i] + PAGE_GAP;
	name = name < NAME_LEAST ? NAME_LEAST : name > NAME_MOST ? NAME_MOST : name;
	page_cell(page, row->cell[NAME], name, PAGE_LEFT);
	for (size_t i = RUNS; i < CELLS; i++)
		if (is_shown(report, i))
			page_cell(page, row->cell[i], columns[i], PAGE_RIGHT);
	page_line(page);
}

static void print_text(const struct report *report, FILE *out)
{
	struct page page;
	struct row row;

	page_open(&page, out);
	fill_head(report, "CO2e", &row);
	page_dim(&page);
	text_row(&page, report, &row);
	page_plain(&page);
	for (size_t i = 0; i < report->groups; i++) {
		fill(report, &report->group[i], page.utf8, &row);
		text_row(&page, report, &row);
	}
	fill(report, &report->total, page.utf8, &row);
	text_row(&page, report, &row);
	page_line(&page);
	for (size_t i = 0; i < NOTES; i++) {
		char *text = note_text(report, i, page.utf8);

		if (text)
			show_paragraph(&page, note[i].label, "%s", text);
		free(text);
	}
}

/* ---- for Markdown and LaTeX ---- */

/* What stands for a byte of text in a form; NULL: itself. */
typedef const char *escape(unsigned char byte);

static const char *markdown(unsigned char byte)
{
	static const char special[] = "\\`*_{}[]<>#|~$&";
	static char escaped[3] = "\\";
	const char *found = strchr(special, byte);

	if (!found)
		return NULL;
	escaped[1] = *found;
	return escaped;
}

/* \textquotedbl would want another font encoding than the one that LaTeX begins with. */
static const char *latex(unsigned char byte)
{
	static const char *const special[256] = {['\\'] = "\\textbackslash{}",
						 ['{'] = "\\{",
						 ['}'] = "\\}",
						 ['$'] = "\\$",
						 ['&'] = "\\&",
						 ['#'] = "\\#",
						 ['_'] = "\\_",
						 ['%'] = "\\%",
						 ['~'] = "\\textasciitilde{}",
						 ['^'] = "\\textasciicircum{}",
						 ['<'] = "$<$",
						 ['>'] = "$>$",
						 ['|'] = "$|$",
						 ['"'] = "''"};

	return special[byte];
}

/* No control character, and none of those that UTF-8 has beside ASCII's. */
static void put(const char *text, escape *how, FILE *out)
{
	for (; *text; text++) {
		const unsigned char byte = (unsigned char)*text;
		const char *other = how(byte);

		if (byte == 0xc2 && (unsigned char)text[1] < 0xa0) {
			fputc('?', out);
			text += text[1] != 0;
		} else if (byte < ' ' || byte == 0x7f) {
			fputc('?', out);
		} else if (other) {
			fputs(other, out);
		} else {
			fputc(byte, out);
		}
	}
}

static void put_row(const struct row *row, escape *how, const char *before, const char *between,
		    const char *after, FILE *out)
{
	for (size_t i = 0; i < CELLS; i++) {
		fputs(i ? between : before, out);
		put(row->cell[i], how, out);
	}
	fputs(after, out);
}

static void put_rows(const struct report *report, escape *how, const char *before,
		     const char *between, const char *after, FILE *out)
{
	struct row row;

	for (size_t i = 0; i < report->groups; i++) {
		fill(report, &report->group[i], true, &row);
		put_row(&row, how, before, between, after, out);
	}
}

static void put_notes(const struct report *report, escape *how, const char *after, FILE *out)
{
	for (size_t i = 0; i < NOTES; i++) {
		char *text = note_text(report, i, true);

		if (text) {
			fprintf(out, "%s: ", note[i].label);
			put(text, how, out);
			fputs(after, out);
		}
		free(text);
	}
}

static void print_markdown(const struct report *report, FILE *out)
{
	struct row row;

	fill_head(report, "CO2e", &row);
	put_row(&row, markdown, "| ", " | ", " |\n", out);
	fputs("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n", out);
	put_rows(report, markdown, "| ", " | ", " |\n", out);
	fill(report, &report->total, true, &row);
	put_row(&row, markdown, "| ", " | ", " |\n", out);
	fputc('\n', out);
	put_notes(report, markdown, ".\n\n", out);
}

/* As it is, it needs no package. */
static void print_latex(const struct report *report, FILE *out)
{
	struct row row;

	fputs("\\begin{table}\n\\centering\n\\begin{tabular}{lrrrrrr}\n\\hline\n", out);
	fill_head(report, "CO2e", &row);
	put_row(&row, latex, "", " & ", " \\\\\n\\hline\n", out);
	put_rows(report, latex, "", " & ", " \\\\\n", out);
	fill(report, &report->total, true, &row);
	put_row(&row, latex, "\\hline\n", " & ", " \\\\\n\\hline\n", out);
	fputs("\\end{tabular}\n\\caption{", out);
	put_notes(report, latex, ".\n", out);
	fputs("}\n\\end{table}\n", out);
}

/* ---- as numbers ---- */

static const char *csv(unsigned char byte)
{
	return byte == '"' ? "\"\"" : NULL;
}

static void print_csv(const struct report *report, FILE *out)
{
	fprintf(out,
		"%s,runs,ledgers,incomplete,failed,time_ns,total_uj,measured_uj,derived_uj,"
		"modelled_uj,error_pct,co2e_ug\n",
		by_word[report->by]);
	for (size_t i = 0; i < report->groups; i++) {
		const struct report_sum *sum = &report->group[i];
		const double error_pct = report_error_pct(sum);

		fputc('"', out);
		put(sum->name, csv, out);
		fprintf(out,
			"\",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
			",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",",
			sum->runs, sum->ledgers, sum->incomplete, sum->failed, sum->time_ns,
			sum->total_uj, sum->measured_uj, sum->derived_uj, sum->modelled_uj);
		if (isfinite(error_pct))
			fprintf(out, "%.2f", error_pct);
		fprintf(out, ",%" PRIu64 "\n", sum->co2e_ug);
	}
}

static json_t *json_sum(const struct report_sum *sum)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I}", "name",
			 sum->name ? sum->name : "", "runs", (json_int_t)sum->runs, "ledgers",
			 (json_int_t)sum->ledgers, "incomplete", (json_int_t)sum->incomplete,
			 "failed", (json_int_t)sum->failed, "time_ns", (json_int_t)sum->time_ns,
			 "total_uj", (json_int_t)sum->total_uj, "measured_uj",
			 (json_int_t)sum->measured_uj, "derived_uj", (json_int_t)sum->derived_uj,
			 "modelled_uj", (json_int_t)sum->modelled_uj, "error_pct",
			 errors_json(report_error_pct(sum)), "co2e_ug", (json_int_t)sum->co2e_ug);
}

static json_t *json_final(const struct report *report)
{
	json_t *final = json_sum(&report->final);

	json_object_set_new(final, "name", json_string(report->final_run));
	return final;
}

static int print_json(const struct report *report, FILE *out)
{
	json_t *groups = json_array();

	for (size_t i = 0; i < report->groups; i++)
		if (json_array_append_new(groups, json_sum(&report->group[i])))
			break;
	const bool whole = json_array_size(groups) == report->groups;
	json_t *object = json_pack(
		"{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:O, s:O, s:O}", "schema", "gramme.report/1",
		"by", by_word[report->by], "first", report->first, "last", report->last, "groups",
		groups, "total", json_sum(&report->total), "final",
		report->final_run[0] ? json_final(report) : json_null(), "sources_uj",
		report->sources, "intensities", report->intensities, "versions", report->versions);
	if (!object || !whole) {
		json_decref(object);
		return -ENOMEM;
	}
	json_dumpf(object, out, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
	fputc('\n', out);
	json_decref(object);
	return 0;
}

int report_print(const struct report *report, enum report_form form, FILE *out)
{
	switch (form) {
	case REPORT_JSON:
		return print_json(report, out);
	case REPORT_CSV:
		print_csv(report, out);
		return 0;
	case REPORT_MARKDOWN:
		print_markdown(report, out);
		return 0;
	case REPORT_LATEX:
		print_latex(report, out);
		return 0;
	case REPORT_TEXT:
	default:
		print_text(report, out);
		return 0;
	}
}
