/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A linked OpenCL program that goes into one corner of the API at a time: cl_corner WHAT [N [M]].
 * It prints what it enqueued, and knows nothing of being metered. On the counting driver.
 */
#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS_MAX 256
#define WRITES	    100 /* of one thread */

static cl_platform_id platform;
static cl_device_id device;
static cl_context context;
static cl_command_queue queue;
static cl_kernel kernel;
static cl_mem memory;
static const size_t items = 16;
static char bytes[64];

/* Everything but a queue: its making is where metering begins. */
static int prepare(void)
{
	const char *text = "__kernel void corner(__global int *a) { a[get_global_id(0)] = 1; }";
	cl_program program;
	cl_int err;

	if (clGetPlatformIDs(1, &platform, NULL) ||
	    clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 1, &device, NULL))
		return 1;
	context = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	if (err)
		return 1;
	program = clCreateProgramWithSource(context, 1, &text, NULL, &err);
	if (err || clBuildProgram(program, 1, &device, "", NULL, NULL))
		return 1;
	kernel = clCreateKernel(program, "corner", &err);
	memory = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof(bytes), NULL, &err);
	return err || clSetKernelArg(kernel, 0, sizeof(memory), &memory);
}

static cl_command_queue new_queue(void)
{
	cl_int err;
	cl_command_queue made = clCreateCommandQueueWithProperties(context, device, NULL, &err);

	if (err)
		exit(1);
	return made;
}

static void launch(cl_command_queue to, long n)
{
	for (long i = 0; i < n; i++)
		if (clEnqueueNDRangeKernel(to, kernel, 1, NULL, &items, NULL, 0, NULL, NULL))
			exit(1);
}

static void write_to(cl_command_queue to, long n)
{
	for (long i = 0; i < n; i++)
		if (clEnqueueWriteBuffer(to, memory, CL_FALSE, 0, sizeof(bytes), bytes, 0, NULL,
					 NULL))
			exit(1);
}

/* The forked child goes on computing, on a queue that it has and on one of its own. */
static int live_on(pid_t parent, long n)
{
	int status = 0;

	if (getpid() != parent) {
		launch(queue, n);
		launch(new_queue(), n);
		_exit(clFinish(queue) ? 8 : 7);
	}
	launch(queue, n);
	if (clFinish(queue) || wait(&status) < 0)
		return 1;
	printf("child %s %d\n", WIFEXITED(status) ? "exit" : "signal",
	       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	printf("count kernel corner %ld\n", 3 * n);
	return 0;
}

static void CL_CALLBACK fork_now(void *arg)
{
	(void)arg;
	fflush(stdout);
	if (fork() < 0)
		exit(1);
}

static int fork_native(long n, long unused)
{
	const pid_t self = getpid();

	(void)unused;
	if (clEnqueueNativeKernel(queue, fork_now, NULL, 0, 0, NULL, NULL, 0, NULL, NULL))
		return 1;
	return live_on(self, n);
}

/* Where a library behind us forks in clFinish, or while it makes a queue. */
static int fork_finish(long n, long unused)
{
	const pid_t self = getpid();

	(void)unused;
	return clFinish(queue) || live_on(self, n);
}

static int fork_queue(long n, long unused)
{
	const pid_t self = getpid();

	(void)unused;
	queue = new_queue();
	return live_on(self, n);
}

#define KHR(name)                                                                                  \
	name##_fn name = (name##_fn)clGetExtensionFunctionAddressForPlatform(platform, #name)

/* Many command buffers, all recorded before the first is enqueued. */
static int buffers(long n, long unused)
{
	KHR(clCreateCommandBufferKHR);
	KHR(clCommandNDRangeKernelKHR);
	KHR(clFinalizeCommandBufferKHR);
	KHR(clEnqueueCommandBufferKHR);
	cl_command_buffer_khr *buffer = calloc((size_t)n, sizeof(*buffer));
	cl_int err = buffer ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;

	(void)unused;
	for (long i = 0; i < n && !err; i++) {
		buffer[i] = clCreateCommandBufferKHR(1, &queue, NULL, &err);
		if (!err)
			err = clCommandNDRangeKernelKHR(buffer[i], NULL, NULL, kernel, 1, NULL,
							&items, NULL, 0, NULL, NULL, NULL);
		if (!err)
			err = clFinalizeCommandBufferKHR(buffer[i]);
	}
	for (long i = 0; i < n && !err; i++)
		err = clEnqueueCommandBufferKHR(0, NULL, buffer[i], 0, NULL, NULL);
	free(buffer);
	printf("count kernel corner %ld\ncount call clEnqueueCommandBufferKHR %ld\n", n, n);
	return err || clFinish(queue);
}

static pthread_barrier_t barrier;

static void *write_first(void *arg)
{
	cl_command_queue own;

	pthread_barrier_wait(&barrier);
	own = new_queue();
	write_to(own, WRITES);
	clFinish(own);
	return arg;
}

static void *write_shared(void *arg)
{
	write_to(queue, WRITES);
	return arg;
}

/* `n` threads make their first call at the same moment. */
static int first(long n, long unused)
{
	pthread_t thread[THREADS_MAX];

	(void)unused;
	if (n > THREADS_MAX || pthread_barrier_init(&barrier, NULL, (unsigned)n))
		return 1;
	for (long i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, write_first, NULL))
			return 1;
	for (long i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	printf("count call clEnqueueWriteBuffer %ld\n", n * WRITES);
	return 0;
}

/*
 * `n` threads come, write and end; when that has been waited for, there are `m` waits with nothing
 * left to wait for, between two signals for tests/prog/steps.c.
 */
static int ended(long n, long m)
{
	pthread_t thread;

	for (long i = 0; i < n; i++) {
		if (pthread_create(&thread, NULL, write_shared, NULL))
			return 1;
		pthread_join(thread, NULL);
	}
	clFinish(queue);
	raise(SIGTRAP);
	for (long i = 0; i < m; i++)
		clFinish(queue);
	raise(SIGTRAP);
	printf("count call clEnqueueWriteBuffer %ld\n", n * WRITES);
	return 0;
}

/* A read that waits for the program, and `n` writes on another queue, before it is let go. */
static int gate(long n, long unused)
{
	cl_command_queue gated = new_queue();
	cl_int err;
	cl_event go = clCreateUserEvent(context, &err);

	(void)unused;
	if (err ||
	    clEnqueueReadBuffer(gated, memory, CL_FALSE, 0, sizeof(bytes), bytes, 1, &go, NULL))
		return 1;
	for (long i = 0; i < n; i += 100) {
		write_to(queue, 100);
		clFinish(queue);
	}
	clSetUserEventStatus(go, CL_COMPLETE);
	printf("count call clEnqueueWriteBuffer %ld\ncount call clEnqueueReadBuffer 1\n", n);
	return clFinish(gated);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*act)(long n, long m);
	} corners[] = {
		{"fork-native", fork_native},
		{"fork-finish", fork_finish},
		{"fork-queue", fork_queue},
		{"buffers", buffers},
		{"ended", ended},
		{"gate", gate},
		{"first", first},
	};
	const char *what = argc > 1 ? argv[1] : "";
	const long n = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	const long m = argc > 3 ? strtol(argv[3], NULL, 10) : 0;

	if (prepare())
		return 3;
	if (strcmp(what, "first") != 0)
		queue = new_queue();
	for (size_t i = 0; i < sizeof(corners) / sizeof(corners[0]); i++)
		if (!strcmp(what, corners[i].name))
			return corners[i].act(n, m);
	return 2;
}
