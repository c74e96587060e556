/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A perceptron with one hidden layer on OpenCL, that prints as it goes.
 * build: ${CC:-gcc} -O2 -std=gnu11 -I. -o $out $src -lOpenCL -lm
 * score: steps metrics
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/train/truth.h"

#define INPUTS 64
#define HIDDEN 128
#define BATCH  100
#define TRAIN  5050
#define TEST   1000

static const char *source =
	"#define H 128\n#define I 64\n"
	"kernel void hidden(global const float *x, global const float *w, global float *h, int "
	"from) {\n"
	"  int j = get_global_id(0), n = get_global_id(1); float s = w[H * I + j];\n"
	"  for (int i = 0; i < I; i++) s += x[(from + n) * I + i] * w[j * I + i];\n"
	"  h[n * H + j] = tanh(s); }\n"
	"kernel void output(global const float *h, global const float *v, global const float *t,\n"
	"                   global float *d, global float *e, int from) {\n"
	"  int n = get_global_id(0); float s = v[H];\n"
	"  for (int j = 0; j < H; j++) s += h[n * H + j] * v[j];\n"
	"  float y = 1 / (1 + exp(-s)), c = t[from + n];\n"
	"  d[n] = y - c; e[n] = -log(c > 0.5f ? y + 1e-7f : 1 - y + 1e-7f); }\n"
	"kernel void learn_output(global const float *h, global const float *d, global float *v, "
	"int count) {\n"
	"  int j = get_global_id(0); float g = 0;\n"
	"  for (int n = 0; n < count; n++) g += d[n] * (j < H ? h[n * H + j] : 1);\n"
	"  v[j] -= 0.1f * g / count; }\n"
	"kernel void learn_hidden(global const float *x, global const float *h, global const float "
	"*d,\n"
	"                         global const float *v, global float *w, int from, int count) {\n"
	"  int i = get_global_id(0), j = get_global_id(1); float g = 0;\n"
	"  for (int n = 0; n < count; n++) {\n"
	"    float a = h[n * H + j], b = d[n] * v[j] * (1 - a * a);\n"
	"    g += b * (i < I ? x[(from + n) * I + i] : 1); }\n"
	"  w[i < I ? j * I + i : H * I + j] -= 0.1f * g / count; }\n";

static cl_command_queue queue;
static cl_kernel hidden, output, learn_output, learn_hidden;
static cl_mem w, v, h, d, e;

static float noise(void)
{
	return (float)rand() / (float)RAND_MAX * 2 - 1;
}

static void make(float *x, float *t, int count)
{
	for (int n = 0; n < count; n++) {
		float *row = x + n * INPUTS;

		for (int i = 0; i < INPUTS; i++)
			row[i] = noise();
		t[n] = row[0] * row[1] + 0.3f * row[2] + 0.1f * noise() > 0;
	}
}

static void run(cl_kernel kernel, size_t first, size_t second)
{
	size_t size[2] = {first, second};

	if (clEnqueueNDRangeKernel(queue, kernel, second ? 2 : 1, NULL, size, NULL, 0, NULL, NULL))
		exit(1);
}

static void forward(cl_mem x, cl_mem t, int from, int count)
{
	clSetKernelArg(hidden, 0, sizeof(x), &x);
	clSetKernelArg(hidden, 3, sizeof(from), &from);
	run(hidden, HIDDEN, (size_t)count);
	clSetKernelArg(output, 2, sizeof(t), &t);
	clSetKernelArg(output, 5, sizeof(from), &from);
	run(output, (size_t)count, 0);
}

static void learn(cl_mem x, int from, int count)
{
	clSetKernelArg(learn_hidden, 0, sizeof(x), &x);
	clSetKernelArg(learn_hidden, 5, sizeof(from), &from);
	clSetKernelArg(learn_hidden, 6, sizeof(count), &count);
	run(learn_hidden, INPUTS + 1, HIDDEN);
	clSetKernelArg(learn_output, 3, sizeof(count), &count);
	run(learn_output, HIDDEN + 1, 0);
}

