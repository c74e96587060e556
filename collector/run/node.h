/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the whole machine does, from /proc/stat and /proc/meminfo.
 */
#ifndef GRAMME_NODE_H
#define GRAMME_NODE_H

#include <stddef.h>
#include <stdint.h>

#include "collector/world.h"

struct node_state {
	uint64_t busy_ns;     /* CPU time of all CPUs since boot */
	uint32_t cpus;	      /* CPUs online */
	uint64_t used_bytes;  /* MemTotal - MemAvailable */
	uint64_t total_bytes; /* MemTotal */
};

/* Reads both beneath `root` ("/proc"). Returns 0 or -errno. */
int node_read(const char *root, struct node_state *node);

/* The model name of the first CPU in `world`; "" where its /proc/cpuinfo tells none. */
void node_cpu_model(struct world *world, char *model, size_t size);

#endif
