/* SPDX-License-Identifier: Apache-2.0 */
/* Streams and events in simulated time. A stream is the moment when it will have done its work. */
#include "tests/fake/cuda/sim.h"

#include <stdlib.h>

#define EVENT_NO_TIMING 2u
#define RECORD_EXTERNAL 1u

/* A thread's default stream, in the context that it was last asked for in. */
static __thread CUstream of_thread;

CUstream sim_stream_new(CUcontext context, unsigned flags)
{
	CUstream stream = sim_new(sizeof(*stream));

	stream->context = context;
	stream->id = sim_new_id();
	stream->flags = flags;
	stream->next = context->streams;
	context->streams = stream;
	return stream;
}

CUstream sim_stream(CUstream handle, bool per_thread)
{
	CUcontext context = sim_current();

	if (handle && handle != CU_STREAM_LEGACY && handle != CU_STREAM_PER_THREAD)
		return handle;
	if (!context)
		return NULL;
	if (handle == CU_STREAM_LEGACY || (!handle && !per_thread))
		return context->legacy;
	if (!of_thread || of_thread->context != context)
		of_thread = sim_stream_new(context, 0);
	return of_thread;
}

int sim_stream_create(CUstream *out, unsigned flags, int priority)
{
	if (!sim_current())
		return CUDA_ERROR_INVALID_CONTEXT;
	if (flags > SIM_STREAM_NON_BLOCK)
		return CUDA_ERROR_INVALID_VALUE;
	*out = sim_stream_new(sim_current(), flags);
	(*out)->priority = priority;
	return CUDA_SUCCESS;
}

/* What it was given is done all the same. Its memory stays, since others may be waiting for it. */
int sim_stream_destroy(CUstream stream)
{
	CUstream *link = stream ? &stream->context->streams : NULL;

	if (!stream || stream->is_legacy)
		return CUDA_ERROR_INVALID_HANDLE;
	if (stream->capture)
		sim_capture_break(stream->capture);
	while (*link && *link != stream)
		link = &(*link)->next;
	if (*link)
		*link = stream->next;
	return CUDA_SUCCESS;
}

/* The legacy stream and those that wait for it and that it waits for. */
static uint64_t behind(CUstream stream)
{
	uint64_t t_ns = stream->free_ns;

	if (stream->flags & SIM_STREAM_NON_BLOCK)
		return t_ns;
	if (!stream->is_legacy)
		return t_ns > stream->context->legacy->free_ns ? t_ns
							       : stream->context->legacy->free_ns;
	for (CUstream s = stream->context->streams; s; s = s->next)
		if (!(s->flags & SIM_STREAM_NON_BLOCK) && s->free_ns > t_ns)
			t_ns = s->free_ns;
	return t_ns;
}

uint64_t sim_stream_take(CUstream stream, uint64_t duration_ns)
{
	uint64_t now_ns = sim_now_ns();
	uint64_t start_ns = behind(stream);

	if (start_ns < now_ns)
		start_ns = now_ns;
	stream->free_ns = start_ns + duration_ns;
	return stream->free_ns;
}

void sim_stream_drain(CUstream stream)
{
	while (stream->jobs)
		sim_pause();
	while (stream->free_ns > sim_now_ns())
		sim_sleep_until(stream->free_ns);
}

/* To ask a stream how far it is, while it is captured, ends the capture. */
static int refuse_captured(CUstream stream)
{
	if (!stream)
		return CUDA_ERROR_INVALID_HANDLE;
	if (stream->capture) {
		sim_capture_break(stream->capture);
		return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
	}
	return sim_capture_implicit(stream);
}

int sim_stream_query(CUstream stream)
{
	int err = refuse_captured(stream);

	if (err)
		return err;
	return stream->jobs || behind(stream) > sim_now_ns() ? CUDA_ERROR_NOT_READY : CUDA_SUCCESS;
}

int sim_stream_synchronize(CUstream stream)
{
	int err = refuse_captured(stream);

	if (err)
		return err;
	for (CUstream s = stream->is_legacy ? stream->context->streams : NULL; s; s = s->next)
		if (!(s->flags & SIM_STREAM_NON_BLOCK))
			sim_stream_drain(s);
	sim_stream_drain(stream);
	return CUDA_SUCCESS;
}

int sim_stream_wait(CUstream stream, CUevent event)
{
	if (!stream || !event)
		return CUDA_ERROR_INVALID_HANDLE;
	if (event->capture || stream->capture)
		return sim_capture_join(stream, event);
	if (event->is_recorded && event->at_ns > stream->free_ns)
		stream->free_ns = event->at_ns;
	return CUDA_SUCCESS;
}

int sim_event_create(CUevent *out, unsigned flags)
{
	if (!sim_current())
		return CUDA_ERROR_INVALID_CONTEXT;
	*out = sim_new(sizeof(**out));
	(*out)->context = sim_current();
	(*out)->flags = flags;
	return CUDA_SUCCESS;
}

int sim_event_destroy(CUevent event)
{
	if (!event)
		return CUDA_ERROR_INVALID_HANDLE;
	free(event->tail);
	free(event);
	return CUDA_SUCCESS;
}

int sim_event_record(CUevent event, CUstream stream, unsigned flags)
{
	struct sim_work work = {.kind = CU_GRAPH_NODE_TYPE_EVENT_RECORD, .event = event};
	int err;

	if (!event || !stream)
		return CUDA_ERROR_INVALID_HANDLE;
	if (stream->capture && (flags & RECORD_EXTERNAL))
		return sim_capture_add(stream, &work);
	if (stream->capture) {
		sim_capture_record(event, stream);
		return CUDA_SUCCESS;
	}
	err = sim_capture_implicit(stream);
	if (err)
		return err;
	event->capture = NULL;
	event->is_recorded = true;
	event->at_ns = sim_stream_take(stream, 0);
	return CUDA_SUCCESS;
}

int sim_event_query(CUevent event)
{
	int err;

	if (!event)
		return CUDA_ERROR_INVALID_HANDLE;
	if (event->capture)
		return CUDA_ERROR_CAPTURED_EVENT;
	err = sim_unsafe();
	if (err)
		return err;
	return event->is_recorded && event->at_ns > sim_now_ns() ? CUDA_ERROR_NOT_READY
								 : CUDA_SUCCESS;
}

int sim_event_synchronize(CUevent event)
{
	int err;

	if (!event)
		return CUDA_ERROR_INVALID_HANDLE;
	if (event->capture)
		return CUDA_ERROR_CAPTURED_EVENT;
	err = sim_unsafe();
	while (!err && event->is_recorded && event->at_ns > sim_now_ns())
		sim_sleep_until(event->at_ns);
	return err;
}

int sim_event_elapsed(float *ms, CUevent start, CUevent end)
{
	if (!start || !end)
		return CUDA_ERROR_INVALID_HANDLE;
	if ((start->flags | end->flags) & EVENT_NO_TIMING || !start->is_recorded ||
	    !end->is_recorded)
		return CUDA_ERROR_INVALID_HANDLE;
	if (start->capture || end->capture)
		return CUDA_ERROR_CAPTURED_EVENT;
	if (start->at_ns > sim_now_ns() || end->at_ns > sim_now_ns())
		return CUDA_ERROR_NOT_READY;
	*ms = (float)((double)(int64_t)(end->at_ns - start->at_ns) / 1e6);
	return CUDA_SUCCESS;
}
