/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes and who owns them.
 */
#include <errno.h>
#include <linux/futex.h>
#include <limits.h>
#include <string.h>

#include "preload/channel.h"
#include "preload/path.h"
#include "preload/ring.h"
#include "preload/sys.h"

#define COST_EVENTS 64u /* few enough to measure in some microseconds */

__thread struct ring_thread ring_self;

static uint32_t thread_id(void)
{
	return (uint32_t)sys(gettid, 0);
}

static bool is_alive(uint32_t tid)
{
	return sys(tgkill, sys(getpid, 0), tid, 0) != -ESRCH;
}

/* Records that a lane below `number` + 1 is in use. */
static void raise_used(struct wire_arena *arena, uint32_t number)
{
	uint32_t used = __atomic_load_n(&arena->lanes_used, __ATOMIC_RELAXED);

	while (used <= number &&
	       !__atomic_compare_exchange_n(&arena->lanes_used, &used, number + 1, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

static bool claim_lane(_Atomic uint32_t *owner, uint32_t from, uint32_t tid)
{
	return atomic_compare_exchange_strong(owner, &from, tid);
}

/*
 * A free lane, or one whose owner has ended, or 0. A dead owner may have had our own id. All that
 * it stored can be seen once the kernel no longer finds it: it went through locks of the kernel's
 * meanwhile, and so did we.
 */
static uint32_t find_lane(struct life *life, uint32_t tid)
{
	for (uint32_t i = 1; i < WIRE_LANES; i++)
		if (claim_lane(&life->owner[i], 0, tid))
			return i;
	for (uint32_t i = 1; i < WIRE_LANES; i++) {
		uint32_t owner = atomic_load(&life->owner[i]);

		if (owner == tid)
			return i;
		if (!is_alive(owner) && claim_lane(&life->owner[i], owner, tid))
			return i;
	}
	return 0;
}

/* The lane that the caller owns, mapped by its first owner; or NULL. */
static struct wire_lane *map_lane(struct life *life, uint32_t number)
{
	struct wire_lane *lane = atomic_load(&life->lane[number]);
	uint32_t lower = number;

	if (lane)
		return lane;
	while (!atomic_load(&life->lane[lower])) /* lanes 0 and 1 always are */
		lower--;
	lane = channel_map_lane(atomic_load(&life->lane[lower]), lower, number);
	atomic_store(&life->lane[number], lane);
	return lane;
}

void ring_claim(struct ring_thread *t, struct life *life)
{
	const uint32_t tid = thread_id();
	uint32_t number = find_lane(life, tid);
	struct wire_lane *lane = map_lane(life, number);

	if (!lane) {
		atomic_store(&life->owner[number], 0);
		number = 0;
		lane = atomic_load(&life->lane[0]);
	}
	__atomic_store_n(&lane->tid, number ? tid : 0, __ATOMIC_RELAXED);
	__atomic_store_n(&lane->used, 1, __ATOMIC_RELAXED);
	raise_used(&life->arena->arena, number);
	t->lane_number = number;
	t->life = life;
	t->gpu = 0;
	t->generation = atomic_load(&life->generation);
	t->path_ns = path_is_on() ? 0 : UINT64_MAX;
	t->lane = lane;
}

struct ring_thread *ring_attach(void)
{
	struct life *life = life_now();

	if (!life && life_begin())
		life = life_now();
	if (life && (!ring_self.lane || ring_self.life != life ||
		     ring_self.generation != atomic_load(&life->generation))) {
		ring_self.depth = 0;
		ring_self.math = 0;
		ring_claim(&ring_self, life);
	}
	return life ? &ring_self : NULL;
}

void ring_wake(const uint32_t *word)
{
	if (word)
		sys(futex, word, FUTEX_WAKE, INT_MAX);
}

bool ring_take_shared(uint64_t *seq, uint64_t number, uint32_t slots)
{
	uint64_t old = __atomic_load_n(seq, __ATOMIC_RELAXED);

	if (old > number || (!old && number >= slots))
		return false;
	/* Acquires, so that the last writer's stores cannot come behind ours. */
	return __atomic_compare_exchange_n(seq, &old, 0, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static uint64_t record_ns(struct ring_thread *t, unsigned events)
{
	struct wire_event event = {0};
	uint64_t begin_ns = clock_ns();

	for (unsigned i = 0; i < events; i++) {
		event.host_ns = clock_ns();
		event.host_cost_ns = (uint32_t)clock_since(event.host_ns);
		ring_count(t, 0, true, event.host_cost_ns, 0);
		ring_push(t, &event);
	}
	return clock_since(begin_ns);
}

uint32_t ring_measure_cost_ns(struct ring_thread *t)
{
	uint64_t cost_ns;

	(void)record_ns(t, 1); /* the first touch of the pages is paid once, not per event */
	cost_ns = record_ns(t, COST_EVENTS - 1) / (COST_EVENTS - 1);
	memset(t->lane->ring, 0, COST_EVENTS * sizeof(struct wire_event));
	memset(&t->lane->totals[0], 0, sizeof(struct wire_total));
	__atomic_store_n(&t->lane->head, 0, __ATOMIC_RELEASE);
	return cost_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)cost_ns;
}
