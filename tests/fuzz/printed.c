/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs print, as the shim looks at it inside of them: lines, escapes, and the records of
 * event files. The bytes are any; none behind the end is read, and nothing is made of nothing.
 */
#include "tests/fuzz/fuzz.h"

#include "preload/events.c"
#include "preload/filter.c"

static void look_at_line(const char *text, const struct filter_line *line)
{
	char *copy = malloc(line->bytes + 1);
	size_t n;

	MUST(copy);
	n = filter_strip(text, line->bytes, copy, line->bytes);
	MUST(n <= line->bytes);
	for (size_t i = 0; i < n; i++)
		MUST(copy[i] != '\33' && copy[i] != '\n');
	if (filter_keeps(text, line->bytes) && !line->digit)
		MUST(filter_is_head(text, line->bytes));
	(void)filter_is_columns(text, line->bytes);
	(void)filter_shape(text, line->bytes);
	free(copy);
}

static void look_at_text(const char *text, size_t bytes)
{
	while (bytes) {
		const struct filter_line line = filter_line(text, bytes);
		bool digit = false, escape = false;

		MUST(line.bytes + line.ended <= bytes);
		MUST(line.ended || line.bytes == bytes);
		for (size_t i = 0; i < line.bytes; i++) {
			MUST(text[i] != '\n' && text[i] != '\r' && text[i] != '\b');
			digit |= text[i] >= '0' && text[i] <= '9';
			escape |= text[i] == '\33';
		}
		MUST(digit == line.digit && escape == line.escape);
		look_at_line(text, &line);
		text += line.bytes + line.ended;
		bytes -= line.bytes + line.ended;
	}
}

static void look_at_events(const char *data, size_t bytes)
{
	struct events_event event;

	(void)events_begin(data, bytes);
	if (!events_read(data, bytes, &event))
		return;
	MUST(event.values && event.values <= EVENTS_VALUES);
	for (size_t i = 0; i < event.values; i++)
		MUST(event.value[i].tag >= data &&
		     event.value[i].tag_bytes <= (size_t)(data + bytes - event.value[i].tag));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	look_at_text((const char *)data, size);
	look_at_events((const char *)data, size);
	return 0;
}
