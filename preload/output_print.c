/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats. Formatting again what the program has formatted would double the price of every printf,
 * so first comes a sketch: the format's own text, strings as they are, "0" for whatever number.
 * Only if that is worth telling, or is a part of a line, the text is made.
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

struct sketch {
	char text[WIRE_NOTE_TEXT + 1];
	size_t used;
	bool exact; /* it is what was printed */
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
	for (string = string ? string : "(null)"; most && *string && s->used < sizeof(s->text);
	     most--)
		put(s, *string++);
	if (most && *string)
		s->exact = false;
}

static void put_number(struct sketch *s, const char *text)
{
	s->exact = false;
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
		put(s, (char)va_arg(a->list, int));
		s->exact &= c->plain && c->length == INT;
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
		return true;
	case '%':
		put(s, '%');
		return true;
	default: /* %n, "1$", what somebody registered */
		return false;
	}
}

static bool make_sketch(struct sketch *s, const char *format, struct arguments *a)
{
	s->used = 0;
	s->exact = true;
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

/* Whether it is a line, or several, none of which is worth it. */
static bool is_worthless(const struct stream *stream, const struct sketch *s)
{
	size_t at = 0;

	if (atomic_load_explicit(&stream->waiting, memory_order_relaxed))
		return false;
	while (at < s->used) {
		const struct filter_line line = filter_line(s->text + at, s->used - at);

		if (!line.ended || (line.digit ? filter_keeps(s->text + at, line.bytes)
					       : filter_is_head(s->text + at, line.bytes)))
			return false;
		at += line.bytes + 1;
	}
	return !stream->is_log;
}

/* A format is its address: one that is made anew each time shares a bound with others. */
static unsigned shape_of(const char *format)
{
	return (unsigned)((uint64_t)(uintptr_t)format * 0x9e3779b97f4a7c15u >> 40);
}

static void make(int fd, const char *format, va_list list, int error)
{
	char text[WIRE_NOTE_TEXT + 2];
	int bytes;

	if (!output_may_shape(shape_of(format), note_now())) {
		note_refuse();
		return;
	}
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

void output_printed(int fd, const char *format, va_list list, int error)
{
	struct stream *stream = stream_of(fd);
	struct arguments a;
	struct sketch s;
	bool possible;

	if (!stream)
		return;
	va_copy(a.list, list);
	possible = make_sketch(&s, format, &a);
	va_end(a.list);
	if (!possible || is_worthless(stream, &s))
		return;
	if (s.exact)
		output_said(fd, s.text, s.used);
	else
		make(fd, format, list, error);
}
