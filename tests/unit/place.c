/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place: places of code as the shim tells them, and the names of rows made of them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/symbol/place.h"

static void places_are_taken_apart(void **state)
{
	struct place place;

	(void)state;
	assert_int_equal(place_parse("/a b/c++/lib+x.so+0x38ab10 (5f1c00)", &place), 0);
	assert_string_equal(place.path, "/a b/c++/lib+x.so");
	assert_int_equal(place.offset, 0x38ab10);
	assert_string_equal(place.id, "5f1c00");
	assert_int_equal(place_parse("/a+0x0", &place), 0);
	assert_string_equal(place.id, "");
	assert_int_equal(place_parse("/a+0xffffffffffffffff", &place), 0);
	assert_true(place.offset == UINT64_MAX);
}

static void other_texts_are_none(void **state)
{
	static const char *const none[] = {
		"",
		"/",
		"0x7f0000001000",
		"lib.so+0x10 (5f1c)", /* who knows in which folder */
		"/lib.so",
		"/lib.so+0x",
		"/lib.so+0x 1",
		"/lib.so+10",
		"/lib.so+0x-1",
		"/lib.so+0x10 ",
		"/lib.so+0x10 ()",
		"/lib.so+0x10 (5f1c",
		"/lib.so+0x10 (5f1c)...",
		"/lib.so+0x10 (5F1C)",
		"/lib.so+0x10000000000000000",
		"/lib.so+0x10 (000102030405060708090a0b0c0d0e0f101112131415)",
	};
	char text[PLACE_PATH_MAX + 16];
	struct place place;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(place_parse(none[i], &place), -EINVAL);
	memset(text, '/', PLACE_PATH_MAX);
	strcpy(text + PLACE_PATH_MAX, "+0x1");
	assert_int_equal(place_parse(text, &place), -EINVAL);
	assert_int_equal(place_parse(text + 1, &place), 0);
}

static void folders_are_not_published(void **state)
{
	(void)state;
	assert_string_equal(place_public("/home/x/lib.so+0x1 (5f)"), "lib.so+0x1 (5f)");
	assert_string_equal(place_public("lib.so+0x1"), "lib.so+0x1");
	assert_string_equal(place_public("/home/x/cut..."), "cut...");
}

static void a_symbol_does_not_change_the_place(void **state)
{
	char name[64];

	(void)state;
	place_name("work._omp_fn.0", "lib.so+0x1 (5f)", name, sizeof(name));
	assert_string_equal(name, "work._omp_fn.0 in lib.so+0x1 (5f)");
	assert_string_equal(place_of(name), "lib.so+0x1 (5f)");
	assert_int_equal(place_symbol(name), strlen("work._omp_fn.0"));
	place_name("", "lib.so+0x1 (5f)", name, sizeof(name));
	assert_string_equal(name, "lib.so+0x1 (5f)");
	assert_string_equal(place_of(name), name);
	assert_int_equal(place_symbol(name), 0);
	assert_int_equal(place_symbol(""), 0);
	assert_int_equal(place_symbol(" in lib.so"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_taken_apart),
		cmocka_unit_test(other_texts_are_none),
		cmocka_unit_test(folders_are_not_published),
		cmocka_unit_test(a_symbol_does_not_change_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
