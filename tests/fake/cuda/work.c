/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels, copies, memsets and host functions: done now, or kept for a graph. */
#include "tests/fake/cuda/sim.h"
#include "tests/fake/tally.h"

#include <stdlib.h>
#include <string.h>

/* NAME=NS,...: a kernel's own time, or everyone's. */
static uint64_t kernel_ns(const char *name)
{
	const char *list = sim_settings.kernels;
	size_t length = strlen(name);

	while (list && *list) {
		if (!strncmp(list, name, length) && list[length] == '=')
			return strtoull(list + length + 1, NULL, 10);
		list += strcspn(list, ",");
		list += *list == ',';
	}
	return sim_settings.kernel_ns;
}

static char *address(unsigned type, const void *host, CUdeviceptr device)
{
	return type == CU_MEMORYTYPE_HOST ? (char *)(uintptr_t)host : (char *)(uintptr_t)device;
}

/* Rows within layers. What has an array at an end is not moved: arrays hold nothing. */
static void move(const CUDA_MEMCPY3D *copy)
{
	const char *from = address(copy->srcMemoryType, copy->srcHost, copy->srcDevice);
	char *to = address(copy->dstMemoryType, copy->dstHost, copy->dstDevice);

	if (!from || !to || copy->srcMemoryType == CU_MEMORYTYPE_ARRAY ||
	    copy->dstMemoryType == CU_MEMORYTYPE_ARRAY)
		return;
	for (size_t z = 0; z < copy->Depth; z++)
		for (size_t y = 0; y < copy->Height; y++) {
			size_t in = ((copy->srcZ + z) * copy->srcHeight + copy->srcY + y) *
				    copy->srcPitch;
			size_t out = ((copy->dstZ + z) * copy->dstHeight + copy->dstY + y) *
				     copy->dstPitch;

			memmove(to + out + copy->dstXInBytes, from + in + copy->srcXInBytes,
				copy->WidthInBytes);
		}
}

static void fill(const CUDA_MEMSET_NODE_PARAMS *set)
{
	for (size_t y = 0; y < set->height; y++) {
		char *row = (char *)(uintptr_t)set->dst + y * set->pitch;

		for (size_t x = 0; x < set->width; x++)
			memcpy(row + x * set->elementSize, &set->value, set->elementSize);
	}
}

static void perform_graph(CUstream stream, CUgraph graph)
{
	for (CUgraphNode node = graph->first; node; node = node->next)
		if (!node->is_off)
			sim_perform(stream, &node->work, true);
}

static CUfunction function_of(const CUDA_KERNEL_NODE_PARAMS *kernel)
{
	return kernel->func ? kernel->func : (CUfunction)(void *)kernel->kern;
}

static void run_kernel(CUstream stream, const CUDA_KERNEL_NODE_PARAMS *kernel)
{
	CUfunction function = function_of(kernel);

	sim_stream_take(stream, kernel_ns(function->name));
	tally_count("kernel", function->name, true);
}

static const char *name_of(CUgraphNodeType kind)
{
	static const char *const names[] = {"kernel", "memcpy", "memset",     "host",
					    "graph",  "empty",	"wait-event", "event-record"};

	return kind < (CUgraphNodeType)(sizeof(names) / sizeof(names[0])) ? names[kind] : "other";
}

void sim_perform(CUstream stream, const struct sim_work *work, bool in_graph)
{
	if (in_graph && work->kind != CU_GRAPH_NODE_TYPE_KERNEL)
		tally_count("node", name_of(work->kind), true);
	switch (work->kind) {
	case CU_GRAPH_NODE_TYPE_KERNEL:
		run_kernel(stream, &work->kernel);
		break;
	case CU_GRAPH_NODE_TYPE_MEMCPY:
		sim_stream_take(stream, sim_settings.copy_ns);
		move(&work->copy);
		break;
	case CU_GRAPH_NODE_TYPE_MEMSET:
		sim_stream_take(stream, sim_settings.copy_ns);
		fill(&work->set);
		break;
	case CU_GRAPH_NODE_TYPE_HOST:
		sim_host_call(stream, sim_stream_take(stream, 0), work->host.fn,
			      work->host.userData);
		break;
	case CU_GRAPH_NODE_TYPE_GRAPH:
		perform_graph(stream, work->graph);
		break;
	case CU_GRAPH_NODE_TYPE_EVENT_RECORD:
		work->event->is_recorded = true;
		work->event->at_ns = sim_stream_take(stream, 0);
		break;
	default:
		break;
	}
}

