/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing into the arena: lanes, totals, events. Each thread owns a lane and is its only writer,
 * so recording is plain stores into memory that nobody else writes. No lock, no allocation, no
 * system call but one futex wake every half ring.
 */
#ifndef GRAMME_RING_H
#define GRAMME_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/clock.h"
#include "preload/life.h"
#include "preload/wire.h"

/* What a thread knows of itself. Belongs to one generation of the process. */
struct ring_thread {
	struct wire_lane *lane;
	struct life *life;
	uint32_t generation;
	uint32_t lane_number; /* 0: the shared lane, written with atomic additions */
	uint32_t depth;	      /* >0 inside a wrapper: what is called from there is not counted */
	uint32_t math;	      /* >0 inside a call of a library that computes on a GPU */
	uint8_t gpu;	      /* slot of the device whose CUDA context is current; 0 not known */
	uint64_t inner_ns;    /* in kernels on the CPU so far, the nested ones not twice */
	uint64_t path_ns;     /* when its next call path is due (path.h); never: UINT64_MAX */
};

extern __attribute__((visibility("hidden"))) __thread struct ring_thread ring_self;

/* The slow way into ring_enter: sets up process and lane. NULL where the process is off. */
struct ring_thread *ring_attach(void);

/*
 * The calling thread, ready to record, or NULL where this process is not metered. A forked child
 * finds its generation gone and begins anew.
 */
static inline struct ring_thread *ring_enter(void)
{
	struct ring_thread *t = &ring_self;

	if (__builtin_expect(t->lane != NULL, 1) &&
	    __builtin_expect(t->generation == atomic_load_explicit(&t->life->generation,
								   memory_order_relaxed),
			     1))
		return t;
	return ring_attach();
}

/* Whether others write the thread's lane as well. To be asked once a call: behind an atomic access
 * the compiler has forgotten. */
static inline __attribute__((always_inline)) bool ring_is_shared(const struct ring_thread *t)
{
	return __builtin_expect(!t->lane_number, 0);
}

static inline __attribute__((always_inline)) void ring_add(bool shared, uint64_t *word,
							   uint64_t amount, int order)
{
	if (!shared)
		__atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED) + amount, order);
	else
		__atomic_fetch_add(word, amount, order);
}

/* Adds to a word that nobody else writes, or, on the shared lane, that others write as well. */
static inline __attribute__((always_inline)) void
ring_plus(const struct ring_thread *t, uint64_t *word, uint64_t amount, int order)
{
	ring_add(ring_is_shared(t), word, amount, order);
}

/* Counts one call under an entry. `bytes` are those that it moves, if it was accepted. */
static inline void ring_count(const struct ring_thread *t, uint16_t entry, bool accepted,
			      uint64_t host_ns, uint64_t bytes)
{
	struct wire_total *total = &t->lane->totals[entry];
	const bool shared = ring_is_shared(t);

	ring_add(shared, accepted ? &total->count : &total->failed, 1, __ATOMIC_RELAXED);
	ring_add(shared, &total->host_ns, host_ns, __ATOMIC_RELAXED);
	if (accepted && bytes)
		ring_add(shared, &total->bytes, bytes, __ATOMIC_RELAXED);
}

/* Counts calls that happened without a call of their own: kernels of a command buffer. */
static inline void ring_count_more(const struct ring_thread *t, uint16_t entry, uint64_t count)
{
	ring_plus(t, &t->lane->totals[entry].count, count, __ATOMIC_RELAXED);
}

/*
 * Adds the device time of one command, which some thread has counted before: who acquires what it
 * reads here finds that count as well, and never more timed commands than commands.
 */
static inline void ring_time(const struct ring_thread *t, uint16_t entry, uint64_t device_ns)
{
	struct wire_total *total = &t->lane->totals[entry];

	ring_plus(t, &total->timed, 1, __ATOMIC_RELEASE);
	ring_plus(t, &total->device_ns, device_ns, __ATOMIC_RELAXED);
}

/* Adds the arithmetic of one call. */
static inline void ring_flop(const struct ring_thread *t, uint16_t entry, uint64_t flop)
{
	ring_plus(t, &t->lane->totals[entry].flop, flop, __ATOMIC_RELAXED);
}

/* Tells the collector that a ring is half full, by its futex word, or NULL. */
void ring_wake(const uint32_t *word);

/*
 * Takes a slot, by its sequence number, of a ring of so many that all threads write: for the event
 * `number` of the shared lane, or that note. False if another thread is in the midst
 * of it, a whole ring behind or ahead: two at once would leave a mixture that looks whole, so this
 * one is lost instead, and its number tells.
 */
bool ring_take_shared(uint64_t *seq, uint64_t number, uint32_t slots);

/* Appends an event; its seq is set here. The oldest is overwritten. */
static inline __attribute__((always_inline)) void ring_push(struct ring_thread *t,
							    const struct wire_event *event)
{
	struct wire_lane *lane = t->lane;
	const bool shared = ring_is_shared(t);
	uint64_t number;
	struct wire_event *slot;

	if (shared) {
		number = __atomic_fetch_add(&lane->head, 1, __ATOMIC_RELAXED);
		slot = &lane->ring[number & (WIRE_RING_SLOTS - 1)];
		if (!ring_take_shared(&slot->seq, number, WIRE_RING_SLOTS))
			return;
	} else {
		number = __atomic_load_n(&lane->head, __ATOMIC_RELAXED);
		slot = &lane->ring[number & (WIRE_RING_SLOTS - 1)];
		__atomic_store_n(&slot->seq, 0, __ATOMIC_RELAXED);
	}
	__atomic_thread_fence(__ATOMIC_RELEASE); /* readers see the zero before new content */
	__atomic_store_n(&slot->host_ns, event->host_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->start_ns, event->start_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->end_ns, event->end_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->bytes, event->bytes, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->host_cost_ns, event->host_cost_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->entry, event->entry, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->queue, event->queue, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->flags, event->flags, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->shape, event->shape, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->nested_ns, event->nested_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->seq, number + 1, __ATOMIC_RELEASE);
	if (!shared)
		__atomic_store_n(&lane->head, number + 1, __ATOMIC_RELEASE);
	if (__builtin_expect(!((number + 1) & (WIRE_RING_SLOTS / 2 - 1)), 0))
		ring_wake(t->life->wake);
}

/* Gives the calling thread a lane of `life`; never fails, since lane 0 has room for all. */
void ring_claim(struct ring_thread *t, struct life *life);

/* What one event costs, measured on the lane of `t` before anybody can see it. */
uint32_t ring_measure_cost_ns(struct ring_thread *t);

#endif
