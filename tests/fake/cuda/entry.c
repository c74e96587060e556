/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's exported functions, made from the tables:
 *   CALL(symbol, name, since, params, result)          one function
 *   EARLY(...)                                         one that needs no cuInit
 *   LANES(symbol, suffix, name, since, params, result) two: for the legacy default stream, and with
 *                                                      that suffix for a thread's own
 * `name` is what cuGetProcAddress calls it, `since` the driver's version that brought it.
 */
#include "tests/fake/cuda/calls.h"
#include "tests/fake/tally.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct sim_settings sim_settings;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change;
static const char *failures;
static int log_fd = -1;

/* What is known of a name that is called. */
struct entry {
	const char *symbol;
	const char *name;
	bool is_early;
	unsigned calls;
};

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

/* A fork in the midst of another thread's call leaves the child a lock that is free. */
static void after_fork(void)
{
	pthread_mutex_init(&lock, NULL);
}

__attribute__((constructor)) static void begin(void)
{
	const char *log = getenv("SIMGPU_LOG");
	pthread_condattr_t clock;

	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&change, &clock);
	pthread_atfork(NULL, NULL, after_fork);
	sim_settings.driver_version = (int)setting("SIMGPU_DRIVER", 13000);
	sim_settings.devices = (unsigned)setting("SIMGPU_COUNT", 1);
	if (sim_settings.devices > SIM_DEVICES_MAX)
		sim_settings.devices = SIM_DEVICES_MAX;
	sim_settings.kernel_ns = setting("SIMGPU_KERNEL_NS", 1000);
	sim_settings.copy_ns = setting("SIMGPU_COPY_NS", 500);
	sim_settings.kernels = getenv("SIMGPU_KERNELS");
	failures = getenv("SIMGPU_FAIL");
	if (log && *log)
		log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	tally_open(getenv("SIMGPU_TALLY"));
}

uint64_t sim_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void sim_lock(void)
{
	pthread_mutex_lock(&lock);
}

void sim_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

void sim_sleep_until(uint64_t t_ns)
{
	const struct timespec until = {(time_t)(t_ns / 1000000000u), (long)(t_ns % 1000000000u)};

	/* A short wait is spun: a sleep takes 50 us and more. */
	if (t_ns < sim_now_ns() + 20000) {
		sim_unlock();
		while (sim_now_ns() < t_ns)
			;
		sim_lock();
		return;
	}
	pthread_cond_timedwait(&change, &lock, &until);
}

void sim_pause(void)
{
	pthread_cond_wait(&change, &lock);
}

void sim_changed(void)
{
	pthread_cond_broadcast(&change);
}

uint64_t sim_new_id(void)
{
	static uint64_t last;

	return ++last;
}

void *sim_new(size_t bytes)
{
	void *memory = calloc(1, bytes);

	if (!memory)
		abort();
	return memory;
}

static int sim_version(int *version)
{
	*version = sim_settings.driver_version;
	return CUDA_SUCCESS;
}

/* NAME:N=ERROR,...: what the n-th call of that name must return. */
static int failure_of(const char *name, unsigned call)
{
	const char *list = failures;
	size_t length = strlen(name);
	char *end;

	while (list && *list) {
		if (!strncmp(list, name, length) && list[length] == ':' &&
		    strtoul(list + length + 1, &end, 10) == call && *end == '=')
			return (int)strtol(end + 1, NULL, 10);
		list += strcspn(list, ",");
		list += *list == ',';
	}
	return CUDA_SUCCESS;
}

/* Work is refused where it is known by what name it counts: see sim_refusal. */
static bool is_work(const char *name)
{
	static const char *const prefixes[] = {"cuLaunch", "cuMemcpy", "cuMemset", "cuMemPrefetch",
					       "cuGraphLaunch"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

static int refusal;

int sim_refusal(void)
{
	int err = refusal;

	refusal = CUDA_SUCCESS;
	return err;
}

static int enter(struct entry *entry)
{
	sim_lock();
	if (sim_is_capturing())
		tally_count("captured", entry->symbol, true);
	if (!entry->is_early && !sim_is_ready())
		return CUDA_ERROR_NOT_INITIALIZED;
	refusal = failures ? failure_of(entry->name, ++entry->calls) : CUDA_SUCCESS;
	return is_work(entry->name) ? CUDA_SUCCESS : sim_refusal();
}

static int leave(const struct entry *entry, int err)
{
	tally_count("api", entry->symbol, !err);
	sim_unlock();
	if (log_fd >= 0)
		dprintf(log_fd, "%s = %d\n", entry->symbol, err);
	return err;
}

#pragma GCC diagnostic ignored "-Wunused-parameter"

#define FUNCTION(symbol, label, early, is_per_thread, params, ...)                                 \
	__attribute__((visibility("default"))) int symbol params                                   \
	{                                                                                          \
		static struct entry entry = {#symbol, label, early, 0};                            \
		__attribute__((unused)) const char *const name = label;                            \
		__attribute__((unused)) const bool per_thread = is_per_thread;                     \
		int err = enter(&entry);                                                           \
                                                                                                   \
		if (!err)                                                                          \
			err = __VA_ARGS__;                                                         \
		return leave(&entry, err);                                                         \
	}

/* What the rows say shortly. */
#define STREAM	sim_stream(stream, per_thread)
#define DEFAULT sim_stream(NULL, per_thread)
#define TOLD(assignment)                                                                           \
	({                                                                                         \
		CUstream of = STREAM;                                                              \
                                                                                                   \
		of ? (assignment, CUDA_SUCCESS) : CUDA_ERROR_INVALID_HANDLE;                       \
	})
#define GUARDED(result)                                                                            \
	({                                                                                         \
		int refused = sim_unsafe();                                                        \
                                                                                                   \
		refused ? refused : (result);                                                      \
	})
/* clang-format off */
#define SHAPED(gx, gy, gz, bx, by, bz)                                                             \
	(&(CUDA_KERNEL_NODE_PARAMS){function, gx, gy, gz, bx, by, bz, 0, NULL, NULL, NULL, NULL})
#define SET(...)	(&(CUDA_MEMSET_NODE_PARAMS){__VA_ARGS__})
#define WORK(type, ...) (&(struct sim_work){.kind = CU_GRAPH_NODE_TYPE_##type, .__VA_ARGS__})
/* clang-format on */
/* The first form of a kernel node's parameters ends before what it was made of. */
#define FIRST_BYTES offsetof(CUDA_KERNEL_NODE_PARAMS, kern)

static CUDA_KERNEL_NODE_PARAMS first_form(const CUDA_KERNEL_NODE_PARAMS *params)
{
	CUDA_KERNEL_NODE_PARAMS whole = {.func = NULL};

	memcpy(&whole, params, FIRST_BYTES);
	return whole;
}

#define CALL(symbol, name, since, params, ...)                                                     \
	FUNCTION(symbol, name, false, false, params, __VA_ARGS__)
#define EARLY(symbol, name, since, params, ...)                                                    \
	FUNCTION(symbol, name, true, false, params, __VA_ARGS__)
#define LANES(symbol, suffix, name, since, params, ...)                                            \
	FUNCTION(symbol, name, false, false, params, __VA_ARGS__)                                  \
	FUNCTION(symbol##suffix, name, false, true, params, __VA_ARGS__)
#include "tests/fake/cuda/calls.def"
