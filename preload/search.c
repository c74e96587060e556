/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glibc looks through the RPATHs of the caller and of what needs it, or through LD_LIBRARY_PATH and
 * its RUNPATH, then in its cache and its own folders. It tells the folders (RTLD_DI_SERINFO), with
 * every token expanded, but the cache stands before the last of them, and it does not say before
 * which. So two lists are compared, the caller's and ours: where they end alike, both searches end
 * alike, and only what comes before needs to be looked at. What was opened by dlopen inherits
 * nothing of its caller (tried on 2.36), so it does not matter that then we are the caller.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "preload/memory.h"
#include "preload/resolve.h"
#include "preload/search.h"
#include "preload/sys.h"

#define LIST_BYTES 32768

typedef int (*ask_function)(void *, int, void *);

union list {
	Dl_serinfo info;
	char bytes[LIST_BYTES];
};

/* Too large for the stack of a thread that may have 16 KiB in all. */
struct lists {
	union list theirs, ours;
};

/* A folder that comes again adds nothing. */
static void drop_repeated(Dl_serinfo *list)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < list->dls_cnt; i++) {
		const char *name = list->dls_serpath[i].dls_name;
		unsigned k = 0;

		while (k < kept && strcmp(list->dls_serpath[k].dls_name, name) != 0)
			k++;
		if (k == kept)
			list->dls_serpath[kept++] = list->dls_serpath[i];
	}
	list->dls_cnt = kept;
}

/* The folders in which the loader searches for `map`. */
static bool read_list(const struct link_map *map, union list *list)
{
	ask_function ask = (ask_function)resolve_next("dlinfo");
	void *handle = (void *)(uintptr_t)map;

	if (!ask || ask(handle, RTLD_DI_SERINFOSIZE, &list->info) ||
	    list->info.dls_size > sizeof(*list) || ask(handle, RTLD_DI_SERINFO, &list->info))
		return false;
	drop_repeated(&list->info);
	return true;
}

static unsigned count_shared(const Dl_serinfo *a, const Dl_serinfo *b)
{
	unsigned n = 0;

	while (n < a->dls_cnt && n < b->dls_cnt &&
	       !strcmp(a->dls_serpath[a->dls_cnt - 1 - n].dls_name,
		       b->dls_serpath[b->dls_cnt - 1 - n].dls_name))
		n++;
	return n;
}

/* The same text that the loader makes of a folder and a name. */
static bool join(const char *folder, const char *name, char *path, unsigned size)
{
	const size_t length = strlen(folder), more = strlen(name) + 1;
	const bool slash = length && folder[length - 1] != '/';

	if (length + slash + more > size)
		return false;
	memcpy(path, folder, length);
	path[length] = '/';
	memcpy(path + length + slash, name, more);
	return true;
}

enum there { THERE_NO, THERE_YES, THERE_UNCLEAR };

static enum there is_there(const char *folder, const char *name, char *path, unsigned size)
{
	long error;

	if (!join(folder, name, path, size) || strchr(path, '$'))
		return THERE_UNCLEAR; /* in a path that is opened, the loader expands tokens */
	error = sys(faccessat, AT_FDCWD, path, F_OK);
	if (!error)
		return THERE_YES;
	return error == -ENOENT || error == -ENOTDIR || error == -EACCES ? THERE_NO : THERE_UNCLEAR;
}

/* Folders in a folder that the loader prefers, by the processor; before 2.37 there were many. */
static bool may_vary(const char *folder, char *path, unsigned size)
{
	static const char variants[][16] = {"glibc-hwcaps", "tls",	"x86_64",  "haswell",
					    "xeon_phi",	    "avx512_1", "aarch64", "atomics"};

	for (unsigned i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		if (is_there(folder, variants[i], path, size) != THERE_NO)
			return true;
	return false;
}

static enum search find_first(const Dl_serinfo *list, unsigned folders, const char *name,
			      char *path, unsigned size)
{
	for (unsigned i = 0; i < folders; i++) {
		const char *folder = list->dls_serpath[i].dls_name;
		enum there there;

		if (may_vary(folder, path, size))
			return SEARCH_UNCLEAR;
		there = is_there(folder, name, path, size);
		if (there != THERE_NO)
			return there == THERE_YES ? SEARCH_OWN : SEARCH_UNCLEAR;
	}
	return SEARCH_SHARED;
}

static bool is_glibc(void)
{
	return resolve_next("gnu_get_libc_version") != NULL;
}

static enum search compare(const Dl_serinfo *theirs, const Dl_serinfo *ours, const char *name,
			   char *path, unsigned size)
{
	const unsigned shared = count_shared(theirs, ours);
	enum search result = find_first(theirs, theirs->dls_cnt - shared, name, path, size);

	if (result == SEARCH_SHARED &&
	    find_first(ours, ours->dls_cnt - shared, name, path, size) != SEARCH_SHARED)
		return SEARCH_UNCLEAR;
	return result;
}

enum search search_file(const struct link_map *caller, const char *name, char *path, unsigned size)
{
	const struct link_map *us = resolve_self();
	enum search result = SEARCH_UNCLEAR;
	struct lists *lists;

	if (!is_glibc())
		return SEARCH_SHARED; /* musl searches as the program, whoever calls */
	if (!caller || !us)
		return SEARCH_UNCLEAR;
	lists = memory_make(sizeof(*lists));
	if (!lists)
		return SEARCH_UNCLEAR;
	if (read_list(caller, &lists->theirs) && read_list(us, &lists->ours))
		result = compare(&lists->theirs.info, &lists->ours.info, name, path, size);
	memory_free(lists, sizeof(*lists));
	return result;
}
