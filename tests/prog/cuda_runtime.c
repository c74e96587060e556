/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of NVIDIA's CUDA runtime, as its compiler would make it, but for its kernels, which are
 * PTX in a bundle made by hand: to be linked at test time with a runtime, shared or static, without
 * a toolkit. With PER_THREAD it uses each thread's default stream.
 *
 *   cuda_runtime basic|graphs|threads|errors [ROUNDS]
 *
 * Prints what it launched as "count kernel NAME N", what was refused as "refused kernel NAME N",
 * and each call that failed as "error NAME N".
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef PER_THREAD
#define cudaEventRecord		    cudaEventRecord_ptsz
#define cudaGraphLaunch		    cudaGraphLaunch_ptsz
#define cudaLaunchCooperativeKernel cudaLaunchCooperativeKernel_ptsz
#define cudaLaunchHostFunc	    cudaLaunchHostFunc_ptsz
#define cudaLaunchKernel	    cudaLaunchKernel_ptsz
#define cudaMemcpy		    cudaMemcpy_ptds
#define cudaMemcpyAsync		    cudaMemcpyAsync_ptsz
#define cudaMemset		    cudaMemset_ptds
#define cudaMemsetAsync		    cudaMemsetAsync_ptsz
#define cudaStreamBeginCapture	    cudaStreamBeginCapture_ptsz
#define cudaStreamEndCapture	    cudaStreamEndCapture_ptsz
#define cudaStreamSynchronize	    cudaStreamSynchronize_ptsz
#endif

#define TO_DEVICE   1
#define FROM_DEVICE 2
#define ELEMENTS    256
#define THREADS	    8

/* ---- the runtime's interface, as far as it is used ---- */

struct shape {
	unsigned x, y, z;
};

struct node_params {
	const void *function;
	struct shape grid, block;
	unsigned shared_bytes;
	void **args;
	void **extra;
};

typedef void *stream_t;
typedef void *event_t;
typedef void *graph_t;
typedef void *exec_t;
typedef void *node_t;

int cudaRuntimeGetVersion(int *version);
int cudaGetDeviceCount(int *count);
int cudaGetLastError(void);
int cudaMalloc(void **out, size_t bytes);
int cudaFree(void *memory);
int cudaMemcpy(void *to, const void *from, size_t bytes, int kind);
int cudaMemcpyAsync(void *to, const void *from, size_t bytes, int kind, stream_t stream);
int cudaMemset(void *to, int value, size_t bytes);
int cudaMemsetAsync(void *to, int value, size_t bytes, stream_t stream);
int cudaDeviceSynchronize(void);
int cudaStreamCreate(stream_t *out);
int cudaStreamDestroy(stream_t stream);
int cudaStreamSynchronize(stream_t stream);
int cudaStreamBeginCapture(stream_t stream, int mode);
int cudaStreamEndCapture(stream_t stream, graph_t *out);
int cudaEventCreate(event_t *out);
int cudaEventRecord(event_t event, stream_t stream);
int cudaEventSynchronize(event_t event);
int cudaEventElapsedTime(float *ms, event_t start, event_t end);
int cudaLaunchKernel(const void *function, struct shape grid, struct shape block, void **args,
		     size_t shared_bytes, stream_t stream);
int cudaLaunchCooperativeKernel(const void *function, struct shape grid, struct shape block,
				void **args, size_t shared_bytes, stream_t stream);
int cudaLaunchHostFunc(stream_t stream, void (*function)(void *), void *data);
int cudaGraphCreate(graph_t *out, unsigned flags);
int cudaGraphDestroy(graph_t graph);
int cudaGraphAddKernelNode(node_t *out, graph_t graph, const node_t *after, size_t afters,
			   const struct node_params *params);
int cudaGraphAddChildGraphNode(node_t *out, graph_t graph, const node_t *after, size_t afters,
			       graph_t child);
/* The second form came with CUDA 12, under the same name. */
int cudaGraphInstantiate(exec_t *out, graph_t graph, void *node_or_flags, char *log, size_t bytes);
int cudaGraphLaunch(exec_t exec, stream_t stream);
int cudaGraphExecDestroy(exec_t exec);
void **__cudaRegisterFatBinary(void *wrapper);
void __cudaRegisterFatBinaryEnd(void **handle);
void __cudaRegisterFunction(void **handle, const char *host, char *device, const char *name,
			    int limit, void *thread, void *block, void *block_shape,
			    void *grid_shape, int *warp);

/* ---- the kernels ---- */

#define KERNEL(name, operation)                                                                    \
	".visible .entry " name "(.param .u64 at, .param .f32 by)\n"                               \
	"{\n"                                                                                      \
	"	.reg .f32 %f<3>;\n"                                                                      \
	"	.reg .b32 %r<2>;\n"                                                                      \
	"	.reg .b64 %d<4>;\n"                                                                      \
	"	ld.param.u64 %d1, [at];\n"                                                               \
	"	ld.param.f32 %f1, [by];\n"                                                               \
	"	cvta.to.global.u64 %d1, %d1;\n"                                                          \
	"	mov.u32 %r1, %tid.x;\n"                                                                  \
	"	mul.wide.u32 %d2, %r1, 4;\n"                                                             \
	"	add.s64 %d3, %d1, %d2;\n"                                                                \
	"	ld.global.f32 %f2, [%d3];\n"                                                             \
	"	" operation " %f2, %f2, %f1;\n"                                                    \
	"	st.global.f32 [%d3], %f2;\n"                                                             \
	"	ret;\n"                                                                                  \
	"}\n"

