/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs, their nodes, and what was instantiated of them: a clone with its own settings. */
#include "tests/fake/cuda/sim.h"

#include <stdlib.h>
#include <string.h>

int sim_graph_create(CUgraph *out)
{
	*out = sim_new(sizeof(**out));
	(*out)->end = &(*out)->first;
	return CUDA_SUCCESS;
}

int sim_graph_destroy(CUgraph graph)
{
	CUgraphNode node = graph ? graph->first : NULL;

	if (!graph)
		return CUDA_ERROR_INVALID_VALUE;
	while (node) {
		CUgraphNode next = node->next;

		free(node->after);
		free(node);
		node = next;
	}
	free(graph);
	return CUDA_SUCCESS;
}

static bool is_known(CUgraph graph, const CUgraphNode *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!nodes[i] || nodes[i]->graph != graph)
			return false;
	return true;
}

int sim_graph_add(CUgraphNode *out, CUgraph graph, const CUgraphNode *after, size_t afters,
		  const struct sim_work *work)
{
	CUgraphNode node;

	if (!graph || !is_known(graph, after, afters))
		return CUDA_ERROR_INVALID_VALUE;
	node = sim_new(sizeof(*node));
	node->graph = graph;
	node->work = *work;
	sim_tail_set(&node->after, &node->afters, after, afters);
	if (work->kind == CU_GRAPH_NODE_TYPE_GRAPH)
		sim_graph_clone(&node->work.graph, work->graph);
	*graph->end = node;
	graph->end = &node->next;
	graph->nodes++;
	*out = node;
	return CUDA_SUCCESS;
}

static CUgraphNode clone_of(CUgraph graph, CUgraphNode original)
{
	CUgraphNode node = graph->first;

	while (node && node->original != original)
		node = node->next;
	return node;
}

int sim_graph_clone(CUgraph *out, CUgraph graph)
{
	if (!graph)
		return CUDA_ERROR_INVALID_VALUE;
	sim_graph_create(out);
	(*out)->original = graph;
	for (CUgraphNode node = graph->first; node; node = node->next) {
		CUgraphNode copy;

		sim_graph_add(&copy, *out, NULL, 0, &node->work);
		copy->original = node;
		copy->is_off = node->is_off;
	}
	for (CUgraphNode node = (*out)->first; node; node = node->next) {
		sim_tail_set(&node->after, &node->afters, node->original->after,
			     node->original->afters);
		for (size_t i = 0; i < node->afters; i++)
			node->after[i] = clone_of(*out, node->after[i]);
	}
	return CUDA_SUCCESS;
}

/* Copies are described otherwise in the form that fits all kinds. */
struct any_copy {
	int flags;
	int reserved;
	CUcontext context;
	CUDA_MEMCPY3D copy;
};

static int work_of(struct sim_work *work, const CUgraphNodeParams *params)
{
	const void *body = params->reserved1;

	memset(work, 0, sizeof(*work));
	work->kind = params->type;
	switch (params->type) {
	case CU_GRAPH_NODE_TYPE_KERNEL:
		work->kernel = params->kernel;
		return CUDA_SUCCESS;
	case CU_GRAPH_NODE_TYPE_MEMCPY:
		work->copy = ((const struct any_copy *)body)->copy;
		return CUDA_SUCCESS;
	case CU_GRAPH_NODE_TYPE_MEMSET:
		work->set = *(const CUDA_MEMSET_NODE_PARAMS *)body;
		return CUDA_SUCCESS;
	case CU_GRAPH_NODE_TYPE_HOST:
		work->host = *(const CUDA_HOST_NODE_PARAMS *)body;
		return CUDA_SUCCESS;
	case CU_GRAPH_NODE_TYPE_GRAPH:
		work->graph = params->graph;
		return CUDA_SUCCESS;
	case CU_GRAPH_NODE_TYPE_WAIT_EVENT:
	case CU_GRAPH_NODE_TYPE_EVENT_RECORD:
		memcpy(&work->event, body, sizeof(work->event));
		return CUDA_SUCCESS;
	case CU_GRAPH_NODE_TYPE_EMPTY:
	case CU_GRAPH_NODE_TYPE_MEM_FREE:
	case CU_GRAPH_NODE_TYPE_CONDITIONAL: /* its body is not simulated */
		return CUDA_SUCCESS;
	default:
		return CUDA_ERROR_NOT_SUPPORTED;
	}
}

