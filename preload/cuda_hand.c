/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wrappers by hand: where the API begins, by what road its functions are told, stream capture,
 * graphs, names. What the program did is learnt after the real call, from what it returned.
 */
#include <errno.h>
#include <string.h>

#include "preload/cuda.h"
#include "preload/cuda_wrap.h"

/* A wrapper that does something once the real call has returned `error`. */
#define AFTER(name, params, args, ...)                                                             \
	CUDA_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = CUDA_REAL(name);                                          \
		CUresult error;                                                                    \
                                                                                                   \
		if (!real)                                                                         \
			return CUDA_NOT_THERE;                                                     \
		error = real args;                                                                 \
		__VA_ARGS__;                                                                       \
		return error;                                                                      \
	}
/* The same where it succeeded. */
#define DONE(name, params, args, ...)                                                              \
	AFTER(name, params, args, if (error == CUDA_SUCCESS) __VA_ARGS__)

#define AFTER_SZ(name, params, args, call, ...)                                                    \
	AFTER(name, params, args, call(__VA_ARGS__, CUDA_LEGACY))                                  \
	AFTER(name##_ptsz, params, args, call(__VA_ARGS__, CUDA_THREAD))

/* ---- beginnings ---- */

/* Whoever initialises the API computes: the process is set up before its first launch. */
CUDA_HOOK(cuInit)(unsigned flags)
{
	__typeof__(&cuInit) real = CUDA_REAL(cuInit);
	const int saved = errno;
	struct cuda *cuda;

	if (!real)
		return CUDA_ERROR_NO_DEVICE;
	(void)cuda_enter(&cuda);
	errno = saved;
	return real(flags);
}

static CUresult reset(CUresult (*real)(CUdevice), CUdevice device)
{
	CUresult error;

	cuda_memory_reset(device);
	error = real ? real(device) : CUDA_NOT_THERE;
	if (error == CUDA_SUCCESS)
		cuda_capture_reset(device);
	return error;
}

CUDA_HOOK(cuDevicePrimaryCtxReset)(CUdevice device)
{
	return reset(CUDA_REAL(cuDevicePrimaryCtxReset), device);
}

CUDA_HOOK(cuDevicePrimaryCtxReset_v2)(CUdevice device)
{
	return reset(CUDA_REAL(cuDevicePrimaryCtxReset_v2), device);
}

/* ---- functions by their names ---- */

/* A name under which something may be launched, copied or filled that the table does not have. */
static bool is_like_a_launch(const char *name)
{
	return !strncmp(name, "cuLaunch", 8) || !strncmp(name, "cuGraphLaunch", 13) ||
	       !strncmp(name, "cuMemcpy", 8) || !strncmp(name, "cuMemset", 8);
}

/*
 * What the driver answered decides, and never the name: one name stands for several functions, by
 * version and by what a stream of 0 means.
 */
static void exchange(const char *name, void **found)
{
	const int saved = errno;
	enum cuda_call call = cuda_real_row(*found, name);

	if (call < CUDA_HOOKS)
		*found = cuda_hook(call);
	else if (is_like_a_launch(name))
		life_uncovered(WIRE_UNCOVERED_ENTRY);
	errno = saved;
}

DONE(cuGetProcAddress, (const char *name, void **found, int version, cuuint64_t flags),
     (name, found, version, flags), if (name && found && *found) exchange(name, found))
DONE(cuGetProcAddress_v2,
     (const char *name, void **found, int version, cuuint64_t flags,
      CUdriverProcAddressQueryResult *status),
     (name, found, version, flags, status), if (name && found && *found) exchange(name, found))

/* ---- launches that are more than one kernel ---- */

/* What the driver refused may be no list, or have less than `n` says: it is one that failed. */
static void launched_all(CUresult error, const CUDA_LAUNCH_PARAMS *list, unsigned n)
{
	if (error != CUDA_SUCCESS)
		cuda_launched_on(error, NULL, NULL);
	for (unsigned i = 0; error == CUDA_SUCCESS && i < n; i++)
		cuda_launched_on(error, list[i].function, list[i].hStream);
}

AFTER(cuLaunchCooperativeKernelMultiDevice, (CUDA_LAUNCH_PARAMS * list, unsigned n, unsigned flags),
      (list, n, flags), launched_all(error, list, n))
AFTER(cuGraphLaunch, (CUgraphExec exec, CUstream stream), (exec, stream),
      cuda_graph_launched(error, exec, stream, CUDA_LEGACY))
AFTER(cuGraphLaunch_ptsz, (CUgraphExec exec, CUstream stream), (exec, stream),
      cuda_graph_launched(error, exec, stream, CUDA_THREAD))

/* ---- names ---- */

static void learn(const void *function, const char *name)
{
	const int saved = errno;
	struct cuda *cuda;

	if (cuda_enter(&cuda) && name)
		cuda_name_put(cuda, function, name);
	errno = saved;
}

static void learn_same(const void *function, const void *kernel)
{
	const int saved = errno;
	struct cuda *cuda;

	if (cuda_enter(&cuda))
		cuda_name_copy(cuda, function, kernel);
	errno = saved;
}

DONE(cuModuleGetFunction, (CUfunction * f, CUmodule module, const char *name), (f, module, name),
     learn(*f, name))
DONE(cuLibraryGetKernel, (CUkernel * kernel, CUlibrary library, const char *name),
     (kernel, library, name), learn(*kernel, name))
DONE(cuKernelGetFunction, (CUfunction * f, CUkernel kernel), (f, kernel), learn_same(*f, kernel))

/* The list may have room for more than there are: what stands behind them is no handle. */
static void learn_functions(const CUfunction *list, unsigned room, CUmodule module)
{
	__typeof__(&cuModuleGetFunctionCount) real = CUDA_REAL(cuModuleGetFunctionCount);
	const int saved = errno;
	struct cuda *cuda;
	unsigned n = 0;

	if (list && real && cuda_enter(&cuda) && !cuda_is_capturing(cuda) &&
	    real(&n, module) == CUDA_SUCCESS)
		for (unsigned i = 0; i < n && i < room; i++)
			cuda_name_ask(cuda, list[i], NULL);
	errno = saved;
}

static void learn_kernels(const CUkernel *list, unsigned room, CUlibrary library)
{
	__typeof__(&cuLibraryGetKernelCount) real = CUDA_REAL(cuLibraryGetKernelCount);
	const int saved = errno;
	struct cuda *cuda;
	unsigned n = 0;

	if (list && real && cuda_enter(&cuda) && !cuda_is_capturing(cuda) &&
	    real(&n, library) == CUDA_SUCCESS)
		for (unsigned i = 0; i < n && i < room; i++)
			cuda_name_ask(cuda, NULL, list[i]);
	errno = saved;
}

DONE(cuModuleEnumerateFunctions, (CUfunction * list, unsigned n, CUmodule module),
     (list, n, module), learn_functions(list, n, module))
DONE(cuLibraryEnumerateKernels, (CUkernel * list, unsigned n, CUlibrary library),
     (list, n, library), learn_kernels(list, n, library))

/* ---- stream capture ---- */

/* Counted as under way before it can be: from then on the driver is asked nothing. */
#define CAPTURE(name, params, args, road)                                                          \
	CUDA_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = CUDA_REAL(name);                                          \
		struct cuda *cuda;                                                                 \
		CUresult error;                                                                    \
                                                                                                   \
		if (!real)                                                                         \
			return CUDA_NOT_THERE;                                                     \
		cuda = cuda_capture_before();                                                      \
		error = real args;                                                                 \
		cuda_capture_began(cuda, error, stream, road);                                     \
		return error;                                                                      \
	}
