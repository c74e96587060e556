/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of functions. A program looks each up by its name, and there it is kept, so that a launch
 * never has to ask the driver. A name becomes a label when it is first launched: a library may look
 * up thousands that never are.
 */
#include <errno.h>
#include <string.h>

#include "preload/cuda.h"
#include "preload/cuda_wrap.h"
#include "preload/entry.h"
#include "preload/memory.h"

#define TEXTS_BYTES 65536u
#define TEXTS	    512u /* pieces: a program that makes up names for ever must not grow so */
#define UNNAMED	    "(unnamed)"

/* A piece of memory that names are appended to; when it is full another takes its place. */
struct cuda_texts {
	_Atomic uint32_t used;
	char text[TEXTS_BYTES - sizeof(uint32_t)];
};

static struct cuda_texts *renew(struct cuda *cuda, struct cuda_texts *full)
{
	struct cuda_texts *fresh = NULL;

	if (atomic_fetch_add(&cuda->texts_made, 1) < TEXTS)
		fresh = memory_make(sizeof(*fresh));
	if (fresh && !atomic_compare_exchange_strong(&cuda->texts, &full, fresh)) {
		memory_free(fresh, sizeof(*fresh));
		fresh = full;
	}
	return fresh;
}

/* A copy of the name, as far as a label takes it and one byte more; or NULL. */
static const char *keep(struct cuda *cuda, const char *name)
{
	const uint32_t bytes = (uint32_t)strnlen(name, WIRE_NAME_MAX + 1);
	struct cuda_texts *texts = atomic_load_explicit(&cuda->texts, memory_order_acquire);

	for (unsigned tries = 0; tries < 8; tries++) {
		uint32_t at = TEXTS_BYTES;

		if (texts && atomic_load(&texts->used) < sizeof(texts->text))
			at = atomic_fetch_add(&texts->used, bytes + 1);
		if (texts && at <= sizeof(texts->text) - bytes - 1) {
			memcpy(texts->text + at, name, bytes);
			texts->text[at + bytes] = '\0';
			return texts->text + at;
		}
		texts = renew(cuda, texts);
		if (!texts)
			return NULL;
	}
	return NULL;
}

static const char *name_of(struct cuda *cuda, const void *function)
{
	return (const char *)(uintptr_t)handles_get(cuda->name, CUDA_NAME_SETS,
						    (uint64_t)(uintptr_t)function);
}

static void know(struct cuda *cuda, const void *function, const char *kept)
{
	const char *known = name_of(cuda, function);

	if (known && kept && !strcmp(known, kept))
		return;
	/* Another may live at that address now. */
	cache_put(cuda->function, CUDA_FUNCTION_SETS, function, 0);
	if (kept)
		(void)handles_put(cuda->name, CUDA_NAME_SETS, (uint64_t)(uintptr_t)function,
				  (uint64_t)(uintptr_t)kept);
}

void cuda_name_put(struct cuda *cuda, const void *function, const char *name)
{
	const char *known = name_of(cuda, function);

	if (!function || (known && !strncmp(known, name, WIRE_NAME_MAX + 1)))
		return;
	know(cuda, function, keep(cuda, name));
}

void cuda_name_copy(struct cuda *cuda, const void *function, const void *kernel)
{
	const char *kept = name_of(cuda, kernel);

	if (function && kept)
		know(cuda, function, kept);
}

static uint16_t kernel_label(struct life *life, const char *name)
{
	return entry_label(life, WIRE_API_CUDA, WIRE_KIND_KERNEL, name, (uint32_t)strlen(name));
}

uint16_t cuda_name_label(struct life *life, struct cuda *cuda, const void *function)
{
	const char *name = name_of(cuda, function);
	uint16_t label = kernel_label(life, name ? name : UNNAMED);

	if (name)
		cache_put(cuda->function, CUDA_FUNCTION_SETS, function, label);
	return label;
}

/* "cuMemcpyHtoD_v2_ptds" is cuMemcpyHtoD to everybody. */
static uint32_t plain_bytes(const char *name)
{
	const char *form = strchr(name, '_');

	return form ? (uint32_t)(form - name) : (uint32_t)strlen(name);
}

uint16_t cuda_name_call(struct life *life, struct cuda *cuda, enum cuda_call call,
			enum wire_kind kind)
{
	_Atomic uint16_t *known = &cuda->call[call];
	uint16_t label = atomic_load_explicit(known, memory_order_acquire);

	if (!label) {
		const char *name = cuda_real_name(call);

		label = entry_label(life, WIRE_API_CUDA, kind, name, plain_bytes(name));
		atomic_store_explicit(known, label, memory_order_release);
	}
	return label;
}

/* By a handle of its own kind, so that the driver takes no kernel for a function. */
static const char *ask(CUfunction function, CUkernel kernel)
{
	__typeof__(&cuFuncGetName) of_function = CUDA_REAL(cuFuncGetName);
	__typeof__(&cuKernelGetName) of_kernel = CUDA_REAL(cuKernelGetName);
	const char *name = NULL;

	if (kernel && of_kernel && of_kernel(&name, kernel) == CUDA_SUCCESS && name)
		return name;
	if (function && of_function && of_function(&name, function) == CUDA_SUCCESS && name)
		return name;
	return NULL;
}

uint16_t cuda_name_node(struct life *life, struct cuda *cuda, CUfunction function, CUkernel kernel)
{
	const void *handle = kernel ? (const void *)kernel : (const void *)function;

	if (!name_of(cuda, handle))
		cuda_name_ask(cuda, function, kernel);
	return cuda_label(life, cuda, handle);
}

void cuda_name_ask(struct cuda *cuda, CUfunction function, CUkernel kernel)
{
	const int saved = errno;
	const char *name = cuda_is_capturing(cuda) ? NULL : ask(function, kernel);

	if (name)
		cuda_name_put(cuda, kernel ? (const void *)kernel : (const void *)function, name);
	errno = saved;
}
