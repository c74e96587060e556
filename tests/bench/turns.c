/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two commands in turns, the first of so many words: turns LOG WORDS COMMAND... COMMAND... Both are
 * alive at once, but only one goes on at a time, for 10 to 50 ms of random length; what each took
 * is the sum of its own turns, from its exec to its exit. Prints for each what it took, in
 * nanoseconds, the CPU time of all that it started, in microseconds (0: not known), and how many
 * turns it had; what they say goes to LOG.1 and LOG.2. The one that is named first begins.
 *
 * Two runs of one program, one after the other, differ by 2 to 7 % on a shared host since other
 * guests come for seconds and go; whoever comes for longer than a turn meets both of these. No turn
 * is a period of anything, so the lengths are random. Behind each switch the caches are cold, for
 * both.
 *
 * Who waits is frozen by a control group of its own (v2), which holds all that the command started,
 * a collector and its holder too, and of which no program hears anything; its turn ends when all of
 * it stands still. Where none can be had, its session is stopped and continued by signals, and a
 * turn ends when its first process stands still: a holder has left that session, but only sleeps.
 *
 * Clocks go on for who is frozen: a collector looks around each second whether its program went on
 * or not, so it does that twice as often for what the program computes. That makes metering look
 * dearer than it is, never cheaper.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEAST_NS  10000000u
#define SPREAD_NS 40000000u
#define LOOK_NS	  20000u
#define STUCK	  100000u /* looks, after so many of which nobody waits for a stand still */

struct side {
	char **argv;
	char log[4096];
	char group[4096]; /* its folder, or empty */
	int freeze, events;
	pid_t pid;
	int pidfd;
	uint64_t took_ns;
	unsigned turns;
	bool over;
	int status;
};

static struct side side[2];
static volatile sig_atomic_t interrupted;

/* Nobody may be left behind frozen. */
static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static void clean(void)
{
	for (unsigned i = 0; i < 2; i++) {
		char path[sizeof(side->group) + 16];
		int fd;

		if (side[i].pid > 0 && !side[i].over)
			kill(-side[i].pid, SIGKILL);
		if (!*side[i].group)
			continue;
		snprintf(path, sizeof(path), "%s/cgroup.kill", side[i].group);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 && write(fd, "1", 1) == 1)
			/* The last of them leaves the group behind its end. */
			for (unsigned try = 0; rmdir(side[i].group) < 0 && try < 1000; try++)
				usleep(1000);
	}
}

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "turns: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	clean();
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- standing still, and going on ---- */

static int open_in(const struct side *s, const char *name, int flags)
{
	char path[sizeof(s->group) + 32];

	snprintf(path, sizeof(path), "%s/%s", s->group, name);
	return open(path, flags | O_CLOEXEC);
}

/* A frozen group of its own, beneath where groups of version 2 are mounted; or none. */
static void make_group(struct side *s)
{
	FILE *mounts = fopen("/proc/self/mounts", "re");
	char at[2048], type[64];

	while (mounts && fscanf(mounts, "%*s %2047s %63s %*[^\n]", at, type) == 2) {
		if (strcmp(type, "cgroup2"))
			continue;
		snprintf(s->group, sizeof(s->group), "%s/gramme-turns-%d-%d", at, getpid(),
			 s == &side[1]);
		if (mkdir(s->group, 0700) < 0) {
			*s->group = '\0';
			continue;
		}
		s->freeze = open_in(s, "cgroup.freeze", O_WRONLY);
		s->events = open_in(s, "cgroup.events", O_RDONLY);
		if (s->freeze >= 0 && s->events >= 0 && write(s->freeze, "1", 1) == 1)
			break;
		rmdir(s->group);
		*s->group = '\0';
	}
	if (mounts)
		fclose(mounts);
}

