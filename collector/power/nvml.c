/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NVML source: a domain per NVIDIA GPU. Of a GPU in MIG mode it is the whole GPU, since its
 * slices have no meters of their own; account/ shares it among those who hold them.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/power/nvml_early.h"
#include "collector/power/nvml_gauge.h"
#include "collector/power/nvml_helper.h"
#include "collector/power/nvml_record.h"
#include "collector/power/nvml_users.h"
#include "collector/power/power.h"

/*
 * A driver that has to wake eight GPUs takes its time; one that hangs is not waited for. Where the
 * kernel says what GPUs there are, the program is not kept waiting either: they are metered from
 * when NVML has answered on.
 */
#define FACTS_SOON_MS 500
#define FACTS_WAIT_MS 10000
/* A poll of eight GPUs takes some milliseconds. */
#define POLL_WAIT_MS 100
#define POLL_AGE_NS  100000000ULL

/*
 * Assumptions. Against an external meter NVML was 5 % low on the mean, and within 8 % (research:
 * Yang et al., arXiv 2312.02741); on A100 and H100 power is looked at for a quarter of the time
 * alone, which the counter of the same parts is not known to do better. Power that is added up here
 * misses what lies between two polls besides.
 */
#define COUNTER_ERROR_PCT 10.0
#define POWER_ERROR_PCT	  25.0

/* What is said once of a GPU. */
enum trouble {
	TROUBLE_LOST,
	TROUBLE_DENIED,
	TROUBLE_STILL,
	TROUBLE_JUMPED,
	TROUBLE_SILENT,
	TROUBLE_OTHER,
	TROUBLE_DISAGREES,
	TROUBLE_USERS
};

#define NO_GPU UINT32_MAX

struct metered {
	uint32_t gpu;  /* NVML's index, or NO_GPU */
	uint32_t name; /* the domain is gpu-NAME: the same, where NVML was there at the start */
	uint32_t told; /* bits of enum trouble */
	char device[sizeof(((struct power_domain *)NULL)->device)];
	struct nvml_gauge gauge;
};

struct nvml {
	struct power *power;
	struct world *world;
	struct nvml_lib *lib;	    /* NULL in a recording */
	struct nvml_helper *helper; /* NULL in a recording, or when it has died */
	bool waits;		    /* the helper answered in time the last time */
	bool late;		    /* what there is has not been told yet */
	bool silent;		    /* that it was never told has been said */
	uint64_t open_ns;
	uint64_t t_ns;	  /* of the last reading */
	uint64_t poll_ns; /* of the last poll */
	uint64_t own_ns;
	struct metered metered[NVML_GPUS_MAX];
	size_t n;
	struct nvml_facts facts;
	struct nvml_users users;
	struct nvml_poll poll; /* room */
};

#define FIND(nvml, permission, ...)                                                                \
	power_add_finding((nvml)->power, "nvml", permission, __VA_ARGS__)

/* ---- what there is ---- */

static int is_nvidia(void *arg, const char *name)
{
	struct world *world = arg;
	char path[300], vendor[16], class[16];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vendor", name);
	if (world->ops->read(world, path, vendor, sizeof(vendor)) < 0 ||
	    strncmp(vendor, "0x10de", 6))
		return 0;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/class", name);
	/* Display controllers; the same maker has bridges and sound. */
	return world->ops->read(world, path, class, sizeof(class)) > 0 &&
	       !strncmp(class, "0x03", 4);
}

/* Without the library nothing can be asked, but that a GPU is there can be seen. */
static int no_library(struct nvml *nvml)
{
	if (nvml->world->ops->list(nvml->world, "/sys/bus/pci/devices", is_nvidia, nvml->world) ==
	    1)
		FIND(nvml, false,
		     "an NVIDIA GPU is here, and no " NVML_ABI_SONAME
		     ": it is not metered; fix: install the driver's library (nvidia-utils, "
		     "libnvidia-ml1, libnvidia-compute)");
	return -ENODEV;
}

