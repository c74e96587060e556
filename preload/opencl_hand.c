/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wrappers that need more than the table: queues (profiling is switched on, and hidden from the
 * program), names, waits, extension pointers, command buffers.
 */
#include <string.h>

#include "preload/entry.h"
#include "preload/init.h"
#include "preload/opencl_command.h"
#include "preload/opencl_wrap.h"

#define PROPERTIES_MAX	       32u    /* pairs in a list that we are ready to copy */
#define QUEUE_PROPERTIES_ARRAY 0x1098 /* OpenCL 3.0 */

/* ---- queues ---- */

/* Begins a life, and says whether profiling is to be added to `properties`. */
static struct life *meet_device(const struct loader *loader, cl_device_id device, bool profiled,
				uint16_t *facts, bool *add)
{
	struct ring_thread *t = ring_enter();

	*add = false;
	if (!t || t->depth)
		return NULL;
	*facts = opencl_device(t->life, loader, device);
	*add = !profiled && opencl_may_profile(t->life, (uint8_t)*facts);
	if (profiled)
		*facts |= QUEUE_TIMED;
	return t->life;
}

/* `life` is as it was before the real call, in which the process may have forked. */
static void know_queue(struct life *life, cl_command_queue queue, uint16_t facts)
{
	if (queue && life && life_now() == life)
		opencl_queue_know(life, queue, facts);
}

CORE_HEAD cl_command_queue CL_API_CALL clCreateCommandQueue(cl_context context, cl_device_id device,
							    cl_command_queue_properties properties,
							    cl_int *error)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clCreateCommandQueue) real = OPENCL_REAL(loader, clCreateCommandQueue);
	const bool profiled = properties & CL_QUEUE_PROFILING_ENABLE;
	cl_command_queue queue = NULL;
	uint16_t facts = 0;
	struct life *life;
	bool add;

	if (!real) {
		if (error)
			*error = CL_INVALID_OPERATION;
		return NULL;
	}
	life = meet_device(loader, device, profiled, &facts, &add);
	if (add)
		queue = real(context, device, properties | CL_QUEUE_PROFILING_ENABLE, error);
	if (queue)
		facts |= QUEUE_TIMED | QUEUE_FORCED;
	else
		queue = real(context, device, properties, error);
	know_queue(life, queue, facts);
	return queue;
}

/*
 * Copies a property list and adds profiling to it. Returns false where that is not to be done:
 * the list is too long, or the queue is one on the device. *appended: there was no such pair.
 */
static bool add_profiling(const cl_queue_properties *from, cl_queue_properties *to, bool *appended)
{
	unsigned n = 0;
	bool found = false;

	for (; from && from[n] && n < 2 * PROPERTIES_MAX; n += 2) {
		to[n] = from[n];
		to[n + 1] = from[n + 1];
		if (from[n] != CL_QUEUE_PROPERTIES)
			continue;
		if (from[n + 1] & CL_QUEUE_ON_DEVICE)
			return false;
		to[n + 1] |= CL_QUEUE_PROFILING_ENABLE;
		found = true;
	}
	if (n == 2 * PROPERTIES_MAX)
		return false;
	if (!found) {
		to[n++] = CL_QUEUE_PROPERTIES;
		to[n++] = CL_QUEUE_PROFILING_ENABLE;
	}
	to[n] = 0;
	*appended = !found;
	return true;
}

static bool asks_profiling(const cl_queue_properties *list)
{
	for (; list && list[0]; list += 2)
		if (list[0] == CL_QUEUE_PROPERTIES)
			return list[1] & CL_QUEUE_PROFILING_ENABLE;
	return false;
}

typedef cl_command_queue(CL_API_CALL *create_with)(cl_context, cl_device_id,
						   const cl_queue_properties *, cl_int *);

static cl_command_queue create_queue(const struct loader *loader, create_with real,
				     cl_context context, cl_device_id device,
				     const cl_queue_properties *properties, cl_int *error)
{
	cl_queue_properties list[2 * PROPERTIES_MAX + 3];
	cl_command_queue queue = NULL;
	uint16_t facts = 0;
	bool add, appended;
	struct life *life = meet_device(loader, device, asks_profiling(properties), &facts, &add);

	if (add && add_profiling(properties, list, &appended)) {
		queue = real(context, device, list, error);
		if (queue)
			facts |= QUEUE_TIMED | QUEUE_FORCED | (appended ? QUEUE_APPENDED : 0) |
				 (properties ? QUEUE_LISTED : 0);
	}
	if (!queue)
		queue = real(context, device, properties, error);
	know_queue(life, queue, facts);
	return queue;
}

