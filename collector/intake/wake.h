/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How shims wake the collector without being able to write to anything: a file of one page
 * beside the socket, whose first word they FUTEX_WAKE through a read-only mapping when one of
 * their rings is half full. Nobody but the collector ever writes the word, and it does so once.
 */
#ifndef GRAMME_WAKE_H
#define GRAMME_WAKE_H

#include <stdint.h>
#include <uv.h>

struct wake;

/*
 * Makes the file `path` with `mode`, replacing one that is there. Returns a descriptor for
 * wake_open, which the mapping does not need afterwards, or -errno.
 */
int wake_make(const char *path, unsigned mode);

/*
 * Starts a thread that waits on the page `fd`, which lies at `path`. `woken` runs on the loop's
 * thread, at most about once a millisecond. Returns 0 or -errno.
 */
int wake_open(uv_loop_t *loop, int fd, const char *path, void (*woken)(void *arg), void *arg,
	      struct wake **wake);
/* Ends the thread and removes the file. The handle is closed by the loop's next turn. */
void wake_close(struct wake *wake);

#endif
