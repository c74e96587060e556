/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recording what is computed on the CPU. A region is named by the place of its body, which is
 * looked up once per body; a product by the function that was called.
 */
#include <string.h>

#include "preload/cache.h"
#include "preload/cpu.h"
#include "preload/entry.h"
#include "preload/memory.h"
#include "preload/path.h"
#include "preload/place.h"
#include "preload/real.h"

#define BODY_SETS 1024u

struct cpu {
	_Atomic uint64_t body[BODY_SETS * CACHE_WAYS];
	_Atomic uint16_t call[CPU_CALLS];
	char program[PLACE_PATH_MAX]; /* the path of its file */
};

struct cpu *cpu_make(void)
{
	struct cpu *cpu = memory_make(sizeof(*cpu));

	if (cpu)
		place_program(cpu->program);
	return cpu;
}

void cpu_free(struct cpu *cpu)
{
	memory_free(cpu, sizeof(*cpu));
}

_Atomic uint16_t *cpu_label(struct cpu *cpu, enum cpu_call call)
{
	return &cpu->call[call];
}

static uint16_t name_body(struct life *life, const void *body)
{
	char name[WIRE_NAME_MAX + 1];
	uint32_t bytes = place_name(body, life->cpu->program, name, sizeof(name));
	uint16_t label = entry_label(life, WIRE_API_OPENMP, WIRE_KIND_KERNEL, name, bytes);

	cache_put(life->cpu->body, BODY_SETS, body, label);
	return label;
}

static uint16_t body_label(struct life *life, const void *body)
{
	uint16_t label = 0;

	(void)cache_find(life->cpu->body, BODY_SETS, body, &label);
	return __builtin_expect(label != 0, 1) ? label : name_body(life, body);
}

static enum wire_api api_of(enum cpu_call call)
{
	if (call == CPU_dnnl_primitive_execute)
		return WIRE_API_ONEDNN;
	return call < CPU_LAPACK ? WIRE_API_BLAS : WIRE_API_LAPACK;
}

static uint16_t call_label(struct life *life, enum cpu_call call)
{
	_Atomic uint16_t *known = cpu_label(life->cpu, call);
	uint16_t label = atomic_load_explicit(known, memory_order_acquire);

	if (__builtin_expect(!label, 0)) {
		const char *name = real_name(call);

		label = entry_label(life, api_of(call), WIRE_KIND_KERNEL, name,
				    (uint32_t)strlen(name));
		atomic_store_explicit(known, label, memory_order_release);
	}
	return label;
}

/* Inside another recorded call this one is part of that: depth tells. */
static void begin(struct cpu_work *work)
{
	struct ring_thread *t = ring_enter();

	work->thread = NULL;
	if (!t || t->depth)
		return;
	work->thread = t;
	work->generation = t->generation;
	work->inner_ns = t->inner_ns;
	work->begin_ns = clock_ns();
}

/* Books the call under `label`. False in a child that was forked inside: nothing is there. */
static void end(struct cpu_work *work, uint16_t label, uint64_t flop, uint32_t shape)
{
	struct ring_thread *t = work->thread;
	const uint64_t all_ns = clock_since(work->begin_ns);
	/* What other kernels took of it on this thread; an end that never came leaves too much. */
	const uint64_t nested_ns = t->inner_ns - work->inner_ns;
	const uint64_t own_ns = nested_ns < all_ns ? all_ns - nested_ns : 0;
	const uint16_t entry = entry_of(t->life, label, WIRE_DEVICE_HOST);
	const struct wire_event event = {
		.host_ns = work->begin_ns,
		.start_ns = work->begin_ns,
		.end_ns = work->begin_ns + all_ns,
		.host_cost_ns = all_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)all_ns,
		.entry = entry,
		.flags = WIRE_EVENT_TIMED | WIRE_EVENT_BLOCKED,
		.shape = shape,
		.nested_ns = nested_ns,
	};

	t->inner_ns = work->inner_ns + all_ns;
	ring_count(t, entry, true, own_ns, 0);
	ring_time(t, entry, own_ns);
	if (flop)
		ring_flop(t, entry, flop);
	ring_push(t, &event);
	path_offer(t, entry, work->begin_ns + all_ns);
}

static bool is_same_process(const struct cpu_work *work)
{
	return work->thread &&
	       work->generation ==
		       atomic_load_explicit(&work->thread->life->generation, memory_order_relaxed);
}

void cpu_region_begin(struct cpu_work *work)
{
	begin(work);
}

void cpu_region_end(struct cpu_work *work, const void *body)
{
	if (is_same_process(work))
		end(work, body_label(work->thread->life, body), 0, 0);
}

void cpu_call_end(struct cpu_work *work, enum cpu_call call, uint32_t shape)
{
	if (is_same_process(work))
		end(work, call_label(work->thread->life, call), 0, shape);
}

void cpu_product_begin(struct cpu_work *work)
{
	begin(work);
	if (work->thread)
		work->thread->depth++;
}

void cpu_product_end(struct cpu_work *work, enum cpu_call call, uint64_t flop, uint32_t shape)
{
	if (!is_same_process(work))
		return;
	work->thread->depth--;
	end(work, call_label(work->thread->life, call), flop, shape);
}
