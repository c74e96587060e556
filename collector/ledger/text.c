/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text as the ledger holds it: valid UTF-8, names that are safe as file names, times in UTC.
 */
#include "collector/ledger/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/units.h"

static bool continues(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t text_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	if (s[0] < 0x80)
		return s[0] ? 1 : 0;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		return continues(s[1]) ? 2 : 0;
	if ((s[0] & 0xf0) == 0xe0) {
		/* No overlong forms, no halves of surrogate pairs. */
		if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
			return 0;
		return continues(s[1]) && continues(s[2]) ? 3 : 0;
	}
	if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		/* No overlong forms, nothing above U+10FFFF. */
		if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
			return 0;
		return continues(s[1]) && continues(s[2]) && continues(s[3]) ? 4 : 0;
	}
	return 0;
}

json_t *text_json(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	json_t *string;
	char *clean, *end;

	if (!text)
		return json_null();
	clean = malloc(strlen(text) * strlen(replacement) + 1);
	if (!clean)
		return NULL;
	end = clean;
	while (*text) {
		size_t bytes = text_utf8(text);

		if (bytes) {
			memcpy(end, text, bytes);
			end += bytes;
			text += bytes;
		} else {
			memcpy(end, replacement, strlen(replacement));
			end += strlen(replacement);
			text++;
		}
	}
	*end = '\0';
	string = json_string(clean);
	free(clean);
	return string;
}

static unsigned digits_of(double value)
{
	char text[40];
	unsigned digits = 10;

	for (; digits < 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", (int)digits, value);
		if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value))
			break;
	}
	return digits;
}

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

unsigned text_digits(const json_t *json)
{
	unsigned digits = 10;
	const char *key;
	json_t *value;

	if (json_is_real(json))
		return digits_of(json_real_value(json));
	if (json_is_object(json))
		json_object_foreach((json_t *)(uintptr_t)json, key, value)
		{
			digits = larger(digits, text_digits(value));
		}
	for (size_t i = 0; i < json_array_size(json); i++)
		digits = larger(digits, text_digits(json_array_get(json, i)));
	return digits;
}

static bool is_safe(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

void text_safe(const char *text, char name[TEXT_NAME_MAX + 1])
{
	size_t n = 0;

	for (; text && text[n] && n < TEXT_NAME_MAX; n++)
		name[n] = is_safe(text[n]) ? text[n] : '_';
	if (n == 0)
		name[n++] = '_';
	if (name[0] == '.')
		name[0] = '_';
	name[n] = '\0';
}

const char *text_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void in_utc(uint64_t unix_ns, const char *format, char *text)
{
	time_t seconds = (time_t)(unix_ns / UNITS_NS_PER_S);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, TEXT_UTC_MAX, format, &tm);
}

void text_utc(uint64_t unix_ns, char utc[TEXT_UTC_MAX])
{
	size_t length;

	in_utc(unix_ns, "%Y-%m-%dT%H:%M:%S", utc);
	length = strlen(utc);
	snprintf(utc + length, TEXT_UTC_MAX - length, ".%09uZ",
		 (unsigned)(unix_ns % UNITS_NS_PER_S));
}

void text_stamp(uint64_t unix_ns, char stamp[TEXT_UTC_MAX])
{
	in_utc(unix_ns, "%Y%m%dT%H%M%SZ", stamp);
}
