/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads /proc/cpuinfo, and looks its processor up in the built-in table.
 */
#include "collector/power/processor.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/embed.h"
#include "collector/tsv.h"

EMBED(processor_table, "collector/power/cpu.tsv");

#define CPUINFO_BYTES_MAX (64u << 20)
#define KEY_WORDS	  16
#define KEY_BYTES	  96

struct word {
	char text[24];
};

struct words {
	struct word word[KEY_WORDS];
	size_t n;
};

static bool is_one_of(const char *text, const char *const list[])
{
	for (; *list; list++)
		if (!strcmp(text, *list))
			return true;
	return false;
}

static bool is_number(const char *text)
{
	static const char *const spelled[] = {"dual",  "triple", "quad",    "six",
					      "eight", "twelve", "sixteen", NULL};

	return (text[0] && strspn(text, "0123456789") == strlen(text)) || is_one_of(text, spelled);
}

/* "11th" and its like. */
static bool is_ordinal(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits && strlen(text) == digits + 2 && isalpha((unsigned char)text[digits]);
}

/* Takes the next word; false where the rest of the name is no part of the model. */
static bool take_word(struct words *words, const char *text)
{
	static const char *const end[] = {"with", "w/", "radeon", "apu", NULL};
	static const char *const noise[] = {"cpu", "processor", NULL};
	const char *before = words->n ? words->word[words->n - 1].text : "";

	if (is_one_of(text, end))
		return false;
	if (!text[0] || is_one_of(text, noise))
		return true;
	if (((!strcmp(text, "core") || !strcmp(text, "cores")) && is_number(before)) ||
	    (!strcmp(text, "gen") && is_ordinal(before))) {
		words->n--;
		return true;
	}
	if (words->n == KEY_WORDS)
		return false;
	strcpy(words->word[words->n++].text, text);
	return true;
}

/* The length of a trademark sign at text[i], or 0. */
static size_t mark_at(const char *text, size_t length)
{
	static const char *const marks[] = {"(r)", "(tm)", "(c)", NULL};

	for (int i = 0; marks[i]; i++)
		if (strlen(marks[i]) <= length && !strncasecmp(text, marks[i], strlen(marks[i])))
			return strlen(marks[i]);
	return 0;
}

static void split_name(const char *name, size_t length, struct words *words)
{
	struct word word;
	size_t size = 0;

	for (size_t i = 0; i <= length; i++) {
		size_t mark = i < length ? mark_at(name + i, length - i) : 0;
		bool end = i == length || name[i] == '@';

		if (!end && !mark && !strchr(" \t-_", name[i])) {
			if (size < sizeof(word.text) - 1)
				word.text[size++] = (char)tolower((unsigned char)name[i]);
			continue;
		}
		word.text[size] = '\0';
		if (!take_word(words, word.text) || end)
			return;
		size = 0;
		i += mark ? mark - 1 : 0;
	}
}

void processor_key(const char *name, size_t length, char *key, size_t size)
{
	struct words words = {.n = 0};
	size_t used = 0;

	split_name(name, length, &words);
	/* "E5-2670 0": the first of a line that later got v2, v3 ... */
	if (words.n > 1 && !strcmp(words.word[words.n - 1].text, "0"))
		words.n--;
	key[0] = '\0';
	for (size_t i = 0; i < words.n; i++) {
		size_t room = strlen(words.word[i].text) + 2;

		if (used + room > size)
			return;
		if (used)
			key[used++] = ' ';
		strcpy(key + used, words.word[i].text);
		used += room - 2;
	}
}

/* The table is made by scripts/tables and tested whole, so a row that does not fit is a bug. */
static void take_row(const struct tsv_field *field, struct processor_part *part)
{
	uint64_t cores = 0;

	tsv_copy(&field[0], part->model, sizeof(part->model));
	tsv_u64(&field[1], &part->tdp_mw);
	tsv_u64(&field[2], &cores);
	part->cores = (uint32_t)cores;
	tsv_copy(&field[3], part->source, sizeof(part->source));
}

static struct tsv_field longest_word(const char *key)
{
	struct tsv_field longest = {key, 0};

	for (size_t length; *key; key += length + (key[length] == ' ')) {
		length = strcspn(key, " ");
		if (length > longest.size)
			longest = (struct tsv_field){key, length};
	}
	return longest;
}

