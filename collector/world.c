/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world as it is: the kernel's clocks and plain files. Also what every world needs to read a
 * descriptor, and the few forms in which callers want a file.
 */
#include "collector/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "collector/rights.h"
#include "collector/tsv.h"
#include "collector/units.h"

static uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * UNITS_NS_PER_S + (uint64_t)now.tv_nsec;
}

static uint64_t real_monotonic_ns(struct world *w)
{
	(void)w;
	return clock_ns(CLOCK_MONOTONIC);
}

static uint64_t real_realtime_ns(struct world *w)
{
	(void)w;
	return clock_ns(CLOCK_REALTIME);
}

static uint64_t real_boottime_ns(struct world *w)
{
	(void)w;
	return clock_ns(CLOCK_BOOTTIME);
}

/* Only regular files, as those of /proc and /sys are: a pipe in a recording must not block us. */
static int check_regular(int fd)
{
	struct stat status;

	if (fstat(fd, &status))
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	return S_ISREG(status.st_mode) ? 0 : -EINVAL;
}

ssize_t world_read_fd(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t result = check_regular(fd);

	while (!result && length < size - 1) {
		ssize_t got = read(fd, text + length, size - 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			result = -errno;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	text[result ? 0 : length] = '\0';
	close(fd);
	return result ? result : (ssize_t)length;
}

static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/*
 * The kernel's counters and nothing else: other files are named by whoever runs us, and are read
 * with what he may.
 */
static bool is_counter(const char *path)
{
	return !strncmp(path, "/sys/class/powercap/", 20) && !strstr(path, "/../");
}

static int open_counter(const char *path)
{
	int raised = rights_raise(CAP_DAC_READ_SEARCH);
	int fd = open_file(path);

	rights_lower(raised);
	return fd;
}

static ssize_t real_read(struct world *w, const char *path, char *text, size_t size)
{
	int fd = open_file(path);

	if (fd < 0 && errno == EACCES && is_counter(path))
		fd = open_counter(path);

	(void)w;
	if (fd < 0)
		return -errno;
	return world_read_fd(fd, text, size);
}

struct names {
	char **name;
	size_t n;
	size_t room;
};

static int names_add(struct names *names, const char *name)
{
	if (names->n == names->room) {
		size_t room = names->room ? 2 * names->room : 32;
		char **grown = reallocarray(names->name, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		names->name = grown;
		names->room = room;
	}
	names->name[names->n] = strdup(name);
	if (!names->name[names->n])
		return -ENOMEM;
	names->n++;
	return 0;
}

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
}

static int names_read(struct names *names, DIR *folder)
{
	const struct dirent *entry;

	for (errno = 0; (entry = readdir(folder)); errno = 0) {
		int result = 0;

		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			result = names_add(names, entry->d_name);
		if (result)
			return result;
	}
	return -errno;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int world_list_fd(int fd, int (*each)(void *arg, const char *name), void *arg)
{
	DIR *folder = fdopendir(fd);
	struct names names = {0};
	int result;

	if (!folder) {
		result = -errno;
		close(fd);
		return result;
	}
	result = names_read(&names, folder);
	closedir(folder);
	if (names.n)
		qsort(names.name, names.n, sizeof(*names.name), by_name);
	for (size_t i = 0; i < names.n && !result; i++)
		result = each(arg, names.name[i]);
	names_free(&names);
	return result;
}

static int real_list(struct world *w, const char *path, int (*each)(void *arg, const char *name),
		     void *arg)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)w;
	if (fd < 0)
		return -errno;
	return world_list_fd(fd, each, arg);
}

static void real_close(struct world *w)
{
	(void)w;
}

struct world *world_real(void)
{
	static const struct world_ops ops = {
		.monotonic_ns = real_monotonic_ns,
		.realtime_ns = real_realtime_ns,
		.boottime_ns = real_boottime_ns,
		.read = real_read,
		.list = real_list,
		.ask = world_ask_real,
		.http = world_http_real,
		.close = real_close,
	};
	static struct world world = {.ops = &ops};

	return &world;
}

void world_close(struct world *w)
{
	if (w)
		w->ops->close(w);
}

/* One unsigned decimal and a newline, of which `got` bytes were read. */
static int parse_u64(const char *text, ssize_t got, uint64_t *value)
{
	struct tsv_field field;

	if (got < 0)
		return (int)got;
	if (!got || text[got - 1] != '\n')
		return -EINVAL;
	field = (struct tsv_field){text, (size_t)got - 1};
	return tsv_u64(&field, value);
}

int world_read_u64(struct world *w, const char *path, uint64_t *value)
{
	char text[32]; /* a UINT64_MAX has 20 digits; what does not fit is no such number */

	return parse_u64(text, w->ops->read(w, path, text, sizeof(text)), value);
}

int world_ask_u64(struct world *w, const char *question, uint64_t *value)
{
	char text[32];

	return parse_u64(text, world_ask(w, question, text, sizeof(text)), value);
}

int world_read_all(struct world *w, const char *path, size_t most, char **text, size_t *size)
{
	char *whole = NULL;

	/* /proc and /sys do not tell the size of a file: read until it no longer fills the room. */
	for (size_t room = 16384;; room *= 2) {
		char *grown = realloc(whole, room);
		ssize_t length;

		if (!grown) {
			free(whole);
			return -ENOMEM;
		}
		whole = grown;
		length = w->ops->read(w, path, whole, room);
		if (length >= 0 && (size_t)length < room - 1 && (size_t)length <= most) {
			*text = whole;
			*size = (size_t)length;
			return 0;
		}
		if (length < 0 || (size_t)length > most) {
			free(whole);
			return length < 0 ? (int)length : -EFBIG;
		}
	}
}
