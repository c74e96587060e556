/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of real functions: filled once, by whoever comes first. Two threads that fill it at
 * once write the same.
 */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "preload/cuda_real.h"
#include "preload/elf.h"
#include "preload/resolve.h"

#define SONAME "libcuda.so.1"

void *_Atomic cuda_reals[CUDA_CALLS];

static const struct link_map *_Atomic driver;
static atomic_bool held;

static const char names[] =
#define CUDA_ROW(name, params, args) #name "\0"
#define USED(name, params)	     #name "\0"
#include "preload/cuda.def"
	;

const char *cuda_real_name(enum cuda_call call)
{
	const char *name = names;

	for (unsigned i = 0; i < call; i++)
		name += strlen(name) + 1;
	return name;
}

static void fill(const struct link_map *map)
{
	const char *name = names;

	for (unsigned i = 0; i < CUDA_CALLS; i++, name += strlen(name) + 1) {
		void *real = resolve_next_at_start(name);

		if (!real)
			real = elf_symbol(map, name);
		atomic_store_explicit(&cuda_reals[i], real, memory_order_release);
	}
	atomic_store(&driver, map);
}

/* Of this file, so that its address needs no relocation. */
static bool defines(const struct link_map *map, const char *name)
{
	return resolve_defines(map, name);
}

/*
 * Before there is a driver, a library that defines the API itself is meant: the driver is loaded by
 * what it does then, and it must be called for that.
 */
static void *find_forwarder(const char *name)
{
	const struct link_map *map = resolve_first(defines, name);

	return map ? elf_symbol(map, name) : NULL;
}

void *cuda_real_find(enum cuda_call call)
{
	const int saved = errno;
	void *real;

	/* A driver that lacks a function is not searched again for it. */
	if (!atomic_load(&driver)) {
		const struct link_map *map = resolve_first(elf_has_soname, SONAME);

		if (!map) /* bound by the name of its file */
			map = resolve_first(elf_is_called, SONAME);
		if (map)
			fill(map);
	}
	real = atomic_load(&driver) ? atomic_load(&cuda_reals[call])
				    : find_forwarder(cuda_real_name(call));
	errno = saved;
	return real;
}

enum cuda_call cuda_real_row(const void *address, const char *called)
{
	enum cuda_call found = CUDA_HOOKS;
	const char *name = names;

	for (unsigned i = 0; i < CUDA_HOOKS; i++, name += strlen(name) + 1) {
		if (atomic_load_explicit(&cuda_reals[i], memory_order_relaxed) != address)
			continue;
		if (!strncmp(name, called, strlen(called)))
			return (enum cuda_call)i;
		if (found == CUDA_HOOKS)
			found = (enum cuda_call)i;
	}
	return found;
}

void cuda_real_hold(void)
{
	const struct link_map *map = atomic_load(&driver);
	void *(*open)(const char *, int);

	if (!map || !map->l_name || !map->l_name[0] || atomic_exchange(&held, true))
		return;
	open = (void *(*)(const char *, int))resolve_next("dlopen");
	if (open)
		(void)open(map->l_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}