CORE_HEAD cl_command_queue CL_API_CALL
clCreateCommandQueueWithProperties(cl_context context, cl_device_id device,
				   const cl_queue_properties *properties, cl_int *error)
{
	const struct loader *loader = resolve_loader(CALLER());
	create_with real = OPENCL_REAL(loader, clCreateCommandQueueWithProperties);

	if (real)
		return create_queue(loader, real, context, device, properties, error);
	if (error)
		*error = CL_INVALID_OPERATION;
	return NULL;
}

static cl_platform_id platform_of(const struct loader *loader, cl_device_id device)
{
	__typeof__(&clGetDeviceInfo) real = OPENCL_REAL(loader, clGetDeviceInfo);
	cl_platform_id platform = NULL;

	if (real)
		(void)real(device, CL_DEVICE_PLATFORM, sizeof(platform), &platform, NULL);
	return platform;
}

EXTENSION_HEAD cl_command_queue CL_API_CALL opencl_ext_clCreateCommandQueueWithPropertiesKHR(
	cl_context context, cl_device_id device, const cl_queue_properties_khr *properties,
	cl_int *error)
{
	const struct loader *loader = resolve_loader(CALLER());
	create_with real = (create_with)resolve_extension(
		CALL_clCreateCommandQueueWithPropertiesKHR, platform_of(loader, device));

	if (real)
		return create_queue(loader, real, context, device, properties, error);
	if (error)
		*error = CL_INVALID_OPERATION;
	return NULL;
}

CORE_HEAD cl_int CL_API_CALL clSetCommandQueueProperty(cl_command_queue queue,
						       cl_command_queue_properties properties,
						       cl_bool enable,
						       cl_command_queue_properties *old)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clSetCommandQueueProperty) real =
		OPENCL_REAL(loader, clSetCommandQueueProperty);
	struct life *life = life_now();
	uint16_t number;
	uint16_t facts = life ? opencl_queue(life, loader, queue, &number) : 0;
	cl_int error = real ? real(queue, properties, enable, old) : CL_INVALID_OPERATION;

	if (error || !life || !life_now())
		return error;
	if (old && (facts & QUEUE_FORCED))
		*old &= ~(cl_command_queue_properties)CL_QUEUE_PROFILING_ENABLE;
	/* From here on the queue does what the program says, and is asked about anew. */
	if (properties & CL_QUEUE_PROFILING_ENABLE) {
		facts &= (uint16_t) ~(QUEUE_TIMED | QUEUE_FORCED | QUEUE_APPENDED);
		opencl_queue_know(life, queue, enable ? facts | QUEUE_TIMED : facts);
	}
	return error;
}

/* Gives a list as clGet*Info would: `bytes` of `list` into `value`, if it is large enough. */
static cl_int give(const void *list, size_t bytes, size_t size, void *value, size_t *size_ret)
{
	if (size_ret)
		*size_ret = bytes;
	if (value && size < bytes)
		return CL_INVALID_VALUE;
	if (value)
		memcpy(value, list, bytes);
	return CL_SUCCESS;
}

/* The property list as the program gave it, without what we put there. */
static cl_int give_array(__typeof__(&clGetCommandQueueInfo) real, cl_command_queue queue,
			 uint16_t facts, size_t size, void *value, size_t *size_ret)
{
	cl_queue_properties list[2 * PROPERTIES_MAX + 3];
	size_t bytes = 0;
	unsigned kept = 0;
	cl_int error = real(queue, QUEUE_PROPERTIES_ARRAY, sizeof(list), list, &bytes);

	if (error)
		return error;
	if (bytes < sizeof(list[0]))
		return give(list, 0, size, value, size_ret);
	for (unsigned i = 0; list[i]; i += 2) {
		list[kept] = list[i];
		list[kept + 1] = list[i + 1];
		if (list[i] == CL_QUEUE_PROPERTIES)
			list[kept + 1] &= ~(cl_queue_properties)CL_QUEUE_PROFILING_ENABLE;
		if (list[i] != CL_QUEUE_PROPERTIES || !(facts & QUEUE_APPENDED))
			kept += 2;
	}
	list[kept++] = 0;
	if (!(facts & QUEUE_LISTED))
		kept = 0; /* it gave no list at all */
	return give(list, kept * sizeof(list[0]), size, value, size_ret);
}

