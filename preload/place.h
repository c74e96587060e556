/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for code that has none: the object that an address lies in, and where.
 */
#ifndef GRAMME_PLACE_H
#define GRAMME_PLACE_H

#include <link.h>
#include <stdint.h>

#define PLACE_PATH_MAX 768u /* longer paths are left out, and only the file is named */

/*
 * Writes "/usr/lib/libtorch_cpu.so+0x38ab10 (5f1c...)": object, offset as the object's own symbols
 * count, build-id (its first 16 hex digits, none where it has none); "0x7f..." for code that lies
 * in no object. `program` is the path of the program's own file, "" where it is not known. Not
 * terminated beyond `size`. Returns its length. The path is for the collector, which looks for the
 * symbol in that file and publishes no more than its last part.
 */
uint32_t place_name(const void *address, const char *program, char *text, uint32_t size);

/* The same of an object as a whole: "/usr/lib/libtorch_cpu.so (5f1c...)". Asks nobody. */
uint32_t place_object(const struct dl_phdr_info *info, const char *program, char *text,
		      uint32_t size);

/* The path of the program's own file, or "" where the kernel does not tell one that fits. */
void place_program(char path[PLACE_PATH_MAX]);

#endif
