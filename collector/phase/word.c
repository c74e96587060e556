/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of word.def, as word.h promises them: looked up by a digest of the word. The places are
 * dealt out when the first word is asked for, and never changed again.
 */
#include "collector/phase/word.h"

#include <pthread.h>
#include <string.h>

#define PLACES 2048u /* a power of two, and at least twice the words: a test counts them */

struct word {
	const char *text; /* not ended; NULL in a place that is free */
	size_t bytes;
	uint32_t means;
};

static const struct {
	const char *words;
	uint32_t mean;
} rows[] = {
#define WORDS(mean, words) {words, mean},
#include "collector/phase/word.def"
#undef WORDS
};

static struct word place[PLACES];

/* The word's own place, or the free one that would be. */
static struct word *find(const char *text, size_t bytes)
{
	uint32_t hash = 2166136261u; /* FNV-1a, 32 bits */

	for (size_t i = 0; i < bytes; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	for (uint32_t at = hash;; at++) {
		struct word *word = &place[at % PLACES];

		if (!word->text || (word->bytes == bytes && !memcmp(word->text, text, bytes)))
			return word;
	}
}

static void deal_out(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (const char *text = rows[i].words; *text;) {
			const size_t bytes = strcspn(text, " ");
			struct word *word = find(text, bytes);

			word->text = text;
			word->bytes = bytes;
			word->means |= rows[i].mean;
			text += bytes + strspn(text + bytes, " ");
		}
	}
}

uint32_t word_means(const char *text, size_t bytes)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, deal_out);
	return find(text, bytes)->means;
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
