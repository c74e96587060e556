/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels of graphs. What a graph holds is looked at when it is instantiated, and one launch of it
 * counts them all. What cannot be looked at is told as uncovered: the body of a conditional node,
 * which runs as often as the device decides; a graph that the device launches itself; one that is
 * instantiated while anything is captured.
 */
#include <errno.h>

#include "preload/cuda.h"
#include "preload/cuda_wrap.h"
#include "preload/entry.h"
#include "preload/memory.h"

#define DEPTH_MAX 8u	     /* of graphs within graphs */
#define NODES_MAX (1u << 20) /* of one graph */

/* One kernel; those of a child graph stand together. */
struct node {
	CUgraphNode node;
	CUgraphNode child; /* the node whose child graph holds it directly, or NULL */
	uint16_t label;
	bool on;
};

struct part {
	uint32_t count;
	uint16_t label;
};

/* Kernels of an executable graph, and how many of each label are switched on. */
struct cuda_graph {
	size_t bytes; /* of this mapping */
	uint32_t nodes, parts;
	struct part *part;
	struct node node[];
};

/* A walk over a graph: `node` is NULL while nodes are only counted. */
struct walk {
	struct life *life;
	struct cuda *cuda;
	struct node *node;
	uint32_t n, room;
	uint32_t depth;
	bool whole; /* everything could be looked at */
};

/* ---- what is in a graph ---- */

static uint16_t label_of(const struct walk *w, CUgraphNode node)
{
	__typeof__(&cuGraphKernelNodeGetParams_v2) real = CUDA_REAL(cuGraphKernelNodeGetParams_v2);
	CUDA_KERNEL_NODE_PARAMS what = {0};

	if (!real)
		real = CUDA_REAL(cuGraphKernelNodeGetParams);
	if (!real || real(node, &what) != CUDA_SUCCESS)
		return cuda_label(w->life, w->cuda, NULL);
	return cuda_name_node(w->life, w->cuda, what.func, what.kern);
}

static void take_kernel(struct walk *w, CUgraphNode node, CUgraphNode child)
{
	if (w->node && w->n < w->room)
		w->node[w->n] = (struct node){node, child, label_of(w, node), true};
	w->n++;
}

static void walk(struct walk *w, CUgraph graph, CUgraphNode child);

static void take_child(struct walk *w, CUgraphNode node)
{
	__typeof__(&cuGraphChildGraphNodeGetGraph) real = CUDA_REAL(cuGraphChildGraphNodeGetGraph);
	CUgraph graph = NULL;

	if (!real || w->depth == DEPTH_MAX || real(node, &graph) != CUDA_SUCCESS) {
		w->whole = false;
		return;
	}
	w->depth++;
	walk(w, graph, node);
	w->depth--;
}

static void take(struct walk *w, CUgraphNode node, CUgraphNode child)
{
	__typeof__(&cuGraphNodeGetType) real = CUDA_REAL(cuGraphNodeGetType);
	CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;

	if (!real || real(node, &type) != CUDA_SUCCESS)
		w->whole = false;
	else if (type == CU_GRAPH_NODE_TYPE_KERNEL)
		take_kernel(w, node, child);
	else if (type == CU_GRAPH_NODE_TYPE_GRAPH)
		take_child(w, node);
	else if (type == CU_GRAPH_NODE_TYPE_CONDITIONAL)
		w->whole = false;
}

static void walk(struct walk *w, CUgraph graph, CUgraphNode child)
{
	__typeof__(&cuGraphGetNodes) real = CUDA_REAL(cuGraphGetNodes);
	CUgraphNode *list;
	size_t n = 0, bytes;

	if (!real || real(graph, NULL, &n) != CUDA_SUCCESS || n > NODES_MAX) {
		w->whole = false;
		return;
	}
	bytes = n * sizeof(CUgraphNode);
	list = n ? memory_make(bytes) : NULL;
	if (list && real(graph, list, &n) == CUDA_SUCCESS)
		for (size_t i = 0; i < n && w->n < NODES_MAX; i++)
			take(w, list[i], child);
	else
		w->whole &= !n;
	if (list)
		memory_free(list, bytes);
}

/* ---- what of it is switched on ---- */

static void change(struct cuda_graph *g, uint16_t label, bool more)
{
	uint32_t i = 0;

	while (i < g->parts && g->part[i].label != label)
		i++;
	if (i == g->parts)
		g->part[g->parts++] = (struct part){.label = label};
	g->part[i].count += more ? 1 : (uint32_t)-1;
}

static void count_parts(struct cuda_graph *g)
{
	g->parts = 0;
	for (uint32_t i = 0; i < g->nodes; i++)
		if (g->node[i].on)
			change(g, g->node[i].label, true);
}

/* Gives a kernel another function. Parts are counted anew, so that there is never more than one for
 * each kernel. */
static void relabel(struct cuda_graph *g, struct node *node, uint16_t label)
{
	if (node->label == label)
		return;
	node->label = label;
	count_parts(g);
}

static struct cuda_graph *make(struct life *life, struct cuda *cuda, CUgraph graph, bool *whole)
{
	struct walk w = {.life = life, .cuda = cuda, .whole = true};
	struct cuda_graph *g;
	size_t bytes;

