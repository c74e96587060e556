/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that finds OpenCL by dlopen and dlsym, as hashcat and darktable do. With --by-address
 * it asks clGetExtensionFunctionAddressForPlatform for its launch function; with --see it also
 * tells which library it got; with --deepbind it opens it so. LIBRARY
 * may be several, with commas: the first that is there is taken. As a plugin it takes the library's
 * name from CL_DLOPEN.
 */
#include <CL/cl.h>
#include <dlfcn.h>
#include <link.h>
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

static int see_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size, (void)arg;
	if (strstr(info->dlpi_name, "libOpenCL"))
		printf("loaded %s\n", info->dlpi_name);
	return 0;
}

static void see(const char *path)
{
	static const char *const names[] = {"libOpenCL.so.1", "libOpenCL.so", "libOpenCL.so.1.9"};
	const char *error = dlerror();
	Dl_info info;

	printf("pending %s\n", error ? error : "nothing");
	dl_iterate_phdr(see_object, NULL);
	if (dladdr((void *)cl.clGetPlatformIDs, &info))
		printf("clGetPlatformIDs of %s\n", info.dli_fname);
	printf("again %d\n", dlopen(path, RTLD_LAZY) == library);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *found = dlopen(names[i], RTLD_LAZY | RTLD_NOLOAD);

		error = dlerror();
		printf("%s: %s, %s\n", names[i],
		       !found		  ? "not there"
		       : found == library ? "the same"
					  : "another",
		       error ? error : "no error");
	}
}

static void load(const char *path, int flags)
{
	char names[256], *rest = names;

	snprintf(names, sizeof(names), "%s", path);
	while (!library && rest)
		library = dlopen(strsep(&rest, ","), RTLD_LAZY | RTLD_LOCAL | flags);
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

static int run(const char *path, unsigned long launches, int by_address, int flags)
{
	load(path, flags);
	if (compute(launches, by_address)) {
		fprintf(stderr, "cl_dlopen: OpenCL refused\n");
		return 1;
	}
	printf("count kernel fill %lu\ncount call clEnqueueReadBuffer 1\n", launches);
	return 0;
}

__attribute__((visibility("default"))) int plugin_main(unsigned launches);

int plugin_main(unsigned launches)
{
	const char *path = getenv("CL_DLOPEN");

	if (!path || run(path, launches, 0, 0))
		return 1;
	see(path);
	return 0;
}

int main(int argc, char **argv)
{
	const char *option = argc == 4 ? argv[1] : "";
	const int by_address = !strcmp(option, "--by-address");
	const int seeing = !strcmp(option, "--see");
	const int deepbind = !strcmp(option, "--deepbind");
	char **rest = argv + argc - 2;

	if (argc < 3 || argc != 3 + by_address + seeing + deepbind) {
		fprintf(stderr, "usage: cl_dlopen [--by-address | --see | --deepbind] "
				"LIBRARY LAUNCHES\n");
		return 2;
	}
	if (run(rest[0], strtoul(rest[1], NULL, 10), by_address, deepbind ? RTLD_DEEPBIND : 0))
		return 1;
	if (seeing)
		see(rest[0]);
	return 0;
}
