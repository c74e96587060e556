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
#include <string.h>
#include <unistd.h>

#include "preload/elf.h"
#include "preload/init.h"
#include "preload/life.h"
#include "preload/resolve.h"
#include "preload/sys.h"

#define SONAME	  "libOpenCL.so.1"
#define STUB_NAME "/libgramme-opencl.so"

typedef void *(*open_function)(const char *, int);

const char *redirect_dlopen(const char *name, int flags, open_function *jump);

static char stub_path[PATH_MAX];
static atomic_bool stub_ready;

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

/* The stand-in beside this library, or NULL where it is not installed. Two threads may both
 * write the same bytes. */
static const char *stub(void)
{
	unsigned length;

	if (atomic_load_explicit(&stub_ready, memory_order_acquire))
		return stub_path;
	length = resolve_folder(stub_path, sizeof(stub_path) - sizeof(STUB_NAME));
	if (!length)
		return NULL;
	memcpy(stub_path + length, STUB_NAME, sizeof(STUB_NAME));
	if (sys(faccessat, AT_FDCWD, stub_path, R_OK))
		return NULL;
	atomic_store_explicit(&stub_ready, true, memory_order_release);
	return stub_path;
}

/*
 * Opens the real library first: if it is not there, the program's own call finds that out. Its
 * soname must be the one that the stand-in needs, or another library would be loaded beside it.
 */
static const char *substitute(const char *name, int flags)
{
	const char *path = stub();
	const char *soname;
	void *handle;

	if (!path) {
		life_uncovered(WIRE_UNCOVERED_LOADER);
		return name;
	}
	handle = real_dlopen()(name, flags & ~RTLD_GLOBAL);
	if (!handle)
		return name;
	soname = elf_soname(handle);
	if (soname && !strcmp(soname, SONAME) && resolve_substitute(handle))
		return path;
	life_uncovered(WIRE_UNCOVERED_LOADER);
	return name;
}

const char *redirect_dlopen(const char *name, int flags, open_function *jump)
{
	const int saved = errno;

	*jump = real_dlopen();
	if (name && !(flags & RTLD_NOLOAD) && init_settings()->on) {
		if (flags & RTLD_DEEPBIND)
			life_uncovered(WIRE_UNCOVERED_DEEPBIND);
		if (is_opencl(name))
			name = substitute(name, flags);
	}
	errno = saved;
	return name;
}
