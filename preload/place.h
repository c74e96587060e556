/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for code that has none: the object that an address lies in, and where.
 */
#ifndef GRAMME_PLACE_H
#define GRAMME_PLACE_H

#include <stdint.h>

/*
 * Writes "libtorch_cpu.so+0x38ab10 (5f1c...)": object, offset as the object's own symbols count,
 * build-id (its first 16 hex digits, none where it has none); "0x7f..." for code that lies in no
 * object. Not terminated beyond `size`. Returns its length.
 */
uint32_t place_name(const void *address, char *text, uint32_t size);

#endif
