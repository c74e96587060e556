/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the driver answers about itself: functions by name, version and default stream, and the
 * private tables that NVIDIA's own libraries ask for.
 */
#include "tests/fake/cuda/calls.h"

#include <string.h>

enum lane { LANE_ANY, LANE_LEGACY, LANE_THREAD };

static const struct {
	const char *name;
	int since;
	enum lane lane;
	void *address;
} rows[] = {
#define CALL(symbol, name, since, params, ...)	{name, since, LANE_ANY, symbol},
#define EARLY(symbol, name, since, params, ...) {name, since, LANE_ANY, symbol},
#define LANES(symbol, suffix, name, since, params, ...)                                            \
	{name, since, LANE_LEGACY, symbol},                                                        \
		{name, since < 7000 ? 7000 : since, LANE_THREAD, symbol##suffix},
#include "tests/fake/cuda/calls.def"
};

/* The newest form of a name that the asker knows, and that the driver has. */
int sim_proc(const char *name, void **out, int version, cuuint64_t flags, int *status)
{
	bool is_thread = flags & CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
	const enum lane other = is_thread ? LANE_LEGACY : LANE_THREAD;
	bool is_known = false;
	int newest = 0;

	if (!name || !out || flags > CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM)
		return CUDA_ERROR_INVALID_VALUE;
	*out = NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, name) != 0 || rows[i].lane == other)
			continue;
		is_known = true;
		if (rows[i].since > version || rows[i].since > sim_settings.driver_version ||
		    rows[i].since <= newest)
			continue;
		newest = rows[i].since;
		*out = rows[i].address;
	}
	if (status && !*out)
		*status = is_known ? CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT
				   : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
	else if (status)
		*status = CU_GET_PROC_ADDRESS_SUCCESS;
	/* The form that can tell why does not fail; the older one does. */
	return *out || status ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

/*
 * NVIDIA publishes nothing of these tables; what is answered is what runtimes of CUDA 8.0 to 13.5
 * were seen to call (2026-11-21), and everything else is refused. One of the refused is how a
 * runtime since CUDA 11.2 has the driver prove that it is NVIDIA's. This one is not, and does not
 * pretend to be: such a runtime finds all its functions here, asks for that proof, and gives up.
 * The runtimes of CUDA 8.0 and 10.2 ask for none, and work.
 */
static int refuse(void)
{
	return CUDA_ERROR_NOT_SUPPORTED;
}

/* The primary context of a GPU, whether it is in use or not. */
static int primary(CUcontext *out, CUdevice device)
{
	int err;

	sim_lock();
	err = sim_primary_retain(out, device);
	if (!err)
		sim_primary_release(device, false);
	sim_unlock();
	return err;
}

/* How runtimes of before CUDA 12 have a program's bundle loaded; later ones tell more, of
 * variables. */
static int load(CUmodule *out, const void *wrapper)
{
	int err;

	sim_lock();
	err = sim_module_load(out, wrapper, false);
	sim_unlock();
	return err;
}

/* The bundle will be gone; nothing is kept of it. */
static int unload(const void *wrapper)
{
	(void)wrapper;
	return CUDA_SUCCESS;
}

/* Asked by runtime 13 whether it may go on. */
static int agree(void)
{
	return CUDA_SUCCESS;
}

/*
 * Which calls tools listen to, a byte for each: none. The runtime reads these at every call, and
 * wants at least 487 and 14 of them.
 */
static int listened_calls(void **out, size_t *bytes)
{
	static char none[4096];

	*out = none;
	*bytes = 1024;
	return CUDA_SUCCESS;
}

static int listened_domains(void **out, size_t *bytes)
{
	static char none[1024];

	*out = none;
	*bytes = 14;
	return CUDA_SUCCESS;
}

/* What the runtime keeps with a context: a value for a key. */
struct kept {
	CUcontext context;
	void *key;
	void *value;
	struct kept *next;
};
static struct kept *kept;

static struct kept *find(CUcontext context, const void *key)
{
	struct kept *found = kept;

	while (found && (found->context != context || found->key != key))
		found = found->next;
	return found;
}

static int keep(CUcontext context, void *key, void *value, void *at_end)
{
	struct kept *one;

	(void)at_end;
	sim_lock();
	context = context ? context : sim_current();
	one = find(context, key);
	if (!one) {
		one = sim_new(sizeof(*one));
		*one = (struct kept){context, key, NULL, kept};
		kept = one;
	}
	one->value = value;
	sim_unlock();
	return CUDA_SUCCESS;
}

static int forget(CUcontext context, void *key)
{
	struct kept *one;

	sim_lock();
	one = find(context ? context : sim_current(), key);
	if (one)
		one->key = NULL;
	sim_unlock();
	return CUDA_SUCCESS;
}

static int recall(void **value, CUcontext context, void *key)
{
	const struct kept *one;

	sim_lock();
	one = find(context ? context : sim_current(), key);
	*value = one ? one->value : NULL;
	sim_unlock();
	return one ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

/* Any function: what it takes is known to who asks. */
typedef void (*private_function)(void);
#define PRIVATE(function) ((private_function)(function))

struct private_table {
	size_t bytes;
	private_function function[64];
};

/* clang-format off */
static const struct private_table no_table = {
	sizeof(no_table), {[0 ... 63] = PRIVATE(refuse)},
};
static const struct private_table runtime_table = {
	sizeof(runtime_table), {[0] = PRIVATE(load), [1] = PRIVATE(primary),
				[2 ... 4] = PRIVATE(refuse), [5] = PRIVATE(load),
				[6] = PRIVATE(unload), [7 ... 10] = PRIVATE(refuse),
				[11] = PRIVATE(agree), [12 ... 63] = PRIVATE(refuse)},
};
static const struct private_table tools_table = {
	sizeof(tools_table), {[0] = PRIVATE(refuse), [1] = PRIVATE(listened_calls),
			      [2 ... 4] = PRIVATE(refuse), [5] = PRIVATE(listened_domains),
			      [6 ... 63] = PRIVATE(refuse)},
};
/* This one is without its size. */
static const private_function context_table[] = {
	PRIVATE(keep), PRIVATE(forget), PRIVATE(recall), [3 ... 15] = PRIVATE(refuse),
};
/* clang-format on */

int sim_export_table(const void **out, const CUuuid *uuid)
{
	static const unsigned char runtime[4] = {0x6b, 0xd5, 0xfb, 0x6c};
	static const unsigned char tools[4] = {0xa0, 0x94, 0x79, 0x8c};
	static const unsigned char contexts[4] = {0xc6, 0x93, 0x33, 0x6e};

	if (!out || !uuid)
		return CUDA_ERROR_INVALID_VALUE;
	*out = &no_table;
	if (!memcmp(uuid, runtime, sizeof(runtime)))
		*out = &runtime_table;
	else if (!memcmp(uuid, tools, sizeof(tools)))
		*out = &tools_table;
	else if (!memcmp(uuid, contexts, sizeof(contexts)))
		*out = context_table;
	return CUDA_SUCCESS;
}
