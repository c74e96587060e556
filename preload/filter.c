/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every line of a program comes by here, so the first look takes 16 bytes at a time, and most lines
 * end with it: they have no digit.
 */
#include <stdint.h>
#include <string.h>

#include "preload/filter.h"

#define LOOKED 1024u /* bytes of a line */
#define WORD   9u    /* the longest that is known */

typedef unsigned char block __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));
struct unaligned {
	block bytes;
} __attribute__((packed, may_alias));

static bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static bool is_letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

static bool any(block b)
{
	const halves h = (halves)b;

	return (h[0] | h[1]) != 0;
}

/* The first byte that is set, in the order of the memory of little-endian machines; 16: none. */
static unsigned first(block b)
{
	const halves h = (halves)b;

	if (h[0])
		return (unsigned)__builtin_ctzll(h[0]) / 8;
	return h[1] ? 8 + (unsigned)__builtin_ctzll(h[1]) / 8 : 16;
}

/* The first n bytes, n < 16. */
static block up_to(unsigned n)
{
	const block number = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

	return (block)(number < (unsigned char)n);
}

struct eight {
	uint64_t word;
} __attribute__((packed, may_alias));
struct four {
	uint32_t word;
} __attribute__((packed, may_alias));

static uint64_t eight_at(const char *text)
{
	return ((const struct eight *)text)->word;
}

static uint64_t four_at(const char *text)
{
	return ((const struct four *)text)->word;
}

/* Fewer than 16 bytes, and zeros behind them. */
static block short_block(const char *text, size_t bytes)
{
	halves h = {0, 0};

	if (bytes > 8) {
		h[0] = eight_at(text);
		h[1] = eight_at(text + bytes - 8) >> 8 * (16 - bytes);
	} else if (bytes >= 4) {
		h[0] = four_at(text) | four_at(text + bytes - 4) << 8 * (bytes - 4);
	} else {
		for (size_t i = 0; i < bytes; i++)
			h[0] |= (uint64_t)(unsigned char)text[i] << 8 * i;
	}
	return (block)h;
}

/* What was found in a line so far. */
struct found {
	block digits, escapes;
	unsigned end; /* in the last block; 16: none */
};

static inline __attribute__((always_inline)) void look(struct found *found, block b)
{
	block ends = (block)(b - '\b' < 6); /* or a tab, and the like */
	block digits = (block)(b - '0' < 10), escapes = (block)(b == '\33');

	if (__builtin_expect(any(ends), 0)) {
		ends = (block)(b == '\n') | (block)(b == '\r') | (block)(b == '\b');
		found->end = first(ends);
		if (found->end < sizeof(block)) {
			digits &= up_to(found->end);
			escapes &= up_to(found->end);
		}
	}
	found->digits |= digits;
	found->escapes |= escapes;
}

struct filter_line filter_line(const char *text, size_t bytes)
{
	struct found found = {.end = sizeof(block)};
	size_t at = 0;

	if (bytes < sizeof(block)) {
		look(&found, short_block(text, bytes));
	} else {
		for (at = 0; bytes - at > sizeof(block) && found.end == sizeof(block);
		     at += sizeof(block))
			look(&found, ((const struct unaligned *)(text + at))->bytes);
		if (found.end < sizeof(block)) {
			at -= sizeof(block);
		} else { /* the last block begins within the one before */
			at = bytes - sizeof(block);
			look(&found, ((const struct unaligned *)(text + at))->bytes);
		}
	}
	return (struct filter_line){
		.bytes = found.end < sizeof(block) ? at + found.end : bytes,
		.ended = found.end < sizeof(block),
		.digit = any(found.digits),
		.escape = any(found.escapes),
	};
}

/* ---- numbers and what stands around them ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The byte at a place, or a blank beyond both ends. */
static char at(const char *text, size_t bytes, size_t place)
{
	return place < bytes ? text[place] : ' ';
}

static char before(const char *text, size_t place)
{
	return place ? text[place - 1] : ' ';
}

/*
 * Words that count even where a number is glued to them ("epoch3", "E003"); the first HEADS of them
 * begin the head of a table as well.
 */
