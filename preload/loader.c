/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of loaders. A slot is claimed, filled, and published by one atomic store.
 */
#include <CL/cl.h>
#include <dlfcn.h>
#include <string.h>
#include <time.h>

#include "preload/elf.h"
#include "preload/loader.h"
#include "preload/resolve.h"
#include "preload/sys.h"

#define LOADERS 32

static struct loader loaders[LOADERS];
static atomic_bool loader_ready[LOADERS];
static atomic_bool loader_held[LOADERS];

/* Claims the slot of a library, or finds it; waits while another thread fills it (no lock is held
 * meanwhile, and nothing waited for). NULL where the table is full. */
static struct loader *claim(const struct link_map *map, bool *fresh)
{
	*fresh = false;
	for (unsigned i = 0; i < LOADERS; i++) {
		const struct link_map *none = NULL;

		*fresh = atomic_compare_exchange_strong(&loaders[i].map, &none, map);
		if (*fresh)
			return &loaders[i];
		if (none != map)
			continue;
		while (!atomic_load(&loader_ready[i]))
			sys(nanosleep, &(struct timespec){.tv_nsec = 10000}, NULL);
		return &loaders[i];
	}
	return NULL;
}

/* For what we ask of events: of any parameters, and always refused. */
static int not_there(void)
{
	return CL_INVALID_EVENT;
}

/*
 * A library may define a part of the API and forward that. What we ask of events ourselves must be
 * there: events say whose they are, so the common loader can be asked, if it is loaded.
 */
static void complete(struct loader *loader, const struct link_map *map)
{
	static const enum call asked[] = {CALL_clGetEventInfo, CALL_clGetEventProfilingInfo,
					  CALL_clRetainEvent, CALL_clReleaseEvent};
	const struct link_map *common = NULL;

	for (unsigned i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		void **real = &loader->real[asked[i]];

		if (!*real && !common)
			common = resolve_first(elf_has_soname, "libOpenCL.so.1");
		if (!*real && common && common != map)
			*real = loader_find(common, elf_symbol)->real[asked[i]];
		if (!*real)
			*real = (void *)not_there;
	}
}

const struct loader *loader_find(const struct link_map *map, loader_look look)
{
	const char *name = calls_names;
	bool fresh;
	struct loader *loader = claim(map, &fresh);

	if (!loader)
		return &loaders[0]; /* more loaders than anybody has: theirs dispatch alike */
	if (!fresh)
		return loader;
	for (unsigned i = 0; i < CALL_COUNT; i++, name += strlen(name) + 1)
		loader->real[i] = look(map, name);
	complete(loader, map);
	atomic_store(&loader_ready[loader - loaders], true);
	return loader;
}

/* Not where a loader is met: the dynamic loader's lock may be held by who waits for this thread. */
void loader_hold(void)
{
	void *(*open)(const char *, int) = NULL;

	for (unsigned i = 0; i < LOADERS && atomic_load(&loaders[i].map); i++) {
		const struct link_map *map = atomic_load(&loaders[i].map);

		if (!atomic_load(&loader_ready[i]) || atomic_exchange(&loader_held[i], true))
			continue;
		if (!open)
			open = (void *(*)(const char *, int))resolve_next("dlopen");
		if (open && map->l_name && map->l_name[0])
			(void)open(map->l_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
	}
}
