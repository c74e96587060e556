/* SPDX-License-Identifier: Apache-2.0 */
/* Every clEnqueue* but the two that map: all of them are a command that takes its time. */
#include "tests/fake/opencl/fake.h"
#include "tests/fake/tally.h"

#include <stdlib.h>

/* The parameters that almost all of them end in. */
#define TAIL cl_uint waits, const cl_event *wait, cl_event *event

#define ENQUEUE(name, type, blocking, ...)                                                         \
	CL_API_ENTRY cl_int CL_API_CALL fake_##name(cl_command_queue queue, __VA_ARGS__)           \
	{                                                                                          \
		const struct fake_command command = {queue,    type,  "call", #name,               \
						     blocking, waits, wait,   event};              \
                                                                                                   \
		return fake_submit(&command);                                                      \
	}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

ENQUEUE(clEnqueueReadBuffer, CL_COMMAND_READ_BUFFER, block, cl_mem a, cl_bool block, size_t b,
	size_t c, void *d, TAIL)
ENQUEUE(clEnqueueReadBufferRect, CL_COMMAND_READ_BUFFER_RECT, block, cl_mem a, cl_bool block,
	const size_t *b, const size_t *c, const size_t *d, size_t e, size_t f, size_t g, size_t h,
	void *i, TAIL)
ENQUEUE(clEnqueueWriteBuffer, CL_COMMAND_WRITE_BUFFER, block, cl_mem a, cl_bool block, size_t b,
	size_t c, const void *d, TAIL)
ENQUEUE(clEnqueueWriteBufferRect, CL_COMMAND_WRITE_BUFFER_RECT, block, cl_mem a, cl_bool block,
	const size_t *b, const size_t *c, const size_t *d, size_t e, size_t f, size_t g, size_t h,
	const void *i, TAIL)
ENQUEUE(clEnqueueCopyBuffer, CL_COMMAND_COPY_BUFFER, false, cl_mem a, cl_mem b, size_t c, size_t d,
	size_t e, TAIL)
ENQUEUE(clEnqueueCopyBufferRect, CL_COMMAND_COPY_BUFFER_RECT, false, cl_mem a, cl_mem b,
	const size_t *c, const size_t *d, const size_t *e, size_t f, size_t g, size_t h, size_t i,
	TAIL)
ENQUEUE(clEnqueueFillBuffer, CL_COMMAND_FILL_BUFFER, false, cl_mem a, const void *b, size_t c,
	size_t d, size_t e, TAIL)
ENQUEUE(clEnqueueReadImage, CL_COMMAND_READ_IMAGE, block, cl_mem a, cl_bool block, const size_t *b,
	const size_t *c, size_t d, size_t e, void *f, TAIL)
ENQUEUE(clEnqueueWriteImage, CL_COMMAND_WRITE_IMAGE, block, cl_mem a, cl_bool block,
	const size_t *b, const size_t *c, size_t d, size_t e, const void *f, TAIL)
ENQUEUE(clEnqueueCopyImage, CL_COMMAND_COPY_IMAGE, false, cl_mem a, cl_mem b, const size_t *c,
	const size_t *d, const size_t *e, TAIL)
ENQUEUE(clEnqueueCopyImageToBuffer, CL_COMMAND_COPY_IMAGE_TO_BUFFER, false, cl_mem a, cl_mem b,
	const size_t *c, const size_t *d, size_t e, TAIL)
ENQUEUE(clEnqueueCopyBufferToImage, CL_COMMAND_COPY_BUFFER_TO_IMAGE, false, cl_mem a, cl_mem b,
	size_t c, const size_t *d, const size_t *e, TAIL)
ENQUEUE(clEnqueueFillImage, CL_COMMAND_FILL_IMAGE, false, cl_mem a, const void *b, const size_t *c,
	const size_t *d, TAIL)
ENQUEUE(clEnqueueUnmapMemObject, CL_COMMAND_UNMAP_MEM_OBJECT, false, cl_mem a, void *b, TAIL)
ENQUEUE(clEnqueueMigrateMemObjects, CL_COMMAND_MIGRATE_MEM_OBJECTS, false, cl_uint a,
	const cl_mem *b, cl_mem_migration_flags c, TAIL)
ENQUEUE(clEnqueueMarkerWithWaitList, CL_COMMAND_MARKER, false, TAIL)
ENQUEUE(clEnqueueBarrierWithWaitList, CL_COMMAND_BARRIER, false, TAIL)
ENQUEUE(clEnqueueSVMMemcpy, CL_COMMAND_SVM_MEMCPY, block, cl_bool block, void *a, const void *b,
	size_t c, TAIL)
ENQUEUE(clEnqueueSVMMemFill, CL_COMMAND_SVM_MEMFILL, false, void *a, const void *b, size_t c,
	size_t d, TAIL)
ENQUEUE(clEnqueueSVMMap, CL_COMMAND_SVM_MAP, block, cl_bool block, cl_map_flags a, void *b,
	size_t c, TAIL)
