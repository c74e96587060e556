/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test double: a CUDA driver (libcuda.so.1) with simulated GPUs, for machines that have none. It
 * says so ("gramme simulated GPU"). Kernels are not executed: each takes its time on a device clock
 * that is CLOCK_MONOTONIC. Copies and memsets are done, on memory of the host. Streams, events,
 * graphs and captures keep the driver's order and the driver's refusals: who asks during a capture
 * what must not be asked then loses the capture, as on a GPU.
 *
 * It counts by itself what it was asked and what it executed (tests/fake/tally.h), in SIMGPU_TALLY:
 *   kernel NAME    executions of a kernel, those of graphs among them
 *   call NAME      copies, memsets, prefetches, host functions and launches of graphs, by the name
 *                  without _v2, _ptsz, _ptds; none of those that are captured
 *   node KIND      executed nodes of graphs that are no kernels
 *   api NAME       every call, by its exported name
 *   captured NAME  those of them that came while any stream was captured
 *
 *   SIMGPU_COUNT       GPUs (default 1); CUDA_VISIBLE_DEVICES is understood
 *   SIMGPU_DRIVER      version that the driver claims (default 13000); newer calls are not there
 *   SIMGPU_KERNEL_NS   time of a kernel (default 1000)
 *   SIMGPU_KERNELS     NAME=NS,... of kernels that take another time
 *   SIMGPU_COPY_NS     time of a copy or memset (default 500)
 *   SIMGPU_FAIL        NAME:N=ERROR,...: the N-th call of NAME returns that error and does nothing
 *   SIMGPU_TALLY       the tally
 *   SIMGPU_LOG         a file that gets a line a call
 *
 * One lock is held in every call, and given back while one waits.
 */
#ifndef GRAMME_TESTS_FAKE_CUDA_SIM_H
#define GRAMME_TESTS_FAKE_CUDA_SIM_H

#include <stdbool.h>

#include "preload/cuda_abi.h"

#define SIM_DEVICES_MAX	     16u
#define SIM_MEMORY_BYTES     ((size_t)16 << 30)
#define SIM_GRANULARITY	     ((size_t)2 << 20)
#define SIM_ATTRIBUTES	     24
#define SIM_STREAM_NON_BLOCK 1u

struct sim_settings {
	int driver_version;
	unsigned devices;
	uint64_t kernel_ns;
	uint64_t copy_ns;
	const char *kernels;
};
extern struct sim_settings sim_settings;

struct CUctx_st {
	uint64_t id;
	int device;
	unsigned flags;
	unsigned refs; /* of a primary one */
	bool is_primary;
	CUstream legacy;
	CUstream streams; /* all that were made in it */
};

/* A function; a kernel (CUkern_st), which is one of no context. */
struct CUfunc_st {
	char name[256];
	CUmodule module;
	CUcontext context;
	CUfunction kernel; /* what this function was made of, or NULL */
	CUfunction next;
	int attribute[SIM_ATTRIBUTES];
	unsigned block[3]; /* set beforehand, for the launches of before CUDA 4 */
};

/* A module; a library (CUlib_st), which is one of no context. */
struct CUmod_st {
	CUcontext context;
	bool is_library;
	CUmodule loaded; /* what a library was made into */
	CUfunction functions;
	unsigned count;
	struct sim_global *globals;
	char *names; /* the kernels that the image tells, each ended by a newline; NULL: not known
		      */
};

struct CUstream_st {
	CUcontext context;
	uint64_t id;
	unsigned flags;
	int priority;
	bool is_legacy;
	uint64_t free_ns; /* when it has done all that it was given */
	unsigned jobs;	  /* host functions to be called yet */
	struct sim_capture *capture;
	CUgraphNode *tail; /* what the next captured node depends on */
	size_t tails;
	CUstream next;
};

struct CUevent_st {
	CUcontext context;
	unsigned flags;
	bool is_recorded;
	uint64_t at_ns;
	struct sim_capture *capture; /* that recorded it; only compared */
	CUgraphNode *tail;
	size_t tails;
};

