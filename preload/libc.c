/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding functions of the C library, each at its first use: most programs use few of them.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/libc.h"
#include "preload/resolve.h"
#include "preload/start.h"

/* On the page that the constructor has written to: another one would be a fault in each exec. */
void *_Atomic libc_known[LIBC_CALLS] START_DATA = {NULL};

/* Laid out by the compiler, so that a name is found without reading those before it. */
static const struct names {
#define LIBC(result, name, params, args) char name_##name[sizeof(#name)];
#define LIBC_USED(result, name, params)	 char name_##name[sizeof(#name)];
#include "preload/libc.def"
} names = {
#define LIBC(result, name, params, args) .name_##name = #name,
#define LIBC_USED(result, name, params)	 .name_##name = #name,
#include "preload/libc.def"
};

static const uint16_t offset[LIBC_CALLS] = {
#define LIBC(result, name, params, args) offsetof(struct names, name_##name),
#define LIBC_USED(result, name, params)	 offsetof(struct names, name_##name),
#include "preload/libc.def"
};

/* What says that a call failed: 0 for sizes, streams and lines, -1 for all others. */
#define FAILS_BY_ZERO(result)                                                                      \
	_Generic((result(*)(void))0, size_t(*)(void)                                               \
		 : true, FILE * (*)(void)                                                          \
		 : true, char *(*)(void)                                                           \
		 : true, default                                                                   \
		 : false)

static const bool fails_by_zero[LIBC_CALLS] = {
#define LIBC(result, name, params, args) FAILS_BY_ZERO(result),
#define LIBC_USED(result, name, params)	 FAILS_BY_ZERO(result),
#include "preload/libc.def"
};

/* Of any parameters. */
static long minus_one(void)
{
	errno = ENOSYS;
	return -1;
}

static long zero(void)
{
	errno = ENOSYS;
	return 0;
}

void *libc_find(enum libc_call call)
{
	const int saved = errno;
	void *found = resolve_next((const char *)&names + offset[call]);

	if (found)
		atomic_store_explicit(&libc_known[call], found, memory_order_relaxed);
	errno = saved;
	if (found)
		return found;
	return fails_by_zero[call] ? (void *)zero : (void *)minus_one;
}