static void find_no_nvml(struct nvml *nvml, int error)
{
	const char *driver = nvml->facts.driver[0] ? nvml->facts.driver : "unknown";

	switch (error) {
	case -ENODEV:
		FIND(nvml, false,
		     "the library is here, and no driver is loaded: no NVIDIA GPU is metered; fix: "
		     "modprobe nvidia, if there is one");
		break;
	case -EPERM:
		FIND(nvml, true,
		     "the driver may not be asked; fix: allow this user to open /dev/nvidiactl and "
		     "/dev/nvidia*");
		break;
	case -ELIBBAD:
		FIND(nvml, false,
		     "library and kernel driver are of two versions: no NVIDIA GPU is metered; "
		     "fix: load the driver anew, or reboot");
		break;
	case -ENOSYS:
		FIND(nvml, false,
		     "the driver is too old (%s): no NVIDIA GPU is metered; fix: a newer driver",
		     driver);
		break;
	case -ETIMEDOUT:
		FIND(nvml, false, "the driver has not answered for %d s: no NVIDIA GPU is metered",
		     FACTS_WAIT_MS / 1000);
		break;
	default:
		FIND(nvml, false, "it cannot be used: %s: no NVIDIA GPU is metered",
		     strerror(-error));
	}
}

/* Asks the library what there is. Returns 0, or -ENODEV with a finding if there is something. */
static int ask_library(struct nvml *nvml)
{
	int error = nvml_lib_open(&nvml->lib);

	if (error == -ENODEV)
		return no_library(nvml);
	if (!error)
		error = nvml_helper_start(nvml->lib, &nvml->helper);
	if (!error)
		error = nvml_helper_facts(nvml->helper, &nvml->facts, FACTS_SOON_MS);
	if (error == -ETIMEDOUT && !nvml_early_facts(nvml->world, &nvml->facts)) {
		nvml->late = true;
		return 0;
	}
	if (error == -ETIMEDOUT)
		error = nvml_helper_facts(nvml->helper, &nvml->facts,
					  FACTS_WAIT_MS - FACTS_SOON_MS);
	if (!error)
		error = nvml->facts.error;
	if (!error)
		return 0;
	find_no_nvml(nvml, error);
	return -ENODEV;
}

static int find_out(struct nvml *nvml)
{
	int error = 0;

	if (!nvml->world->replayed)
		return ask_library(nvml);
	error = nvml_record_facts(nvml->world, &nvml->facts);
	if (error || !nvml->facts.error)
		return error;
	find_no_nvml(nvml, nvml->facts.error);
	return -ENODEV;
}

static const char *why(int error)
{
	return error == -EPERM	      ? "no permission"
	       : error == -ENXIO      ? "the GPU is lost, or wants a reset"
	       : error == -EOPNOTSUPP ? "not supported"
				      : strerror(-error);
}

/* Returns false if nothing tells what this GPU draws; a finding says so. */
static bool is_meterable(struct nvml *nvml, uint32_t at, const struct nvml_gpu *gpu)
{
	const bool denied = gpu->energy_error == -EPERM || gpu->power_error == -EPERM;

	if (gpu->error)
		FIND(nvml, gpu->error == -EPERM, "gpu-%" PRIu32 " is not metered: %s", at,
		     why(gpu->error));
	else if (gpu->energy_error && gpu->power_error)
		FIND(nvml, denied, "gpu-%" PRIu32 " is not metered: energy: %s; power: %s%s", at,
		     why(gpu->energy_error), why(gpu->power_error),
		     denied ? "; fix: run 'gramme collect' as root" : "");
	else if (gpu->energy_error && gpu->energy_error != -EOPNOTSUPP &&
		 gpu->energy_error != -ENOSYS)
		FIND(nvml, gpu->energy_error == -EPERM,
		     "gpu-%" PRIu32
		     ": its energy counter cannot be read: %s; its power is added up",
		     at, why(gpu->energy_error));
	return !gpu->error && !(gpu->energy_error && gpu->power_error);
}

/* On a Grace Hopper the counter has been seen to be that of the module, CPU and memory with it. */
static bool counts_module(const struct nvml_gpu *gpu)
{
	return strstr(gpu->name, "GH200") != NULL;
}

/* "GPU-6772616d-6d65-..." to its 32 digits; of an old name of a slice, those of its GPU. */
static void put_uuid(char to[POWER_UUID_MAX], const char *uuid)
{
	const char *of = strstr(uuid, "GPU-") ? strstr(uuid, "GPU-") : uuid;
	size_t n = 0;

	for (of += strcspn(of, "-"); *of && *of != '/' && n < POWER_UUID_MAX - 1; of++)
		if (isxdigit((unsigned char)*of))
			to[n++] = (char)tolower((unsigned char)*of);
	to[n] = '\0';
}

