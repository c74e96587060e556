/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run is called and whose it is: the program, and where it belongs.
 */
#ifndef GRAMME_ORIGIN_H
#define GRAMME_ORIGIN_H

#include <stddef.h>
#include <sys/types.h>

#define ORIGIN_ARGS_MAX 4096

/* All strings are owned. */
struct origin {
	char *project;
	char *experiment;
	char *user; /* NULL until origin_name */
	char *cwd;
	char *job;   /* what ties processes of one job together, or NULL */
	char **argv; /* NULL-terminated, at least one */
	uid_t uid;
	gid_t gid;
};

/* What the user chose; NULL or "" where nothing was. */
struct origin_labels {
	const char *project;
	const char *experiment;
};

/*
 * Makes an origin for a program that is started here. Returns 0 or -ENOMEM. Release it with
 * origin_release, whatever was returned.
 */
int origin_make(struct origin *origin, char *const *argv, const char *cwd, uid_t uid, gid_t gid,
		const struct origin_labels *labels);

/* Asks for the name of its user, which may take its time. Returns 0 or -ENOMEM. */
int origin_name(struct origin *origin);

/* What a process said of itself while it lived. */
struct origin_said {
	struct origin_labels labels;
	const char *args; /* zero-terminated strings, one after the other; the last may be cut */
	size_t bytes;
};

/*
 * The origin of a process beneath `root` ("/proc"): arguments, working folder and environment are
 * read there. `uid` and `gid` are those that the kernel told. Of a process that has exited only its
 * name is left, and "(gone)" of one that is not there at all; where it `said` something (may be
 * NULL) that is taken instead. Returns 0 or -ENOMEM.
 */
int origin_read(struct origin *origin, const char *root, pid_t pid, uid_t uid, gid_t gid,
		const struct origin_said *said);

/* The job key of a process, to be freed; NULL where it has none or cannot be read. */
char *origin_job(const char *root, pid_t pid);

void origin_release(struct origin *origin);

/*
 * The experiment of a program that names none: the base name of the program, or of the script
 * where an interpreter runs one (without its extension). At most size - 1 bytes.
 */
void origin_experiment(char *const *argv, const char *cwd, char *name, size_t size);

#endif