static struct {
	unsigned magic;
	unsigned short version, header_bytes;
	unsigned long long bytes;
	struct {
		unsigned short kind, version;
		unsigned header_bytes;
		unsigned long long bytes;
		unsigned packed_bytes, options;
		unsigned ptx_version, arch;
		unsigned reserved[2];
		unsigned long long flags, more[2];
	} part;
	char ptx[2048];
} bundle __attribute__((aligned(16))) = {
	.magic = 0xba55ed50u,
	.version = 1,
	.header_bytes = 16,
	.bytes = sizeof(bundle) - 16,
	.part = {.kind = 1,
		 .version = 0x101,
		 .header_bytes = 64,
		 .bytes = sizeof(bundle.ptx),
		 .ptx_version = 0x60004,
		 .arch = 52,
		 .flags = 0x11},
	.ptx = ".version 6.4\n.target sm_52\n.address_size 64\n" KERNEL("add", "add.f32")
		KERNEL("scale", "mul.f32"),
};

static struct {
	unsigned magic, version;
	const void *bundle;
	void *file;
} wrapper = {0x466243b1u, 1, &bundle, NULL};

enum kernel { ADD, SCALE, KERNELS };

static const char *const name[KERNELS] = {"add", "scale"};
/* A kernel is known to the runtime by an address of the program's. */
static const char stub[KERNELS];

static void register_kernels(void)
{
	void **handle = __cudaRegisterFatBinary(&wrapper);

	for (int i = 0; i < KERNELS; i++)
		__cudaRegisterFunction(handle, &stub[i], (char *)name[i], name[i], -1, NULL, NULL,
				       NULL, NULL, NULL);
	__cudaRegisterFatBinaryEnd(handle);
}

/* ---- what it does ---- */

static long launched[KERNELS];
static long refused[KERNELS];

static int told(const char *call, int error)
{
	if (error)
		printf("error %s %d\n", call, error);
	return error;
}
#define TOLD(call) told(#call, call)

/* What nothing works without. */
static void must(int error, const char *call)
{
	if (error) {
		printf("error %s %d\n", call, error);
		exit(3);
	}
}
#define MUST(call) must(call, #call)

static int launch(enum kernel kernel, float *memory, stream_t stream)
{
	float by = 2;
	void *args[] = {&memory, &by};
	const struct shape one = {1, 1, 1}, block = {ELEMENTS, 1, 1};

	return cudaLaunchKernel(&stub[kernel], one, block, args, 0, stream);
}

static void count(enum kernel kernel, long times)
{
	__atomic_add_fetch(&launched[kernel], times, __ATOMIC_RELAXED);
}

static void raise_flag(void *flag)
{
	__atomic_store_n((int *)flag, 1, __ATOMIC_RELEASE);
}

static void basic(long rounds)
{
	const struct shape one = {1, 1, 1}, block = {ELEMENTS, 1, 1};
	float in[ELEMENTS], out[ELEMENTS], by = 3, ms = -1;
	float *memory;
	void *args[] = {&memory, &by};
	event_t start, end;
	stream_t stream;
	int flag = 0;

	for (int i = 0; i < ELEMENTS; i++)
		in[i] = (float)i;
	MUST(cudaMalloc((void **)&memory, sizeof(in)));
	MUST(cudaStreamCreate(&stream));
	MUST(cudaEventCreate(&start));
	MUST(cudaEventCreate(&end));
	MUST(cudaMemcpy(memory, in, sizeof(in), TO_DEVICE));
	MUST(cudaMemcpy(out, memory, sizeof(out), FROM_DEVICE));
	if (memcmp(in, out, sizeof(in)) != 0)
		printf("error copies differ\n");
	MUST(cudaEventRecord(start, stream));
	for (long i = 0; i < rounds; i++) {
		MUST(launch(ADD, memory, stream));
		MUST(launch(SCALE, memory, NULL));
	}
	MUST(cudaLaunchCooperativeKernel(&stub[ADD], one, block, args, 0, stream));
	MUST(cudaEventRecord(end, stream));
	MUST(cudaLaunchHostFunc(stream, raise_flag, &flag));
	MUST(cudaMemsetAsync(memory, 0, sizeof(in), stream));
	MUST(cudaMemcpyAsync(out, memory, sizeof(out), FROM_DEVICE, stream));
	MUST(cudaStreamSynchronize(stream));
	MUST(cudaEventElapsedTime(&ms, start, end));
	MUST(cudaMemset(memory, 1, sizeof(in)));
	MUST(cudaDeviceSynchronize());
	printf("%s\n", flag && ms > 0 ? "in order" : "out of order");
	count(ADD, rounds + 1);
	count(SCALE, rounds);
	MUST(cudaStreamDestroy(stream));
	MUST(cudaFree(memory));
}

