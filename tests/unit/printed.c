/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs, and what they tell: each tests/data/lines/NAME.out is an output as it was captured
 * (shape-* were written by hand, after programs seen elsewhere), each NAME.tsv beside it its facts,
 * looked at by a human. GRAMME_LINES=write writes the facts anew, to be looked at again.
 */
#include <dirent.h>
#include <malloc.h>
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
	static const char *const unit[] = {"count", "epoch", "step", "fit", "percent", "other"};
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

/* ---- bounds ---- */

/* What has been allocated and not given back; 0 where the sanitizers' allocator does not tell. */
static size_t allocated(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

/* Lines of every kind, without end: they are forgotten at some point, and never cost more. */
static void memory_is_bounded(void **state)
{
	static const char *const formats[] = {
		"Epoch %d/1000000 loss: %d.5 val_loss: 0.%d",
		"[%d/900000] metric_%d=0.%d",
		"step %d: loss_%d: 0.%d",
		"Epoch 1 - round_of_%d score %d acc: 0.%d",
		"%d%%|####      | %d/100000 [00:01<00:02, loss=0.%d]",
		"loss: %d of kind%d is 0.%d",
		"epoch_%d,%d,0.%d",
	};
	const struct telling telling = {.process = 1};
	const size_t before = allocated();
	const struct printed_fit *fit;
	struct printed *printed;
	char text[128];

	(void)state;
	assert_int_equal(printed_new(&printed), 0);
	for (int i = 0; i < 210000; i++) {
		const int n = snprintf(text, sizeof(text), formats[i % 7], i / 7, i % 1000, i);

		tell(printed, &telling, (uint64_t)i * 1000, text, (size_t)n);
	}
	assert_true(allocated() - before < 2 << 20);
	printed_look(printed, &fit);
	assert_true(allocated() - before < 3 << 20);
	printed_free(printed);
}

/* A build's hundreds of processes talk, and the trainer that comes after them is heard. */
static void talkers_make_way(void **state)
{
	const struct printed_fit *fit;
	struct printed *printed;

	(void)state;
	assert_int_equal(printed_new(&printed), 0);
	for (uint32_t process = 1; process < 1000; process++) {
		const struct telling telling = {.process = process};
		const char *line =
			process == 7 || process == 999 ? "Epoch 1/1 loss: 0.5" : "compiling x.c";

		tell(printed, &telling, process, line, strlen(line));
	}
	assert_int_equal(printed_look(printed, &fit), 2);
	assert_int_equal(fit[0].process, 7);
	assert_int_equal(fit[1].process, 999);
	printed_free(printed);
}

/* Children without number: most are not heard, and the first ones are. */
static void processes_are_bounded(void **state)
{
	const char *line = "Epoch 1/2 loss: 0.5";
	const struct printed_fit *fit;
	struct printed *printed;

	(void)state;
	assert_int_equal(printed_new(&printed), 0);
	for (uint32_t process = 1; process < 5000; process++) {
		const struct telling telling = {.process = process};

		tell(printed, &telling, process, line, strlen(line));
	}
	assert_int_equal(printed_look(printed, &fit), 128);
	assert_int_equal(fit[0].process, 1);
	printed_free(printed);
}

/* ---- several at once ---- */

static void tell_text(struct printed *printed, const struct telling *telling, uint64_t t_ns,
		      const char *text)
{
	tell(printed, telling, t_ns, text, strlen(text));
}

/* Two ranks print the same epochs in step; two searches print theirs as they go. */
static void ranks_are_twins(void **state)
{
	static const struct telling telling[] = {{.process = 1}, {.process = 2}, {.process = 3}};
	const struct printed_fit *fit;
	struct printed *printed;
	char text[64];

	(void)state;
	assert_int_equal(printed_new(&printed), 0);
	for (uint64_t epoch = 1; epoch <= 4; epoch++) {
		snprintf(text, sizeof(text), "Epoch %d/4 loss: 0.5", (int)epoch);
		tell_text(printed, &telling[0], epoch * 1000, text);
		tell_text(printed, &telling[1], epoch * 1000 + 50, text);
		tell_text(printed, &telling[2], epoch * 3000, text);
	}
	assert_int_equal(printed_look(printed, &fit), 3);
	assert_int_equal(fit[0].twin, 0);
	assert_int_equal(fit[1].twin, 1);
	assert_int_equal(fit[2].twin, 0);
	printed_free(printed);
}

/* A log that is flushed has times, standard output in a file has none; a CSV has more metrics. */
static void files_add_what_they_know(void **state)
{
	static const struct telling out = {.process = 1, .flags = WIRE_NOTE_LATE};
	static const struct telling log = {.process = 1, .flags = WIRE_NOTE_LOG, .file = 7};
	static const struct telling csv = {
		.process = 1, .flags = WIRE_NOTE_LOG | WIRE_NOTE_LATE, .file = 8};
	const struct printed_fit *fit;
	struct phase_metric metric[4];
	struct printed *printed;
	char text[64];

	(void)state;
	assert_int_equal(printed_new(&printed), 0);
	tell_text(printed, &csv, 500, "epoch,loss,f1");
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "epoch %d: loss 0.%d", i + 1, 9 - i);
		tell_text(printed, &log, (uint64_t)(i + 1) * 1000, text);
	}
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "Epoch %d/3 loss: 0.%d acc: 0.%d", i + 1, 9 - i, i);
		tell_text(printed, &out, 4000, text);
		snprintf(text, sizeof(text), "%d,0.%d,0.%d", i, 9 - i, i + 5);
		tell_text(printed, &csv, 4000, text);
	}
	assert_int_equal(printed_look(printed, &fit), 1);
	assert_false(fit->late);
	assert_int_equal(fit->epochs, 3);
	assert_int_equal(fit->epoch[1].last_ns, 2000);
	assert_int_equal(printed_metrics(printed, &fit->epoch[1], metric, 4), 3);
	assert_string_equal(metric[0].name, "loss");
	assert_true(metric[0].value == 0.8);
	printed_free(printed);
}

