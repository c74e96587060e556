/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds real functions without the help of dlsym. Tables are fixed and only ever grow; entries
 * are published by one atomic store, so that no lock is needed and a signal may come anywhere.
 */
#include <errno.h>
#include <link.h>
#include <string.h>

#include "preload/elf.h"
#include "preload/maps.h"
#include "preload/resolve.h"
#include "preload/start.h"

#define CALLERS	   256
#define EXTENSIONS 256
#define SEARCHED   256 /* objects looked at for one caller */
#define JIT_PAGE   4096u

struct caller *_Atomic resolve_hot;

static const struct loader loader_none;
static const struct loader *_Atomic substitute;

static const struct link_map *_Atomic own START_DATA; /* this library */
/* the last object that was there at the start */
static const struct link_map *_Atomic startup_last START_DATA;

static struct caller callers[CALLERS];
static atomic_uint callers_taken;
static atomic_bool caller_ready[CALLERS];

static struct extension {
	const void *platform;
	void *real;
	enum call call;
} extensions[EXTENSIONS];
static atomic_uint extensions_taken;
static atomic_bool extension_ready[EXTENSIONS];

/* Takes the next slot of a table of `room`, or returns `room`. The counter stops there. */
static unsigned take(atomic_uint *taken, unsigned room)
{
	unsigned slot = atomic_load(taken);

	do {
		if (slot >= room)
			return room;
	} while (!atomic_compare_exchange_weak(taken, &slot, slot + 1));
	return slot;
}

/* The dynamic loader tells debuggers, through the program's DT_DEBUG, where its list begins. */
static int find_list(struct dl_phdr_info *info, size_t size, void *arg)
{
	const struct link_map **first = arg;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type != PT_DYNAMIC)
			continue;
		for (const ElfW(Dyn) *d = (const void *)(info->dlpi_addr + p->p_vaddr);
		     d->d_tag != DT_NULL; d++)
			if (d->d_tag == DT_DEBUG && d->d_un.d_ptr)
				*first = ((const struct r_debug *)d->d_un.d_ptr)->r_map;
	}
	return 1; /* the first object is the program */
}

/*
 * The list's beginning as ld.so of glibc tells it, too: to look there costs an exec less than to
 * call into a part of libc that nobody else has touched yet. Elsewhere it is not there.
 */
extern struct r_debug _r_debug __attribute__((weak, visibility("default")));

/*
 * This library in the loader's list; NULL where there is no list. dladdr1 would tell as well, but
 * it takes the loader's lock, and musl has none: a program would not even start.
 */
START_CODE const struct link_map *resolve_self(void)
{
	const struct link_map *known = atomic_load_explicit(&own, memory_order_relaxed);

	if (known)
		return known;
	if (&_r_debug)
		known = _r_debug.r_map;
	else
		dl_iterate_phdr(find_list, &known);
	while (known && known->l_ld != _DYNAMIC)
		known = known->l_next;
	atomic_store_explicit(&own, known, memory_order_relaxed);
	return known;
}

START_CODE void resolve_start(void)
{
	const struct link_map *last = resolve_self();

	while (last && last->l_next)
		last = last->l_next;
	atomic_store(&startup_last, last);
}

/* Ours: this library, and the stand-ins that only jump into it. */
static bool is_ours(const struct link_map *map)
{
	const char *soname = elf_soname(map);

	return map == resolve_self() || (soname && !strncmp(soname, "libgramme", 9));
}

/*
 * The program and what was preloaded before us come before us in the global scope: what they
 * define was passed over on the way here, or called us itself. They are never the real one.
 */
static bool is_before_us(const struct link_map *map)
{
	const struct link_map *m = resolve_self();

	while (m && m != map)
		m = m->l_prev;
	return m != NULL;
}

const struct link_map *resolve_program(void)
{
	const struct link_map *map = resolve_self();

	while (map && map->l_prev)
		map = map->l_prev;
	return map;
}

static const struct link_map *find_called(const struct link_map *first, const char *needed)
{
	const struct link_map *m = first;

	while (m && !elf_is_called(m, needed))
		m = m->l_next;
	return m;
}

bool resolve_defines(const struct link_map *map, const char *name)
{
	return !is_ours(map) && !is_before_us(map) && elf_symbol(map, name);
}

struct query {
	resolve_test test;
	const char *name;
	const struct link_map *found;
};

/* Runs under the dynamic loader's own lock, so the list of objects stands still. */
static int query_first(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct query *q = arg;

	(void)info;
	(void)size;
	q->found = resolve_program();
	while (q->found && !q->test(q->found, q->name))
		q->found = q->found->l_next;
	return 1;
}

const struct link_map *resolve_first(resolve_test test, const char *name)
{
	struct query q = {.test = test, .name = name};

	dl_iterate_phdr(query_first, &q);
	return q.found;
}

