/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few functions of <string.h> that the shim calls, so that it imports none: each import is a
 * name to be looked up in every exec (some 0.3 us), and those of libc are indirect functions
 * besides. Hidden, so the program's own calls never come here. Built freestanding: a compiler would
 * see strlen in strlen, and call it.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "preload/start.h"

/* Words at any address; the compiler makes one load or store of each. */
struct two {
	uint64_t low, high;
} __attribute__((packed, may_alias));
struct eight {
	uint64_t word;
} __attribute__((packed, may_alias));
struct four {
	uint32_t word;
} __attribute__((packed, may_alias));

/* The last step may copy again what the one before did. */
START_CODE void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	if (bytes >= 16) {
		for (size_t at = 0; at + 16 < bytes; at += 16)
			*(struct two *)(t + at) = *(const struct two *)(f + at);
		*(struct two *)(t + bytes - 16) = *(const struct two *)(f + bytes - 16);
	} else if (bytes >= 8) {
		*(struct eight *)t = *(const struct eight *)f;
		*(struct eight *)(t + bytes - 8) = *(const struct eight *)(f + bytes - 8);
	} else if (bytes >= 4) {
		*(struct four *)t = *(const struct four *)f;
		*(struct four *)(t + bytes - 4) = *(const struct four *)(f + bytes - 4);
	} else {
		while (bytes--)
			*t++ = *f++;
	}
	return to;
}

START_CODE void *memset(void *to, int byte, size_t bytes)
{
	const uint64_t word = 0x0101010101010101u * (unsigned char)byte;
	unsigned char *t = to;

	for (; bytes >= 16; bytes -= 16, t += 16)
		*(struct two *)t = (struct two){word, word};
	while (bytes--)
		*t++ = (unsigned char)byte;
	return to;
}

START_CODE int memcmp(const void *one, const void *other, size_t bytes)
{
	const unsigned char *a = one, *b = other;

	for (; bytes; bytes--, a++, b++)
		if (*a != *b)
			return *a - *b;
	return 0;
}

/* As clang calls it where only equality matters. */
int bcmp(const void *one, const void *other, size_t bytes) __attribute__((alias("memcmp")));

START_CODE size_t strlen(const char *text)
{
	const char *end = text;

	while (*end)
		end++;
	return (size_t)(end - text);
}

START_CODE size_t strnlen(const char *text, size_t most)
{
	size_t length = 0;

	while (length < most && text[length])
		length++;
	return length;
}

START_CODE int strncmp(const char *one, const char *other, size_t most)
{
	for (; most; most--, one++, other++)
		if (*one != *other || !*one)
			return (unsigned char)*one - (unsigned char)*other;
	return 0;
}

START_CODE int strcmp(const char *one, const char *other)
{
	return strncmp(one, other, SIZE_MAX);
}

START_CODE char *strchr(const char *text, int character)
{
	for (; *text != (char)character; text++)
		if (!*text)
			return NULL;
	return (char *)text;
}

START_CODE char *strrchr(const char *text, int character)
{
	const char *found = NULL;

	do {
		if (*text == (char)character)
			found = text;
	} while (*text++);
	return (char *)found;
}
