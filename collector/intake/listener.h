/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Unix socket that takes whole messages.
 */
#ifndef GRAMME_LISTENER_H
#define GRAMME_LISTENER_H

/*
 * Listens at `path` with the file mode `mode`. A socket that is there and answers is left alone, a
 * dead one replaced, and nothing else is ever removed. Returns a non-blocking descriptor,
 * -EADDRINUSE, -ENAMETOOLONG, or -errno.
 */
int listener_open(const char *path, unsigned mode);

#endif
