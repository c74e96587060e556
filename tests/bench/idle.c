/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that have computed once and then do nothing: idle CLIENTS [apart]. Prints "ready" when
 * all of them are at it, and ends with its standard input. They are processes of one run, since
 * their parent computes as well; "apart" leaves that out, and each is a run of its own.
 */
#include <CL/cl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int compute_once(void)
{
	const char *text = "__kernel void nothing(__global float *a) { }";
	const size_t one = 1;
	cl_platform_id platform;
	cl_device_id device;
	cl_int err;

	if (clGetPlatformIDs(1, &platform, NULL) ||
	    clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 1, &device, NULL))
		return 1;
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, NULL, &err);
	cl_program program = clCreateProgramWithSource(context, 1, &text, NULL, &err);
	if (err || clBuildProgram(program, 0, NULL, NULL, NULL, NULL))
		return 1;
	cl_kernel kernel = clCreateKernel(program, "nothing", &err);
	cl_mem memory = clCreateBuffer(context, CL_MEM_READ_WRITE, 64, NULL, &err);
	return err || clSetKernelArg(kernel, 0, sizeof(memory), &memory) ||
	       clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL) ||
	       clFinish(queue);
}

/* A client: tells that it has computed, and waits for the end of `until`. */
static int be_idle(int tell, int until)
{
	char byte = '.';

	if (compute_once() || write(tell, &byte, 1) != 1)
		return 1;
	close(tell);
	return read(until, &byte, 1) != 0;
}

/* One after the other, so that a thousand do not stand in one another's way. */
static int start(unsigned long clients, const int told[2], const int until[2])
{
	char byte;

	for (unsigned long i = 0; i < clients; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			close(until[1]);
			close(told[0]);
			_exit(be_idle(told[1], until[0]));
		}
		if (pid < 0 || read(told[0], &byte, 1) != 1)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long clients = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	bool apart = argc == 3 && !strcmp(argv[2], "apart");
	int told[2], until[2];
	int failed = 0, status;
	char byte;

	if (!clients || (!apart && compute_once()) || pipe(told) || pipe(until) ||
	    start(clients, told, until)) {
		fprintf(stderr, "usage: idle CLIENTS [apart] (with an OpenCL device)\n");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	close(until[1]);
	while (wait(&status) > 0)
		failed |= status;
	return failed != 0;
}
