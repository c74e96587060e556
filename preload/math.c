/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recording calls of libraries that compute on a GPU.
 */
#include "preload/math.h"

#include <errno.h>
#include <string.h>

#include "preload/cuda.h"
#include "preload/elf.h"
#include "preload/entry.h"
#include "preload/path.h"
#include "preload/real.h"
#include "preload/resolve.h"

#define NAME_MAX 96u

/* Within another one this call is a part of that; what it launches is not, so depth stays. */
void math_begin(struct math_call *call)
{
	struct ring_thread *t = ring_enter();

	call->thread = NULL;
	if (!t || t->depth || t->math)
		return;
	call->thread = t;
	call->generation = t->generation;
	t->math++;
	call->begin_ns = clock_ns();
}

static struct cuda *cuda_known(const struct math_call *call)
{
	return atomic_load_explicit(&call->thread->life->cuda, memory_order_acquire);
}

bool math_is_capturing(const struct math_call *call)
{
	struct cuda *cuda = cuda_known(call);

	return cuda && cuda_is_capturing(cuda);
}

void *math_function(const void *real, const char *name)
{
	const struct link_map *map = resolve_object(real);

	return map ? elf_symbol(map, name) : NULL;
}

void *math_stream(const void *real, const char *getter, void *handle)
{
	int (*ask)(void *, void **) = (int (*)(void *, void **))math_function(real, getter);
	const int saved = errno;
	void *stream = NULL;

	if (ask && ask(handle, &stream))
		stream = NULL;
	errno = saved;
	return stream;
}

static enum wire_api api_of(enum cpu_call row)
{
	if (row < CPU_CUDNN)
		return WIRE_API_CUBLAS;
	return row < CPU_NCCL ? WIRE_API_CUDNN : WIRE_API_NCCL;
}

/* The length of a name without what tells its form: "_64", "_v2". */
static uint32_t stem(const char *name)
{
	uint32_t bytes = (uint32_t)strlen(name);

	if (bytes > 3 && !memcmp(name + bytes - 3, "_64", 3))
		bytes -= 3;
	if (bytes > 3 && !memcmp(name + bytes - 3, "_v2", 3))
		bytes -= 3;
	return bytes;
}

static uint16_t new_label(struct life *life, enum cpu_call row, const char *remark)
{
	const enum wire_api api = api_of(row);
	const char *name = real_name(row);
	uint32_t bytes = stem(name), more = (uint32_t)strlen(remark);
	char text[NAME_MAX];

	if (bytes + more > sizeof(text))
		bytes = (uint32_t)sizeof(text) - more;
	memcpy(text, name, bytes);
	memcpy(text + bytes, remark, more);
	return entry_label(life, api, api == WIRE_API_NCCL ? WIRE_KIND_COLLECTIVE : WIRE_KIND_CALL,
			   text, bytes + more);
}

static uint16_t label_of(struct life *life, enum cpu_call row, bool sizes, bool captured)
{
	_Atomic uint16_t *known = cpu_label(life->cpu, row);
	uint16_t label;

	if (captured)
		return new_label(life, row, " (captured)");
	if (!sizes)
		return new_label(life, row, " (sizes not told)");
	label = atomic_load_explicit(known, memory_order_acquire);
	if (__builtin_expect(!label, 0)) {
		label = new_label(life, row, "");
		atomic_store_explicit(known, label, memory_order_release);
	}
	return label;
}

static bool is_same_process(const struct math_call *call)
{
	return call->generation ==
	       atomic_load_explicit(&call->thread->life->generation, memory_order_relaxed);
}

void math_end(struct math_call *call, enum cpu_call row, bool accepted, void *stream,
	      const struct math_told *told)
{
	struct ring_thread *t = call->thread;
	const uint64_t host_ns = clock_since(call->begin_ns);
	struct cuda *cuda;
	bool captured;
	uint16_t entry;

	if (!is_same_process(call))
		return;
	t->math--;
	cuda = cuda_known(call);
	captured = cuda && cuda_is_captured(cuda, stream, CUDA_LEGACY);
	entry = entry_of(t->life, label_of(t->life, row, told->sizes, captured),
			 cuda ? cuda_device(cuda, t) : 0);
	ring_count(t, entry, accepted, host_ns, captured ? 0 : told->bytes);
	if (!accepted || captured)
		return;
	if (told->flop)
		ring_flop(t, entry, told->flop);
	ring_push(t, &(struct wire_event){
			     .host_ns = call->begin_ns,
			     .bytes = told->bytes,
			     .host_cost_ns = host_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)host_ns,
			     .entry = entry,
			     .shape = told->shape,
		     });
	path_offer(t, entry, call->begin_ns + host_ns);
}
