/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that strangers wrote: names of kernels, devices and processes, on their way to a ledger.
 */
#ifndef GRAMME_CLEAN_H
#define GRAMME_CLEAN_H

#include <stddef.h>

/*
 * Replaces every byte that is no part of valid UTF-8 (RFC 3629) and every control character by
 * '?', in place. The length stays.
 */
void clean_text(char *text);

/*
 * Copies at most size - 1 bytes of `from`, which need not be terminated, up to its first zero
 * byte, terminates and cleans the copy.
 */
void clean_copy(char *to, size_t size, const void *from, size_t bytes);

#endif
