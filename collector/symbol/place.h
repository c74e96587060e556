/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where code lies, as the shim names it: "PATH+0xOFFSET (ID)", the offset as the object's own
 * symbols count, the first digits of its build-id. Pure. The text is a stranger's.
 */
#ifndef GRAMME_PLACE_H
#define GRAMME_PLACE_H

#include <stddef.h>
#include <stdint.h>

#define PLACE_PATH_MAX 1024
#define PLACE_ID_MAX   40 /* digits: 20 bytes of SHA-1 */

struct place {
	char path[PLACE_PATH_MAX];
	uint64_t offset;
	char id[PLACE_ID_MAX + 1]; /* hex digits, "" where it has none */
};

/* Takes a text apart. Returns 0, or -EINVAL for one that is no place or has no absolute path. */
int place_parse(const char *text, struct place *place);

/* The length of the path in "PATH (ID)" or "PATH". */
size_t place_path(const char *object);

/* What of it is published: no folders. A part of `text`. */
const char *place_public(const char *text);

/*
 * A row of a ledger is named "SYMBOL in PLACE" where the symbol was found, and PLACE where it was
 * not. Whether it was found may differ from one process, or one collector, to the next; the place
 * does not. Returns that, a part of `name`.
 */
const char *place_of(const char *name);

/* The length of SYMBOL there, or 0. */
size_t place_symbol(const char *name);

/* Writes such a name, cut to size. `symbol` may be "". */
void place_name(const char *symbol, const char *place, char *name, size_t size);

#endif
