/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which stand-ins go with this library. A stand-in names functions by the rows of tables that are
 * built into both; where the library was updated while a program ran, what that opens next is a
 * stand-in with other rows, and it would jump anywhere. So each carries a digest of the tables
 * (Makefile), in a note at its beginning that survives strip, and one with another is not used.
 */
#ifndef GRAMME_STAMP_H
#define GRAMME_STAMP_H

#define STAMP_TEXT "gramme stand-in " STAMP

/* The note is in the first of these bytes of the file; exports.sh looks. */
#define STAMP_WITHIN 1024

/* An ELF note, as tools expect them: sizes of name and text, a type, name, text. */
#define STAMP_NOTE                                                                                 \
	__attribute__((section(".note.gramme"), used, aligned(4))) static const struct {           \
		unsigned name_bytes, text_bytes, type;                                             \
		char name[8];                                                                      \
		char text[(sizeof(STAMP_TEXT) + 3) & ~3ul];                                        \
	} stamp_note = {7, sizeof(STAMP_TEXT), 1, "gramme", STAMP_TEXT}

#endif