static bool is_among(const struct link_map *const *maps, unsigned n, const struct link_map *map)
{
	for (unsigned i = 0; i < n; i++)
		if (maps[i] == map)
			return true;
	return false;
}

/*
 * Who defines `name`: breadth first through what `start` needs, as the dynamic loader does it. Each
 * is asked as it is met, which is the same order: to find an object by the name that another needs
 * is the dear part (a process of PyTorch has 200), and what the ones behind it need is then never
 * looked for.
 */
static const struct link_map *find_needed(const struct link_map *start,
					  const struct link_map *first, const char *name)
{
	const struct link_map *queue[SEARCHED];
	unsigned end = 0;

	if (resolve_defines(start, name))
		return start;
	queue[end++] = start;
	for (unsigned i = 0; i < end; i++) {
		const char *needed;

		for (unsigned n = 0; (needed = elf_needed(queue[i], n)) && end < SEARCHED; n++) {
			const struct link_map *m = find_called(first, needed);

			if (!m || is_among(queue, end, m))
				continue;
			if (resolve_defines(m, name))
				return m;
			queue[end++] = m;
		}
	}
	return NULL;
}

void *resolve_next_at_start(const char *name)
{
	const struct link_map *last = atomic_load(&startup_last);
	const struct link_map *m = resolve_self();
	void *found = NULL;

	while (m && m != last && !found) {
		m = m->l_next;
		found = m && !is_ours(m) ? elf_symbol(m, name) : NULL;
	}
	return found;
}

static void *look_at_start(const struct link_map *map, const char *name)
{
	(void)map;
	return resolve_next_at_start(name);
}

/*
 * What is linked at the start calls by the global scope: what stands behind us there is meant,
 * symbol by symbol, be it the loader or another library that listens. NULL if there is none. Our
 * own object stands for all that is behind it.
 */
static const struct loader *loader_at_start(void)
{
	if (!resolve_next_at_start("clGetPlatformIDs"))
		return NULL;
	return loader_find(resolve_self(), look_at_start);
}

static bool is_of_start(const struct link_map *map)
{
	const struct link_map *m = atomic_load(&startup_last);

	while (m && m != map)
		m = m->l_prev;
	return m != NULL;
}

struct search {
	uintptr_t address;
	const char *name;	       /* that its loader defines */
	const struct link_map *object; /* that the address lies in */
	const struct link_map *found;  /* the loader */
	uintptr_t start, bytes;	       /* the code of the caller */
};

static bool covers(const struct dl_phdr_info *info, struct search *s)
{
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + p->p_vaddr;

		if (p->p_type == PT_LOAD && s->address - start < p->p_memsz) {
			s->start = start;
			s->bytes = p->p_memsz;
			return true;
		}
	}
	return false;
}

static const struct link_map *map_of(const struct dl_phdr_info *info, const struct link_map *first)
{
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type != PT_DYNAMIC)
			continue;
		for (const struct link_map *m = first; m; m = m->l_next)
			if ((uintptr_t)m->l_ld == info->dlpi_addr + p->p_vaddr)
				return m;
	}
	return NULL;
}

static int find_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct search *s = arg;

	(void)size;
	if (!covers(info, s))
		return 0;
	s->object = map_of(info, resolve_program());
	return 1;
}

const struct link_map *resolve_object(const void *address)
{
	struct search s = {.address = (uintptr_t)address};

	dl_iterate_phdr(find_object, &s);
	return s.object ? s.object : resolve_program();
}

/* As above: under the lock. */
static int search_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct search *s = arg;
	const struct link_map *first;

	if (!find_object(info, size, s))
		return 0;
	first = resolve_program();
	if (s->object)
		s->found = find_needed(s->object, first, s->name);
	return 1;
}

static int search_any(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct search *s = arg;

	(void)info;
	(void)size;
	for (const struct link_map *m = resolve_self(); m && !s->found; m = m->l_next)
		if (resolve_defines(m, s->name))
			s->found = m;
	return 1;
}

static const struct loader *meant_by(struct search *s)
{
	const struct loader *loader = NULL;

	dl_iterate_phdr(search_object, s);
	if (s->object && is_of_start(s->object))
		loader = loader_at_start();
	if (!loader && s->found)
		loader = loader_find(s->found, elf_symbol);
	if (!loader)
		loader = atomic_load(&substitute);
	if (!loader) {
		dl_iterate_phdr(search_any, s);
		loader = s->found ? loader_find(s->found, elf_symbol) : &loader_none;
	}
	return loader;
}

/* Code in no object, made at run time: its page speaks for it. */
static void widen(struct search *s)
{
	if (s->bytes)
		return;
	s->start = s->address & ~(uintptr_t)(JIT_PAGE - 1);
	s->bytes = JIT_PAGE;
}

