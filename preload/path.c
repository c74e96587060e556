/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking call paths. One thread at a time; who finds another at it goes without. A child that is
 * forked meanwhile takes none: libunwind's locks may be held in it by nobody.
 */
#include "preload/path.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "preload/elf.h"
#include "preload/entry.h"
#include "preload/note.h"
#include "preload/path/walk.h"
#include "preload/place.h"
#include "preload/rate.h"
#include "preload/real.h"
#include "preload/resolve.h"
#include "preload/sys.h"

#define PERIOD_NS  20000000u
#define BURST	   100u
#define PER_SECOND 100u
#define OBJECTS	   512u /* a power of two; beyond, the oldest of a slot is named anew */

atomic_bool path_on;

static __typeof(gramme_path_walk) *walk_up;
static __typeof(gramme_path_forget) *forget;
static __typeof(gramme_path_object) *look_at;

static atomic_bool busy; /* who has set it owns what follows */
static struct rate rate;
static struct path_walk walk;
static uint64_t frame[WIRE_PATH_FRAMES];
static char program[PLACE_PATH_MAX];

/* The files that were named, for one arena and until one is unloaded. */
static struct {
	uintptr_t start, base;
	uint16_t entry;
} object[OBJECTS];
static uint32_t named_for, named_unloads;

/* What does not load leaves no message behind for the program's dlerror. */
static const struct link_map *load(const char *path)
{
	void *(*open)(const char *, int) = (void *(*)(const char *, int))resolve_next("dlopen");
	char *(*error)(void) = (char *(*)(void))resolve_next("dlerror");
	void *handle = open ? open(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) : NULL;

	if (!handle && error)
		error();
	return handle;
}

void path_start(void)
{
	static const char name[] = "/" PATH_LIBRARY;
	char path[PLACE_PATH_MAX];
	const struct link_map *map;
	__typeof(gramme_path_begin) *begin;
	unsigned length = resolve_folder(path, sizeof(path) - sizeof(name));

	if (!length)
		return;
	memcpy(path + length, name, sizeof(name));
	if (sys(faccessat, AT_FDCWD, path, R_OK) || !(map = load(path)))
		return;
	begin = (__typeof(begin))elf_symbol(map, "gramme_path_begin");
	walk_up = (__typeof(walk_up))elf_symbol(map, "gramme_path_walk");
	forget = (__typeof(forget))elf_symbol(map, "gramme_path_forget");
	look_at = (__typeof(look_at))elf_symbol(map, "gramme_path_object");
	if (!begin || !walk_up || !forget || !look_at || begin())
		return;
	map = resolve_self();
	walk.own = map ? (uintptr_t)map->l_addr : 0;
	place_program(program);
	atomic_store(&path_on, true);
}

/* 10 to 30 ms. The clock's last digits are all the chance that is needed. */
static uint64_t period_ns(uint64_t now_ns)
{
	return PERIOD_NS / 2 + now_ns * 0x9e3779b97f4a7c15u % PERIOD_NS;
}

/* The entry of the file that is mapped there, and where it is; 0 where it cannot be named. */
static uint16_t name_object(struct life *life, uintptr_t start, uintptr_t *base)
{
	const size_t slot = start >> 12 & (OBJECTS - 1);
	char text[PLACE_PATH_MAX + 64];
	struct dl_phdr_info info;
	uint16_t label;

	if (object[slot].start != start) {
		if (!look_at(start, &info))
			return 0;
		label = entry_label(life, WIRE_API_NONE, WIRE_KIND_OBJECT, text,
				    place_object(&info, program, text, sizeof(text)));
		object[slot].start = start;
		object[slot].base = info.dlpi_addr;
		object[slot].entry = label ? entry_of(life, label, 0) : 0;
	}
	*base = object[slot].base;
	return object[slot].entry;
}

static uint64_t name_frame(struct life *life, const struct path_frame *from)
{
	uintptr_t base = 0;
	uint16_t entry = from->object ? name_object(life, from->object, &base) : 0;

	return WIRE_PATH(entry, from->call - base);
}

/* Another arena numbers files otherwise, and in the place of an unloaded one may be another. */
static void look_again(const struct life *life)
{
	const uint32_t generation = atomic_load(&life->generation);
	const uint32_t unloads = atomic_load(&real_generation);

	if (named_unloads != unloads)
		forget();
	if (named_unloads != unloads || named_for != generation)
		memset(object, 0, sizeof(object));
	named_unloads = unloads;
	named_for = generation;
}

static void sample(struct life *life, uint16_t entry, uint64_t now_ns)
{
	look_again(life);
	walk_up(&walk);
	for (uint32_t i = 0; i < walk.frames; i++)
		frame[i] = name_frame(life, &walk.frame[i]);
	if (walk.frames)
		note_path(entry, walk.cut ? WIRE_NOTE_CUT : 0, now_ns, frame, walk.frames);
}

void path_take(struct ring_thread *t, uint16_t entry, uint64_t now_ns)
{
	const uint64_t all = UINT64_MAX;
	const int saved = errno;
	uint64_t mask;

	t->path_ns = now_ns + period_ns(now_ns);
	if (!entry || !rate_take(&rate, now_ns, 1, BURST, PER_SECOND) ||
	    atomic_exchange(&busy, true))
		return;
	/* A handler would run on the walk's stack, and might never come back. */
	if (!sys(rt_sigprocmask, SIG_BLOCK, &all, &mask, sizeof(mask))) {
		sample(t->life, entry, now_ns);
		sys(rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof(mask));
	}
	/* New files are new entries: that is no reason to come again. */
	t->path_ns = now_ns + period_ns(now_ns);
	atomic_store(&busy, false);
	errno = saved;
}
