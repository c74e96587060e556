/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test double of libnvidia-ml.so.1: GPUs that are not there, named as what they are, with the
 * power and the energy that a script says (script.h), so that tests know the joules in closed form.
 * Nothing of it is installed. SIMGPU_COUNT says how many GPUs there are (1), SIMNVML_INIT what
 * nvmlInit_v2 returns (0), SIMNVML_INIT_MS after how long. GPU i has the UUID that the simulated
 * CUDA driver gives it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/power/nvml_abi.h"
#include "tests/fake/nvml/script.h"

#define EXPORT __attribute__((visibility("default")))

/* A GPU, or one of its slices; NULL is none, so handles count from 1. */
struct nvml_device {
	unsigned gpu;
	int slice; /* or -1 */
};

static struct nvml_device device[SCRIPT_GPUS][SCRIPT_SLICES + 1];
static int references;

static void rest(unsigned ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000L};

	if (ms)
		nanosleep(&t, NULL);
}

/* What `call` on a device is to return now, after as long as it is to take. */
static unsigned ask(const struct nvml_device *d, enum script_call call, struct script_gpu *gpu)
{
	if (!references)
		return NVML_UNINITIALIZED;
	if (!d)
		return NVML_INVALID_ARGUMENT;
	script_now(d->gpu, gpu);
	rest(gpu->hang_ms[call]);
	return gpu->fail[call];
}

EXPORT unsigned nvmlInit_v2(void);
EXPORT unsigned nvmlInit_v2(void)
{
	const char *code = getenv("SIMNVML_INIT");
	const char *ms = getenv("SIMNVML_INIT_MS");

	rest(ms ? (unsigned)atoi(ms) : 0);
	if (code && atoi(code))
		return (unsigned)atoi(code);
	if (!references++)
		script_load();
	for (unsigned i = 0; i < SCRIPT_GPUS; i++)
		for (int k = 0; k <= SCRIPT_SLICES; k++)
			device[i][k] = (struct nvml_device){i, k - 1};
	return NVML_OK;
}

EXPORT unsigned nvmlInitWithFlags(unsigned flags);
EXPORT unsigned nvmlInitWithFlags(unsigned flags)
{
	(void)flags;
	return nvmlInit_v2();
}

EXPORT unsigned nvmlShutdown(void);
EXPORT unsigned nvmlShutdown(void)
{
	if (!references)
		return NVML_UNINITIALIZED;
	references--;
	return NVML_OK;
}

EXPORT const char *nvmlErrorString(unsigned result);
EXPORT const char *nvmlErrorString(unsigned result)
{
	static const char *const text[] = {
		[NVML_OK] = "The operation was successful",
		[NVML_NOT_SUPPORTED] = "Not Supported",
		[NVML_NO_PERMISSION] = "Insufficient Permissions",
		[NVML_DRIVER_NOT_LOADED] = "Driver Not Loaded",
		[NVML_GPU_IS_LOST] = "GPU is lost",
		[NVML_VERSION_MISMATCH] = "Driver/library version mismatch",
	};

	return result < sizeof(text) / sizeof(text[0]) && text[result] ? text[result]
								       : "Unknown Error";
}

static unsigned put_text(char *to, unsigned size, const char *text)
{
	if (!to)
		return NVML_INVALID_ARGUMENT;
	if (strlen(text) >= size)
		return NVML_INSUFFICIENT_SIZE;
	strcpy(to, text);
	return NVML_OK;
}

EXPORT unsigned nvmlSystemGetDriverVersion(char *version, unsigned size);
EXPORT unsigned nvmlSystemGetDriverVersion(char *version, unsigned size)
{
	return put_text(version, size, "0.0 (simulated)");
}

EXPORT unsigned nvmlDeviceGetCount_v2(unsigned *count);
EXPORT unsigned nvmlDeviceGetCount_v2(unsigned *count)
{
	if (!references)
		return NVML_UNINITIALIZED;
	*count = script_gpus();
	return NVML_OK;
}

