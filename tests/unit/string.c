/* SPDX-License-Identifier: Apache-2.0 */
/* The shim's own <string.h>: every short length at every place, against the plainest loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LENGTHS 70u /* beyond four steps of 16 */
#define PLACES	17u
#define ROOM	(LENGTHS + PLACES + 16u)

/* Through pointers, or the compiler would answer by itself. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile set)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;
static size_t (*volatile length_of)(const char *) = strlen;
static size_t (*volatile length_within)(const char *, size_t) = strnlen;
static int (*volatile order)(const char *, const char *) = strcmp;
static int (*volatile order_within)(const char *, const char *, size_t) = strncmp;
static char *(*volatile first_of)(const char *, int) = strchr;
static char *(*volatile last_of)(const char *, int) = strrchr;

static unsigned char source[ROOM], target[ROOM];

static void fill(void)
{
	for (unsigned i = 0; i < ROOM; i++) {
		source[i] = (unsigned char)(i * 7 + 1);
		target[i] = 0xee;
	}
}

static void test_copy(void **state)
{
	(void)state;
	for (unsigned place = 0; place < PLACES; place++) {
		for (unsigned bytes = 0; bytes < LENGTHS; bytes++) {
			fill();
			assert_ptr_equal(copy(target + place, source + 3, bytes), target + place);
			for (unsigned i = 0; i < ROOM; i++) {
				unsigned char is = i - place < bytes ? source[3 + i - place] : 0xee;

				assert_int_equal(target[i], is);
			}
		}
	}
}

static void test_set(void **state)
{
	(void)state;
	for (unsigned place = 0; place < PLACES; place++) {
		for (unsigned bytes = 0; bytes < LENGTHS; bytes++) {
			fill();
			assert_ptr_equal(set(target + place, 0x1a5, bytes), target + place);
			for (unsigned i = 0; i < ROOM; i++)
				assert_int_equal(target[i], i - place < bytes ? 0xa5 : 0xee);
		}
	}
}

static void test_compare(void **state)
{
	(void)state;
	for (unsigned bytes = 0; bytes < LENGTHS; bytes++) {
		fill();
		copy(target, source, bytes);
		assert_int_equal(compare(target, source, bytes), 0);
		for (unsigned i = 0; i < bytes; i++) {
			target[i] ^= 0x80;
			assert_true((compare(target, source, bytes) > 0) ==
				    (target[i] > source[i]));
			assert_int_equal(compare(target, source, i), 0);
			target[i] ^= 0x80;
		}
	}
}

static void test_lengths(void **state)
{
	static const char text[] = "a name\0beyond";

	(void)state;
	assert_int_equal(length_of(text), 6);
	assert_int_equal(length_of(text + 6), 0);
	assert_int_equal(length_within(text, 3), 3);
	assert_int_equal(length_within(text, 6), 6);
	assert_int_equal(length_within(text, 100), 6);
}

static void test_order(void **state)
{
	(void)state;
	assert_int_equal(order("same", "same"), 0);
	assert_true(order("same", "samey") < 0);
	assert_true(order("samey", "same") > 0);
	assert_true(order("a\xff", "a\x01") > 0);
	assert_int_equal(order_within("same", "samey", 4), 0);
	assert_true(order_within("same", "samey", 5) < 0);
	assert_int_equal(order_within("a\0b", "a\0c", 3), 0);
	assert_int_equal(order_within("a", "b", 0), 0);
}

static void test_find(void **state)
{
	static const char path[] = "/a/b";

	(void)state;
	assert_ptr_equal(first_of(path, '/'), path);
	assert_ptr_equal(first_of(path, 'b'), path + 3);
	assert_null(first_of(path, 'c'));
	assert_ptr_equal(first_of(path, '\0'), path + 4);
	assert_ptr_equal(last_of(path, '/'), path + 2);
	assert_null(last_of(path, 'c'));
	assert_ptr_equal(last_of(path, '\0'), path + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),	cmocka_unit_test(test_set),
		cmocka_unit_test(test_compare), cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_order),	cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
