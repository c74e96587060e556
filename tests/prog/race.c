/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shim and the collector's reader in one program, for ThreadSanitizer: it is linked with the
 * shim's own objects, so that every access of theirs is watched. Threads meet new devices, names,
 * entries and lanes at the same moment while another reads the arena, as the collector does; they
 * are kept in step by relaxed atomics alone, which order nothing. Prints "launched N counted M".
 *
 * Before that, one by one, what one thread publishes and another finds: there chance has no say.
 */
#include <CL/cl.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "collector/intake/arena.h"
#include "preload/entry.h"
#include "preload/opencl.h"

#define PROGRAMS	 8
#define PROGRAM_KERNELS	 16
#define KERNELS		 (PROGRAMS * PROGRAM_KERNELS)
#define THREADS		 6
#define CROWD		 80 /* more than there are lanes */
#define CROWD_LAUNCHES	 40
#define ROUND_LAUNCHES	 (2 * OPENCL_ALIVE)
#define LAUNCHES_EACH(t) ((t) % 3 + 1)

static cl_context context;
static cl_device_id device[2];
static cl_kernel kernel[KERNELS];
static cl_command_queue shared[2];
static cl_mem buffer;
static atomic_uint arrived[KERNELS + 1];
static atomic_ulong launched;
static atomic_bool over;

static void expect(bool holds, const char *what)
{
	if (holds)
		return;
	printf("does not hold: %s\n", what);
	exit(1);
}

/* Lets go all threads at once; what one did before is not ordered for the others. */
static void meet(unsigned round)
{
	atomic_fetch_add_explicit(&arrived[round], 1, memory_order_relaxed);
	while (atomic_load_explicit(&arrived[round], memory_order_relaxed) < THREADS)
		sched_yield();
}

static void launch(cl_command_queue queue, cl_kernel k)
{
	const size_t items = 1;

	expect(!clEnqueueNDRangeKernel(queue, k, 1, NULL, &items, NULL, 0, NULL, NULL), "launch");
	atomic_fetch_add_explicit(&launched, 1, memory_order_relaxed);
}

/* A call of its own name for every round, new to all threads. */
static void command(cl_command_queue queue, unsigned round)
{
	static const char pattern[4];
	const size_t zero[3] = {0}, one[3] = {1, 1, 1};
	char bytes[4];

	if (round == 1)
		clEnqueueFillBuffer(queue, buffer, pattern, 4, 0, 64, 0, NULL, NULL);
	else if (round == 2)
		clEnqueueWriteBuffer(queue, buffer, CL_TRUE, 0, 4, pattern, 0, NULL, NULL);
	else if (round == 3)
		clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, 4, bytes, 0, NULL, NULL);
	else if (round == 4)
		clEnqueueMigrateMemObjects(queue, 1, &buffer, 0, 0, NULL, NULL);
	else if (round == 5)
		clEnqueueReadBufferRect(queue, buffer, CL_TRUE, zero, zero, one, 0, 0, 0, 0, bytes,
					0, NULL, NULL);
	else if (round == 6)
		clEnqueueBarrierWithWaitList(queue, 0, NULL, NULL);
}

static void *work(void *arg)
{
	const unsigned t = (unsigned)(uintptr_t)arg;
	cl_command_queue own;
	cl_int err;

	meet(KERNELS);
	own = clCreateCommandQueueWithProperties(context, device[t & 1], NULL, &err);
	expect(own != NULL, "queue");
	for (unsigned round = 0; round < KERNELS; round++) {
		meet(round);
		command(own, round);
		for (unsigned i = 0; i < LAUNCHES_EACH(t); i++)
			launch(i & 1 ? shared[round & 1] : own, kernel[round]);
		if ((round + t) % 5 == 0)
			clFinish(own);
	}
	clReleaseCommandQueue(own);
	return NULL;
}

static void *crowd(void *arg)
{
	for (unsigned i = 0; i < CROWD_LAUNCHES; i++)
		launch(shared[i & 1], kernel[(i + (unsigned)(uintptr_t)arg) % KERNELS]);
	clFinish(shared[0]);
	return NULL;
}

/* Goes round a lane's slots, which others harvest meanwhile. */
static void *go_round(void *arg)
{
	for (unsigned i = 0; i < ROUND_LAUNCHES; i++)
		launch(shared[0], kernel[0]);
	atomic_store_explicit((atomic_bool *)arg, true, memory_order_relaxed);
	return NULL;
}

static void *harvest(void *arg)
{
	while (!atomic_load_explicit((atomic_bool *)arg, memory_order_relaxed))
		clFinish(shared[1]);
	return NULL;
}

static void take(void *arg, const struct arena_event *event)
{
	(void)arg;
	expect(event->start_ns <= event->end_ns, "an event ends after its start");
}

/* What the ledger would count of kernels. Every entry must make sense at any moment. */
static uint64_t look(struct arena_reader *reader)
{
	uint64_t counted = 0;

	struct arena_device of;

	arena_drain(reader, 0, UINT64_MAX, false, take, NULL);
	for (uint32_t i = 1; i < WIRE_DEVICES; i++)
		expect(!arena_device(reader, i, &of) || of.name[0], "a whole device");
	for (uint32_t i = 0; i < arena_entries(reader); i++) {
		struct arena_entry entry;
		struct arena_total total;

		arena_total(reader, i, &total);
		expect(total.timed <= total.count, "no more is timed than counted");
		if (!arena_entry(reader, i, &entry))
			continue;
		expect(!i || (entry.name[0] && entry.api == WIRE_API_OPENCL), "a whole entry");
		expect(arena_device(reader, entry.device, &of), "its device");
		if (entry.kind == WIRE_KIND_KERNEL)
			counted += total.count;
	}
	return counted;
}

