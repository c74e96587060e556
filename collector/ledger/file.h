/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a ledger's files lie: folders, names, owner, and writing that survives a power cut. No
 * symbolic link is followed below the ledger folder, and for another user everything is made
 * with that user's rights, so that a collector that serves many is of no use to any of them.
 */
#ifndef GRAMME_LEDGER_FILE_H
#define GRAMME_LEDGER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "collector/ledger/ledger.h"
#include "collector/ledger/text.h"

/* <start>-<run>-<node>, each safe. */
#define FILE_NAME_MAX (3 * (TEXT_NAME_MAX + 1))
#define FILE_PATH_MAX (2 * (TEXT_NAME_MAX + 1) + FILE_NAME_MAX + 16)

struct file_place {
	int folder; /* the experiment's */
	uid_t owner;
	gid_t group;
	char name[FILE_NAME_MAX];
	char path[FILE_PATH_MAX]; /* "project/experiment/NAME.jsonl" */
};

/* Makes the folders (mode 0700). Returns 0 with *place to be closed, or -errno. */
int file_place_open(const struct ledger_options *options, const struct ledger_open *open,
		    struct file_place *place);

/* The place that `at` tells, its folder opened once more. Returns 0 or -errno. */
int file_place_again(const struct ledger_place *at, struct file_place *place);
void file_place_close(struct file_place *place);

/* Makes NAME and `suffix`, which must not be there yet. Returns a descriptor, or -errno. */
int file_create(const struct file_place *place, const char *suffix, mode_t mode);

/*
 * A file that gets its name when its content is whole: whoever dies before leaves nothing. Where
 * the file system cannot do that (NFS), it has its name from the beginning.
 */
struct file_new {
	int fd;
	const char *suffix;
	bool named;
};

/* Returns 0, with file->fd for the caller to close, or -errno. */
int file_new_begin(const struct file_place *place, const char *suffix, mode_t mode,
		   struct file_new *file);
/* Gives it its name, which must not be there yet. Returns 0 or -errno. */
int file_new_name(const struct file_place *place, struct file_new *file);
/* Takes its name away, if it has one. */
void file_new_drop(const struct file_place *place, const struct file_new *file);

/*
 * Opens NAME and `suffix`, which must be a plain file of the owner, with `flags` of open(2).
 * Returns a descriptor, -EPERM for anything else, or -errno.
 */
int file_open(const struct file_place *place, const char *suffix, int flags);
void file_remove(const struct file_place *place, const char *suffix);

/*
 * What a replacement is called for a moment. A death in that moment, or any on a file system that
 * names files from the beginning, leaves it behind: who opens or closes the ledger removes it.
 */
#define FILE_TEMPORARY ".new"

/*
 * Replaces NAME and `suffix` (mode 0600) as a whole, and waits for the disk: after a power cut
 * there is the old content or the new one. Returns 0 or -errno; the old content then stands.
 */
int file_replace(const struct file_place *place, const char *suffix, const char *bytes,
		 size_t length);

/* Waits until the folder's names are on the disk. Returns 0 or -errno. */
int file_place_sync(const struct file_place *place);

/* Writes all bytes, with one write(2) unless the system cuts it short. Returns 0 or -errno. */
int file_write(int fd, const char *bytes, size_t length);

#endif
