/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking NVML. Energy and power alone are asked often, since the driver serialises its calls and a
 * program that computes waits behind them (performance.md quotes 7 % of frames lost to a monitor).
 */
#include "collector/power/nvml_lib.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/units.h"

#define LISTED_MAX 256 /* processes that one GPU is asked for */

/* NVML's numbers of the largest profile that a GPU can be cut into: 7 slices, or 4 (A30). */
static const unsigned whole_profiles[] = {4, 3};

/* Under MPS the driver lets processes share the SMs at once; these have a list of their own. */
struct nvml_calls {
	unsigned (*init)(void);
	unsigned (*driver_version)(char *version, unsigned size);
	unsigned (*count)(unsigned *count);
	unsigned (*handle)(unsigned index, struct nvml_device **device);
	unsigned (*uuid)(struct nvml_device *device, char *uuid, unsigned size);
	unsigned (*name)(struct nvml_device *device, char *name, unsigned size);
	unsigned (*pci)(struct nvml_device *device, struct nvml_pci *pci);
	unsigned (*energy)(struct nvml_device *device, unsigned long long *mj);
	unsigned (*power)(struct nvml_device *device, unsigned *mw);
	unsigned (*fields)(struct nvml_device *device, int n, struct nvml_field_value *value);
	unsigned (*limits)(struct nvml_device *device, unsigned *least_mw, unsigned *most_mw);
	unsigned (*mig_mode)(struct nvml_device *device, unsigned *now, unsigned *pending);
	unsigned (*slice)(struct nvml_device *device, unsigned index, struct nvml_device **slice);
	unsigned (*gpu_instance)(struct nvml_device *slice, unsigned *id);
	unsigned (*compute_instance)(struct nvml_device *slice, unsigned *id);
	unsigned (*attributes)(struct nvml_device *slice, struct nvml_attributes *attributes);
	unsigned (*profile)(struct nvml_device *device, unsigned profile,
			    struct nvml_profile *info);
	unsigned (*processes)(struct nvml_device *device, unsigned *n,
			      struct nvml_process_info *info);
	unsigned (*mps_processes)(struct nvml_device *device, unsigned *n,
				  struct nvml_process_info *info);
	unsigned (*utilization)(struct nvml_device *device, struct nvml_utilization *use,
				unsigned *n, unsigned long long since_us);
};

struct nvml_lib {
	void *handle;
	struct nvml_calls call;
	struct nvml_facts *facts;
	struct nvml_device *device[NVML_GPUS_MAX];
	struct nvml_device *slice[NVML_GPUS_MAX][NVML_SLICES_MAX];
	unsigned long long seen_us[NVML_GPUS_MAX]; /* the last utilisation that was told */
};

/* A name of the library, and where the call goes. What is not needed may be missing. */
struct symbol {
	const char *name;
	size_t at;
	bool needed;
};

#define SYMBOL(to, name, needed)                                                                   \
	{                                                                                          \
		name, offsetof(struct nvml_calls, to), needed                                      \
	}

static const struct symbol symbols[] = {
	SYMBOL(init, "nvmlInit_v2", true),
	SYMBOL(count, "nvmlDeviceGetCount_v2", true),
	SYMBOL(handle, "nvmlDeviceGetHandleByIndex_v2", true),
	SYMBOL(uuid, "nvmlDeviceGetUUID", true),
	SYMBOL(name, "nvmlDeviceGetName", true),
	SYMBOL(power, "nvmlDeviceGetPowerUsage", true),
	SYMBOL(driver_version, "nvmlSystemGetDriverVersion", false),
	SYMBOL(pci, "nvmlDeviceGetPciInfo_v3", false),
	SYMBOL(energy, "nvmlDeviceGetTotalEnergyConsumption", false),
	SYMBOL(fields, "nvmlDeviceGetFieldValues", false),
	SYMBOL(limits, "nvmlDeviceGetPowerManagementLimitConstraints", false),
	SYMBOL(mig_mode, "nvmlDeviceGetMigMode", false),
	SYMBOL(slice, "nvmlDeviceGetMigDeviceHandleByIndex", false),
	SYMBOL(gpu_instance, "nvmlDeviceGetGpuInstanceId", false),
	SYMBOL(compute_instance, "nvmlDeviceGetComputeInstanceId", false),
	SYMBOL(attributes, "nvmlDeviceGetAttributes_v2", false),
	SYMBOL(profile, "nvmlDeviceGetGpuInstanceProfileInfo", false),
	SYMBOL(processes, "nvmlDeviceGetComputeRunningProcesses_v3", false),
	SYMBOL(mps_processes, "nvmlDeviceGetMPSComputeRunningProcesses_v3", false),
	SYMBOL(utilization, "nvmlDeviceGetProcessUtilization", false),
};

