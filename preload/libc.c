/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding functions of the C library, each at its first use: most programs use few of them.
 */
#include <errno.h>
#include <string.h>

#include "preload/libc.h"
#include "preload/resolve.h"

void *_Atomic libc_known[LIBC_CALLS];

static const char names[] =
#define LIBC(result, name, params, args) #name "\0"
#define LIBC_USED(result, name, params)	 #name "\0"
#include "preload/libc.def"
	;

/* Of any parameters: the value is what integers and sizes say of a failure. */
static long not_there(void)
{
	errno = ENOSYS;
	return -1;
}

/* The same for what returns a stream. */
static void *no_stream(void)
{
	errno = ENOSYS;
	return NULL;
}

static void *stand_in(enum libc_call call)
{
	switch (call) {
	case LIBC_fopen:
	case LIBC_fopen64:
	case LIBC_freopen:
	case LIBC_freopen64:
	case LIBC_fdopen:
		return (void *)no_stream;
	default: /* mmap's is the same as a number's */
		return (void *)not_there;
	}
}

void *libc_find(enum libc_call call)
{
	const int saved = errno;
	const char *name = names;
	void *found;

	for (unsigned i = 0; i < call; i++)
		name += strlen(name) + 1;
	found = resolve_next(name);
	if (found)
		atomic_store_explicit(&libc_known[call], found, memory_order_relaxed);
	errno = saved;
	return found ? found : stand_in(call);
}
