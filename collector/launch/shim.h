/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The preloaded library and the environment of the program.
 */
#ifndef GRAMME_SHIM_H
#define GRAMME_SHIM_H

#include <stddef.h>

/*
 * Finds libgramme.so: $GRAMME_PRELOAD, beside the gramme binary, or where `make install` puts it
 * from there. Returns 0, -ENOENT, or -EINVAL for a path that LD_PRELOAD cannot hold (it is
 * split at blanks and colons); `path` then holds it.
 */
int shim_find(char *path, size_t size);

/*
 * A copy of `environment` in which LD_PRELOAD begins with `shim` (unless a libgramme.so stands
 * there already), GRAMME_SOCKET is `socket` and GRAMME_RUN our own pid, by which the program itself
 * is known to the shim; NULL leaves them as they were. Free it with shim_environment_free. NULL for
 * lack of memory.
 */
char **shim_environment(char *const *environment, const char *shim, const char *socket);
void shim_environment_free(char **environment);

/*
 * Finds the file that execvp would execute. Returns 0, -ENOENT, or -EACCES (it is there, but
 * cannot be executed).
 */
int shim_program(const char *name, char *path, size_t size);

#endif