static void *read_arena(void *arg)
{
	struct arena_reader *reader = arg;
	struct life *life;

	while (!(life = life_now()))
		sched_yield();
	expect(!arena_check(life->arena), "an arena");
	arena_begin(reader, life->arena);
	while (!atomic_load_explicit(&over, memory_order_relaxed))
		look(reader);
	return NULL;
}

static const struct loader *const no_loader; /* what is known need not be asked */
static uint16_t (*find)(struct life *life);
static atomic_bool published;

static uint16_t kernel_known(struct life *life)
{
	return opencl_kernel(life, no_loader, (cl_kernel)(uintptr_t)0x1230);
}

static uint16_t call_known(struct life *life)
{
	return opencl_call(life, CALL_clEnqueueTask, WIRE_KIND_KERNEL);
}

static void *publish(void *arg)
{
	if (find == kernel_known)
		opencl_kernel_know(arg, (cl_kernel)(uintptr_t)0x1230, "published");
	else
		expect(call_known(arg), "a label");
	atomic_store_explicit(&published, true, memory_order_relaxed);
	return NULL;
}

static void *find_published(void *arg)
{
	while (!atomic_load_explicit(&published, memory_order_relaxed))
		sched_yield();
	/* An entry is made from what the label says. */
	expect(entry_of(arg, find(arg), 1), "an entry");
	return NULL;
}

/* The one thread that finds what the other has just published is ordered by that alone. */
static void publication(uint16_t (*how)(struct life *life))
{
	pthread_t writer, reader;

	find = how;
	atomic_store(&published, false);
	pthread_create(&reader, NULL, find_published, life_now());
	pthread_create(&writer, NULL, publish, life_now());
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
}

/* On the shared lane a thread may be in the midst of a slot that another's number comes to. */
static void crossing(void)
{
	static struct wire_lane lane;
	struct ring_thread thread = {.lane = &lane, .life = life_now()};
	struct wire_event event = {0};

	for (event.host_ns = 1; event.host_ns <= WIRE_RING_SLOTS; event.host_ns++)
		ring_push(&thread, &event);
	lane.ring[0].seq = 0;
	lane.ring[1].seq = 3 * WIRE_RING_SLOTS + 2;
	for (unsigned i = 0; i < 3; i++)
		ring_push(&thread, &event);
	expect(lane.ring[0].host_ns == 1 && lane.ring[0].seq == 0, "the slower one's slot");
	expect(lane.ring[1].host_ns == 2, "the faster one's slot");
	expect(lane.ring[2].host_ns == event.host_ns, "a free slot");
	expect(lane.head == WIRE_RING_SLOTS + 3, "what is lost has a number");
}

static void make_kernels(void)
{
	for (unsigned p = 0; p < PROGRAMS; p++) {
		char text[PROGRAM_KERNELS * 40];
		const char *from = text;
		size_t length = 0;
		cl_program program;
		cl_int err;

		for (unsigned k = 0; k < PROGRAM_KERNELS; k++)
			length += (size_t)snprintf(text + length, sizeof(text) - length,
						   "__kernel void k%u_%u() {}\n", p, k);
		program = clCreateProgramWithSource(context, 1, &from, NULL, &err);
		expect(!clBuildProgram(program, 0, NULL, NULL, NULL, NULL), "build");
		expect(!clCreateKernelsInProgram(program, PROGRAM_KERNELS,
						 kernel + p * PROGRAM_KERNELS, NULL),
		       "kernels");
	}
}

static void prepare(void)
{
	cl_platform_id platform;
	cl_int err;

	expect(!clGetPlatformIDs(1, &platform, NULL), "platform");
	expect(!clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 2, device, NULL), "devices");
	context = clCreateContext(NULL, 2, device, NULL, NULL, &err);
	make_kernels();
	buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, 64, NULL, &err);
}

/*
 * The detector knows addresses, so the reader must find all lanes where the shim has them: in one
 * piece, as where no lane can be mapped later.
 */
static void forbid_mremap(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mremap, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = {sizeof(code) / sizeof(code[0]), code};

	expect(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new rights");
	expect(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), "a filter");
}

int main(void)
{
	static struct arena_reader reader;
	static atomic_bool round_over;
	pthread_t thread[CROWD], reading;
	cl_int err;

	forbid_mremap();
	prepare();
	pthread_create(&reading, NULL, read_arena, &reader);
	for (unsigned i = 0; i < 2; i++)
		shared[i] = clCreateCommandQueueWithProperties(context, device[i], NULL, &err);
	publication(kernel_known);
	publication(call_known);
	crossing();
	for (uintptr_t t = 0; t < THREADS; t++)
		pthread_create(&thread[t], NULL, work, (void *)t);
	for (unsigned t = 0; t < THREADS; t++)
		pthread_join(thread[t], NULL);
	for (uintptr_t t = 0; t < CROWD; t++)
		pthread_create(&thread[t], NULL, crowd, (void *)t);
	for (unsigned t = 0; t < CROWD; t++)
		pthread_join(thread[t], NULL);
	pthread_create(&thread[0], NULL, go_round, &round_over);
	pthread_create(&thread[1], NULL, harvest, &round_over);
	for (unsigned t = 0; t < 2; t++)
		pthread_join(thread[t], NULL);
	atomic_store_explicit(&over, true, memory_order_relaxed);
	pthread_join(reading, NULL);
	printf("launched %lu counted %lu\n", atomic_load(&launched), look(&reader));
	return 0;
}
