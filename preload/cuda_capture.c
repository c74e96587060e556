/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which streams are being captured. What is sent to them is not executed: it becomes a node of a
 * graph. A stream takes part from where it waits for an event that was recorded on one that does,
 * until the capture ends; the driver would tell, but must not be asked meanwhile.
 */
#include "preload/cuda.h"
#include "preload/cuda_wrap.h"

static uint64_t key_of(CUstream stream, enum cuda_road road)
{
	if (stream == CU_STREAM_PER_THREAD || (!stream && road == CUDA_THREAD))
		return (uint64_t)(uintptr_t)&ring_self | 1; /* no handle is odd and so large */
	return stream ? (uint64_t)(uintptr_t)stream : (uint64_t)(uintptr_t)CU_STREAM_LEGACY;
}

/* The slot of a key that takes part in some capture, or NULL. */
static struct cuda_captured *find(struct cuda_captured *slot, unsigned n, uint64_t key)
{
	for (unsigned i = 0; i < n; i++)
		if (atomic_load_explicit(&slot[i].capture, memory_order_acquire) &&
		    atomic_load_explicit(&slot[i].key, memory_order_relaxed) == key)
			return &slot[i];
	return NULL;
}

/* Notes that the key takes part. What finds no room is told to be uncovered. */
static void note(struct cuda_captured *slot, unsigned n, uint64_t key, uint32_t capture,
		 bool origin)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t none = 0;

		if (!atomic_compare_exchange_strong(&slot[i].key, &none, key))
			continue;
		atomic_store(&slot[i].origin, origin);
		atomic_store_explicit(&slot[i].capture, capture, memory_order_release);
		return;
	}
	life_uncovered(WIRE_UNCOVERED_GRAPH);
}

static void clear(struct cuda_captured *slot)
{
	atomic_store_explicit(&slot->capture, 0, memory_order_release);
	atomic_store_explicit(&slot->key, 0, memory_order_release);
}

static void forget(struct cuda_captured *slot, unsigned n, uint32_t capture)
{
	for (unsigned i = 0; i < n; i++)
		if (atomic_load(&slot[i].capture) == capture)
			clear(&slot[i]);
}

static void end(struct cuda *cuda, uint32_t capture)
{
	forget(cuda->stream, CUDA_CAPTURED, capture);
	forget(cuda->event, CUDA_EVENTS, capture);
	atomic_fetch_sub(&cuda->captures, 1);
}

struct cuda *cuda_capture_before(void)
{
	struct cuda *cuda;

	if (!cuda_enter(&cuda))
		return NULL;
	atomic_fetch_add(&cuda->captures, 1);
	return cuda;
}

/* The state that is meant, if it is still this process's and something is captured; or NULL. */
static struct cuda *capturing(void)
{
	struct life *life = life_now();
	struct cuda *cuda = life ? atomic_load(&life->cuda) : NULL;

	return cuda && cuda_is_capturing(cuda) ? cuda : NULL;
}

void cuda_capture_began(struct cuda *cuda, CUresult error, CUstream stream, enum cuda_road road)
{
	if (!cuda || cuda != capturing())
		return;
	if (error == CUDA_SUCCESS)
		note(cuda->stream, CUDA_CAPTURED, key_of(stream, road),
		     atomic_fetch_add(&cuda->captures_ever, 1) + 1, true);
	else
		atomic_fetch_sub(&cuda->captures, 1);
}

/* An error that says that the call was wrong, and not that the capture came to nothing. */
static bool goes_on(CUresult error)
{
	switch (error) {
	case CUDA_ERROR_INVALID_VALUE:
	case CUDA_ERROR_NOT_INITIALIZED:
	case CUDA_ERROR_INVALID_CONTEXT:
	case CUDA_ERROR_INVALID_HANDLE:
	case CUDA_ERROR_ILLEGAL_STATE:
	case CUDA_ERROR_STREAM_CAPTURE_UNMATCHED:
	case CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD:
	case CUDA_NOT_THERE:
		return true;
	default:
		return false;
	}
}

void cuda_capture_ended(CUresult error, CUstream stream, enum cuda_road road)
{
	struct cuda *cuda = capturing();
	struct cuda_captured *slot;

	if (!cuda || goes_on(error))
		return;
	slot = find(cuda->stream, CUDA_CAPTURED, key_of(stream, road));
	if (slot && atomic_load(&slot->origin))
		end(cuda, atomic_load(&slot->capture));
}

void cuda_capture_forget(CUstream stream)
{
	struct cuda *cuda = capturing();
	struct cuda_captured *slot;

	if (!cuda)
		return;
	slot = find(cuda->stream, CUDA_CAPTURED, key_of(stream, CUDA_LEGACY));
	if (slot && atomic_load(&slot->origin))
		end(cuda, atomic_load(&slot->capture));
	else if (slot)
		clear(slot);
}

/* Of a thread's own stream it is not known on which device it is: its capture ends as well. */
void cuda_capture_reset(CUdevice device)
{
	struct cuda *cuda = capturing();
	struct life *life = life_now();
	const uint8_t slot = cuda && life ? cuda_device_known(life, device) : 0;

	for (unsigned i = 0; slot && i < CUDA_CAPTURED; i++) {
		struct cuda_captured *one = &cuda->stream[i];
		const uint32_t capture = atomic_load(&one->capture);
		const uint64_t known =
			handles_get(cuda->device, CUDA_STREAM_SETS, atomic_load(&one->key));

		if (capture && atomic_load(&one->origin) && (!known || known == slot))
			end(cuda, capture);
	}
}

void cuda_capture_record(CUevent event, CUstream stream, enum cuda_road road)
{
	struct cuda *cuda = capturing();
	const uint64_t key = (uint64_t)(uintptr_t)event;
	struct cuda_captured *from, *known;

	if (!cuda)
		return;
	from = find(cuda->stream, CUDA_CAPTURED, key_of(stream, road));
	known = find(cuda->event, CUDA_EVENTS, key);
	if (known && from)
		atomic_store(&known->capture, atomic_load(&from->capture));
	else if (known)
		clear(known);
	else if (from)
		note(cuda->event, CUDA_EVENTS, key, atomic_load(&from->capture), false);
}

void cuda_capture_wait(CUstream stream, enum cuda_road road, CUevent event)
{
	struct cuda *cuda = capturing();
	const uint64_t key = key_of(stream, road);
	struct cuda_captured *from;

	if (!cuda)
		return;
	from = find(cuda->event, CUDA_EVENTS, (uint64_t)(uintptr_t)event);
	if (from && !find(cuda->stream, CUDA_CAPTURED, key))
		note(cuda->stream, CUDA_CAPTURED, key, atomic_load(&from->capture), false);
}

bool cuda_capture_has(struct cuda *cuda, CUstream stream, enum cuda_road road)
{
	return find(cuda->stream, CUDA_CAPTURED, key_of(stream, road)) != NULL;
}