/* What tells the domain to programs. NVML has eight digits for a PCI domain, all others four. */
static void identify(struct power_domain *domain, const struct nvml_gpu *gpu)
{
	const char *bus_id = strncmp(gpu->bus_id, "0000", 4) ? gpu->bus_id : gpu->bus_id + 4;

	if (strlen(bus_id) < sizeof(domain->device))
		for (size_t i = 0; bus_id[i]; i++)
			domain->device[i] = (char)tolower((unsigned char)bus_id[i]);
	put_uuid(domain->uuid[0], gpu->uuid);
	for (uint32_t i = 0; i < gpu->slices && i + 1 < POWER_UUIDS; i++)
		put_uuid(domain->uuid[i + 1], gpu->slice[i].uuid);
}

/* Returns false where the GPU is not to be metered. */
static bool settle(struct nvml *nvml, uint32_t at)
{
	struct nvml_gpu *gpu = &nvml->facts.gpu[at];

	if (!gpu->energy_error && !gpu->power_error && counts_module(gpu))
		gpu->energy_error = -EOPNOTSUPP;
	return is_meterable(nvml, at, gpu);
}

/* What a domain is called, by people and by programs. */
static void describe(const struct nvml *nvml, uint32_t at, struct power_domain *domain)
{
	const struct nvml_gpu *gpu = &nvml->facts.gpu[at];

	snprintf(domain->note, sizeof(domain->note), "%.60s, %.48s, %s%s", gpu->name, gpu->uuid,
		 nvml->late	      ? "NVML answered late"
		 : !gpu->energy_error ? "energy counter"
		 : gpu->instant	      ? "power of the instant, added up"
				      : "mean power, added up",
		 gpu->mig ? ", in MIG slices" : "");
	identify(domain, gpu);
}

static void add_gpu(struct nvml *nvml, uint32_t at)
{
	struct metered *metered = &nvml->metered[nvml->n];
	struct power_domain domain = {.source = "nvml", .kind = POWER_GPU, .idle_method = "none"};
	const struct nvml_gpu *gpu = &nvml->facts.gpu[at];

	if (!settle(nvml, at))
		return;
	/* Of what comes late the worst is promised. */
	domain.quality = gpu->energy_error ? POWER_DERIVED : POWER_MEASURED;
	domain.error_pct = gpu->energy_error ? POWER_ERROR_PCT : COUNTER_ERROR_PCT;
	snprintf(domain.name, sizeof(domain.name), "gpu-%" PRIu32, at);
	describe(nvml, at, &domain);
	*metered = (struct metered){.gpu = at, .name = at};
	memcpy(metered->device, domain.device, sizeof(metered->device));
	nvml_gauge_open(&metered->gauge, gpu);
	if (!power_add_domain(nvml->power, &domain))
		nvml->n++;
}

static void nvml_close(void *state)
{
	struct nvml *nvml = state;

	nvml_helper_stop(nvml->helper);
	nvml_lib_close(nvml->lib);
	free(nvml);
}

static int nvml_open(struct power *power, const struct power_options *options, void **state)
{
	struct nvml *nvml;
	int error;

	if (power_has(power, POWER_GPU))
		return -ENODEV;
	nvml = calloc(1, sizeof(*nvml));
	if (!nvml)
		return -ENOMEM;
	nvml->power = power;
	nvml->world = options->world;
	nvml->waits = true;
	nvml->open_ns = nvml->world->ops->monotonic_ns(nvml->world);
	error = find_out(nvml);
	for (uint32_t i = 0; i < nvml->facts.gpus && !error; i++)
		add_gpu(nvml, i);
	if (!error && !nvml->n)
		error = -ENODEV;
	if (error)
		nvml_close(nvml);
	else
		*state = nvml;
	return error;
}

/* ---- what comes late ---- */

/* Nothing of it will be metered; why has been said. Its number may be another's with NVML. */
static void give_up(struct metered *metered)
{
	metered->gpu = NO_GPU;
	metered->gauge.error = -ENODEV;
	metered->told = UINT32_MAX;
}