CORE_HEAD cl_int CL_API_CALL clGetCommandQueueInfo(cl_command_queue queue,
						   cl_command_queue_info name, size_t size,
						   void *value, size_t *size_ret)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clGetCommandQueueInfo) real = OPENCL_REAL(loader, clGetCommandQueueInfo);
	struct life *life = life_now();
	uint16_t facts = 0;
	cl_int error;

	if (!real)
		return CL_INVALID_COMMAND_QUEUE;
	if (life)
		(void)cache_find(life->opencl->queue, OPENCL_QUEUE_SETS, queue, &facts);
	if ((facts & QUEUE_FORCED) && name == QUEUE_PROPERTIES_ARRAY)
		return give_array(real, queue, facts, size, value, size_ret);
	error = real(queue, name, size, value, size_ret);
	if (!error && value && (facts & QUEUE_FORCED) && name == CL_QUEUE_PROPERTIES)
		*(cl_command_queue_properties *)value &=
			~(cl_command_queue_properties)CL_QUEUE_PROFILING_ENABLE;
	return error;
}

CORE_HEAD cl_int CL_API_CALL clReleaseCommandQueue(cl_command_queue queue)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clReleaseCommandQueue) real = OPENCL_REAL(loader, clReleaseCommandQueue);
	struct life *life = life_now();
	struct ring_thread *t = life ? ring_enter() : NULL;

	if (t && !t->depth)
		opencl_pending_harvest(t, true);
	return real ? real(queue) : CL_INVALID_COMMAND_QUEUE;
}

/* A program that did not ask for profiling must be told that there is none. */
CORE_HEAD cl_int CL_API_CALL clGetEventProfilingInfo(cl_event event, cl_profiling_info name,
						     size_t size, void *value, size_t *size_ret)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clGetEventProfilingInfo) real = OPENCL_REAL(loader, clGetEventProfilingInfo);
	__typeof__(&clGetEventInfo) info = OPENCL_REAL(loader, clGetEventInfo);
	struct life *life = life_now();
	cl_command_queue queue = NULL;
	uint16_t facts = 0;

	if (!real)
		return CL_INVALID_EVENT;
	if (life && info && !info(event, CL_EVENT_COMMAND_QUEUE, sizeof(queue), &queue, NULL))
		(void)cache_find(life->opencl->queue, OPENCL_QUEUE_SETS, queue, &facts);
	if (facts & QUEUE_FORCED)
		return CL_PROFILING_INFO_NOT_AVAILABLE;
	return real(event, name, size, value, size_ret);
}

/* ---- kernels ---- */

CORE_HEAD cl_kernel CL_API_CALL clCreateKernel(cl_program program, const char *name, cl_int *error)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clCreateKernel) real = OPENCL_REAL(loader, clCreateKernel);
	struct life *life;
	cl_kernel kernel = NULL;

	if (real)
		kernel = real(program, name, error);
	else if (error)
		*error = CL_INVALID_OPERATION;
	life = life_now();
	if (life && kernel && name)
		opencl_kernel_know(life, kernel, name);
	return kernel;
}

CORE_HEAD cl_int CL_API_CALL clCreateKernelsInProgram(cl_program program, cl_uint room,
						      cl_kernel *kernel, cl_uint *kernels)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clCreateKernelsInProgram) real = OPENCL_REAL(loader, clCreateKernelsInProgram);
	cl_uint made = 0;
	cl_int error = real ? real(program, room, kernel, &made) : CL_INVALID_PROGRAM;
	struct life *life = life_now();

	for (cl_uint i = 0; !error && life && kernel && i < made; i++)
		opencl_kernel_forget(life, kernel[i]);
	if (!error && kernels)
		*kernels = made;
	return error;
}

CORE_HEAD cl_kernel CL_API_CALL clCloneKernel(cl_kernel kernel, cl_int *error)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clCloneKernel) real = OPENCL_REAL(loader, clCloneKernel);
	struct life *life;
	cl_kernel clone = NULL;

	if (real)
		clone = real(kernel, error);
	else if (error)
		*error = CL_INVALID_OPERATION;
	life = life_now();
	if (life && clone)
		opencl_kernel_forget(life, clone);
	return clone;
}

