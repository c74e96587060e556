/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a file by one of the roads that C has, so many times over: reads ROAD FILE PASSES.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE	50000u
#define READERS 4u

static char piece[PIECE];

static void check(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static int open_it(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	check(fd >= 0, path);
	return fd;
}

static off_t size_of(const char *path)
{
	int fd = open_it(path);
	off_t size = lseek(fd, 0, SEEK_END);

	close(fd);
	return size;
}

/* ---- by descriptor ---- */

static void by_read(const char *path, int passes)
{
	int fd = open_it(path);

	for (int i = 0; i < passes; i++) {
		check(!lseek(fd, 0, SEEK_SET), "lseek");
		while (read(fd, piece, PIECE) > 0)
			;
	}
	close(fd);
}

static void by_reopening(const char *path, int passes)
{
	for (int i = 0; i < passes; i++) {
		int fd = open_it(path);

		while (read(fd, piece, PIECE) > 0)
			;
		close(fd);
	}
}

static void by_readv(const char *path, int passes)
{
	struct iovec part[2] = {{piece, 1000}, {piece + 1000, PIECE - 1000}};

	for (int i = 0; i < passes; i++) {
		int fd = open_it(path);

		while (readv(fd, part, 2) > 0)
			;
		close(fd);
	}
}

static void by_pread(const char *path, int passes)
{
	int fd = open_it(path);

	for (int i = 0; i < passes; i++)
		for (off_t at = 0; pread(fd, piece, PIECE, at) > 0; at += PIECE)
			;
	close(fd);
}

static void by_preadv(const char *path, int passes)
{
	struct iovec part = {piece, PIECE};
	int fd = open_it(path);

	for (int i = 0; i < passes; i++)
		for (off_t at = 0; preadv(fd, &part, 1, at) > 0; at += PIECE)
			;
	close(fd);
}

/* Every piece once, in another order each time, as a data set in one file is read. */
static void by_shuffled(const char *path, int passes)
{
	unsigned pieces = (unsigned)(size_of(path) / PIECE);
	unsigned *order = malloc(pieces * sizeof(*order));
	int fd = open_it(path);

	check(order != NULL, "malloc");
	for (unsigned i = 0; i < pieces; i++)
		order[i] = i;
	srand(1);
	for (int n = 0; n < passes; n++) {
		for (unsigned i = pieces - 1; i; i--) {
			unsigned j = (unsigned)rand() % (i + 1);
			unsigned swap = order[i];

			order[i] = order[j];
			order[j] = swap;
		}
		for (unsigned i = 0; i < pieces; i++)
			check(pread(fd, piece, PIECE, (off_t)order[i] * PIECE) == PIECE, "pread");
	}
	free(order);
	close(fd);
}

static void by_mapping(const char *path, int passes)
{
	size_t size = (size_t)size_of(path);

	for (int i = 0; i < passes; i++) {
		int fd = open_it(path);
		char *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

		check(map != MAP_FAILED, "mmap");
		close(fd);
		munmap(map, size);
	}
}

/* ---- by stream ---- */

static FILE *open_stream(const char *path)
{
	FILE *stream = fopen(path, "re");

	check(stream != NULL, path);
	return stream;
}

static void by_fread(const char *path, int passes)
{
	FILE *stream = open_stream(path);

	for (int i = 0; i < passes; i++) {
		rewind(stream);
		while (fread(piece, 1, PIECE, stream) > 0)
			;
	}
	fclose(stream);
}

/* Neither moved nor closed behind the last pass. */
static void by_ending(const char *path, int passes)
{
	FILE *stream = open_stream(path);
	char *line = NULL;
	size_t room = 0;

	for (int i = 0; i < passes; i++) {
		rewind(stream);
		while (getline(&line, &room, stream) >= 0)
			;
	}
	_exit(0);
}

static void by_fgets(const char *path, int passes)
{
	for (int i = 0; i < passes; i++) {
		FILE *stream = open_stream(path);

		while (fgets(piece, PIECE, stream))
			;
		fclose(stream);
	}
}

static void by_getc(const char *path, int passes)
{
	FILE *stream = open_stream(path);

	for (int i = 0; i < passes; i++) {
		check(!fseek(stream, 0, SEEK_SET), "fseek");
		while (getc(stream) != EOF)
			;
	}
	fclose(stream);
}

/* One record after the other, each sought for. */
static void by_records(const char *path, int passes)
{
	FILE *stream = open_stream(path);
	long records = (long)size_of(path) / 1000;

	for (int i = 0; i < passes; i++)
		for (long n = 0; n < records; n++) {
			check(!fseek(stream, n * 1000, SEEK_SET), "fseek");
			check(fread(piece, 1000, 1, stream) == 1, "fread");
		}
	fclose(stream);
}

/* ---- by several ---- */

struct reader {
	const char *path;
	off_t from, bytes;
	pthread_t thread;
};

/* Begins somewhere and goes on at the beginning where the end is met, as fastText does. */
static void *read_in_circles(void *arg)
{
	const struct reader *r = arg;
	int fd = open_it(r->path);
	off_t left = r->bytes;

	check(lseek(fd, r->from, SEEK_SET) == r->from, "lseek");
	while (left > 0) {
		ssize_t n = read(fd, piece, left < (off_t)PIECE ? (size_t)left : PIECE);

		if (!n)
			check(!lseek(fd, 0, SEEK_SET), "lseek");
		left -= n;
	}
	close(fd);
	return NULL;
}

static void by_circles(const char *path, int passes)
{
	struct reader reader[READERS];
	const off_t size = size_of(path);

	for (unsigned i = 0; i < READERS; i++) {
		reader[i] = (struct reader){path, size / READERS * i, size / READERS * passes, 0};
		check(!pthread_create(&reader[i].thread, NULL, read_in_circles, &reader[i]),
		      "pthread_create");
	}
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(reader[i].thread, NULL);
}

/* Workers that are forked for each pass, read their share and end without a word. */
static void by_workers(const char *path, int passes)
{
	const off_t size = size_of(path);
	int fd = open_it(path);

	for (int i = 0; i < passes; i++) {
		for (unsigned w = 0; w < READERS; w++)
			if (!fork()) {
				for (off_t at = PIECE * w; at < size; at += PIECE * READERS) {
					check(pread(fd, piece, PIECE, at) > 0, "pread");
					usleep(2000);
				}
				_exit(0);
			}
		while (wait(NULL) > 0)
			;
	}
	close(fd);
}

/* Children that are forked in the midst of a pass read a piece themselves, and close. */
static void by_parent(const char *path, int passes)
{
	const off_t size = size_of(path);

	for (int i = 0; i < passes; i++) {
		int fd = open_it(path);

		for (off_t at = 0; at < size; at += PIECE) {
			check(pread(fd, piece, PIECE, at) > 0, "pread");
			if (at / PIECE % 20 == 15 && !fork()) {
				check(pread(fd, piece, PIECE, at) > 0, "pread");
				close(fd);
				_exit(0);
			}
		}
		while (wait(NULL) > 0)
			;
		close(fd);
	}
}

/* Closed behind libc's back, the number is another's: as much comes through a pipe. */
static void by_pipe(const char *path, int passes)
{
	const off_t size = size_of(path);
	int end[2];

	for (int i = 0; i < passes; i++) {
		int fd = open_it(path);

		while (read(fd, piece, PIECE) > 0)
			;
		check(!syscall(SYS_close, fd), "close");
		check(!pipe(end) && end[0] == fd, "pipe");
		for (off_t at = 0; at < size; at += PIECE)
			check(write(end[1], piece, PIECE) == PIECE &&
				      read(end[0], piece, PIECE) == PIECE,
			      "pipe");
		close(end[0]);
		close(end[1]);
	}
}

/* Opens the file, and then forbids itself all but reading it. */
static void in_sandbox(const char *path, int passes)
{
#define ALLOW(number)                                                                              \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),                                         \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	struct sock_filter rule[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(SYS_read),
		ALLOW(SYS_lseek),
		ALLOW(SYS_close),
		ALLOW(SYS_exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog filter = {sizeof(rule) / sizeof(*rule), rule};
	int fd = open_it(path);

	check(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
	check(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0), "prctl");
	for (int i = 0; i < passes; i++) {
		lseek(fd, 0, SEEK_SET);
		while (read(fd, piece, PIECE) > 0)
			;
	}
	close(fd);
	_exit(0);
}

static const struct road {
	const char *name;
	void (*go)(const char *path, int passes);
} roads[] = {
	{"read", by_read},	 {"reopen", by_reopening}, {"readv", by_readv},
	{"pread", by_pread},	 {"preadv", by_preadv},	   {"shuffled", by_shuffled},
	{"mmap", by_mapping},	 {"fread", by_fread},	   {"fgets", by_fgets},
	{"getc", by_getc},	 {"records", by_records},  {"circles", by_circles},
	{"workers", by_workers}, {"ending", by_ending},	   {"parent", by_parent},
	{"pipe", by_pipe},	 {"sandbox", in_sandbox},
};

int main(int argc, char **argv)
{
	for (unsigned i = 0; argc == 4 && i < sizeof(roads) / sizeof(*roads); i++)
		if (!strcmp(argv[1], roads[i].name)) {
			roads[i].go(argv[2], atoi(argv[3]));
			return 0;
		}
	fprintf(stderr, "reads ROAD FILE PASSES\n");
	return 2;
}
