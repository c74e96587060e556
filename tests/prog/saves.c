/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saves three files by each of C's roads into a folder, and does what is no saving: saves FOLDER.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char bytes[30000];

static void check(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static void by_descriptor(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	check(write(fd, bytes, sizeof(bytes)) == sizeof(bytes), path);
	close(fd);
}

/* The last of it is still in the stream when it is closed. */
static void by_stream(const char *path)
{
	FILE *stream = fopen(path, "w");

	check(stream && fwrite(bytes, 1, sizeof(bytes), stream) == sizeof(bytes), path);
	fclose(stream);
}

static void by_renaming(const char *path)
{
	by_descriptor("part");
	check(!rename("part", path), path);
}

/* A child that inherits what is being saved closes it, too; the parent saves it once. */
static void by_forking(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

	check(pwrite(fd, bytes, sizeof(bytes), 0) == sizeof(bytes), path);
	if (!fork()) {
		close(fd);
		_exit(0);
	}
	wait(NULL);
	close(fd);
}

static void save_nothing(void)
{
	FILE *log = fopen("log", "a");
	int fd = open("empty", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	fputs("a line\n", log);
	fclose(log);
	close(fd);
	fd = open("gone", O_RDWR | O_CREAT | O_TRUNC, 0600);
	unlink("gone");
	check(write(fd, bytes, sizeof(bytes)) == sizeof(bytes), "gone");
	close(fd);
	fd = open("by-stream-0", O_RDWR);
	check(write(fd, bytes, 100) == 100, "by-stream-0"); /* in place, as a data base does */
	close(fd);
	fd = open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	check(write(fd, bytes, 100) == 100, "/dev/null");
	close(fd);
}

static const struct road {
	const char *name;
	void (*go)(const char *path);
} roads[] = {
	{"by-descriptor", by_descriptor},
	{"by-stream", by_stream},
	{"by-renaming", by_renaming},
	{"by-forking", by_forking},
};

int main(int argc, char **argv)
{
	char path[64];

	check(argc == 2 && !chdir(argv[1]), "saves FOLDER");
	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 3; i++)
		for (unsigned r = 0; r < sizeof(roads) / sizeof(*roads); r++) {
			snprintf(path, sizeof(path), "%s-%d", roads[r].name, i);
			roads[r].go(path);
		}
	save_nothing();
	return 0;
}
