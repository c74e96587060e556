/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls every clEnqueue* of the OpenCL 3.0 headers, the n-th of them n times so that no two can
 * be taken for one another, and prints how often each was accepted. It needs a driver that takes
 * them all: the fake one. With --command-buffers it uses cl_khr_command_buffer instead.
 */
#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <CL/cl_gl.h>
#include <stdio.h>
#include <string.h>

static cl_platform_id platform;
static cl_device_id device;
static cl_context context;
static cl_command_queue queue;
static cl_kernel kernel;
static cl_mem buffer, other, image;
static void *svm;
static char host[4096];
static int turn;

static const size_t zero[3] = {0, 0, 0};
static const size_t one[3] = {1, 1, 1};
static const size_t items = 64;

/* Calls once more often than the one before, and counts what was accepted. */
#define EVERY(what, name, call)                                                                    \
	do {                                                                                       \
		int accepted = 0;                                                                  \
                                                                                                   \
		turn++;                                                                            \
		for (int i = 0; i < turn; i++)                                                     \
			accepted += (call) == CL_SUCCESS;                                          \
		if (accepted)                                                                      \
			printf("count %s %s %d\n", what, name, accepted);                          \
		if (accepted < turn)                                                               \
			printf("refused %s %s %d\n", what, name, turn - accepted);                 \
	} while (0)
#define EVERY_CALL(name, ...) EVERY("call", #name, name(__VA_ARGS__))
#define NO_WAIT		      0, NULL, NULL

static int prepare(void)
{
	const char *text = "__kernel void every(__global float *a) { a[0] = 1.0f; }";
	const cl_image_format format = {CL_RGBA, CL_FLOAT};
	const cl_image_desc desc = {
		.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 16, .image_height = 16};
	cl_program program;
	cl_int err;

	if (clGetPlatformIDs(1, &platform, NULL) ||
	    clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 1, &device, NULL))
		return 1;
	context = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	queue = clCreateCommandQueueWithProperties(context, device, NULL, &err);
	program = clCreateProgramWithSource(context, 1, &text, NULL, &err);
	if (err || clBuildProgram(program, 0, NULL, NULL, NULL, NULL))
		return 1;
	kernel = clCreateKernel(program, "every", &err);
	buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof(host), NULL, &err);
	other = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof(host), NULL, &err);
	image = clCreateImage(context, CL_MEM_READ_WRITE, &format, &desc, NULL, &err);
	svm = clSVMAlloc(context, CL_MEM_READ_WRITE, sizeof(host), 0);
	return err || !svm || clSetKernelArg(kernel, 0, sizeof(buffer), &buffer);
}

static void buffers(void)
{
	EVERY_CALL(clEnqueueReadBuffer, queue, buffer, CL_TRUE, 0, 64, host, NO_WAIT);
	EVERY_CALL(clEnqueueReadBufferRect, queue, buffer, CL_TRUE, zero, zero, one, 0, 0, 0, 0,
		   host, NO_WAIT);
	EVERY_CALL(clEnqueueWriteBuffer, queue, buffer, CL_FALSE, 0, 64, host, NO_WAIT);
	EVERY_CALL(clEnqueueWriteBufferRect, queue, buffer, CL_TRUE, zero, zero, one, 0, 0, 0, 0,
		   host, NO_WAIT);
	EVERY_CALL(clEnqueueCopyBuffer, queue, buffer, other, 0, 0, 64, NO_WAIT);
	EVERY_CALL(clEnqueueCopyBufferRect, queue, buffer, other, zero, zero, one, 0, 0, 0, 0,
		   NO_WAIT);
	EVERY_CALL(clEnqueueFillBuffer, queue, buffer, host, 4, 0, 64, NO_WAIT);
	EVERY_CALL(clEnqueueMigrateMemObjects, queue, 1, &buffer, 0, NO_WAIT);
}

static void images(void)
{
	EVERY_CALL(clEnqueueReadImage, queue, image, CL_TRUE, zero, one, 0, 0, host, NO_WAIT);
	EVERY_CALL(clEnqueueWriteImage, queue, image, CL_TRUE, zero, one, 0, 0, host, NO_WAIT);
	EVERY_CALL(clEnqueueCopyImage, queue, image, image, zero, one, one, NO_WAIT);
	EVERY_CALL(clEnqueueCopyImageToBuffer, queue, image, buffer, zero, one, 0, NO_WAIT);
	EVERY_CALL(clEnqueueCopyBufferToImage, queue, buffer, image, 0, zero, one, NO_WAIT);
	EVERY_CALL(clEnqueueFillImage, queue, image, host, zero, one, NO_WAIT);
}

static cl_int map_buffer(void)
{
	cl_int err;

	clEnqueueMapBuffer(queue, buffer, CL_TRUE, CL_MAP_READ, 0, 64, NO_WAIT, &err);
	return err;
}

static cl_int map_image(void)
{
	size_t pitch;
	cl_int err;

	clEnqueueMapImage(queue, image, CL_TRUE, CL_MAP_READ, zero, one, &pitch, NULL, NO_WAIT,
			  &err);
	return err;
}

