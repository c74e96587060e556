/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What wall meters write: a CSV of times and powers, or Grid'5000's Kwollect. Read while it grows
 * or afterwards. Pure.
 */
#ifndef GRAMME_WALL_H
#define GRAMME_WALL_H

#include <stddef.h>
#include <stdint.h>

#define WALL_PORT_MAX 64
#define WALL_WHY      128

struct wall_sample {
	int64_t unix_ns; /* UTC */
	uint64_t uw;
	const char *port; /* of a node with several supplies; "" where only one is known */
};

/* What `each` returns other than 0 ends the reading. */
typedef int wall_function(void *arg, const struct wall_sample *sample);

struct wall_format {
	/* Titles of a CSV's columns; NULL: the first column, and the first that names power. */
	const char *time;
	const char *power;
	const char *unit; /* of its powers: "mW", "W" (also if NULL) or "kW" */
	/* Of Kwollect, the device and the metric that are meant; NULL: any. */
	const char *device;
	const char *metric;
};

/*
 * Reads a CSV: comma, semicolon or tab; with a line of titles, or without one, then time and power
 * are the first two columns. Times are ISO 8601 (UTC, unless they say otherwise) or seconds or
 * milliseconds since 1970. A row whose power is no number is passed over: a meter that had no
 * answer; so is an unfinished last line. Returns 0, what `each` returned, or -EINVAL with `why`.
 */
int wall_read_csv(const char *text, size_t size, const struct wall_format *format,
		  wall_function *each, void *arg, char why[WALL_WHY]);

/*
 * Reads Kwollect's JSON: an array of {"timestamp", "device_id", "metric_id", "value", "labels"}. A
 * node with several supplies has a port for each (`_device_orig`); their powers add up. A value of
 * null is passed over. Returns as wall_read_csv does.
 */
int wall_read_kwollect(const char *text, size_t size, const struct wall_format *format,
		       wall_function *each, void *arg, char why[WALL_WHY]);

#endif
