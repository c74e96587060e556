/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Under a seccomp filter a system call may be death. Which, only trying tells.
 */
#ifndef GRAMME_PROBE_H
#define GRAMME_PROBE_H

#include <stdbool.h>

/*
 * True if this process may make the system calls of the shim. Where a filter is in force, a child
 * makes them first, and lives or dies in our place; the program's own waits do not see it.
 */
bool probe_allowed(void);

#endif
