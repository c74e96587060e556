/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of users, also where the server that knows them hangs.
 */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/run/user.h"

static unsigned asked;
static sem_t hang, gone;

static int answer(uid_t uid, char *name, size_t size)
{
	asked++;
	snprintf(name, size, "user%u", (unsigned)uid);
	return uid == 404 ? -1 : 0;
}

static int answer_late(uid_t uid, char *name, size_t size)
{
	sem_wait(&hang);
	snprintf(name, size, "late%u", (unsigned)uid);
	sem_post(&gone);
	return 0;
}

static void a_name_is_asked_for_once(void **state)
{
	char name[USER_NAME_MAX];

	(void)state;
	asked = 0;
	for (int i = 0; i < 3; i++) {
		user_name(1, answer, name);
		assert_string_equal(name, "user1");
	}
	assert_int_equal(asked, 1);
}

static void who_has_no_name_has_a_number(void **state)
{
	char name[USER_NAME_MAX];

	(void)state;
	user_name(404, answer, name);
	assert_string_equal(name, "uid-404");
}

static void nobody_is_waited_for_for_ever(void **state)
{
	char name[USER_NAME_MAX];

	(void)state;
	assert_int_equal(sem_init(&hang, 0, 0), 0);
	assert_int_equal(sem_init(&gone, 0, 0), 0);
	user_name(2, answer_late, name);
	assert_string_equal(name, "uid-2");
	/* Known names are known, and others are not asked for while it hangs. */
	asked = 0;
	user_name(1, answer, name);
	assert_string_equal(name, "user1");
	user_name(3, answer, name);
	assert_string_equal(name, "uid-3");
	assert_int_equal(asked, 0);
}

static void a_late_answer_is_kept(void **state)
{
	char name[USER_NAME_MAX] = "";

	(void)state;
	sem_post(&hang);
	sem_wait(&gone);
	for (int i = 0; i < 1000 && name[0] != 'l'; i++) {
		user_name(2, answer_late, name);
		usleep(1000);
	}
	assert_string_equal(name, "late2");
}

static void root_has_a_name(void **state)
{
	char name[USER_NAME_MAX];

	(void)state;
	user_name(0, user_lookup, name);
	assert_string_equal(name, "root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_asked_for_once),
		cmocka_unit_test(who_has_no_name_has_a_number),
		cmocka_unit_test(nobody_is_waited_for_for_ever),
		cmocka_unit_test(a_late_answer_is_kept),
		cmocka_unit_test(root_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