/* Calls CALL of the library, or says that it does not know it. */
#define ASK(lib, call_name, ...)                                                                   \
	((lib)->call.call_name ? error_of((lib)->call.call_name(__VA_ARGS__)) : -ENOSYS)

static int error_of(unsigned result)
{
	static const struct {
		enum nvml_return result;
		int error;
	} known[] = {
		{NVML_OK, 0},
		{NVML_NOT_SUPPORTED, -EOPNOTSUPP},
		{NVML_NO_PERMISSION, -EPERM},
		{NVML_OPERATING_SYSTEM, -EPERM},
		{NVML_NOT_FOUND, -ENOENT},
		{NVML_INSUFFICIENT_SIZE, -ENOSPC},
		{NVML_DRIVER_NOT_LOADED, -ENODEV},
		{NVML_LIBRARY_NOT_FOUND, -ENODEV},
		{NVML_TIMEOUT, -ETIMEDOUT},
		{NVML_FUNCTION_NOT_FOUND, -ENOSYS},
		{NVML_GPU_IS_LOST, -ENXIO},
		{NVML_RESET_REQUIRED, -ENXIO},
		{NVML_VERSION_MISMATCH, -ELIBBAD},
		{NVML_NO_DATA, -ENODATA},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (result == known[i].result)
			return known[i].error;
	return -EIO;
}

int nvml_lib_open(struct nvml_lib **result)
{
	struct nvml_lib *lib = calloc(1, sizeof(*lib));
	int error = lib ? 0 : -ENOMEM;

	if (!error)
		lib->handle = dlopen(NVML_ABI_SONAME, RTLD_LAZY | RTLD_LOCAL);
	if (!error && !lib->handle)
		error = -ENODEV;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]) && !error; i++) {
		void *found = dlsym(lib->handle, symbols[i].name);

		if (!found && symbols[i].needed)
			error = -ENOSYS;
		/* The two have one representation, as POSIX asks of dlsym. */
		memcpy((char *)&lib->call + symbols[i].at, &found, sizeof(found));
	}
	if (error)
		nvml_lib_close(lib);
	else
		*result = lib;
	return error;
}

void nvml_lib_close(struct nvml_lib *lib)
{
	if (lib && lib->handle)
		dlclose(lib->handle);
	free(lib);
}