/* What a stream or a graph does. */
struct sim_work {
	CUgraphNodeType kind;
	union {
		CUDA_KERNEL_NODE_PARAMS kernel;
		CUDA_MEMCPY3D copy;
		CUDA_MEMSET_NODE_PARAMS set;
		CUDA_HOST_NODE_PARAMS host;
		CUgraph graph;
		CUevent event;
		CUdeviceptr pointer;
	};
};

struct CUgraphNode_st {
	CUgraph graph;
	struct sim_work work;
	CUgraphNode original; /* in the graph that this one's was cloned from */
	bool is_off;
	CUgraphNode *after;
	size_t afters;
	CUgraphNode next;
};

struct CUgraph_st {
	CUgraphNode first;
	CUgraphNode *end;
	size_t nodes;
	CUgraph original;
};

struct CUgraphExec_st {
	cuuint64_t flags;
	CUgraph graph; /* a clone of its own */
};

struct sim_capture {
	uint64_t id;
	int mode;
	int thread;
	bool is_broken;
	bool is_given; /* the graph is the program's */
	CUgraph graph;
	CUstream origin;
	struct sim_capture *next;
};

/* ---- entry.c: what is done for every call ---- */

/* A moment of CLOCK_MONOTONIC. */
uint64_t sim_now_ns(void);
/* Sleeps until then, or until somebody calls sim_changed; the lock is given back meanwhile. */
void sim_sleep_until(uint64_t t_ns);
void sim_pause(void);
void sim_changed(void);
void sim_lock(void);
void sim_unlock(void);
/* What SIMGPU_FAIL wants of the work that is about to be submitted; asked once. */
int sim_refusal(void);
uint64_t sim_new_id(void);
/* Zeroed memory; the process ends where there is none. */
void *sim_new(size_t bytes);

/* ---- proc.c ---- */

int sim_proc(const char *name, void **out, int version, cuuint64_t flags, int *status);
int sim_export_table(const void **table, const CUuuid *uuid);

/* ---- device.c ---- */

int sim_init(unsigned flags);
bool sim_is_ready(void); /* cuInit was called, in this process */
int sim_device_ok(CUdevice device);
int sim_device_get(CUdevice *device, int ordinal);
int sim_device_count(int *count);
int sim_device_name(char *name, int bytes, CUdevice device);
int sim_device_uuid(CUuuid *uuid, CUdevice device);
int sim_device_attribute(int *value, int attribute, CUdevice device);
int sim_device_bus_id(char *id, int bytes, CUdevice device);
int sim_device_of_bus_id(CUdevice *device, const char *id);
int sim_error_text(int error, const char **text);

/* ---- context.c ---- */

CUcontext sim_current(void); /* the calling thread's, or NULL */
int sim_context_create(CUcontext *out, unsigned flags, CUdevice device);
int sim_context_destroy(CUcontext context);
int sim_context_push(CUcontext context);
int sim_context_pop(CUcontext *out);
int sim_context_set(CUcontext context);
int sim_context_device(CUdevice *device, CUcontext context);
int sim_context_id(CUcontext context, uint64_t *id);
int sim_context_flags(unsigned *flags);
int sim_context_synchronize(CUcontext context);
int sim_context_limit(size_t *value, int limit);
int sim_primary_retain(CUcontext *out, CUdevice device);
int sim_primary_release(CUdevice device, bool all);
int sim_primary_flags(CUdevice device, unsigned flags);
int sim_primary_state(CUdevice device, unsigned *flags, int *active);

/* ---- module.c ---- */

int sim_module_load(CUmodule *out, const void *image, bool is_library);
int sim_module_open(CUmodule *out, const char *path, bool is_library);
int sim_module_unload(CUmodule module);
int sim_module_function(CUfunction *out, CUmodule module, const char *name);
int sim_module_global(CUdeviceptr *out, size_t *bytes, CUmodule module, const char *name);
int sim_module_count(unsigned *count, CUmodule module);
int sim_module_list(CUfunction *out, unsigned count, CUmodule module);
int sim_library_module(CUmodule *out, CUmodule library);
int sim_kernel_function(CUfunction *out, CUfunction kernel);
int sim_function_name(const char **name, CUfunction function);
int sim_function_module(CUmodule *out, CUfunction function);
int sim_function_attribute(int *value, int attribute, CUfunction function);
int sim_function_set(CUfunction function, int attribute, int value);
int sim_function_block(CUfunction function, int x, int y, int z);
int sim_occupancy(int *blocks, CUfunction function, int block_size);
int sim_best_block(int *grid, int *block, CUfunction function, int limit);
int sim_link_create(void **state);
int sim_link_add(void *state, const void *data, size_t bytes);
int sim_link_complete(void *state, void **image, size_t *bytes);
/* The kernels of an image, as struct CUmod_st keeps them: image.c. */
char *sim_image_names(const void *image);

