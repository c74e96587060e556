/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme run as the client of a collector that runs already.
 */
#ifndef GRAMME_DAEMON_H
#define GRAMME_DAEMON_H

#include <stddef.h>
#include <stdint.h>

#include "collector/intake/message.h"

/*
 * Connects. It must be our own user's, or root's. Returns a descriptor, -ECONNREFUSED,
 * -ENOENT, -EPERM for somebody else's socket, or -errno.
 */
int daemon_connect(const char *path);

/*
 * Begins a run and waits at most two seconds for the answer. Returns 0, -ETIMEDOUT, -ECONNRESET,
 * or the collector's error; `text` gets what it says.
 */
int daemon_begin(int fd, const struct message_run_begin *begin, char *text, size_t size);

/*
 * Ends it and waits at most five seconds for the summary. Returns 0, or as above; -ETIMEDOUT also
 * where the collector has died: the next one will hear of the end.
 */
int daemon_end(int fd, int exit_status, int signal, char *text, size_t size);

#endif
