/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that links -lOpenCL. Options shape how it computes: threads, out-of-order queues,
 * forked workers, an exec of another program, an end without clFinish, a first thread that does not
 * stay, an end that waits for a file.
 */
#include "tests/prog/launch.h"

#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct plan {
	struct launch_options launch;
	unsigned workers;    /* forked, each of which computes on its own */
	bool compute_first;  /* the parent of workers computes as well, before it forks */
	bool compute_beside; /* ... when they have begun to */
	bool leave;	     /* the first thread ends at once; another one computes */
	unsigned pause_ms;   /* between the computing and the end */
	const char *until;   /* ... and no end before this file is there, or NULL */
	char **exec;	     /* what to become afterwards */
};

/* Between two looks at what is waited for. */
#define LOOK_US 10000

static int compute(const struct plan *plan)
{
	struct launch_result result;

	if (launch(&plan->launch, &result))
		return 1;
	launch_print(&plan->launch, &result);
	usleep(plan->pause_ms * 1000);
	while (plan->until && access(plan->until, F_OK))
		usleep(LOOK_US);
	if (!plan->launch.finish)
		_exit(0);
	return 0;
}

/* What all workers have launched so far; each of them finds it under the name. */
static struct launch_progress *share_progress(char *name, size_t size)
{
	int fd = memfd_create("progress", 0);
	void *progress;

	if (fd < 0 || ftruncate(fd, sizeof(struct launch_progress)))
		return NULL;
	progress = mmap(NULL, sizeof(struct launch_progress), PROT_READ, MAP_SHARED, fd, 0);
	snprintf(name, size, "/proc/self/fd/%d", fd);
	return progress == MAP_FAILED ? NULL : progress;
}

/* Each has begun where one less could not have launched as much. */
static void wait_for_workers(const struct plan *plan, const struct launch_progress *progress)
{
	uint64_t launched;

	do {
		usleep(LOOK_US);
		launched = 0;
		for (int k = 0; k < LAUNCH_KERNELS; k++)
			launched += __atomic_load_n(&progress->returned[k], __ATOMIC_SEQ_CST);
	} while (launched <= (plan->workers - 1) * plan->launch.launches);
}

static int fork_workers(const struct plan *plan)
{
	struct launch_progress *progress = NULL;
	struct plan worker = *plan;
	char name[32];
	int failed = 0;
	int status;

	if (plan->compute_beside) {
		progress = share_progress(name, sizeof(name));
		worker.launch.progress = name;
		failed = !progress;
	}
	for (unsigned i = 0; i < plan->workers && !failed; i++) {
		pid_t pid = fork();

		if (pid == 0)
			exit(compute(&worker));
		failed |= pid < 0;
	}
	if (progress && !failed) {
		wait_for_workers(plan, progress);
		failed |= compute(plan);
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}

static void usage(void)
{
	fputs("usage: cl_linked [--launches N] [--threads N] [--items N] [--rounds N] [--batch N]\n"
	      "                 [--rest-ms N] [--gpu] [--out-of-order] [--profiling] "
	      "[--no-finish]\n"
	      "                 [--progress FILE] [--workers N "
	      "[--compute-first|--compute-beside]]\n"
	      "                 [--pause-ms N] [--until FILE] [--leave]\n"
	      "                 [--exec PROGRAM [ARG...]]\n",
	      stderr);
	exit(2);
}

enum number {
	LAUNCHES,
	THREADS,
	ITEMS,
	ROUNDS,
	BATCH,
	REST_MS,
	WORKERS,
	PAUSE_MS,
	PROGRESS,
	UNTIL,
	EXEC
};
enum flag { GPU, OUT_OF_ORDER, PROFILING, NO_FINISH, COMPUTE_FIRST, COMPUTE_BESIDE, LEAVE, FLAGS };

static int flag[FLAGS];

static const struct option option[] = {
	{"launches", required_argument, NULL, LAUNCHES},
	{"threads", required_argument, NULL, THREADS},
	{"items", required_argument, NULL, ITEMS},
	{"rounds", required_argument, NULL, ROUNDS},
	{"batch", required_argument, NULL, BATCH},
	{"rest-ms", required_argument, NULL, REST_MS},
	{"workers", required_argument, NULL, WORKERS},
	{"pause-ms", required_argument, NULL, PAUSE_MS},
	{"progress", required_argument, NULL, PROGRESS},
	{"until", required_argument, NULL, UNTIL},
	{"exec", no_argument, NULL, EXEC},
	{"gpu", no_argument, &flag[GPU], 1},
	{"out-of-order", no_argument, &flag[OUT_OF_ORDER], 1},
	{"profiling", no_argument, &flag[PROFILING], 1},
	{"no-finish", no_argument, &flag[NO_FINISH], 1},
	{"compute-first", no_argument, &flag[COMPUTE_FIRST], 1},
	{"compute-beside", no_argument, &flag[COMPUTE_BESIDE], 1},
	{"leave", no_argument, &flag[LEAVE], 1},
	{NULL, 0, NULL, 0},
};

static struct plan plan_of(int argc, char **argv)
{
	unsigned long number[PROGRESS] = {100, 1, 256, 16, 64, 0, 0, 0};
	struct plan plan = {.exec = NULL};
	int given = 0;

	while (given != EXEC && (given = getopt_long(argc, argv, "+", option, NULL)) != -1) {
		if (given == '?')
			usage();
		if (given == PROGRESS)
			plan.launch.progress = optarg;
		else if (given == UNTIL)
			plan.until = optarg;
		else if (optarg)
			number[given] = strtoul(optarg, NULL, 10);
	}
	if (given == EXEC)
		plan.exec = &argv[optind];
	else if (optind != argc)
		usage();
	plan.launch.launches = number[LAUNCHES];
	plan.launch.threads = (unsigned)number[THREADS];
	plan.launch.items = (unsigned)number[ITEMS];
	plan.launch.rounds = (unsigned)number[ROUNDS];
	plan.launch.batch = number[BATCH];
	plan.launch.rest_ms = (unsigned)number[REST_MS];
	plan.launch.gpu = flag[GPU];
	plan.launch.out_of_order = flag[OUT_OF_ORDER];
	plan.launch.profiling = flag[PROFILING];
	plan.launch.finish = !flag[NO_FINISH];
	plan.workers = (unsigned)number[WORKERS];
	plan.pause_ms = (unsigned)number[PAUSE_MS];
	plan.compute_first = flag[COMPUTE_FIRST];
	plan.compute_beside = flag[COMPUTE_BESIDE];
	plan.leave = flag[LEAVE];
	return plan;
}

static void *compute_and_exit(void *plan)
{
	exit(compute(plan));
}

int main(int argc, char **argv)
{
	struct plan plan = plan_of(argc, argv);
	pthread_t other;

	if (plan.leave) {
		if (pthread_create(&other, NULL, compute_and_exit, &plan))
			return 1;
		pthread_exit(NULL);
	}

	if (!plan.workers || plan.compute_first) {
		struct plan first = plan;

		if (plan.workers) /* they wait for it, and their parent for them */
			first.until = NULL;
		if (compute(&first))
			return 1;
	}
	if (plan.workers && fork_workers(&plan))
		return 1;
	if (plan.exec) {
		execvp(plan.exec[0], plan.exec);
		perror(plan.exec[0]);
		return 1;
	}
	return 0;
}
