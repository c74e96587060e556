/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which processor this is, how much of it the machine has, and what its maker says it draws.
 */
#ifndef GRAMME_PROCESSOR_H
#define GRAMME_PROCESSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/world.h"

/* A row of the built-in table collector/power/cpu.tsv. */
struct processor_part {
	char model[64];
	uint64_t tdp_mw;
	uint32_t cores;	 /* of the whole part; 0: the table does not know */
	char source[24]; /* key of the source; the head of the table tells what it stands for */
};

/* The machine's processors, from /proc/cpuinfo. */
struct processor {
	char name[64];	       /* its "model name", printable ASCII; "" where there is none */
	uint32_t threads;      /* logical CPUs that are there */
	uint32_t cores;	       /* physical cores that they are */
	uint32_t sockets;      /* at least 1 */
	uint32_t siblings;     /* threads of a socket, and ... */
	uint32_t socket_cores; /* ... its cores, as the machine tells; both 0 if it does not */
	bool virtual;	       /* a hypervisor shows itself: the sockets may be no real ones */
};

/* Returns 0, -ENODATA if the file names no CPU, or what reading it returned. */
int processor_read(struct world *w, struct processor *processor);

/*
 * Finds a part by the "model name" that the kernel shows. What makers and kernels add to a name is
 * left out on both sides (trademarks, "CPU", "64-Core Processor", "@ 2.60GHz", "with Radeon
 * Graphics", "11th Gen"); what remains must be equal. A near part is never taken: -ENOENT.
 */
int processor_find(const char *name, struct processor_part *part);

/* What is compared of a name, in words of lower-case letters. `key` is cut at `size`. */
void processor_key(const char *name, size_t length, char *key, size_t size);

#endif
