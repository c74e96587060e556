/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a row of the table to its wrapper. A switch and no array: addresses in code need no
 * relocation, an array of them would cost one a row in every exec.
 */
#include "preload/opencl_wrap.h"

#define CORE_FOREIGN(name)                                                                         \
	extern __typeof__(name) CORE_OWN(name) __attribute__((visibility("hidden")));
#define EXTENSION_FOREIGN(name)
#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking) road##_FOREIGN(name)
#define ENQUEUE_MAP(name, params, args, bytes, blocking)		 CORE_FOREIGN(name)
#define ENQUEUE_BARE(name, kind, params, args)				 CORE_FOREIGN(name)
#define HAND(road, result, name, params, args, none)			 road##_FOREIGN(name)
#include "preload/calls.def"

void *opencl_hook(enum call call)
{
	switch (call) {
#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking)                           \
	case CALL_##name:                                                                          \
		return (void *)road##_OWN(name);
#define ENQUEUE_MAP(name, params, args, bytes, blocking)                                           \
	case CALL_##name:                                                                          \
		return (void *)CORE_OWN(name);
#define ENQUEUE_BARE(name, kind, params, args)                                                     \
	case CALL_##name:                                                                          \
		return (void *)CORE_OWN(name);
#define HAND(road, result, name, params, args, none)                                               \
	case CALL_##name:                                                                          \
		return (void *)road##_OWN(name);
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