EXPORT unsigned nvmlDeviceGetHandleByIndex_v2(unsigned index, struct nvml_device **handle);
EXPORT unsigned nvmlDeviceGetHandleByIndex_v2(unsigned index, struct nvml_device **handle)
{
	struct script_gpu gpu;

	if (!references)
		return NVML_UNINITIALIZED;
	if (index >= script_gpus())
		return NVML_INVALID_ARGUMENT;
	*handle = &device[index][0];
	return ask(*handle, SCRIPT_HANDLE, &gpu);
}

static void uuid_of(const struct nvml_device *d, char uuid[NVML_ABI_UUID])
{
	if (d->slice < 0)
		snprintf(uuid, NVML_ABI_UUID, "GPU-6772616d-6d65-4000-8000-0000000000%02x", d->gpu);
	else
		snprintf(uuid, NVML_ABI_UUID, "MIG-6772616d-6d65-4000-8000-00000000%02x%02x",
			 d->slice + 1, d->gpu);
}

EXPORT unsigned nvmlDeviceGetUUID(struct nvml_device *d, char *text, unsigned size);
EXPORT unsigned nvmlDeviceGetUUID(struct nvml_device *d, char *text, unsigned size)
{
	char uuid[NVML_ABI_UUID];

	if (!d)
		return NVML_INVALID_ARGUMENT;
	uuid_of(d, uuid);
	return put_text(text, size, uuid);
}

EXPORT unsigned nvmlDeviceGetHandleByUUID(const char *uuid, struct nvml_device **handle);
EXPORT unsigned nvmlDeviceGetHandleByUUID(const char *uuid, struct nvml_device **handle)
{
	for (unsigned i = 0; references && i < script_gpus(); i++)
		for (int k = 0; k <= SCRIPT_SLICES; k++) {
			char other[NVML_ABI_UUID];

			uuid_of(&device[i][k], other);
			if (strcmp(uuid, other))
				continue;
			*handle = &device[i][k];
			return NVML_OK;
		}
	return references ? NVML_NOT_FOUND : NVML_UNINITIALIZED;
}

EXPORT unsigned nvmlDeviceGetName(struct nvml_device *d, char *text, unsigned size);
EXPORT unsigned nvmlDeviceGetName(struct nvml_device *d, char *text, unsigned size)
{
	return d ? put_text(text, size, "gramme simulated GPU") : NVML_INVALID_ARGUMENT;
}

EXPORT unsigned nvmlDeviceGetPciInfo_v3(struct nvml_device *d, struct nvml_pci *pci);
EXPORT unsigned nvmlDeviceGetPciInfo_v3(struct nvml_device *d, struct nvml_pci *pci)
{
	if (!d)
		return NVML_INVALID_ARGUMENT;
	*pci = (struct nvml_pci){.bus = d->gpu + 1};
	snprintf(pci->bus_legacy, sizeof(pci->bus_legacy), "0000:%02X:00.0", pci->bus);
	snprintf(pci->bus_id, sizeof(pci->bus_id), "00000000:%02X:00.0", pci->bus);
	return NVML_OK;
}

/* Energy and power are the GPU's: a slice has neither. */
EXPORT unsigned nvmlDeviceGetTotalEnergyConsumption(struct nvml_device *d, unsigned long long *mj);
EXPORT unsigned nvmlDeviceGetTotalEnergyConsumption(struct nvml_device *d, unsigned long long *mj)
{
	struct script_gpu gpu;
	unsigned result = ask(d, SCRIPT_ENERGY, &gpu);

	if (!result && d->slice >= 0)
		result = NVML_NOT_SUPPORTED;
	if (!result)
		*mj = gpu.energy_pj / 1000000000ULL;
	return result;
}

EXPORT unsigned nvmlDeviceGetPowerUsage(struct nvml_device *d, unsigned *mw);
EXPORT unsigned nvmlDeviceGetPowerUsage(struct nvml_device *d, unsigned *mw)
{
	struct script_gpu gpu;
	unsigned result = ask(d, SCRIPT_POWER, &gpu);

	if (!result && d->slice >= 0)
		result = NVML_NOT_SUPPORTED;
	if (!result)
		*mw = (unsigned)gpu.power_mw;
	return result;
}

