/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs, and what they tell: each tests/data/lines/NAME.out is an output as it was captured
 * (shape-* were written by hand, after programs seen elsewhere), each NAME.tsv beside it its facts,
 * looked at by a human. GRAMME_LINES=write writes the facts anew, to be looked at again.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/phase/printed.h"
#include "preload/wire.h"

#define FOLDER	    "tests/data/lines"
#define METRICS_MAX 64

/* How an output is told: bit by bit, and looked at in between. */
struct telling {
	uint32_t flags;
	bool often; /* look after every line */
	uint32_t process;
	uint64_t file;
};

/* ---- telling ---- */

static void tell(struct printed *printed, const struct telling *telling, uint64_t t_ns,
		 const char *text, size_t bytes)
{
	const struct phase_line line = {
		.process = telling->process,
		.flags = telling->flags,
		.file = telling->file,
		.t_ns = t_ns,
		.text = text,
		.bytes = bytes,
	};
	const struct printed_fit *fit;

	printed_line(printed, &line);
	if (telling->often)
		printed_look(printed, &fit);
}

/* As the shim cuts an output: at line feeds and carriage returns. */
static void tell_all(struct printed *printed, const struct telling *telling, const char *text,
		     size_t bytes)
{
	uint64_t t_ns = 0;

	while (bytes > 0) {
		size_t n = 0;

		while (n < bytes && text[n] != '\n' && text[n] != '\r')
			n++;
		if (n > 0)
			tell(printed, telling, t_ns += 1000000, text, n);
		n += n < bytes;
		text += n;
		bytes -= n;
	}
}

/* ---- spelling ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct phase_metric *)a)->name,
		      ((const struct phase_metric *)b)->name);
}

static void spell_epoch(FILE *to, const struct printed *printed, const struct printed_epoch *epoch)
{
	struct phase_metric metric[METRICS_MAX];
	const size_t n = printed_metrics(printed, epoch, metric, METRICS_MAX);

	assert_true(n <= METRICS_MAX);
	fprintf(to, "epoch\t%u\t%.15g\tlines %lu-%lu\t%lu/%lu\t%s%s%s", epoch->index, epoch->told,
		epoch->first_line, epoch->last_line, epoch->step, epoch->steps,
		epoch->begins ? "b" : "", epoch->ends ? "e" : "", epoch->guessed ? "g" : "");
	qsort(metric, n, sizeof(*metric), by_name);
	for (size_t i = 0; i < n; i++)
		fprintf(to, "\t%s=%.17g", metric[i].name, metric[i].value);
	fputc('\n', to);
}

static void spell(FILE *to, struct printed *printed)
{
	static const char *const unit[] = {"count", "epoch", "step", "fit", "percent"};
	static const char *const reading[] = {"anywhere", "start", "end", "around"};
	const struct printed_fit *fit;
	const size_t n = printed_look(printed, &fit);

	for (size_t i = 0; i < n; i++) {
		fprintf(to,
			"fit\t%s%s\t%s\tnumber %u\tepochs %u/%u\tstride %u\tsteps %lu\t%s%s%s\n",
			fit[i].bars ? "bars:" : "", unit[fit[i].unit],
			fit[i].sure >= PRINTED_TRAINS ? "trains" : "unsure", fit[i].number,
			fit[i].epochs, fit[i].of, fit[i].stride, fit[i].steps,
			reading[fit[i].reading], fit[i].over ? " over" : "",
			fit[i].late ? " late" : "");
		for (size_t e = 0; e < fit[i].told; e++)
			spell_epoch(to, printed, &fit[i].epoch[e]);
	}
}

/* What an output tells, told this way; the caller frees it. */
static char *facts_of(const struct telling *telling, const char *text, size_t bytes)
{
	struct printed *printed;
	char *facts = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&facts, &size);

	assert_non_null(to);
	assert_int_equal(printed_new(&printed), 0);
	tell_all(printed, telling, text, bytes);
	spell(to, printed);
	printed_free(printed);
	fclose(to);
	return facts;
}

/* ---- files ---- */

static char *read_file(const char *name, const char *end, size_t *bytes)
{
	char path[512];
	char *content = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s%s", FOLDER, name, end);
	file = fopen(path, "r");
	*bytes = 0;
	if (file) {
		content = malloc(1 << 20);
		*bytes = fread(content, 1, (1 << 20) - 1, file);
		content[*bytes] = '\0';
		fclose(file);
	}
	return content;
}

static void write_facts(const char *name, const char *facts)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.tsv", FOLDER, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(facts, file);
	fclose(file);
}

/* Prints the first line that differs. */
static void show_difference(const char *name, const char *expected, const char *facts)
{
	while (*expected && *facts) {
		const size_t a = strcspn(expected, "\n"), b = strcspn(facts, "\n");

		if (a != b || strncmp(expected, facts, a) != 0)
			break;
		expected += a + (expected[a] != '\0');
		facts += b + (facts[b] != '\0');
	}
	fprintf(stderr, "%s\n  expected: %.*s\n  facts:    %.*s\n", name,
		(int)strcspn(expected, "\n"), expected, (int)strcspn(facts, "\n"), facts);
}

static bool check(const char *name)
{
	static const struct telling once = {.process = 1}, often = {.process = 1, .often = true};
	size_t bytes, size;
	char *text = read_file(name, ".out", &bytes);
	char *facts = facts_of(&once, text, bytes);
	char *looked = facts_of(&often, text, bytes);
	char *expected;
	bool same;

	if (getenv("GRAMME_LINES"))
		write_facts(name, facts);
	expected = read_file(name, ".tsv", &size);
	same = expected && strcmp(expected, facts) == 0;
	if (!same)
		show_difference(name, expected ? expected : "(none)", facts);
	if (strcmp(facts, looked) != 0) {
		show_difference(name, facts, looked);
		same = false;
	}
	free(text);
	free(facts);
	free(looked);
	free(expected);
	return same;
}

static void every_output(void **state)
{
	DIR *folder = opendir(FOLDER);
	const struct dirent *entry;
	size_t outputs = 0, wrong = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		const size_t bytes = strlen(entry->d_name);
		char name[256];

		if (bytes < 5 || strcmp(entry->d_name + bytes - 4, ".out") != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)bytes - 4, entry->d_name);
		outputs++;
		wrong += !check(name);
	}
	closedir(folder);
	assert_true(outputs > 20);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
