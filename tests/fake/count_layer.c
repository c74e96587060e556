/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test double: an OpenCL layer (OPENCL_LAYERS=...) that counts the enqueues of any program on
 * any driver, by the loader's own means and so independently of every road that a preloaded
 * library must find. It counts into COUNT_LAYER_FILE (tests/fake/tally.h). What a program fetches
 * by clGetExtensionFunctionAddress* goes past it.
 */
#include "tests/fake/tally.h"

#include <CL/cl_layer.h>
#include <stdlib.h>
#include <string.h>

static cl_icd_dispatch next; /* the driver, or the layer below */
static cl_icd_dispatch mine;

#define TAIL cl_uint waits, const cl_event *wait, cl_event *event
#define PASS waits, wait, event

#define COUNTED(name, parameters, arguments)                                                       \
	static cl_int CL_API_CALL layer_##name parameters                                          \
	{                                                                                          \
		cl_int err = next.name arguments;                                                  \
                                                                                                   \
		tally_count("call", #name, err == CL_SUCCESS);                                     \
		return err;                                                                        \
	}

COUNTED(clEnqueueReadBuffer,
	(cl_command_queue q, cl_mem a, cl_bool b, size_t c, size_t d, void *e, TAIL),
	(q, a, b, c, d, e, PASS))
COUNTED(clEnqueueReadBufferRect,
	(cl_command_queue q, cl_mem a, cl_bool b, const size_t *c, const size_t *d, const size_t *e,
	 size_t f, size_t g, size_t h, size_t i, void *j, TAIL),
	(q, a, b, c, d, e, f, g, h, i, j, PASS))
COUNTED(clEnqueueWriteBuffer,
	(cl_command_queue q, cl_mem a, cl_bool b, size_t c, size_t d, const void *e, TAIL),
	(q, a, b, c, d, e, PASS))
COUNTED(clEnqueueWriteBufferRect,
	(cl_command_queue q, cl_mem a, cl_bool b, const size_t *c, const size_t *d, const size_t *e,
	 size_t f, size_t g, size_t h, size_t i, const void *j, TAIL),
	(q, a, b, c, d, e, f, g, h, i, j, PASS))
COUNTED(clEnqueueCopyBuffer,
	(cl_command_queue q, cl_mem a, cl_mem b, size_t c, size_t d, size_t e, TAIL),
	(q, a, b, c, d, e, PASS))
COUNTED(clEnqueueCopyBufferRect,
	(cl_command_queue q, cl_mem a, cl_mem b, const size_t *c, const size_t *d, const size_t *e,
	 size_t f, size_t g, size_t h, size_t i, TAIL),
	(q, a, b, c, d, e, f, g, h, i, PASS))
COUNTED(clEnqueueFillBuffer,
	(cl_command_queue q, cl_mem a, const void *b, size_t c, size_t d, size_t e, TAIL),
	(q, a, b, c, d, e, PASS))
COUNTED(clEnqueueReadImage,
	(cl_command_queue q, cl_mem a, cl_bool b, const size_t *c, const size_t *d, size_t e,
	 size_t f, void *g, TAIL),
	(q, a, b, c, d, e, f, g, PASS))
COUNTED(clEnqueueWriteImage,
	(cl_command_queue q, cl_mem a, cl_bool b, const size_t *c, const size_t *d, size_t e,
	 size_t f, const void *g, TAIL),
	(q, a, b, c, d, e, f, g, PASS))
COUNTED(clEnqueueCopyImage,
	(cl_command_queue q, cl_mem a, cl_mem b, const size_t *c, const size_t *d, const size_t *e,
	 TAIL),
	(q, a, b, c, d, e, PASS))
COUNTED(clEnqueueCopyImageToBuffer,
	(cl_command_queue q, cl_mem a, cl_mem b, const size_t *c, const size_t *d, size_t e, TAIL),
	(q, a, b, c, d, e, PASS))
COUNTED(clEnqueueCopyBufferToImage,
	(cl_command_queue q, cl_mem a, cl_mem b, size_t c, const size_t *d, const size_t *e, TAIL),
	(q, a, b, c, d, e, PASS))
COUNTED(clEnqueueFillImage,
	(cl_command_queue q, cl_mem a, const void *b, const size_t *c, const size_t *d, TAIL),
	(q, a, b, c, d, PASS))
COUNTED(clEnqueueUnmapMemObject, (cl_command_queue q, cl_mem a, void *b, TAIL), (q, a, b, PASS))
COUNTED(clEnqueueMigrateMemObjects,
	(cl_command_queue q, cl_uint a, const cl_mem *b, cl_mem_migration_flags c, TAIL),
	(q, a, b, c, PASS))
COUNTED(clEnqueueNativeKernel,
	(cl_command_queue q, void(CL_CALLBACK *a)(void *), void *b, size_t c, cl_uint d,
	 const cl_mem *e, const void **f, TAIL),
	(q, a, b, c, d, e, f, PASS))
COUNTED(clEnqueueMarkerWithWaitList, (cl_command_queue q, TAIL), (q, PASS))
COUNTED(clEnqueueBarrierWithWaitList, (cl_command_queue q, TAIL), (q, PASS))
COUNTED(clEnqueueMarker, (cl_command_queue q, cl_event *event), (q, event))
COUNTED(clEnqueueBarrier, (cl_command_queue q), (q))
COUNTED(clEnqueueWaitForEvents, (cl_command_queue q, cl_uint waits, const cl_event *wait),
	(q, waits, wait))
COUNTED(clEnqueueSVMFree,
	(cl_command_queue q, cl_uint a, void **b,
	 void(CL_CALLBACK *c)(cl_command_queue, cl_uint, void **, void *), void *d, TAIL),
	(q, a, b, c, d, PASS))
COUNTED(clEnqueueSVMMemcpy, (cl_command_queue q, cl_bool a, void *b, const void *c, size_t d, TAIL),
	(q, a, b, c, d, PASS))
COUNTED(clEnqueueSVMMemFill, (cl_command_queue q, void *a, const void *b, size_t c, size_t d, TAIL),
	(q, a, b, c, d, PASS))
COUNTED(clEnqueueSVMMap, (cl_command_queue q, cl_bool a, cl_map_flags b, void *c, size_t d, TAIL),
	(q, a, b, c, d, PASS))
COUNTED(clEnqueueSVMUnmap, (cl_command_queue q, void *a, TAIL), (q, a, PASS))
COUNTED(clEnqueueSVMMigrateMem,
	(cl_command_queue q, cl_uint a, const void **b, const size_t *c, cl_mem_migration_flags d,
	 TAIL),
	(q, a, b, c, d, PASS))

static void count_kernel(cl_kernel kernel, cl_int err)
{
	char name[200] = "?";

	if (kernel)
		next.clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof(name), name, NULL);
	tally_count("kernel", name, err == CL_SUCCESS);
}

