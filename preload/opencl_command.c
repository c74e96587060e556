/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call path of OpenCL. It reads the clock twice, adds to the totals, and keeps the event for
 * later; it never waits, never allocates, and leaves errno alone.
 */
#include "preload/entry.h"
#include "preload/opencl_command.h"
#include "preload/path.h"

static uint32_t saturate(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/* Takes the thread, unless it is inside a call already. Returns whether the call is recorded. */
static inline __attribute__((always_inline)) bool take(struct opencl_command *c,
						       const struct loader *loader)
{
	struct ring_thread *t = ring_enter();

	c->thread = NULL;
	if (!t || t->depth)
		return false;
	c->thread = t;
	c->generation = t->generation;
	c->loader = loader;
	return true;
}

/* Asks for an event of our own where the program wants none and one can be timed. */
static void inject(struct opencl_command *c)
{
	if (!c->event && (c->facts & QUEUE_TIMED)) {
		c->own = NULL;
		c->event = &c->own;
		c->injected = true;
	}
	c->begin_ns = clock_ns();
}

/*
 * What is known of the kernel is looked up before the call: three loads that wait for each other,
 * and behind the call they would wait for the clock besides (3 ns of 26, AMD EPYC VM, 2026-11-22).
 */
static inline __attribute__((always_inline)) uint16_t known_entry(const struct opencl_command *c,
								  cl_kernel kernel)
{
	const struct life *life = c->thread->life;

	return kernel ? entry_known(life, opencl_kernel_known(life, kernel),
				    c->facts & QUEUE_DEVICE)
		      : 0;
}

void opencl_begin(struct opencl_command *c, const struct loader *loader, cl_command_queue queue,
		  cl_kernel kernel, cl_event *event, bool timeable)
{
	c->event = event;
	c->injected = false;
	if (!take(c, loader))
		return;
	c->thread->depth++;
	c->facts = opencl_queue(c->thread->life, loader, queue, &c->queue);
	c->entry = known_entry(c, kernel);
	if (!timeable)
		c->facts &= (uint16_t)~QUEUE_TIMED;
	inject(c);
}

void opencl_begin_batch(struct opencl_command *c, const struct loader *loader, uint16_t facts,
			cl_event *event)
{
	c->event = event;
	c->injected = false;
	if (!take(c, loader))
		return;
	c->thread->depth++;
	c->facts = facts;
	c->queue = 0;
	c->entry = 0;
	inject(c);
}

/* False in a child that was forked inside the call: nothing of its parent's is there any more. */
static bool is_same_process(const struct opencl_command *c)
{
	return c->thread && c->generation == atomic_load_explicit(&c->thread->life->generation,
								  memory_order_relaxed);
}

/* The label of a command: its kernel's, if that may be asked about. */
static uint16_t label_of(const struct opencl_command *c, cl_int error,
			 const struct opencl_work *work)
{
	struct life *life = c->thread->life;
	uint16_t label;

	if (work->kernel && error == CL_SUCCESS)
		return opencl_kernel(life, c->loader, work->kernel);
	label = work->kernel ? opencl_kernel_known(life, work->kernel) : 0;
	return label ? label : opencl_call(life, work->call, work->kind);
}

/* The reference that we keep: our own event's, or one more of the program's. */
static inline __attribute__((always_inline)) bool hold(const struct opencl_command *c)
{
	if (!(c->facts & QUEUE_TIMED) || !c->event || !*c->event)
		return false;
	return c->injected || !opencl_retain(c->loader, *c->event);
}

/* Keeps the event until its device time is known. False where too many are kept already. */
static __attribute__((noinline)) bool keep(const struct opencl_command *c, uint16_t entry,
					   uint32_t host_cost_ns, const struct opencl_work *work)
{
	const struct opencl_pending p = {
		.loader = c->loader,
		.event = *c->event,
		.host_ns = c->begin_ns,
		.bytes = work->bytes,
		.host_cost_ns = host_cost_ns,
		.entry = entry,
		.queue = c->queue,
		.facts = c->facts,
		.flags = work->blocking ? WIRE_EVENT_BLOCKED : 0,
		.shape = work->shape,
	};

	if (opencl_pending_keep(c->thread, &p))
		return true;
	opencl_release(c->loader, p.event);
	__atomic_fetch_add(&c->thread->life->arena->arena.untimed, 1, __ATOMIC_RELAXED);
	return false;
}

/* An accepted command. Where its device time will not be known, its event is booked at once. */
static inline __attribute__((always_inline)) void book(const struct opencl_command *c,
						       uint16_t entry, uint64_t host_ns,
						       const struct opencl_work *work)
{
	const struct wire_event event = {
		.host_ns = c->begin_ns,
		.bytes = work->bytes,
		.host_cost_ns = saturate(host_ns),
		.entry = entry,
		.queue = c->queue,
		.flags = work->blocking ? WIRE_EVENT_BLOCKED : 0,
		.shape = work->shape,
	};

	if (!hold(c) || !keep(c, entry, event.host_cost_ns, work))
		ring_push(c->thread, &event);
}

void opencl_end(struct opencl_command *c, cl_int error, const struct opencl_work *work)
{
	struct ring_thread *t = c->thread;
	uint64_t host_ns;
	uint16_t entry;

	if (!is_same_process(c))
		return;
	host_ns = clock_since(c->begin_ns);
	entry = c->entry;
	if (__builtin_expect(!entry, 0))
		entry = entry_of(t->life, label_of(c, error, work), c->facts & QUEUE_DEVICE);
	ring_count(t, entry, error == CL_SUCCESS, host_ns, work->bytes);
	if (error == CL_SUCCESS) {
		book(c, entry, host_ns, work);
		if (work->blocking)
			opencl_pending_harvest(t, true);
		path_offer(t, entry, c->begin_ns + host_ns);
	}
	t->depth--;
}

void opencl_end_batch(struct opencl_command *c, cl_command_buffer_khr buffer)
{
	if (is_same_process(c))
		opencl_batch_count(c->thread, buffer);
}

void opencl_sync_begin(struct opencl_command *c, const struct loader *loader,
		       cl_command_queue queue)
{
	/* depth stays: a callback of the program may run in here and enqueue. */
	if (!take(c, loader))
		return;
	c->facts = queue ? opencl_queue(c->thread->life, loader, queue, &c->queue) : 0;
	c->begin_ns = clock_ns();
}

void opencl_sync_end(struct opencl_command *c, cl_int error, enum call call)
{
	struct ring_thread *t = c->thread;

	if (!is_same_process(c))
		return;
	const uint64_t host_ns = clock_since(c->begin_ns);
	const uint16_t entry = entry_of(t->life, opencl_call(t->life, call, WIRE_KIND_SYNC),
					(uint8_t)(c->facts & QUEUE_DEVICE));
	const struct wire_event event = {
		.host_ns = c->begin_ns,
		.start_ns = c->begin_ns,
		.end_ns = c->begin_ns + host_ns,
		.host_cost_ns = saturate(host_ns),
		.entry = entry,
		.flags = WIRE_EVENT_BLOCKED,
	};

	ring_count(t, entry, error == CL_SUCCESS, host_ns, 0);
	if (error == CL_SUCCESS)
		ring_push(t, &event);
	opencl_pending_harvest(t, true);
}
