/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts and queues. */
#include "tests/fake/opencl/fake.h"

#include <stdlib.h>

CL_API_ENTRY cl_context CL_API_CALL fake_clCreateContext(
	const cl_context_properties *properties, cl_uint count, const cl_device_id *ids,
	void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *data,
	cl_int *err)
{
	cl_context context = NULL;

	(void)properties, (void)notify, (void)data;
	if (count >= 1 && count <= 2 && ids)
		context = calloc(1, sizeof(*context));
	if (err)
		*err = context ? CL_SUCCESS : CL_INVALID_VALUE;
	if (!context)
		return NULL;
	context->dispatch = &fake_dispatch;
	context->refs = 1;
	context->devices = count;
	for (cl_uint i = 0; i < count; i++)
		context->device[i] = ids[i];
	context->properties[0] = CL_CONTEXT_PLATFORM;
	context->properties[1] = (cl_context_properties)fake_platform();
	return context;
}

CL_API_ENTRY cl_context CL_API_CALL
fake_clCreateContextFromType(const cl_context_properties *properties, cl_device_type type,
			     void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *),
			     void *data, cl_int *err)
{
	cl_device_id ids[2];
	cl_uint count = 0;
	cl_int found = fake_clGetDeviceIDs(fake_platform(), type, 2, ids, &count);

	if (found == CL_SUCCESS)
		return fake_clCreateContext(properties, count, ids, notify, data, err);
	if (err)
		*err = found;
	return NULL;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clRetainContext(cl_context context)
{
	__atomic_add_fetch(&context->refs, 1, __ATOMIC_RELAXED);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clReleaseContext(cl_context context)
{
	if (!__atomic_sub_fetch(&context->refs, 1, __ATOMIC_ACQ_REL))
		free(context);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetContextInfo(cl_context context, cl_context_info what,
						      size_t size, void *value, size_t *size_ret)
{
	switch (what) {
	case CL_CONTEXT_REFERENCE_COUNT:
		return fake_info(&context->refs, sizeof(cl_uint), size, value, size_ret);
	case CL_CONTEXT_NUM_DEVICES:
		return fake_info(&context->devices, sizeof(cl_uint), size, value, size_ret);
	case CL_CONTEXT_DEVICES:
		return fake_info(context->device, context->devices * sizeof(cl_device_id), size,
				 value, size_ret);
	case CL_CONTEXT_PROPERTIES:
		return fake_info(context->properties, sizeof(context->properties), size, value,
				 size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}

CL_API_ENTRY cl_command_queue CL_API_CALL
fake_clCreateCommandQueue(cl_context context, cl_device_id device,
			  cl_command_queue_properties properties, cl_int *err)
{
	cl_command_queue queue = NULL;
	cl_int refused = CL_SUCCESS;

	if (!context || !device)
		refused = CL_INVALID_VALUE;
	else if (fake_settings.no_profiling && (properties & CL_QUEUE_PROFILING_ENABLE))
		refused = CL_INVALID_QUEUE_PROPERTIES;
	else if (!(queue = calloc(1, sizeof(*queue))))
		refused = CL_OUT_OF_HOST_MEMORY;
	if (err)
		*err = refused;
	if (!queue)
		return NULL;
	queue->dispatch = &fake_dispatch;
	queue->refs = 1;
	queue->context = context;
	queue->device = device;
	queue->properties = properties;
	fake_clRetainContext(context);
	return queue;
}

CL_API_ENTRY cl_command_queue CL_API_CALL fake_clCreateCommandQueueWithProperties(
	cl_context context, cl_device_id device, const cl_queue_properties *list, cl_int *err)
{
	cl_command_queue_properties properties = 0;
	bool named = false;

	for (; list && *list; list += 2) {
		if (*list != CL_QUEUE_PROPERTIES || named) {
			if (err)
				*err = CL_INVALID_VALUE;
			return NULL;
		}
		properties = list[1];
		named = true;
	}
	return fake_clCreateCommandQueue(context, device, properties, err);
}

CL_API_ENTRY cl_int CL_API_CALL fake_clRetainCommandQueue(cl_command_queue queue)
{
	__atomic_add_fetch(&queue->refs, 1, __ATOMIC_RELAXED);
	return CL_SUCCESS;
}

void fake_queue_release(cl_command_queue queue)
{
	if (__atomic_sub_fetch(&queue->refs, 1, __ATOMIC_ACQ_REL))
		return;
	fake_clReleaseContext(queue->context);
	free(queue);
}

CL_API_ENTRY cl_int CL_API_CALL fake_clReleaseCommandQueue(cl_command_queue queue)
{
	fake_queue_release(queue);
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetCommandQueueInfo(cl_command_queue queue,
							   cl_command_queue_info what, size_t size,
							   void *value, size_t *size_ret)
{
	switch (what) {
	case CL_QUEUE_CONTEXT:
		return fake_info(&queue->context, sizeof(cl_context), size, value, size_ret);
	case CL_QUEUE_DEVICE:
		return fake_info(&queue->device, sizeof(cl_device_id), size, value, size_ret);
	case CL_QUEUE_REFERENCE_COUNT:
		return fake_info(&queue->refs, sizeof(cl_uint), size, value, size_ret);
	case CL_QUEUE_PROPERTIES:
		return fake_info(&queue->properties, sizeof(queue->properties), size, value,
				 size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}

CL_API_ENTRY cl_int CL_API_CALL fake_clFlush(cl_command_queue queue)
{
	return queue ? CL_SUCCESS : CL_INVALID_COMMAND_QUEUE;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clFinish(cl_command_queue queue)
{
	uint64_t until_ns;
	bool settled;

	if (!queue)
		return CL_INVALID_COMMAND_QUEUE;
	do {
		fake_lock();
		settled = fake_queue_settle(queue);
		until_ns = settled ? queue->free_ns : fake_now_ns() + 50000;
		fake_unlock();
		fake_sleep_until(until_ns);
	} while (!settled);
	return CL_SUCCESS;
}