static void join_gpu(struct nvml *nvml, struct metered *metered)
{
	struct power_domain domain = {.kind = POWER_GPU};
	char name[POWER_NAME_MAX];

	for (uint32_t at = 0; at < nvml->facts.gpus; at++) {
		describe(nvml, at, &domain);
		if (strcmp(domain.device, metered->device) != 0)
			continue;
		if (!settle(nvml, at)) {
			give_up(metered);
			return;
		}
		metered->gpu = at;
		nvml_gauge_open(&metered->gauge, &nvml->facts.gpu[at]);
		snprintf(name, sizeof(name), "gpu-%" PRIu32, metered->name);
		power_identify(nvml->power, name, &domain);
		return;
	}
	FIND(nvml, false, "gpu-%" PRIu32 " (%s) is not among the GPUs that NVML shows: not metered",
	     metered->name, metered->device);
	give_up(metered);
}

/* Takes what NVML has said by now of what there is. */
static void hear_late(struct nvml *nvml, uint64_t t_ns)
{
	const uint64_t since_ns = t_ns - nvml->open_ns;
	int error = nvml_helper_facts(nvml->helper, &nvml->facts, 0);

	if (error == -ETIMEDOUT && since_ns <= FACTS_WAIT_MS * 1000000ULL)
		return;
	if (error == -ETIMEDOUT) {
		if (!nvml->silent)
			find_no_nvml(nvml, error);
		nvml->silent = true;
		return;
	}
	nvml->late = false;
	if (!error)
		error = nvml->facts.error;
	if (error)
		find_no_nvml(nvml, error);
	else
		FIND(nvml, false,
		     "the driver answered after %.1f s: what the GPUs drew until then is not "
		     "known, and a gap",
		     (double)since_ns / 1e9);
	for (size_t i = 0; i < nvml->n; i++)
		if (error)
			give_up(&nvml->metered[i]);
		else
			join_gpu(nvml, &nvml->metered[i]);
}

/* ---- what goes wrong later ---- */

static bool first_time(struct metered *metered, enum trouble trouble)
{
	const uint32_t bit = 1u << trouble;
	const bool first = !(metered->told & bit);

	metered->told |= bit;
	return first;
}

static enum trouble trouble_of(int error)
{
	switch (error) {
	case -ENXIO:
		return TROUBLE_LOST;
	case -EPERM:
		return TROUBLE_DENIED;
	case -ESTALE:
		return TROUBLE_STILL;
	case -ETIMEDOUT:
	case -EPIPE:
		return TROUBLE_SILENT;
	default:
		return TROUBLE_OTHER;
	}
}

static void tell_error(struct nvml *nvml, struct metered *metered, int error)
{
	const enum trouble trouble = trouble_of(error);
	const char *what = trouble == TROUBLE_LOST ? "is lost, or wants a reset (dmesg has the Xid)"
			   : trouble == TROUBLE_STILL  ? "has a counter that stands still"
			   : trouble == TROUBLE_SILENT ? "has a driver that does not answer"
			   : trouble == TROUBLE_DENIED ? "may not be asked any more"
						       : "cannot be read";

	if (first_time(metered, trouble))
		FIND(nvml, error == -EPERM,
		     "gpu-%" PRIu32 " %s: what it draws meanwhile is not known, and a gap",
		     metered->name, what);
}

static void tell_jump(struct nvml *nvml, struct metered *metered)
{
	if (first_time(metered, TROUBLE_JUMPED))
		FIND(nvml, false,
		     "gpu-%" PRIu32 ": its %s: what it drew meanwhile is not known, and a gap",
		     metered->name,
		     metered->gauge.counts ? "counter was reset or cannot be believed"
					   : "power was not read for some time");
}

static void tell_difference(struct nvml *nvml, struct metered *metered)
{
	const struct nvml_gauge *gauge = &metered->gauge;

	if (nvml_gauge_disagrees(gauge) && first_time(metered, TROUBLE_DISAGREES))
		FIND(nvml, false,
		     "gpu-%" PRIu32 ": counter and power disagree: %" PRIu64 " J and %" PRIu64
		     " J in the same %" PRIu64 " s; the counter is taken",
		     metered->name, gauge->counted_uj / 1000000, gauge->summed_uj / 1000000,
		     gauge->both_ns / 1000000000);
}

static void tell_users(struct nvml *nvml, struct metered *metered)
{
	const int error = nvml->users.error[metered->gpu];

	if (error && first_time(metered, TROUBLE_USERS))
		FIND(nvml, error == -EPERM,
		     "gpu-%" PRIu32 ": the processes on it cannot be listed: %s; its energy is "
		     "unattributed",
		     metered->name, why(error));
}

/* ---- readings ---- */

