/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handle substitution. Who opens libOpenCL, libcuda or a library for GPUs of mathematics by name
 * gets, instead of its handle, that of a small library of ours (opencl_stub.c, cuda_stub.c,
 * math_stub.c) which depends on it: names that we hook are
 * found there, all others in the real library behind it, and dlsym stays untouched. dlopen.S asks
 * here.
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

#include "preload/cuda_wrap.h"
#include "preload/elf.h"
#include "preload/init.h"
#include "preload/life.h"
#include "preload/math.h"
#include "preload/opencl_wrap.h"
#include "preload/real.h"
#include "preload/resolve.h"
#include "preload/search.h"
#include "preload/stamp.h"
#include "preload/sys.h"

typedef void *(*open_function)(const char *, int);

const char *redirect_dlopen(const char *name, int flags, open_function *jump, const void *caller);

/* For the stand-ins, which ask while they are loaded: the names of ours that they need. */
__attribute__((visibility("default"))) void *gramme_opencl_hook(enum call call);
__attribute__((visibility("default"))) void gramme_cuda_hooks(void **hook,
							      const ElfW(Dyn) * stand_in);
__attribute__((visibility("default"))) void
gramme_math_hooks(void **hook, const uint16_t *row, unsigned rows, const ElfW(Dyn) * stand_in);

enum stub_state { STUB_UNKNOWN, STUB_SEARCHED, STUB_THERE, STUB_MISSING };

/* A library that is stood in for. Names are arrays: pointers would be relocated in every exec. */
static struct library {
	const char soname[20];
	const char unversioned[16]; /* "" where that could be one of several versions */
	const char stub_name[28];   /* of our file */
	const char entry[20];	    /* which only the library itself, or one like it, defines */
	const uint32_t uncovered;   /* what is told of one that cannot be stood in for */
	_Atomic uint32_t stub_state;
	atomic_bool stub_given; /* the stand-in was loaded, if only for a time */
	atomic_bool is_given;	/* the real one may have been: another handle of it would differ */
	atomic_bool is_alias;	/* unversioned was opened, and means what the stand-in stands for */
} libraries[] = {
#define MATH(name, symbol)                                                                         \
	{                                                                                          \
		.soname = "lib" name, .stub_name = "/libgramme-" name, .entry = symbol,            \
		.uncovered = WIRE_UNCOVERED_MATH                                                   \
	}
	{.soname = "libOpenCL.so.1",
	 .unversioned = "libOpenCL.so",
	 .stub_name = "/libgramme-opencl.so",
	 .entry = "clGetPlatformIDs",
	 .uncovered = WIRE_UNCOVERED_LOADER},
	{.soname = "libcuda.so.1",
	 .unversioned = "libcuda.so",
	 .stub_name = "/libgramme-cuda.so",
	 .entry = "cuInit",
	 .uncovered = WIRE_UNCOVERED_DRIVER},
	MATH("cublas.so.11", "cublasCreate_v2"),
	MATH("cublas.so.12", "cublasCreate_v2"),
	MATH("cublas.so.13", "cublasCreate_v2"),
	MATH("cublasLt.so.11", "cublasLtCreate"),
	MATH("cublasLt.so.12", "cublasLtCreate"),
	MATH("cublasLt.so.13", "cublasLtCreate"),
	MATH("cudnn.so.8", "cudnnCreate"),
	MATH("cudnn.so.9", "cudnnCreate"),
	MATH("nccl.so.2", "ncclGetUniqueId"),
};

#define OPENCL (&libraries[0])
#define CUDA   (&libraries[1])

#define LIBRARIES (sizeof(libraries) / sizeof(libraries[0]))

static char stub_paths[LIBRARIES][PATH_MAX];

static char *stub_path(const struct library *library)
{
	return stub_paths[library - libraries];
}

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

