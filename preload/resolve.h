/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who called, and which real functions are meant. A process can hold several OpenCL loaders (the
 * system's, one vendored into a wheel under another name); each caller gets the one that its own
 * library was linked with, found through the caller's return address.
 */
#ifndef GRAMME_RESOLVE_H
#define GRAMME_RESOLVE_H

#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/calls.h"
#include "preload/loader.h"

/* The code of one object that calls, and the loader it means. */
struct caller {
	uintptr_t start;
	uintptr_t bytes;
	const struct loader *loader;
};

extern __attribute__((visibility("hidden"))) struct caller *_Atomic resolve_hot;

/* The slow way: finds the object of `address`, its loader, and remembers both. Never NULL. */
const struct loader *resolve_caller(uintptr_t address);

/* The loader meant by the code at the return address `caller`. Keeps errno and dlerror. */
static inline const struct loader *resolve_loader(const void *caller)
{
	const struct caller *hot = atomic_load_explicit(&resolve_hot, memory_order_acquire);

	if (__builtin_expect(hot && (uintptr_t)caller - hot->start < hot->bytes, 1))
		return hot->loader;
	return resolve_caller((uintptr_t)caller);
}

/* Notes which objects are there at the start. From the constructor: later ones are behind. */
void resolve_start(void);

/* The object that holds the address; for code in no object the program, as dlopen takes it. */
const struct link_map *resolve_object(const void *address);
/* The first loaded object that passes the test, or NULL. The list stands still meanwhile. */
typedef bool (*resolve_test)(const struct link_map *map, const char *name);
const struct link_map *resolve_first(resolve_test test, const char *name);
/* The first object in the loader's list, which is the program; NULL where there is no list. */
const struct link_map *resolve_program(void);
/* This library, or NULL where there is no list. */
const struct link_map *resolve_self(void);
/* True if the object defines that function itself, behind us: it is a real one, or forwards it. */
bool resolve_defines(const struct link_map *map, const char *name);

/*
 * The stand-in for the library of that soname is being loaded, and holds it: who cannot be told
 * otherwise (a function pointer called from libffi) means this library.
 */
void resolve_substitute(const char *soname);

/* Forgets callers that are no longer loaded: others may come to lie in their place. */
void resolve_forget(void);

/* The next definition behind us among the objects of the start, as RTLD_NEXT would find it. */
void *resolve_next_at_start(const char *name);
/* The next definition of `name` behind this library in the order of loading, or NULL. */
void *resolve_next(const char *name);

/*
 * The function `name` that the code at `address` would have been bound to, had we not stood before
 * it: the next definition behind us in the global scope, else the first among what its own object
 * needs, else any. *start and *bytes are the code for which that holds. NULL where there is none.
 */
void *resolve_symbol(uintptr_t address, const char *name, uintptr_t *start, uintptr_t *bytes);

/* A function of the loaded object with that soname, or NULL. */
void *resolve_in(const char *soname, const char *name);

/* Full path of the folder that this library was loaded from. Returns its length, 0 if unknown. */
unsigned resolve_folder(char *folder, unsigned size);

/*
 * Entry points of extensions: a platform told `real` for `call`. Returns false if there is no
 * room to remember it; the caller then gives the real one to the program.
 */
bool resolve_extension_learn(enum call call, const void *platform, void *real);
/* The real entry point of a platform; else one learnt without a platform, or of any; or NULL. */
void *resolve_extension(enum call call, const void *platform);

#endif
