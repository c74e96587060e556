/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands under way. Each lane has a ring of slots that its owner alone fills; anybody may take
 * a full slot, look whether its event has finished, and either book it on its own lane or put it
 * back. So a thread's commands are harvested also when another thread waits for them, or when it
 * has ended, and no lock is needed.
 */
#include <errno.h>

#include "preload/memory.h"
#include "preload/opencl.h"

#define POLL_FROM      256u /* commands alive: fewer wait for the program's own synchronisation */
#define POLL_EVERY     64u  /* enqueues between two looks at what has finished meanwhile */
#define LOOK_WHEN_FULL 16u  /* refused commands between two looks; a power of two */
#define ROTATE	       8u   /* oldest commands moved out of the way in one look */
#define HARVEST_MOST   OPENCL_ALIVE
#define GIVE_UP_AFTER  16u /* unfinished commands in a row: what comes later is later */

enum state { STATE_FREE = 0, STATE_FULL, STATE_TAKEN };

/* NULL where its thread has kept nothing yet. */
static struct opencl_lane *lane_at(const struct ring_thread *t, uint32_t number)
{
	return atomic_load_explicit(&t->life->opencl->lane[number], memory_order_acquire);
}

/* The thread's own, made where it is not there; NULL where there is no memory. */
static struct opencl_lane *own_lane(const struct ring_thread *t)
{
	struct opencl_lane *lane = lane_at(t, t->lane_number);

	if (__builtin_expect(!lane, 0)) {
		lane = memory_make(sizeof(*lane));
		atomic_store_explicit(&t->life->opencl->lane[t->lane_number], lane,
				      memory_order_release);
	}
	return lane;
}

static struct opencl_slot *slot_of(struct opencl_lane *lane, uint64_t number)
{
	return &lane->slot[number & (OPENCL_ALIVE - 1)];
}

/* Moves the tail over what has been harvested. Anybody may: the owner fills a slot anew only once
 * the tail has passed it, and the tail never goes back. */
static void trim(struct opencl_lane *lane)
{
	const uint64_t end = atomic_load_explicit(&lane->shown, memory_order_acquire);
	uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed);

	while (tail < end && atomic_load_explicit(&slot_of(lane, tail)->state,
						  memory_order_acquire) == STATE_FREE)
		if (atomic_compare_exchange_weak(&lane->tail, &tail, tail + 1))
			tail++;
}

/* The owner's alone, and its to know without a look at others; one that follows a dead owner finds
 * the number here too. */
static uint64_t head_of(const struct opencl_lane *lane)
{
	return atomic_load_explicit(&lane->shown, memory_order_relaxed);
}

/* Acquires what others did to the slots behind the tail: the owner is about to fill them anew. */
static uint64_t window(const struct opencl_lane *lane)
{
	return head_of(lane) - atomic_load_explicit(&lane->tail, memory_order_acquire);
}

/* Fills the slot at the head, which is free while the window is smaller than the ring. */
static void put(struct opencl_lane *lane, const struct opencl_pending *pending)
{
	const uint64_t number = head_of(lane);
	struct opencl_slot *slot = slot_of(lane, number);

	slot->pending = *pending;
	atomic_store_explicit(&slot->state, STATE_FULL, memory_order_release);
	atomic_store_explicit(&lane->shown, number + 1, memory_order_release);
}

/* Moves the oldest command to the head: one that never ends must not hold up all behind it. */
static void rotate(struct opencl_lane *lane)
{
	struct opencl_slot *slot =
		slot_of(lane, atomic_load_explicit(&lane->tail, memory_order_relaxed));
	uint32_t full = STATE_FULL;
	struct opencl_pending oldest;

	if (!atomic_compare_exchange_strong_explicit(&slot->state, &full, STATE_TAKEN,
						     memory_order_acquire, memory_order_relaxed))
		return; /* somebody else is at it */
	oldest = slot->pending;
	atomic_store_explicit(&slot->state, STATE_FREE, memory_order_release);
	trim(lane);
	put(lane, &oldest);
}

/* True if the lane may take one more command, perhaps after looking what has finished. */
static bool has_room(struct ring_thread *t, struct opencl_lane *lane, uint32_t limit)
{
	uint64_t refused;

	if (window(lane) < limit)
		return true;
	refused = atomic_load_explicit(&lane->refused, memory_order_relaxed);
	atomic_store_explicit(&lane->refused, refused + 1, memory_order_relaxed);
	if (refused & (LOOK_WHEN_FULL - 1))
		return false;
	opencl_pending_harvest(t, false);
	for (unsigned i = 0; i < ROTATE && window(lane) >= limit; i++)
		rotate(lane);
	if (window(lane) >= limit)
		return false;
	atomic_store_explicit(&lane->refused, 0, memory_order_relaxed);
	return true;
}

bool opencl_pending_keep(struct ring_thread *t, const struct opencl_pending *pending)
{
	/* The shared lane has many owners, and a slot only one. */
	struct opencl_lane *lane = t->lane_number ? own_lane(t) : NULL;

	if (!lane || !has_room(t, lane, opencl_alive_limit(t->life, pending->facts & QUEUE_DEVICE)))
		return false;
	put(lane, pending);
	if (!(head_of(lane) & (POLL_EVERY - 1)) && window(lane) >= POLL_FROM)
		opencl_pending_harvest(t, false);
	return true;
}

