/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers for the rows of calls.def.
 */
#ifndef GRAMME_CALLS_H
#define GRAMME_CALLS_H

enum call {
#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking) CALL_##name,
#define ENQUEUE_MAP(name, params, args, bytes, blocking)		 CALL_##name,
#define ENQUEUE_BARE(name, kind, params, args)				 CALL_##name,
#define HAND(road, result, name, params, args, none)			 CALL_##name,
#define USED(name)							 CALL_##name,
#include "preload/calls.def"
	CALL_COUNT
};

/* All names in the order of the table, each ended by a zero byte: one object without pointers. */
extern __attribute__((visibility("hidden"))) const char calls_names[];

/* The row of that name, or CALL_COUNT. */
enum call calls_find(const char *name);
/* The name of a row. */
const char *calls_name(enum call call);

#endif
