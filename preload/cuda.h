/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shim knows about a process's CUDA: devices, functions and their names, captures under
 * way, graphs, memory. Nothing is asked of the driver while a stream is being captured: a call that
 * the driver holds for unsafe would end the capture of the program.
 *
 * A launch is recorded after the real call, with one look at the clock: two would cost more than
 * all the rest. So its time in the call is not known, and its event tells when it returned.
 */
#ifndef GRAMME_CUDA_H
#define GRAMME_CUDA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/cache.h"
#include "preload/cuda_real.h"
#include "preload/handles.h"
#include "preload/life.h"
#include "preload/ring.h"

/* What a stream of 0 means to a call. */
enum cuda_road { CUDA_LEGACY, CUDA_THREAD, CUDA_NONE };

#define CUDA_FUNCTION_SETS 1024u
#define CUDA_NAME_SETS	   4096u
#define CUDA_GRAPH_SETS	   512u
#define CUDA_MEMORY_SETS   4096u
#define CUDA_STREAM_SETS   256u
#define CUDA_CAPTURED	   128u /* streams that take part in captures at a time */
#define CUDA_EVENTS	   1024u

/* A stream that is being captured, or an event that was recorded there. */
struct cuda_captured {
	_Atomic uint64_t key;
	_Atomic uint32_t capture; /* its number; 0: none */
	_Atomic bool origin;	  /* the stream that the capture was begun on */
};

struct cuda_texts;

struct cuda {
	_Atomic uint64_t function[CUDA_FUNCTION_SETS * CACHE_WAYS]; /* labels of what is launched */
	_Atomic uint16_t call[CUDA_HOOKS];			    /* labels of calls */
	_Atomic uint32_t captures;				    /* under way */
	_Atomic uint32_t captures_ever;
	struct cuda_captured stream[CUDA_CAPTURED];
	struct cuda_captured event[CUDA_EVENTS];
	struct cuda_texts *_Atomic texts;
	_Atomic uint32_t texts_made;
	struct handles_slot name[CUDA_NAME_SETS * HANDLES_WAYS];     /* function -> text */
	struct handles_slot graph[CUDA_GRAPH_SETS * HANDLES_WAYS];   /* exec -> struct cuda_graph */
	struct handles_slot device[CUDA_STREAM_SETS * HANDLES_WAYS]; /* stream -> device */
	struct handles_slot memory[CUDA_MEMORY_SETS * HANDLES_WAYS]; /* pointer -> size, device */
};

/* The state of the process of `t`, made at the first need; NULL where there is no room. */
struct cuda *cuda_make(struct life *life);

static inline struct cuda *cuda_of(struct life *life)
{
	struct cuda *cuda = atomic_load_explicit(&life->cuda, memory_order_acquire);

	return __builtin_expect(cuda != NULL, 1) ? cuda : cuda_make(life);
}

/* The calling thread and its process, or NULL where it is not metered or within another call. */
static inline struct ring_thread *cuda_enter(struct cuda **cuda)
{
	struct ring_thread *t = ring_enter();

	if (!t || t->depth)
		return NULL;
	*cuda = cuda_of(t->life);
	return *cuda ? t : NULL;
}

/* True while any stream is being captured: the driver must not be asked anything. */
static inline bool cuda_is_capturing(struct cuda *cuda)
{
	return atomic_load_explicit(&cuda->captures, memory_order_relaxed) != 0;
}

/* ---- devices (cuda_device.c) ---- */

/* The slot of the device whose context is current; 0 where that cannot be asked. */
uint8_t cuda_device_ask(struct cuda *cuda, struct ring_thread *t);
/* The slot of a device. */
uint8_t cuda_device_slot(struct life *life, CUdevice device);
/* The same if it was met before, else 0: asks nobody. */
uint8_t cuda_device_known(const struct life *life, CUdevice device);

/* A stream was made, in the context that is current; and is no more. */
void cuda_stream_made(CUstream stream);
void cuda_stream_gone(CUstream stream);
/* The slot of a stream's device; that of the current context where it is not known. */
uint8_t cuda_stream_device(struct cuda *cuda, struct ring_thread *t, CUstream stream);

static inline uint8_t cuda_device(struct cuda *cuda, struct ring_thread *t)
{
	return __builtin_expect(t->gpu != 0, 1) ? t->gpu : cuda_device_ask(cuda, t);
}

/* ---- names (cuda_name.c) ---- */

/* The program learnt of a function or kernel by this name. */
void cuda_name_put(struct cuda *cuda, const void *function, const char *name);
/* One handle stands for what another does: a function in the current context for a kernel. */
void cuda_name_copy(struct cuda *cuda, const void *function, const void *kernel);
/* The label of what is launched, the slow way: */
uint16_t cuda_name_label(struct life *life, struct cuda *cuda, const void *function);
/* What the program learnt of without its name: the driver is asked, outside of captures. */
void cuda_name_ask(struct cuda *cuda, CUfunction function, CUkernel kernel);
/* The label of a kernel of a graph, which is known by either. */
uint16_t cuda_name_node(struct life *life, struct cuda *cuda, CUfunction function, CUkernel kernel);
/* The label of a call that is no kernel: its name, without what tells its form. */
uint16_t cuda_name_call(struct life *life, struct cuda *cuda, enum cuda_call call,
			enum wire_kind kind);