const struct loader *resolve_caller(uintptr_t address)
{
	const int saved = errno;
	struct search s = {.address = address, .name = "clGetPlatformIDs"};
	const struct loader *loader;
	unsigned slot;

	for (unsigned i = 0; i < CALLERS; i++) {
		if (!atomic_load(&caller_ready[i]))
			continue;
		if (address - callers[i].start < callers[i].bytes) {
			atomic_store(&resolve_hot, &callers[i]);
			return callers[i].loader;
		}
	}
	loader = meant_by(&s);
	widen(&s);
	/* A caller whose loader may yet come is not remembered. */
	if (loader != &loader_none) {
		slot = take(&callers_taken, CALLERS);
		if (slot < CALLERS) {
			callers[slot] = (struct caller){s.start, s.bytes, loader};
			atomic_store(&caller_ready[slot], true);
			atomic_store(&resolve_hot, &callers[slot]);
		}
	}
	errno = saved;
	return loader;
}

static int mark_living(struct dl_phdr_info *info, size_t size, void *arg)
{
	bool *living = arg;

	(void)size;
	for (unsigned n = 0; n < info->dlpi_phnum; n++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[n];

		for (unsigned i = 0; p->p_type == PT_LOAD && i < CALLERS; i++)
			living[i] |= callers[i].start == info->dlpi_addr + p->p_vaddr &&
				     callers[i].bytes == p->p_memsz;
	}
	return 0;
}

/* The slot is not filled anew: who reads it meanwhile finds a caller of no bytes. */
void resolve_forget(void)
{
	bool living[CALLERS] = {false};

	dl_iterate_phdr(mark_living, living);
	for (unsigned i = 0; i < CALLERS; i++)
		if (atomic_load(&caller_ready[i]) && !living[i])
			__atomic_store_n(&callers[i].bytes, 0, __ATOMIC_RELAXED);
}

void resolve_substitute(const char *soname)
{
	const struct link_map *map = resolve_first(elf_has_soname, soname);

	if (!map) /* bound by the name of its file */
		map = resolve_first(elf_is_called, soname);
	if (map)
		atomic_store(&substitute, loader_find(map, elf_symbol));
}

void *resolve_symbol(uintptr_t address, const char *name, uintptr_t *start, uintptr_t *bytes)
{
	struct search s = {.address = address, .name = name};
	void *found = resolve_next_at_start(name);

	dl_iterate_phdr(search_object, &s);
	if (!found && !s.found)
		dl_iterate_phdr(search_any, &s);
	if (!found && s.found)
		found = elf_symbol(s.found, name);
	widen(&s);
	*start = s.start;
	*bytes = s.bytes;
	return found;
}

void *resolve_next(const char *name)
{
	const struct link_map *us = resolve_self();

	for (const struct link_map *m = us ? us->l_next : NULL; m; m = m->l_next) {
		void *found = elf_symbol(m, name);

		if (found)
			return found;
	}
	return NULL;
}

void *resolve_in(const char *soname, const char *name)
{
	for (const struct link_map *m = resolve_program(); m; m = m->l_next)
		if (elf_has_soname(m, soname))
			return elf_symbol(m, name);
	return NULL;
}

unsigned resolve_folder(char *folder, unsigned size)
{
	const struct link_map *us = resolve_self();
	unsigned length = us ? (unsigned)strlen(us->l_name) : 0;

	if (!length)
		return 0;
	if (us->l_name[0] == '/' && length < size)
		memcpy(folder, us->l_name, length);
	else /* LD_PRELOAD=./libgramme.so, and who knows where the program is by now */
		length = maps_path((const void *)(uintptr_t)resolve_folder, folder, size);
	while (length && folder[length - 1] != '/')
		length--;
	if (!length)
		return 0;
	folder[--length] = '\0';
	return length;
}

bool resolve_extension_learn(enum call call, const void *platform, void *real)
{
	unsigned slot;

	for (unsigned i = 0; i < EXTENSIONS; i++)
		if (atomic_load(&extension_ready[i]) && extensions[i].call == call &&
		    extensions[i].platform == platform)
			return extensions[i].real == real;
	slot = take(&extensions_taken, EXTENSIONS);
	if (slot == EXTENSIONS)
		return false;
	extensions[slot] = (struct extension){platform, real, call};
	atomic_store(&extension_ready[slot], true);
	return true;
}

void *resolve_extension(enum call call, const void *platform)
{
	void *any = NULL, *unnamed = NULL;

	for (unsigned i = 0; i < EXTENSIONS; i++) {
		if (!atomic_load(&extension_ready[i]) || extensions[i].call != call)
			continue;
		if (extensions[i].platform == platform)
			return extensions[i].real;
		if (!extensions[i].platform)
			unnamed = extensions[i].real;
		any = extensions[i].real;
	}
	return unnamed ? unnamed : any;
}
