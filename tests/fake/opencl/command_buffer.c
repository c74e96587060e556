/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cl_khr_command_buffer, reached by name alone: nothing in a loader dispatches it. One enqueue of
 * a buffer is one command; its recorded kernels count as launched with it.
 */
#include "tests/fake/opencl/fake.h"
#include "tests/fake/tally.h"

#include <CL/cl_ext.h>
#include <stdlib.h>
#include <string.h>

#define RECORDED_MAX 256

struct _cl_command_buffer_khr {
	FAKE_OBJECT;
	cl_command_queue queue;
	bool final;
	cl_uint commands;
	cl_uint kernels;
	cl_kernel kernel[RECORDED_MAX];
};

static cl_command_buffer_khr CL_API_CALL create(cl_uint count, const cl_command_queue *queues,
						const cl_command_buffer_properties_khr *properties,
						cl_int *err)
{
	cl_command_buffer_khr buffer = count == 1 && queues ? calloc(1, sizeof(*buffer)) : NULL;

	(void)properties;
	if (err)
		*err = buffer ? CL_SUCCESS : CL_INVALID_VALUE;
	if (!buffer)
		return NULL;
	buffer->dispatch = &fake_dispatch;
	buffer->refs = 1;
	buffer->queue = queues[0];
	fake_clRetainCommandQueue(queues[0]);
	return buffer;
}

static cl_int CL_API_CALL finalize(cl_command_buffer_khr buffer)
{
	if (buffer->final)
		return CL_INVALID_OPERATION;
	buffer->final = true;
	return CL_SUCCESS;
}

static cl_int CL_API_CALL retain(cl_command_buffer_khr buffer)
{
	__atomic_add_fetch(&buffer->refs, 1, __ATOMIC_RELAXED);
	return CL_SUCCESS;
}

static cl_int CL_API_CALL release(cl_command_buffer_khr buffer)
{
	if (__atomic_sub_fetch(&buffer->refs, 1, __ATOMIC_ACQ_REL))
		return CL_SUCCESS;
	for (cl_uint i = 0; i < buffer->kernels; i++)
		fake_clReleaseKernel(buffer->kernel[i]);
	fake_clReleaseCommandQueue(buffer->queue);
	free(buffer);
	return CL_SUCCESS;
}

static cl_int CL_API_CALL enqueue(cl_uint count, cl_command_queue *queues,
				  cl_command_buffer_khr buffer, cl_uint waits, const cl_event *wait,
				  cl_event *event)
{
	const struct fake_command command = {count ? queues[0] : buffer->queue,
					     CL_COMMAND_COMMAND_BUFFER_KHR,
					     "call",
					     "clEnqueueCommandBufferKHR",
					     false,
					     waits,
					     wait,
					     event};
	cl_int err = buffer->final ? fake_submit(&command) : CL_INVALID_OPERATION;

	for (cl_uint i = 0; !err && i < buffer->kernels; i++)
		tally_count("kernel", buffer->kernel[i]->name, true);
	return err;
}

static cl_int record(cl_command_buffer_khr buffer, cl_kernel kernel, cl_sync_point_khr *point)
{
	if (buffer->final)
		return CL_INVALID_OPERATION;
	if (kernel && buffer->kernels == RECORDED_MAX)
		return CL_OUT_OF_RESOURCES;
	if (kernel) {
		buffer->kernel[buffer->kernels++] = kernel;
		fake_clRetainKernel(kernel);
	}
	if (point)
		*point = buffer->commands;
	buffer->commands++;
	return CL_SUCCESS;
}

static cl_int CL_API_CALL command_kernel(cl_command_buffer_khr buffer, cl_command_queue queue,
					 const cl_ndrange_kernel_command_properties_khr *properties,
					 cl_kernel kernel, cl_uint dims, const size_t *offset,
					 const size_t *global, const size_t *local, cl_uint waits,
					 const cl_sync_point_khr *wait, cl_sync_point_khr *point,
					 cl_mutable_command_khr *handle)
{
	(void)queue, (void)properties, (void)dims, (void)offset, (void)global, (void)local;
	(void)waits, (void)wait, (void)handle;
	return kernel ? record(buffer, kernel, point) : CL_INVALID_KERNEL;
}

