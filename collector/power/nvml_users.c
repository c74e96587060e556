/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who used each GPU.
 */
#include "collector/power/nvml_users.h"

/* A list that is older says nothing of now; lists come every second. */
#define OLD_NS 3500000000ULL

static struct nvml_user *find(struct nvml_users *users, const struct nvml_process *process)
{
	for (size_t i = 0; i < users->n; i++)
		if (users->user[i].is.gpu == process->gpu && users->user[i].is.pid == process->pid)
			return &users->user[i];
	return NULL;
}

void nvml_users_take(struct nvml_users *users, const struct nvml_poll *poll)
{
	for (size_t i = 0; i < users->n; i++) {
		const struct nvml_said *said = &poll->gpu[users->user[i].is.gpu];

		if (said->listed && !said->list_error)
			users->user[i].gone = true;
	}
	for (uint32_t i = 0; i < poll->processes; i++) {
		const struct nvml_process *process = &poll->process[i];
		struct nvml_user *user;

		if (process->gpu >= poll->gpus)
			continue;
		user = find(users, process);
		if (!user && users->n < NVML_PROCESSES_MAX)
			user = &users->user[users->n++];
		if (user)
			*user = (struct nvml_user){.is = *process};
	}
	for (uint32_t i = 0; i < poll->gpus; i++) {
		if (!poll->gpu[i].listed)
			continue;
		users->error[i] = poll->gpu[i].list_error;
		if (!users->error[i])
			users->listed_ns[i] = poll->gpu[i].t_ns;
	}
}

static bool all_told(const struct nvml_users *users, uint32_t at)
{
	for (size_t i = 0; i < users->n; i++)
		if (users->user[i].is.gpu == at && users->user[i].is.sm_pct == NVML_SM_UNKNOWN)
			return false;
	return true;
}

static uint64_t times(uint64_t weight, uint64_t ns)
{
	uint64_t product;

	return __builtin_mul_overflow(weight, ns, &product) ? UINT64_MAX : product;
}

int nvml_users_read(const struct nvml_users *users, uint32_t at, const struct nvml_gpu *gpu,
		    uint64_t t_ns, struct power_use *use, size_t room)
{
	const uint64_t span_ns = t_ns > users->t_ns ? t_ns - users->t_ns : 0;
	const bool told = all_told(users, at);
	uint64_t spare = gpu->mig ? gpu->multiprocessors * 1000ULL : 0;
	size_t n = 0;

	if (!users->listed_ns[at] || users->error[at] ||
	    (t_ns > users->listed_ns[at] && t_ns - users->listed_ns[at] > OLD_NS))
		return -1;
	for (size_t i = 0; i < users->n && n < room; i++) {
		const struct nvml_process *is = &users->user[i].is;
		/* In what slice is not known: as one SM, so that it is not passed over. */
		uint64_t held = gpu->mig ? (is->milli_sms ? is->milli_sms : 1000) : 1;
		uint64_t busy = gpu->mig || !told ? held : is->sm_pct;

		if (is->gpu != at)
			continue;
		use[n++] = (struct power_use){.pid = (pid_t)is->pid,
					      .busy = times(busy, span_ns),
					      .held = times(held, span_ns)};
		if (gpu->mig)
			spare -= held < spare ? held : spare;
	}
	if (spare && n < room)
		use[n++] = (struct power_use){.pid = POWER_NOBODY,
					      .busy = times(spare, span_ns),
					      .held = times(spare, span_ns)};
	return (int)n;
}

void nvml_users_next(struct nvml_users *users, uint64_t t_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < users->n; i++)
		if (!users->user[i].gone)
			users->user[kept++] = users->user[i];
	users->n = kept;
	users->t_ns = t_ns;
}
