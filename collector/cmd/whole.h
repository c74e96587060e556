/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that a user names, read as a whole.
 */
#ifndef GRAMME_WHOLE_H
#define GRAMME_WHOLE_H

#include <stddef.h>

#define WHOLE_BYTES_MAX (256u << 20)

/*
 * The bytes of a file ("-": of standard input), to be freed, and their number. NULL with errno:
 * EFBIG above WHOLE_BYTES_MAX, EISDIR, ENOENT, ...
 */
char *whole_read(const char *path, size_t *size);

#endif
