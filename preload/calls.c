/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of the intercepted calls. Looked up when a loader is met, never on the call path.
 */
#include <string.h>

#include "preload/calls.h"

const char calls_names[] =
#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking) #name "\0"
#define ENQUEUE_MAP(name, params, args, bytes, blocking)		 #name "\0"
#define ENQUEUE_BARE(name, kind, params, args)				 #name "\0"
#define HAND(road, result, name, params, args, none)			 #name "\0"
#define USED(name)							 #name "\0"
#include "preload/calls.def"
	;

const char *calls_name(enum call call)
{
	const char *name = calls_names;

	for (unsigned i = 0; i < call; i++)
		name += strlen(name) + 1;
	return name;
}

enum call calls_find(const char *name)
{
	const char *row = calls_names;

	for (unsigned i = 0; i < CALL_COUNT; i++) {
		if (!strcmp(row, name))
			return (enum call)i;
		row += strlen(row) + 1;
	}
	return CALL_COUNT;
}