/* ---- waits ---- */

CORE_HEAD cl_int CL_API_CALL clFlush(cl_command_queue queue)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clFlush) real = OPENCL_REAL(loader, clFlush);
	struct opencl_command c;
	cl_int error;

	if (!real)
		return CL_INVALID_COMMAND_QUEUE;
	opencl_sync_begin(&c, loader, queue);
	error = real(queue);
	opencl_sync_end(&c, error, CALL_clFlush);
	return error;
}

CORE_HEAD cl_int CL_API_CALL clFinish(cl_command_queue queue)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clFinish) real = OPENCL_REAL(loader, clFinish);
	struct opencl_command c;
	cl_int error;

	if (!real)
		return CL_INVALID_COMMAND_QUEUE;
	opencl_sync_begin(&c, loader, queue);
	error = real(queue);
	opencl_sync_end(&c, error, CALL_clFinish);
	return error;
}

CORE_HEAD cl_int CL_API_CALL clWaitForEvents(cl_uint waits, const cl_event *wait)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clWaitForEvents) real = OPENCL_REAL(loader, clWaitForEvents);
	struct opencl_command c;
	cl_int error;

	if (!real)
		return CL_INVALID_EVENT;
	opencl_sync_begin(&c, loader, NULL);
	error = real(waits, wait);
	opencl_sync_end(&c, error, CALL_clWaitForEvents);
	return error;
}

/* ---- command buffers ---- */

/*
 * A buffer has a queue of its own, which commands need not name. Its facts stand in the queue cache
 * under the buffer's address, since handles of the two kinds are never the same. But a buffer is
 * never asked about as if it were a queue: what is not known of it stays unknown.
 */
static uint16_t buffer_facts(struct life *life, const struct loader *loader,
			     cl_command_buffer_khr buffer, cl_command_queue queue)
{
	uint16_t facts = 0, number;

	if (queue)
		return opencl_queue(life, loader, queue, &number);
	(void)cache_find(life->opencl->queue, OPENCL_QUEUE_SETS, (void *)buffer, &facts);
	return facts;
}

/* The real entry point for a buffer: that of its platform, as far as that is known. */
static void *buffer_real(enum call call, const struct loader *loader, cl_command_buffer_khr buffer,
			 cl_command_queue queue)
{
	struct life *life = life_now();
	cl_device_id device = NULL;

	if (queue || !life)
		return opencl_extension_real(call, loader, queue);
	device = opencl_device_id(life, buffer_facts(life, loader, buffer, NULL) & QUEUE_DEVICE);
	return resolve_extension(call, device ? platform_of(loader, device) : NULL);
}

EXTENSION_HEAD cl_command_buffer_khr CL_API_CALL opencl_ext_clCreateCommandBufferKHR(
	cl_uint queues, const cl_command_queue *queue,
	const cl_command_buffer_properties_khr *properties, cl_int *error)
{
	const struct loader *loader = resolve_loader(CALLER());
	const cl_command_queue first = queue && queues ? queue[0] : NULL;
	__typeof__(&clCreateCommandBufferKHR) real =
		EXTENSION_REAL(clCreateCommandBufferKHR, loader, first);
	struct life *life;
	cl_command_buffer_khr buffer = NULL;

	if (real)
		buffer = real(queues, queue, properties, error);
	else if (error)
		*error = CL_INVALID_OPERATION;
	life = life_now();
	if (life && buffer) {
		opencl_batch_forget(life, buffer);
		cache_put(life->opencl->queue, OPENCL_QUEUE_SETS, (void *)buffer,
			  buffer_facts(life, loader, NULL, first));
	}
	return buffer;
}