static exec_t instantiate(graph_t graph)
{
	exec_t exec = NULL;

	MUST(cudaGraphInstantiate(&exec, graph, NULL, NULL, 0));
	return exec;
}

/* One launch of `twice` runs scale once and what was captured two times. */
static void graphs(long rounds)
{
	float *memory, by = 2;
	void *args[] = {&memory, &by};
	const struct node_params params = {&stub[SCALE], {1, 1, 1}, {ELEMENTS, 1, 1}, 0,
					   args,	 NULL};
	graph_t captured, twice;
	exec_t exec, exec_twice;
	node_t node, child, last;
	stream_t stream;

	MUST(cudaMalloc((void **)&memory, ELEMENTS * sizeof(float)));
	MUST(cudaStreamCreate(&stream));
	MUST(cudaStreamBeginCapture(stream, 0));
	for (int i = 0; i < 3; i++)
		MUST(launch(ADD, memory, stream));
	MUST(cudaMemsetAsync(memory, 0, ELEMENTS, stream));
	MUST(launch(SCALE, memory, stream));
	MUST(cudaStreamEndCapture(stream, &captured));
	exec = instantiate(captured);
	MUST(cudaGraphCreate(&twice, 0));
	MUST(cudaGraphAddKernelNode(&node, twice, NULL, 0, &params));
	MUST(cudaGraphAddChildGraphNode(&child, twice, &node, 1, captured));
	MUST(cudaGraphAddChildGraphNode(&last, twice, &child, 1, captured));
	exec_twice = instantiate(twice);
	for (long i = 0; i < rounds; i++) {
		MUST(cudaGraphLaunch(exec, stream));
		MUST(cudaGraphLaunch(exec_twice, stream));
		MUST(launch(ADD, memory, stream));
	}
	MUST(cudaStreamSynchronize(stream));
	count(ADD, rounds * (3 + 6 + 1));
	count(SCALE, rounds * (1 + 3));
	MUST(cudaGraphExecDestroy(exec));
	MUST(cudaGraphExecDestroy(exec_twice));
	MUST(cudaGraphDestroy(twice));
	MUST(cudaGraphDestroy(captured));
}

static void *work(void *argument)
{
	long rounds = *(const long *)argument;
	float *memory;
	stream_t stream;

	MUST(cudaMalloc((void **)&memory, ELEMENTS * sizeof(float)));
	MUST(cudaStreamCreate(&stream));
	for (long i = 0; i < rounds; i++) {
		MUST(launch(ADD, memory, stream));
		MUST(launch(SCALE, memory, NULL));
		if (i % 64 == 63)
			MUST(cudaStreamSynchronize(i & 64 ? stream : NULL));
	}
	MUST(cudaStreamSynchronize(stream));
	MUST(cudaStreamSynchronize(NULL));
	count(ADD, rounds);
	count(SCALE, rounds);
	return NULL;
}

static void threads(long rounds)
{
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, work, &rounds))
			exit(4);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

/* What fails by itself, and what a driver may be told to refuse. */
static void errors(long rounds)
{
	const struct shape one = {1, 1, 1}, none = {0, 1, 1};
	float *memory = NULL;
	void *args[] = {&memory, &memory};

	TOLD(cudaMalloc((void **)&memory, (size_t)1 << 50));
	TOLD(cudaMalloc((void **)&memory, ELEMENTS * sizeof(float)));
	TOLD(cudaLaunchKernel(&stub[ADD], none, one, args, 0, NULL));
	for (long i = 0; i < rounds; i++)
		if (told("launch", launch(ADD, memory, NULL)))
			refused[ADD]++;
		else
			count(ADD, 1);
	TOLD(cudaGetLastError());
	TOLD(cudaGetLastError());
	TOLD(cudaDeviceSynchronize());
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long rounds = argc > 2 ? atol(argv[2]) : 100;
	void (*part)(long) = NULL;
	int version, devices;

	if (!strcmp(what, "basic"))
		part = basic;
	else if (!strcmp(what, "graphs"))
		part = graphs;
	else if (!strcmp(what, "threads"))
		part = threads;
	else if (!strcmp(what, "errors"))
		part = errors;
	if (!part) {
		fprintf(stderr, "usage: cuda_runtime basic|graphs|threads|errors [ROUNDS]\n");
		return 2;
	}
	MUST(cudaRuntimeGetVersion(&version));
	printf("runtime %d\n", version);
	register_kernels();
	MUST(cudaGetDeviceCount(&devices));
	printf("devices %d\n", devices);
	part(rounds);
	for (int i = 0; i < KERNELS; i++) {
		if (launched[i])
			printf("count kernel %s %ld\n", name[i], launched[i]);
		if (refused[i])
			printf("refused kernel %s %ld\n", name[i], refused[i]);
	}
	return 0;
}