/* A word of a key stands in every name of that key as it is, but for case. */
static bool holds(const struct tsv_field *name, const struct tsv_field *word)
{
	/* The two cases of a letter differ in this bit alone; whoever passes is compared as a
	 * whole. */
	const int first = word->text[0] | 0x20;

	for (size_t i = 0; i + word->size <= name->size; i++)
		if ((name->text[i] | 0x20) == first &&
		    !strncasecmp(name->text + i, word->text, word->size))
			return true;
	return false;
}

int processor_find(const char *name, struct processor_part *part)
{
	struct tsv tsv = tsv_begin(processor_table, processor_table_size);
	struct tsv_field field[4], word;
	char wanted[KEY_BYTES];

	processor_key(name, strlen(name), wanted, sizeof(wanted));
	word = longest_word(wanted);
	while (tsv_next_row(&tsv, field, 4) == 4) {
		char key[KEY_BYTES];

		/* A key of every row was 28 of the 40 million instructions of a short run
		 * (callgrind, 2026-11-21). */
		if (!holds(&field[0], &word))
			continue;
		processor_key(field[0].text, field[0].size, key, sizeof(key));
		if (!strcmp(key, wanted)) {
			take_row(field, part);
			return 0;
		}
	}
	return -ENOENT;
}

/* What is gathered while the lines of /proc/cpuinfo go by. */
struct census {
	struct processor *processor;
	uint64_t socket[16]; /* a bit for each physical id below 1024 */
};

static void copy_printable(const struct tsv_field *value, char *text, size_t size)
{
	size_t length = value->size < size - 1 ? value->size : size - 1;

	for (size_t i = 0; i < length; i++)
		text[i] = isprint((unsigned char)value->text[i]) ? value->text[i] : '?';
	text[length] = '\0';
}

static bool has_word(const struct tsv_field *value, const char *word)
{
	const char *found = memmem(value->text, value->size, word, strlen(word));

	return found && (found == value->text || found[-1] == ' ');
}

static void take_line(struct census *census, const struct tsv_field *key,
		      const struct tsv_field *value)
{
	struct processor *processor = census->processor;
	uint64_t number = 0;
	bool numeric = !tsv_u64(value, &number) && number <= UINT32_MAX;

	if (tsv_is(key, "processor"))
		processor->threads++;
	else if (tsv_is(key, "model name") && !processor->name[0])
		copy_printable(value, processor->name, sizeof(processor->name));
	else if (tsv_is(key, "physical id") && numeric && number < 1024)
		census->socket[number / 64] |= 1ULL << (number % 64);
	else if (tsv_is(key, "siblings") && numeric)
		processor->siblings = (uint32_t)number;
	else if (tsv_is(key, "cpu cores") && numeric)
		processor->socket_cores = (uint32_t)number;
	else if (tsv_is(key, "flags") && has_word(value, "hypervisor"))
		processor->virtual = true;
}

/* Splits "key <tabs>: value"; lines of another form tell nothing that is wanted. */
static void read_line(struct census *census, const char *line, const char *end)
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	const char *stop = colon;
	const char *value = colon ? colon + 1 : end;

	while (stop && stop > line && (stop[-1] == '\t' || stop[-1] == ' '))
		stop--;
	while (value < end && *value == ' ')
		value++;
	if (colon)
		take_line(census, &(struct tsv_field){line, (size_t)(stop - line)},
			  &(struct tsv_field){value, (size_t)(end - value)});
}

int processor_read(struct world *w, struct processor *processor)
{
	struct census census = {.processor = processor};
	char *text;
	size_t size;
	uint32_t sockets = 0;
	int result = world_read_all(w, "/proc/cpuinfo", CPUINFO_BYTES_MAX, &text, &size);

	if (result)
		return result;
	*processor = (struct processor){0};
	for (const char *line = text, *end; line < text + size; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + size - line));
		end = end ? end : text + size;
		read_line(&census, line, end);
	}
	free(text);
	for (size_t i = 0; i < sizeof(census.socket) / sizeof(census.socket[0]); i++)
		sockets += (uint32_t)__builtin_popcountll(census.socket[i]);
	processor->sockets = sockets ? sockets : 1;
	if (!processor->siblings || !processor->socket_cores ||
	    processor->socket_cores > processor->siblings) {
		processor->siblings = 0;
		processor->socket_cores = 0;
	}
	processor->cores = processor->threads;
	if (processor->siblings)
		processor->cores =
			(uint32_t)(((uint64_t)processor->threads * processor->socket_cores +
				    processor->siblings - 1) /
				   processor->siblings);
	return processor->threads ? 0 : -ENODATA;
}