static void late_lines_count_and_have_no_time(void **state)
{
	static const struct telling out = {.process = 1, .flags = WIRE_NOTE_LATE};
	const struct printed_fit *fit;
	struct printed *printed;

	(void)state;
	assert_int_equal(printed_new(&printed), 0);
	tell_text(printed, &out, 9000, "Epoch 1/2");
	tell_text(printed, &out, 9000, "Epoch 2/2");
	assert_int_equal(printed_look(printed, &fit), 1);
	assert_true(fit->late && fit->epochs == 2 && fit->over && fit->epoch[0].first_late);
	printed_free(printed);
}

/* Many print their history at the end: the same values at once are no second training. */
static void a_history_is_no_fit(void **state)
{
	static const struct telling out = {.process = 1};
	const struct printed_fit *fit;
	struct printed *printed;
	char text[64];

	(void)state;
	for (int other = 0; other < 2; other++) {
		assert_int_equal(printed_new(&printed), 0);
		for (int i = 0; i < 6; i++) {
			const int value = i < 3 ? 9 - i : 12 - i - other;

			snprintf(text, sizeof(text), "epoch %d: loss 0.%d", i % 3 + 1, value);
			tell_text(printed, &out, i < 3 ? (uint64_t)i * 1000 : 3000, text);
		}
		assert_int_equal(printed_look(printed, &fit), 1 + other);
		printed_free(printed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_output),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(talkers_make_way),
		cmocka_unit_test(processes_are_bounded),
		cmocka_unit_test(ranks_are_twins),
		cmocka_unit_test(files_add_what_they_know),
		cmocka_unit_test(a_history_is_no_fit),
		cmocka_unit_test(late_lines_count_and_have_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