static void maps(void)
{
	EVERY("call", "clEnqueueMapBuffer", map_buffer());
	EVERY("call", "clEnqueueMapImage", map_image());
	EVERY_CALL(clEnqueueUnmapMemObject, queue, buffer, host, NO_WAIT);
}

static cl_int free_svm(void)
{
	void *memory = clSVMAlloc(context, CL_MEM_READ_WRITE, 64, 0);

	return clEnqueueSVMFree(queue, 1, &memory, NULL, NULL, NO_WAIT);
}

static void shared_memory(void)
{
	const void *memory = svm;
	char *to = (char *)svm + 2048;

	EVERY("call", "clEnqueueSVMFree", free_svm());
	EVERY_CALL(clEnqueueSVMMemcpy, queue, CL_FALSE, to, svm, 64, NO_WAIT);
	EVERY_CALL(clEnqueueSVMMemFill, queue, svm, host, 4, 64, NO_WAIT);
	EVERY_CALL(clEnqueueSVMMap, queue, CL_TRUE, CL_MAP_READ, svm, 64, NO_WAIT);
	EVERY_CALL(clEnqueueSVMUnmap, queue, svm, NO_WAIT);
	EVERY_CALL(clEnqueueSVMMigrateMem, queue, 1, &memory, NULL, 0, NO_WAIT);
}

static void CL_CALLBACK native(void *arg)
{
	(void)arg;
}

static void order(void)
{
	cl_event event;

	if (clEnqueueMarker(queue, &event))
		return;
	printf("count call clEnqueueMarker 1\n");
	EVERY_CALL(clEnqueueBarrier, queue);
	EVERY_CALL(clEnqueueWaitForEvents, queue, 1, &event);
	EVERY_CALL(clEnqueueMarkerWithWaitList, queue, NO_WAIT);
	EVERY_CALL(clEnqueueBarrierWithWaitList, queue, 1, &event, NULL);
	EVERY_CALL(clEnqueueAcquireGLObjects, queue, 1, &buffer, NO_WAIT);
	EVERY_CALL(clEnqueueReleaseGLObjects, queue, 1, &buffer, NO_WAIT);
	clReleaseEvent(event);
}

static void kernels(void)
{
	cl_int err;
	cl_kernel clone = clCloneKernel(kernel, &err);
	cl_event held = clCreateUserEvent(context, &err);
	int launched = turn;

	EVERY_CALL(clEnqueueNativeKernel, queue, native, NULL, 0, 0, NULL, NULL, NO_WAIT);
	/*
	 * One kernel by two calls: one line for them together. The first ones are held up until
	 * the last are made: whoever waited for them in between would wait for ever.
	 */
	for (int i = 0; i < launched; i++)
		clEnqueueTask(queue, kernel, 1, &held, NULL);
	for (int i = 0; i < launched; i++)
		clEnqueueNDRangeKernel(queue, clone, 1, NULL, &items, NULL, NO_WAIT);
	printf("count kernel every %d\n", 2 * launched);
	clSetUserEventStatus(held, CL_COMPLETE);
	clReleaseEvent(held);
	clReleaseKernel(clone);
}

#define KHR(name)                                                                                  \
	name##_fn name = (name##_fn)clGetExtensionFunctionAddressForPlatform(platform, #name)

static int command_buffers(void)
{
	KHR(clCreateCommandBufferKHR);
	KHR(clCommandNDRangeKernelKHR);
	KHR(clCommandCopyBufferKHR);
	KHR(clFinalizeCommandBufferKHR);
	KHR(clEnqueueCommandBufferKHR);
	KHR(clReleaseCommandBufferKHR);
	cl_command_buffer_khr commands;
	cl_int err;

	if (!clCreateCommandBufferKHR || !clEnqueueCommandBufferKHR)
		return 1;
	commands = clCreateCommandBufferKHR(1, &queue, NULL, &err);
	for (int i = 0; !err && i < 3; i++)
		err = clCommandNDRangeKernelKHR(commands, NULL, NULL, kernel, 1, NULL, &items, NULL,
						0, NULL, NULL, NULL);
	if (!err)
		err = clCommandCopyBufferKHR(commands, NULL, buffer, other, 0, 0, 64, 0, NULL, NULL,
					     NULL);
	if (err || clFinalizeCommandBufferKHR(commands))
		return 1;
	for (int i = 0; i < 5; i++)
		if (clEnqueueCommandBufferKHR(0, NULL, commands, NO_WAIT))
			return 1;
	clFinish(queue);
	clReleaseCommandBufferKHR(commands);
	printf("count call clEnqueueCommandBufferKHR 5\ncount kernel every 15\n");
	return 0;
}

int main(int argc, char **argv)
{
	if (prepare()) {
		fprintf(stderr, "cl_every: the driver lacks something\n");
		return 1;
	}
	if (argc > 1 && !strcmp(argv[1], "--command-buffers"))
		return command_buffers();
	buffers();
	images();
	maps();
	shared_memory();
	order();
	kernels();
	return clFinish(queue) != CL_SUCCESS;
}
