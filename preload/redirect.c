/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handle substitution. Who opens libOpenCL by name gets, instead of its handle, that of a small
 * library of ours (opencl_stub.c) which depends on it: names that we hook are found there, all
 * others in the real library behind it, and dlsym stays untouched. dlopen.S asks here.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "preload/elf.h"
#include "preload/init.h"
#include "preload/life.h"
#include "preload/resolve.h"
#include "preload/sys.h"

#define SONAME	  "libOpenCL.so.1"
#define STUB_NAME "/libgramme-opencl.so"

typedef void *(*open_function)(const char *, int);

const char *redirect_dlopen(const char *name, int flags, open_function *jump, const void *caller);

enum stub_state { STUB_UNKNOWN, STUB_SEARCHED, STUB_THERE, STUB_MISSING };

static char stub_path[PATH_MAX];
static _Atomic uint32_t stub_state;
static atomic_bool stub_given;

static void *no_dlopen(const char *name, int flags)
{
	(void)name;
	(void)flags;
	return NULL;
}

static open_function real_dlopen(void)
{
	static _Atomic(open_function) known;
	open_function real = atomic_load_explicit(&known, memory_order_relaxed);

	if (real)
		return real;
	real = (open_function)resolve_next("dlopen");
	if (real)
		atomic_store_explicit(&known, real, memory_order_relaxed);
	return real ? real : no_dlopen;
}

/* libOpenCL.so, libOpenCL.so.1 and longer versions of it, in any folder. */
static bool is_opencl(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;

	if (strncmp(base, "libOpenCL.so", 12) != 0)
		return false;
	return !base[12] || (!strncmp(base + 12, ".1", 2) && (!base[14] || base[14] == '.'));
}

/* The stand-in beside this library, or NULL where it is not installed. Written by one thread. */
static const char *stub(void)
{
	uint32_t state = STUB_UNKNOWN;
	unsigned length;

	if (atomic_compare_exchange_strong(&stub_state, &state, STUB_SEARCHED)) {
		length = resolve_folder(stub_path, sizeof(stub_path) - sizeof(STUB_NAME));
		memcpy(stub_path + length, STUB_NAME, sizeof(STUB_NAME));
		state = length && !sys(faccessat, AT_FDCWD, stub_path, R_OK) ? STUB_THERE
									     : STUB_MISSING;
		atomic_store(&stub_state, state);
	}
	while ((state = atomic_load(&stub_state)) == STUB_SEARCHED)
		sys(nanosleep, &(struct timespec){.tv_nsec = 10000}, NULL);
	return state == STUB_THERE ? stub_path : NULL;
}

/*
 * A caller that has its own search path may mean another library than we would find: only its own
 * call can tell. The same holds for one that defines the API itself and forwards it: its pointers
 * must be the real ones, or it would call itself through us.
 */
static bool is_own_way(const struct link_map *caller, const char *name)
{
	return caller && (resolve_is_loader(caller) || (!strchr(name, '/') && elf_runpath(caller)));
}

/*
 * Opens the real library first: if it is not there, the program's own call finds that out. It must
 * be the one that the stand-in's dependency is bound to, by its soname and as the first of it.
 */
static const char *substitute(const char *name, int flags, const void *caller)
{
	const struct link_map *object = resolve_object(caller);
	const char *path = stub();
	const char *soname;
	void *handle = NULL;

	if (path && !is_own_way(object, name)) {
		handle = real_dlopen()(name, flags & ~RTLD_GLOBAL);
		if (!handle)
			return name;
		soname = elf_soname(handle);
		if (soname && !strcmp(soname, SONAME) && resolve_called(SONAME) == handle &&
		    resolve_substitute(handle)) {
			atomic_store(&stub_given, true);
			return path;
		}
	}
	if (!object || !resolve_is_loader(object)) /* that one is counted at its own door */
		life_uncovered(WIRE_UNCOVERED_LOADER);
	return name;
}

const char *redirect_dlopen(const char *name, int flags, open_function *jump, const void *caller)
{
	const int saved = errno;

	*jump = real_dlopen();
	if (name && init_settings()->on) {
		if (flags & RTLD_DEEPBIND)
			life_uncovered(WIRE_UNCOVERED_DEEPBIND);
		else if (is_opencl(name) && !(flags & RTLD_NOLOAD))
			name = substitute(name, flags, caller);
		else if (is_opencl(name) && atomic_load(&stub_given))
			name = stub_path; /* is it there? The handle that the program already has */
	}
	errno = saved;
	return name;
}
