/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regions that are asked for by ways that are known:
 *   paths nest [N]     by forward and by backward, within epoch, of which there are N, or 1
 *   paths until FILE   the same, until there is that file
 *   paths deep         below 100 calls of one function
 *   paths made         through code made at run time, as CPython's perf trampolines are (of 3.12
 *                      and of 3.13), told in /tmp/perf-PID.map; prints its PID
 *   paths threads      by eight threads with small stacks
 *   paths forks        by children that are forked while another thread is at it
 */
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* clang makes no clones, and does not know the word. */
#ifdef __clang__
#define AWAY __attribute__((noinline))
#else
#define AWAY __attribute__((noinline, noclone))
#endif
#define NO_TAIL __asm__ volatile("")

typedef void work(void);

static atomic_ulong sum;
static atomic_bool over;

static AWAY void region(void)
{
#pragma omp parallel for
	for (int i = 0; i < 100000; i++)
		sum += (unsigned long)i;
	NO_TAIL;
}

static AWAY void forward(void)
{
	region();
	NO_TAIL;
}

/* Two functions alike would be made one. */
static AWAY void backward(void)
{
	NO_TAIL;
	region();
	__asm__ volatile("nop");
}

static AWAY void epoch(void)
{
	for (int i = 0; i < 300; i++) {
		forward();
		backward();
	}
}

static AWAY void deeper(int more)
{
	if (more)
		deeper(more - 1);
	else
		region();
	NO_TAIL;
}

/* ---- code made at run time ---- */

/* Calls what is in its fourth argument. */
static const unsigned char aligns[] = {0x48, 0x83, 0xec, 8, 0xff, 0xd1, 0x48, 0x83, 0xc4, 8, 0xc3};
static const unsigned char frames[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd1, 0x5d, 0xc3};

typedef void made(void *, void *, void *, work *);

static made *make(const void *code, size_t bytes, const char *name, FILE *map)
{
	unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		exit(77);
	memcpy(page + 64, code, bytes);
	fprintf(map, "%lx %zx %s\n", (unsigned long)page + 64, bytes, name);
	fflush(map);
	return (made *)(page + 64);
}

static made *outer, *inner;

static AWAY void between(void)
{
	inner(NULL, NULL, NULL, region);
	NO_TAIL;
}

static AWAY int through_made_code(void)
{
	char path[64];
	FILE *map;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	map = fopen(path, "w");
	if (!map)
		return 1;
	outer = make(frames, sizeof(frames), "py::Model.fit:/home/someone/train.py", map);
	inner = make(aligns, sizeof(aligns), "py::step:/home/someone/lib/optim.py", map);
	printf("%d\n", (int)getpid());
	for (int i = 0; i < 300; i++)
		outer(NULL, NULL, NULL, between);
	return fclose(map);
}

/* ---- threads and children ---- */

static void *compute(void *arg)
{
	for (int i = 0; i < 20; i++)
		region();
	return arg;
}

static void *compute_on(void *arg)
{
	do {
		region();
	} while (!over);
	return arg;
}

static int by_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread[8];

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, (size_t)PTHREAD_STACK_MIN + 8192);
	for (int i = 0; i < 8; i++)
		if (pthread_create(&thread[i], &attr, compute, NULL))
			return 1;
	for (int i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

static int by_children(void)
{
	pthread_t thread;
	int status, failed = 0;

	if (pthread_create(&thread, NULL, compute_on, NULL))
		return 1;
	for (int i = 0; i < 40; i++) {
		const pid_t child = fork();

		if (!child) {
			region();
			_exit(0);
		}
		failed |= child < 0 || waitpid(child, &status, 0) != child || status;
	}
	over = true;
	pthread_join(thread, NULL);
	return failed;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "nest";

	if (!strcmp(mode, "deep"))
		deeper(100);
	else if (!strcmp(mode, "made"))
		return through_made_code();
	else if (!strcmp(mode, "threads"))
		return by_threads();
	else if (!strcmp(mode, "forks"))
		return by_children();
	else if (!strcmp(mode, "until") && argc > 2)
		while (access(argv[2], F_OK))
			epoch();
	else
		for (int i = argc > 2 ? atoi(argv[2]) : 1; i > 0; i--)
			epoch();
	return 0;
}
