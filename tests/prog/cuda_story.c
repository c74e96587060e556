/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs for the CUDA driver's interface, that reach it by any road:
 *
 *   cuda_story linked|dlopen|proc0|proc2 STORY [N]
 *
 * linked: by the names that the linker bound (the program cuda_linked, which is this source);
 * dlopen: dlopen and dlsym; proc0, proc2: cuGetProcAddress with these flags, where 2 asks for the
 * forms of which a stream of 0 is the thread's own. It takes the simulated driver, which runs no
 * device code. Exit status: 0, or 1 and the call that was refused.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "preload/cuda_abi.h"

#define LAUNCH_PARAMS                                                                              \
	CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,          \
		CUstream, void **, void **

/* F: a name as it is exported; Z: the same, that has a form for a thread's own default stream. */
#define FUNCTIONS(F, Z)                                                                            \
	F(cuInit, , (unsigned))                                                                    \
	F(cuDevicePrimaryCtxRetain, , (CUcontext *, CUdevice))                                     \
	F(cuDevicePrimaryCtxReset, _v2, (CUdevice))                                                \
	F(cuCtxSetCurrent, , (CUcontext))                                                          \
	F(cuCtxSynchronize, , (void))                                                              \
	F(cuModuleLoadData, , (CUmodule *, const void *))                                          \
	F(cuModuleGetFunction, , (CUfunction *, CUmodule, const char *))                           \
	F(cuLibraryLoadData, ,                                                                     \
	  (CUlibrary *, const void *, int *, void **, unsigned, int *, void **, unsigned))         \
	F(cuLibraryGetKernel, , (CUkernel *, CUlibrary, const char *))                             \
	F(cuLibraryGetKernelCount, , (unsigned *, CUlibrary))                                      \
	F(cuLibraryEnumerateKernels, , (CUkernel *, unsigned, CUlibrary))                          \
	F(cuKernelGetFunction, , (CUfunction *, CUkernel))                                         \
	Z(cuLaunchKernel, , (LAUNCH_PARAMS))                                                       \
	Z(cuLaunchKernelEx, , (const CUlaunchConfig *, CUfunction, void **, void **))              \
	Z(cuLaunchCooperativeKernel, ,                                                             \
	  (CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,       \
	   CUstream, void **))                                                                     \
	F(cuLaunchCooperativeKernelMultiDevice, , (CUDA_LAUNCH_PARAMS *, unsigned, unsigned))      \
	Z(cuLaunchHostFunc, , (CUstream, CUhostFn, void *))                                        \
	F(cuStreamCreate, , (CUstream *, unsigned))                                                \
	F(cuStreamDestroy, _v2, (CUstream))                                                        \
	Z(cuStreamSynchronize, , (CUstream))                                                       \
	Z(cuStreamWaitEvent, , (CUstream, CUevent, unsigned))                                      \
	F(cuEventCreate, , (CUevent *, unsigned))                                                  \
	Z(cuEventRecord, , (CUevent, CUstream))                                                    \
	F(cuEventSynchronize, , (CUevent))                                                         \
	Z(cuStreamBeginCapture, _v2, (CUstream, CUstreamCaptureMode))                              \
	Z(cuStreamEndCapture, , (CUstream, CUgraph *))                                             \
	F(cuMemAlloc, _v2, (CUdeviceptr *, size_t))                                                \
	F(cuMemFree, _v2, (CUdeviceptr))                                                           \
	Z(cuMemAllocAsync, , (CUdeviceptr *, size_t, CUstream))                                    \
	Z(cuMemFreeAsync, , (CUdeviceptr, CUstream))                                               \
	Z(cuMemcpyHtoDAsync, _v2, (CUdeviceptr, const void *, size_t, CUstream))                   \
	Z(cuMemcpyAsync, , (CUdeviceptr, CUdeviceptr, size_t, CUstream))                           \
	Z(cuMemsetD32Async, , (CUdeviceptr, unsigned, size_t, CUstream))                           \
	F(cuMemAddressReserve, , (CUdeviceptr *, size_t, size_t, CUdeviceptr, unsigned long long)) \
	F(cuMemCreate, ,                                                                           \
	  (CUmemGenericAllocationHandle *, size_t, const CUmemAllocationProp *,                    \
	   unsigned long long))                                                                    \
	F(cuMemMap, ,                                                                              \
	  (CUdeviceptr, size_t, size_t, CUmemGenericAllocationHandle, unsigned long long))         \
	F(cuMemUnmap, , (CUdeviceptr, size_t))                                                     \
	F(cuMemRelease, , (CUmemGenericAllocationHandle))                                          \
	F(cuGraphCreate, , (CUgraph *, unsigned))                                                  \
	F(cuGraphAddKernelNode, _v2,                                                               \
	  (CUgraphNode *, CUgraph, const CUgraphNode *, size_t, const CUDA_KERNEL_NODE_PARAMS *))  \
	F(cuGraphAddChildGraphNode, ,                                                              \
	  (CUgraphNode *, CUgraph, const CUgraphNode *, size_t, CUgraph))                          \
	F(cuGraphAddNode, ,                                                                        \
	  (CUgraphNode *, CUgraph, const CUgraphNode *, size_t, CUgraphNodeParams *))              \
	F(cuGraphInstantiateWithFlags, , (CUgraphExec *, CUgraph, unsigned long long))             \
	F(cuGraphExecUpdate, _v2, (CUgraphExec, CUgraph, CUgraphExecUpdateResultInfo *))           \
	F(cuGraphExecKernelNodeSetParams, _v2,                                                     \
	  (CUgraphExec, CUgraphNode, const CUDA_KERNEL_NODE_PARAMS *))                             \
	F(cuGraphNodeSetEnabled, , (CUgraphExec, CUgraphNode, unsigned))                           \
	F(cuGraphExecDestroy, , (CUgraphExec))                                                     \
	Z(cuGraphLaunch, , (CUgraphExec, CUstream))                                                \
	F(cuMemcpyHtoD, _v2, (CUdeviceptr, const void *, size_t))

