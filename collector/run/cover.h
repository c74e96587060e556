/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the shim speak for a process? And if not, why?
 */
#ifndef GRAMME_COVER_H
#define GRAMME_COVER_H

#include <sys/types.h>

enum cover {
	COVER_UNKNOWN, /* not looked at, or gone before it could be */
	COVER_SHIM,    /* libgramme.so is mapped */
	COVER_STATIC,
	COVER_SETUID,
	COVER_SCRUBBED, /* no shim in its environment */
	COVER_NOT_LOADED,
	COVER_OFF,     /* loaded, but without a socket or by GRAMME_DISABLE */
	COVER_LIMITED, /* loaded, but RLIMIT_FSIZE leaves no room for its shared memory */
	COVER_COUNT
};

/*
 * Looks at a live process beneath `root` ("/proc"). COVER_NOT_LOADED may only mean that its
 * program is still being loaded: look again.
 */
enum cover cover_process(const char *root, pid_t pid);

/*
 * What can be told from a program file before it is executed: COVER_STATIC, COVER_SETUID, or
 * COVER_UNKNOWN. A script is judged by its interpreter.
 */
enum cover cover_file(const char *path);

/* "static binary", ...: the words of the ledger. */
const char *cover_why(enum cover cover);

#endif
