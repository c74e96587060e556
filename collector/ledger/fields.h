/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of a ledger line by name: one table per struct says which member of a JSON object
 * holds which field, so that writing, reading, adding and comparing cannot disagree. Pure.
 */
#ifndef GRAMME_LEDGER_FIELDS_H
#define GRAMME_LEDGER_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/ledger/ledger.h"

/* JSON integers are signed 64-bit; what is above is refused, never wrapped. */
#define FIELDS_MAX ((uint64_t)INT64_MAX)

struct field {
	const char *name; /* NULL ends a table */
	size_t at;	  /* offset of an uint64_t */
	bool may_fall;	  /* an estimate that later knowledge may lower */
	bool late;	  /* old ledgers lack it: it stands nowhere where it is 0 */
};

/* Of struct account_posting. */
extern const struct field fields_posting[];
/* Of struct tally_kernel and struct tally_counters (tally.h). */
extern const struct field fields_kernel[];
extern const struct field fields_counters[];

/*
 * Reads a member that must be an integer from 0 on. Returns 0, or -EBADMSG with the problem and
 * *value 0.
 */
int fields_number(const json_t *object, const char *name, uint64_t *value,
		  struct ledger_problem *problem);

/* Puts every field into `object`. Returns 0 or -ENOMEM. */
int fields_put(json_t *object, const struct field *table, const void *values);

/* Puts what `now` is above `then`, leaving out what is 0. Returns 0 or -ENOMEM. */
int fields_put_added(json_t *object, const struct field *table, const void *then, const void *now);

/* Sets every field; all must be there. Returns 0, or -EBADMSG with the problem. */
int fields_take(const json_t *object, const struct field *table, void *values,
		struct ledger_problem *problem);

/* Adds the fields that are there. Returns 0, or -EBADMSG with the problem. */
int fields_add(const json_t *object, const struct field *table, void *values,
	       struct ledger_problem *problem);

/*
 * The name of the first field that is lower in `now` than in `then`, or above FIELDS_MAX; NULL
 * if there is none.
 */
const char *fields_fallen(const struct field *table, const void *then, const void *now);

/* difference = now - then, field by field; none may have fallen. */
void fields_difference(const struct field *table, const void *then, const void *now,
		       void *difference);

#endif
