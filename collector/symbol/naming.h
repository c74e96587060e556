/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for the code of a run's processes. Their files are opened as their owner could, by the
 * path that the process told, in its own file system where it still lives; what is no plain file,
 * or of another build-id, is not read. A file system that does not answer is waited for once, and
 * no run costs more waiting than its budget.
 */
#ifndef GRAMME_NAMING_H
#define GRAMME_NAMING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of one run. */
struct naming {
	uid_t uid;
	gid_t gid;
	uint64_t spent_ns; /* waiting for answers so far */
};

/*
 * Writes the name of the row for code at `text`, as a shim tells places: "SYMBOL in PLACE", or the
 * place alone. `naming` may be NULL: then no file is opened.
 */
void naming_row(struct naming *naming, pid_t pid, const char *text, char *name, size_t size);

/*
 * Writes the name of a function in a call path: "SYMBOL (FILE)" or "FILE+0xADDRESS", for an address
 * in `object`, a file as a shim tells it: "PATH (BUILD-ID)". In none ("") the address is one in
 * memory, and the function one of the program's own map for perf(1), or not known.
 */
void naming_frame(struct naming *naming, pid_t pid, const char *object, uint64_t address,
		  char *name, size_t size);

#endif
