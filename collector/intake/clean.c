/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that strangers wrote. A ledger is JSON, and JSON is valid UTF-8; a terminal that shows a
 * name must not be steered by it.
 */
#include "collector/intake/clean.h"

#include <stdbool.h>
#include <string.h>

/* Length of the valid UTF-8 sequence at `s`, or 0. */
static size_t sequence(const unsigned char *s)
{
	if (s[0] < 0x80)
		return 1;
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what lies above U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* C0, DEL and C1. */
static bool control(const unsigned char *s, size_t n)
{
	return s[0] < 0x20 || s[0] == 0x7f || (n == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

void clean_text(char *text)
{
	unsigned char *s = (unsigned char *)text;

	while (*s) {
		size_t n = sequence(s);
		if (n == 0 || control(s, n)) {
			*s++ = '?';
			/* The second byte of a C1 control is replaced on the next round. */
			continue;
		}
		s += n;
	}
}

void clean_copy(char *to, size_t size, const void *from, size_t bytes)
{
	size_t n = strnlen(from, bytes < size - 1 ? bytes : size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
	clean_text(to);
}