#define DECLARE(name, form, params) CUresult name##form params;
FUNCTIONS(DECLARE, DECLARE)

/* Called by the plain names, whatever form and road they stand for. */
static struct {
#define MEMBER(name, form, params) CUresult(*name) params;
	FUNCTIONS(MEMBER, MEMBER)
} cu;

static void *library;
static const char ptx[] = ".version 8.0\n.entry alpha() {}\n.entry beta() {}\n.entry gamma() {}\n";

static CUmodule module;
static CUfunction alpha, beta;
static CUcontext context;

static void must(CUresult error, const char *what)
{
	if (error == CUDA_SUCCESS)
		return;
	printf("%s: error %d\n", what, error);
	exit(1);
}
#define MUST(name, ...) must(cu.name(__VA_ARGS__), #name)

/* ---- roads ---- */

static void *open_library(void)
{
	library = dlopen("libcuda.so.1", RTLD_NOW);
	if (!library) {
		printf("%s\n", dlerror());
		exit(1);
	}
	return library;
}

static void *ask(const char *name, cuuint64_t flags)
{
	CUresult (*get)(const char *, void **, int, cuuint64_t, CUdriverProcAddressQueryResult *) =
		(__typeof__(get))dlsym(library, "cuGetProcAddress_v2");
	CUdriverProcAddressQueryResult status = CU_GET_PROC_ADDRESS_SUCCESS;
	void *found = NULL;

	must(get(name, &found, 12080, flags, &status), name);
	return found;
}