static cl_int CL_API_CALL layer_clEnqueueNDRangeKernel(cl_command_queue q, cl_kernel kernel,
						       cl_uint a, const size_t *b, const size_t *c,
						       const size_t *d, TAIL)
{
	cl_int err = next.clEnqueueNDRangeKernel(q, kernel, a, b, c, d, PASS);

	count_kernel(kernel, err);
	return err;
}

static cl_int CL_API_CALL layer_clEnqueueTask(cl_command_queue q, cl_kernel kernel, TAIL)
{
	cl_int err = next.clEnqueueTask(q, kernel, PASS);

	count_kernel(kernel, err);
	return err;
}

static void *CL_API_CALL layer_clEnqueueMapBuffer(cl_command_queue q, cl_mem a, cl_bool b,
						  cl_map_flags c, size_t d, size_t e, TAIL,
						  cl_int *err_ret)
{
	cl_int err;
	void *at = next.clEnqueueMapBuffer(q, a, b, c, d, e, PASS, &err);

	tally_count("call", "clEnqueueMapBuffer", err == CL_SUCCESS);
	if (err_ret)
		*err_ret = err;
	return at;
}

static void *CL_API_CALL layer_clEnqueueMapImage(cl_command_queue q, cl_mem a, cl_bool b,
						 cl_map_flags c, const size_t *d, const size_t *e,
						 size_t *f, size_t *g, TAIL, cl_int *err_ret)
{
	cl_int err;
	void *at = next.clEnqueueMapImage(q, a, b, c, d, e, f, g, PASS, &err);

	tally_count("call", "clEnqueueMapImage", err == CL_SUCCESS);
	if (err_ret)
		*err_ret = err;
	return at;
}

