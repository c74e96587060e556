/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small, ordinary OpenCL user: it launches two kernels, "scale" and "add", in turn, and knows
 * how often. What the test programs share; nothing here knows that it may be metered.
 */
#ifndef GRAMME_TESTS_LAUNCH_H
#define GRAMME_TESTS_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#define LAUNCH_KERNELS 2

/* Shared with whoever watches the program; survives its death. */
struct launch_progress {
	uint64_t issued[LAUNCH_KERNELS];    /* raised before the call */
	uint64_t returned[LAUNCH_KERNELS];  /* raised after it, where it was accepted */
	uint64_t completed[LAUNCH_KERNELS]; /* raised after clFinish */
};

struct launch_options {
	uint64_t launches; /* per thread */
	unsigned threads;
	unsigned items;	      /* work items of a launch */
	unsigned rounds;      /* work of one item */
	bool gpu;	      /* take a GPU, else the default device */
	bool out_of_order;    /* queues may reorder */
	bool profiling;	      /* ask for device times and add them up */
	bool finish;	      /* wait for the end; else leave it to the exit */
	uint64_t batch;	      /* launches between two clFinish */
	unsigned rest_ms;     /* after each batch */
	const char *progress; /* a file for struct launch_progress, or NULL */
};

struct launch_result {
	uint64_t count[LAUNCH_KERNELS];
	uint64_t device_ns[LAUNCH_KERNELS];
	uint64_t wall_ns;
};

extern const char *const launch_kernel[LAUNCH_KERNELS];

/* One queue and one thread for each options->threads. Returns 0, or prints why not and gives 1. */
int launch(const struct launch_options *options, struct launch_result *result);

/* Prints "count kernel NAME N" lines, with "time kernel NAME NS" where times were asked for. */
void launch_print(const struct launch_options *options, const struct launch_result *result);

#endif
