/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run read and saved over time: whole passes over a file, whoever read it, and files that
 * are saved again and again. Pure; memory is bounded.
 */
#ifndef GRAMME_PHASE_PASS_H
#define GRAMME_PHASE_PASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/phase.h"

#define PASS_FILES 128u
#define PASS_TIMES 512u /* passes or saves of one of them; more are counted, not kept */
#define PASS_NAME  48u

struct pass_time {
	uint64_t begin_ns;
	uint64_t end_ns;
	uint64_t bytes;
};

/* A file that was read, or the files of one name but for its numbers that were saved. */
struct pass_file {
	uint64_t file;
	uint32_t process; /* the first that read or saved it */
	bool saved;
	bool alone; /* no other process did */
	bool even;  /* saves: all of nearly the same size */
	char name[PASS_NAME];
	uint64_t size;
	struct pass_time *time;
	uint32_t times; /* complete ones that are kept */
	uint32_t room;
	uint32_t over; /* further ones */
	bool before;   /* there were others, that are settled and forgotten */
	struct pass_time under_way;
};

struct pass;

/* Returns NULL where memory is short. */
struct pass *pass_new(void);
void pass_free(struct pass *pass);

void pass_file(struct pass *pass, const struct phase_file *file);

/* Whether more than half of the room for the times of any file is taken. */
bool pass_crowded(const struct pass *pass);

/* What had ended by then is settled: it is forgotten. */
void pass_forget(struct pass *pass, uint64_t until_ns);

/* Borrowed until the next pass_file(). */
size_t pass_files(const struct pass *pass, const struct pass_file **file);

/*
 * The rounds over the data: several files read once each, then once each again, are one round
 * together. Those files that were read as often as most bytes were. At most `room` are filled in;
 * returns how many there are, 0 where nothing is read in rounds. `alone`: one process read it all.
 */
size_t pass_rounds(const struct pass *pass, struct pass_time *round, size_t room, bool *alone);

/* The saves that recur most, NULL where none does (at least twice). */
const struct pass_file *pass_saves(const struct pass *pass);

/* A picture, a table, a log: written again and again, but nothing to go on from. */
bool pass_is_output(const char *name);

#endif
