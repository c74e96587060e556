/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory. What a program takes of the GPU's is the host's, untouched until it is written; a
 * device's 16 GiB end as a real one's do. Physical memory (cuMemCreate) is only a number, since
 * addresses that were reserved can be written at once.
 */
#include "tests/fake/cuda/sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct block {
	uintptr_t start;
	size_t bytes;
	enum sim_place place;
	CUcontext context;
	uint64_t id;
	struct block *next;
};

struct physical {
	size_t bytes;
	int device;
};

struct CUmemPoolHandle_st {
	int device;
};

static struct block *blocks;
static size_t used[SIM_DEVICES_MAX];
static struct CUmemPoolHandle_st pools[SIM_DEVICES_MAX];

static struct block *find(CUdeviceptr pointer)
{
	for (struct block *b = blocks; b; b = b->next)
		if (pointer >= b->start && pointer < b->start + b->bytes)
			return b;
	return NULL;
}

static bool is_of_device(enum sim_place place)
{
	return place == SIM_DEVICE || place == SIM_MANAGED;
}

static void note(uintptr_t start, size_t bytes, enum sim_place place)
{
	struct block *block = sim_new(sizeof(*block));

	*block = (struct block){start, bytes, place, sim_current(), sim_new_id(), blocks};
	blocks = block;
}

int sim_alloc(CUdeviceptr *out, size_t bytes, enum sim_place place)
{
	CUcontext context = sim_current();
	void *map;

	if (!context)
		return CUDA_ERROR_INVALID_CONTEXT;
	if (!bytes)
		return CUDA_ERROR_INVALID_VALUE;
	if (is_of_device(place) && used[context->device] + bytes > SIM_MEMORY_BYTES)
		return CUDA_ERROR_OUT_OF_MEMORY;
	bytes = (bytes + 511) & ~(size_t)511;
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (map == MAP_FAILED)
		return CUDA_ERROR_OUT_OF_MEMORY;
	if (is_of_device(place))
		used[context->device] += bytes;
	note((uintptr_t)map, bytes, place);
	*out = (uintptr_t)map;
	return CUDA_SUCCESS;
}

int sim_alloc_host(void **out, size_t bytes)
{
	CUdeviceptr pointer = 0;
	int err = sim_alloc(&pointer, bytes, SIM_HOST);

	*out = (void *)(uintptr_t)pointer;
	return err;
}

int sim_alloc_pitch(CUdeviceptr *out, size_t *pitch, size_t width, size_t height)
{
	*pitch = (width + 511) & ~(size_t)511;
	return sim_alloc(out, *pitch * height, SIM_DEVICE);
}

int sim_register(void *pointer, size_t bytes)
{
	if (!pointer || !bytes)
		return CUDA_ERROR_INVALID_VALUE;
	note((uintptr_t)pointer, bytes, SIM_REGISTERED);
	return CUDA_SUCCESS;
}

int sim_free(CUdeviceptr pointer)
{
	if (!pointer)
		return CUDA_SUCCESS;
	for (struct block **link = &blocks; *link; link = &(*link)->next) {
		struct block *block = *link;

		if (block->start != pointer)
			continue;
		*link = block->next;
		if (block->place != SIM_REGISTERED)
			munmap((void *)block->start, block->bytes);
		if (is_of_device(block->place) && block->context)
			used[block->context->device] -= block->bytes;
		free(block);
		return CUDA_SUCCESS;
	}
	return CUDA_ERROR_INVALID_VALUE;
}

int sim_range(CUdeviceptr *base, size_t *bytes, CUdeviceptr pointer)
{
	const struct block *block = find(pointer);

	if (!block)
		return CUDA_ERROR_NOT_FOUND;
	if (base)
		*base = block->start;
	if (bytes)
		*bytes = block->bytes;
	return CUDA_SUCCESS;
}

int sim_memory_info(size_t *free_bytes, size_t *total)
{
	if (!sim_current())
		return CUDA_ERROR_INVALID_CONTEXT;
	*free_bytes = SIM_MEMORY_BYTES - used[sim_current()->device];
	*total = SIM_MEMORY_BYTES;
	return CUDA_SUCCESS;
}