cl_int opencl_retain(const struct loader *loader, cl_event event)
{
	const int saved = errno;
	cl_int error = OPENCL_REAL(loader, clRetainEvent)(event);

	errno = saved;
	return error;
}

void opencl_release(const struct loader *loader, cl_event event)
{
	const int saved = errno;

	(void)OPENCL_REAL(loader, clReleaseEvent)(event);
	errno = saved;
}

enum finish { FINISH_NOT_YET, FINISH_TIMED, FINISH_UNTIMED };

static bool times_of(const struct opencl_pending *p, cl_ulong *start_ns, cl_ulong *end_ns)
{
	__typeof__(&clGetEventProfilingInfo) real = OPENCL_REAL(p->loader, clGetEventProfilingInfo);

	return !real(p->event, CL_PROFILING_COMMAND_END, sizeof(*end_ns), end_ns, NULL) &&
	       *end_ns &&
	       !real(p->event, CL_PROFILING_COMMAND_START, sizeof(*start_ns), start_ns, NULL);
}

static enum finish look(const struct opencl_pending *p, cl_ulong *start_ns, cl_ulong *end_ns)
{
	__typeof__(&clGetEventInfo) real = OPENCL_REAL(p->loader, clGetEventInfo);
	cl_int status = CL_QUEUED;

	if (times_of(p, start_ns, end_ns))
		return FINISH_TIMED;
	/* No times: not finished yet, finished this very moment, failed, or never profiled. */
	if (real(p->event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status, NULL))
		return FINISH_UNTIMED;
	if (status > CL_COMPLETE)
		return FINISH_NOT_YET;
	if (status == CL_COMPLETE && times_of(p, start_ns, end_ns))
		return FINISH_TIMED;
	return FINISH_UNTIMED;
}

static void book(struct ring_thread *t, const struct opencl_pending *p, enum finish finish,
		 uint64_t start_ns, uint64_t end_ns, uint64_t now_ns)
{
	struct wire_arena *arena = &t->life->arena->arena;
	struct opencl *cl = t->life->opencl;
	const uint8_t device = p->facts & QUEUE_DEVICE;
	struct wire_event event = {
		.host_ns = p->host_ns,
		.bytes = p->bytes,
		.host_cost_ns = p->host_cost_ns,
		.entry = p->entry,
		.queue = p->queue,
		.flags = p->flags,
		.shape = p->shape,
	};

	if (finish == FINISH_TIMED &&
	    opencl_clock_map(&cl->clock[device], p->loader, opencl_device_id(t->life, device),
			     p->host_ns, now_ns, &start_ns, &end_ns)) {
		event.start_ns = start_ns;
		event.end_ns = end_ns;
		event.flags |= WIRE_EVENT_TIMED;
		ring_time(t, p->entry, end_ns - start_ns);
	} else {
		__atomic_fetch_add(finish == FINISH_TIMED ? &arena->implausible : &arena->untimed,
				   1, __ATOMIC_RELAXED);
	}
	ring_push(t, &event);
}

/* Returns true unless the slot's command is still under way. */
static bool settle(struct ring_thread *t, struct opencl_slot *slot, uint64_t now_ns)
{
	__typeof__(&clReleaseEvent) release;
	uint32_t full = STATE_FULL;
	cl_ulong start_ns = 0, end_ns = 0;
	enum finish finish;

	if (atomic_load_explicit(&slot->state, memory_order_relaxed) != STATE_FULL ||
	    !atomic_compare_exchange_strong_explicit(&slot->state, &full, STATE_TAKEN,
						     memory_order_acquire, memory_order_relaxed))
		return true; /* settled already, or somebody is at it */
	finish = look(&slot->pending, &start_ns, &end_ns);
	if (finish == FINISH_NOT_YET) {
		atomic_store_explicit(&slot->state, STATE_FULL, memory_order_release);
		return false;
	}
	book(t, &slot->pending, finish, start_ns, end_ns, now_ns);
	release = OPENCL_REAL(slot->pending.loader, clReleaseEvent);
	(void)release(slot->pending.event);
	atomic_store_explicit(&slot->state, STATE_FREE, memory_order_release);
	return true;
}

static void harvest_lane(struct ring_thread *t, struct opencl_lane *lane, uint64_t now_ns)
{
	unsigned unfinished = 0;
	uint64_t number, end;

	if (!lane)
		return;
	number = atomic_load_explicit(&lane->tail, memory_order_acquire);
	end = atomic_load_explicit(&lane->shown, memory_order_acquire);
	if (end > number + HARVEST_MOST)
		end = number + HARVEST_MOST;
	for (; number < end && unfinished < GIVE_UP_AFTER; number++)
		unfinished = settle(t, slot_of(lane, number), now_ns) ? 0 : unfinished + 1;
	trim(lane);
}

void opencl_pending_harvest(struct ring_thread *t, bool all)
{
	const uint32_t lanes = __atomic_load_n(&t->life->arena->arena.lanes_used, __ATOMIC_RELAXED);
	const uint64_t now_ns = clock_ns();
	const int saved = errno; /* the program's: drivers may change it */

	t->depth++; /* what we ask of the API is not the program's */
	harvest_lane(t, lane_at(t, t->lane_number), now_ns);
	for (uint32_t i = 1; all && i < lanes; i++)
		if (i != t->lane_number)
			harvest_lane(t, lane_at(t, i), now_ns);
	t->depth--;
	errno = saved;
}
