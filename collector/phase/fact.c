/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of metrics, as fact.h promises them.
 */
#include "collector/phase/fact.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void facts_free(struct facts *facts)
{
	free(facts->fact);
	facts->fact = NULL;
	facts->n = facts->room = 0;
}

/* Returns FACT_NAMES where there is no room. */
static size_t name_of(struct facts *facts, const struct fact_name *name)
{
	size_t i = 0;

	while (i < facts->names &&
	       (facts->name[i].part != name->part || strcmp(facts->name[i].text, name->text) != 0))
		i++;
	if (i == facts->names && i < FACT_NAMES)
		facts->name[facts->names++] = *name;
	return i;
}

static bool has_room(struct facts *facts)
{
	struct fact *more;

	if (facts->n < facts->room)
		return true;
	if (facts->n == FACTS_MAX)
		return false;
	more = realloc(facts->fact, (facts->n ? facts->n * 2 : 64) * sizeof(*more));
	if (!more)
		return false;
	facts->fact = more;
	facts->room = facts->n ? facts->n * 2 : 64;
	return true;
}

static void put(struct facts *facts, fact_list *list, size_t name, double value, bool keep)
{
	fact_list last = 0;

	for (fact_list at = *list; at; at = facts->fact[at - 1].next) {
		if (facts->fact[at - 1].name == name) {
			if (!keep)
				facts->fact[at - 1].value = value;
			return;
		}
		last = at;
	}
	if (!has_room(facts))
		return;
	facts->fact[facts->n++] = (struct fact){.value = value, .name = (uint32_t)name};
	if (last)
		facts->fact[last - 1].next = (uint32_t)facts->n;
	else
		*list = (uint32_t)facts->n;
}

void facts_add(struct facts *facts, fact_list *list, const struct line *line, bool keep)
{
	for (size_t i = 0; i < line->metrics; i++) {
		struct fact_name spelled = {.part = line->metric[i].part};
		size_t name;

		memcpy(spelled.text, line->metric[i].name, sizeof(spelled.text));
		name = name_of(facts, &spelled);
		if (name < FACT_NAMES)
			put(facts, list, name, line->metric[i].value, keep);
	}
}

void facts_know(struct facts *facts, const struct facts *from)
{
	for (size_t i = 0; i < from->names; i++)
		name_of(facts, &from->name[i]);
}

void facts_clear(struct facts *facts)
{
	facts->n = facts->names = 0;
}

void facts_join(struct facts *facts, fact_list *list, const struct facts *from, fact_list other,
		bool keep)
{
	while (other) {
		const struct fact *fact = &from->fact[other - 1];
		const size_t name = name_of(facts, &from->name[fact->name]);

		if (name < FACT_NAMES)
			put(facts, list, name, fact->value, keep);
		other = fact->next;
	}
}
