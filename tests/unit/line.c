/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of output, and what they say: tests/data/lines/shapes.txt holds lines ("> ") as programs
 * print them, \e, \r, \b, \t and \\ for what a text file cannot show, and under each ("= ") its
 * facts. None is there without a look at it by a human.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/phase/line.h"
#include "collector/phase/word.h"

#define SHAPES "tests/data/lines/shapes.txt"

static size_t unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '\\' && from[1]) {
			from++;
			*to++ = *from == 'e'   ? '\x1b'
				: *from == 'r' ? '\r'
				: *from == 'b' ? '\b'
				: *from == 't' ? '\t'
					       : *from;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return (size_t)(to - text);
}

static void put(char *facts, size_t room, const char *format, ...)
{
	const size_t at = strlen(facts);
	va_list list;

	va_start(list, format);
	vsnprintf(facts + at, room - at, format, list);
	va_end(list);
}

/* The same facts as shapes.txt writes them. */
static void spell(const struct line *line, char *facts, size_t room)
{
	static const char *const unit[] = {"count", "epoch", "step", "fit", "percent", "other"};
	static const char *const part[] = {"", "(train)", "(val)", "(test)"};

	facts[0] = '\0';
	for (size_t i = 0; i < line->counters; i++) {
		const struct line_counter *counter = &line->counter[i];

		put(facts, room, "%s%s %.15g", counter->bar ? "bar:" : "", unit[counter->unit],
		    counter->value);
		if (counter->of > 0)
			put(facts, room, "/%.15g", counter->of);
		put(facts, room, "%s; ", counter->fractional ? " fractional" : "");
	}
	for (size_t i = 0; i < line->metrics; i++)
		put(facts, room, "%s%s = %.15g; ", line->metric[i].name, part[line->metric[i].part],
		    line->metric[i].value);
	for (size_t i = 0; i < line->tooks; i++)
		put(facts, room, "took %.7g; ", (double)line->took[i]);
	if (line->stamp_s > 0)
		put(facts, room, "at %.15g; ", line->stamp_s);
	put(facts, room, "%s%s%s%s%s", line->begins ? "begins " : "", line->ends ? "ends " : "",
	    line->testing ? "testing " : "", line->quality ? "quality " : "",
	    line->trains ? "trains " : "");
	while (facts[0] && strchr(" ;", facts[strlen(facts) - 1]))
		facts[strlen(facts) - 1] = '\0';
}

static void every_shape(void **state)
{
	static char text[4096], expected[4096], facts[4096];
	FILE *file = fopen(SHAPES, "r");
	size_t bytes = 0, lines = 0, wrong = 0;
	struct line line;

	(void)state;
	assert_non_null(file);
	while (fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		if (strncmp(text, "= ", 2) == 0 || strcmp(text, "=") == 0) {
			line_read(expected, bytes, &line);
			spell(&line, facts, sizeof(facts));
			if (strcmp(text[1] ? text + 2 : "", facts) != 0) {
				fprintf(stderr, "> %s\n= %s\n  not: %s\n", expected, facts, text);
				wrong++;
			}
			lines++;
		} else if (strncmp(text, "> ", 2) == 0) {
			memcpy(expected, text + 2, strlen(text + 2) + 1);
			bytes = unescape(expected);
		}
	}
	fclose(file);
	assert_true(lines > 50);
	assert_int_equal(wrong, 0);
}

/* What strtod gives, bit by bit, though most are read without it. */
static void numbers_are_exact(void **state)
{
	char text[64];
	struct line line;

	(void)state;
	srand48(7);
	for (int i = 0; i < 200000; i++) {
		const double value = (drand48() - 0.5) * pow(10, (double)(lrand48() % 40) - 20);
		static const char *const format[] = {"x=%.*f", "x=%.*e", "x=%.*g"};
		const int places = (int)(lrand48() % 20);

		snprintf(text, sizeof(text), format[i % 3], places, value);
		line_read(text, strlen(text), &line);
		assert_int_equal(line.metrics, 1);
		assert_true(line.metric[0].value == strtod(text + 2, NULL));
	}
}

static void nothing_that_is_not_finite(void **state)
{
	static const char *const texts[] = {"loss: nan",   "loss: inf",	  "loss: -inf",
					    "loss: 1e999", "epoch 1e400", "loss=-1e99999999999"};
	struct line line;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(line_read(texts[i], strlen(texts[i]), &line), 0);
}

/* Any bytes: bounded facts, names that are text, and no time without end. */
static void noise(void **state)
{
	static const char piece[][12] = {
		"epoch",	" ", "3", "/",	"10", "[",     "]", ":",   "=", "loss",
		"\xe2\x96\x88", "%", "|", "\r", "\b", "\x1b[", "-", "1e5", ".", "\xff",
		"\xc2",		"(", ",", "\"", "acc"};
	char text[2048];
	struct line line;

	(void)state;
	srand48(11);
	for (int i = 0; i < 100000; i++) {
		size_t bytes = 0;

		while (bytes + 12 < sizeof(text) && lrand48() % 60) {
			const char *add = piece[(size_t)lrand48() % (sizeof(piece) / 12)];

			memcpy(text + bytes, add, strlen(add));
			bytes += strlen(add);
		}
		line_read(text, bytes, &line);
		assert_true(line.counters <= LINE_COUNTERS && line.metrics <= LINE_METRICS);
		for (size_t m = 0; m < line.metrics; m++)
			assert_true(strlen(line.metric[m].name) > 0 &&
				    isfinite(line.metric[m].value));
	}
}

static void only_returns_and_backspaces(void **state)
{
	static char text[1 << 20];
	struct line line;

	(void)state;
	memset(text, '\r', sizeof(text));
	assert_int_equal(line_read(text, sizeof(text), &line), 0);
	memset(text, '\b', sizeof(text));
	assert_int_equal(line_read(text, sizeof(text), &line), 0);
	assert_int_equal(line_read("", 0, &line), 0);
	assert_int_equal(line.shape, 0);
}

static void shapes_leave_numbers_out(void **state)
{
	struct line a, b, c;

	(void)state;
	line_read("[3/10] loss 0.5", 15, &a);
	line_read("[4/10] loss 1e-3", 16, &b);
	line_read("[4/10] acc 1e-3", 15, &c);
	assert_int_equal(a.shape, b.shape);
	assert_int_not_equal(a.shape, c.shape);
}

/* Each word of each row means what the row says, and what others say of it. */
static void words_are_found(void **state)
{
	static const struct {
		const char *words;
		uint32_t mean;
	} rows[] = {
#define WORDS(mean, words) {words, mean},
#include "collector/phase/word.def"
#undef WORDS
	};
	size_t words = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (const char *word = rows[i].words; *word; words++) {
			const size_t bytes = strcspn(word, " ");

			assert_true(bytes > 0);
			assert_int_equal(word_means(word, bytes) & rows[i].mean, rows[i].mean);
			word += bytes + (word[bytes] == ' ');
		}
	}
	assert_true(words > 500 && words <= 1024); /* half of word.c's places */
	assert_int_equal(word_means("clip", 4), WORD_NO_METRIC | WORD_THING);
	assert_int_equal(word_means("epochal", 7), 0);
	assert_int_equal(word_means("", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(nothing_that_is_not_finite),
		cmocka_unit_test(noise),
		cmocka_unit_test(only_returns_and_backspaces),
		cmocka_unit_test(shapes_leave_numbers_out),
		cmocka_unit_test(words_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