/* A driver older than a call has no entry for it, and then neither have we. */
#define HOOK(name)                                                                                 \
	do {                                                                                       \
		if (next.name)                                                                     \
			mine.name = layer_##name;                                                  \
	} while (0)

static void hook_buffers(void)
{
	HOOK(clEnqueueReadBuffer);
	HOOK(clEnqueueReadBufferRect);
	HOOK(clEnqueueWriteBuffer);
	HOOK(clEnqueueWriteBufferRect);
	HOOK(clEnqueueCopyBuffer);
	HOOK(clEnqueueCopyBufferRect);
	HOOK(clEnqueueFillBuffer);
	HOOK(clEnqueueReadImage);
	HOOK(clEnqueueWriteImage);
	HOOK(clEnqueueCopyImage);
	HOOK(clEnqueueCopyImageToBuffer);
	HOOK(clEnqueueCopyBufferToImage);
	HOOK(clEnqueueFillImage);
	HOOK(clEnqueueMapBuffer);
	HOOK(clEnqueueMapImage);
	HOOK(clEnqueueUnmapMemObject);
	HOOK(clEnqueueMigrateMemObjects);
}

static void hook_rest(void)
{
	HOOK(clEnqueueNDRangeKernel);
	HOOK(clEnqueueTask);
	HOOK(clEnqueueNativeKernel);
	HOOK(clEnqueueMarker);
	HOOK(clEnqueueMarkerWithWaitList);
	HOOK(clEnqueueBarrier);
	HOOK(clEnqueueBarrierWithWaitList);
	HOOK(clEnqueueWaitForEvents);
	HOOK(clEnqueueSVMFree);
	HOOK(clEnqueueSVMMemcpy);
	HOOK(clEnqueueSVMMemFill);
	HOOK(clEnqueueSVMMap);
	HOOK(clEnqueueSVMUnmap);
	HOOK(clEnqueueSVMMigrateMem);
}

__attribute__((visibility("default"))) CL_API_ENTRY cl_int CL_API_CALL
clGetLayerInfo(cl_layer_info what, size_t size, void *value, size_t *size_ret)
{
	const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
	const char name[] = "gramme tests: counting layer";
	const void *from = what == CL_LAYER_NAME ? (const void *)name : &version;
	size_t bytes = what == CL_LAYER_NAME ? sizeof(name) : sizeof(version);

	if (what != CL_LAYER_NAME && what != CL_LAYER_API_VERSION)
		return CL_INVALID_VALUE;
	if (value && size < bytes)
		return CL_INVALID_VALUE;
	if (value)
		memcpy(value, from, bytes);
	if (size_ret)
		*size_ret = bytes;
	return CL_SUCCESS;
}

__attribute__((visibility("default"))) CL_API_ENTRY cl_int CL_API_CALL
clInitLayer(cl_uint entries, const cl_icd_dispatch *target, cl_uint *entries_ret,
	    const cl_icd_dispatch **dispatch_ret)
{
	const cl_uint ours = sizeof(cl_icd_dispatch) / sizeof(void *);
	cl_uint known = entries < ours ? entries : ours;

	/* A test that asks for a tally and gets none would compare with nothing. */
	if (!getenv("COUNT_LAYER_FILE") || tally_open(getenv("COUNT_LAYER_FILE")) < 0)
		return CL_INVALID_VALUE;
	memcpy(&next, target, known * sizeof(void *));
	mine = next;
	hook_buffers();
	hook_rest();
	*entries_ret = known;
	*dispatch_ret = &mine;
	return CL_SUCCESS;
}
