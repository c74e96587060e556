/* SPDX-License-Identifier: Apache-2.0 */
/* Linked against an OpenCL loader in the plain way; used by programs and by the plugin. */
#include "tests/prog/launch.h"

#include <CL/cl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BATCH_MAX 256

const char *const launch_kernel[LAUNCH_KERNELS] = {"scale", "add"};

static const char source[] = "__kernel void scale(__global float *a, int rounds)\n"
			     "{ size_t i = get_global_id(0); float x = a[i];\n"
			     "  for (int r = 0; r < rounds; r++) x = x * 1.0001f + 0.5f;\n"
			     "  a[i] = x; }\n"
			     "__kernel void add(__global float *a, int rounds)\n"
			     "{ size_t i = get_global_id(0); float x = a[i];\n"
			     "  for (int r = 0; r < rounds; r++) x += 0.25f;\n"
			     "  a[i] = x; }\n";

struct site {
	cl_device_id device;
	cl_context context;
	cl_program program;
	struct launch_progress *progress;
};

struct worker {
	const struct launch_options *options;
	const struct site *site;
	cl_command_queue queue;
	cl_kernel kernel[LAUNCH_KERNELS];
	cl_mem memory;
	cl_event event[BATCH_MAX];
	struct launch_result result;
	int failed;
	pthread_t thread;
};

static int complain(const char *call, cl_int err)
{
	fprintf(stderr, "%s: OpenCL error %d\n", call, err);
	return 1;
}

static int find_device(bool gpu, cl_device_id *device)
{
	cl_device_type type = gpu ? CL_DEVICE_TYPE_GPU : CL_DEVICE_TYPE_DEFAULT;
	cl_platform_id platform[8];
	cl_uint platforms = 0;
	cl_int err = clGetPlatformIDs(8, platform, &platforms);

	if (err)
		return complain("clGetPlatformIDs", err);
	for (cl_uint i = 0; i < platforms && i < 8; i++)
		if (!clGetDeviceIDs(platform[i], type, 1, device, NULL))
			return 0;
	return complain("clGetDeviceIDs", CL_DEVICE_NOT_FOUND);
}

static int map_progress(const char *path, struct launch_progress **progress)
{
	static struct launch_progress nobody_looks;
	int fd;

	*progress = &nobody_looks;
	if (!path)
		return 0;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, sizeof(**progress)) < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	*progress = mmap(NULL, sizeof(**progress), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return *progress == MAP_FAILED;
}

static int site_open(const struct launch_options *options, struct site *site)
{
	const char *text = source;
	cl_int err;

	if (map_progress(options->progress, &site->progress) ||
	    find_device(options->gpu, &site->device))
		return 1;
	site->context = clCreateContext(NULL, 1, &site->device, NULL, NULL, &err);
	if (err)
		return complain("clCreateContext", err);
	site->program = clCreateProgramWithSource(site->context, 1, &text, NULL, &err);
	if (err)
		return complain("clCreateProgramWithSource", err);
	err = clBuildProgram(site->program, 1, &site->device, "", NULL, NULL);
	return err ? complain("clBuildProgram", err) : 0;
}

static void site_close(struct site *site)
{
	clReleaseProgram(site->program);
	clReleaseContext(site->context);
}

static int worker_open(struct worker *worker)
{
	const struct launch_options *options = worker->options;
	cl_command_queue_properties properties =
		(options->out_of_order ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0u) |
		(options->profiling ? CL_QUEUE_PROFILING_ENABLE : 0u);
	cl_queue_properties list[] = {CL_QUEUE_PROPERTIES, properties, 0};
	cl_int rounds = (cl_int)options->rounds;
	cl_int err;

	worker->queue = clCreateCommandQueueWithProperties(worker->site->context,
							   worker->site->device, list, &err);
	if (err)
		return complain("clCreateCommandQueueWithProperties", err);
	worker->memory = clCreateBuffer(worker->site->context, CL_MEM_READ_WRITE,
					options->items * sizeof(float), NULL, &err);
	for (int k = 0; !err && k < LAUNCH_KERNELS; k++) {
		worker->kernel[k] = clCreateKernel(worker->site->program, launch_kernel[k], &err);
		if (!err)
			err = clSetKernelArg(worker->kernel[k], 0, sizeof(cl_mem), &worker->memory);
		if (!err)
			err = clSetKernelArg(worker->kernel[k], 1, sizeof(rounds), &rounds);
	}
	return err ? complain("kernel or buffer", err) : 0;
}