/* CUpointer_attribute's numbers. */
static int tell(void *out, int attribute, const struct block *block, CUdeviceptr pointer)
{
	bool of_device = is_of_device(block->place) || block->place == SIM_RESERVED;
	const CUdeviceptr start = block->start;

	switch (attribute) {
	case 1:
		memcpy(out, &block->context, sizeof(block->context));
		return CUDA_SUCCESS;
	case 2:
		*(unsigned *)out = of_device ? CU_MEMORYTYPE_DEVICE : CU_MEMORYTYPE_HOST;
		return CUDA_SUCCESS;
	case 3:
		memcpy(out, &pointer, sizeof(pointer));
		return CUDA_SUCCESS;
	case 4:
		if (of_device && block->place != SIM_MANAGED)
			return CUDA_ERROR_INVALID_VALUE;
		memcpy(out, &pointer, sizeof(pointer));
		return CUDA_SUCCESS;
	case 7:
		memcpy(out, &block->id, sizeof(block->id));
		return CUDA_SUCCESS;
	case 8:
		*(unsigned *)out = block->place == SIM_MANAGED;
		return CUDA_SUCCESS;
	case 9:
		*(int *)out = block->context ? block->context->device : 0;
		return CUDA_SUCCESS;
	case 11:
		memcpy(out, &start, sizeof(start));
		return CUDA_SUCCESS;
	case 12:
		memcpy(out, &block->bytes, sizeof(block->bytes));
		return CUDA_SUCCESS;
	case 13:
		*(int *)out = 1;
		return CUDA_SUCCESS;
	case 17:
		memset(out, 0, sizeof(void *));
		return CUDA_SUCCESS;
	default:
		*(int *)out = 0;
		return CUDA_SUCCESS;
	}
}

int sim_pointer_attribute(void *out, int attribute, CUdeviceptr pointer)
{
	const struct block *block = find(pointer);

	return block ? tell(out, attribute, block, pointer) : CUDA_ERROR_INVALID_VALUE;
}

/* What is not known of a pointer is zero here, and no error. */
int sim_pointer_attributes(unsigned count, const int *attribute, void **out, CUdeviceptr pointer)
{
	const struct block *block = find(pointer);

	for (unsigned i = 0; i < count; i++) {
		bool is_wide = attribute[i] == 1 || attribute[i] == 3 || attribute[i] == 4;

		if (!block || tell(out[i], attribute[i], block, pointer))
			memset(out[i], 0, is_wide ? sizeof(void *) : sizeof(int));
		if (!block && attribute[i] == 9)
			*(int *)out[i] = -2;
	}
	return CUDA_SUCCESS;
}

int sim_pool_default(CUmemoryPool *pool, CUdevice device)
{
	if (sim_device_ok(device))
		return CUDA_ERROR_INVALID_DEVICE;
	pools[device].device = device;
	*pool = &pools[device];
	return CUDA_SUCCESS;
}

int sim_pool_create(CUmemoryPool *pool)
{
	*pool = sim_new(sizeof(**pool));
	return CUDA_SUCCESS;
}

/* Those up to 3 are ints, the others sizes. */
int sim_pool_attribute(void *value, int attribute)
{
	memset(value, 0, attribute <= 3 ? sizeof(int) : sizeof(cuuint64_t));
	return CUDA_SUCCESS;
}

int sim_physical(CUmemGenericAllocationHandle *handle, size_t bytes)
{
	struct physical *physical;
	CUdevice device = sim_current() ? sim_current()->device : 0;

	if (!bytes || bytes % SIM_GRANULARITY)
		return CUDA_ERROR_INVALID_VALUE;
	if (used[device] + bytes > SIM_MEMORY_BYTES)
		return CUDA_ERROR_OUT_OF_MEMORY;
	physical = sim_new(sizeof(*physical));
	*physical = (struct physical){bytes, device};
	used[device] += bytes;
	*handle = (uintptr_t)physical;
	return CUDA_SUCCESS;
}

int sim_physical_release(CUmemGenericAllocationHandle handle)
{
	struct physical *physical = (struct physical *)(uintptr_t)handle;

	if (!physical)
		return CUDA_ERROR_INVALID_VALUE;
	used[physical->device] -= physical->bytes;
	free(physical);
	return CUDA_SUCCESS;
}