EXPORT unsigned nvmlDeviceGetFieldValues(struct nvml_device *d, int n,
					 struct nvml_field_value *value);
EXPORT unsigned nvmlDeviceGetFieldValues(struct nvml_device *d, int n,
					 struct nvml_field_value *value)
{
	struct script_gpu gpu;
	unsigned result = ask(d, SCRIPT_FIELD, &gpu);

	if (result == NVML_INVALID_ARGUMENT || result == NVML_UNINITIALIZED)
		return result;
	for (int i = 0; i < n; i++) {
		value[i].result = result;
		if (result)
			continue;
		if (d->slice >= 0 || (value[i].field != NVML_FIELD_POWER_INSTANT &&
				      value[i].field != NVML_FIELD_POWER_AVERAGE)) {
			value[i].result = NVML_NOT_SUPPORTED;
			continue;
		}
		value[i].type = NVML_VALUE_UINT;
		value[i].value.as_uint = (unsigned)gpu.power_mw;
	}
	return NVML_OK;
}

EXPORT unsigned nvmlDeviceGetPowerManagementLimitConstraints(struct nvml_device *d, unsigned *least,
							     unsigned *most);
EXPORT unsigned nvmlDeviceGetPowerManagementLimitConstraints(struct nvml_device *d, unsigned *least,
							     unsigned *most)
{
	struct script_gpu gpu;
	unsigned result = ask(d, SCRIPT_LIMIT, &gpu);

	if (!result) {
		*least = 100000;
		*most = 700000;
	}
	return result;
}

EXPORT unsigned nvmlDeviceGetMigMode(struct nvml_device *d, unsigned *now, unsigned *pending);
EXPORT unsigned nvmlDeviceGetMigMode(struct nvml_device *d, unsigned *now, unsigned *pending)
{
	struct script_gpu gpu;

	if (!d || d->slice >= 0)
		return NVML_INVALID_ARGUMENT;
	script_now(d->gpu, &gpu);
	*now = *pending = gpu.mig;
	return NVML_OK;
}

EXPORT unsigned nvmlDeviceGetMaxMigDeviceCount(struct nvml_device *d, unsigned *count);
EXPORT unsigned nvmlDeviceGetMaxMigDeviceCount(struct nvml_device *d, unsigned *count)
{
	if (!d)
		return NVML_INVALID_ARGUMENT;
	*count = SCRIPT_SLICES;
	return NVML_OK;
}

EXPORT unsigned nvmlDeviceGetMigDeviceHandleByIndex(struct nvml_device *d, unsigned index,
						    struct nvml_device **slice);
EXPORT unsigned nvmlDeviceGetMigDeviceHandleByIndex(struct nvml_device *d, unsigned index,
						    struct nvml_device **slice)
{
	struct script_gpu gpu;

	if (!d || d->slice >= 0 || index >= SCRIPT_SLICES)
		return NVML_INVALID_ARGUMENT;
	script_now(d->gpu, &gpu);
	if (!gpu.mig || index >= gpu.slices)
		return NVML_NOT_FOUND;
	*slice = &device[d->gpu][index + 1];
	return NVML_OK;
}

/* The slice that a handle is of, if it is one and is there. */
static unsigned find_slice(const struct nvml_device *d, struct script_slice *slice)
{
	struct script_gpu gpu;

	if (!d || d->slice < 0)
		return NVML_NOT_SUPPORTED;
	script_now(d->gpu, &gpu);
	if (!gpu.mig || (size_t)d->slice >= gpu.slices)
		return NVML_NOT_FOUND;
	*slice = gpu.slice[d->slice];
	return NVML_OK;
}

EXPORT unsigned nvmlDeviceGetGpuInstanceId(struct nvml_device *d, unsigned *id);
EXPORT unsigned nvmlDeviceGetGpuInstanceId(struct nvml_device *d, unsigned *id)
{
	struct script_slice slice;
	unsigned result = find_slice(d, &slice);

	if (!result)
		*id = slice.gpu_instance;
	return result;
}

