/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The libraries that stand behind our wrappers, each with its real functions. A table that only
 * grows: who was met once stays.
 */
#ifndef GRAMME_LOADER_H
#define GRAMME_LOADER_H

#include <link.h>
#include <stdatomic.h>

#include "preload/calls.h"

/* One loaded library with the real functions; NULL where it has none of that name. */
struct loader {
	const struct link_map *_Atomic map;
	void *real[CALL_COUNT];
};

typedef void *(*loader_look)(const struct link_map *map, const char *name);

/* The loader of that library, made by asking `look` for every name at the first time. Never NULL.*/
const struct loader *loader_find(const struct link_map *map, loader_look look);

/*
 * Has the libraries whose functions we hold stay mapped when the program closes them. Before every
 * dlopen and dlclose of the program, which take the dynamic loader's lock anyway.
 */
void loader_hold(void);

#endif
