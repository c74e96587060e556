/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shim knows about a process's OpenCL: devices, queues, kernels, commands under way.
 *
 * Queues and kernels are remembered in caches (cache.h). A handle that is not found is asked for;
 * one that is created anew overwrites what was known of its address. So nothing needs to be told
 * when an object dies.
 */
#ifndef GRAMME_OPENCL_H
#define GRAMME_OPENCL_H

#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/cache.h"
#include "preload/calls.h"
#include "preload/life.h"
#include "preload/resolve.h"
#include "preload/ring.h"

struct opencl;

/* The state of one process, or NULL. Released with opencl_free. */
struct opencl *opencl_make(void);
void opencl_free(struct opencl *cl);

/* The real function of a row of the table, with the type of its declaration, or NULL. */
#define OPENCL_REAL(loader, name) ((__typeof__(&name))(loader)->real[CALL_##name])

/* ---- devices and queues (opencl_queue.c) ---- */

/* What is known of a queue, in the 16 bits of its cache word. */
#define QUEUE_DEVICE   0x1fu  /* index into wire_layout.device */
#define QUEUE_TIMED    0x20u  /* its commands can be profiled */
#define QUEUE_FORCED   0x40u  /* because we asked for it: the program must not notice */
#define QUEUE_LISTED   0x100u /* the program gave a list of properties, if an empty one */
#define QUEUE_APPENDED 0x80u  /* by a property that the program's list did not have */

/* Index of a device in the arena; new ones are described there. */
uint8_t opencl_device(struct life *life, const struct loader *loader, cl_device_id device);
cl_device_id opencl_device_id(const struct life *life, uint8_t device);
/* How many commands of a device a lane may hold back unharvested. */
uint32_t opencl_alive_limit(struct life *life, uint8_t device);

/* True if the policy for this vendor is to switch profiling on. */
bool opencl_may_profile(struct life *life, uint8_t device);

void opencl_queue_know(struct life *life, cl_command_queue queue, uint16_t facts);
/* Asks the API about a queue that is not known, and remembers it. */
uint16_t opencl_queue_ask(struct life *life, const struct loader *loader, cl_command_queue queue);

/* The facts of a queue; *number is a name for it in events. Defined below. */
static inline uint16_t opencl_queue(struct life *life, const struct loader *loader,
				    cl_command_queue queue, uint16_t *number);

/* ---- kernels and labels (opencl_kernel.c) ---- */

void opencl_kernel_know(struct life *life, cl_kernel kernel, const char *name);
/* Another kernel may live at that address now. */
void opencl_kernel_forget(struct life *life, cl_kernel kernel);
/* The label of a kernel that is not known: asks for its name, and remembers it. */
uint16_t opencl_kernel_ask(struct life *life, const struct loader *loader, cl_kernel kernel);
/* What is known of a kernel: its label, or 0. Asks nobody. Defined below. */
static inline uint16_t opencl_kernel_known(const struct life *life, cl_kernel kernel);
/* The label of a kernel. Defined below. */
static inline uint16_t opencl_kernel(struct life *life, const struct loader *loader,
				     cl_kernel kernel);
/* The label of a call that is no kernel. */
uint16_t opencl_call(struct life *life, enum call call, enum wire_kind kind);

/* Kernels that a command buffer holds: forgotten when one is made at its address, counted when
 * it is enqueued. What finds no room is reported as uncovered. */
void opencl_batch_forget(struct life *life, cl_command_buffer_khr buffer);
void opencl_batch_add(struct life *life, cl_command_buffer_khr buffer, uint16_t entry);
void opencl_batch_count(struct ring_thread *t, cl_command_buffer_khr buffer);

/* ---- commands under way (opencl_pending.c) ---- */

/*
 * Keeps an event until it can be harvested; the reference becomes ours. Returns false, keeping
 * nothing, where too many are alive (drivers slow down when events pile up).
 */