static void worker_close(struct worker *worker)
{
	for (int k = 0; k < LAUNCH_KERNELS; k++)
		clReleaseKernel(worker->kernel[k]);
	clReleaseMemObject(worker->memory);
	clReleaseCommandQueue(worker->queue);
}

static int read_times(struct worker *worker, uint64_t first, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		cl_ulong start = 0, end = 0;
		cl_int err = clGetEventProfilingInfo(worker->event[i], CL_PROFILING_COMMAND_START,
						     sizeof(start), &start, NULL);

		if (!err)
			err = clGetEventProfilingInfo(worker->event[i], CL_PROFILING_COMMAND_END,
						      sizeof(end), &end, NULL);
		if (err)
			return complain("clGetEventProfilingInfo", err);
		worker->result.device_ns[(first + i) % LAUNCH_KERNELS] += end - start;
		clReleaseEvent(worker->event[i]);
	}
	return 0;
}

/* Launches `n` from number `first` on, and waits for them if it is to. */
static int batch(struct worker *worker, uint64_t first, uint64_t n)
{
	const struct launch_options *options = worker->options;
	struct launch_progress *progress = worker->site->progress;
	size_t items = options->items;
	cl_int err;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t k = (first + i) % LAUNCH_KERNELS;

		__atomic_add_fetch(&progress->issued[k], 1, __ATOMIC_SEQ_CST);
		err = clEnqueueNDRangeKernel(worker->queue, worker->kernel[k], 1, NULL, &items,
					     NULL, 0, NULL,
					     options->profiling ? &worker->event[i] : NULL);
		if (err)
			return complain("clEnqueueNDRangeKernel", err);
		__atomic_add_fetch(&progress->returned[k], 1, __ATOMIC_SEQ_CST);
		worker->result.count[k]++;
	}
	if (!options->finish)
		return 0;
	err = clFinish(worker->queue);
	if (err)
		return complain("clFinish", err);
	for (uint64_t i = 0; i < n; i++)
		__atomic_add_fetch(&progress->completed[(first + i) % LAUNCH_KERNELS], 1,
				   __ATOMIC_SEQ_CST);
	return options->profiling ? read_times(worker, first, n) : 0;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	uint64_t all = worker->options->launches;
	uint64_t most = worker->options->batch;

	for (uint64_t i = 0; i < all && !worker->failed; i += most) {
		worker->failed = batch(worker, i, all - i < most ? all - i : most);
		usleep(worker->options->rest_ms * 1000);
	}
	return NULL;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The first worker is the calling thread, as in a program without threads. */
static int work_all(struct worker *worker, unsigned n)
{
	int failed = 0;

	for (unsigned i = 1; i < n; i++)
		if (pthread_create(&worker[i].thread, NULL, work, &worker[i]))
			return complain("pthread_create", -errno);
	work(&worker[0]);
	for (unsigned i = 1; i < n; i++)
		pthread_join(worker[i].thread, NULL);
	for (unsigned i = 0; i < n; i++)
		failed |= worker[i].failed;
	return failed;
}

int launch(const struct launch_options *options, struct launch_result *result)
{
	struct site site;
	struct worker *worker = calloc(options->threads, sizeof(*worker));
	uint64_t start_ns;
	int failed = !worker || options->batch > BATCH_MAX || site_open(options, &site);

	memset(result, 0, sizeof(*result));
	for (unsigned i = 0; !failed && i < options->threads; i++) {
		worker[i].options = options;
		worker[i].site = &site;
		failed = worker_open(&worker[i]);
	}
	start_ns = now_ns();
	if (!failed)
		failed = work_all(worker, options->threads);
	result->wall_ns = now_ns() - start_ns;
	for (unsigned i = 0; !failed && i < options->threads; i++) {
		for (int k = 0; k < LAUNCH_KERNELS; k++) {
			result->count[k] += worker[i].result.count[k];
			result->device_ns[k] += worker[i].result.device_ns[k];
		}
		if (options->finish)
			worker_close(&worker[i]);
	}
	if (!failed && options->finish)
		site_close(&site);
	free(worker);
	return failed;
}

void launch_print(const struct launch_options *options, const struct launch_result *result)
{
	for (int k = 0; k < LAUNCH_KERNELS; k++)
		if (result->count[k])
			printf("count kernel %s %" PRIu64 "\n", launch_kernel[k], result->count[k]);
	for (int k = 0; k < LAUNCH_KERNELS && options->profiling; k++)
		printf("time kernel %s %" PRIu64 "\n", launch_kernel[k], result->device_ns[k]);
	if (options->profiling)
		printf("wall %" PRIu64 "\n", result->wall_ns);
	fflush(stdout);
}