static int judge(CUstream stream)
{
	int err = sim_refusal();

	if (!stream)
		return CUDA_ERROR_INVALID_HANDLE;
	return err || stream->capture ? err : sim_capture_implicit(stream);
}

int sim_submit(CUstream stream, const struct sim_work *work, const char *call)
{
	bool is_later = stream && stream->capture;
	int err = judge(stream);

	if (!err && is_later)
		return sim_capture_add(stream, work);
	if (!err)
		sim_perform(stream, work, false);
	if (err && work->kind == CU_GRAPH_NODE_TYPE_KERNEL)
		tally_count("kernel", function_of(&work->kernel)->name, false);
	if (call && !is_later)
		tally_count("call", call, !err);
	return err;
}

static int submit(CUstream stream, const struct sim_work *work, bool wait, const char *call)
{
	int err = wait ? sim_unsafe() : CUDA_SUCCESS;

	if (!err)
		err = sim_submit(stream, work, call);
	if (!err && wait)
		sim_stream_drain(stream);
	return err;
}

static bool is_shape(unsigned x, unsigned y, unsigned z)
{
	return x && y && z;
}

int sim_launch(CUstream stream, const CUDA_KERNEL_NODE_PARAMS *kernel)
{
	struct sim_work work = {.kind = CU_GRAPH_NODE_TYPE_KERNEL, .kernel = *kernel};

	if (!kernel->func && !kernel->kern)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!is_shape(kernel->gridDimX, kernel->gridDimY, kernel->gridDimZ) ||
	    !is_shape(kernel->blockDimX, kernel->blockDimY, kernel->blockDimZ) ||
	    (uint64_t)kernel->blockDimX * kernel->blockDimY * kernel->blockDimZ > 1024) {
		tally_count("kernel", function_of(kernel)->name, false);
		return CUDA_ERROR_INVALID_VALUE;
	}
	return sim_submit(stream, &work, NULL);
}

int sim_launch_many(const CUDA_LAUNCH_PARAMS *list, unsigned count, bool per_thread)
{
	int err = count ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;

	for (unsigned i = 0; i < count && !err; i++) {
		const CUDA_LAUNCH_PARAMS *one = &list[i];
		const CUDA_KERNEL_NODE_PARAMS kernel = {
			.func = one->function,
			.gridDimX = one->gridDimX,
			.gridDimY = one->gridDimY,
			.gridDimZ = one->gridDimZ,
			.blockDimX = one->blockDimX,
			.blockDimY = one->blockDimY,
			.blockDimZ = one->blockDimZ,
			.sharedMemBytes = one->sharedMemBytes,
		};

		err = sim_launch(sim_stream(one->hStream, per_thread), &kernel);
	}
	return err;
}

int sim_launch_set(CUstream stream, CUfunction function, int width, int height)
{
	const CUDA_KERNEL_NODE_PARAMS kernel = {
		.func = function,
		.gridDimX = (unsigned)width,
		.gridDimY = (unsigned)height,
		.gridDimZ = 1,
		.blockDimX = function ? function->block[0] : 0,
		.blockDimY = function ? function->block[1] : 0,
		.blockDimZ = function ? function->block[2] : 0,
	};

	return sim_launch(stream, &kernel);
}

int sim_copy_3d(CUstream stream, const CUDA_MEMCPY3D *copy, bool wait, const char *call)
{
	struct sim_work work = {.kind = CU_GRAPH_NODE_TYPE_MEMCPY};

	if (!copy)
		return CUDA_ERROR_INVALID_VALUE;
	work.copy = *copy;
	return submit(stream, &work, wait, call);
}

int sim_copy(CUstream stream, CUdeviceptr to, CUdeviceptr from, size_t bytes, bool wait,
	     const char *call)
{
	const CUDA_MEMCPY3D copy = {
		.srcMemoryType = CU_MEMORYTYPE_UNIFIED,
		.srcDevice = from,
		.dstMemoryType = CU_MEMORYTYPE_UNIFIED,
		.dstDevice = to,
		.WidthInBytes = bytes,
		.Height = 1,
		.Depth = 1,
	};

	if (bytes && (!to || !from))
		return CUDA_ERROR_INVALID_VALUE;
	return sim_copy_3d(stream, &copy, wait, call);
}

