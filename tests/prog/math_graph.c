/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A product of cuBLAS that launches a kernel and, for half of its work, calls cuBLASLt: once on a
 * stream that is being captured, twice as the graph that came of it, and three times by itself, or
 * as often as is said. Takes the simulated driver and the doubles of the libraries.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "preload/cuda_abi.h"
#include "preload/math_wrap.h"
#include "tests/prog/math.h"

CUresult cuInit(unsigned flags);
CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device);
CUresult cuCtxSetCurrent(CUcontext context);
CUresult cuModuleLoadData(CUmodule *module, const void *image);
CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name);
CUresult cuStreamCreate(CUstream *stream, unsigned flags);
CUresult cuStreamBeginCapture_v2(CUstream stream, int mode);
CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph);
CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph, unsigned long long flags);
CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream);
CUresult cuStreamSynchronize(CUstream stream);
CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
			unsigned by, unsigned bz, unsigned shared, CUstream stream, void **params,
			void **extra);
int cublasSetStream_v2(void *handle, void *stream);

extern math_inside *math_fake_inside;

static CUfunction function;
static CUstream stream;

static void must(int status, int line)
{
	if (status) {
		fprintf(stderr, "line %d: %d\n", line, status);
		exit(1);
	}
}
#define MUST(call) must((int)(call), __LINE__)

static void inside(void)
{
	const struct math_layout layout = {0, 1, 10, 10};
	const int turned = 0;

	math_fake_inside = NULL; /* cuBLASLt launches nothing of its own */
	MUST(cublasLtMatmul(&function, &turned, NULL, NULL, &layout, NULL, &layout, NULL, NULL,
			    &layout, NULL, &layout, NULL, NULL, MATH_BYTES, MATH_STREAM));
	math_fake_inside = inside;
	MUST(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, stream, NULL, NULL));
}

static void multiply(void)
{
	float one = 1;

	MUST(cublasSgemm_v2(&function, MATH_TA, MATH_TB, MATH_M, MATH_N, MATH_K, &one, &one,
			    MATH_LDA, &one, MATH_LDB, &one, &one, MATH_LDC));
}

int main(int argc, char **argv)
{
	static const char image[] = ".version 8.0\n.target sm_80\n.address_size 64\n"
				    ".visible .entry inner_product()\n{\n\tret;\n}\n";
	CUcontext context;
	CUmodule module;
	CUgraph graph;
	CUgraphExec exec;

	MUST(cuInit(0));
	MUST(cuDevicePrimaryCtxRetain(&context, 0));
	MUST(cuCtxSetCurrent(context));
	MUST(cuModuleLoadData(&module, image));
	MUST(cuModuleGetFunction(&function, module, "inner_product"));
	MUST(cuStreamCreate(&stream, 0));
	MUST(cublasSetStream_v2(&function, stream));
	math_fake_inside = inside;
	MUST(cuStreamBeginCapture_v2(stream, 0));
	multiply();
	MUST(cuStreamEndCapture(stream, &graph));
	MUST(cuGraphInstantiateWithFlags(&exec, graph, 0));
	for (int i = 0; i < 2; i++)
		MUST(cuGraphLaunch(exec, stream));
	for (int i = argc > 1 ? atoi(argv[1]) : 3; i > 0; i--)
		multiply();
	MUST(cuStreamSynchronize(stream));
	return 0;
}
