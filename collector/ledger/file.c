/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a ledger's files lie: folders, names, owner, and writing that survives a power cut.
 */
#include "collector/ledger/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/rights.h"

#define SUFFIX_MAX 16

/* Opens a folder, made if it is not there. */
static int open_folder(int parent, const char *name)
{
	int fd;

	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	/* Also of one that is there: who made it may not have come so far. As far as the file
	 * system can: the run goes on without. */
	fsync(parent);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_folders(int parent, const char *project, const char *experiment)
{
	int outer = open_folder(parent, project), inner;

	if (outer < 0)
		return outer;
	inner = open_folder(outer, experiment);
	close(outer);
	return inner;
}

int file_place_open(const struct ledger_options *options, const struct ledger_open *open,
		    struct file_place *place)
{
	char project[TEXT_NAME_MAX + 1], experiment[TEXT_NAME_MAX + 1];
	char run[TEXT_NAME_MAX + 1], node[TEXT_NAME_MAX + 1], stamp[TEXT_UTC_MAX];
	struct rights before;
	int error;

	*place =
		(struct file_place){.folder = -1, .owner = options->owner, .group = options->group};
	text_safe(open->project, project);
	text_safe(open->experiment, experiment);
	text_safe(open->run, run);
	text_safe(open->node, node);
	text_stamp(open->start_utc_ns, stamp);
	snprintf(place->name, sizeof(place->name), "%s-%s-%s", stamp, run, node);
	snprintf(place->path, sizeof(place->path), "%s/%s/%s.jsonl", project, experiment,
		 place->name);
	error = rights_take(place->owner, place->group, &before);
	if (error)
		return error;
	place->folder = open_folders(options->dir, project, experiment);
	rights_return(&before);
	return place->folder < 0 ? place->folder : 0;
}

int file_place_again(const struct ledger_place *at, struct file_place *place)
{
	*place = (struct file_place){.owner = at->owner, .group = at->group};
	if (snprintf(place->name, sizeof(place->name), "%s", at->name) >=
		    (int)sizeof(place->name) ||
	    snprintf(place->path, sizeof(place->path), "%s", at->path) >=
		    (int)sizeof(place->path) ||
	    strchr(place->name, '/')) {
		place->folder = -1;
		return -EINVAL;
	}
	place->folder = fcntl(at->folder, F_DUPFD_CLOEXEC, 0);
	return place->folder < 0 ? -errno : 0;
}

void file_place_close(struct file_place *place)
{
	close(place->folder);
}

int file_place_sync(const struct file_place *place)
{
	return fsync(place->folder) ? -errno : 0;
}

static void name_of(const struct file_place *place, const char *suffix,
		    char name[FILE_NAME_MAX + SUFFIX_MAX])
{
	snprintf(name, FILE_NAME_MAX + SUFFIX_MAX, "%s%s", place->name, suffix);
}

int file_create(const struct file_place *place, const char *suffix, mode_t mode)
{
	char name[FILE_NAME_MAX + SUFFIX_MAX];
	struct rights before;
	int error = rights_take(place->owner, place->group, &before), fd;

	if (error)
		return error;
	name_of(place, suffix, name);
	fd = openat(place->folder, name,
		    O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	rights_return(&before);
	return fd < 0 ? -errno : fd;
}

int file_new_begin(const struct file_place *place, const char *suffix, mode_t mode,
		   struct file_new *file)
{
	struct rights before;
	int error = rights_take(place->owner, place->group, &before);

	if (error)
		return error;
	*file = (struct file_new){.suffix = suffix};
	file->fd = openat(place->folder, ".", O_WRONLY | O_APPEND | O_TMPFILE | O_CLOEXEC, mode);
	rights_return(&before);
	if (file->fd >= 0)
		return 0;
	file->fd = file_create(place, suffix, mode);
	file->named = file->fd >= 0;
	return file->named ? 0 : file->fd;
}

/* By the descriptor's entry in /proc: to link it directly takes a capability. */
int file_new_name(const struct file_place *place, struct file_new *file)
{
	char name[FILE_NAME_MAX + SUFFIX_MAX], self[32];
	struct rights before;
	int error = file->named ? 0 : rights_take(place->owner, place->group, &before);

	if (error || file->named)
		return error;
	name_of(place, file->suffix, name);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", file->fd);
	if (linkat(AT_FDCWD, self, place->folder, name, AT_SYMLINK_FOLLOW))
		error = -errno;
	rights_return(&before);
	file->named = !error;
	return error;
}

void file_new_drop(const struct file_place *place, const struct file_new *file)
{
	if (file->named)
		file_remove(place, file->suffix);
}

int file_open(const struct file_place *place, const char *suffix, int flags)
{
	char name[FILE_NAME_MAX + SUFFIX_MAX];
	struct rights before;
	struct stat st;
	int error = rights_take(place->owner, place->group, &before), fd;

	if (error)
		return error;
	name_of(place, suffix, name);
	fd = openat(place->folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	rights_return(&before);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == place->owner)
		return fd;
	close(fd);
	return -EPERM;
}

void file_remove(const struct file_place *place, const char *suffix)
{
	char name[FILE_NAME_MAX + SUFFIX_MAX];
	struct rights before;

	if (rights_take(place->owner, place->group, &before))
		return;
	name_of(place, suffix, name);
	unlinkat(place->folder, name, 0);
	rights_return(&before);
}

static int rename_over(const struct file_place *place, const char *from, const char *to)
{
	char old[FILE_NAME_MAX + SUFFIX_MAX], new[FILE_NAME_MAX + SUFFIX_MAX];
	struct rights before;
	int error = rights_take(place->owner, place->group, &before);

	if (error)
		return error;
	name_of(place, from, old);
	name_of(place, to, new);
	if (renameat(place->folder, old, place->folder, new))
		error = -errno;
	rights_return(&before);
	return error;
}

/*
 * By a new file and rename, not by two slots that alternate: lines differ in length, a reader
 * always finds one whole file, and a full disk leaves the old one alone.
 */
int file_replace(const struct file_place *place, const char *suffix, const char *bytes,
		 size_t length)
{
	struct file_new file;
	int error;

	file_remove(place, FILE_TEMPORARY);
	error = file_new_begin(place, FILE_TEMPORARY, 0600, &file);
	if (error)
		return error;
	error = file_write(file.fd, bytes, length);
	if (!error && fdatasync(file.fd))
		error = -errno;
	if (!error)
		error = file_new_name(place, &file);
	close(file.fd);
	if (!error)
		error = rename_over(place, FILE_TEMPORARY, suffix);
	if (error)
		file_new_drop(place, &file);
	return error ? error : file_place_sync(place);
}

int file_write(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}
