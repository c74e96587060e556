/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a row of the table to its wrapper. A switch and no array: addresses in code need no
 * relocation, an array of them would cost one a row in every exec.
 */
#include "preload/opencl_wrap.h"

void *opencl_hook(enum call call)
{
	switch (call) {
#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking)                           \
	case CALL_##name:                                                                          \
		return (void *)road##_AS(name);
#define ENQUEUE_MAP(name, params, args, bytes, blocking)                                           \
	case CALL_##name:                                                                          \
		return (void *)name;
#define ENQUEUE_BARE(name, kind, params, args)                                                     \
	case CALL_##name:                                                                          \
		return (void *)name;
#define HAND(road, result, name, params, args, none)                                               \
	case CALL_##name:                                                                          \
		return (void *)road##_AS(name);
#include "preload/calls.def"
	default:
		return NULL;
	}
}

#define CORE_IS	     false
#define EXTENSION_IS true

bool opencl_is_extension(enum call call)
{
	switch (call) {
#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking)                           \
	case CALL_##name:                                                                          \
		return road##_IS;
#define HAND(road, result, name, params, args, none)                                               \
	case CALL_##name:                                                                          \
		return road##_IS;
#include "preload/calls.def"
	default:
		return false;
	}
}
