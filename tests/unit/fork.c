/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork.S: any number of arguments arrives in its order, and the stack is aligned as every function
 * may expect it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MOST 70

typedef void (*microtask)(int32_t *, int32_t *, ...);

void openmp_call(void (*real)(void *, int32_t, microtask, ...), void *where, int32_t n,
		 microtask body, const uintptr_t *args);

static int32_t told; /* of how many */
static int called;

static void body(int32_t *thread, int32_t *team, ...)
{
	(void)thread;
	(void)team;
}

static void real(void *where, int32_t n, microtask task, ...)
{
	va_list list;

	called++;
	assert_ptr_equal(where, &told);
	assert_int_equal(n, told);
	assert_true(task == body);
	assert_int_equal((uintptr_t)__builtin_frame_address(0) % 16, 0);
	va_start(list, task);
	for (int32_t i = 0; i < n; i++)
		assert_true(va_arg(list, uintptr_t) == UINTPTR_MAX - (uintptr_t)i);
	va_end(list);
}

static void all_arguments_arrive(void **state)
{
	uintptr_t args[MOST];

	(void)state;
	for (uintptr_t i = 0; i < MOST; i++)
		args[i] = UINTPTR_MAX - i;
	for (told = 0; told <= MOST; told++)
		openmp_call(real, &told, told, body, args);
	assert_int_equal(called, MOST + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_arguments_arrive)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