static uint64_t clock_now(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * UNITS_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* The slices that a GPU is cut into now. */
static void find_slices(struct nvml_lib *lib, uint32_t at)
{
	struct nvml_gpu *gpu = &lib->facts->gpu[at];
	unsigned on = 0, pending;

	gpu->slices = 0;
	gpu->mig = !ASK(lib, mig_mode, lib->device[at], &on, &pending) && on;
	for (unsigned i = 0; gpu->mig && i < NVML_SLICES_MAX; i++) {
		struct nvml_slice *slice = &gpu->slice[gpu->slices];
		struct nvml_device *device;
		struct nvml_attributes is = {0};

		if (ASK(lib, slice, lib->device[at], i, &device))
			continue;
		*slice = (struct nvml_slice){0};
		if (ASK(lib, gpu_instance, device, &slice->gpu_instance) ||
		    ASK(lib, compute_instance, device, &slice->compute_instance))
			continue;
		if (!ASK(lib, attributes, device, &is))
			slice->multiprocessors = is.multiprocessors;
		if (ASK(lib, uuid, device, slice->uuid, sizeof(slice->uuid)))
			slice->uuid[0] = '\0';
		lib->slice[at][gpu->slices++] = device;
	}
}

/* How many SMs a GPU has for slices: it keeps some of them to itself. */
static uint32_t sliceable(const struct nvml_lib *lib, uint32_t at)
{
	struct nvml_profile info = {0};

	for (size_t i = 0; i < sizeof(whole_profiles) / sizeof(whole_profiles[0]); i++)
		if (!ASK(lib, profile, lib->device[at], whole_profiles[i], &info))
			return info.multiprocessors;
	return 0;
}

static int read_field(const struct nvml_lib *lib, uint32_t at, enum nvml_field field, uint64_t *mw)
{
	struct nvml_field_value value = {.field = field, .scope = NVML_SCOPE_GPU};
	int error = ASK(lib, fields, lib->device[at], 1, &value);

	if (!error)
		error = error_of(value.result);
	if (error)
		return error;
	/* All ones are how the driver says that it has no value. */
	if (value.type == NVML_VALUE_UINT)
		*mw = value.value.as_uint == UINT32_MAX ? UINT64_MAX : value.value.as_uint;
	else if (value.type == NVML_VALUE_ULONG || value.type == NVML_VALUE_ULONGLONG)
		*mw = value.value.as_ulonglong;
	else
		return -EIO;
	return *mw == UINT64_MAX ? -ENODATA : 0;
}

static int read_power(const struct nvml_lib *lib, uint32_t at, bool instant, uint64_t *mw)
{
	unsigned value = 0;
	int error;

	if (instant)
		return read_field(lib, at, NVML_FIELD_POWER_INSTANT, mw);
	error = ASK(lib, power, lib->device[at], &value);
	*mw = value;
	return !error && value == UINT32_MAX ? -ENODATA : error;
}

static int read_energy(const struct nvml_lib *lib, uint32_t at, uint64_t *mj)
{
	unsigned long long value = 0;
	int error = ASK(lib, energy, lib->device[at], &value);

	*mj = value;
	return !error && value == UINT64_MAX ? -ENODATA : error;
}

static void describe(struct nvml_lib *lib, uint32_t at)
{
	struct nvml_gpu *gpu = &lib->facts->gpu[at];
	struct nvml_device **device = &lib->device[at];
	struct nvml_pci pci = {0};
	unsigned least_mw, most_mw;
	uint64_t ignored;

	gpu->error = ASK(lib, handle, at, device);
	if (!gpu->error)
		gpu->error = ASK(lib, uuid, *device, gpu->uuid, sizeof(gpu->uuid));
	if (gpu->error)
		return;
	if (ASK(lib, name, *device, gpu->name, sizeof(gpu->name)))
		gpu->name[0] = '\0';
	if (!ASK(lib, pci, *device, &pci))
		memcpy(gpu->bus_id, pci.bus_id, sizeof(gpu->bus_id) - 1);
	gpu->energy_error = read_energy(lib, at, &ignored);
	gpu->power_error = read_power(lib, at, true, &ignored);
	gpu->instant = !gpu->power_error;
	if (gpu->power_error)
		gpu->power_error = read_power(lib, at, false, &ignored);
	if (!ASK(lib, limits, *device, &least_mw, &most_mw))
		gpu->limit_mw = most_mw;
	find_slices(lib, at);
	if (gpu->mig)
		gpu->multiprocessors = sliceable(lib, at);
	lib->seen_us[at] = clock_now(CLOCK_REALTIME) / 1000;
}

void nvml_lib_start(struct nvml_lib *lib, struct nvml_facts *facts)
{
	unsigned count = 0;

	memset(facts, 0, sizeof(*facts));
	lib->facts = facts;
	facts->error = ASK(lib, init);
	if (ASK(lib, driver_version, facts->driver, sizeof(facts->driver)))
		facts->driver[0] = '\0';
	if (!facts->error)
		facts->error = ASK(lib, count, &count);
	if (facts->error)
		return;
	facts->gpus = count < NVML_GPUS_MAX ? count : NVML_GPUS_MAX;
	for (uint32_t i = 0; i < facts->gpus; i++)
		describe(lib, i);
}

/* The index of a slice, or -1. */
static int slice_of(const struct nvml_gpu *gpu, const struct nvml_process_info *info)
{
	for (uint32_t i = 0; i < gpu->slices; i++)
		if (gpu->slice[i].gpu_instance == info->gpu_instance &&
		    (gpu->slice[i].compute_instance == info->compute_instance ||
		     info->compute_instance == NVML_NO_INSTANCE))
			return (int)i;
	return -1;
}

static struct nvml_process *find(struct nvml_poll *poll, uint32_t at, uint32_t pid)
{
	for (uint32_t i = 0; i < poll->processes; i++)
		if (poll->process[i].gpu == at && poll->process[i].pid == pid)
			return &poll->process[i];
	return NULL;
}

/* The process' row, made if it is not there; NULL where there is no room. */
static struct nvml_process *row_of(struct nvml_poll *poll, uint32_t at, uint32_t pid)
{
	struct nvml_process *row = find(poll, at, pid);

	if (row || poll->processes == NVML_PROCESSES_MAX)
		return row;
	row = &poll->process[poll->processes++];
	*row = (struct nvml_process){.gpu = at, .pid = pid, .sm_pct = NVML_SM_UNKNOWN};
	return row;
}

typedef unsigned (*list_call)(struct nvml_device *device, unsigned *n,
			      struct nvml_process_info *info);

/* Takes the processes of a list. Those on one slice share its SMs alike. */
static void take_list(struct nvml_lib *lib, uint32_t at, const struct nvml_process_info *info,
		      unsigned n, struct nvml_poll *poll)
{
	const struct nvml_gpu *gpu = &lib->facts->gpu[at];
	uint32_t on[NVML_SLICES_MAX] = {0};
	bool cut_anew = false;

	for (unsigned i = 0; i < n; i++) {
		int slice = slice_of(gpu, &info[i]);

		if (slice >= 0)
			on[slice]++;
		else
			cut_anew = gpu->mig;
	}
	for (unsigned i = 0; i < n; i++) {
		int slice = slice_of(gpu, &info[i]);
		struct nvml_process *row = row_of(poll, at, info[i].pid);

		if (row && slice >= 0)
			row->milli_sms += gpu->slice[slice].multiprocessors * 1000 / on[slice];
	}
	/* Known from the next time on. */
	if (cut_anew)
		find_slices(lib, at);
}

static int list_on(struct nvml_lib *lib, list_call call, uint32_t at, struct nvml_device *device,
		   struct nvml_poll *poll)
{
	struct nvml_process_info info[LISTED_MAX];
	unsigned n = LISTED_MAX;
	int error = call ? error_of(call(device, &n, info)) : -ENOSYS;

	/* Of too many the driver tells none. */
	if (!error)
		take_list(lib, at, info, n < LISTED_MAX ? n : LISTED_MAX, poll);
	return error;
}

/*
 * The processes on a GPU. A GPU in slices tells those of all to the privileged alone; slice by
 * slice everybody may ask who was given it.
 */
static int list_processes(struct nvml_lib *lib, uint32_t at, struct nvml_poll *poll)
{
	const struct nvml_gpu *gpu = &lib->facts->gpu[at];
	int error = list_on(lib, lib->call.processes, at, lib->device[at], poll);
	bool any = false;

	for (uint32_t i = 0; error == -EPERM && i < gpu->slices; i++)
		if (!list_on(lib, lib->call.processes, at, lib->slice[at][i], poll))
			any = true;
	if (!error && lib->call.mps_processes)
		list_on(lib, lib->call.mps_processes, at, lib->device[at], poll);
	return any ? 0 : error;
}

/* How busy each process kept the SMs since it was asked last; a GPU in slices does not say. */
static void read_utilization(struct nvml_lib *lib, uint32_t at, struct nvml_poll *poll)
{
	struct nvml_utilization use[LISTED_MAX];
	unsigned n = LISTED_MAX;
	int error = ASK(lib, utilization, lib->device[at], use, &n, lib->seen_us[at]);

	if (error && error != -ENOENT)
		return;
	for (uint32_t i = 0; i < poll->processes; i++)
		if (poll->process[i].gpu == at)
			poll->process[i].sm_pct = 0;
	for (unsigned i = 0; !error && i < n && i < LISTED_MAX; i++) {
		/* What draws and does not compute is in no list, and is busy all the same. */
		struct nvml_process *row = use[i].sm_pct ? row_of(poll, at, use[i].pid) : NULL;

		if (row)
			row->sm_pct = use[i].sm_pct < 100 ? use[i].sm_pct : 100;
		if (use[i].t_us > lib->seen_us[at])
			lib->seen_us[at] = use[i].t_us;
	}
}

void nvml_lib_poll(struct nvml_lib *lib, bool list, struct nvml_poll *poll)
{
	const struct nvml_facts *facts = lib->facts;

	poll->gpus = facts->gpus;
	poll->processes = 0;
	for (uint32_t i = 0; i < facts->gpus; i++) {
		const struct nvml_gpu *gpu = &facts->gpu[i];
		struct nvml_said *said = &poll->gpu[i];

		*said = (struct nvml_said){.t_ns = clock_now(CLOCK_MONOTONIC),
					   .energy_error = gpu->energy_error,
					   .power_error = gpu->power_error};
		if (gpu->error)
			continue;
		if (!gpu->energy_error)
			said->energy_error = read_energy(lib, i, &said->energy_mj);
		if (!gpu->power_error)
			said->power_error = read_power(lib, i, gpu->instant, &said->power_mw);
		if (!list)
			continue;
		said->listed = true;
		said->list_error = list_processes(lib, i, poll);
		if (!said->list_error && !gpu->mig)
			read_utilization(lib, i, poll);
	}
	poll->own_ns = clock_now(CLOCK_PROCESS_CPUTIME_ID);
}