static cl_int CL_API_CALL command_copy(cl_command_buffer_khr buffer, cl_command_queue queue,
				       cl_mem from, cl_mem to, size_t from_offset, size_t to_offset,
				       size_t bytes, cl_uint waits, const cl_sync_point_khr *wait,
				       cl_sync_point_khr *point, cl_mutable_command_khr *handle)
{
	(void)queue, (void)from, (void)to, (void)from_offset, (void)to_offset, (void)bytes;
	(void)waits, (void)wait, (void)handle;
	return record(buffer, NULL, point);
}

static cl_int CL_API_CALL command_fill(cl_command_buffer_khr buffer, cl_command_queue queue,
				       cl_mem memory, const void *pattern, size_t pattern_bytes,
				       size_t offset, size_t bytes, cl_uint waits,
				       const cl_sync_point_khr *wait, cl_sync_point_khr *point,
				       cl_mutable_command_khr *handle)
{
	(void)queue, (void)memory, (void)pattern, (void)pattern_bytes, (void)offset, (void)bytes;
	(void)waits, (void)wait, (void)handle;
	return record(buffer, NULL, point);
}

static cl_int CL_API_CALL command_barrier(cl_command_buffer_khr buffer, cl_command_queue queue,
					  cl_uint waits, const cl_sync_point_khr *wait,
					  cl_sync_point_khr *point, cl_mutable_command_khr *handle)
{
	(void)queue, (void)waits, (void)wait, (void)handle;
	return record(buffer, NULL, point);
}

static cl_int CL_API_CALL get_info(cl_command_buffer_khr buffer, cl_command_buffer_info_khr what,
				   size_t size, void *value, size_t *size_ret)
{
	const cl_uint one = 1;

	switch (what) {
	case CL_COMMAND_BUFFER_NUM_QUEUES_KHR:
		return fake_info(&one, sizeof(one), size, value, size_ret);
	case CL_COMMAND_BUFFER_QUEUES_KHR:
		return fake_info(&buffer->queue, sizeof(buffer->queue), size, value, size_ret);
	case CL_COMMAND_BUFFER_REFERENCE_COUNT_KHR:
		return fake_info(&buffer->refs, sizeof(cl_uint), size, value, size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}

void *fake_command_buffer_function(const char *name)
{
	static const clCreateCommandBufferKHR_fn create_fn = create;
	static const clFinalizeCommandBufferKHR_fn finalize_fn = finalize;
	static const clRetainCommandBufferKHR_fn retain_fn = retain;
	static const clReleaseCommandBufferKHR_fn release_fn = release;
	static const clEnqueueCommandBufferKHR_fn enqueue_fn = enqueue;
	static const clCommandNDRangeKernelKHR_fn kernel_fn = command_kernel;
	static const clCommandCopyBufferKHR_fn copy_fn = command_copy;
	static const clCommandFillBufferKHR_fn fill_fn = command_fill;
	static const clCommandBarrierWithWaitListKHR_fn barrier_fn = command_barrier;
	static const clGetCommandBufferInfoKHR_fn info_fn = get_info;
	const struct {
		const char *name;
		void *function;
	} table[] = {
		{"clCreateCommandBufferKHR", (void *)create_fn},
		{"clFinalizeCommandBufferKHR", (void *)finalize_fn},
		{"clRetainCommandBufferKHR", (void *)retain_fn},
		{"clReleaseCommandBufferKHR", (void *)release_fn},
		{"clEnqueueCommandBufferKHR", (void *)enqueue_fn},
		{"clCommandNDRangeKernelKHR", (void *)kernel_fn},
		{"clCommandCopyBufferKHR", (void *)copy_fn},
		{"clCommandFillBufferKHR", (void *)fill_fn},
		{"clCommandBarrierWithWaitListKHR", (void *)barrier_fn},
		{"clGetCommandBufferInfoKHR", (void *)info_fn},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(table[i].name, name))
			return table[i].function;
	return NULL;
}
