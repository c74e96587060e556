/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices, and the state of a process. A device is known by its UUID, as NVML knows it: the numbers
 * of CUDA count what CUDA_VISIBLE_DEVICES left. Of a MIG slice it is the slice's own.
 */
#include <errno.h>
#include <string.h>

#include "preload/cuda.h"
#include "preload/cuda_wrap.h"
#include "preload/device.h"
#include "preload/memory.h"

struct cuda *cuda_make(struct life *life)
{
	struct cuda *none = NULL;
	struct cuda *cuda = memory_make(sizeof(*cuda));

	if (cuda && !atomic_compare_exchange_strong(&life->cuda, &none, cuda)) {
		memory_free(cuda, sizeof(*cuda));
		return none;
	}
	return cuda;
}

/* The name without what does not fit. */
static void describe_name(struct wire_device *slot, CUdevice device)
{
	__typeof__(&cuDeviceGetName) real = CUDA_REAL(cuDeviceGetName);
	char name[sizeof(slot->name)] = "";

	if (!real || real(name, (int)sizeof(name), device) != CUDA_SUCCESS)
		name[0] = '\0';
	name[sizeof(name) - 1] = '\0';
	memcpy(slot->name, name, sizeof(name));
}

static void describe_uuid(struct wire_device *slot, CUdevice device)
{
	__typeof__(&cuDeviceGetUuid) real = CUDA_REAL(cuDeviceGetUuid_v2);
	CUuuid uuid;
	char *text = slot->bus_id;

	if (!real)
		real = CUDA_REAL(cuDeviceGetUuid);
	if (!real || real(&uuid, device) != CUDA_SUCCESS)
		return;
	for (unsigned i = 0; i < sizeof(uuid.bytes); i++) {
		*text++ = "0123456789abcdef"[(unsigned char)uuid.bytes[i] >> 4];
		*text++ = "0123456789abcdef"[uuid.bytes[i] & 0xf];
	}
}

static void describe(struct wire_device *slot, const void *what)
{
	const CUdevice *device = what;

	slot->type = WIRE_DEVICE_GPU;
	slot->api = WIRE_API_CUDA;
	memcpy(slot->vendor, "NVIDIA", sizeof("NVIDIA"));
	describe_name(slot, *device);
	describe_uuid(slot, *device);
}

/* Odd, so that it is no other API's handle. */
static uintptr_t key_of(CUdevice device)
{
	return (uintptr_t)(unsigned)device << 1 | 1;
}

uint8_t cuda_device_slot(struct life *life, CUdevice device)
{
	return device_find(life, key_of(device), describe, &device);
}

uint8_t cuda_device_known(const struct life *life, CUdevice device)
{
	return device_known(life, key_of(device));
}

uint8_t cuda_device_ask(struct cuda *cuda, struct ring_thread *t)
{
	__typeof__(&cuCtxGetDevice) real = CUDA_REAL(cuCtxGetDevice);
	const int saved = errno;
	CUdevice device;

	if (real && !cuda_is_capturing(cuda) && real(&device) == CUDA_SUCCESS)
		t->gpu = cuda_device_slot(t->life, device);
	errno = saved;
	return t->gpu;
}

void cuda_stream_made(CUstream stream)
{
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);
	const uint8_t device = t ? cuda_device(cuda, t) : 0;

	if (device && stream)
		(void)handles_put(cuda->device, CUDA_STREAM_SETS, (uint64_t)(uintptr_t)stream,
				  device);
}

void cuda_stream_gone(CUstream stream)
{
	struct cuda *cuda;

	if (cuda_enter(&cuda))
		(void)handles_take(cuda->device, CUDA_STREAM_SETS, (uint64_t)(uintptr_t)stream);
	cuda_capture_forget(stream);
}

uint8_t cuda_stream_device(struct cuda *cuda, struct ring_thread *t, CUstream stream)
{
	const uint64_t known =
		handles_get(cuda->device, CUDA_STREAM_SETS, (uint64_t)(uintptr_t)stream);

	return known ? (uint8_t)known : cuda_device(cuda, t);
}
