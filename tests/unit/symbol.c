/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbol: functions of this program's own file by their addresses, and of what damage makes of it.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/symbol/symbol.h"

/* Functions of several names are one; the others are not merged with what looks alike. */
__attribute__((noinline)) static int hidden_function(int x)
{
	return x * 3 + 41;
}
int exported_twin(int x);
__attribute__((noinline)) int exported_twin(int x)
{
	return x * 5 + 42;
}
int exported_twin_with_a_longer_name(int x) __attribute__((alias("exported_twin")));
static int local_twin(int x) __attribute__((alias("exported_twin"), used));

static int base_of(struct dl_phdr_info *info, size_t size, void *base)
{
	(void)size;
	*(uintptr_t *)base = info->dlpi_addr;
	return 1; /* the program comes first */
}

static uint64_t value_of(int (*function)(int))
{
	uintptr_t base;

	dl_iterate_phdr(base_of, &base);
	return (uintptr_t)function - base;
}

/* A copy of this program's file in memory, to be damaged. */
static int copy_of_self(void)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to = memfd_create("copy", 0);
	char bytes[65536];
	ssize_t n;

	assert_true(from >= 0 && to >= 0);
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(to, bytes, (size_t)n), n);
	close(from);
	return to;
}

static void functions_have_their_names(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct symbol_file *file = symbol_open(fd);
	char name[SYMBOL_NAME_MAX];

	(void)state;
	assert_non_null(file);
	assert_int_equal(symbol_find(file, SYMBOL_ALL, value_of(hidden_function), name), 0);
	assert_string_equal(name, "hidden_function");
	assert_int_equal(symbol_find(file, SYMBOL_ALL, value_of(hidden_function) + 1, name), 0);
	assert_string_equal(name, "hidden_function+0x1");
	assert_int_equal(symbol_find(file, SYMBOL_ALL, value_of(local_twin), name), 0);
	assert_string_equal(name, "exported_twin");
	assert_int_equal(symbol_find(file, SYMBOL_ALL, 1, name), -ENOENT);
	assert_int_equal(symbol_find(file, SYMBOL_EXPORTS, value_of(hidden_function), name),
			 -ENOENT);
	assert_int_equal(symbol_find(file, SYMBOL_EXPORTS, value_of(exported_twin), name), 0);
	assert_string_equal(name, "exported_twin");
	symbol_close(file);
	close(fd);
}

static int own_note(struct dl_phdr_info *info, size_t size, void *arg)
{
	char *id = arg;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const ElfW(Nhdr) *note = (const void *)(info->dlpi_addr + p->p_vaddr);

		if (p->p_type != PT_NOTE || note->n_type != NT_GNU_BUILD_ID)
			continue;
		for (unsigned n = 0; n < note->n_descsz; n++)
			sprintf(id + 2 * n, "%02x", ((const unsigned char *)(note + 1))[4 + n]);
	}
	return 1;
}

static void a_file_tells_its_build(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct symbol_file *file = symbol_open(fd);
	char id[SYMBOL_ID_MAX + 1], own[SYMBOL_ID_MAX + 1] = "";

	(void)state;
	assert_non_null(file);
	dl_iterate_phdr(own_note, own);
	symbol_id(file, id);
	assert_string_equal(id, own);
	assert_true(strlen(id) >= 16);
	symbol_close(file);
	close(fd);
}

/* Whatever it is now: no crash, and a name, if there is one, that is fit for a ledger. */
static void ask_everything(int fd)
{
	struct symbol_file *file = symbol_open(fd);
	char id[SYMBOL_ID_MAX + 1], name[SYMBOL_NAME_MAX];

	if (!file)
		return;
	symbol_id(file, id);
	for (int table = SYMBOL_ALL; table <= SYMBOL_EXPORTS; table++) {
		if (symbol_find(file, (enum symbol_table)table, value_of(hidden_function), name))
			continue;
		for (const char *c = name; *c; c++)
			assert_in_range(*c, '!', '~');
	}
	symbol_close(file);
}

static void what_is_no_elf_file_is_none(void **state)
{
	int fd = memfd_create("empty", 0), folder = open("/", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_null(symbol_open(fd));
	assert_int_equal(write(fd, "#!/bin/sh\n", 10), 10);
	assert_null(symbol_open(fd));
	assert_null(symbol_open(folder));
	assert_null(symbol_open(-1));
	close(fd);
	close(folder);
}

static void cut_files_do_no_harm(void **state)
{
	int fd = copy_of_self();
	struct stat st;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t size = st.st_size; size > 4096; size -= size / 40) {
		assert_int_equal(ftruncate(fd, size), 0);
		ask_everything(fd);
	}
	for (off_t size = 4096; size >= 0; size -= 8) {
		assert_int_equal(ftruncate(fd, size), 0);
		ask_everything(fd);
	}
	close(fd);
}

/* Each byte of the file's head and of the heads of its sections, in some ways. */
static void false_heads_do_no_harm(void **state)
{
	static const uint8_t other[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	int fd = copy_of_self();
	Elf64_Ehdr head;
	off_t at = 0, end = sizeof(head);

	(void)state;
	assert_int_equal(pread(fd, &head, sizeof(head), 0), sizeof(head));
	for (int part = 0; part < 2; part++) {
		for (; at < end; at++) {
			uint8_t byte;

			assert_int_equal(pread(fd, &byte, 1, at), 1);
			for (size_t i = 0; i < sizeof(other); i++) {
				assert_int_equal(pwrite(fd, &other[i], 1, at), 1);
				ask_everything(fd);
			}
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		}
		at = (off_t)head.e_shoff;
		end = at + head.e_shnum * (off_t)sizeof(Elf64_Shdr);
	}
	close(fd);
}

/* As many sections as the first says: they would be made before they are looked for. */
static void countless_sections_are_refused(void **state)
{
	int fd = copy_of_self();
	const uint16_t none = 0;

	(void)state;
	assert_int_equal(pwrite(fd, &none, sizeof(none), offsetof(Elf64_Ehdr, e_shnum)), 2);
	assert_null(symbol_open(fd));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_have_their_names),
		cmocka_unit_test(a_file_tells_its_build),
		cmocka_unit_test(what_is_no_elf_file_is_none),
		cmocka_unit_test(cut_files_do_no_harm),
		cmocka_unit_test(false_heads_do_no_harm),
		cmocka_unit_test(countless_sections_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
