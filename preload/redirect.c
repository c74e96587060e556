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
#include "preload/opencl_wrap.h"
#include "preload/resolve.h"
#include "preload/search.h"
#include "preload/sys.h"

#define SONAME	    "libOpenCL.so.1"
#define UNVERSIONED "libOpenCL.so"
#define STUB_NAME   "/libgramme-opencl.so"

typedef void *(*open_function)(const char *, int);

const char *redirect_dlopen(const char *name, int flags, open_function *jump, const void *caller);

/* For the stand-in, which asks while it is loaded: the one name of ours that it needs. */
__attribute__((visibility("default"))) void *gramme_opencl_hook(enum call call);

enum stub_state { STUB_UNKNOWN, STUB_SEARCHED, STUB_THERE, STUB_MISSING };

static char stub_path[PATH_MAX];
static _Atomic uint32_t stub_state;
static atomic_bool stub_given; /* it was loaded, if only for a time */
static atomic_bool is_given;   /* the real one may have been: another handle of it would differ */
static atomic_bool is_alias;   /* UNVERSIONED was opened, and means what the stand-in stands for */

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
 * By what name we open what `caller` means by `name`, or NULL if only its own call can tell. What
 * is loaded is found first, by its soname or by what it was opened as, whoever calls.
 */
static const char *locate(const struct link_map *caller, const char *name, char path[PATH_MAX])
{
	if (strchr(name, '$')) /* to be expanded for the caller */
		return NULL;
	if (strchr(name, '/') || resolve_first(elf_has_soname, name))
		return name;
	if (atomic_load(&is_alias) && !strcmp(name, UNVERSIONED))
		return SONAME;
	switch (search_file(caller, name, path, PATH_MAX)) {
	case SEARCH_SHARED:
		return name;
	case SEARCH_OWN:
		return path;
	default:
		return NULL;
	}
}

enum opened { OPENED_MEANT, OPENED_OTHER, OPENED_UNCLEAR, OPENED_NONE };

/*
 * Opens the library before the program does: what its own call would open, or nothing. It must be
 * the one that the stand-in's dependency is bound to, by its soname and as the first of it; a
 * second one is left to the program to load.
 */
static enum opened open_first(const struct link_map *caller, const char *name, int flags)
{
	const struct link_map *first = resolve_first(elf_is_called, SONAME);
	char path[PATH_MAX];
	const char *file = locate(caller, name, path);
	bool has_path = file && strchr(file, '/');
	void *handle;

	if (!file || (first && atomic_load(&is_given) && !atomic_load(&stub_given)))
		return OPENED_UNCLEAR;
	if (has_path && sys(faccessat, AT_FDCWD, file, F_OK))
		return OPENED_NONE;
	flags &= ~RTLD_GLOBAL;
	handle = real_dlopen()(file, has_path && first ? flags | RTLD_NOLOAD : flags);
	if (!handle && has_path) /* it may be passed over, as one for another machine is */
		return first ? OPENED_OTHER : OPENED_UNCLEAR;
	if (!handle)
		return OPENED_NONE;
	if (!elf_has_soname(handle, SONAME) || resolve_first(elf_is_called, SONAME) != handle)
		return OPENED_OTHER;
	if (!strcmp(name, UNVERSIONED))
		atomic_store(&is_alias, true);
	return OPENED_MEANT;
}

/*
 * The program gets the real library, and computes past us: nothing else would ever set us up, and
 * the ledger could not tell of it.
 */
static void let_pass(uint32_t why)
{
	life_uncovered(why);
	(void)life_begin();
}

/*
 * One that defines the API itself and forwards it must get the real pointers, or it would call
 * itself through us; it is counted at its own door.
 */
static const char *substitute(const char *name, int flags, const struct link_map *caller)
{
	const char *path = stub();
	enum opened opened = OPENED_OTHER;

	if (caller && resolve_is_loader(caller))
		return name;
	if (path)
		opened = open_first(caller, name, flags);
	if (opened == OPENED_UNCLEAR)
		atomic_store(&is_given, true);
	if (opened == OPENED_UNCLEAR || opened == OPENED_OTHER)
		let_pass(WIRE_UNCOVERED_LOADER);
	return opened == OPENED_MEANT ? path : name;
}

/* RTLD_NOLOAD: is it there? If it is what the stand-in stands for, the program has that handle. */
static const char *probe(const char *name, int flags, const struct link_map *caller)
{
	char path[PATH_MAX];
	const char *file;
	void *handle = NULL;

	if (!atomic_load(&stub_given) || (caller && resolve_is_loader(caller)))
		return name;
	file = locate(caller, name, path);
	if (file)
		handle = real_dlopen()(file, flags & ~RTLD_GLOBAL);
	if (!handle)
		return name;
	dlclose(handle);
	return handle == resolve_first(elf_is_called, SONAME) ? stub_path : name;
}

const char *redirect_dlopen(const char *name, int flags, open_function *jump, const void *caller)
{
	const int saved = errno;

	*jump = real_dlopen();
	loader_hold();
	if (name && init_settings()->on) {
		if (flags & RTLD_DEEPBIND)
			(is_opencl(name) ? let_pass : life_uncovered)(WIRE_UNCOVERED_DEEPBIND);
		else if (is_opencl(name))
			name = (flags & RTLD_NOLOAD ? probe : substitute)(name, flags,
									  resolve_object(caller));
	}
	errno = saved;
	return name;
}

void *gramme_opencl_hook(enum call call)
{
	if (!atomic_exchange(&stub_given, true))
		resolve_substitute(SONAME);
	return opencl_hook(call);
}
