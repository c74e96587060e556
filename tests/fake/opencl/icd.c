/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's face to the loader: platform, settings, dispatch table, entry points by name. */
#include "tests/fake/opencl/fake.h"
#include "tests/fake/tally.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAME(name) .name = fake_##name

const cl_icd_dispatch fake_dispatch = {
	SAME(clGetPlatformIDs),
	SAME(clGetPlatformInfo),
	SAME(clGetExtensionFunctionAddressForPlatform),
	SAME(clGetDeviceIDs),
	SAME(clGetDeviceInfo),
	SAME(clRetainDevice),
	SAME(clReleaseDevice),
	SAME(clGetDeviceAndHostTimer),
	SAME(clGetHostTimer),
	SAME(clCreateContext),
	SAME(clCreateContextFromType),
	SAME(clRetainContext),
	SAME(clReleaseContext),
	SAME(clGetContextInfo),
	SAME(clCreateCommandQueue),
	SAME(clCreateCommandQueueWithProperties),
	SAME(clRetainCommandQueue),
	SAME(clReleaseCommandQueue),
	SAME(clGetCommandQueueInfo),
	SAME(clFlush),
	SAME(clFinish),
	SAME(clCreateBuffer),
	SAME(clCreateBufferWithProperties),
	SAME(clCreateSubBuffer),
	SAME(clCreateImage),
	SAME(clCreateImageWithProperties),
	SAME(clRetainMemObject),
	SAME(clReleaseMemObject),
	SAME(clGetMemObjectInfo),
	SAME(clGetImageInfo),
	SAME(clGetSupportedImageFormats),
	SAME(clSVMAlloc),
	SAME(clSVMFree),
	SAME(clEnqueueMapBuffer),
	SAME(clEnqueueMapImage),
	SAME(clCreateProgramWithSource),
	SAME(clCreateProgramWithBinary),
	SAME(clRetainProgram),
	SAME(clReleaseProgram),
	SAME(clBuildProgram),
	SAME(clGetProgramInfo),
	SAME(clGetProgramBuildInfo),
	SAME(clCreateKernel),
	SAME(clCreateKernelsInProgram),
	SAME(clCloneKernel),
	SAME(clRetainKernel),
	SAME(clReleaseKernel),
	SAME(clSetKernelArg),
	SAME(clSetKernelArgSVMPointer),
	SAME(clGetKernelInfo),
	SAME(clGetKernelWorkGroupInfo),
	SAME(clWaitForEvents),
	SAME(clGetEventInfo),
	SAME(clRetainEvent),
	SAME(clReleaseEvent),
	SAME(clGetEventProfilingInfo),
	SAME(clSetEventCallback),
	SAME(clCreateUserEvent),
	SAME(clSetUserEventStatus),
	SAME(clEnqueueReadBuffer),
	SAME(clEnqueueReadBufferRect),
	SAME(clEnqueueWriteBuffer),
	SAME(clEnqueueWriteBufferRect),
	SAME(clEnqueueCopyBuffer),
	SAME(clEnqueueCopyBufferRect),
	SAME(clEnqueueFillBuffer),
	SAME(clEnqueueReadImage),
	SAME(clEnqueueWriteImage),
	SAME(clEnqueueCopyImage),
	SAME(clEnqueueCopyImageToBuffer),
	SAME(clEnqueueCopyBufferToImage),
	SAME(clEnqueueFillImage),
	SAME(clEnqueueUnmapMemObject),
	SAME(clEnqueueMigrateMemObjects),
	SAME(clEnqueueNDRangeKernel),
	SAME(clEnqueueTask),
	SAME(clEnqueueNativeKernel),
	SAME(clEnqueueMarker),
	SAME(clEnqueueMarkerWithWaitList),
	SAME(clEnqueueBarrier),
	SAME(clEnqueueBarrierWithWaitList),
	SAME(clEnqueueWaitForEvents),
	SAME(clEnqueueSVMFree),
	SAME(clEnqueueSVMMemcpy),
	SAME(clEnqueueSVMMemFill),
	SAME(clEnqueueSVMMap),
	SAME(clEnqueueSVMUnmap),
	SAME(clEnqueueSVMMigrateMem),
	SAME(clEnqueueAcquireGLObjects),
	SAME(clEnqueueReleaseGLObjects),
	SAME(clEnqueueAcquireEGLObjectsKHR),
	SAME(clEnqueueReleaseEGLObjectsKHR),
};

struct fake_settings fake_settings;

static struct _cl_platform_id platform = {&fake_dispatch};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t loaded_ns;

void fake_lock(void)
{
	pthread_mutex_lock(&mutex);
}

void fake_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

uint64_t fake_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t fake_device_ns(uint64_t host_ns)
{
	int64_t since = (int64_t)(host_ns - loaded_ns);
	int64_t drift = since / 1000000 * fake_settings.clock_drift_ppm;

	return host_ns + (uint64_t)(fake_settings.clock_offset_ns + drift);
}

