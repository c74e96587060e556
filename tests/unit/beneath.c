/* SPDX-License-Identifier: Apache-2.0 */
/*
 * beneath: the kernel's way and our own give the same, whatever a path or a link says.
 */
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "tests/unit/machine.h"

#include "collector/beneath.h"

static int make(char dir[64])
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{"root/good", "sub/inside"},
		{"root/sub/up", "../sub/inside"},
		{"root/folder", "sub/"},
		{"root/chain", "good"},
		{"root/loop", "loop"},
		{"root/out", "../secret"},
		{"root/sub/out", "../../secret"},
		{"root/absolute", "/etc/hostname"},
		{"root/gone", "nowhere"},
		{"root/sub/round", ".././/sub/../good"},
	};
	char path[128];
	int root;

	machine_make(dir);
	machine_put(dir, "secret", "no\n");
	machine_put(dir, "root/sub/inside", "yes\n");
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, links[i].name);
		assert_int_equal(symlink(links[i].target, path), 0);
	}
	snprintf(path, sizeof(path), "%s/root", dir);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	return root;
}

/* What opening gives: 0 for the file inside, 1 for any other, or -errno. */
static int open_with(int (*open_fn)(int, const char *, int), int root, const char *path)
{
	char text[8] = "";
	int fd = open_fn(root, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fd;
	(void)!read(fd, text, sizeof(text) - 1);
	close(fd);
	return strcmp(text, "yes\n") ? 1 : 0;
}

static const struct {
	const char *path;
	int expected;
} cases[] = {
	{"sub/inside", 0},
	{"sub//./inside", 0},
	{"sub/../sub/inside", 0},
	{"good", 0},
	{"chain", 0},
	{"sub/up", 0},
	{"folder/inside", 0},
	{"folder/up", 0},
	{"sub/round", 0},
	{".", 1},
	{"sub", 1},
	{"folder", 1},
	{"folder/..", 1},
	{"none", -ENOENT},
	{"gone", -ENOENT},
	{"sub/inside/x", -ENOTDIR},
	{"good/x", -ENOTDIR},
	{"loop", -ELOOP},
	{"..", -EXDEV},
	{"../secret", -EXDEV},
	{"sub/../../secret", -EXDEV},
	{"out", -EXDEV},
	{"sub/out", -EXDEV},
	{"folder/out", -EXDEV},
	{"absolute", -EXDEV},
	{"/etc/hostname", -EXDEV},
};

static void both_ways_agree(void **state)
{
	char dir[64];
	int root = make(dir);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s\n", cases[i].path);
		assert_int_equal(open_with(beneath_walk, root, cases[i].path), cases[i].expected);
		assert_int_equal(open_with(beneath_open, root, cases[i].path), cases[i].expected);
	}
	close(root);
	machine_remove(dir);
}

static void long_names_are_refused(void **state)
{
	static char path[3 * PATH_MAX];
	char dir[64];
	int root = make(dir);

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	assert_int_equal(open_with(beneath_walk, root, path), -ENAMETOOLONG);
	assert_int_equal(open_with(beneath_open, root, path), -ENAMETOOLONG);
	close(root);
	machine_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_agree),
		cmocka_unit_test(long_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
