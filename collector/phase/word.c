/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of word.def, as word.h promises it: searched by halves.
 */
#include "collector/phase/word.h"

#include <string.h>

struct word {
	const char *text;
	size_t bytes;
	uint32_t means;
};

#define WORD(text, means) {text, sizeof(text) - 1, means},
static const struct word table[] = {
#include "collector/phase/word.def"
};
#undef WORD

#define WORDS (sizeof(table) / sizeof(table[0]))

static int compare(const char *text, size_t bytes, const struct word *word)
{
	int order = memcmp(text, word->text, bytes < word->bytes ? bytes : word->bytes);

	if (order)
		return order;
	return (bytes > word->bytes) - (bytes < word->bytes);
}

uint32_t word_means(const char *text, size_t bytes)
{
	size_t low = 0, high = WORDS;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(text, bytes, &table[middle]);

		if (order == 0)
			return table[middle].means;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}

/* Where parts of a name are joined. */
static size_t part_bytes(const char *name, size_t bytes)
{
	size_t n = 0;

	while (n < bytes && !strchr("_-/.: '@", name[n]))
		n++;
	return n;
}

/* "top1", "rouge2", "mrr10", "map50": what is counted follows the name. */
static uint32_t without_digits(const char *text, size_t bytes)
{
	while (bytes > 2 && text[bytes - 1] >= '0' && text[bytes - 1] <= '9')
		bytes--;
	return word_means(text, bytes);
}

uint32_t word_name_means(const char *name, size_t bytes)
{
	uint32_t means = word_means(name, bytes);

	if (means)
		return means;
	for (size_t i = 0; i < bytes;) {
		size_t n = part_bytes(name + i, bytes - i);
		uint32_t part = n ? word_means(name + i, n) : 0;

		if (n && !part)
			part = without_digits(name + i, n);
		if (part)
			means = (means & ~WORD_NO_METRIC) | part;
		i += n + 1;
	}
	return means;
}
