/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of output cut into words, numbers and signs. Terminal escapes are gone, what a carriage
 * return took back is gone, letters are small, bars are one sign, and what only looks like a number
 * (dates, times of day, versions, addresses) is told as junk. Pure, of any bytes.
 */
#ifndef GRAMME_PHASE_TOKEN_H
#define GRAMME_PHASE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_TEXT_MAX 1023 /* of a line; the rest is not read */
#define TOKENS_MAX     160

enum token_kind {
	TOKEN_WORD = 1,
	TOKEN_NUMBER,
	TOKEN_SIGN, /* one byte of anything else */
	TOKEN_BAR,  /* any number of blocks and strokes that a progress bar is drawn with */
	TOKEN_JUNK, /* a date, a time, a version, a hexadecimal number */
};

struct token {
	enum token_kind kind;
	char sign;   /* of TOKEN_SIGN; of TOKEN_NUMBER: '%' or 'x' (any unit: "5ms") or 0 */
	bool blank;  /* there is one before it */
	bool whole;  /* of TOKEN_NUMBER: no point and no exponent */
	uint16_t at; /* in text[] */
	uint16_t bytes;
	uint32_t means; /* of TOKEN_WORD: WORD_* (word.h); of a number's unit likewise */
	double value;	/* of TOKEN_NUMBER: what strtod(3) gives in the C locale; finite */
};

struct tokens {
	char text[TOKEN_TEXT_MAX + 1];
	size_t bytes;
	struct token token[TOKENS_MAX];
	size_t n;
};

/* Fills `tokens`, and returns how many there are. */
size_t tokens_read(struct tokens *tokens, const char *text, size_t bytes);

/* Whether token i is there and is one of these signs, a word, a word that means any of these ... */
bool tokens_sign(const struct tokens *tokens, size_t i, const char *signs);
bool tokens_word(const struct tokens *tokens, size_t i);
bool tokens_mean(const struct tokens *tokens, size_t i, uint32_t what);
/* ... this word, in lower case ... */
bool tokens_spelled(const struct tokens *tokens, size_t i, const char *word);
/* ... a bar, a number, one that can count (no unit, not below zero), the first of "3/10". */
bool tokens_bar(const struct tokens *tokens, size_t i);
bool tokens_number(const struct tokens *tokens, size_t i);
bool tokens_count(const struct tokens *tokens, size_t i);
bool tokens_pair(const struct tokens *tokens, size_t i);

#endif
