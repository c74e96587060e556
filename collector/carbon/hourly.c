/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of intensities that a collector books by.
 */
#include "collector/carbon/hourly.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/carbon/tag.h"

#define LOOK_NS	  60000000000ULL
#define BYTES_MAX (64 << 20)

/* The file's bytes, to be freed, or NULL with errno. */
static char *read_file(int fd, size_t size)
{
	char *text = malloc(size + 1);
	size_t got = 0;
	ssize_t n = 1;

	while (text && got < size && n > 0) {
		n = read(fd, text + got, size - got);
		got += n > 0 ? (size_t)n : 0;
	}
	/* It changes under our eyes: the next look will see it whole. */
	if (text && got < size) {
		errno = n < 0 ? errno : EAGAIN;
		free(text);
		return NULL;
	}
	return text;
}

static int take(struct hourly *hourly, const char *text, size_t size, char why[SERIES_WHY])
{
	char digest[TAG_DIGEST];
	struct series series;
	json_t *tag = NULL;
	int error = series_read(text, size, hourly->basis, &series, why);

	tag_digest(text, size, digest);
	if (!error)
		tag = tag_make(&series, hourly->path, digest);
	if (!error && !tag)
		error = -ENOMEM;
	if (error) {
		series_free(&series);
		return error;
	}
	series_free(&hourly->series);
	json_decref(hourly->tag);
	hourly->series = series;
	hourly->tag = tag;
	return 0;
}

static int read_again(struct hourly *hourly, char why[SERIES_WHY])
{
	int fd = open(hourly->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	struct stat now = {0};
	int error = 0;

	why[0] = '\0';
	if (fd < 0 || fstat(fd, &now))
		error = -errno;
	else if (!S_ISREG(now.st_mode))
		error = -EINVAL;
	else if (now.st_size > BYTES_MAX)
		error = -EFBIG;
	if (!error) {
		text = read_file(fd, (size_t)now.st_size);
		error = text ? take(hourly, text, (size_t)now.st_size, why) : -errno;
	}
	if (!error)
		hourly->seen = now;
	if (error && !why[0])
		snprintf(why, SERIES_WHY, "%s", strerror(-error));
	if (fd >= 0)
		close(fd);
	free(text);
	return error;
}

int hourly_open(const char *path, enum series_basis basis, struct hourly **result,
		char why[SERIES_WHY])
{
	struct hourly *hourly = calloc(1, sizeof(*hourly));
	int error = hourly ? 0 : -ENOMEM;

	/* A daemon may stand elsewhere than whoever started it. */
	if (!error && !realpath(path, hourly->path))
		error = -errno;
	if (error) {
		snprintf(why, SERIES_WHY, "%s", strerror(-error));
		free(hourly);
		return error;
	}
	hourly->basis = basis;
	error = read_again(hourly, why);
	if (error) {
		hourly_close(hourly);
		return error;
	}
	*result = hourly;
	return 0;
}

void hourly_close(struct hourly *hourly)
{
	if (!hourly)
		return;
	series_free(&hourly->series);
	json_decref(hourly->tag);
	free(hourly);
}

static bool is_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino &&
	       one->st_size == other->st_size && one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
	       one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

int hourly_refresh(struct hourly *hourly, uint64_t t_ns, char why[SERIES_WHY])
{
	struct stat now;
	int error;

	if (hourly->looked_ns && t_ns - hourly->looked_ns < LOOK_NS)
		return 0;
	hourly->looked_ns = t_ns;
	if (!stat(hourly->path, &now) && is_same(&now, &hourly->seen))
		return 0;
	error = read_again(hourly, why);
	if (error && hourly->failing)
		return 0;
	hourly->failing = error != 0;
	return error ? error : 1;
}