int sim_graph_add_any(CUgraphNode *out, CUgraph graph, const CUgraphNode *after, size_t afters,
		      const CUgraphNodeParams *params)
{
	struct sim_work work;
	int err = work_of(&work, params);

	return err ? err : sim_graph_add(out, graph, after, afters, &work);
}

/* Without `out` only the number is told; with it, at most `count` are. */
static void put(CUgraphNode *out, size_t room, size_t *found, CUgraphNode node)
{
	if (out && *found < room)
		out[*found] = node;
	++*found;
}

int sim_graph_nodes(CUgraph graph, CUgraphNode *out, size_t *count, bool roots)
{
	size_t found = 0;

	if (!graph || !count)
		return CUDA_ERROR_INVALID_VALUE;
	for (CUgraphNode node = graph->first; node; node = node->next)
		if (!roots || !node->afters)
			put(out, *count, &found, node);
	*count = found;
	return CUDA_SUCCESS;
}

int sim_graph_edges(CUgraph graph, CUgraphNode *from, CUgraphNode *to, size_t *count)
{
	size_t found = 0;

	if (!graph || !count)
		return CUDA_ERROR_INVALID_VALUE;
	for (CUgraphNode node = graph->first; node; node = node->next)
		for (size_t i = 0; i < node->afters; i++) {
			size_t same = found;

			put(from, *count, &same, node->after[i]);
			put(to, *count, &found, node);
		}
	*count = found;
	return CUDA_SUCCESS;
}

static void depend(CUgraphNode from, CUgraphNode to, bool add)
{
	CUgraphNode *all = sim_new((to->afters + 1) * sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; i < to->afters; i++)
		if (to->after[i] != from)
			all[count++] = to->after[i];
	if (add)
		all[count++] = from;
	sim_tail_set(&to->after, &to->afters, all, count);
	free(all);
}

int sim_graph_depend(const CUgraphNode *from, const CUgraphNode *to, size_t count, bool add)
{
	for (size_t i = 0; i < count; i++) {
		if (!from[i] || !to[i] || from[i]->graph != to[i]->graph)
			return CUDA_ERROR_INVALID_VALUE;
		depend(from[i], to[i], add);
	}
	return CUDA_SUCCESS;
}

int sim_node_type(CUgraphNode node, int *type)
{
	if (!node)
		return CUDA_ERROR_INVALID_VALUE;
	*type = (int)node->work.kind;
	return CUDA_SUCCESS;
}

int sim_node_before(CUgraphNode node, CUgraphNode *out, size_t *count)
{
	size_t found = 0;

	if (!node)
		return CUDA_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < node->afters; i++)
		put(out, *count, &found, node->after[i]);
	*count = found;
	return CUDA_SUCCESS;
}

static bool is_after(CUgraphNode node, CUgraphNode before)
{
	for (size_t i = 0; i < node->afters; i++)
		if (node->after[i] == before)
			return true;
	return false;
}

int sim_node_behind(CUgraphNode node, CUgraphNode *out, size_t *count)
{
	size_t found = 0;

	if (!node)
		return CUDA_ERROR_INVALID_VALUE;
	for (CUgraphNode other = node->graph->first; other; other = other->next)
		if (is_after(other, node))
			put(out, *count, &found, other);
	*count = found;
	return CUDA_SUCCESS;
}

int sim_node_destroy(CUgraphNode node)
{
	CUgraphNode *link = node ? &node->graph->first : NULL;

	if (!node)
		return CUDA_ERROR_INVALID_VALUE;
	for (CUgraphNode other = node->graph->first; other; other = other->next)
		if (is_after(other, node))
			depend(node, other, false);
	while (*link != node)
		link = &(*link)->next;
	*link = node->next;
	if (!node->next)
		node->graph->end = link;
	node->graph->nodes--;
	free(node->after);
	free(node);
	return CUDA_SUCCESS;
}