#define CAPTURE_SZ(name, params, args)                                                             \
	CAPTURE(name, params, args, CUDA_LEGACY)                                                   \
	CAPTURE(name##_ptsz, params, args, CUDA_THREAD)

CAPTURE_SZ(cuStreamBeginCapture, (CUstream stream), (stream))
CAPTURE_SZ(cuStreamBeginCapture_v2, (CUstream stream, CUstreamCaptureMode mode), (stream, mode))
CAPTURE_SZ(cuStreamBeginCaptureToGraph,
	   (CUstream stream, CUgraph graph, const CUgraphNode *after, const CUgraphEdgeData *edges,
	    size_t n, CUstreamCaptureMode mode),
	   (stream, graph, after, edges, n, mode))
CAPTURE_SZ(cuStreamBeginRecaptureToGraph,
	   (CUstream stream, CUstreamCaptureMode mode, CUgraph graph, void *callback, void *data),
	   (stream, mode, graph, callback, data))
CAPTURE_SZ(cuStreamBeginCaptureToCig, (CUstream stream, void *cig), (stream, cig))

AFTER_SZ(cuStreamEndCapture, (CUstream stream, CUgraph *graph), (stream, graph), cuda_capture_ended,
	 error, stream)
AFTER_SZ(cuStreamEndCaptureToCig, (CUstream stream), (stream), cuda_capture_ended, error, stream)

DONE(cuEventRecord, (CUevent event, CUstream stream), (event, stream),
     cuda_capture_record(event, stream, CUDA_LEGACY))
DONE(cuEventRecord_ptsz, (CUevent event, CUstream stream), (event, stream),
     cuda_capture_record(event, stream, CUDA_THREAD))
DONE(cuEventRecordWithFlags, (CUevent event, CUstream stream, unsigned flags),
     (event, stream, flags), cuda_capture_record(event, stream, CUDA_LEGACY))
DONE(cuEventRecordWithFlags_ptsz, (CUevent event, CUstream stream, unsigned flags),
     (event, stream, flags), cuda_capture_record(event, stream, CUDA_THREAD))
DONE(cuStreamWaitEvent, (CUstream stream, CUevent event, unsigned flags), (stream, event, flags),
     cuda_capture_wait(stream, CUDA_LEGACY, event))
DONE(cuStreamWaitEvent_ptsz, (CUstream stream, CUevent event, unsigned flags),
     (stream, event, flags), cuda_capture_wait(stream, CUDA_THREAD, event))
DONE(cuStreamDestroy, (CUstream stream), (stream), cuda_stream_gone(stream))
DONE(cuStreamDestroy_v2, (CUstream stream), (stream), cuda_stream_gone(stream))
DONE(cuStreamCreate, (CUstream * stream, unsigned flags), (stream, flags),
     cuda_stream_made(*stream))
DONE(cuStreamCreateWithPriority, (CUstream * stream, unsigned flags, int priority),
     (stream, flags, priority), cuda_stream_made(*stream))

/* ---- graphs ---- */

#define INSTANTIATE(name, params, args, flags)                                                     \
	DONE(name, params, args, cuda_graph_made(*exec, graph, flags))
#define INSTANTIATE_PARAMS                                                                         \
	(CUgraphExec * exec, CUgraph graph, CUgraphNode * error_node, char *log, size_t log_bytes)
#define INSTANTIATE_ARGS (exec, graph, error_node, log, log_bytes)

INSTANTIATE(cuGraphInstantiate, INSTANTIATE_PARAMS, INSTANTIATE_ARGS, 0)
INSTANTIATE(cuGraphInstantiate_v2, INSTANTIATE_PARAMS, INSTANTIATE_ARGS, 0)
INSTANTIATE(cuGraphInstantiateWithFlags,
	    (CUgraphExec * exec, CUgraph graph, unsigned long long flags), (exec, graph, flags),
	    flags)
INSTANTIATE(cuGraphInstantiateWithParams,
	    (CUgraphExec * exec, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS *how),
	    (exec, graph, how), how->flags)
INSTANTIATE(cuGraphInstantiateWithParams_ptsz,
	    (CUgraphExec * exec, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS *how),
	    (exec, graph, how), how->flags)

DONE(cuGraphExecUpdate, (CUgraphExec exec, CUgraph graph, CUgraphNode *error_node, int *result),
     (exec, graph, error_node, result), cuda_graph_updated(exec, graph))
DONE(cuGraphExecUpdate_v2, (CUgraphExec exec, CUgraph graph, CUgraphExecUpdateResultInfo *result),
     (exec, graph, result), cuda_graph_updated(exec, graph))
DONE(cuGraphNodeSetEnabled, (CUgraphExec exec, CUgraphNode node, unsigned on), (exec, node, on),
     cuda_graph_enabled(exec, node, on != 0))
/* The first form has no kernel of a library. */
DONE(cuGraphExecKernelNodeSetParams,
     (CUgraphExec exec, CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS *to), (exec, node, to),
     cuda_graph_kernel(exec, node, to->func, NULL))
DONE(cuGraphExecKernelNodeSetParams_v2,
     (CUgraphExec exec, CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS *to), (exec, node, to),
     cuda_graph_kernel(exec, node, to->func, to->kern))
DONE(cuGraphExecNodeSetParams, (CUgraphExec exec, CUgraphNode node, CUgraphNodeParams *to),
     (exec, node, to), {
	     if (to->type == CU_GRAPH_NODE_TYPE_KERNEL)
		     cuda_graph_kernel(exec, node, to->kernel.func, to->kernel.kern);
	     if (to->type == CU_GRAPH_NODE_TYPE_GRAPH)
		     cuda_graph_child(exec, node, to->graph);
     })
DONE(cuGraphExecChildGraphNodeSetParams, (CUgraphExec exec, CUgraphNode node, CUgraph child),
     (exec, node, child), cuda_graph_child(exec, node, child))

/* Forgotten before: another may be made at its address at once. */
CUDA_HOOK(cuGraphExecDestroy)(CUgraphExec exec)
{
	__typeof__(&cuGraphExecDestroy) real = CUDA_REAL(cuGraphExecDestroy);

	if (real)
		cuda_graph_gone(exec);
	return real ? real(exec) : CUDA_NOT_THERE;
}
