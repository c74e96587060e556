/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API defined once more, each function forwarded to the libOpenCL that is opened at the first
 * call, as headers for "no need to link" do; and a plugin that computes through its own names. As a
 * library, or linked into a program that exports them.
 */
#include <CL/cl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

static void *function(const char *name)
{
	static void *library;

	if (!library)
		library = dlopen("libOpenCL.so.1", RTLD_LAZY | RTLD_LOCAL);
	if (!library) {
		puts(dlerror());
		exit(9);
	}
	return dlsym(library, name);
}

#define FORWARD(result, name, params, args)                                                        \
	EXPORT CL_API_ENTRY result CL_API_CALL name params                                         \
	{                                                                                          \
		return ((__typeof__(&name))function(#name))args;                                   \
	}

FORWARD(cl_int, clGetPlatformIDs, (cl_uint n, cl_platform_id *p, cl_uint *m), (n, p, m))
FORWARD(cl_int, clGetDeviceIDs,
	(cl_platform_id p, cl_device_type t, cl_uint n, cl_device_id *d, cl_uint *m),
	(p, t, n, d, m))
FORWARD(cl_context, clCreateContext,
	(const cl_context_properties *p, cl_uint n, const cl_device_id *d,
	 void(CL_CALLBACK *f)(const char *, const void *, size_t, void *), void *u, cl_int *e),
	(p, n, d, f, u, e))
FORWARD(cl_command_queue, clCreateCommandQueue,
	(cl_context c, cl_device_id d, cl_command_queue_properties p, cl_int *e), (c, d, p, e))
FORWARD(cl_mem, clCreateBuffer, (cl_context c, cl_mem_flags f, size_t s, void *h, cl_int *e),
	(c, f, s, h, e))
FORWARD(cl_int, clEnqueueWriteBuffer,
	(cl_command_queue q, cl_mem m, cl_bool b, size_t o, size_t s, const void *p, cl_uint n,
	 const cl_event *w, cl_event *e),
	(q, m, b, o, s, p, n, w, e))
FORWARD(cl_int, clFinish, (cl_command_queue q), (q))

EXPORT int plugin_main(unsigned launches);

int plugin_main(unsigned launches)
{
	char bytes[64] = "";
	cl_platform_id platform;
	cl_device_id device;
	cl_context context;
	cl_command_queue queue;
	cl_mem memory;
	cl_int err;

	if (clGetPlatformIDs(1, &platform, NULL) ||
	    clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 1, &device, NULL))
		return 1;
	context = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	queue = clCreateCommandQueue(context, device, 0, &err);
	if (err)
		return 1;
	memory = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof(bytes), NULL, &err);
	for (unsigned i = 0; i < launches && !err; i++)
		err = clEnqueueWriteBuffer(queue, memory, CL_FALSE, 0, sizeof(bytes), bytes, 0,
					   NULL, NULL);
	printf("count call clEnqueueWriteBuffer %u\n", launches);
	return err || clFinish(queue);
}
