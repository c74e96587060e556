/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel knows of the process's mappings.
 */
#ifndef GRAMME_MAPS_H
#define GRAMME_MAPS_H

/*
 * The absolute path of the file that is mapped at an address, zero-terminated. The dynamic loader
 * keeps the name that a library was asked for by, which may be relative to a folder that the
 * program has left since. Returns its length, or 0 where it cannot be told or finds no room.
 */
unsigned maps_path(const void *address, char *path, unsigned size);

#endif
