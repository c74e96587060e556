/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test double: an OpenCL driver (ICD) that computes nothing and counts everything.
 *
 * It has a CPU and a GPU device whose commands take FAKECL_COMMAND_NS of real time, on a device
 * clock that may stand off and drift from CLOCK_MONOTONIC. It moves no data. Every accepted or
 * refused clEnqueue* is counted in FAKECL_COUNT_FILE (tests/fake/tally.h), and so are live events.
 *
 *   FAKECL_COUNT_FILE       the tally
 *   FAKECL_COMMAND_NS       device time of a command (default 1000)
 *   FAKECL_CLOCK_OFFSET_NS  device clock minus CLOCK_MONOTONIC when the driver is loaded
 *   FAKECL_CLOCK_DRIFT_PPM  how much faster the device clock runs
 *   FAKECL_NO_TIMER         clGetDeviceAndHostTimer is refused, as before OpenCL 2.1
 *   FAKECL_NO_PROFILING     a queue with profiling is refused
 *   FAKECL_FAIL_EVERY       every n-th clEnqueue* of the process fails
 *   FAKECL_VENDOR           what the platform and the devices say their vendor is
 */
#ifndef GRAMME_TESTS_FAKE_OPENCL_H
#define GRAMME_TESTS_FAKE_OPENCL_H

#include <CL/cl_icd.h>
#include <stdbool.h>
#include <stdint.h>

extern const cl_icd_dispatch fake_dispatch;

struct fake_settings {
	uint64_t command_ns;
	int64_t clock_offset_ns;
	int64_t clock_drift_ppm;
	uint64_t fail_every;
	bool no_timer;
	bool no_profiling;
	const char *vendor;
};
extern struct fake_settings fake_settings;

/* Every object begins so: the loader reads the first word. */
#define FAKE_OBJECT                                                                                \
	const cl_icd_dispatch *dispatch;                                                           \
	uint32_t refs

struct _cl_platform_id {
	const cl_icd_dispatch *dispatch;
};

struct _cl_device_id {
	const cl_icd_dispatch *dispatch;
	cl_device_type type;
	const char *name;
};

struct _cl_context {
	FAKE_OBJECT;
	cl_uint devices;
	cl_device_id device[2];
	cl_context_properties properties[3];
};

struct _cl_command_queue {
	FAKE_OBJECT;
	cl_context context;
	cl_device_id device;
	cl_command_queue_properties properties;
	uint64_t free_ns;    /* when the last settled command ends */
	uint64_t barrier_ns; /* nothing later starts before */
	cl_event unsettled;  /* commands that wait for a user event, newest first */
};

#define FAKE_WAITS_MAX 256u

struct _cl_event {
	FAKE_OBJECT;
	cl_context context;
	cl_command_queue queue; /* NULL for a user event */
	cl_command_type type;
	bool settled;	/* start and end are known */
	cl_int failure; /* a negative execution status, or 0 */
	uint64_t queued_ns;
	uint64_t start_ns;
	uint64_t end_ns;
	cl_uint waits; /* what an unsettled command waits for */
	cl_event *wait;
	cl_event next; /* in the queue's unsettled list */
};

struct _cl_kernel {
	FAKE_OBJECT;
	cl_program program;
	char name[128];
	cl_uint args;
};

/* Takes and gives back the one lock of the driver. */
void fake_lock(void);
void fake_unlock(void);

/* clGet*Info: hands `data` out as the specification wants it. */
cl_int fake_info(const void *data, size_t bytes, size_t size, void *value, size_t *size_ret);
cl_int fake_info_text(const char *text, size_t size, void *value, size_t *size_ret);

uint64_t fake_now_ns(void);
/* The device's clock at a moment of CLOCK_MONOTONIC. */
uint64_t fake_device_ns(uint64_t host_ns);

struct fake_command {
	cl_command_queue queue;
	cl_command_type type;
	const char *kind; /* "kernel" or "call" */
	const char *name;
	bool blocking;
	cl_uint waits;
	const cl_event *wait;
	cl_event *event;
};

/* Accepts a command (or refuses it), counts it, and waits for it if it blocks. */
cl_int fake_submit(const struct fake_command *command);

/* A new event with one reference, counted among the live ones; NULL without memory. */
cl_event fake_event_new(cl_context context, cl_command_type type);
void fake_event_forget_waits(cl_event event);
void fake_event_retain(cl_event event);
void fake_event_release(cl_event event);
/* Sleeps until the command is over, with the lock not held. Returns its failure, or CL_SUCCESS. */
cl_int fake_event_wait(cl_event event);
/* Under the lock: finds out when the command runs; false while a user event holds it up. */
bool fake_event_settle(cl_event event);
/* Under the lock: settles what can be settled; true if nothing is left. */
bool fake_queue_settle(cl_command_queue queue);
void fake_queue_release(cl_command_queue queue);
void fake_sleep_until(uint64_t t_ns);

struct _cl_platform_id *fake_platform(void);
struct _cl_device_id *fake_device(unsigned index); /* 0: CPU, 1: GPU */

void *fake_command_buffer_function(const char *name);

/* The functions of the dispatch table, grouped by file. */
#define FAKE_FUNCTION(name) extern __typeof__(*(cl_api_##name)0) fake_##name

FAKE_FUNCTION(clGetPlatformIDs);
FAKE_FUNCTION(clGetPlatformInfo);
FAKE_FUNCTION(clGetExtensionFunctionAddressForPlatform);