static int64_t setting(const char *name, int64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoll(text, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void load(void)
{
	const char *vendor = getenv("FAKECL_VENDOR");

	loaded_ns = fake_now_ns();
	fake_settings.command_ns = (uint64_t)setting("FAKECL_COMMAND_NS", 1000);
	fake_settings.clock_offset_ns = setting("FAKECL_CLOCK_OFFSET_NS", 0);
	fake_settings.clock_drift_ppm = setting("FAKECL_CLOCK_DRIFT_PPM", 0);
	fake_settings.fail_every = (uint64_t)setting("FAKECL_FAIL_EVERY", 0);
	fake_settings.no_timer = setting("FAKECL_NO_TIMER", 0) != 0;
	fake_settings.no_profiling = setting("FAKECL_NO_PROFILING", 0) != 0;
	fake_settings.vendor = vendor && *vendor ? vendor : "gramme test double";
	/* A test that asks for a tally and gets none would compare with nothing. */
	if (tally_open(getenv("FAKECL_COUNT_FILE")) < 0)
		abort();
}

struct _cl_platform_id *fake_platform(void)
{
	return &platform;
}

cl_int fake_info(const void *data, size_t bytes, size_t size, void *value, size_t *size_ret)
{
	if (value && size < bytes)
		return CL_INVALID_VALUE;
	if (value && bytes)
		memcpy(value, data, bytes);
	if (size_ret)
		*size_ret = bytes;
	return CL_SUCCESS;
}

cl_int fake_info_text(const char *text, size_t size, void *value, size_t *size_ret)
{
	return fake_info(text, strlen(text) + 1, size, value, size_ret);
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetPlatformIDs(cl_uint entries, cl_platform_id *platforms,
						      cl_uint *count)
{
	if ((!platforms && !count) || (platforms && !entries))
		return CL_INVALID_VALUE;
	if (platforms)
		platforms[0] = &platform;
	if (count)
		*count = 1;
	return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL fake_clGetPlatformInfo(cl_platform_id id, cl_platform_info what,
						       size_t size, void *value, size_t *size_ret)
{
	(void)id;
	switch (what) {
	case CL_PLATFORM_PROFILE:
		return fake_info_text("FULL_PROFILE", size, value, size_ret);
	case CL_PLATFORM_VERSION:
		return fake_info_text(fake_settings.no_timer ? "OpenCL 2.0 fake"
							     : "OpenCL 3.0 fake",
				      size, value, size_ret);
	case CL_PLATFORM_NAME:
		return fake_info_text("Counting fake", size, value, size_ret);
	case CL_PLATFORM_VENDOR:
		return fake_info_text(fake_settings.vendor, size, value, size_ret);
	case CL_PLATFORM_EXTENSIONS:
		return fake_info_text("cl_khr_icd cl_khr_command_buffer", size, value, size_ret);
	case CL_PLATFORM_ICD_SUFFIX_KHR:
		return fake_info_text("FAKE", size, value, size_ret);
	default:
		return CL_INVALID_VALUE;
	}
}

/* As real drivers do, a few core functions are to be had by name as well. */
static void *core_function(const char *name)
{
	static const struct {
		const char *name;
		void *function;
	} core[] = {
		{"clEnqueueNDRangeKernel", (void *)fake_clEnqueueNDRangeKernel},
		{"clEnqueueReadBuffer", (void *)fake_clEnqueueReadBuffer},
		{"clEnqueueWriteBuffer", (void *)fake_clEnqueueWriteBuffer},
		{"clFinish", (void *)fake_clFinish},
	};

	for (size_t i = 0; i < sizeof(core) / sizeof(*core); i++)
		if (!strcmp(core[i].name, name))
			return core[i].function;
	return NULL;
}

CL_API_ENTRY void *CL_API_CALL fake_clGetExtensionFunctionAddressForPlatform(cl_platform_id id,
									     const char *name)
{
	void *function = fake_command_buffer_function(name);

	(void)id;
	return function ? function : core_function(name);
}

/* What the loader looks up in the library itself. */
CL_API_ENTRY cl_int CL_API_CALL clIcdGetPlatformIDsKHR(cl_uint entries, cl_platform_id *platforms,
						       cl_uint *count);

__attribute__((visibility("default"))) CL_API_ENTRY cl_int CL_API_CALL
clIcdGetPlatformIDsKHR(cl_uint entries, cl_platform_id *platforms, cl_uint *count)
{
	return fake_clGetPlatformIDs(entries, platforms, count);
}

__attribute__((visibility("default"))) CL_API_ENTRY cl_int CL_API_CALL clGetPlatformInfo(
	cl_platform_id id, cl_platform_info what, size_t size, void *value, size_t *size_ret)
{
	return fake_clGetPlatformInfo(id, what, size, value, size_ret);
}

__attribute__((visibility("default"))) CL_API_ENTRY void *CL_API_CALL
clGetExtensionFunctionAddress(const char *name)
{
	if (!strcmp(name, "clIcdGetPlatformIDsKHR"))
		return (void *)clIcdGetPlatformIDsKHR;
	return fake_clGetExtensionFunctionAddressForPlatform(&platform, name);
}