#define HEADS 7
static const char counter[][WORD + 1] = {"epoch", "epochs", "step",  "iter", "iteration",
					 "round", "fold",   "ep",    "e",    "steps",
					 "it",	  "iters",  "batch", "pass"};

/* Spares most lines the comparison. */
static bool is_head_letter(char c)
{
	const uint32_t letters = 1u << ('e' - 'a') | 1u << ('s' - 'a') | 1u << ('i' - 'a') |
				 1u << ('r' - 'a') | 1u << ('f' - 'a');

	return letters >> ((c | 0x20) - 'a') & 1u;
}

static bool is_counter(const char *word, size_t bytes, size_t known)
{
	for (size_t i = 0; i < known; i++) {
		size_t n = 0;

		while (n < bytes && n < WORD && (word[n] | 0x20) == counter[i][n])
			n++;
		if (n == bytes && !counter[i][n])
			return true;
	}
	return false;
}

/* "Nov 21 12:30:45": what a log begins with. */
static bool is_month(const char *word, size_t bytes)
{
	static const char known[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (const char *m = known; bytes == 3 && *m; m += 3)
		if ((word[0] | 0x20) == m[0] && (word[1] | 0x20) == m[1] &&
		    (word[2] | 0x20) == m[2])
			return true;
	return false;
}

struct number {
	size_t begin, end; /* with its sign, fraction and exponent */
	bool glued;	   /* part of a word, a date, an address: no number of its own */
};

/* Where the digits, points and the exponent that begin here end. */
static size_t number_end(const char *text, size_t bytes, size_t i, unsigned *points)
{
	while (is_digit(at(text, bytes, i)) ||
	       (at(text, bytes, i) == '.' && is_digit(at(text, bytes, i + 1)))) {
		*points += text[i] == '.';
		i++;
	}
	if ((at(text, bytes, i) | 0x20) != 'e')
		return i;
	const char sign = at(text, bytes, i + 1);
	const size_t digits = i + 1 + (sign == '-' || sign == '+');
	if (!is_digit(at(text, bytes, digits)))
		return i;
	for (i = digits; is_digit(at(text, bytes, i));)
		i++;
	return i;
}

/* The next number that begins at `from` or behind. False where there is none. */
static bool next_number(const char *text, size_t bytes, size_t from, struct number *n)
{
	unsigned points = 0;
	char left, right;

	while (from < bytes && !is_digit(text[from]))
		from++;
	if (from == bytes)
		return false;
	n->begin = from;
	n->end = number_end(text, bytes, from, &points);
	left = before(text, from);
	if ((left == '-' || left == '+') && !is_digit(before(text, from - 1)) &&
	    !is_letter(before(text, from - 1)))
		left = before(text, --n->begin);
	right = at(text, bytes, n->end);
	n->glued = points > 1 || is_letter(left) || left == '_' || left == '-' || left == '.' ||
		   is_letter(right) || right == '_' ||
		   (left == ':' && is_digit(before(text, n->begin - 1))) ||
		   ((right == ':' || right == '-') && is_digit(at(text, bytes, n->end + 1)));
	return true;
}

/* "3/10" and "3 / 10", but no date and no path; "12%". */
static bool is_share(const char *text, size_t bytes, const struct number *n)
{
	size_t i = n->end;
	unsigned points = 0;

	if (is_blank(at(text, bytes, i)))
		i++;
	if (at(text, bytes, i) == '%')
		return true;
	if (at(text, bytes, i) != '/' || before(text, n->begin) == '/')
		return false;
	i++;
	if (is_blank(at(text, bytes, i)))
		i++;
	return is_digit(at(text, bytes, i)) &&
	       at(text, bytes, number_end(text, bytes, i, &points)) != '/';
}

/* What stands left of a number says what it is: "loss: 0.3", "acc=0.9", "epoch 3", "[3]". */
static bool is_told(const char *text, const struct number *n)
{
	size_t i = n->begin;
	size_t word;
	char left = before(text, i);

	if (left == '[' || left == '#')
		return true;
	while (i && (is_blank(left) || left == '"' || left == '\'' || left == '('))
		left = before(text, --i);
	if (left == '=' || left == ':')
		return true;
	for (word = i; is_letter(before(text, word));)
		word--;
	return word < i && !is_month(text + word, i - word);
}

static bool is_glued_counter(const char *text, const struct number *n)
{
	size_t end = n->begin;
	size_t word;

	if (before(text, end) == '-' || before(text, end) == '_') /* "epoch_3" */
		end--;
	for (word = end; is_letter(before(text, word));)
		word--;
	return word < end &&
	       is_counter(text + word, end - word, sizeof(counter) / sizeof(*counter));
}

/* Numbers side by side: a row of a table. */
static bool is_row(const char *text, const struct number *one, const struct number *next)
{
	for (size_t i = one->end; i < next->begin; i++)
		if (!is_blank(text[i]) && text[i] != ',' && text[i] != ';' && text[i] != '|')
			return false;
	return one->end < next->begin;
}

bool filter_is_head(const char *text, size_t bytes)
{
	size_t i = 0;
	size_t word;

	while (i < bytes && !is_letter(text[i]))
		i++;
	if (i == bytes || !is_head_letter(text[i]))
		return false;
	for (word = i; is_letter(at(text, bytes, i));)
		i++;
	if (!is_counter(text + word, i - word, HEADS))
		return false;
	if (at(text, bytes, i) == ' ' && i + 1 < bytes) /* one is a sentence's, two a column's */
		i++;
	return i < bytes && (is_blank(text[i]) || text[i] == '|' || text[i] == ',' ||
			     (unsigned char)text[i] == 0xe2); /* a stroke of a drawn frame */
}

bool filter_is_columns(const char *text, size_t bytes)
{
	bool separated = false;

	if (!bytes || !(is_letter(text[0]) || text[0] == '"' || text[0] == '#' || text[0] == '_'))
		return false;
	for (size_t i = 0; i < bytes; i++)
		separated |= text[i] == ',' || text[i] == ';' || text[i] == '\t';
	return separated;
}

bool filter_keeps(const char *text, size_t bytes)
{
	struct number last = {.glued = true}, n;
	bool any_number = false;

	bytes = bytes < LOOKED ? bytes : LOOKED;
	for (size_t i = 0; next_number(text, bytes, i, &n); i = n.end) {
		any_number |= !n.glued;
		if (is_share(text, bytes, &n))
			return true;
		if (n.glued ? is_glued_counter(text, &n) : is_told(text, &n))
			return true;
		if (!n.glued && !last.glued && is_row(text, &last, &n))
			return true;
		last = n;
	}
	return !any_number && filter_is_head(text, bytes);
}

/* ---- escapes ---- */

/* The length of the sequence that begins with an escape: of a known form, or the one byte. */
static size_t escape_bytes(const char *text, size_t bytes)
{
	size_t i = 2;

	if (bytes < 2)
		return bytes;
	if (text[1] == '[') { /* parameters, then a byte from '@' to '~' */
		while (i < bytes && (unsigned char)(text[i] - ' ') < 32)
			i++;
		return i < bytes ? i + 1 : bytes;
	}
	if ((unsigned char)(text[1] - ' ') < 16) { /* "ESC ( B", as ncurses has it */
		while (i < bytes && (unsigned char)(text[i] - ' ') < 16)
			i++;
		return i < bytes ? i + 1 : bytes;
	}
	if (text[1] == ']') { /* a string, ended by a bell or by an escape and a backslash */
		while (i < bytes && text[i] != '\a' && text[i] != '\33')
			i++;
		i += i < bytes && text[i] == '\33';
		return i < bytes ? i + 1 : bytes;
	}
	return 2;
}

size_t filter_strip(const char *text, size_t bytes, char *copy, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes && n < room;) {
		if (text[i] == '\33') {
			i += escape_bytes(text + i, bytes - i);
			continue;
		}
		if ((unsigned char)text[i] >= ' ' || text[i] == '\t')
			copy[n++] = text[i];
		i++;
	}
	return n;
}

/* FNV-1a over letters. */
unsigned filter_shape(const char *text, size_t bytes)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < bytes && i < 64; i++)
		if (is_letter(text[i]))
			hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}
