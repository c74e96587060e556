/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TensorBoard's event files, as far as scalars are in them: records framed as
 *
 *   u64 length, u32 checksum of it, data, u32 checksum of the data     (little-endian)
 *
 * each an Event (a protocol buffer): its step, and values with a tag. Pure; the bytes are the
 * program's own, and never trusted. Source: TensorFlow's lib/io/record_writer.h, and the fields
 * of event.proto, summary.proto and tensor.proto.
 */
#ifndef GRAMME_EVENTS_H
#define GRAMME_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTS_HEAD   12u /* bytes before the data of a record */
#define EVENTS_TAIL   4u
#define EVENTS_VALUES 8u /* of one event; more are left out */

struct events_value {
	const char *tag; /* in the data, not terminated */
	size_t tag_bytes;
	float value;
};

struct events_event {
	int64_t step;
	size_t values;
	struct events_value value[EVENTS_VALUES];
};

/* Whether a file that begins so is an event file: its first record names its version. */
bool events_begin(const char *data, size_t bytes);

/* The length of a record's data, from its first 8 bytes. */
uint64_t events_length(const char *head);

/* Reads the data of one record. False if it is no event, or has no scalar. */
bool events_read(const char *data, size_t bytes, struct events_event *event);

#endif
