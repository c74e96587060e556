/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats. Formatting again what the program has formatted would double the price of every printf,
 * so first comes a sketch: the format's own text, strings as they are, "0" for whatever number.
 * Only if that is worth telling, or is a part of a line, the text is made. What can be said of a
 * format whatever its arguments is said once, and remembered.
 *
 * Not heard: formats with %n, which would be written twice, those with wide strings, and with
 * conversions that are not the standard's (register_printf_function).
 */
#include <errno.h>
#include <string.h>
#include <wchar.h>

#include "preload/filter.h"
#include "preload/libc.h"
#include "preload/note.h"
#include "preload/output.h"
#include "preload/output_stream.h"

/* What a format can be worth. */
enum verdict {
	UNKNOWN,
	NEVER,	 /* cannot be formatted twice */
	DROP,	 /* lines that are worth nothing */
	KEEP,	 /* lines, one of them worth telling */
	PART,	 /* does not end with a line, or cannot be sketched */
	STRINGS, /* lines, and their plain strings decide */
	DEPENDS, /* lines, and more is to be looked at */
};

#define KNOWN 128u /* a power of two */

/* By a hash of the format: its upper bits, and the verdict in the last three. */
static _Atomic uint64_t known[KNOWN];

struct sketch {
	char text[WIRE_NOTE_TEXT + 1];
	size_t used;
	bool exact;   /* it is what was printed */
	bool blank;   /* strings are left out */
	bool strings; /* there is one */
	bool others;  /* there is a conversion that is no plain string */
};

/* A conversion: what stands between its % and its letter. */
struct conversion {
	int precision; /* -1: none */
	enum { INT, LONG, LONG_LONG, LONG_DOUBLE } length;
	bool plain; /* neither flag nor width nor precision */
};

struct arguments {
	va_list list;
};

static void put(struct sketch *s, char c)
{
	if (s->used < sizeof(s->text))
		s->text[s->used++] = c;
	else
		s->exact = false;
}

static int number(const char **at, struct arguments *a)
{
	int value = 0;

	if (**at == '*') {
		++*at;
		return va_arg(a->list, int);
	}
	for (; **at >= '0' && **at <= '9' && value < 100000; ++*at)
		value = value * 10 + (**at - '0');
	return value;
}

static bool is_one_of(char c, const char *set)
{
	while (*set && *set != c)
		set++;
	return *set;
}

/* Reads up to the letter. `at` stands behind the %. */
static struct conversion read_conversion(const char **at, struct arguments *a)
{
	const char *begin = *at;
	struct conversion c = {.precision = -1};

	while (**at && is_one_of(**at, "-+ #0'I"))
		++*at;
	(void)number(at, a);
	if (**at == '.') {
		++*at;
		c.precision = number(at, a);
	}
	c.plain = *at == begin;
	for (;; ++*at) {
		if (**at == 'l')
			c.length = c.length == INT ? LONG : LONG_LONG;
		else if (**at == 'L')
			c.length = LONG_DOUBLE;
		else if (**at && is_one_of(**at, "jztqZ"))
			c.length = LONG_LONG;
		else if (**at != 'h')
			return c;
	}
}

static void put_string(struct sketch *s, const struct conversion *c, const char *string)
{
	size_t most = c->precision >= 0 ? (size_t)c->precision : SIZE_MAX;

	s->exact &= c->plain;
	s->strings = true;
	s->others |= !c->plain;
	if (s->blank)
		return;
	for (string = string ? string : "(null)"; most && *string && s->used < sizeof(s->text);
	     most--)
		put(s, *string++);
	if (most && *string)
		s->exact = false;
}

static void put_number(struct sketch *s, const char *text)
{
	s->exact = false;
	s->others = true;
	while (*text)
		put(s, *text++);
}

/* Sketches one conversion. False if its like cannot be formatted twice. */
static bool convert(struct sketch *s, char letter, const struct conversion *c, struct arguments *a)
{
	switch (letter) {
	case 'd':
	case 'i':
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		if (c->length == INT)
			(void)va_arg(a->list, int);
		else
			(void)va_arg(a->list, long); /* as long as long long, here */
		put_number(s, "0");
		return true;
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
	case 'a':
	case 'A':
		if (c->length == LONG_DOUBLE || c->length == LONG_LONG)
			(void)va_arg(a->list, long double);
		else
			(void)va_arg(a->list, double);
		put_number(s, "0.0");
		return true;
	case 'c':
		put(s, s->blank ? '?' : (char)va_arg(a->list, int));
		s->exact &= c->plain && c->length == INT;
		s->strings = s->others = true;
		return true;
	case 's':
		if (c->length != INT)
			return false;
		put_string(s, c, va_arg(a->list, const char *));
		return true;
	case 'p':
		(void)va_arg(a->list, void *);
		put_number(s, "0x0");
		return true;
	case 'm':
		s->exact = false;
		s->others = true;
		return true;
	case '%':
		put(s, '%');
		return true;
	default: /* %n, a numbered argument, what somebody registered */
		return false;
	}
}

static bool make_sketch(struct sketch *s, const char *format, struct arguments *a)
{
	s->used = 0;
	s->exact = true;
	s->strings = s->others = false;
	for (const char *at = format; *at; at++) {
		struct conversion c;

		if (*at != '%') {
			put(s, *at);
			continue;
		}
		at++;
		c = read_conversion(&at, a);
		if (!*at || !convert(s, *at, &c, a))
			return false;
	}
	return true;
}

/* Whether a line, or several, is in it that is worth telling. */
static bool is_worth(const struct sketch *s)
{
	for (size_t at = 0; at < s->used;) {
		const struct filter_line line = filter_line(s->text + at, s->used - at);

		if (line.digit ? filter_keeps(s->text + at, line.bytes)
			       : filter_is_head(s->text + at, line.bytes))
			return true;
		at += line.bytes + 1;
	}
	return false;
}

