/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program computes on the CPU: OpenMP regions, BLAS and LAPACK calls. They are synchronous,
 * so the host's clock is the device's, and the time in the call is the kernel's.
 *
 * On one thread calls nest: a product inside a region, a region inside a product. A product
 * is a leaf, what it calls to get its work done is part of it. A region's own time is what its
 * body did not spend in other kernels on the thread that opened it.
 */
#ifndef GRAMME_CPU_H
#define GRAMME_CPU_H

#include <stdint.h>

#include "preload/ring.h"

enum cpu_call {
#define ROW(name) CPU_##name,
#include "preload/cpu.def"
	CPU_CALLS,
	CPU_LAPACK = CPU_sgetrf_, /* where its rows begin; behind them those of math.def */
	CPU_CUDNN = CPU_cudnnConvolutionForward,
	CPU_NCCL = CPU_ncclAllReduce
};

struct cpu;

/* What one process knows of its kernels, or NULL. Released with cpu_free. */
struct cpu *cpu_make(void);
void cpu_free(struct cpu *cpu);

/* Where the label of a call is kept; 0 until it has one. */
_Atomic uint16_t *cpu_label(struct cpu *cpu, enum cpu_call call);

/* One call under way; lives in the frame of its wrapper. */
struct cpu_work {
	struct ring_thread *thread; /* NULL: this call is not recorded */
	uint32_t generation;
	uint64_t begin_ns;
	uint64_t inner_ns; /* of the thread, when the call began */
};

/* Around an OpenMP region; `body` is its outlined function. */
void cpu_region_begin(struct cpu_work *work);
void cpu_region_end(struct cpu_work *work, const void *body);

/* A region that is known by the function that was called, and by what `shape` tells of it. */
void cpu_call_end(struct cpu_work *work, enum cpu_call call, uint32_t shape);

/*
 * Around a product; `flop` are the real additions and multiplications that it does, `shape` a hash
 * of its sizes: one name serves the layers of a network forwards and backwards.
 */
void cpu_product_begin(struct cpu_work *work);
void cpu_product_end(struct cpu_work *work, enum cpu_call call, uint64_t flop, uint32_t shape);

#endif