static cl_mem keep(cl_context context, size_t count, float *from)
{
	return clCreateBuffer(context, CL_MEM_READ_WRITE | (from ? CL_MEM_COPY_HOST_PTR : 0),
			      count * sizeof(float), from, NULL);
}

static void arguments(cl_program program)
{
	hidden = clCreateKernel(program, "hidden", NULL);
	output = clCreateKernel(program, "output", NULL);
	learn_output = clCreateKernel(program, "learn_output", NULL);
	learn_hidden = clCreateKernel(program, "learn_hidden", NULL);
	clSetKernelArg(hidden, 1, sizeof(w), &w);
	clSetKernelArg(hidden, 2, sizeof(h), &h);
	clSetKernelArg(output, 0, sizeof(h), &h);
	clSetKernelArg(output, 1, sizeof(v), &v);
	clSetKernelArg(output, 3, sizeof(d), &d);
	clSetKernelArg(output, 4, sizeof(e), &e);
	clSetKernelArg(learn_output, 0, sizeof(h), &h);
	clSetKernelArg(learn_output, 1, sizeof(d), &d);
	clSetKernelArg(learn_output, 2, sizeof(v), &v);
	clSetKernelArg(learn_hidden, 1, sizeof(h), &h);
	clSetKernelArg(learn_hidden, 2, sizeof(d), &d);
	clSetKernelArg(learn_hidden, 3, sizeof(v), &v);
	clSetKernelArg(learn_hidden, 4, sizeof(w), &w);
}

static float mean_error(int count)
{
	static float error[TEST];
	float sum = 0;

	clEnqueueReadBuffer(queue, e, CL_TRUE, 0, (size_t)count * sizeof(float), error, 0, NULL,
			    NULL);
	for (int n = 0; n < count; n++)
		sum += error[n];
	return sum / (float)count;
}

int main(int argc, char **argv)
{
	int epochs = argc > 1 ? atoi(argv[1]) : 8;
	static float x[TRAIN * INPUTS], t[TRAIN], first[HIDDEN * (INPUTS + 1)], second[HIDDEN + 1];
	cl_platform_id platform;
	cl_device_id device;
	cl_context context;
	cl_program program;
	cl_mem train_x, train_t, test_x, test_t;

	if (clGetPlatformIDs(1, &platform, NULL) ||
	    clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL))
		return 1;
	context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
	queue = clCreateCommandQueue(context, device, 0, NULL);
	program = clCreateProgramWithSource(context, 1, &source, NULL, NULL);
	if (clBuildProgram(program, 1, &device, "", NULL, NULL))
		return 1;
	srand(7);
	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		first[i] = 0.2f * noise();
	for (size_t i = 0; i < sizeof(second) / sizeof(*second); i++)
		second[i] = 0.2f * noise();
	w = keep(context, HIDDEN * (INPUTS + 1), first);
	v = keep(context, HIDDEN + 1, second);
	h = keep(context, TEST * HIDDEN, NULL);
	d = keep(context, TEST, NULL);
	e = keep(context, TEST, NULL);
	make(x, t, TRAIN);
	train_x = keep(context, TRAIN * INPUTS, x);
	train_t = keep(context, TRAIN, t);
	make(x, t, TEST);
	test_x = keep(context, TEST * INPUTS, x);
	test_t = keep(context, TEST, t);
	arguments(program);

	printf("training on %d examples, %d epochs\n", TRAIN, epochs);
	for (int epoch = 0; epoch < epochs; epoch++) {
		float error;

		truth_begin();
		for (int from = 0; from < TRAIN; from += BATCH) {
			int count = TRAIN - from < BATCH ? TRAIN - from : BATCH;

			forward(train_x, train_t, from, count);
			learn(train_x, from, count);
			truth_step();
		}
		forward(test_x, test_t, 0, TEST);
		error = mean_error(TEST);
		printf("epoch %d of %d: test loss %.5f\n", epoch + 1, epochs, (double)error);
		truth_metric("test_loss", "%.5f", (double)error);
		truth_end();
	}
	truth_write();
	return 0;
}