/* Numbered arguments ("%2$s") can be formatted again, but are not followed here. */
static bool is_numbered(const char *format)
{
	const char *at = format;
	bool numbered = false;

	while ((at = LIBC_REAL(strchr)(at, '%'))) {
		if (*++at == '%') {
			at++;
			continue;
		}
		while (*at && is_one_of(*at, "0123456789"))
			at++;
		if (*at != '$')
			return false;
		while (*at && is_one_of(*at, "-+ #0'I123456789.*$hlLjztqZ"))
			at++;
		if (*at == 'n')
			return false;
		numbered = true;
	}
	return numbered;
}

static enum verdict judge(const char *format, size_t bytes, va_list list)
{
	struct sketch s = {.blank = true};
	struct arguments a;
	bool possible;

	va_copy(a.list, list);
	possible = make_sketch(&s, format, &a);
	va_end(a.list);
	if (!possible)
		return is_numbered(format) ? PART : NEVER;
	if (!bytes || format[bytes - 1] != '\n')
		return PART;
	if (is_worth(&s))
		return KEEP;
	if (!s.strings)
		return DROP;
	return s.others ? DEPENDS : STRINGS;
}

static uint64_t word_at(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return word;
}

/*
 * A format is its address, its length and both its ends: what a program writes anew at one place is
 * taken for what was there before only where those are the same.
 */
static uint64_t hash_of(const char *format, size_t bytes)
{
	uint64_t hash = (uint64_t)(uintptr_t)format ^ (uint64_t)bytes << 48;

	if (bytes >= sizeof(hash)) {
		hash = (hash ^ word_at(format)) * 0x9e3779b97f4a7c15u;
		hash ^= word_at(format + bytes - sizeof(hash));
	} else {
		for (size_t i = 0; i < bytes; i++)
			hash = hash << 7 ^ hash >> 57 ^ (unsigned char)format[i];
	}
	hash *= 0xc2b2ae3d27d4eb4fu;
	return hash ^ hash >> 32;
}

static enum verdict verdict_on(const char *format, size_t bytes, uint64_t hash, va_list list)
{
	_Atomic uint64_t *slot = &known[hash >> 8 & (KNOWN - 1)];
	const uint64_t found = atomic_load_explicit(slot, memory_order_relaxed);
	enum verdict verdict = found & 7;

	if (verdict && !((found ^ hash) & ~(uint64_t)7))
		return verdict;
	verdict = judge(format, bytes, list);
	atomic_store_explicit(slot, (hash & ~(uint64_t)7) | verdict, memory_order_relaxed);
	return verdict;
}

/* Plain strings that hold no number, and are no heads of tables, are worth nothing. */
static bool are_worthless(const char *format, va_list list)
{
	bool worthless = true;
	struct arguments a;

	va_copy(a.list, list);
	for (const char *at = format; worthless && (at = LIBC_REAL(strchr)(at, '%')); at += 2) {
		const char *string;
		struct filter_line line;
		size_t bytes;

		if (at[1] == '%')
			continue;
		string = va_arg(a.list, const char *);
		bytes = string ? LIBC_REAL(strlen)(string) : 0;
		line = filter_line(string, bytes);
		worthless = !line.digit && !line.ended && !filter_is_head(string, bytes);
	}
	va_end(a.list);
	return worthless;
}

static void make(int fd, const char *format, va_list list, int error)
{
	char text[WIRE_NOTE_TEXT + 2];
	int bytes;

	errno = error;
	bytes = LIBC_REAL(vsnprintf)(text, sizeof(text), format, list);
	if (bytes < 0)
		return;
	if ((size_t)bytes >= sizeof(text)) { /* its end is out of sight, and taken for a line's */
		bytes = sizeof(text) - 1;
		text[bytes - 1] = '\n';
	}
	output_said(fd, text, (size_t)bytes);
}

/* Makes the text if the strings in it are worth it. Exact sketches are the text. */
static void look_at(int fd, const char *format, va_list list, int error)
{
	struct sketch s = {.blank = false};
	struct arguments a;

	va_copy(a.list, list);
	(void)make_sketch(&s, format, &a);
	va_end(a.list);
	if (!is_worth(&s))
		return;
	if (s.exact)
		output_said(fd, s.text, s.used);
	else
		make(fd, format, list, error);
}

/* What is not formatted for once is missing in the line that waits, unless that is over by it. */
static void leave_out(struct stream *stream, const char *format, size_t bytes)
{
	stream_break(stream);
	if (bytes && format[bytes - 1] == '\n')
		output_hear(stream, "\n", 1, 0);
}

void output_printed(int fd, const char *format, va_list list, int error)
{
	struct stream *stream = stream_of(fd);
	enum verdict verdict;
	size_t bytes;
	uint64_t hash;
	bool joined;

	if (!stream)
		return;
	bytes = LIBC_REAL(strlen)(format);
	hash = hash_of(format, bytes);
	verdict = verdict_on(format, bytes, hash, list);
	joined = atomic_load_explicit(&stream->waiting, memory_order_relaxed) ||
		 (stream->is_log && stream->first);
	if (verdict == NEVER || (!joined && verdict == DROP) ||
	    (!joined && verdict == STRINGS && are_worthless(format, list)))
		return;
	if (output_share((unsigned)(hash >> 16), note_now()) == SHARE_NONE) {
		note_refuse();
		if (joined || verdict == PART)
			leave_out(stream, format, bytes);
	} else if (joined || verdict == KEEP || verdict == PART) {
		make(fd, format, list, error);
	} else {
		look_at(fd, format, list, error);
	}
}
