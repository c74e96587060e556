/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EMBED(name, path) puts a file of the source tree into the object as it stands, so that the
 * program carries its tables (and the attribution in their comments) and needs no data file.
 * `path` is from the repository root, where the compiler runs. The bytes are name[0] up to
 * name[name_size - 1]; both are local to the file that embeds. The compiler's own list of
 * dependencies does not know of them: in the Makefile every object of the collector depends on
 * every .tsv there.
 */
#ifndef GRAMME_EMBED_H
#define GRAMME_EMBED_H

#include <stdint.h>

#define EMBED(name, path)                                                                          \
	extern const char name[] __attribute__((visibility("hidden")));                            \
	extern const uint64_t name##_size __attribute__((visibility("hidden")));                   \
	__asm__(".pushsection .rodata\n"                                                           \
		".balign 8\n" #name "_size:\n"                                                     \
		".quad 9f - " #name "\n" #name ":\n"                                               \
		".incbin \"" path "\"\n"                                                           \
		"9:\n"                                                                             \
		".popsection\n")

#endif