static void take_road(const char *road)
{
#ifdef LINKED
#define BIND(name, form, params) cu.name = name##form;
	FUNCTIONS(BIND, BIND)
	(void)open_library;
	(void)ask;
	(void)road;
#else
	const bool asks = !strncmp(road, "proc", 4);
	const cuuint64_t flags = asks ? (cuuint64_t)(road[4] - '0') : 0;

	open_library();
#define LOAD(name, form, params)                                                                   \
	cu.name = (__typeof__(cu.name))(asks ? ask(#name, flags) : dlsym(library, #name #form));
	FUNCTIONS(LOAD, LOAD)
#endif
}

static void prepare(void)
{
	(void)cu.cuDevicePrimaryCtxReset(0); /* too early; the driver is to be asked nothing then */
	MUST(cuInit, 0);
	MUST(cuDevicePrimaryCtxRetain, &context, 0);
	MUST(cuCtxSetCurrent, context);
	MUST(cuModuleLoadData, &module, ptx);
	MUST(cuModuleGetFunction, &alpha, module, "alpha");
	MUST(cuModuleGetFunction, &beta, module, "beta");
}

static CUresult launch(CUfunction function, CUstream stream)
{
	return cu.cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, stream, NULL, NULL);
}

static CUstream stream_new(void)
{
	CUstream stream;

	MUST(cuStreamCreate, &stream, 1);
	return stream;
}

static void called_by_stream(void *data)
{
	(void)data;
}

/* ---- stories ---- */

/* Every way to launch, and commands. */
static void tell_launches(int n)
{
	CUlaunchConfig config = {.gridDimX = 1,
				 .gridDimY = 1,
				 .gridDimZ = 1,
				 .blockDimX = 1,
				 .blockDimY = 1,
				 .blockDimZ = 1};
	CUstream stream = stream_new();
	static char host[256];
	CUlibrary other;
	CUkernel kernel, listed[8];
	CUfunction function;
	CUdeviceptr memory;
	unsigned kernels = 0;

	MUST(cuMemAlloc, &memory, 4096);
	MUST(cuLibraryLoadData, &other, ptx, NULL, NULL, 0, NULL, NULL, 0);
	MUST(cuLibraryGetKernel, &kernel, other, "gamma");
	MUST(cuKernelGetFunction, &function, kernel);
	MUST(cuLibraryGetKernelCount, &kernels, other);
	memset(listed, 0xa5, sizeof(listed)); /* there is more room than kernels */
	MUST(cuLibraryEnumerateKernels, listed, 8, other);
	for (int i = 0; i < n; i++) {
		must(launch(alpha, stream), "cuLaunchKernel");
		must(launch(i % 3 ? beta : alpha, NULL), "cuLaunchKernel");
		must(launch((CUfunction)kernel, stream), "cuLaunchKernel of a CUkernel");
		must(launch(function, CU_STREAM_PER_THREAD), "cuLaunchKernel");
		MUST(cuLaunchKernelEx, &config, (CUfunction)listed[0], NULL, NULL);
		MUST(cuLaunchCooperativeKernel, beta, 1, 1, 1, 1, 1, 1, 0, stream, NULL);
		MUST(cuMemcpyHtoDAsync, memory, host, sizeof(host), stream);
		MUST(cuMemcpyHtoD, memory, host, 128);
		MUST(cuMemsetD32Async, memory, 0, 64, NULL);
	}
	MUST(cuMemcpyAsync, memory, memory + 1024, 512, stream);
	MUST(cuLaunchHostFunc, stream, called_by_stream, NULL);
	MUST(cuStreamSynchronize, stream);
	MUST(cuStreamSynchronize, NULL);
	MUST(cuCtxSynchronize, );
	MUST(cuStreamDestroy, stream);
	MUST(cuMemFree, memory);
}

static void *run_thread(void *arg)
{
	const int n = *(int *)arg;

	MUST(cuCtxSetCurrent, context);
	for (int i = 0; i < n; i++)
		must(launch(i & 1 ? beta : alpha, NULL), "cuLaunchKernel");
	MUST(cuStreamSynchronize, NULL);
	return NULL;
}

static void tell_threads(int n)
{
	pthread_t thread[8];

	for (int i = 0; i < 8; i++)
		pthread_create(&thread[i], NULL, run_thread, &n);
	for (int i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
}

static CUDA_KERNEL_NODE_PARAMS kernel_node(CUfunction function)
{
	return (CUDA_KERNEL_NODE_PARAMS){.func = function,
					 .gridDimX = 1,
					 .gridDimY = 1,
					 .gridDimZ = 1,
					 .blockDimX = 1,
					 .blockDimY = 1,
					 .blockDimZ = 1};
}

/* A graph of `n` alphas, one behind the other, with a child of one beta; *first is its first node.
 */
static CUgraph graph_new(CUfunction function, int n, CUgraphNode *first)
{
	CUDA_KERNEL_NODE_PARAMS what = kernel_node(function), in_child = kernel_node(beta);
	CUgraph graph, child;
	CUgraphNode last = NULL, node;

	MUST(cuGraphCreate, &graph, 0);
	for (int i = 0; i < n; i++) {
		MUST(cuGraphAddKernelNode, &node, graph, last ? &last : NULL, last != NULL, &what);
		if (!last)
			*first = node;
		last = node;
	}
	MUST(cuGraphCreate, &child, 0);
	MUST(cuGraphAddKernelNode, &node, child, NULL, 0, &in_child);
	MUST(cuGraphAddChildGraphNode, &node, graph, &last, 1, child);
	return graph;
}

/* Launched as it is; with a node off; with another function in it; updated from another graph. */
static void tell_graphs(int n)
{
	CUstream stream = stream_new();
	CUgraphExecUpdateResultInfo result;
	CUDA_KERNEL_NODE_PARAMS what = kernel_node(beta);
	CUgraphNode first, other;
	CUgraph graph = graph_new(alpha, 5, &first);
	CUgraphExec exec;

	MUST(cuGraphInstantiateWithFlags, &exec, graph, 0);
	for (int i = 0; i < n; i++)
		MUST(cuGraphLaunch, exec, stream);
	MUST(cuGraphNodeSetEnabled, exec, first, 0);
	MUST(cuGraphLaunch, exec, stream);
	MUST(cuGraphNodeSetEnabled, exec, first, 1);
	MUST(cuGraphExecKernelNodeSetParams, exec, first, &what);
	MUST(cuGraphLaunch, exec, stream);
	MUST(cuGraphExecUpdate, exec, graph_new(beta, 5, &other), &result);
	MUST(cuGraphLaunch, exec, stream);
	MUST(cuStreamSynchronize, stream);
	MUST(cuGraphExecDestroy, exec);
}

/*
 * Captures what two streams do, one of which joins by an event, while a third goes on beside it
 * with a kernel that nobody has seen before. Launches the graph.
 */
static void tell_capture(int n)
{
	CUstream stream = stream_new(), joined = stream_new(), beside = stream_new();
	CUfunction unseen;
	CUevent fork, join;
	CUgraph graph;
	CUgraphExec exec;

	MUST(cuEventCreate, &fork, 2);
	MUST(cuEventCreate, &join, 2);
	must(launch(alpha, stream), "before");
	MUST(cuModuleGetFunction, &unseen, module, "gamma");
	MUST(cuStreamBeginCapture, stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
	for (int i = 0; i < 4; i++)
		must(launch(alpha, stream), "captured");
	MUST(cuEventRecord, fork, stream);
	MUST(cuStreamWaitEvent, joined, fork, 0);
	must(launch(beta, joined), "joined");
	must(launch(unseen, joined), "joined");
	must(launch(unseen, beside), "beside");
	must(launch(beta, beside), "beside");
	MUST(cuEventRecord, join, joined);
	MUST(cuStreamWaitEvent, stream, join, 0);
	must(launch(alpha, stream), "captured");
	MUST(cuStreamEndCapture, stream, &graph);
	must(launch(alpha, joined), "after");
	must(launch(beta, stream), "after");
	MUST(cuGraphInstantiateWithFlags, &exec, graph, 0);
	for (int i = 0; i < n; i++)
		MUST(cuGraphLaunch, exec, stream);
	MUST(cuStreamSynchronize, stream);
	MUST(cuStreamSynchronize, beside);
	MUST(cuCtxSynchronize, );
}

static void launch_graph(CUgraph graph, unsigned long long flags, CUstream stream)
{
	CUgraphExec exec;

	MUST(cuGraphInstantiateWithFlags, &exec, graph, flags);
	MUST(cuGraphLaunch, exec, stream);
	MUST(cuStreamSynchronize, stream);
}

/* A graph with a body that the device runs as often as it likes. */
static void tell_conditional(int n)
{
	CUgraphNodeParams what = {.type = CU_GRAPH_NODE_TYPE_CONDITIONAL};
	CUgraphNode node;
	CUgraph graph = graph_new(alpha, n, &node);

	MUST(cuGraphAddNode, &node, graph, NULL, 0, &what);
	launch_graph(graph, 0, stream_new());
}

/* One that the device may launch itself. */
static void tell_device_graph(int n)
{
	CUgraphNode node;

	launch_graph(graph_new(alpha, n, &node), CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH,
		     stream_new());
}

/* One that is made ready to run while something else is captured. */
static void tell_meanwhile(int n)
{
	CUstream stream = stream_new(), captured = stream_new();
	CUgraphNode node;
	CUgraph graph;

	MUST(cuStreamBeginCapture, captured, CU_STREAM_CAPTURE_MODE_RELAXED);
	launch_graph(graph_new(alpha, n, &node), 0, stream);
	MUST(cuStreamEndCapture, captured, &graph);
}

/* Prints what calls say that are refused, by us or by SIMGPU_FAIL. */
static void tell_errors(int n)
{
	CUstream stream = stream_new();
	CUgraph graph = NULL;
	CUdeviceptr memory;

	MUST(cuMemAlloc, &memory, 16);
	for (int i = 0; i < n; i++)
		printf("launch %d\n", launch(alpha, stream));
	printf("no function %d\n", launch(NULL, stream));
	printf("no graph %d\n", cu.cuGraphLaunch(NULL, stream));
	printf("no capture %d\n", cu.cuStreamEndCapture(stream, &graph));
	printf("copy %d\n", cu.cuMemcpyHtoD(memory, "", 1));
	printf("wait %d\n", cu.cuStreamSynchronize(stream));
	printf("free %d\n", cu.cuMemFree(77));
}

/* Peaks at 7 MiB, and ends with 1. */
static void tell_memory(int n)
{
	CUdeviceptr a, b, c;

	for (int i = 0; i < n; i++) {
		MUST(cuMemAlloc, &a, 4u << 20);
		MUST(cuMemAllocAsync, &b, 2u << 20, NULL);
		MUST(cuMemAlloc, &c, 1u << 20);
		MUST(cuMemFree, a);
		MUST(cuMemFreeAsync, b, NULL);
		if (i < n - 1)
			MUST(cuMemFree, c);
	}
}

/* Three pieces of 2 MiB behind one another; the first two go, and the last stays. */
static void tell_mapped(int n)
{
	const CUmemAllocationProp how = {.type = 1, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}};
	const size_t piece = 2u << 20;
	CUmemGenericAllocationHandle handle;
	CUdeviceptr at;

	(void)n;
	MUST(cuMemAddressReserve, &at, 3 * piece, 0, 0, 0);
	for (size_t i = 0; i < 3; i++) {
		MUST(cuMemCreate, &handle, piece, &how, 0);
		MUST(cuMemMap, at + i * piece, piece, 0, handle, 0);
		MUST(cuMemRelease, handle);
	}
	MUST(cuMemUnmap, at, 2 * piece);
}

/* Each device another number of launches, by turns. */
static void tell_devices(int n)
{
	CUcontext of[2] = {context, NULL};
	CUfunction function[2] = {alpha, NULL};
	CUDA_LAUNCH_PARAMS both[2];
	CUmodule second;

	MUST(cuDevicePrimaryCtxRetain, &of[1], 1);
	MUST(cuCtxSetCurrent, of[1]);
	MUST(cuModuleLoadData, &second, ptx);
	MUST(cuModuleGetFunction, &function[1], second, "alpha");
	for (int i = 0; i < n; i++)
		for (int device = 0; device < 2; device++) {
			MUST(cuCtxSetCurrent, of[device]);
			for (int k = 0; k <= device; k++)
				must(launch(function[device], NULL), "cuLaunchKernel");
		}
	for (int device = 0; device < 2; device++) {
		MUST(cuCtxSetCurrent, of[device]);
		both[device] = (CUDA_LAUNCH_PARAMS){function[device], 1,   1, 1, 1, 1, 1, 0,
						    stream_new(),     NULL};
	}
	MUST(cuLaunchCooperativeKernelMultiDevice, both, 2, 0);
}

/* A reset takes a capture with it; what comes then is the other GPU's. */
static void tell_reset(int n)
{
	CUfunction function;
	CUmodule second;
	CUcontext other;

	must(launch(alpha, NULL), "cuLaunchKernel");
	MUST(cuDevicePrimaryCtxRetain, &other, 1);
	MUST(cuStreamBeginCapture, stream_new(), CU_STREAM_CAPTURE_MODE_RELAXED);
	MUST(cuDevicePrimaryCtxReset, 0);
	MUST(cuCtxSetCurrent, other);
	MUST(cuModuleLoadData, &second, ptx);
	MUST(cuModuleGetFunction, &function, second, "alpha");
	for (int i = 0; i < n; i++)
		must(launch(function, NULL), "cuLaunchKernel");
}

static void sleep_us(long us)
{
	nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static void train_step(CUdeviceptr memory, int passes)
{
	static char batch[4096];

	MUST(cuMemcpyHtoDAsync, memory, batch, sizeof(batch), NULL);
	for (int i = 0; i < passes; i++) {
		must(launch(alpha, NULL), "forward");
		must(launch(beta, NULL), "forward");
	}
	must(launch(alpha, NULL), "backward");
	must(launch(beta, NULL), "backward");
	MUST(cuStreamSynchronize, NULL);
}

/* `n` epochs of 40 steps, with 8 evaluations behind each. Prints nothing. */
static void tell_train(int n)
{
	CUfunction other;
	CUdeviceptr memory;

	MUST(cuMemAlloc, &memory, 4096);
	MUST(cuModuleGetFunction, &other, module, "gamma");
	for (int epoch = 0; epoch < n; epoch++) {
		for (int step = 0; step < 40; step++) {
			train_step(memory, 3);
			must(launch(other, NULL), "optimiser");
			sleep_us(1000);
		}
		for (int i = 0; i < 8; i++) {
			must(launch(beta, NULL), "evaluation");
			must(launch(beta, NULL), "evaluation");
			MUST(cuStreamSynchronize, NULL);
			sleep_us(1000);
		}
		sleep_us(20000);
	}
}

/* The same with a graph for each step, which says how it went after each epoch. */
static void tell_train_graph(int n)
{
	static char batch[4096];
	CUgraphExec step_graph;
	CUgraphNode first;
	CUdeviceptr memory;

	MUST(cuMemAlloc, &memory, sizeof(batch));
	MUST(cuGraphInstantiateWithFlags, &step_graph, graph_new(alpha, 6, &first), 0);
	for (int epoch = 1; epoch <= n; epoch++) {
		for (int step = 0; step < 40; step++) {
			MUST(cuMemcpyHtoDAsync, memory, batch, sizeof(batch), NULL);
			MUST(cuGraphLaunch, step_graph, NULL);
			MUST(cuStreamSynchronize, NULL);
			sleep_us(5000);
		}
		for (int i = 0; i < 8; i++) {
			must(launch(beta, NULL), "evaluation");
			MUST(cuStreamSynchronize, NULL);
			sleep_us(5000);
		}
		printf("Epoch %d/%d - loss: %.4f - val_accuracy: %.4f\n", epoch, n, 1.0 / epoch,
		       1 - 0.5 / epoch);
		fflush(stdout);
		sleep_us(20000);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*tell)(int n);
	} story[] = {
		{"launches", tell_launches},
		{"threads", tell_threads},
		{"graphs", tell_graphs},
		{"capture", tell_capture},
		{"errors", tell_errors},
		{"memory", tell_memory},
		{"devices", tell_devices},
		{"mapped", tell_mapped},
		{"reset", tell_reset},
		{"train", tell_train},
		{"train-graph", tell_train_graph},
		{"conditional", tell_conditional},
		{"device-graph", tell_device_graph},
		{"meanwhile", tell_meanwhile},
	};
	const int n = argc > 3 ? atoi(argv[3]) : 10;

	if (argc < 3)
		return 2;
	take_road(argv[1]);
	prepare();
	for (size_t i = 0; i < sizeof(story) / sizeof(*story); i++)
		if (!strcmp(argv[2], story[i].name)) {
			story[i].tell(n);
			return 0;
		}
	return 2;
}
