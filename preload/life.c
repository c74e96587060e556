/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the first compute to a handed-over arena. Every failure ends in LIFE_OFF: nothing is
 * tried twice, and calls go straight through.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "preload/channel.h"
#include "preload/cpu.h"
#include "preload/entry.h"
#include "preload/init.h"
#include "preload/life.h"
#include "preload/memory.h"
#include "preload/note.h"
#include "preload/opencl.h"
#include "preload/output.h"
#include "preload/probe.h"
#include "preload/ring.h"
#include "preload/sys.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

#define PAGE_BYTES	  65536u /* the largest page there is; only the first words are touched */
#define OTHERS_ENTRY_NAME "(others)"

struct life *_Atomic life_page;
static _Atomic uint32_t generations; /* inherited by children, so never the same in one line */
static _Atomic uint32_t uncovered;

static struct life *make_page(void)
{
	struct life *none = NULL;
	void *page = memory_make(PAGE_BYTES);

	if (!page)
		return NULL;
	if (sys(madvise, page, PAGE_BYTES, MADV_WIPEONFORK) ||
	    !atomic_compare_exchange_strong(&life_page, &none, (struct life *)page)) {
		memory_free(page, PAGE_BYTES);
		return none; /* NULL, or what another thread made meanwhile */
	}
	return page;
}

/* For a collector that comes to hear of us when we are gone: then nobody else can tell. */
static void tell_name(struct wire_arena *arena)
{
	static const char arguments[] = "/proc/self/cmdline";
	const struct init_settings *asked = init_settings();
	long fd = sys(openat, AT_FDCWD, arguments, O_RDONLY | O_CLOEXEC, 0);

	memcpy(arena->project, asked->project, sizeof(arena->project));
	memcpy(arena->experiment, asked->experiment, sizeof(arena->experiment));
	if (fd < 0)
		return;
	sys(read, fd, arena->arguments, sizeof(arena->arguments));
	sys(close, fd);
}

static void describe(struct wire_layout *a)
{
	a->arena = (struct wire_arena){
		WIRE_GEOMETRY,
		.start_ns = clock_ns(),
		.devices_used = 2, /* device 0 is none: host waits, and what is unknown */
		.entries_used = 1, /* entry 0 counts what finds no room */
		.names_used = sizeof(OTHERS_ENTRY_NAME) - 1,
		.lanes_used = 1,
		.uncovered = atomic_load(&uncovered),
	};
	memcpy(a->names, OTHERS_ENTRY_NAME, sizeof(OTHERS_ENTRY_NAME) - 1);
	a->entry[0] = (struct wire_entry){
		.ready = 1, .name_bytes = sizeof(OTHERS_ENTRY_NAME) - 1, .api = WIRE_API_NONE};
	a->device[0].ready = 1;
	a->device[WIRE_DEVICE_HOST] = (struct wire_device){
		.ready = 1, .type = WIRE_DEVICE_CPU, .timed = 1, .name = "cpu"};
	__atomic_store_n(&a->lane[0].used, 1, __ATOMIC_RELAXED);
}

static int make_tables(struct life *life)
{
	life->labels = entry_make();
	life->opencl = opencl_make();
	life->cpu = cpu_make();
	return life->labels && life->opencl && life->cpu ? 0 : -ENOMEM;
}

static void unmake(struct life *life)
{
	ring_self.lane = NULL;
	if (life->labels)
		entry_free(life->labels);
	if (life->opencl)
		opencl_free(life->opencl);
	if (life->cpu)
		cpu_free(life->cpu);
	channel_free_arena(&(struct channel_arena){life->arena, life->lanes});
}

static int set_up(struct life *life)
{
	struct channel_arena arena;
	int fd;
	int error = channel_make_arena(&arena, &fd);

	if (error)
		return error;
	life->arena = arena.layout;
	life->lanes = arena.lanes;
	clock_find();
	describe(life->arena);
	tell_name(&life->arena->arena);
	for (uint32_t i = 0; i < life->lanes; i++)
		atomic_store(&life->lane[i], &life->arena->lane[i]);
	atomic_store(&life->generation, atomic_fetch_add(&generations, 1) + 1);
	ring_self.math = 0;
	ring_self.depth = 0; /* a child that was forked within a call is outside of it */
	ring_claim(&ring_self, life);
	life->arena->arena.event_cost_ns = ring_measure_cost_ns(&ring_self);
	error = make_tables(life);
	if (error)
		sys(close, fd);
	else
		error = channel_hand_over(init_settings()->socket, fd, &life->wake);
	if (!error)
		output_look();
	if (error)
		unmake(life);
	return error;
}

/* Returns true if this thread is the one to set up; false once another has finished. */
static bool is_first(struct life *life)
{
	uint32_t phase = LIFE_UNBORN;

	if (atomic_compare_exchange_strong(&life->phase, &phase, LIFE_SETTING_UP)) {
		atomic_store(&life->maker, (uint32_t)sys(gettid, 0));
		return true;
	}
	/* A signal handler that computes may have interrupted its own thread's set-up. */
	while (atomic_load(&life->phase) == LIFE_SETTING_UP &&
	       atomic_load(&life->maker) != (uint32_t)sys(gettid, 0))
		sys(nanosleep, &(struct timespec){.tv_nsec = 50000}, NULL);
	return false;
}

/* Asked before anything is made, since already that may be forbidden. A no is for good, also for
 * children: a filter is inherited and never lifted. */
static bool may_begin(void)
{
	static atomic_bool refused;

	if (atomic_load(&refused))
		return false;
	if (!probe_allowed())
		atomic_store(&refused, true);
	return !atomic_load(&refused);
}

bool life_begin(void)
{
	struct life *life = atomic_load(&life_page);
	bool on;

	if (!init_settings()->on)
		return false;
	if ((!life || atomic_load(&life->phase) == LIFE_UNBORN) && !may_begin())
		return false;
	if (!life)
		life = make_page();
	if (life && is_first(life)) {
		on = !set_up(life);
		atomic_store(&life->phase, on ? LIFE_ON : LIFE_OFF);
		/* Whoever found us not on yet has left its bits by now. */
		atomic_thread_fence(memory_order_seq_cst);
		life_uncovered(atomic_load(&uncovered));
		if (on)
			note_hand_over(life);
		else
			atomic_store_explicit(&output_on, false, memory_order_relaxed);
	}
	return life && atomic_load(&life->phase) == LIFE_ON;
}

void life_uncovered(uint32_t bits)
{
	struct life *life;

	atomic_fetch_or(&uncovered, bits);
	atomic_thread_fence(memory_order_seq_cst);
	life = life_now();
	if (life)
		__atomic_fetch_or(&life->arena->arena.uncovered, bits, __ATOMIC_RELAXED);
}