/* ---- memory.c ---- */

enum sim_place { SIM_DEVICE, SIM_HOST, SIM_MANAGED, SIM_REGISTERED, SIM_RESERVED };

int sim_alloc(CUdeviceptr *out, size_t bytes, enum sim_place place);
int sim_alloc_host(void **out, size_t bytes);
int sim_alloc_pitch(CUdeviceptr *out, size_t *pitch, size_t width, size_t height);
int sim_register(void *pointer, size_t bytes);
int sim_free(CUdeviceptr pointer);
int sim_range(CUdeviceptr *base, size_t *bytes, CUdeviceptr pointer);
int sim_memory_info(size_t *free_bytes, size_t *total);
int sim_pointer_attribute(void *out, int attribute, CUdeviceptr pointer);
int sim_pointer_attributes(unsigned count, const int *attribute, void **out, CUdeviceptr pointer);
int sim_pool_default(CUmemoryPool *pool, CUdevice device);
int sim_pool_create(CUmemoryPool *pool);
int sim_pool_attribute(void *value, int attribute);
int sim_physical(CUmemGenericAllocationHandle *handle, size_t bytes);
int sim_physical_release(CUmemGenericAllocationHandle handle);

/* ---- stream.c ---- */

/* What a handle means in the current context; NULL: no context, or no such stream. */
CUstream sim_stream(CUstream handle, bool per_thread);
int sim_stream_create(CUstream *out, unsigned flags, int priority);
CUstream sim_stream_new(CUcontext context, unsigned flags);
int sim_stream_destroy(CUstream stream);
int sim_stream_query(CUstream stream);
int sim_stream_synchronize(CUstream stream);
int sim_stream_wait(CUstream stream, CUevent event);
/* Sleeps until it has done what it was given. */
void sim_stream_drain(CUstream stream);
/* Takes that much of the stream's time, behind what it must not overtake; returns the end. */
uint64_t sim_stream_take(CUstream stream, uint64_t duration_ns);
int sim_event_create(CUevent *out, unsigned flags);
int sim_event_destroy(CUevent event);
int sim_event_record(CUevent event, CUstream stream, unsigned flags);
int sim_event_query(CUevent event);
int sim_event_synchronize(CUevent event);
int sim_event_elapsed(float *ms, CUevent start, CUevent end);

/* ---- work.c ---- */

/* Does it now, or has the stream's capture remember it. `call`: by what name it is counted. */
int sim_submit(CUstream stream, const struct sim_work *work, const char *call);
void sim_perform(CUstream stream, const struct sim_work *work, bool in_graph);
int sim_launch(CUstream stream, const CUDA_KERNEL_NODE_PARAMS *kernel);
int sim_launch_many(const CUDA_LAUNCH_PARAMS *list, unsigned count, bool per_thread);
int sim_launch_set(CUstream stream, CUfunction function, int width, int height);
/* `wait`: returns only when it is done. */
int sim_copy(CUstream stream, CUdeviceptr to, CUdeviceptr from, size_t bytes, bool wait,
	     const char *call);
int sim_copy_2d(CUstream stream, const CUDA_MEMCPY2D *copy, bool wait, const char *call);
int sim_copy_3d(CUstream stream, const CUDA_MEMCPY3D *copy, bool wait, const char *call);
int sim_copy_peer(CUstream stream, const CUDA_MEMCPY3D_PEER *copy, bool wait, const char *call);
int sim_copy_many(CUstream stream, const CUdeviceptr *to, const CUdeviceptr *from,
		  const size_t *bytes, size_t count, const char *call);
