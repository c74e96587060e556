/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming: rows for code in files that are there, in files that are something else than they are
 * said to be, and in none.
 */
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/symbol/naming.h"
#include "collector/symbol/symbol.h"
#include "collector/units.h"

#define NAME_MAX_HERE 1600

static struct naming naming;
static char self[512], folder[256];

static int base_of(struct dl_phdr_info *info, size_t size, void *base)
{
	(void)size;
	*(uintptr_t *)base = info->dlpi_addr;
	return 1;
}

__attribute__((noinline)) static void a_function_of_this_file(void **state)
{
	(void)state;
}

static uint64_t offset(void)
{
	uintptr_t base;

	dl_iterate_phdr(base_of, &base);
	return (uintptr_t)a_function_of_this_file - base;
}

/* The row of this function in the file `path`, of the build `id`; NULL: of any. */
static const char *row(const char *path, const char *id)
{
	static char name[NAME_MAX_HERE];
	char text[1024];

	snprintf(text, sizeof(text), "%s+0x%llx%s%s%s", path, (unsigned long long)offset(),
		 id ? " (" : "", id ? id : "", id ? ")" : "");
	naming_row(&naming, getpid(), text, name, sizeof(name));
	return name;
}

/* What the build-id of this program begins with, as naming_row has it from the shim. */
static const char *own_id(void)
{
	static char id[SYMBOL_ID_MAX + 1];
	int fd = open(self, O_RDONLY | O_CLOEXEC);
	struct symbol_file *file = symbol_open(fd);

	assert_non_null(file);
	symbol_id(file, id);
	symbol_close(file);
	close(fd);
	id[16] = '\0';
	return id;
}

static void code_is_named(void **state)
{
	(void)state;
	assert_int_equal(strncmp(row(self, own_id()), "a_function_of_this_file in naming+0x", 36),
			 0);
}

static void another_build_is_not_read(void **state)
{
	(void)state;
	assert_int_equal(strncmp(row(self, "0123456789abcdef"), "naming+0x", 9), 0);
	assert_int_equal(strncmp(row(self, NULL), "naming+0x", 9), 0);
}

static void only_plain_files_are_opened(void **state)
{
	char path[300];

	(void)state;
	snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0); /* to open one for reading waits for a writer */
	assert_int_equal(strncmp(row(path, own_id()), "fifo+0x", 7), 0);
	assert_int_equal(strncmp(row("/dev/zero", own_id()), "zero+0x", 7), 0);
	assert_int_equal(strncmp(row(folder, own_id()), strrchr(folder, '/') + 1, 5), 0);
	assert_int_equal(strncmp(row("/nowhere/lib.so", own_id()), "lib.so+0x", 9), 0);
	/* A way that only we see: /proc/self would be our own. */
	assert_int_equal(strncmp(row("/proc/self/exe", own_id()), "exe+0x", 6), 0);
	assert_true(naming.spent_ns < UNITS_NS_PER_S);
}

static void links_are_followed(void **state)
{
	char path[300];

	(void)state;
	snprintf(path, sizeof(path), "%s/link.so", folder);
	assert_int_equal(symlink(self, path), 0);
	assert_int_equal(strncmp(row(path, own_id()), "a_function_of_this_file in link.so", 34), 0);
}

static void a_run_has_a_budget(void **state)
{
	(void)state;
	naming.spent_ns = 2 * UNITS_NS_PER_S;
	assert_int_equal(strncmp(row(self, own_id()), "naming+0x", 9), 0);
	naming.spent_ns = 0;
	assert_int_equal(strncmp(row(self, own_id()), "a_function", 10), 0);
}

static void other_texts_stay(void **state)
{
	char name[NAME_MAX_HERE];

	(void)state;
	naming_row(&naming, getpid(), "0x7f0000001000", name, sizeof(name));
	assert_string_equal(name, "0x7f0000001000");
	naming_row(NULL, 0, "/secret/lib.so+0x10 (5f1c)", name, sizeof(name));
	assert_string_equal(name, "lib.so+0x10 (5f1c)");
	naming_row(&naming, getpid(), "/secret/cut...", name, sizeof(name));
	assert_string_equal(name, "cut...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_is_named),
		cmocka_unit_test(another_build_is_not_read),
		cmocka_unit_test(only_plain_files_are_opened),
		cmocka_unit_test(links_are_followed),
		cmocka_unit_test(a_run_has_a_budget),
		cmocka_unit_test(other_texts_stay),
	};
	const char *parent = getenv("TMPDIR");
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return 1;
	naming = (struct naming){.uid = getuid(), .gid = getgid()};
	snprintf(folder, sizeof(folder), "%.200s/naming.XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(folder))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