struct opencl_pending {
	const struct loader *loader;
	cl_event event;
	uint64_t host_ns;
	uint64_t bytes;
	uint32_t host_cost_ns;
	uint16_t entry;
	uint16_t queue;
	uint16_t facts; /* QUEUE_* */
	uint16_t flags; /* WIRE_EVENT_* */
	uint32_t shape;
};
bool opencl_pending_keep(struct ring_thread *t, const struct opencl_pending *pending);

/* One reference more or less; errno stays the program's. */
cl_int opencl_retain(const struct loader *loader, cl_event event);
void opencl_release(const struct loader *loader, cl_event event);

/* Harvests what has finished: the thread's own commands, and with `all` those of every thread. */
void opencl_pending_harvest(struct ring_thread *t, bool all);

/* ---- clocks (opencl_clock.c) ---- */

struct opencl_clock {
	_Atomic uint32_t method;
	_Atomic int64_t offset_ns; /* CLOCK_MONOTONIC minus the device's clock */
	_Atomic uint64_t synced_ns;
};

/*
 * Maps a command's device times to CLOCK_MONOTONIC, given that it was enqueued at host_ns and
 * was over at now_ns. Returns false where that cannot be (end before start, longer than its life).
 */
bool opencl_clock_map(struct opencl_clock *clock, const struct loader *loader, cl_device_id device,
		      uint64_t host_ns, uint64_t now_ns, uint64_t *start_ns, uint64_t *end_ns);

/* ---- the state itself, shared by the files above ---- */

#define OPENCL_QUEUE_SETS  256u
#define OPENCL_KERNEL_SETS 1024u
#define OPENCL_ALIVE	   4096u /* commands under way per lane at most; a power of two */
#define OPENCL_BATCHED	   4096u /* kernels in command buffers, all together */

struct opencl_slot {
	_Atomic uint32_t state;
	struct opencl_pending pending;
};

struct opencl_lane {
	_Atomic uint64_t refused; /* the lane's owner alone: commands that found too many alive */
	_Atomic uint64_t tail;	  /* of what is not harvested; anybody may move it */
	_Atomic uint64_t shown;	  /* the head; the owner moves it */
	struct opencl_slot slot[OPENCL_ALIVE];
};

struct opencl_batched {
	_Atomic uintptr_t buffer;
	_Atomic uint32_t count;
	_Atomic uint32_t entry;
};

struct opencl {
	_Atomic uint64_t queue[OPENCL_QUEUE_SETS * CACHE_WAYS];
	_Atomic uint64_t kernel[OPENCL_KERNEL_SETS * CACHE_WAYS];
	struct opencl_clock clock[WIRE_DEVICES];
	_Atomic uint16_t call[CALL_COUNT];
	struct opencl_batched batched[OPENCL_BATCHED];
	struct opencl_lane *_Atomic lane[WIRE_LANES]; /* made for its thread's first command */
};

static inline uint16_t opencl_queue(struct life *life, const struct loader *loader,
				    cl_command_queue queue, uint16_t *number)
{
	uint16_t facts = 0;
	int at = cache_find(life->opencl->queue, OPENCL_QUEUE_SETS, queue, &facts);

	*number = at < 0 ? 0 : (uint16_t)at;
	return __builtin_expect(at >= 0, 1) ? facts : opencl_queue_ask(life, loader, queue);
}

static inline uint16_t opencl_kernel_known(const struct life *life, cl_kernel kernel)
{
	uint16_t label = 0;

	(void)cache_find(life->opencl->kernel, OPENCL_KERNEL_SETS, kernel, &label);
	return label;
}

static inline uint16_t opencl_kernel(struct life *life, const struct loader *loader,
				     cl_kernel kernel)
{
	uint16_t label = opencl_kernel_known(life, kernel);

	return __builtin_expect(label != 0, 1) ? label : opencl_kernel_ask(life, loader, kernel);
}

#endif
