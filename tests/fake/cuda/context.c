/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: the primary one of each GPU, others, and each thread's stack of current ones. */
#include "tests/fake/cuda/sim.h"

#include <stdlib.h>

#define STACK_MAX 64u

static struct CUctx_st primary[SIM_DEVICES_MAX];
static __thread CUcontext stack[STACK_MAX];
static __thread unsigned depth;

CUcontext sim_current(void)
{
	return depth ? stack[depth - 1] : NULL;
}

static void begin(CUcontext context, unsigned flags, CUdevice device)
{
	context->id = sim_new_id();
	context->device = device;
	context->flags = flags;
	context->legacy = sim_stream_new(context, 0);
	context->legacy->is_legacy = true;
}

int sim_context_create(CUcontext *out, unsigned flags, CUdevice device)
{
	if (sim_device_ok(device))
		return CUDA_ERROR_INVALID_DEVICE;
	*out = sim_new(sizeof(**out));
	begin(*out, flags, device);
	return sim_context_push(*out);
}

/* Its memory stays: streams and events of it may be asked about yet. */
int sim_context_destroy(CUcontext context)
{
	if (!context || context->is_primary)
		return CUDA_ERROR_INVALID_CONTEXT;
	if (sim_current() == context)
		depth--;
	return CUDA_SUCCESS;
}

int sim_context_push(CUcontext context)
{
	if (!context || depth == STACK_MAX)
		return CUDA_ERROR_INVALID_CONTEXT;
	stack[depth++] = context;
	return CUDA_SUCCESS;
}

int sim_context_pop(CUcontext *out)
{
	if (!depth)
		return CUDA_ERROR_INVALID_CONTEXT;
	depth--;
	if (out)
		*out = stack[depth];
	return CUDA_SUCCESS;
}

int sim_context_set(CUcontext context)
{
	if (depth)
		depth--;
	return context ? sim_context_push(context) : CUDA_SUCCESS;
}

int sim_context_device(CUdevice *device, CUcontext context)
{
	if (!context)
		return CUDA_ERROR_INVALID_CONTEXT;
	*device = context->device;
	return CUDA_SUCCESS;
}

int sim_context_id(CUcontext context, uint64_t *id)
{
	if (!context)
		context = sim_current();
	if (!context)
		return CUDA_ERROR_INVALID_CONTEXT;
	*id = context->id;
	return CUDA_SUCCESS;
}

int sim_context_flags(unsigned *flags)
{
	if (!sim_current())
		return CUDA_ERROR_INVALID_CONTEXT;
	*flags = sim_current()->flags;
	return CUDA_SUCCESS;
}

int sim_context_synchronize(CUcontext context)
{
	int err = sim_unsafe();

	if (!context)
		return CUDA_ERROR_INVALID_CONTEXT;
	for (CUstream s = context->streams; s && !err; s = s->next)
		if (s->capture) {
			sim_capture_break(s->capture);
			err = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
		}
	for (CUstream s = context->streams; s && !err; s = s->next)
		sim_stream_drain(s);
	return err;
}

/* CUlimit: the stack of a thread, the buffer of printf, the heap, and others. */
int sim_context_limit(size_t *value, int limit)
{
	static const size_t known[] = {1024, 1048576, 8388608, 2, 2048, 128, 0};

	if (limit < 0 || limit >= (int)(sizeof(known) / sizeof(known[0])))
		return CUDA_ERROR_INVALID_VALUE;
	*value = known[limit];
	return CUDA_SUCCESS;
}

int sim_primary_retain(CUcontext *out, CUdevice device)
{
	CUcontext context = &primary[sim_device_ok(device) ? 0 : device];

	if (sim_device_ok(device))
		return CUDA_ERROR_INVALID_DEVICE;
	if (!context->legacy) {
		begin(context, context->flags, device);
		context->is_primary = true;
	}
	context->refs++;
	*out = context;
	return CUDA_SUCCESS;
}

int sim_primary_release(CUdevice device, bool all)
{
	if (sim_device_ok(device))
		return CUDA_ERROR_INVALID_DEVICE;
	if (!all && !primary[device].refs)
		return CUDA_ERROR_INVALID_CONTEXT;
	primary[device].refs = all ? 0 : primary[device].refs - 1;
	return CUDA_SUCCESS;
}

int sim_primary_flags(CUdevice device, unsigned flags)
{
	if (sim_device_ok(device))
		return CUDA_ERROR_INVALID_DEVICE;
	primary[device].flags = flags;
	return CUDA_SUCCESS;
}

int sim_primary_state(CUdevice device, unsigned *flags, int *active)
{
	if (sim_device_ok(device))
		return CUDA_ERROR_INVALID_DEVICE;
	*flags = primary[device].flags;
	*active = primary[device].refs > 0;
	return CUDA_SUCCESS;
}
