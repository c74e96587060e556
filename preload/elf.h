/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols of loaded objects, read from their own tables. dlsym would do the same, but it takes
 * the caller for us, may allocate, and replaces the program's pending dlerror().
 */
#ifndef GRAMME_ELF_H
#define GRAMME_ELF_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The address of the default version of a function that `map` itself defines, or NULL. `map` must
 * be loaded and stay so. Indirect functions are resolved.
 */
void *elf_symbol(const struct link_map *map, const char *name);

/*
 * Takes a name out of an object that is ours and just being loaded: who looks for it finds the next
 * one behind it. Where the kernel refuses, the name stays.
 */
void elf_hide(const struct link_map *map, const char *name);

/* The object's own name (DT_SONAME), or NULL. */
const char *elf_soname(const struct link_map *map);

/* The i-th object that it needs (DT_NEEDED), or NULL past the last. */
const char *elf_needed(const struct link_map *map, unsigned i);

/* True if that is the object's own name. */
bool elf_has_soname(const struct link_map *map, const char *soname);

/* True if `needed` names this object, by its soname or the last part of its path. */
bool elf_is_called(const struct link_map *map, const char *needed);

#endif
