/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no shim spoke for.
 */
#include "collector/run/unseen.h"

#include <stdlib.h>
#include <string.h>

static int find(const struct unseen *unseen, const char *program, const char *why)
{
	for (size_t i = 0; i < unseen->n; i++)
		if (!strcmp(unseen->row[i].program, program) && !strcmp(unseen->row[i].why, why))
			return (int)i;
	return -1;
}

static int append(struct unseen *unseen, const char *program, const char *why)
{
	if (unseen->n == unseen->room) {
		size_t room = unseen->room ? unseen->room * 2 : 8;
		struct ledger_uncovered *more = realloc(unseen->row, room * sizeof(*more));
		if (!more)
			return -1;
		unseen->row = more;
		unseen->room = room;
	}
	struct ledger_uncovered row = {.program = strdup(program), .why = strdup(why)};
	if (!row.program || !row.why) {
		free((char *)row.program);
		free((char *)row.why);
		return -1;
	}
	unseen->row[unseen->n] = row;
	return (int)unseen->n++;
}

int unseen_add(struct unseen *unseen, const char *program, const char *why)
{
	int row = find(unseen, program, why);

	if (row < 0 && unseen->n >= UNSEEN_MAX - 1) {
		program = why = "(others)";
		row = find(unseen, program, why);
	}
	if (row < 0)
		row = append(unseen, program, why);
	if (row >= 0)
		unseen->row[row].processes++;
	return row;
}

void unseen_used(struct unseen *unseen, int row, uint64_t cpu_ns)
{
	if (row < 0)
		return;
	unseen->row[row].cpu_ns += cpu_ns;
	unseen->cpu_ns += cpu_ns;
}

void unseen_release(struct unseen *unseen)
{
	for (size_t i = 0; i < unseen->n; i++) {
		free((char *)unseen->row[i].program);
		free((char *)unseen->row[i].why);
	}
	free(unseen->row);
	*unseen = (struct unseen){0};
}