static bool is_frozen(const struct side *s)
{
	char text[256];
	const ssize_t n = pread(s->events, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return strstr(text, "frozen 1");
}

static void stand_still(struct side *s)
{
	if (*s->group) {
		if (write(s->freeze, "1", 1) != 1)
			fail("cgroup.freeze: %s", strerror(errno));
		/* To be told of it takes 10 ms: the kernel tells no sooner again. */
		for (unsigned i = 0; !is_frozen(s); i++) {
			if (i == STUCK)
				fail("%s does not stand still", *s->argv);
			nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
		}
		return;
	}
	siginfo_t info;

	kill(-s->pid, SIGSTOP);
	if (waitid(P_PID, (id_t)s->pid, &info, WSTOPPED | WEXITED | WNOWAIT) < 0)
		fail("%s: %s", *s->argv, strerror(errno));
}

static void go_on(struct side *s)
{
	if (!*s->group)
		kill(-s->pid, SIGCONT);
	else if (write(s->freeze, "0", 1) != 1)
		fail("cgroup.freeze: %s", strerror(errno));
}

static uint64_t cpu_us(const struct side *s)
{
	char text[256];
	const int fd = *s->group ? open_in(s, "cpu.stat", O_RDONLY) : -1;
	const ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	uint64_t us = 0;

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return sscanf(text, "usage_usec %" SCNu64, &us) == 1 ? us : 0;
}

/* ---- turns ---- */

/* It stands still before its exec: that is its first turn's. */
static void start(struct side *s)
{
	const int procs = *s->group ? open_in(s, "cgroup.procs", O_WRONLY) : -1;
	const int log = open(s->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (log < 0)
		fail("%s: %s", s->log, strerror(errno));
	s->pid = fork();
	if (!s->pid) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		setsid();
		dup2(log, 1);
		dup2(log, 2);
		if (*s->group ? write(procs, "0", 1) != 1 : raise(SIGSTOP))
			_exit(125);
		execvp(*s->argv, s->argv);
		_exit(127);
	}
	s->pidfd = s->pid > 0 ? (int)syscall(SYS_pidfd_open, s->pid, 0) : -1;
	if (s->pidfd < 0)
		fail("%s: %s", *s->argv, strerror(errno));
	stand_still(s);
	close(log);
	if (procs >= 0)
		close(procs);
}

/* Until its time is over, or it is; with nobody beside it its turn has no end. */
static void turn(struct side *s, bool alone)
{
	struct pollfd end = {.fd = s->pidfd, .events = POLLIN};
	const struct timespec length = {.tv_nsec = LEAST_NS + random() % SPREAD_NS};
	const uint64_t start_ns = now_ns();
	int ended;

	go_on(s);
	s->turns++;
	do
		ended = ppoll(&end, 1, &length, NULL);
	while (alone && ended <= 0 && !interrupted);
	if (interrupted)
		fail("interrupted");
	if (ended <= 0) {
		stand_still(s);
		s->took_ns += now_ns() - start_ns;
		return;
	}
	s->took_ns += now_ns() - start_ns;
	s->over = true;
	if (waitpid(s->pid, &s->status, 0) != s->pid || s->status)
		fail("%s failed", *s->argv);
}

int main(int argc, char **argv)
{
	const int words = argc > 2 ? atoi(argv[2]) : 0;

	if (words < 1 || words + 3 >= argc) {
		fprintf(stderr, "usage: turns LOG WORDS COMMAND... COMMAND...\n");
		return 2;
	}
	side[0].argv = calloc((size_t)words + 1, sizeof(*argv));
	if (!side[0].argv)
		return 1;
	memcpy(side[0].argv, argv + 3, (size_t)words * sizeof(*argv));
	side[1].argv = argv + 3 + words;
	srandom((unsigned)now_ns());
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	signal(SIGHUP, interrupt);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(side[i].log, sizeof(side[i].log), "%s.%u", argv[1], i + 1);
		make_group(&side[i]);
		start(&side[i]);
	}
	for (unsigned i = 0; !side[0].over || !side[1].over; i = 1 - i)
		if (!side[i].over)
			turn(&side[i], side[1 - i].over);
	for (unsigned i = 0; i < 2; i++)
		printf("%" PRIu64 "\t%" PRIu64 "\t%u%c", side[i].took_ns, cpu_us(&side[i]),
		       side[i].turns, i ? '\n' : '\t');
	clean();
	return 0;
}
