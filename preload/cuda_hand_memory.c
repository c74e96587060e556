/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wrappers by hand: memory. In a capture an allocation becomes a node of a graph, and is none.
 */
#include <errno.h>

#include "preload/cuda.h"
#include "preload/cuda_wrap.h"

static void add(CUdeviceptr at, uint64_t bytes)
{
	const int saved = errno;

	cuda_memory_add(at, bytes);
	errno = saved;
}

#define ALLOC(name, params, args, bytes)                                                           \
	CUDA_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = CUDA_REAL(name);                                          \
		CUresult error;                                                                    \
                                                                                                   \
		if (!real)                                                                         \
			return CUDA_NOT_THERE;                                                     \
		error = real args;                                                                 \
		if (error == CUDA_SUCCESS)                                                         \
			add(*at, bytes);                                                           \
		return error;                                                                      \
	}

#define ALLOC_ASYNC(name, params, args, road)                                                      \
	CUDA_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = CUDA_REAL(name);                                          \
		CUresult error;                                                                    \
                                                                                                   \
		if (!real)                                                                         \
			return CUDA_NOT_THERE;                                                     \
		error = real args;                                                                 \
		if (error == CUDA_SUCCESS && !cuda_memory_is_captured(stream, road))               \
			add(*at, n);                                                               \
		return error;                                                                      \
	}
#define ALLOC_ASYNC_SZ(name, params, args)                                                         \
	ALLOC_ASYNC(name, params, args, CUDA_LEGACY)                                               \
	ALLOC_ASYNC(name##_ptsz, params, args, CUDA_THREAD)

#define FREE(name, params, args, captured)                                                         \
	CUDA_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = CUDA_REAL(name);                                          \
		uint64_t known;                                                                    \
		CUresult error;                                                                    \
                                                                                                   \
		if (!real)                                                                         \
			return CUDA_NOT_THERE;                                                     \
		known = (captured) ? 0 : cuda_memory_drop(at);                                     \
		error = real args;                                                                 \
		if (error != CUDA_SUCCESS)                                                         \
			cuda_memory_back(at, known);                                               \
		return error;                                                                      \
	}

ALLOC(cuMemAlloc, (CUdeviceptr_v1 * at, unsigned n), (at, n), n)
ALLOC(cuMemAlloc_v2, (CUdeviceptr * at, size_t n), (at, n), n)
ALLOC(cuMemAllocPitch,
      (CUdeviceptr_v1 * at, unsigned *pitch, unsigned width, unsigned h, unsigned element),
      (at, pitch, width, h, element), (uint64_t)*pitch *h)
ALLOC(cuMemAllocPitch_v2,
      (CUdeviceptr * at, size_t *pitch, size_t width, size_t h, unsigned element),
      (at, pitch, width, h, element), (uint64_t)*pitch *h)
ALLOC(cuMemAllocManaged, (CUdeviceptr * at, size_t n, unsigned flags), (at, n, flags), n)
ALLOC_ASYNC_SZ(cuMemAllocAsync, (CUdeviceptr * at, size_t n, CUstream stream), (at, n, stream))
ALLOC_ASYNC_SZ(cuMemAllocFromPoolAsync,
	       (CUdeviceptr * at, size_t n, CUmemoryPool pool, CUstream stream),
	       (at, n, pool, stream))

FREE(cuMemFree, (CUdeviceptr_v1 at), (at), false)
FREE(cuMemFree_v2, (CUdeviceptr at), (at), false)
FREE(cuMemFreeAsync, (CUdeviceptr at, CUstream stream), (at, stream),
     cuda_memory_is_captured(stream, CUDA_LEGACY))
FREE(cuMemFreeAsync_ptsz, (CUdeviceptr at, CUstream stream), (at, stream),
     cuda_memory_is_captured(stream, CUDA_THREAD))

CUDA_HOOK(cuMemCreate)
(CUmemGenericAllocationHandle *handle, size_t n, const CUmemAllocationProp *how,
 unsigned long long flags)
{
	__typeof__(&cuMemCreate) real = CUDA_REAL(cuMemCreate);
	const CUresult error = real ? real(handle, n, how, flags) : CUDA_NOT_THERE;
	const int saved = errno;

	if (error == CUDA_SUCCESS && how->location.type == CU_MEM_LOCATION_TYPE_DEVICE)
		cuda_memory_made(*handle, how->location.id);
	errno = saved;
	return error;
}

CUDA_HOOK(cuMemRelease)(CUmemGenericAllocationHandle handle)
{
	__typeof__(&cuMemRelease) real = CUDA_REAL(cuMemRelease);

	if (real)
		cuda_memory_released(handle);
	return real ? real(handle) : CUDA_NOT_THERE;
}

CUDA_HOOK(cuMemMap)
(CUdeviceptr at, size_t n, size_t offset, CUmemGenericAllocationHandle handle,
 unsigned long long flags)
{
	__typeof__(&cuMemMap) real = CUDA_REAL(cuMemMap);
	const CUresult error = real ? real(at, n, offset, handle, flags) : CUDA_NOT_THERE;

	if (error == CUDA_SUCCESS)
		cuda_memory_map(at, n, handle);
	return error;
}

/* After it, since what cannot be unmapped may be many; the range is reserved still. */
CUDA_HOOK(cuMemUnmap)(CUdeviceptr at, size_t n)
{
	__typeof__(&cuMemUnmap) real = CUDA_REAL(cuMemUnmap);
	const CUresult error = real ? real(at, n) : CUDA_NOT_THERE;

	if (error == CUDA_SUCCESS)
		cuda_memory_unmap(at, n);
	return error;
}
