/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Around one call: what every OpenCL wrapper does before and after the real function.
 */
#ifndef GRAMME_OPENCL_COMMAND_H
#define GRAMME_OPENCL_COMMAND_H

#include "preload/opencl.h"

struct opencl_command {
	struct ring_thread *thread; /* NULL: this call is not recorded */
	const struct loader *loader;
	uint64_t begin_ns;
	uint32_t generation; /* of the process: a fork inside the call makes another */
	cl_event *event;     /* what the real function gets: the program's, ours, or NULL */
	cl_event own;
	uint16_t facts; /* of the queue */
	uint16_t queue; /* its number in events */
	uint16_t entry; /* under which it counts, where that was known at its begin; else 0 */
	bool injected;
};

/* What the command is, known after the call as well as before. */
struct opencl_work {
	enum call call;
	enum wire_kind kind;
	cl_kernel kernel; /* or NULL */
	uint64_t bytes;
	bool blocking;
	uint32_t shape; /* of its sizes, as in wire_event */
};

/*
 * Begins a command on `queue`, of `kernel` or NULL. `event` is where the program wants its event,
 * or NULL. Afterwards c->event is to be passed on. `timeable` is false for kinds whose device time
 * means nothing.
 */
void opencl_begin(struct opencl_command *c, const struct loader *loader, cl_command_queue queue,
		  cl_kernel kernel, cl_event *event, bool timeable);

/*
 * Ends it; `error` is what the API said. Of a refused command nothing is asked that concerns its
 * arguments: they may be what was refused.
 */
void opencl_end(struct opencl_command *c, cl_int error, const struct opencl_work *work);

/* The same for a command buffer, whose queue may go unnamed; and its kernels, once accepted. */
void opencl_begin_batch(struct opencl_command *c, const struct loader *loader, uint16_t facts,
			cl_event *event);
void opencl_end_batch(struct opencl_command *c, cl_command_buffer_khr buffer);

/* A call in which the host waits: harvests what has finished, and books the time as a sync. */
void opencl_sync_begin(struct opencl_command *c, const struct loader *loader,
		       cl_command_queue queue);
void opencl_sync_end(struct opencl_command *c, cl_int error, enum call call);

/* True if a command of that kind has a device time worth asking for. */
static inline bool opencl_timeable(enum wire_kind kind)
{
	return kind != WIRE_KIND_MARKER && kind != WIRE_KIND_BARRIER && kind != WIRE_KIND_SVM_FREE;
}

#endif
