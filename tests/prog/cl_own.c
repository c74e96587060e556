/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OpenCL of one's own, libOpenCL.so.1 by name, that tells its number and who calls which of its
 * two platforms. It defines a small part of the API: OpenCL 1.2, the GL functions by
 * clGetExtensionFunctionAddress alone. A platform, its device and its queue are the same object.
 */
#include <CL/cl.h>
#include <CL/cl_gl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifndef NUMBER
#define NUMBER 1
#endif
#define EXPORT __attribute__((visibility("default"))) CL_API_ENTRY

struct own {
	int platform;
};
static struct own own[2] = {{1}, {2}};

static const struct own *of(const void *object)
{
	return object;
}

EXPORT cl_int CL_API_CALL clGetPlatformIDs(cl_uint n, cl_platform_id *platforms, cl_uint *count)
{
	for (cl_uint i = 0; platforms && i < n && i < 2; i++)
		platforms[i] = (cl_platform_id)&own[i];
	if (count)
		*count = 2;
	return CL_SUCCESS;
}

EXPORT cl_int CL_API_CALL clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t size,
					  void *value, size_t *size_ret)
{
	(void)size_ret;
	if (what != CL_DEVICE_PLATFORM || size != sizeof(device))
		return CL_INVALID_VALUE;
	memcpy(value, &device, size);
	return CL_SUCCESS;
}

EXPORT cl_int CL_API_CALL clGetCommandQueueInfo(cl_command_queue queue, cl_command_queue_info what,
						size_t size, void *value, size_t *size_ret)
{
	(void)size_ret;
	if (what != CL_QUEUE_DEVICE || size != sizeof(queue))
		return CL_INVALID_VALUE;
	memcpy(value, &queue, size);
	return CL_SUCCESS;
}

EXPORT cl_command_queue CL_API_CALL clCreateCommandQueue(cl_context context, cl_device_id device,
							 cl_command_queue_properties properties,
							 cl_int *err)
{
	(void)context, (void)properties;
	if (err)
		*err = CL_SUCCESS;
	return (cl_command_queue)device;
}

EXPORT cl_int CL_API_CALL clFinish(cl_command_queue queue)
{
	printf("clFinish of %d, platform %d\n", NUMBER, of(queue)->platform);
	errno = 1000 + NUMBER;
	return CL_SUCCESS;
}

EXPORT cl_int CL_API_CALL clRetainContext(cl_context context)
{
	(void)context;
	printf("clRetainContext of %d\n", NUMBER);
	return CL_SUCCESS;
}

/* Each platform has a function of its own for the same name. */
#define ACQUIRE(number)                                                                            \
	static cl_int CL_API_CALL acquire_##number(cl_command_queue queue, cl_uint n,              \
						   const cl_mem *memory, cl_uint waits,            \
						   const cl_event *wait, cl_event *event)          \
	{                                                                                          \
		(void)n, (void)memory, (void)waits, (void)wait, (void)event;                       \
		printf("acquire of %d, driver %d, platform %d\n", NUMBER, number,                  \
		       of(queue)->platform);                                                       \
		return CL_SUCCESS;                                                                 \
	}
ACQUIRE(1)
ACQUIRE(2)

static void *function(const char *name, int platform)
{
	static const char *const names[] = {"clEnqueueAcquireGLObjects",
					    "clEnqueueAcquireExternalMemObjectsKHR"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return platform == 1 ? (void *)acquire_1 : (void *)acquire_2;
	return NULL;
}

EXPORT void *CL_API_CALL clGetExtensionFunctionAddress(const char *name)
{
	return function(name, 1);
}

EXPORT void *CL_API_CALL clGetExtensionFunctionAddressForPlatform(cl_platform_id platform,
								  const char *name)
{
	return function(name, of(platform)->platform);
}
