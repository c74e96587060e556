/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols of an ELF file, by libelf. The file is a stranger's: what it says is bounded before it is
 * followed, little of it is held in memory, and nothing is mapped (a file that is cut meanwhile
 * would end us by a signal).
 */
#ifndef GRAMME_SYMBOL_H
#define GRAMME_SYMBOL_H

#include <stddef.h>
#include <stdint.h>

#define SYMBOL_NAME_MAX 512
#define SYMBOL_ID_MAX	64 /* hex digits of a build-id that are looked at */

struct symbol_file;

/* Which of a file's tables. */
enum symbol_table {
	SYMBOL_ALL,	/* .symtab; stripped files have none */
	SYMBOL_EXPORTS, /* .dynsym */
};

/*
 * Reads the head of an open file. `fd` is borrowed and must outlive what is returned. NULL for
 * what is no 64-bit ELF file of this machine's order, or out of bounds.
 */
struct symbol_file *symbol_open(int fd);
void symbol_close(struct symbol_file *file);

/* The build-id as hex digits, "" where there is none. */
void symbol_id(struct symbol_file *file, char id[SYMBOL_ID_MAX + 1]);

/*
 * The name of the function that holds `value`, an address as the file itself counts; "+0x12" is
 * appended where it is not the function's beginning. Of several names of one address one that is
 * exported, then the shortest, then the first in the alphabet. What is no graphic ASCII character
 * reads '?'. Returns 0, -ENOENT, or -EBADMSG for a table out of bounds.
 */
int symbol_find(struct symbol_file *file, enum symbol_table table, uint64_t value,
		char name[SYMBOL_NAME_MAX]);

#endif
