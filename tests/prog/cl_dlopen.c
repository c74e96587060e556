/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that finds OpenCL by dlopen and dlsym, as hashcat and darktable do. With --by-address
 * it asks clGetExtensionFunctionAddressForPlatform for its launch function.
 */
#include <CL/cl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTION(name) __typeof__(name) *name

static struct {
	FUNCTION(clGetPlatformIDs);
	FUNCTION(clGetDeviceIDs);
	FUNCTION(clCreateContext);
	FUNCTION(clCreateCommandQueue);
	FUNCTION(clCreateProgramWithSource);
	FUNCTION(clBuildProgram);
	FUNCTION(clCreateKernel);
	FUNCTION(clCreateBuffer);
	FUNCTION(clSetKernelArg);
	FUNCTION(clEnqueueNDRangeKernel);
	FUNCTION(clEnqueueReadBuffer);
	FUNCTION(clFinish);
	FUNCTION(clGetExtensionFunctionAddressForPlatform);
} cl;

static const char source[] = "__kernel void fill(__global float *a)\n"
			     "{ a[get_global_id(0)] = (float)get_global_id(0); }\n";

static void *library;

static void *symbol(const char *name)
{
	void *found = dlsym(library, name);

	if (!found) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	return found;
}

#define LOAD(name) (cl.name = (__typeof__(cl.name))symbol(#name))

static void load(const char *path)
{
	library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	LOAD(clGetPlatformIDs);
	LOAD(clGetDeviceIDs);
	LOAD(clCreateContext);
	LOAD(clCreateCommandQueue);
	LOAD(clCreateProgramWithSource);
	LOAD(clBuildProgram);
	LOAD(clCreateKernel);
	LOAD(clCreateBuffer);
	LOAD(clSetKernelArg);
	LOAD(clEnqueueNDRangeKernel);
	LOAD(clEnqueueReadBuffer);
	LOAD(clFinish);
	LOAD(clGetExtensionFunctionAddressForPlatform);
}

static int compute(unsigned long launches, int by_address)
{
	const char *text = source;
	const size_t items = 256;
	float out[256];
	cl_platform_id platform;
	cl_device_id device;
	cl_context context;
	cl_command_queue queue;
	cl_program program;
	cl_kernel kernel;
	cl_mem memory;
	cl_int err;

	if (cl.clGetPlatformIDs(1, &platform, NULL) ||
	    cl.clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 1, &device, NULL))
		return 1;
	context = cl.clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	queue = cl.clCreateCommandQueue(context, device, 0, &err);
	program = cl.clCreateProgramWithSource(context, 1, &text, NULL, &err);
	if (err || cl.clBuildProgram(program, 1, &device, NULL, NULL, NULL))
		return 1;
	kernel = cl.clCreateKernel(program, "fill", &err);
	memory = cl.clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof(out), NULL, &err);
	if (err || cl.clSetKernelArg(kernel, 0, sizeof(memory), &memory))
		return 1;
	if (by_address)
		cl.clEnqueueNDRangeKernel = (__typeof__(cl.clEnqueueNDRangeKernel))
						    cl.clGetExtensionFunctionAddressForPlatform(
							    platform, "clEnqueueNDRangeKernel");
	if (!cl.clEnqueueNDRangeKernel)
		return 1;
	for (unsigned long i = 0; i < launches; i++)
		if (cl.clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, NULL, 0, NULL, NULL))
			return 1;
	if (cl.clEnqueueReadBuffer(queue, memory, CL_TRUE, 0, sizeof(out), out, 0, NULL, NULL))
		return 1;
	return cl.clFinish(queue) != CL_SUCCESS;
}

int main(int argc, char **argv)
{
	int by_address = argc > 1 && !strcmp(argv[1], "--by-address");
	unsigned long launches;

	if (argc != 3 + by_address) {
		fprintf(stderr, "usage: cl_dlopen [--by-address] LIBRARY LAUNCHES\n");
		return 2;
	}
	launches = strtoul(argv[2 + by_address], NULL, 10);
	load(argv[1 + by_address]);
	if (compute(launches, by_address)) {
		fprintf(stderr, "cl_dlopen: OpenCL refused\n");
		return 1;
	}
	printf("count kernel fill %lu\ncount call clEnqueueReadBuffer 1\n", launches);
	return 0;
}