int sim_node_clone(CUgraphNode *out, CUgraphNode node, CUgraph clone)
{
	*out = node && clone ? clone_of(clone, node) : NULL;
	return *out ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

int sim_node_get(CUgraphNode node, CUgraphNodeType kind, void *out, size_t bytes)
{
	if (!node || node->work.kind != kind)
		return CUDA_ERROR_INVALID_VALUE;
	memcpy(out, &node->work.kernel, bytes);
	return CUDA_SUCCESS;
}

int sim_node_set(CUgraphNode node, CUgraphNodeType kind, const void *in, size_t bytes)
{
	if (!node || node->work.kind != kind)
		return CUDA_ERROR_INVALID_VALUE;
	memset(&node->work.kernel, 0, sizeof(node->work.kernel));
	memcpy(&node->work.kernel, in, bytes);
	return CUDA_SUCCESS;
}

int sim_node_set_any(CUgraphNode node, const CUgraphNodeParams *params)
{
	struct sim_work work;
	int err = work_of(&work, params);

	if (err || !node || node->work.kind != work.kind)
		return err ? err : CUDA_ERROR_INVALID_VALUE;
	if (work.kind == CU_GRAPH_NODE_TYPE_GRAPH)
		sim_graph_clone(&work.graph, work.graph);
	node->work = work;
	return CUDA_SUCCESS;
}

int sim_exec_create(CUgraphExec *out, CUgraph graph, cuuint64_t flags)
{
	if (!graph)
		return CUDA_ERROR_INVALID_VALUE;
	*out = sim_new(sizeof(**out));
	(*out)->flags = flags;
	return sim_graph_clone(&(*out)->graph, graph);
}

int sim_exec_destroy(CUgraphExec exec)
{
	int err = exec ? sim_graph_destroy(exec->graph) : CUDA_ERROR_INVALID_VALUE;

	free(exec);
	return err;
}

int sim_exec_launch(CUgraphExec exec, CUstream stream, const char *call)
{
	struct sim_work work = {.kind = CU_GRAPH_NODE_TYPE_GRAPH};

	if (!exec || !stream)
		return CUDA_ERROR_INVALID_HANDLE;
	work.graph = exec->graph;
	return sim_submit(stream, &work, call);
}

/* The nodes must be of the same kinds in the same order; their work is taken over. */
int sim_exec_update(CUgraphExec exec, CUgraph graph, int *result)
{
	CUgraphNode own = exec ? exec->graph->first : NULL;
	CUgraphNode other = graph ? graph->first : NULL;

	for (; own && other; own = own->next, other = other->next)
		if (own->work.kind != other->work.kind)
			break;
	*result = own || other; /* 1: the topology changed */
	if (*result)
		return CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
	other = graph->first;
	for (own = exec->graph->first; own; own = own->next, other = other->next) {
		own->work = other->work;
		if (own->work.kind == CU_GRAPH_NODE_TYPE_GRAPH)
			sim_graph_clone(&own->work.graph, other->work.graph);
	}
	return CUDA_SUCCESS;
}

CUgraphNode sim_exec_node(CUgraphExec exec, CUgraphNode node)
{
	return exec && node ? clone_of(exec->graph, node) : NULL;
}

/* Only kernels, copies and memsets can be left out. */
int sim_exec_set_on(CUgraphExec exec, CUgraphNode node, unsigned on)
{
	CUgraphNode own = sim_exec_node(exec, node);

	if (!own || own->work.kind > CU_GRAPH_NODE_TYPE_MEMSET)
		return CUDA_ERROR_INVALID_VALUE;
	own->is_off = !on;
	return CUDA_SUCCESS;
}

int sim_exec_on(CUgraphExec exec, CUgraphNode node, unsigned *on)
{
	CUgraphNode own = sim_exec_node(exec, node);

	if (!own)
		return CUDA_ERROR_INVALID_VALUE;
	*on = !own->is_off;
	return CUDA_SUCCESS;
}
