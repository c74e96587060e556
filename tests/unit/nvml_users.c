/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_users: who used a GPU between two readings, from lists that come once a second.
 */
#include "tests/unit/machine.h"

#include "collector/power/nvml_users.h"

#define T0   (5000 * SECOND)
#define ROOM 16

static const struct nvml_gpu whole;
static const struct nvml_gpu sliced = {.mig = true, .multiprocessors = 98};

static struct nvml_users *make(void)
{
	struct nvml_users *users = calloc(1, sizeof(*users));

	assert_non_null(users);
	nvml_users_next(users, T0);
	return users;
}

/* A list of two GPUs. */
static void list(struct nvml_users *users, uint64_t after_ns, int error,
		 const struct nvml_process *process, uint32_t n)
{
	struct nvml_poll *poll = calloc(1, sizeof(*poll));

	assert_non_null(poll);
	poll->gpus = 2;
	for (int i = 0; i < 2; i++)
		poll->gpu[i] = (struct nvml_said){
			.t_ns = T0 + after_ns, .listed = true, .list_error = error};
	for (uint32_t i = 0; i < n; i++)
		poll->process[poll->processes++] = process[i];
	nvml_users_take(users, poll);
	free(poll);
}

static void assert_use(const struct power_use *use, pid_t pid, uint64_t busy, uint64_t held)
{
	assert_int_equal(use->pid, pid);
	assert_int_equal(use->busy, busy);
	assert_int_equal(use->held, held);
}

static void they_weigh_by_sm_time(void **state)
{
	const struct nvml_process process[] = {{.gpu = 0, .pid = 7, .sm_pct = 60},
					       {.gpu = 1, .pid = 7, .sm_pct = 5},
					       {.gpu = 0, .pid = 8, .sm_pct = 0}};
	struct nvml_users *users = make();
	struct power_use use[ROOM];

	(void)state;
	list(users, SECOND, 0, process, 3);
	assert_int_equal(nvml_users_read(users, 0, &whole, T0 + SECOND, use, ROOM), 2);
	assert_use(&use[0], 7, 60 * SECOND, SECOND);
	assert_use(&use[1], 8, 0, SECOND);
	assert_int_equal(nvml_users_read(users, 1, &whole, T0 + SECOND, use, ROOM), 1);
	assert_use(&use[0], 7, 5 * SECOND, SECOND);
	/* Between two lists the last one stands. */
	nvml_users_next(users, T0 + SECOND);
	assert_int_equal(nvml_users_read(users, 1, &whole, T0 + 3 * SECOND / 2, use, ROOM), 1);
	assert_use(&use[0], 7, 5 * SECOND / 2, SECOND / 2);
	free(users);
}

static void who_has_gone_had_the_time_until_now(void **state)
{
	const struct nvml_process process = {.gpu = 0, .pid = 7, .sm_pct = 60};
	struct nvml_users *users = make();
	struct power_use use[ROOM];

	(void)state;
	list(users, SECOND, 0, &process, 1);
	nvml_users_next(users, T0 + SECOND);
	list(users, 2 * SECOND, 0, NULL, 0);
	assert_int_equal(nvml_users_read(users, 0, &whole, T0 + 2 * SECOND, use, ROOM), 1);
	assert_use(&use[0], 7, 60 * SECOND, SECOND);
	nvml_users_next(users, T0 + 2 * SECOND);
	assert_int_equal(nvml_users_read(users, 0, &whole, T0 + 3 * SECOND, use, ROOM), 0);
	free(users);
}

/* Where the driver tells of one and not of another, both hold, and no more is known. */
static void half_told_is_not_told(void **state)
{
	const struct nvml_process process[] = {{.gpu = 0, .pid = 7, .sm_pct = 60},
					       {.gpu = 0, .pid = 8, .sm_pct = NVML_SM_UNKNOWN}};
	struct nvml_users *users = make();
	struct power_use use[ROOM];

	(void)state;
	list(users, SECOND, 0, process, 2);
	assert_int_equal(nvml_users_read(users, 0, &whole, T0 + SECOND, use, ROOM), 2);
	assert_use(&use[0], 7, SECOND, SECOND);
	assert_use(&use[1], 8, SECOND, SECOND);
	free(users);
}

static void slices_weigh_by_sms_and_the_rest_is_nobodys(void **state)
{
	const struct nvml_process process[] = {
		{.gpu = 0, .pid = 7, .sm_pct = NVML_SM_UNKNOWN, .milli_sms = 42000},
		{.gpu = 0, .pid = 8, .sm_pct = NVML_SM_UNKNOWN, .milli_sms = 7000}};
	struct nvml_users *users = make();
	struct power_use use[ROOM];

	(void)state;
	list(users, SECOND, 0, process, 2);
	assert_int_equal(nvml_users_read(users, 0, &sliced, T0 + SECOND, use, ROOM), 3);
	assert_use(&use[0], 7, 42000 * SECOND, 42000 * SECOND);
	assert_use(&use[1], 8, 7000 * SECOND, 7000 * SECOND);
	assert_use(&use[2], POWER_NOBODY, 49000 * SECOND, 49000 * SECOND);
	free(users);
}

static void without_a_list_nothing_is_known(void **state)
{
	struct nvml_users *users = make();
	struct power_use use[ROOM];

	(void)state;
	assert_int_equal(nvml_users_read(users, 0, &whole, T0 + SECOND, use, ROOM), -1);
	list(users, SECOND, -EPERM, NULL, 0);
	assert_int_equal(nvml_users_read(users, 0, &whole, T0 + SECOND, use, ROOM), -1);
	list(users, 2 * SECOND, 0, NULL, 0);
	assert_int_equal(nvml_users_read(users, 0, &whole, T0 + 2 * SECOND, use, ROOM), 0);
	/* A driver that hangs lists nobody any more. */
	assert_int_equal(nvml_users_read(users, 0, &whole, T0 + 6 * SECOND, use, ROOM), -1);
	free(users);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_weigh_by_sm_time),
		cmocka_unit_test(who_has_gone_had_the_time_until_now),
		cmocka_unit_test(half_told_is_not_told),
		cmocka_unit_test(slices_weigh_by_sms_and_the_rest_is_nobodys),
		cmocka_unit_test(without_a_list_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
