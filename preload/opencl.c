/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wrappers of all commands, made from the table: the real function, and around it what
 * opencl_command.c does. A wrapper by hand is in opencl_hand.c.
 */
#include <errno.h>

#include "preload/opencl_command.h"
#include "preload/opencl_wrap.h"

/* ---- sizes ---- */

static uint64_t bytes_box(const size_t *region)
{
	return region ? (uint64_t)region[0] * region[1] * region[2] : 0;
}

static uint64_t bytes_image(const struct loader *loader, cl_mem image, const size_t *region)
{
	__typeof__(&clGetImageInfo) real = OPENCL_REAL(loader, clGetImageInfo);
	const int saved = errno;
	size_t element = 0;

	if (!real || real(image, CL_IMAGE_ELEMENT_SIZE, sizeof(element), &element, NULL))
		element = 0;
	errno = saved;
	return bytes_box(region) * element;
}

static uint64_t bytes_mems(const struct loader *loader, cl_uint mems, const cl_mem *mem)
{
	__typeof__(&clGetMemObjectInfo) real = OPENCL_REAL(loader, clGetMemObjectInfo);
	const int saved = errno;
	uint64_t bytes = 0;

	for (cl_uint i = 0; real && mem && i < mems; i++) {
		size_t size = 0;

		if (!real(mem[i], CL_MEM_SIZE, sizeof(size), &size, NULL))
			bytes += size;
	}
	errno = saved;
	return bytes;
}

static uint64_t bytes_sizes(cl_uint n, const size_t *size)
{
	uint64_t bytes = 0;

	for (cl_uint i = 0; size && i < n; i++)
		bytes += size[i];
	return bytes;
}

/* For wire_event.shape: how many items a kernel works on. Never 0, but where that is not told. */
static inline uint32_t shape_of(cl_uint dims, const size_t *global)
{
	const uint64_t mix = 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio */
	uint64_t hash;

	if (!global || dims - 1 > 2)
		return 0;
	hash = global[0] * mix;
	if (dims > 1)
		hash = (hash ^ hash >> 32 ^ global[1]) * mix;
	if (dims > 2)
		hash = (hash ^ hash >> 32 ^ global[2]) * mix;
	return (uint32_t)(hash >> 32) | 1;
}

/* ---- commands, from the table ---- */

/* A row's kernel, and how many items the call told. */
#define SIZED(kernel_, dims, global) kernel_, .shape = error ? 0 : shape_of(dims, global)
/* The kernel alone. */
#define FIRST(...)	     FIRST_OF(__VA_ARGS__, )
#define FIRST_OF(first, ...) first

#define ENQUEUE(road, name, kind_, params, args, kernel_, bytes_, blocking_)                       \
	road##_HEAD cl_int CL_API_CALL road##_AS(name) params                                      \
	{                                                                                          \
		const struct loader *loader = resolve_loader(CALLER());                            \
		__typeof__(&name) real = road##_REAL(name, loader, queue);                         \
		struct opencl_command c;                                                           \
		cl_int error;                                                                      \
                                                                                                   \
		if (!real)                                                                         \
			return CL_INVALID_OPERATION;                                               \
		opencl_begin(&c, loader, queue, FIRST(kernel_), event,                             \
			     opencl_timeable(WIRE_KIND_##kind_));                                  \
		event = c.event;                                                                   \
		error = real args;                                                                 \
		if (c.thread)                                                                      \
			opencl_end(&c, error,                                                      \
				   &(struct opencl_work){.call = CALL_##name,                      \
							 .kind = WIRE_KIND_##kind_,                \
							 .bytes = error ? 0 : (bytes_),            \
							 .blocking = (blocking_) != CL_FALSE,      \
							 .kernel = kernel_});                      \
		return error;                                                                      \
	}

#define ENQUEUE_MAP(name, params, args, bytes_, blocking_)                                         \
	CORE_HEAD void *CL_API_CALL name params                                                    \
	{                                                                                          \
		const struct loader *loader = resolve_loader(CALLER());                            \
		__typeof__(&name) real = OPENCL_REAL(loader, name);                                \
		struct opencl_command c;                                                           \
		cl_int *asked = error;                                                             \
		cl_int own = CL_INVALID_OPERATION;                                                 \
		void *mapped = NULL;                                                               \
                                                                                                   \
		error = &own;                                                                      \
		opencl_begin(&c, loader, queue, NULL, event, real != NULL);                        \
		event = c.event;                                                                   \
		if (real)                                                                          \
			mapped = real args;                                                        \
		if (c.thread)                                                                      \
			opencl_end(&c, own,                                                        \
				   &(struct opencl_work){.call = CALL_##name,                      \
							 .kind = WIRE_KIND_MAP,                    \
							 .bytes = own ? 0 : (bytes_),              \
							 .blocking = (blocking_) != CL_FALSE});    \
		if (asked)                                                                         \
			*asked = own;                                                              \
		return mapped;                                                                     \
	}

#define ENQUEUE_BARE(name, kind_, params, args)                                                    \
	CORE_HEAD cl_int CL_API_CALL name params                                                   \
	{                                                                                          \
		const struct loader *loader = resolve_loader(CALLER());                            \
		__typeof__(&name) real = OPENCL_REAL(loader, name);                                \
		struct opencl_command c;                                                           \
		cl_int error;                                                                      \
                                                                                                   \
		if (!real)                                                                         \
			return CL_INVALID_OPERATION;                                               \
		opencl_begin(&c, loader, queue, NULL, NULL, false);                                \
		error = real args;                                                                 \
		opencl_end(&c, error,                                                              \
			   &(struct opencl_work){.call = CALL_##name, .kind = WIRE_KIND_##kind_}); \
		return error;                                                                      \
	}

#include "preload/calls.def"

#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking) road##_SECOND_NAME(name)
#define ENQUEUE_MAP(name, params, args, bytes, blocking)		 CORE_SECOND_NAME(name)
#define ENQUEUE_BARE(name, kind, params, args)				 CORE_SECOND_NAME(name)
#include "preload/calls.def"
