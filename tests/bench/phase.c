/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kernel costs the recogniser, and how much memory it ever takes: phase EVENTS [NOISE]. A
 * made-up training of so many kernels, each step of 29, an evaluation of 8 batches of 10 behind
 * every 48, as on a PyTorch trainer; NOISE in a thousand kernels are any of a thousand others. A
 * second thread does half as much. Prints picoseconds of CPU time an event, and bytes of memory.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "collector/phase/phase.h"

#define STEP	  29u
#define STEPS	  48u
#define BATCH	  10u
#define BATCHES	  8u
#define KERNEL_NS 20000u
#define OTHERS	  1000u

static uint64_t seed = 1;

static uint32_t chance(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) * below >> 31);
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

#define EPOCH (STEP * STEPS + BATCH * BATCHES)

/* The kernels of an epoch, made beforehand: to divide for each took as long as a third of it. */
static struct {
	uint32_t kernel, shape;
} epoch[EPOCH];

static void make_epoch(void)
{
	for (uint32_t i = 0; i < EPOCH; i++) {
		epoch[i].kernel = i < STEP * STEPS ? i % STEP : 100 + (i - STEP * STEPS) % BATCH;
		epoch[i].shape = i % 5;
	}
}

/* Of 256 in turn, two times out of three the first thread's. */
static void compute(struct phases *phases, uint64_t events, uint32_t noise)
{
	uint32_t place = 0, turn = 0;

	for (uint64_t i = 0; i < events; i++) {
		struct phase_kernel kernel = {
			.process = 1,
			.lane = turn == 2 ? 2 : 1,
			.kernel = epoch[place].kernel,
			.shape = epoch[place].shape,
			.start_ns = i * KERNEL_NS,
			.end_ns = i * KERNEL_NS + KERNEL_NS / 2,
			.called_ns = i * KERNEL_NS,
		};

		if (noise && chance(1000) < noise)
			kernel.kernel = 200 + chance(OTHERS);
		else
			place = place + 1 < EPOCH ? place + 1 : 0;
		if (i % 256 == 255)
			turn = turn < 2 ? turn + 1 : 0;
		phases_kernel(phases, &kernel);
	}
}

int main(int argc, char **argv)
{
	const uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	const uint32_t noise = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	const struct phase *phase;
	struct phases *phases;

	if (!events || phases_new(&phases)) {
		fprintf(stderr, "usage: phase EVENTS [NOISE]\n");
		return 1;
	}
	make_epoch();
	const uint64_t start_ns = cpu_ns();
	compute(phases, events, noise);
	const uint64_t used_ns = cpu_ns() - start_ns;
	const struct mallinfo2 memory = mallinfo2();
	const uint64_t look_ns = cpu_ns();
	const size_t n = phases_look(phases, events * KERNEL_NS, true, &phase);
	printf("%" PRIu64 "\t%zu\t%" PRIu64 "\t%zu\n",
	       (uint64_t)((double)used_ns * 1000 / (double)events), memory.uordblks + memory.hblkhd,
	       cpu_ns() - look_ns, n);
	phases_free(phases);
	return 0;
}