static inline uint16_t cuda_label(struct life *life, struct cuda *cuda, const void *function)
{
	uint16_t label = 0;

	(void)cache_find(cuda->function, CUDA_FUNCTION_SETS, function, &label);
	return __builtin_expect(label != 0, 1) ? label : cuda_name_label(life, cuda, function);
}

/* ---- captures (cuda_capture.c) ---- */

/* Before the real call that begins one, and after it. */
struct cuda *cuda_capture_before(void);
void cuda_capture_began(struct cuda *cuda, CUresult error, CUstream stream, enum cuda_road road);
void cuda_capture_ended(CUresult error, CUstream stream, enum cuda_road road);
/* An event was recorded on a stream, and a stream waits for it: so it takes part. */
void cuda_capture_record(CUevent event, CUstream stream, enum cuda_road road);
void cuda_capture_wait(CUstream stream, enum cuda_road road, CUevent event);
void cuda_capture_forget(CUstream stream);
/* A device's primary context was reset, and its streams are no more. */
void cuda_capture_reset(CUdevice device);
/* True if what is sent to that stream is not executed but captured. */
bool cuda_capture_has(struct cuda *cuda, CUstream stream, enum cuda_road road);

static inline bool cuda_is_captured(struct cuda *cuda, CUstream stream, enum cuda_road road)
{
	return __builtin_expect(cuda_is_capturing(cuda), 0) && road != CUDA_NONE &&
	       cuda_capture_has(cuda, stream, road);
}

/* ---- graphs (cuda_graph.c) ---- */

void cuda_graph_made(CUgraphExec exec, CUgraph graph, unsigned long long flags);
void cuda_graph_updated(CUgraphExec exec, CUgraph graph);
void cuda_graph_enabled(CUgraphExec exec, CUgraphNode node, bool on);
void cuda_graph_kernel(CUgraphExec exec, CUgraphNode node, CUfunction function, CUkernel kernel);
void cuda_graph_child(CUgraphExec exec, CUgraphNode node, CUgraph child);
void cuda_graph_gone(CUgraphExec exec);
/* Counts the kernels of a graph that was launched. */
void cuda_graph_count(struct ring_thread *t, struct cuda *cuda, CUgraphExec exec, uint8_t device);

/* ---- memory (cuda_memory.c) ---- */

void cuda_memory_add(CUdeviceptr at, uint64_t bytes);
void cuda_memory_add_to(CUdeviceptr at, uint64_t bytes, uint8_t device);
/* Before memory is freed, since another thread may be given it at once; returns what was known. */
uint64_t cuda_memory_drop(CUdeviceptr at);
/* It was not freed. */
void cuda_memory_back(CUdeviceptr at, uint64_t known);
/* Physical memory was made on a device; what is mapped of it counts there. */
void cuda_memory_made(CUmemGenericAllocationHandle handle, CUdevice device);
/* The handle is no more; what is mapped stays. */
void cuda_memory_released(CUmemGenericAllocationHandle handle);
void cuda_memory_map(CUdeviceptr at, uint64_t bytes, CUmemGenericAllocationHandle handle);
void cuda_memory_unmap(CUdeviceptr at, uint64_t bytes);
void cuda_memory_reset(CUdevice device);
bool cuda_memory_is_captured(CUstream stream, enum cuda_road road);

/* ---- the call path (cuda_command.c) ---- */

/* A launch has returned. */
void cuda_launched(CUresult error, CUfunction function, CUstream stream, enum cuda_road road);
/* The same on the stream's own device, which need not be the current one. */
void cuda_launched_on(CUresult error, CUfunction function, CUstream stream);
/* So has that of a graph. */
void cuda_graph_launched(CUresult error, CUgraphExec exec, CUstream stream, enum cuda_road road);

/* One call under way that is timed; lives in the frame of its wrapper. */
struct cuda_command {
	struct ring_thread *thread; /* NULL: this call is not recorded */
	struct cuda *cuda;
	uint32_t generation;
	uint64_t begin_ns;
};

void cuda_begin(struct cuda_command *c);
/* `captured`: of a stream that is; the others are booked with `flags`. */
void cuda_end(struct cuda_command *c, CUresult error, enum cuda_call call, enum wire_kind kind,
	      uint64_t bytes, uint32_t flags);
bool cuda_end_is_captured(struct cuda_command *c, CUstream stream, enum cuda_road road);

uint64_t cuda_sum(const size_t *sizes, size_t n);
uint64_t cuda_boxes(const CUDA_MEMCPY3D_BATCH_OP *list, size_t n);

#endif