FAKE_FUNCTION(clGetDeviceIDs);
FAKE_FUNCTION(clGetDeviceInfo);
FAKE_FUNCTION(clRetainDevice);
FAKE_FUNCTION(clReleaseDevice);
FAKE_FUNCTION(clGetDeviceAndHostTimer);
FAKE_FUNCTION(clGetHostTimer);

FAKE_FUNCTION(clCreateContext);
FAKE_FUNCTION(clCreateContextFromType);
FAKE_FUNCTION(clRetainContext);
FAKE_FUNCTION(clReleaseContext);
FAKE_FUNCTION(clGetContextInfo);
FAKE_FUNCTION(clCreateCommandQueue);
FAKE_FUNCTION(clCreateCommandQueueWithProperties);
FAKE_FUNCTION(clRetainCommandQueue);
FAKE_FUNCTION(clReleaseCommandQueue);
FAKE_FUNCTION(clGetCommandQueueInfo);
FAKE_FUNCTION(clFlush);
FAKE_FUNCTION(clFinish);

FAKE_FUNCTION(clCreateBuffer);
FAKE_FUNCTION(clCreateBufferWithProperties);
FAKE_FUNCTION(clCreateSubBuffer);
FAKE_FUNCTION(clCreateImage);
FAKE_FUNCTION(clCreateImageWithProperties);
FAKE_FUNCTION(clRetainMemObject);
FAKE_FUNCTION(clReleaseMemObject);
FAKE_FUNCTION(clGetMemObjectInfo);
FAKE_FUNCTION(clGetImageInfo);
FAKE_FUNCTION(clGetSupportedImageFormats);
FAKE_FUNCTION(clSVMAlloc);
FAKE_FUNCTION(clSVMFree);
FAKE_FUNCTION(clEnqueueMapBuffer);
FAKE_FUNCTION(clEnqueueMapImage);

FAKE_FUNCTION(clCreateProgramWithSource);
FAKE_FUNCTION(clCreateProgramWithBinary);
FAKE_FUNCTION(clRetainProgram);
FAKE_FUNCTION(clReleaseProgram);
FAKE_FUNCTION(clBuildProgram);
FAKE_FUNCTION(clGetProgramInfo);
FAKE_FUNCTION(clGetProgramBuildInfo);
FAKE_FUNCTION(clCreateKernel);
FAKE_FUNCTION(clCreateKernelsInProgram);
FAKE_FUNCTION(clCloneKernel);
FAKE_FUNCTION(clRetainKernel);
FAKE_FUNCTION(clReleaseKernel);
FAKE_FUNCTION(clSetKernelArg);
FAKE_FUNCTION(clSetKernelArgSVMPointer);
FAKE_FUNCTION(clGetKernelInfo);
FAKE_FUNCTION(clGetKernelWorkGroupInfo);

FAKE_FUNCTION(clWaitForEvents);
FAKE_FUNCTION(clGetEventInfo);
FAKE_FUNCTION(clRetainEvent);
FAKE_FUNCTION(clReleaseEvent);
FAKE_FUNCTION(clGetEventProfilingInfo);
FAKE_FUNCTION(clSetEventCallback);
FAKE_FUNCTION(clCreateUserEvent);
FAKE_FUNCTION(clSetUserEventStatus);

FAKE_FUNCTION(clEnqueueReadBuffer);
FAKE_FUNCTION(clEnqueueReadBufferRect);
FAKE_FUNCTION(clEnqueueWriteBuffer);
FAKE_FUNCTION(clEnqueueWriteBufferRect);
FAKE_FUNCTION(clEnqueueCopyBuffer);
FAKE_FUNCTION(clEnqueueCopyBufferRect);
FAKE_FUNCTION(clEnqueueFillBuffer);
FAKE_FUNCTION(clEnqueueReadImage);
FAKE_FUNCTION(clEnqueueWriteImage);
FAKE_FUNCTION(clEnqueueCopyImage);
FAKE_FUNCTION(clEnqueueCopyImageToBuffer);
FAKE_FUNCTION(clEnqueueCopyBufferToImage);
FAKE_FUNCTION(clEnqueueFillImage);
FAKE_FUNCTION(clEnqueueUnmapMemObject);
FAKE_FUNCTION(clEnqueueMigrateMemObjects);
FAKE_FUNCTION(clEnqueueNDRangeKernel);
FAKE_FUNCTION(clEnqueueTask);
FAKE_FUNCTION(clEnqueueNativeKernel);
FAKE_FUNCTION(clEnqueueMarker);
FAKE_FUNCTION(clEnqueueMarkerWithWaitList);
FAKE_FUNCTION(clEnqueueBarrier);
FAKE_FUNCTION(clEnqueueBarrierWithWaitList);
FAKE_FUNCTION(clEnqueueWaitForEvents);
FAKE_FUNCTION(clEnqueueSVMFree);
FAKE_FUNCTION(clEnqueueSVMMemcpy);
FAKE_FUNCTION(clEnqueueSVMMemFill);
FAKE_FUNCTION(clEnqueueSVMMap);
FAKE_FUNCTION(clEnqueueSVMUnmap);
FAKE_FUNCTION(clEnqueueSVMMigrateMem);
FAKE_FUNCTION(clEnqueueAcquireGLObjects);
FAKE_FUNCTION(clEnqueueReleaseGLObjects);
FAKE_FUNCTION(clEnqueueAcquireEGLObjectsKHR);
FAKE_FUNCTION(clEnqueueReleaseEGLObjectsKHR);

#endif
