/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Primitives of oneDNN where that is a library of its own: convolutions and the like, which use no
 * OpenMP on one thread. What a primitive does on OpenMP's teams, or on a device, is in kernels that
 * are seen by themselves; it books the rest of its time.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/cpu_wrap.h"
#include "preload/elf.h"
#include "preload/real.h"
#include "preload/resolve.h"

#define CALLER() __builtin_return_address(0)

/* dnnl_query_t, the same from 2.0 to 3.x; what is asked for are enums. */
#define QUERY_PRIMITIVE_KIND 2
#define QUERY_PROP_KIND	     11

typedef int (*execute_function)(const void *, void *, int, const void *);
typedef int (*describe_function)(const void *primitive, const void **description);
typedef int (*query_function)(const void *description, int what, int index, void *result);

/* The library's own questions. A second copy of the library is not asked. */
static struct {
	_Atomic(execute_function) owner;
	atomic_bool known;
	describe_function describe;
	query_function query;
} library;

/* True if this thread is the one that finds out what the library has. */
static bool claim(execute_function real)
{
	execute_function none = NULL;

	return atomic_compare_exchange_strong(&library.owner, &none, real);
}

static void find_questions(execute_function real)
{
	const struct link_map *map = resolve_object((const void *)real);

	library.describe = (describe_function)elf_symbol(map, "dnnl_primitive_get_primitive_desc");
	library.query = (query_function)elf_symbol(map, "dnnl_primitive_desc_query");
	atomic_store(&library.known, library.describe && library.query);
}

/* Room for more than an enum, should a later version answer with more. */
static int64_t ask(const void *description, int what)
{
	int64_t answer[4] = {0};

	return library.query(description, what, 0, answer) ? -1 : answer[0];
}

/* Which kind of primitive, forwards or backwards; 0 where it cannot be told. */
static uint32_t shape_of(execute_function real, const void *primitive, int n)
{
	const void *description;

	if (!atomic_load(&library.owner) && claim(real))
		find_questions(real);
	if (!atomic_load(&library.known) || atomic_load(&library.owner) != real ||
	    library.describe(primitive, &description))
		return 0;
	return cpu_shape(0, ask(description, QUERY_PRIMITIVE_KIND),
			 ask(description, QUERY_PROP_KIND), n);
}

#define PRIMITIVE(name)                                                                            \
	CPU_HEAD int name(const void *primitive, void *stream, int n, const void *args)            \
	{                                                                                          \
		execute_function real = (execute_function)real_of(CPU_##name, CALLER());           \
		struct cpu_work work;                                                              \
		uint32_t shape = 0;                                                                \
		int status;                                                                        \
                                                                                                   \
		cpu_region_begin(&work);                                                           \
		if (work.thread)                                                                   \
			shape = shape_of(real, primitive, n);                                      \
		status = real(primitive, stream, n, args);                                         \
		cpu_call_end(&work, CPU_##name, shape);                                            \
		return status;                                                                     \
	}
#include "preload/cpu.def"
