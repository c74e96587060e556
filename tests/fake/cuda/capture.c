/* SPDX-License-Identifier: Apache-2.0 */
/* Stream capture, and what is forbidden while it lasts. */
#include "tests/fake/cuda/sim.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct sim_capture *captures;
static __thread int thread_mode = CU_STREAM_CAPTURE_MODE_GLOBAL;

bool sim_is_capturing(void)
{
	return captures;
}

void sim_tail_set(CUgraphNode **tail, size_t *tails, const CUgraphNode *nodes, size_t count)
{
	CUgraphNode *copy = sim_new((count ? count : 1) * sizeof(*copy));

	if (count)
		memcpy(copy, nodes, count * sizeof(*copy));
	free(*tail);
	*tail = copy;
	*tails = count;
}

void sim_capture_break(struct sim_capture *capture)
{
	capture->is_broken = true;
}

int sim_unsafe(void)
{
	const int thread = gettid();
	bool is_refused = false;

	if (thread_mode == CU_STREAM_CAPTURE_MODE_RELAXED)
		return CUDA_SUCCESS;
	for (struct sim_capture *c = captures; c; c = c->next) {
		bool is_own = c->thread == thread && c->mode != CU_STREAM_CAPTURE_MODE_RELAXED;
		bool is_wide = thread_mode == CU_STREAM_CAPTURE_MODE_GLOBAL &&
			       c->mode == CU_STREAM_CAPTURE_MODE_GLOBAL;

		if (is_own || is_wide) {
			sim_capture_break(c);
			is_refused = true;
		}
	}
	return is_refused ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_SUCCESS;
}

int sim_capture_implicit(CUstream stream)
{
	bool is_refused = false;

	for (CUstream s = stream->is_legacy ? stream->context->streams : NULL; s; s = s->next)
		if (s->capture && !(s->flags & SIM_STREAM_NON_BLOCK)) {
			sim_capture_break(s->capture);
			is_refused = true;
		}
	return is_refused ? CUDA_ERROR_STREAM_CAPTURE_IMPLICIT : CUDA_SUCCESS;
}

int sim_capture_begin(CUstream stream, int mode, CUgraph graph)
{
	struct sim_capture *capture;

	if (!stream)
		return CUDA_ERROR_INVALID_HANDLE;
	if (stream->is_legacy)
		return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
	if (stream->capture)
		return CUDA_ERROR_ILLEGAL_STATE;
	capture = sim_new(sizeof(*capture));
	*capture = (struct sim_capture){sim_new_id(),  mode,  gettid(), false,
					graph != NULL, graph, stream,	captures};
	if (!graph)
		sim_graph_create(&capture->graph);
	captures = capture;
	stream->capture = capture;
	sim_tail_set(&stream->tail, &stream->tails, NULL, 0);
	return CUDA_SUCCESS;
}

static void forget(struct sim_capture *capture, CUcontext context)
{
	struct sim_capture **link = &captures;

	for (CUstream s = context->streams; s; s = s->next)
		if (s->capture == capture)
			s->capture = NULL;
	while (*link != capture)
		link = &(*link)->next;
	*link = capture->next;
}

/* The capture itself is kept: events that it recorded are known by it. */
int sim_capture_end(CUstream stream, CUgraph *out)
{
	struct sim_capture *capture = stream ? stream->capture : NULL;

	if (!capture)
		return CUDA_ERROR_ILLEGAL_STATE;
	if (capture->origin != stream)
		return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
	if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED && capture->thread != gettid())
		return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
	forget(capture, stream->context);
	*out = capture->is_broken ? NULL : capture->graph;
	return capture->is_broken ? CUDA_ERROR_STREAM_CAPTURE_INVALIDATED : CUDA_SUCCESS;
}

static const CUgraphEdgeData no_edges[64];

int sim_capture_info(CUstream stream, int *status, cuuint64_t *id, CUgraph *graph,
		     const CUgraphNode **tail, const CUgraphEdgeData **edges, size_t *tails)
{
	const struct sim_capture *capture = stream ? stream->capture : NULL;
	int err = stream ? sim_capture_implicit(stream) : CUDA_ERROR_INVALID_HANDLE;

	if (err)
		return err;
	*status = CU_STREAM_CAPTURE_STATUS_NONE;
	if (!capture)
		return CUDA_SUCCESS;
	*status = capture->is_broken ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
				     : CU_STREAM_CAPTURE_STATUS_ACTIVE;
	if (id)
		*id = capture->id;
	if (graph)
		*graph = capture->graph;
	if (tail)
		*tail = stream->tail;
	if (edges)
		*edges = no_edges;
	if (tails)
		*tails = stream->tails;
	return CUDA_SUCCESS;
}

int sim_capture_tail(CUstream stream, CUgraphNode *nodes, size_t count, bool set)
{
	CUgraphNode *all;

	if (!stream || !stream->capture)
		return CUDA_ERROR_ILLEGAL_STATE;
	if (set) {
		sim_tail_set(&stream->tail, &stream->tails, nodes, count);
		return CUDA_SUCCESS;
	}
	all = sim_new((stream->tails + count + 1) * sizeof(*all));
	if (stream->tails)
		memcpy(all, stream->tail, stream->tails * sizeof(*all));
	if (count)
		memcpy(all + stream->tails, nodes, count * sizeof(*all));
	sim_tail_set(&stream->tail, &stream->tails, all, stream->tails + count);
	free(all);
	return CUDA_SUCCESS;
}

int sim_capture_mode(int *mode)
{
	int before = thread_mode;

	thread_mode = *mode;
	*mode = before;
	return CUDA_SUCCESS;
}

int sim_capture_add(CUstream stream, const struct sim_work *work)
{
	struct sim_capture *capture = stream->capture;
	CUgraphNode node;
	int err;

	if (capture->is_broken)
		return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
	err = sim_graph_add(&node, capture->graph, stream->tail, stream->tails, work);
	if (!err)
		sim_tail_set(&stream->tail, &stream->tails, &node, 1);
	return err;
}

void sim_capture_record(CUevent event, CUstream stream)
{
	event->capture = stream->capture;
	sim_tail_set(&event->tail, &event->tails, stream->tail, stream->tails);
}

/* A stream that waits for a captured event is captured from then on. */
int sim_capture_join(CUstream stream, CUevent event)
{
	struct sim_capture *capture = captures;

	while (capture && capture != event->capture)
		capture = capture->next;
	if (!event->capture) /* recorded outside of the capture */
		return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
	if (!capture)
		return CUDA_ERROR_CAPTURED_EVENT;
	if (stream->capture && stream->capture != capture) {
		sim_capture_break(stream->capture);
		sim_capture_break(capture);
		return CUDA_ERROR_STREAM_CAPTURE_MERGE;
	}
	if (!stream->capture) {
		stream->capture = capture;
		sim_tail_set(&stream->tail, &stream->tails, event->tail, event->tails);
		return CUDA_SUCCESS;
	}
	return sim_capture_tail(stream, event->tail, event->tails, false);
}
