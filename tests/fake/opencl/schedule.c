/* SPDX-License-Identifier: Apache-2.0 */
/* Commands in time: which are accepted, who waits for whom, when each starts and ends. */
#include "tests/fake/opencl/fake.h"
#include "tests/fake/tally.h"

#include <stdlib.h>
#include <time.h>

static uint64_t submitted;

void fake_sleep_until(uint64_t t_ns)
{
	struct timespec ts = {(time_t)(t_ns / 1000000000u), (long)(t_ns % 1000000000u)};

	/* A short wait is spun: a sleep takes 50 us and more. */
	while (fake_now_ns() < t_ns && t_ns - fake_now_ns() < 20000)
		;
	while (fake_now_ns() < t_ns)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/* Places a command behind everything that it must not overtake. */
static void place(cl_command_queue queue, cl_command_type type, uint64_t after_ns, uint64_t *start,
		  uint64_t *end)
{
	bool in_order = !(queue->properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	bool fence = type == CL_COMMAND_BARRIER || type == CL_COMMAND_MARKER;
	uint64_t behind = in_order || fence ? queue->free_ns : queue->barrier_ns;

	*start = after_ns > behind ? after_ns : behind;
	*end = *start + fake_settings.command_ns;
	if (*end > queue->free_ns)
		queue->free_ns = *end;
	if (type == CL_COMMAND_BARRIER)
		queue->barrier_ns = *end;
}

bool fake_event_settle(cl_event event)
{
	uint64_t after_ns = event->queued_ns;
	cl_int failure = 0;

	if (event->settled || !event->queue)
		return event->settled;
	for (cl_uint i = 0; i < event->waits; i++) {
		cl_event wait = event->wait[i];

		if (!fake_event_settle(wait))
			return false;
		if (wait->end_ns > after_ns)
			after_ns = wait->end_ns;
		if (wait->failure)
			failure = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
	}
	event->failure = failure;
	place(event->queue, event->type, after_ns, &event->start_ns, &event->end_ns);
	event->settled = true;
	fake_event_forget_waits(event);
	return true;
}

bool fake_queue_settle(cl_command_queue queue)
{
	cl_event *link = &queue->unsettled;

	while (*link) {
		cl_event event = *link;

		if (!fake_event_settle(event)) {
			link = &event->next;
			continue;
		}
		*link = event->next;
		fake_event_release(event);
	}
	return !queue->unsettled;
}

cl_int fake_event_wait(cl_event event)
{
	bool settled;
	uint64_t until_ns;

	do {
		fake_lock();
		settled = fake_event_settle(event);
		until_ns = settled ? event->end_ns : fake_now_ns() + 50000;
		fake_unlock();
		fake_sleep_until(until_ns);
	} while (!settled);
	return event->failure;
}

/* What a new command must wait for: its own list, and in an in-order queue what is held up. */
static int collect_waits(const struct fake_command *command, cl_event event)
{
	cl_command_queue queue = command->queue;
	bool all = !command->waits || !(queue->properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	cl_uint most = command->waits;

	for (cl_event e = queue->unsettled; e; e = e->next)
		most++;
	event->wait = calloc(most ? most : 1, sizeof(cl_event));
	if (!event->wait)
		return CL_OUT_OF_HOST_MEMORY;
	for (cl_uint i = 0; i < command->waits; i++)
		event->wait[event->waits++] = command->wait[i];
	/* Whatever came before is waited for: more than an out-of-order queue must, never less. */
	for (cl_event e = queue->unsettled; e && all; e = e->next)
		event->wait[event->waits++] = e;
	for (cl_uint i = 0; i < event->waits; i++)
		fake_event_retain(event->wait[i]);
	return CL_SUCCESS;
}

static cl_int accept(const struct fake_command *command)
{
	cl_command_queue queue = command->queue;
	cl_event event;
	cl_int err;

	/* Nobody will ask, and nobody is in the way: no event is needed. */
	if (!command->event && !command->waits && !queue->unsettled) {
		uint64_t start, end;

		place(queue, command->type, fake_now_ns(), &start, &end);
		return CL_SUCCESS;
	}
	event = fake_event_new(queue->context, command->type);
	if (!event)
		return CL_OUT_OF_HOST_MEMORY;
	event->queue = queue;
	fake_clRetainCommandQueue(queue);
	err = collect_waits(command, event);
	if (err) {
		fake_event_release(event);
		return err;
	}
	if (!fake_event_settle(event)) {
		fake_event_retain(event);
		event->next = queue->unsettled;
		queue->unsettled = event;
	}
	if (command->event)
		*command->event = event;
	else
		fake_event_release(event);
	return CL_SUCCESS;
}

static cl_int judge(const struct fake_command *command)
{
	uint64_t number = __atomic_add_fetch(&submitted, 1, __ATOMIC_RELAXED);

	if (!command->queue)
		return CL_INVALID_COMMAND_QUEUE;
	if ((command->waits == 0) != (command->wait == NULL))
		return CL_INVALID_EVENT_WAIT_LIST;
	for (cl_uint i = 0; i < command->waits; i++)
		if (!command->wait[i])
			return CL_INVALID_EVENT_WAIT_LIST;
	if (fake_settings.fail_every && number % fake_settings.fail_every == 0)
		return CL_OUT_OF_RESOURCES;
	return CL_SUCCESS;
}

cl_int fake_submit(const struct fake_command *command)
{
	cl_int err = judge(command);

	if (!err) {
		fake_lock();
		err = accept(command);
		fake_unlock();
	}
	tally_count(command->kind, command->name, err == CL_SUCCESS);
	if (!err && command->blocking)
		err = fake_clFinish(command->queue);
	return err;
}