ENQUEUE(clEnqueueSVMUnmap, CL_COMMAND_SVM_UNMAP, false, void *a, TAIL)
ENQUEUE(clEnqueueSVMMigrateMem, CL_COMMAND_SVM_MIGRATE_MEM, false, cl_uint a, const void **b,
	const size_t *c, cl_mem_migration_flags d, TAIL)
ENQUEUE(clEnqueueAcquireGLObjects, CL_COMMAND_ACQUIRE_GL_OBJECTS, false, cl_uint a, const cl_mem *b,
	TAIL)
ENQUEUE(clEnqueueReleaseGLObjects, CL_COMMAND_RELEASE_GL_OBJECTS, false, cl_uint a, const cl_mem *b,
	TAIL)
ENQUEUE(clEnqueueAcquireEGLObjectsKHR, CL_COMMAND_ACQUIRE_EGL_OBJECTS_KHR, false, cl_uint a,
	const cl_mem *b, TAIL)
ENQUEUE(clEnqueueReleaseEGLObjectsKHR, CL_COMMAND_RELEASE_EGL_OBJECTS_KHR, false, cl_uint a,
	const cl_mem *b, TAIL)

#pragma GCC diagnostic pop

CL_API_ENTRY cl_int CL_API_CALL fake_clEnqueueNDRangeKernel(cl_command_queue queue,
							    cl_kernel kernel, cl_uint dims,
							    const size_t *offset,
							    const size_t *global,
							    const size_t *local, cl_uint waits,
							    const cl_event *wait, cl_event *event)
{
	const struct fake_command command = {queue,    CL_COMMAND_NDRANGE_KERNEL,
					     "kernel", kernel ? kernel->name : "",
					     false,    waits,
					     wait,     event};

	(void)offset, (void)local;
	if (!kernel || !dims || dims > 3 || !global) {
		tally_count("kernel", kernel ? kernel->name : "", false);
		return kernel ? CL_INVALID_WORK_DIMENSION : CL_INVALID_KERNEL;
	}
	return fake_submit(&command);
}

CL_API_ENTRY cl_int CL_API_CALL fake_clEnqueueTask(cl_command_queue queue, cl_kernel kernel,
						   cl_uint waits, const cl_event *wait,
						   cl_event *event)
{
	const struct fake_command command = {queue, CL_COMMAND_TASK, "kernel", kernel->name,
					     false, waits,	     wait,     event};

	return fake_submit(&command);
}

CL_API_ENTRY cl_int CL_API_CALL fake_clEnqueueNativeKernel(cl_command_queue queue,
							   void(CL_CALLBACK *function)(void *),
							   void *args, size_t bytes,
							   cl_uint memories, const cl_mem *memory,
							   const void **places, cl_uint waits,
							   const cl_event *wait, cl_event *event)
{
	const struct fake_command command = {queue,  CL_COMMAND_NATIVE_KERNEL,
					     "call", "clEnqueueNativeKernel",
					     false,  waits,
					     wait,   event};
	cl_int err;

	(void)memories, (void)memory, (void)places, (void)bytes;
	err = fake_submit(&command);
	if (!err)
		function(args);
	return err;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clEnqueueMarker(cl_command_queue queue, cl_event *event)
{
	const struct fake_command command = {
		queue, CL_COMMAND_MARKER, "call", "clEnqueueMarker", false, 0, NULL, event};

	return fake_submit(&command);
}

CL_API_ENTRY cl_int CL_API_CALL fake_clEnqueueBarrier(cl_command_queue queue)
{
	const struct fake_command command = {
		queue, CL_COMMAND_BARRIER, "call", "clEnqueueBarrier", false, 0, NULL, NULL};

	return fake_submit(&command);
}

CL_API_ENTRY cl_int CL_API_CALL fake_clEnqueueWaitForEvents(cl_command_queue queue, cl_uint waits,
							    const cl_event *wait)
{
	const struct fake_command command = {
		queue, CL_COMMAND_BARRIER, "call", "clEnqueueWaitForEvents", false, waits, wait,
		NULL};

	return fake_submit(&command);
}

CL_API_ENTRY cl_int CL_API_CALL
fake_clEnqueueSVMFree(cl_command_queue queue, cl_uint count, void **pointers,
		      void(CL_CALLBACK *release)(cl_command_queue, cl_uint, void **, void *),
		      void *data, cl_uint waits, const cl_event *wait, cl_event *event)
{
	const struct fake_command command = {
		queue, CL_COMMAND_SVM_FREE, "call", "clEnqueueSVMFree", false, waits, wait, event};
	cl_int err = fake_submit(&command);

	if (err)
		return err;
	if (release)
		release(queue, count, pointers, data);
	else
		for (cl_uint i = 0; i < count; i++)
			free(pointers[i]);
	return CL_SUCCESS;
}
