/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one launch costs the program: enqueue ROUNDS LAUNCHES [events] [gated]. Prints a line a
 * round with three figures in picoseconds: in the call alone, with its share of clFinish, and two
 * reads of CLOCK_MONOTONIC. It knows of no metering; tests/bench/run preloads what is to be
 * compared. With "events" it asks for profiling and takes an event of each launch itself: what the
 * driver alone wants for device times, whoever asks for them.
 */
#include <CL/cl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/alone.h"

#define BATCH 64

static cl_command_queue queue;
static cl_kernel kernel;
static int events, gated;
static cl_context context;

static int prepare(void)
{
	const char *text = "__kernel void nothing(__global float *a) { }";
	cl_platform_id platform;
	cl_device_id device;
	cl_program program;
	cl_mem memory;
	const cl_queue_properties profiling[] = {CL_QUEUE_PROPERTIES, CL_QUEUE_PROFILING_ENABLE, 0};
	cl_int err;

	if (clGetPlatformIDs(1, &platform, NULL) ||
	    clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 1, &device, NULL))
		return 1;
	context = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	queue = clCreateCommandQueueWithProperties(context, device, events ? profiling : NULL,
						   &err);
	program = clCreateProgramWithSource(context, 1, &text, NULL, &err);
	if (err || clBuildProgram(program, 0, NULL, NULL, NULL, NULL))
		return 1;
	kernel = clCreateKernel(program, "nothing", &err);
	memory = clCreateBuffer(context, CL_MEM_READ_WRITE, 64, NULL, &err);
	return err || clSetKernelArg(kernel, 0, sizeof(memory), &memory);
}

/* Enqueues one batch, its first command behind `gate` where there is one. */
static int enqueue(cl_event gate, cl_event *event)
{
	const size_t one = 1;

	for (int i = 0; i < BATCH; i++) {
		const cl_event *wait = gate && !i ? &gate : NULL;

		if (clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, wait != NULL, wait,
					   events ? &event[i] : NULL))
			return 1;
	}
	return 0;
}

/*
 * Launches in batches; adds the time in the calls and the whole time. A gated batch begins to run
 * when all of it was enqueued, so that its calls do not race with the driver's own threads.
 */
static int launch(uint64_t launches, uint64_t *calls_ns, uint64_t *all_ns)
{
	cl_event event[BATCH];

	*calls_ns = *all_ns = 0;
	for (uint64_t done = 0; done < launches; done += BATCH) {
		cl_event gate = gated ? clCreateUserEvent(context, NULL) : NULL;
		uint64_t start = alone_now_ns(), enqueued;

		if (enqueue(gate, event))
			return 1;
		enqueued = alone_now_ns();
		if (gate && (clSetUserEventStatus(gate, CL_COMPLETE) || clReleaseEvent(gate)))
			return 1;
		if (clFinish(queue))
			return 1;
		for (int i = 0; i < BATCH && events; i++)
			clReleaseEvent(event[i]);
		*calls_ns += enqueued - start;
		*all_ns += alone_now_ns() - start;
	}
	return 0;
}

static uint64_t two_reads_ps(void)
{
	const uint64_t pairs = 20000;
	uint64_t start = alone_now_ns();

	for (uint64_t i = 0; i < pairs; i++) {
		alone_now_ns();
		alone_now_ns();
	}
	return (alone_now_ns() - start) * 1000 / pairs;
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 2 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t launches = argc > 2 ? strtoull(argv[2], NULL, 10) / BATCH * BATCH : 0;
	uint64_t calls_ns, all_ns;
	struct alone alone;

	for (int i = 3; i < argc; i++) {
		events |= !strcmp(argv[i], "events");
		gated |= !strcmp(argv[i], "gated");
	}
	if (!launches || !rounds || prepare() || launch(launches, &calls_ns, &all_ns)) {
		fprintf(stderr, "usage: enqueue ROUNDS LAUNCHES [events] [gated] (with an OpenCL "
				"device)\n");
		return 1;
	}
	alone_begin(&alone, rounds);
	while (rounds) {
		uint64_t reads_ps;

		if (launch(launches, &calls_ns, &all_ns))
			return 1;
		reads_ps = two_reads_ps();
		if (!alone_counts(&alone))
			continue;
		printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", calls_ns * 1000 / launches,
		       all_ns * 1000 / launches, reads_ps);
		rounds--;
	}
	alone_tell(&alone);
	return 0;
}