/* Whether the name is that of the library, a longer version of it, or its own without one. */
static bool is_named(const struct library *library, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	const size_t length = strlen(library->soname);

	if (library->unversioned[0] && !strcmp(base, library->unversioned))
		return true;
	return !strncmp(base, library->soname, length) && (!base[length] || base[length] == '.');
}

/* The library that is stood in for, of that name; or NULL. */
static struct library *library_of(const char *name)
{
	for (unsigned i = 0; i < LIBRARIES; i++)
		if (is_named(&libraries[i], name))
			return &libraries[i];
	return NULL;
}

/* Whether a file is a stand-in that was built with this library. */
static bool goes_with_us(const char *path)
{
	static const char stamp[] = STAMP_TEXT;
	char head[STAMP_WITHIN];
	const int fd = (int)sys(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	const long bytes = sys(read, fd, head, sizeof(head));
	sys(close, fd);
	for (long i = 0; i + (long)sizeof(stamp) <= bytes; i++)
		if (!memcmp(head + i, stamp, sizeof(stamp)))
			return true;
	return false;
}

static bool is_loaded_as(const struct link_map *map, const char *path)
{
	return map->l_name && !strcmp(map->l_name, path);
}

/*
 * The stand-in beside this library, or NULL where it is not installed, or is another's since an
 * update. The loader takes the one that is loaded; once it was closed the file is looked at again.
 */
static const char *stub(struct library *library)
{
	const size_t name_bytes = strlen(library->stub_name) + 1;
	char *path = stub_path(library);
	uint32_t state = STUB_UNKNOWN;
	unsigned length;

	/* Written by one thread. */
	if (atomic_compare_exchange_strong(&library->stub_state, &state, STUB_SEARCHED)) {
		length = resolve_folder(path, (unsigned)(PATH_MAX - name_bytes));
		memcpy(path + length, library->stub_name, name_bytes);
		atomic_store(&library->stub_state, length ? STUB_THERE : STUB_MISSING);
	}
	while ((state = atomic_load(&library->stub_state)) == STUB_SEARCHED)
		sys(nanosleep, &(struct timespec){.tv_nsec = 10000}, NULL);
	if (state == STUB_THERE && !resolve_first(is_loaded_as, path) && !goes_with_us(path))
		atomic_store(&library->stub_state, state = STUB_MISSING);
	return state == STUB_THERE ? path : NULL;
}

/*
 * By what name we open what `caller` means by `name`, or NULL if only its own call can tell. What
 * is loaded is found first, by its soname or by what it was opened as, whoever calls.
 */
static const char *locate(const struct library *library, const struct link_map *caller,
			  const char *name, char path[PATH_MAX])
{
	if (strchr(name, '$')) /* to be expanded for the caller */
		return NULL;
	if (strchr(name, '/') || resolve_first(elf_has_soname, name))
		return name;
	if (atomic_load(&library->is_alias) && !strcmp(name, library->unversioned))
		return library->soname;
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
static enum opened open_first(struct library *library, const struct link_map *caller,
			      const char *name, int flags)
{
	const struct link_map *first = resolve_first(elf_is_called, library->soname);
	char path[PATH_MAX];
	const char *file = locate(library, caller, name, path);
	bool has_path = file && strchr(file, '/');
	void *handle;

	if (!file ||
	    (first && atomic_load(&library->is_given) && !atomic_load(&library->stub_given)))
		return OPENED_UNCLEAR;
	if (has_path && sys(faccessat, AT_FDCWD, file, F_OK))
		return OPENED_NONE;
	flags &= ~RTLD_GLOBAL;
	handle = real_dlopen()(file, has_path && first ? flags | RTLD_NOLOAD : flags);
	if (!handle && has_path) /* it may be passed over, as one for another machine is */
		return first ? OPENED_OTHER : OPENED_UNCLEAR;
	if (!handle)
		return OPENED_NONE;
	if (!elf_has_soname(handle, library->soname) ||
	    resolve_first(elf_is_called, library->soname) != handle)
		return OPENED_OTHER;
	if (!strcmp(name, library->unversioned))
		atomic_store(&library->is_alias, true);
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
static const char *substitute(struct library *library, const char *name, int flags,
			      const struct link_map *caller)
{
	const char *path = stub(library);
	enum opened opened = OPENED_OTHER;

	if (caller && resolve_defines(caller, library->entry))
		return name;
	if (path)
		opened = open_first(library, caller, name, flags);
	if (opened == OPENED_UNCLEAR)
		atomic_store(&library->is_given, true);
	if (opened == OPENED_UNCLEAR || opened == OPENED_OTHER)
		let_pass(library->uncovered);
	return opened == OPENED_MEANT ? path : name;
}

/* RTLD_NOLOAD: is it there? If it is what the stand-in stands for, the program has that handle. */
static const char *probe(struct library *library, const char *name, int flags,
			 const struct link_map *caller)
{
	char path[PATH_MAX];
	const char *file;
	void *handle = NULL;

	if (!atomic_load(&library->stub_given) ||
	    (caller && resolve_defines(caller, library->entry)))
		return name;
	file = locate(library, caller, name, path);
	if (file)
		handle = real_dlopen()(file, flags & ~RTLD_GLOBAL);
	if (!handle)
		return name;
	dlclose(handle);
	return handle == resolve_first(elf_is_called, library->soname) ? stub_path(library) : name;
}

static const char *redirect(const char *name, int flags, const void *caller)
{
	struct library *library = library_of(name);

	if (flags & RTLD_DEEPBIND)
		(library ? let_pass : life_uncovered)(WIRE_UNCOVERED_DEEPBIND);
	else if (library)
		name = (flags & RTLD_NOLOAD ? probe : substitute)(library, name, flags,
								  resolve_object(caller));
	return name;
}

const char *redirect_dlopen(const char *name, int flags, open_function *jump, const void *caller)
{
	const int saved = errno;

	*jump = real_dlopen();
	loader_hold();
	cuda_real_hold();
	if (name && init_settings()->on)
		name = redirect(name, flags, caller);
	errno = saved;
	return name;
}

void *gramme_opencl_hook(enum call call)
{
	if (!atomic_exchange(&OPENCL->stub_given, true))
		resolve_substitute(OPENCL->soname);
	return opencl_hook(call);
}

static bool is_object(const struct link_map *map, const char *dynamic)
{
	return (const char *)map->l_ld == dynamic;
}

void gramme_cuda_hooks(void **hook, const ElfW(Dyn) * stand_in)
{
	const struct link_map *map = resolve_first(is_object, (const char *)stand_in);

	atomic_store(&CUDA->stub_given, true);
	for (unsigned i = 0; i < CUDA_HOOKS; i++) {
		hook[i] = cuda_hook((enum cuda_call)i);
		if (map && !cuda_real((enum cuda_call)i))
			elf_hide(map, cuda_real_name((enum cuda_call)i));
	}
}

/* What its dependency lacks is taken out of the stand-in's names, as of libcuda's. */
void gramme_math_hooks(void **hook, const uint16_t *row, unsigned rows, const ElfW(Dyn) * stand_in)
{
	const struct link_map *map = resolve_first(is_object, (const char *)stand_in);
	const char *needed = map ? elf_needed(map, 0) : NULL;
	struct library *library = needed ? library_of(needed) : NULL;
	const struct link_map *real = needed ? resolve_first(elf_is_called, needed) : NULL;

	if (library)
		atomic_store(&library->stub_given, true);
	for (unsigned i = 0; i < rows; i++) {
		hook[i] = math_hook((enum cpu_call)row[i]);
		if (real && !elf_symbol(real, real_name((enum cpu_call)row[i])))
			elf_hide(map, real_name((enum cpu_call)row[i]));
	}
}
