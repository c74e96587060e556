/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf: functions of loaded objects, read from their tables.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "preload/elf.h"

int plain(void);
int chosen(void);

int plain(void)
{
	return 1;
}

static int told(void)
{
	return 2;
}

static int not_told(void)
{
	return 3;
}

/* As the loader calls it on this machine; early, before a sanitizer is up. */
#if defined(__aarch64__)
#define RESOLVER_PARAMS uint64_t hwcap, const uint64_t *more
#define IS_TOLD		(hwcap >> 62 & 1 && more[0] >= 24 && more[1] && more[1] == (hwcap & ~(1UL << 62)))
#else
#define RESOLVER_PARAMS void
#define IS_TOLD		1
#endif
__attribute__((used,
	       no_sanitize("address", "undefined"))) static int (*choose(RESOLVER_PARAMS))(void)
{
	return IS_TOLD ? told : not_told;
}
int chosen(void) __attribute__((ifunc("choose")));

static void functions_are_found(void **state)
{
	const struct link_map *self = dlopen(NULL, RTLD_LAZY);
	int (*found)(void);

	(void)state;
	assert_non_null(self);
	found = (int (*)(void))elf_symbol(self, "plain");
	assert_ptr_equal(found, plain);
	assert_null(elf_symbol(self, "plai"));
	assert_null(elf_symbol(self, "dlopen")); /* another's */
}

static void indirect_functions_are_chosen(void **state)
{
	const struct link_map *self = dlopen(NULL, RTLD_LAZY);
	int (*found)(void) = (int (*)(void))elf_symbol(self, "chosen");

	(void)state;
	assert_non_null(found);
	assert_int_equal(found(), 2);
	assert_int_equal(chosen(), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found),
		cmocka_unit_test(indirect_functions_are_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
