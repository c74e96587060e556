/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call path of CUDA. It adds to the totals and pushes an event; it never waits, never
 * allocates, and leaves errno alone.
 */
#include "preload/cuda.h"
#include "preload/entry.h"
#include "preload/path.h"

static uint32_t saturate(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/* Counts a call that has returned, whose time inside is not known. */
static inline __attribute__((always_inline)) void book(struct ring_thread *t, CUresult error,
						       uint16_t entry)
{
	struct wire_total *total = &t->lane->totals[entry];
	uint64_t now_ns;

	if (__builtin_expect(error != CUDA_SUCCESS, 0)) {
		ring_plus(t, &total->failed, 1, __ATOMIC_RELAXED);
		return;
	}
	ring_plus(t, &total->count, 1, __ATOMIC_RELAXED);
	now_ns = clock_ns();
	ring_push(t, &(struct wire_event){.host_ns = now_ns, .entry = entry});
	path_offer(t, entry, now_ns);
}

void cuda_launched(CUresult error, CUfunction function, CUstream stream, enum cuda_road road)
{
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);

	if (!t || cuda_is_captured(cuda, stream, road))
		return;
	book(t, error,
	     entry_of(t->life, cuda_label(t->life, cuda, function), cuda_device(cuda, t)));
}

void cuda_launched_on(CUresult error, CUfunction function, CUstream stream)
{
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);

	if (t && !cuda_is_captured(cuda, stream, CUDA_LEGACY))
		book(t, error,
		     entry_of(t->life, cuda_label(t->life, cuda, function),
			      cuda_stream_device(cuda, t, stream)));
}

void cuda_graph_launched(CUresult error, CUgraphExec exec, CUstream stream, enum cuda_road road)
{
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);
	uint8_t device;

	if (!t || cuda_is_captured(cuda, stream, road))
		return;
	device = cuda_device(cuda, t);
	book(t, error,
	     entry_of(t->life, cuda_name_call(t->life, cuda, CUDA_cuGraphLaunch, WIRE_KIND_BATCH),
		      device));
	if (error == CUDA_SUCCESS)
		cuda_graph_count(t, cuda, exec, device);
}

void cuda_begin(struct cuda_command *c)
{
	c->thread = cuda_enter(&c->cuda);
	if (!c->thread)
		return;
	c->generation = c->thread->generation;
	c->begin_ns = clock_ns();
}

/* False in a child that was forked inside the call: nothing of its parent's is there any more. */
static bool is_same_process(const struct cuda_command *c)
{
	return c->thread && c->generation == atomic_load_explicit(&c->thread->life->generation,
								  memory_order_relaxed);
}

bool cuda_end_is_captured(struct cuda_command *c, CUstream stream, enum cuda_road road)
{
	return is_same_process(c) && cuda_is_captured(c->cuda, stream, road);
}

void cuda_end(struct cuda_command *c, CUresult error, enum cuda_call call, enum wire_kind kind,
	      uint64_t bytes, uint32_t flags)
{
	struct ring_thread *t = c->thread;
	uint64_t host_ns;
	uint16_t entry;

	if (!is_same_process(c))
		return;
	host_ns = clock_since(c->begin_ns);
	entry = entry_of(t->life, cuda_name_call(t->life, c->cuda, call, kind),
			 cuda_device(c->cuda, t));
	ring_count(t, entry, error == CUDA_SUCCESS, host_ns, bytes);
	if (error != CUDA_SUCCESS)
		return;
	ring_push(t, &(struct wire_event){
			     .host_ns = c->begin_ns,
			     .start_ns = kind == WIRE_KIND_SYNC ? c->begin_ns : 0,
			     .end_ns = kind == WIRE_KIND_SYNC ? c->begin_ns + host_ns : 0,
			     .bytes = bytes,
			     .host_cost_ns = saturate(host_ns),
			     .entry = entry,
			     .flags = flags,
		     });
}

uint64_t cuda_sum(const size_t *sizes, size_t n)
{
	uint64_t bytes = 0;

	for (size_t i = 0; sizes && i < n; i++)
		bytes += sizes[i];
	return bytes;
}

uint64_t cuda_boxes(const CUDA_MEMCPY3D_BATCH_OP *list, size_t n)
{
	uint64_t bytes = 0;

	for (size_t i = 0; list && i < n; i++)
		bytes += (uint64_t)list[i].extent.width * list[i].extent.height *
			 list[i].extent.depth;
	return bytes;
}
