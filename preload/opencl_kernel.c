/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names: of kernels, of calls that are no kernel, and of the kernels inside command buffers.
 */
#include <errno.h>
#include <string.h>

#include "preload/entry.h"
#include "preload/opencl.h"

static uint16_t kernel_label(struct life *life, const char *name)
{
	return entry_label(life, WIRE_API_OPENCL, WIRE_KIND_KERNEL, name, (uint32_t)strlen(name));
}

void opencl_kernel_know(struct life *life, cl_kernel kernel, const char *name)
{
	cache_put(life->opencl->kernel, OPENCL_KERNEL_SETS, kernel, kernel_label(life, name));
}

void opencl_kernel_forget(struct life *life, cl_kernel kernel)
{
	cache_put(life->opencl->kernel, OPENCL_KERNEL_SETS, kernel, 0);
}

uint16_t opencl_kernel_ask(struct life *life, const struct loader *loader, cl_kernel kernel)
{
	__typeof__(&clGetKernelInfo) real = OPENCL_REAL(loader, clGetKernelInfo);
	char name[WIRE_NAME_MAX + 2] = ""; /* one more than is kept, so that a cut is noticed */
	const int saved = errno;
	size_t bytes = 0;
	uint16_t label;

	if (!kernel || !real || real(kernel, CL_KERNEL_FUNCTION_NAME, 0, NULL, &bytes) || !bytes)
		return 0;
	/* A longer name cannot be had in part: it is told by its length alone. */
	if (bytes > sizeof(name) || real(kernel, CL_KERNEL_FUNCTION_NAME, sizeof(name), name, NULL))
		memset(name, '?', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	label = kernel_label(life, name);
	cache_put(life->opencl->kernel, OPENCL_KERNEL_SETS, kernel, label);
	errno = saved;
	return label;
}

uint16_t opencl_call(struct life *life, enum call call, enum wire_kind kind)
{
	_Atomic uint16_t *known = &life->opencl->call[call];
	uint16_t label = atomic_load_explicit(known, memory_order_acquire);

	if (!label) {
		const char *name = calls_name(call);

		label = entry_label(life, WIRE_API_OPENCL, kind, name, (uint32_t)strlen(name));
		atomic_store_explicit(known, label, memory_order_release);
	}
	return label;
}

void opencl_batch_forget(struct life *life, cl_command_buffer_khr buffer)
{
	struct opencl_batched *row = life->opencl->batched;

	for (uint32_t i = 0; i < OPENCL_BATCHED; i++)
		if (atomic_load(&row[i].buffer) == (uintptr_t)buffer)
			atomic_store(&row[i].buffer, 0);
}

void opencl_batch_add(struct life *life, cl_command_buffer_khr buffer, uint16_t entry)
{
	struct opencl_batched *row = life->opencl->batched;

	for (uint32_t i = 0; i < OPENCL_BATCHED; i++) {
		uintptr_t none = 0;

		if (atomic_load(&row[i].buffer) == (uintptr_t)buffer &&
		    atomic_load(&row[i].entry) == entry) {
			atomic_fetch_add(&row[i].count, 1);
			return;
		}
		if (!atomic_load(&row[i].buffer) &&
		    atomic_compare_exchange_strong(&row[i].buffer, &none, (uintptr_t)buffer)) {
			atomic_store(&row[i].entry, entry);
			atomic_store(&row[i].count, 1);
			return;
		}
	}
	life_uncovered(WIRE_UNCOVERED_ENTRY);
}

void opencl_batch_count(struct ring_thread *t, cl_command_buffer_khr buffer)
{
	struct opencl_batched *row = t->life->opencl->batched;

	for (uint32_t i = 0; i < OPENCL_BATCHED; i++) {
		if (atomic_load(&row[i].buffer) == (uintptr_t)buffer)
			ring_count_more(t, (uint16_t)atomic_load(&row[i].entry),
					atomic_load(&row[i].count));
	}
}