EXPORT unsigned nvmlDeviceGetComputeInstanceId(struct nvml_device *d, unsigned *id);
EXPORT unsigned nvmlDeviceGetComputeInstanceId(struct nvml_device *d, unsigned *id)
{
	struct script_slice slice;
	unsigned result = find_slice(d, &slice);

	if (!result)
		*id = slice.compute_instance;
	return result;
}

EXPORT unsigned nvmlDeviceGetAttributes_v2(struct nvml_device *d, struct nvml_attributes *is);
EXPORT unsigned nvmlDeviceGetAttributes_v2(struct nvml_device *d, struct nvml_attributes *is)
{
	struct script_slice slice;
	unsigned result = find_slice(d, &slice);

	if (!result)
		*is = (struct nvml_attributes){.multiprocessors = slice.multiprocessors};
	return result;
}

/* 98 SMs in the largest profile, as an A100 has. */
EXPORT unsigned nvmlDeviceGetGpuInstanceProfileInfo(struct nvml_device *d, unsigned profile,
						    struct nvml_profile *info);
EXPORT unsigned nvmlDeviceGetGpuInstanceProfileInfo(struct nvml_device *d, unsigned profile,
						    struct nvml_profile *info)
{
	struct script_gpu gpu;

	if (!d || d->slice >= 0 || profile != 4)
		return NVML_NOT_SUPPORTED;
	script_now(d->gpu, &gpu);
	*info = (struct nvml_profile){.gpu_slices = 7, .instances = 1, .multiprocessors = 98};
	return gpu.mig ? NVML_OK : NVML_NOT_SUPPORTED;
}

/* True if a slice's own handle was asked, and the process is not on it. */
static bool elsewhere(const struct nvml_device *d, const struct script_gpu *gpu,
		      const struct script_process *process)
{
	const struct script_slice *slice;

	if (d->slice < 0 || (size_t)d->slice >= gpu->slices)
		return false;
	slice = &gpu->slice[d->slice];
	return process->gpu_instance != slice->gpu_instance ||
	       process->compute_instance != slice->compute_instance;
}

EXPORT unsigned nvmlDeviceGetComputeRunningProcesses_v3(struct nvml_device *d, unsigned *count,
							struct nvml_process_info *info);
EXPORT unsigned nvmlDeviceGetComputeRunningProcesses_v3(struct nvml_device *d, unsigned *count,
							struct nvml_process_info *info)
{
	struct script_gpu gpu;
	unsigned result = ask(d, SCRIPT_PROCESS_LIST, &gpu);
	unsigned room = *count, n = 0;

	if (result)
		return result;
	for (size_t i = 0; i < gpu.processes; i++) {
		const struct script_process *p = &gpu.process[i];

		if (elsewhere(d, &gpu, p))
			continue;
		if (info && n < room)
			info[n] = (struct nvml_process_info){p->pid, 1 << 20, p->gpu_instance,
							     p->compute_instance};
		n++;
	}
	*count = n;
	return n > room ? NVML_INSUFFICIENT_SIZE : NVML_OK;
}

/* As the driver: who computed nothing is not named, and a GPU in slices tells nothing. */
EXPORT unsigned nvmlDeviceGetProcessUtilization(struct nvml_device *d, struct nvml_utilization *use,
						unsigned *count, unsigned long long last_us);
EXPORT unsigned nvmlDeviceGetProcessUtilization(struct nvml_device *d, struct nvml_utilization *use,
						unsigned *count, unsigned long long last_us)
{
	struct script_gpu gpu;
	unsigned result = ask(d, SCRIPT_UTILIZATION, &gpu);
	unsigned room = *count, n = 0;

	if (!result && (gpu.mig || d->slice >= 0))
		result = NVML_NOT_SUPPORTED;
	if (result)
		return result;
	for (size_t i = 0; i < gpu.processes; i++) {
		if (!gpu.process[i].sm_pct)
			continue;
		if (use && n < room)
			use[n] = (struct nvml_utilization){.pid = gpu.process[i].pid,
							   .t_us = last_us + 1,
							   .sm_pct = gpu.process[i].sm_pct};
		n++;
	}
	*count = n;
	if (!n)
		return NVML_NOT_FOUND;
	return n > room || !use ? NVML_INSUFFICIENT_SIZE : NVML_OK;
}