EXTENSION_HEAD cl_int CL_API_CALL opencl_ext_clCommandNDRangeKernelKHR(
	cl_command_buffer_khr buffer, cl_command_queue queue,
	const cl_ndrange_kernel_command_properties_khr *properties, cl_kernel kernel, cl_uint dims,
	const size_t *offset, const size_t *global, const size_t *local, cl_uint points,
	const cl_sync_point_khr *wait, cl_sync_point_khr *point, cl_mutable_command_khr *handle)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clCommandNDRangeKernelKHR) real =
		(__typeof__(&clCommandNDRangeKernelKHR))buffer_real(CALL_clCommandNDRangeKernelKHR,
								    loader, buffer, queue);
	struct life *life;
	uint16_t facts;
	cl_int error;

	if (!real)
		return CL_INVALID_OPERATION;
	error = real(buffer, queue, properties, kernel, dims, offset, global, local, points, wait,
		     point, handle);
	life = life_now();
	if (!error && life) {
		facts = buffer_facts(life, loader, buffer, queue);
		opencl_batch_add(life, buffer,
				 entry_of(life, opencl_kernel(life, loader, kernel),
					  (uint8_t)(facts & QUEUE_DEVICE)));
	}
	return error;
}

EXTENSION_HEAD cl_int CL_API_CALL opencl_ext_clEnqueueCommandBufferKHR(
	cl_uint queues, cl_command_queue *queue, cl_command_buffer_khr buffer, cl_uint waits,
	const cl_event *wait, cl_event *event)
{
	const struct loader *loader = resolve_loader(CALLER());
	const cl_command_queue first = queue && queues ? queue[0] : NULL;
	__typeof__(&clEnqueueCommandBufferKHR) real =
		(__typeof__(&clEnqueueCommandBufferKHR))buffer_real(CALL_clEnqueueCommandBufferKHR,
								    loader, buffer, first);
	struct opencl_command c;
	struct life *life;
	cl_int error;

	if (!real)
		return CL_INVALID_OPERATION;
	life = life_now();
	opencl_begin_batch(&c, loader, life ? buffer_facts(life, loader, buffer, first) : 0, event);
	error = real(queues, queue, buffer, waits, wait, c.event);
	if (!error)
		opencl_end_batch(&c, buffer);
	opencl_end(&c, error,
		   &(struct opencl_work){.call = CALL_clEnqueueCommandBufferKHR,
					 .kind = WIRE_KIND_BATCH});
	return error;
}

/* ---- extension pointers ---- */

void *opencl_extension_real(enum call call, const struct loader *loader, cl_command_queue queue)
{
	__typeof__(&clGetCommandQueueInfo) real = OPENCL_REAL(loader, clGetCommandQueueInfo);
	cl_device_id device = NULL;

	/* Asked anew, since pointers are substituted also where nothing is metered in the end. */
	if (queue && real)
		(void)real(queue, CL_QUEUE_DEVICE, sizeof(device), &device, NULL);
	return resolve_extension(call, device ? platform_of(loader, device) : NULL);
}

/* What the program gets instead of `real`. */
static void *substitute(const struct loader *loader, cl_platform_id platform, const char *name,
			void *real)
{
	enum call call;
	void *hook;

	if (!real || !init_settings()->on)
		return real;
	call = calls_find(name);
	if (call == CALL_COUNT) {
		if (!strncmp(name, "clEnqueue", 9))
			life_uncovered(WIRE_UNCOVERED_ENTRY);
		return real;
	}
	hook = opencl_hook(call);
	if (!hook)
		return real;
	if (!opencl_is_extension(call) && !loader->real[call]) {
		life_uncovered(WIRE_UNCOVERED_ENTRY);
		return real; /* the wrapper would find nothing behind it */
	}
	if (opencl_is_extension(call) && !resolve_extension_learn(call, platform, real)) {
		life_uncovered(WIRE_UNCOVERED_ENTRY);
		return real;
	}
	return hook;
}

CORE_HEAD void *CL_API_CALL clGetExtensionFunctionAddress(const char *name)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clGetExtensionFunctionAddress) real =
		OPENCL_REAL(loader, clGetExtensionFunctionAddress);

	return real ? substitute(loader, NULL, name, real(name)) : NULL;
}

CORE_HEAD void *CL_API_CALL clGetExtensionFunctionAddressForPlatform(cl_platform_id platform,
								     const char *name)
{
	const struct loader *loader = resolve_loader(CALLER());
	__typeof__(&clGetExtensionFunctionAddressForPlatform) real =
		OPENCL_REAL(loader, clGetExtensionFunctionAddressForPlatform);

	return real ? substitute(loader, platform, name, real(platform, name)) : NULL;
}

#define HAND(road, result, name, params, args, none) road##_SECOND_NAME(name)
#include "preload/calls.def"
