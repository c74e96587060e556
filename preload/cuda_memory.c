/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that the process has allocated on each device, and the most that it ever had. Counted is
 * what the program asked for: not what the driver takes for itself, nor what a pool keeps back.
 * Where there is no more room to remember, an allocation is left out: the figures are then too low,
 * never too high.
 */
#include "preload/cuda.h"
#include "preload/cuda_wrap.h"

#define DEVICE_BITS 5u /* of a value; the rest are bytes */
#define HANDLE_MARK (1ULL << 63)

_Static_assert(WIRE_DEVICES == 1u << DEVICE_BITS, "a device fits its bits");

static void raise_peak(struct wire_device *slot, uint64_t bytes)
{
	uint64_t peak = __atomic_load_n(&slot->memory_peak_bytes, __ATOMIC_RELAXED);

	while (peak < bytes &&
	       !__atomic_compare_exchange_n(&slot->memory_peak_bytes, &peak, bytes, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static void drop(struct life *life, uint64_t value)
{
	struct wire_device *slot = &life->arena->device[value & (WIRE_DEVICES - 1)];

	__atomic_fetch_sub(&slot->memory_bytes, value >> DEVICE_BITS, __ATOMIC_RELAXED);
}

void cuda_memory_add_to(CUdeviceptr at, uint64_t bytes, uint8_t device)
{
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);
	struct wire_device *slot;
	uint64_t known;

	if (!t || !at || !bytes || !device)
		return;
	/* Freed by a road that was not seen, with its context maybe. */
	known = handles_take(cuda->memory, CUDA_MEMORY_SETS, at);
	if (known)
		drop(t->life, known);
	if (!handles_put(cuda->memory, CUDA_MEMORY_SETS, at, bytes << DEVICE_BITS | device))
		return;
	slot = &t->life->arena->device[device];
	raise_peak(slot, __atomic_add_fetch(&slot->memory_bytes, bytes, __ATOMIC_RELAXED));
}

void cuda_memory_add(CUdeviceptr at, uint64_t bytes)
{
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);

	if (t)
		cuda_memory_add_to(at, bytes, cuda_device(cuda, t));
}

uint64_t cuda_memory_drop(CUdeviceptr at)
{
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);
	uint64_t known = t && at ? handles_take(cuda->memory, CUDA_MEMORY_SETS, at) : 0;

	if (known)
		drop(t->life, known);
	return known;
}

void cuda_memory_back(CUdeviceptr at, uint64_t known)
{
	if (known)
		cuda_memory_add_to(at, known >> DEVICE_BITS, known & (WIRE_DEVICES - 1));
}

void cuda_memory_made(CUmemGenericAllocationHandle handle, CUdevice device)
{
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);

	if (t && !cuda_is_capturing(cuda))
		(void)handles_put(cuda->memory, CUDA_MEMORY_SETS, handle | HANDLE_MARK,
				  cuda_device_slot(t->life, device));
}

void cuda_memory_released(CUmemGenericAllocationHandle handle)
{
	struct cuda *cuda;

	if (cuda_enter(&cuda))
		(void)handles_take(cuda->memory, CUDA_MEMORY_SETS, handle | HANDLE_MARK);
}

void cuda_memory_map(CUdeviceptr at, uint64_t bytes, CUmemGenericAllocationHandle handle)
{
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);

	if (t)
		cuda_memory_add_to(
			at, bytes,
			(uint8_t)handles_get(cuda->memory, CUDA_MEMORY_SETS, handle | HANDLE_MARK));
}

/* A range may hold several mappings, one behind the other. */
void cuda_memory_unmap(CUdeviceptr at, uint64_t bytes)
{
	const CUdeviceptr end = at + bytes;
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);

	while (t && at < end) {
		uint64_t known = handles_take(cuda->memory, CUDA_MEMORY_SETS, at);

		if (!known)
			return;
		drop(t->life, known);
		at += known >> DEVICE_BITS;
	}
}

void cuda_memory_reset(CUdevice device)
{
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);
	const uint8_t slot = t ? cuda_device_known(t->life, device) : 0;

	for (uint32_t i = 0; slot && i < CUDA_MEMORY_SETS * HANDLES_WAYS; i++) {
		const uint64_t key = atomic_load(&cuda->memory[i].key);
		const uint64_t value = atomic_load(&cuda->memory[i].value);

		if (key && !(key & HANDLE_MARK) && (value & (WIRE_DEVICES - 1)) == slot)
			(void)cuda_memory_drop(key);
	}
}

bool cuda_memory_is_captured(CUstream stream, enum cuda_road road)
{
	struct cuda *cuda;

	return cuda_enter(&cuda) && cuda_is_captured(cuda, stream, road);
}
