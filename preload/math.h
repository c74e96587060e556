/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of libraries that compute on a GPU (math.def). They carry arithmetic and bytes, and no time
 * of the device: the kernels that they launch are counted where every launch is, within the call as
 * outside of it, and have the time. Of calls that a library makes within another of them the outer
 * one counts.
 *
 * Nothing is executed by a call on a stream that is being captured. It is counted as such, without
 * its arithmetic, and what a replay of its graph does is not counted: the row says so in its name.
 */
#ifndef GRAMME_MATH_H
#define GRAMME_MATH_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/cpu.h"
#include "preload/ring.h"

/* One call under way; lives in the frame of its wrapper. */
struct math_call {
	struct ring_thread *thread; /* NULL: this call is not recorded */
	uint32_t generation;
	uint64_t begin_ns;
};

/* What a call told of itself. */
struct math_told {
	bool sizes; /* false: nothing is known of what it computed */
	uint64_t flop;
	uint64_t bytes;
	uint32_t shape;
};

/* Of a call that was refused: its arguments may be anything, and nobody is asked about them. */
#define MATH_REFUSED ((struct math_told){.sizes = true})

void math_begin(struct math_call *call);

/* True while any stream is captured: only then the stream of a call is of interest. */
bool math_is_capturing(const struct math_call *call);

/* The stream of a library's handle, as the library's function `getter` says; NULL where it fails.
 */
void *math_stream(const void *real, const char *getter, void *handle);

/* The call has returned. `accepted`: the library took it; `stream` may be NULL outside captures. */
void math_end(struct math_call *call, enum cpu_call row, bool accepted, void *stream,
	      const struct math_told *told);

/* A function that the library of `real` has itself, or NULL. */
void *math_function(const void *real, const char *name);

/* The wrapper of a row of math.def, for the stand-ins (math_stub.c); NULL for another row. */
void *math_hook(enum cpu_call row);

#endif
