/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader of protocol buffers that knows only what it wants: fields are skipped by their wire
 * type, and whatever does not fit ends the message.
 */
#include <string.h>

#include "preload/events.h"

enum wire_type { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

struct cursor {
	const char *at, *end;
};

struct field {
	uint32_t number;
	enum wire_type type;
	uint64_t number_value; /* VARINT, FIXED32, FIXED64 */
	struct cursor bytes;   /* BYTES */
};

static uint64_t little(const char *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)(unsigned char)at[i] << (8 * i);
	return value;
}

static bool varint(struct cursor *c, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; shift < 64 && c->at < c->end; shift += 7) {
		const unsigned char byte = (unsigned char)*c->at++;

		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return true;
	}
	return false;
}

static bool fixed(struct cursor *c, unsigned bytes, uint64_t *value)
{
	if ((size_t)(c->end - c->at) < bytes)
		return false;
	*value = little(c->at, bytes);
	c->at += bytes;
	return true;
}

/* The next field of a message; false at its end, or where it is none. */
static bool next(struct cursor *c, struct field *f)
{
	uint64_t key, length;

	if (!varint(c, &key))
		return false;
	f->number = (uint32_t)(key >> 3);
	f->type = key & 7;
	switch (f->type) {
	case VARINT:
		return varint(c, &f->number_value);
	case FIXED64:
		return fixed(c, 8, &f->number_value);
	case FIXED32:
		return fixed(c, 4, &f->number_value);
	case BYTES:
		if (!varint(c, &length) || length > (uint64_t)(c->end - c->at))
			return false;
		f->bytes = (struct cursor){c->at, c->at + length};
		c->at += length;
		return true;
	default: /* groups, which nobody has used for long */
		return false;
	}
}

static float real(uint64_t bits)
{
	const uint32_t low = (uint32_t)bits;
	float value;

	memcpy(&value, &low, sizeof(value));
	return value;
}

#define TENSOR_DTYPE	 1u
#define TENSOR_CONTENT	 4u
#define TENSOR_FLOAT_VAL 5u
#define DTYPE_FLOAT	 1u

/* A tensor of one float, as newer writers tell a scalar. */
static bool read_tensor(struct cursor c, float *value)
{
	bool is_float = false, found = false;
	struct field f;

	while (next(&c, &f)) {
		if (f.number == TENSOR_DTYPE && f.type == VARINT)
			is_float = f.number_value == DTYPE_FLOAT;
		if ((f.number == TENSOR_CONTENT || f.number == TENSOR_FLOAT_VAL) &&
		    f.type == BYTES && f.bytes.end - f.bytes.at == 4) {
			*value = real(little(f.bytes.at, 4));
			found = true;
		}
		if (f.number == TENSOR_FLOAT_VAL && f.type == FIXED32) {
			*value = real(f.number_value);
			found = true;
		}
	}
	return is_float && found;
}

#define VALUE_TAG    1u
#define VALUE_SIMPLE 2u
#define VALUE_TENSOR 8u

static bool read_value(struct cursor c, struct events_value *value)
{
	bool found = false;
	struct field f;

	value->tag_bytes = 0;
	while (next(&c, &f)) {
		if (f.number == VALUE_TAG && f.type == BYTES) {
			value->tag = f.bytes.at;
			value->tag_bytes = (size_t)(f.bytes.end - f.bytes.at);
		}
		if (f.number == VALUE_SIMPLE && f.type == FIXED32) {
			value->value = real(f.number_value);
			found = true;
		}
		if (f.number == VALUE_TENSOR && f.type == BYTES)
			found |= read_tensor(f.bytes, &value->value);
	}
	return found && value->tag_bytes;
}

#define SUMMARY_VALUE 1u
#define EVENT_STEP    2u
#define EVENT_VERSION 3u
#define EVENT_SUMMARY 5u

static void read_summary(struct cursor c, struct events_event *event)
{
	struct field f;

	while (event->values < EVENTS_VALUES && next(&c, &f))
		if (f.number == SUMMARY_VALUE && f.type == BYTES)
			event->values += read_value(f.bytes, &event->value[event->values]);
}

bool events_read(const char *data, size_t bytes, struct events_event *event)
{
	struct cursor c = {data, data + bytes};
	struct field f;

	event->step = 0;
	event->values = 0;
	while (next(&c, &f)) {
		if (f.number == EVENT_STEP && f.type == VARINT)
			event->step = (int64_t)f.number_value;
		if (f.number == EVENT_SUMMARY && f.type == BYTES)
			read_summary(f.bytes, event);
	}
	return event->values > 0;
}

uint64_t events_length(const char *head)
{
	return little(head, 8);
}

bool events_begin(const char *data, size_t bytes)
{
	static const char version[] = "brain.Event:";
	struct cursor c;
	struct field f;

	if (bytes < EVENTS_HEAD || events_length(data) > bytes - EVENTS_HEAD)
		return false;
	c = (struct cursor){data + EVENTS_HEAD, data + EVENTS_HEAD + events_length(data)};
	while (next(&c, &f))
		if (f.number == EVENT_VERSION && f.type == BYTES &&
		    f.bytes.end - f.bytes.at >= (ptrdiff_t)sizeof(version) - 1 &&
		    !memcmp(f.bytes.at, version, sizeof(version) - 1))
			return true;
	return false;
}
