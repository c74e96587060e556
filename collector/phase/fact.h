/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics by name, many of them in little room: names stand once, values in short lists. Bounded:
 * what finds no room is left out.
 */
#ifndef GRAMME_PHASE_FACT_H
#define GRAMME_PHASE_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/line.h"

#define FACT_NAMES 256
#define FACTS_MAX  32768

struct fact_name {
	char text[LINE_NAME_MAX + 1];
	enum line_part part;
};

struct fact {
	double value;
	uint32_t next; /* in its list, plus one; 0 ends it */
	uint32_t name;
};

struct facts {
	struct fact_name name[FACT_NAMES];
	size_t names;
	struct fact *fact;
	size_t n, room;
};

/* A list is the index of its first fact, plus one; 0 is the empty one. */
typedef uint32_t fact_list;

void facts_free(struct facts *facts);

/* Adds the metrics of a line. A name that is there gets the new value, or keeps its own. */
void facts_add(struct facts *facts, fact_list *list, const struct line *line, bool keep);

/* The same for all of a list of others. */
void facts_join(struct facts *facts, fact_list *list, const struct facts *from, fact_list other,
		bool keep);

/* Takes over the names of another store. */
void facts_know(struct facts *facts, const struct facts *from);

/* Forgets all lists and names. */
void facts_clear(struct facts *facts);

#endif
