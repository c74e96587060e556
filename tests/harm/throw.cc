// SPDX-License-Identifier: Apache-2.0
// C++ exceptions thrown through the frames of C libraries, and over OpenCL's callbacks:
// throw [opencl [lock]], where lock keeps everything in memory, now and later.
#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <cstdio>
#include <cstdlib>
#include <link.h>
#include <pthread.h>
#include <stdexcept>
#include <sys/mman.h>
#include <thread>

static int compare(const void *, const void *)
{
	throw std::runtime_error("in qsort");
}

static int each_object(dl_phdr_info *, size_t, void *)
{
	throw 5;
}

static void CL_CALLBACK notify(cl_program, void *)
{
	throw std::logic_error("in the build callback");
}

static void over_opencl()
{
	cl_platform_id platform;
	cl_device_id device;
	cl_int error;

	if (clGetPlatformIDs(1, &platform, nullptr) != CL_SUCCESS ||
	    clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr) != CL_SUCCESS)
		throw "no device";
	cl_context context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &error);
	const char *source = "kernel void k(global int *a) { a[0] = 1; }";
	cl_program program = clCreateProgramWithSource(context, 1, &source, nullptr, &error);
	cl_command_queue queue = clCreateCommandQueue(context, device, 0, &error);
	clReleaseCommandQueue(queue);
	clBuildProgram(program, 1, &device, "", notify, nullptr);
	std::puts("no exception came");
}

template <typename F> static void attempt(const char *what, F f)
{
	try {
		f();
		std::printf("%s: returned\n", what);
	} catch (const std::exception &e) {
		std::printf("%s: %s\n", what, e.what());
	} catch (int n) {
		std::printf("%s: %d\n", what, n);
	} catch (const char *text) {
		std::printf("%s: %s\n", what, text);
	}
}

int main(int argc, char **)
{
	int numbers[] = {3, 1, 2};

	attempt("qsort", [&] { qsort(numbers, 3, sizeof(int), compare); });
	attempt("objects", [] { dl_iterate_phdr(each_object, nullptr); });
	std::thread([] { attempt("thread", [] { throw 7; }); }).join();
	if (argc > 2 && mlockall(MCL_CURRENT | MCL_FUTURE))
		return 1;
	if (argc > 1)
		attempt("opencl", over_opencl);
	return 0;
}