	walk(&w, graph, NULL);
	bytes = sizeof(*g) + w.n * (sizeof(struct node) + sizeof(struct part));
	g = memory_make(bytes);
	if (!g)
		return NULL;
	g->bytes = bytes;
	g->part = (struct part *)(g->node + w.n);
	w.node = g->node;
	w.room = w.n;
	w.n = 0;
	walk(&w, graph, NULL);
	g->nodes = w.n < w.room ? w.n : w.room;
	count_parts(g);
	*whole = w.whole;
	return g;
}

/* ---- executable graphs ---- */

static struct cuda_graph *find(struct cuda *cuda, CUgraphExec exec)
{
	return (struct cuda_graph *)(uintptr_t)handles_get(cuda->graph, CUDA_GRAPH_SETS,
							   (uint64_t)(uintptr_t)exec);
}

static void remove_graph(struct cuda *cuda, CUgraphExec exec)
{
	struct cuda_graph *g = (struct cuda_graph *)(uintptr_t)handles_take(
		cuda->graph, CUDA_GRAPH_SETS, (uint64_t)(uintptr_t)exec);

	if (g)
		memory_free(g, g->bytes);
}

void cuda_graph_made(CUgraphExec exec, CUgraph graph, unsigned long long flags)
{
	const int saved = errno;
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);
	struct cuda_graph *g = NULL;
	bool whole = true;

	if (!t)
		return;
	remove_graph(cuda, exec); /* of one that was destroyed unseen */
	if (!cuda_is_capturing(cuda))
		g = make(t->life, cuda, graph, &whole);
	if (g && !handles_put(cuda->graph, CUDA_GRAPH_SETS, (uint64_t)(uintptr_t)exec,
			      (uint64_t)(uintptr_t)g)) {
		memory_free(g, g->bytes);
		g = NULL;
	}
	if (!g || !whole || (flags & CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH))
		life_uncovered(WIRE_UNCOVERED_GRAPH);
	errno = saved;
}

/*
 * The executable graph now does what another graph of the same shape does; its nodes stay known by
 * the handles of the first, and stay switched off where they were.
 */
void cuda_graph_updated(CUgraphExec exec, CUgraph graph)
{
	const int saved = errno;
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);
	struct cuda_graph *g = t ? find(cuda, exec) : NULL;
	struct cuda_graph *other = NULL;
	bool whole = true;

	if (!g)
		return;
	if (!cuda_is_capturing(cuda))
		other = make(t->life, cuda, graph, &whole);
	if (other && other->nodes == g->nodes) {
		for (uint32_t i = 0; i < g->nodes; i++)
			g->node[i].label = other->node[i].label;
		count_parts(g);
	} else {
		life_uncovered(WIRE_UNCOVERED_GRAPH);
	}
	if (other)
		memory_free(other, other->bytes);
	errno = saved;
}

static struct node *find_node(struct cuda_graph *g, CUgraphNode node)
{
	for (uint32_t i = 0; g && i < g->nodes; i++)
		if (g->node[i].node == node)
			return &g->node[i];
	return NULL;
}

void cuda_graph_enabled(CUgraphExec exec, CUgraphNode node, bool on)
{
	struct cuda *cuda;
	struct cuda_graph *g = cuda_enter(&cuda) ? find(cuda, exec) : NULL;
	struct node *n = find_node(g, node);

	if (!n || n->on == on)
		return;
	n->on = on;
	change(g, n->label, on);
}

void cuda_graph_kernel(CUgraphExec exec, CUgraphNode node, CUfunction function, CUkernel kernel)
{
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);
	struct cuda_graph *g = t ? find(cuda, exec) : NULL;
	struct node *n = find_node(g, node);

	if (n)
		relabel(g, n, cuda_name_node(t->life, cuda, function, kernel));
}

void cuda_graph_child(CUgraphExec exec, CUgraphNode node, CUgraph child)
{
	const int saved = errno;
	struct cuda *cuda;
	struct ring_thread *t = cuda_enter(&cuda);
	struct cuda_graph *g = t ? find(cuda, exec) : NULL;
	struct cuda_graph *other = NULL;
	bool whole = true;
	uint32_t from = 0, n = 0;

	while (g && from < g->nodes && g->node[from].child != node)
		from++;
	while (g && from + n < g->nodes && g->node[from + n].child == node)
		n++;
	if (n && !cuda_is_capturing(cuda))
		other = make(t->life, cuda, child, &whole);
	if (other && other->nodes == n) {
		for (uint32_t i = 0; i < n; i++)
			g->node[from + i].label = other->node[i].label;
		count_parts(g);
	} else if (n) {
		life_uncovered(WIRE_UNCOVERED_GRAPH);
	}
	if (other)
		memory_free(other, other->bytes);
	errno = saved;
}

void cuda_graph_gone(CUgraphExec exec)
{
	struct cuda *cuda;

	if (cuda_enter(&cuda))
		remove_graph(cuda, exec);
}

void cuda_graph_count(struct ring_thread *t, struct cuda *cuda, CUgraphExec exec, uint8_t device)
{
	const struct cuda_graph *g = find(cuda, exec);

	if (!g) /* told when it was instantiated, unless that was not seen */
		life_uncovered(WIRE_UNCOVERED_GRAPH);
	for (uint32_t i = 0; g && i < g->parts; i++)
		if (g->part[i].count)
			ring_count_more(t, entry_of(t->life, g->part[i].label, device),
					g->part[i].count);
}