static void take_poll(struct nvml *nvml)
{
	const struct nvml_poll *poll = &nvml->poll;

	for (size_t i = 0; i < nvml->n; i++) {
		const uint32_t at = nvml->metered[i].gpu;

		if (at >= poll->gpus)
			continue;
		nvml_gauge_take(&nvml->metered[i].gauge, &poll->gpu[at]);
		nvml->poll_ns = poll->gpu[at].t_ns;
	}
	nvml_users_take(&nvml->users, poll);
	nvml->own_ns = poll->own_ns;
}

static int take_next(struct nvml *nvml, int wait_ms)
{
	int error = nvml_helper_next(nvml->helper, &nvml->poll, wait_ms);

	if (!error)
		take_poll(nvml);
	return error;
}

/*
 * Takes what the helper has sent, and waits for how things are now, unless it was late the last
 * time: a driver that hangs is not to hold us up each second.
 */
static void hear_helper(struct nvml *nvml, uint64_t t_ns)
{
	int error;

	nvml_helper_ask(nvml->helper);
	do
		error = take_next(nvml, 0);
	while (!error);
	if (error == -EAGAIN && (!nvml->poll_ns || nvml->poll_ns + POLL_AGE_NS <= t_ns)) {
		error = take_next(nvml, nvml->waits ? POLL_WAIT_MS : 0);
		nvml->waits = !error;
	} else if (error == -EAGAIN) {
		nvml->waits = true;
	}
	if (error != -EPIPE)
		return;
	nvml_helper_stop(nvml->helper);
	nvml->helper = NULL;
	for (size_t i = 0; i < nvml->n; i++)
		nvml->metered[i].gauge.error = -EPIPE;
}

static void nvml_read(void *state, uint64_t t_ns, const struct power_load *load,
		      struct power_reading *readings)
{
	struct nvml *nvml = state;

	(void)load;
	nvml->t_ns = t_ns;
	if (nvml->late)
		hear_late(nvml, t_ns);
	if (nvml->late) {
		/* Nothing is known yet. */
	} else if (nvml->helper) {
		hear_helper(nvml, t_ns);
	} else if (!nvml->lib) {
		nvml_record_poll(nvml->world, &nvml->facts, &nvml->poll);
		take_poll(nvml);
	}
	for (size_t i = 0; i < nvml->n; i++) {
		struct metered *metered = &nvml->metered[i];

		nvml_gauge_read(&metered->gauge, t_ns, &readings[i]);
		if (readings[i].error && readings[i].error != -EAGAIN)
			tell_error(nvml, metered, readings[i].error);
		if (readings[i].gap)
			tell_jump(nvml, metered);
		tell_difference(nvml, metered);
		if (!readings[i].error)
			tell_users(nvml, metered);
	}
}

static size_t nvml_uses(void *state, struct power_use *use, size_t room, uint64_t *known)
{
	struct nvml *nvml = state;
	size_t n = 0;

	for (size_t i = 0; i < nvml->n; i++) {
		const uint32_t at = nvml->metered[i].gpu;
		int rows = at == NO_GPU ? -1
					: nvml_users_read(&nvml->users, at, &nvml->facts.gpu[at],
							  nvml->t_ns, use + n, room - n);
		if (rows < 0)
			continue;
		*known |= 1ULL << i;
		for (int k = 0; k < rows; k++)
			use[n++].domain = i;
	}
	nvml_users_next(&nvml->users, nvml->t_ns);
	/* The processes of a recording are none of this machine's. */
	for (size_t i = 0; i < n && !nvml->lib; i++)
		if (use[i].pid > 0)
			use[i].pid = POWER_STRANGER;
	return n;
}

static uint64_t nvml_own_ns(const void *state)
{
	return ((const struct nvml *)state)->own_ns;
}

/* Counters of 64 bits; but power has to be looked at. */
static uint64_t nvml_longest_interval_ns(const void *state)
{
	const struct nvml *nvml = state;

	for (size_t i = 0; i < nvml->n; i++)
		if (!nvml->metered[i].gauge.counts && !nvml->lib)
			return NVML_STRAIGHT_NS / 2;
	return UINT64_MAX;
}

const struct power_source power_nvml = {
	.name = "nvml",
	.open = nvml_open,
	.read = nvml_read,
	.longest_interval_ns = nvml_longest_interval_ns,
	.close = nvml_close,
	.uses = nvml_uses,
	.own_ns = nvml_own_ns,
};
