/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tool of the program's owner, preloaded: it listens to some calls on their way to the loader,
 * as tracers do, and says at the end how many it heard. CL_LISTENER=fork-finish makes it fork
 * once within clFinish, fork-queue within the making of the second queue; CL_LISTENER=slow lets
 * clGetDeviceInfo take its time.
 */
#include <CL/cl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOW_US	   2000
#define EXPORT	   __attribute__((visibility("default")))
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static unsigned finishes, launches;

static int is_to(const char *what)
{
	const char *asked = getenv("CL_LISTENER");

	return asked && !strcmp(asked, what);
}

static void fork_once(const char *what)
{
	static int forked;

	if (!is_to(what) || forked)
		return;
	forked = 1;
	fflush(stdout);
	if (fork() < 0)
		exit(1);
}

EXPORT CL_API_ENTRY cl_int CL_API_CALL clFinish(cl_command_queue queue)
{
	__atomic_fetch_add(&finishes, 1, __ATOMIC_RELAXED);
	fork_once("fork-finish");
	return NEXT(clFinish)(queue);
}

EXPORT CL_API_ENTRY cl_command_queue CL_API_CALL clCreateCommandQueueWithProperties(
	cl_context context, cl_device_id device, const cl_queue_properties *list, cl_int *err)
{
	static unsigned queues;

	if (++queues == 2) /* the first is where metering begins */
		fork_once("fork-queue");
	return NEXT(clCreateCommandQueueWithProperties)(context, device, list, err);
}

EXPORT CL_API_ENTRY cl_int CL_API_CALL clEnqueueNDRangeKernel(cl_command_queue queue,
							      cl_kernel kernel, cl_uint dims,
							      const size_t *offset,
							      const size_t *global,
							      const size_t *local, cl_uint waits,
							      const cl_event *wait, cl_event *event)
{
	__atomic_fetch_add(&launches, 1, __ATOMIC_RELAXED);
	return NEXT(clEnqueueNDRangeKernel)(queue, kernel, dims, offset, global, local, waits, wait,
					    event);
}

EXPORT CL_API_ENTRY cl_int CL_API_CALL clGetDeviceInfo(cl_device_id device, cl_device_info what,
						       size_t size, void *value, size_t *size_ret)
{
	if (is_to("slow"))
		usleep(SLOW_US);
	return NEXT(clGetDeviceInfo)(device, what, size, value, size_ret);
}

__attribute__((destructor)) static void tell(void)
{
	if (finishes || launches)
		fprintf(stderr, "heard clFinish %u clEnqueueNDRangeKernel %u\n", finishes,
			launches);
}