int sim_copy_2d(CUstream stream, const CUDA_MEMCPY2D *copy, bool wait, const char *call)
{
	const CUDA_MEMCPY3D flat = {
		.srcXInBytes = copy->srcXInBytes,
		.srcY = copy->srcY,
		.srcMemoryType = copy->srcMemoryType,
		.srcHost = copy->srcHost,
		.srcDevice = copy->srcDevice,
		.srcPitch = copy->srcPitch,
		.dstXInBytes = copy->dstXInBytes,
		.dstY = copy->dstY,
		.dstMemoryType = copy->dstMemoryType,
		.dstHost = copy->dstHost,
		.dstDevice = copy->dstDevice,
		.dstPitch = copy->dstPitch,
		.WidthInBytes = copy->WidthInBytes,
		.Height = copy->Height,
		.Depth = 1,
	};

	return sim_copy_3d(stream, &flat, wait, call);
}

/* Its contexts stand where the other form keeps a reserved word. */
int sim_copy_peer(CUstream stream, const CUDA_MEMCPY3D_PEER *copy, bool wait, const char *call)
{
	CUDA_MEMCPY3D same;

	_Static_assert(sizeof(same) == sizeof(*copy), "of one layout");
	memcpy(&same, copy, sizeof(same));
	return sim_copy_3d(stream, &same, wait, call);
}

int sim_copy_many(CUstream stream, const CUdeviceptr *to, const CUdeviceptr *from,
		  const size_t *bytes, size_t count, const char *call)
{
	int err = CUDA_SUCCESS;

	for (size_t i = 0; i < count && !err; i++)
		err = sim_copy(stream, to[i], from[i], bytes[i], false, i ? NULL : call);
	return err;
}

int sim_set(CUstream stream, const CUDA_MEMSET_NODE_PARAMS *set, bool wait, const char *call)
{
	struct sim_work work = {.kind = CU_GRAPH_NODE_TYPE_MEMSET, .set = *set};

	if (set->width && !set->dst)
		return CUDA_ERROR_INVALID_VALUE;
	return submit(stream, &work, wait, call);
}

int sim_nothing(CUstream stream, bool wait, const char *call)
{
	const CUDA_MEMCPY3D copy = {.Height = 0};

	return sim_copy_3d(stream, &copy, wait, call);
}

int sim_write(CUstream stream, CUdeviceptr to, uint64_t value, unsigned bytes)
{
	if (!stream || !to)
		return CUDA_ERROR_INVALID_VALUE;
	memcpy((void *)(uintptr_t)to, &value, bytes);
	return CUDA_SUCCESS;
}

int sim_host(CUstream stream, CUhostFn function, void *data, const char *call)
{
	struct sim_work work = {.kind = CU_GRAPH_NODE_TYPE_HOST, .host = {function, data}};

	return function ? sim_submit(stream, &work, call) : CUDA_ERROR_INVALID_VALUE;
}

struct callback {
	CUstreamCallback function;
	CUstream stream;
	void *data;
};

static void call_back(void *data)
{
	struct callback *callback = data;

	callback->function(callback->stream, CUDA_SUCCESS, callback->data);
	free(callback);
}

int sim_callback(CUstream stream, CUstreamCallback function, void *data, const char *call)
{
	struct callback *callback;

	if (!function || !stream)
		return CUDA_ERROR_INVALID_VALUE;
	if (stream->capture) {
		sim_capture_break(stream->capture);
		return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
	}
	callback = sim_new(sizeof(*callback));
	*callback = (struct callback){function, stream, data};
	return sim_host(stream, call_back, callback, call);
}

int sim_alloc_later(CUdeviceptr *out, size_t bytes, CUstream stream)
{
	struct sim_work work = {.kind = CU_GRAPH_NODE_TYPE_MEM_ALLOC};
	int err = stream ? sim_alloc(out, bytes, SIM_DEVICE) : CUDA_ERROR_INVALID_HANDLE;

	work.pointer = err ? 0 : *out;
	return err ? err : sim_submit(stream, &work, NULL);
}

/* Freed at once: nothing that is simulated reads it any more. Within a graph it stays. */
int sim_free_later(CUdeviceptr pointer, CUstream stream)
{
	struct sim_work work = {.kind = CU_GRAPH_NODE_TYPE_MEM_FREE, .pointer = pointer};
	int err = sim_submit(stream, &work, NULL);

	return err || stream->capture ? err : sim_free(pointer);
}