int sim_set(CUstream stream, const CUDA_MEMSET_NODE_PARAMS *set, bool wait, const char *call);
/* Takes the time of a copy and moves nothing: arrays, hints. */
int sim_nothing(CUstream stream, bool wait, const char *call);
int sim_write(CUstream stream, CUdeviceptr to, uint64_t value, unsigned bytes);
int sim_host(CUstream stream, CUhostFn function, void *data, const char *call);
int sim_callback(CUstream stream, CUstreamCallback callback, void *data, const char *call);
int sim_alloc_later(CUdeviceptr *out, size_t bytes, CUstream stream);
int sim_free_later(CUdeviceptr pointer, CUstream stream);

/* ---- host.c: host functions, called by a thread of the driver's ---- */

void sim_host_call(CUstream stream, uint64_t due_ns, CUhostFn function, void *data);

/* ---- capture.c ---- */

bool sim_is_capturing(void); /* any stream */
/* For what a thread may not ask while captures run, unless it said so: refused, and fatal. */
int sim_unsafe(void);
int sim_capture_begin(CUstream stream, int mode, CUgraph graph);
int sim_capture_end(CUstream stream, CUgraph *out);
int sim_capture_info(CUstream stream, int *status, cuuint64_t *id, CUgraph *graph,
		     const CUgraphNode **tail, const CUgraphEdgeData **edges, size_t *tails);
int sim_capture_tail(CUstream stream, CUgraphNode *nodes, size_t count, bool set);
int sim_capture_mode(int *mode);
void sim_capture_break(struct sim_capture *capture);
/* Work on the legacy stream while a stream that waits for it is captured. */
int sim_capture_implicit(CUstream stream);
int sim_capture_add(CUstream stream, const struct sim_work *work);
void sim_capture_record(CUevent event, CUstream stream);
int sim_capture_join(CUstream stream, CUevent event);
void sim_tail_set(CUgraphNode **tail, size_t *tails, const CUgraphNode *nodes, size_t count);

/* ---- graph.c ---- */

int sim_graph_create(CUgraph *out);
int sim_graph_destroy(CUgraph graph);
int sim_graph_clone(CUgraph *out, CUgraph graph);
int sim_graph_add(CUgraphNode *out, CUgraph graph, const CUgraphNode *after, size_t afters,
		  const struct sim_work *work);
int sim_graph_add_any(CUgraphNode *out, CUgraph graph, const CUgraphNode *after, size_t afters,
		      const CUgraphNodeParams *params);
int sim_graph_nodes(CUgraph graph, CUgraphNode *out, size_t *count, bool roots);
int sim_graph_edges(CUgraph graph, CUgraphNode *from, CUgraphNode *to, size_t *count);
int sim_graph_depend(const CUgraphNode *from, const CUgraphNode *to, size_t count, bool add);
int sim_node_type(CUgraphNode node, int *type);
int sim_node_before(CUgraphNode node, CUgraphNode *out, size_t *count);
int sim_node_behind(CUgraphNode node, CUgraphNode *out, size_t *count);
int sim_node_destroy(CUgraphNode node);
int sim_node_clone(CUgraphNode *out, CUgraphNode node, CUgraph clone);
/* Copies out, or sets, `bytes` of what a node of that kind does. */
int sim_node_get(CUgraphNode node, CUgraphNodeType kind, void *out, size_t bytes);
int sim_node_set(CUgraphNode node, CUgraphNodeType kind, const void *in, size_t bytes);
int sim_node_set_any(CUgraphNode node, const CUgraphNodeParams *params);
int sim_exec_create(CUgraphExec *out, CUgraph graph, cuuint64_t flags);
int sim_exec_destroy(CUgraphExec exec);
int sim_exec_launch(CUgraphExec exec, CUstream stream, const char *call);
int sim_exec_update(CUgraphExec exec, CUgraph graph, int *result);
/* Its own node for one of the graph that it was made of; NULL if there is none. */
CUgraphNode sim_exec_node(CUgraphExec exec, CUgraphNode node);
int sim_exec_set_on(CUgraphExec exec, CUgraphNode node, unsigned on);
int sim_exec_on(CUgraphExec exec, CUgraphNode node, unsigned *on);

#endif
