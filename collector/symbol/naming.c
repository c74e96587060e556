/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for code: which file is opened, and how long is waited.
 */
#include "collector/symbol/naming.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "collector/ask.h"
#include "collector/rights.h"
#include "collector/symbol/perfmap.h"
#include "collector/symbol/place.h"
#include "collector/symbol/symbol.h"
#include "collector/units.h"

#define WAIT_NS	  200000000L
#define BUDGET_NS (2 * UNITS_NS_PER_S)

static struct {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	struct place place;
	bool in_file;		      /* else the place's offset is an address in memory */
	char symbol[SYMBOL_NAME_MAX]; /* the answer, or "" */
} question;

static void look_up(void *box);
static struct ask asked = ASK_OF(look_up, &question);

/* The root of the process' file system; ours where it is gone, or not to be seen. */
static int open_root(void)
{
	char path[32];
	int fd, raised;

	snprintf(path, sizeof(path), "/proc/%d/root", (int)question.pid);
	raised = rights_raise(CAP_SYS_PTRACE);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	rights_lower(raised);
	return fd >= 0 ? fd : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Where the kernel does not know how to stay beneath a root (before 5.6), links lead into ours. */
static int look_at(int root, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd >= 0 || errno != ENOSYS ? fd : openat(root, path + 1, O_PATH | O_CLOEXEC);
}

/*
 * Opens a plain file beneath a root. It is looked at before it is opened in earnest: opening alone
 * does something to a device, and waits at a pipe.
 */
static int open_plain(int root, const char *path)
{
	int looked_at = look_at(root, path);
	struct stat st;
	char again[32];
	int fd = -1;

	if (looked_at < 0)
		return -1;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", looked_at);
	if (fstat(looked_at, &st) == 0 && S_ISREG(st.st_mode))
		fd = open(again, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	close(looked_at);
	return fd;
}

/* Looks in one table of one file. `id` is what its build-id begins with; on return all of it. */
static int look_in(int root, const char *path, enum symbol_table table, char id[SYMBOL_ID_MAX + 1])
{
	char its[SYMBOL_ID_MAX + 1];
	int fd = open_plain(root, path), error = -ENOENT;
	struct symbol_file *file = fd >= 0 ? symbol_open(fd) : NULL;

	if (file) {
		symbol_id(file, its);
		if (*id ? !strncmp(its, id, strlen(id)) : !*its) {
			memcpy(id, its, sizeof(its));
			error = symbol_find(file, table, question.place.offset, question.symbol);
		}
		symbol_close(file);
	}
	if (fd >= 0)
		close(fd);
	return error;
}

/* Stripped files leave their symbols in a file of their own, by build-id; exports stay. */
static void look_everywhere(int root)
{
	char id[SYMBOL_ID_MAX + 1], debug[SYMBOL_ID_MAX + 48];

	snprintf(id, sizeof(id), "%s", question.place.id);
	if (look_in(root, question.place.path, SYMBOL_ALL, id) == 0)
		return;
	if (strlen(id) > 2) {
		snprintf(debug, sizeof(debug), "/usr/lib/debug/.build-id/%.2s/%s.debug", id,
			 id + 2);
		if (look_in(root, debug, SYMBOL_ALL, id) == 0)
			return;
	}
	look_in(root, question.place.path, SYMBOL_EXPORTS, id);
}

/* The number that a process has where it lives; the collector's where it is gone. */
static int own_number(void)
{
	char line[256];
	int number = (int)question.pid;
	FILE *status;

	snprintf(line, sizeof(line), "/proc/%d/status", (int)question.pid);
	status = fopen(line, "re");
	while (status && fgets(line, sizeof(line), status)) {
		const char *last = strrchr(line, '\t');

		if (!strncmp(line, "NSpid:", 6) && last)
			number = (int)strtol(last + 1, NULL, 10);
	}
	if (status)
		fclose(status);
	return number;
}

/* The map that the process wrote, if it is its own. */
static void look_in_map(int root)
{
	char path[32];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", own_number());
	fd = open_plain(root, path);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == question.uid)
		perfmap_find(fd, question.place.offset, question.symbol, sizeof(question.symbol));
	if (fd >= 0)
		close(fd);
}

static void look_up(void *box)
{
	struct rights before;
	int root;

	(void)box;
	question.symbol[0] = '\0';
	if (rights_take(question.uid, question.gid, &before))
		return;
	root = open_root();
	if (root >= 0) {
		(question.in_file ? look_everywhere : look_in_map)(root);
		close(root);
	}
	rights_return(&before);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UNITS_NS_PER_S + (uint64_t)t.tv_nsec;
}

static bool find_symbol(struct naming *naming, pid_t pid, const struct place *place, bool in_file)
{
	uint64_t begin_ns;
	bool answered;

	if (!naming || naming->spent_ns >= BUDGET_NS || ask_is_open(&asked))
		return false;
	question.uid = naming->uid;
	question.gid = naming->gid;
	question.pid = pid;
	question.place = *place;
	question.in_file = in_file;
	begin_ns = now_ns();
	answered = ask_put(&asked, WAIT_NS);
	naming->spent_ns += now_ns() - begin_ns;
	return answered;
}

void naming_row(struct naming *naming, pid_t pid, const char *text, char *name, size_t size)
{
	struct place place;
	bool found = !place_parse(text, &place) && find_symbol(naming, pid, &place, true);

	place_name(found ? question.symbol : "", place_public(text), name, size);
}

void naming_frame(struct naming *naming, pid_t pid, const char *object, uint64_t address,
		  char *name, size_t size)
{
	char text[PLACE_PATH_MAX + 128];
	struct place place = {.offset = address};
	const int path = (int)place_path(object);
	const char *file = place_public(object);
	bool found;

	if (!path) {
		found = find_symbol(naming, pid, &place, false) && *question.symbol;
		snprintf(name, size, "%s", found ? question.symbol : "(code made at run time)");
		return;
	}
	snprintf(text, sizeof(text), "%.*s+0x%" PRIx64 "%s", path, object, address, object + path);
	found = !place_parse(text, &place) && find_symbol(naming, pid, &place, true) &&
		*question.symbol;
	if (found)
		snprintf(name, size, "%.*s (%.*s)", (int)strcspn(question.symbol, "+"),
			 question.symbol, (int)(object + path - file), file);
	else
		snprintf(name, size, "%.*s+0x%" PRIx64, (int)(object + path - file), file, address);
}
