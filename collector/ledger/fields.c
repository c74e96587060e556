/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of a ledger line by name.
 */
#include "collector/ledger/fields.h"

#include <errno.h>

#include "collector/ledger/problem.h"
#include "collector/ledger/tally.h"

#define POSTING(name)                                                                              \
	{                                                                                          \
#name, offsetof(struct account_posting, name), false, false                        \
	}
#define LATE_POSTING(name)                                                                         \
	{                                                                                          \
#name, offsetof(struct account_posting, name), false, true                         \
	}
#define KERNEL(name)                                                                               \
	{                                                                                          \
#name, offsetof(struct tally_kernel, name), false, false                           \
	}
#define COUNTER(name)                                                                              \
	{                                                                                          \
#name, offsetof(struct tally_counters, name), false, false                         \
	}
#define ESTIMATE(name)                                                                             \
	{                                                                                          \
#name, offsetof(struct tally_counters, name), true, false                          \
	}

const struct field fields_posting[] = {
	POSTING(domain_uj),	  POSTING(run_uj),	   POSTING(run_idle_uj),
	POSTING(others_uj),	  POSTING(system_uj),	   POSTING(idle_uj),
	POSTING(unattributed_uj), POSTING(gap_ns),	   LATE_POSTING(run_derived_uj),
	LATE_POSTING(gated_uj),	  {NULL, 0, false, false},
};

const struct field fields_kernel[] = {
	KERNEL(count),	 KERNEL(failed), KERNEL(timed), KERNEL(device_ns), KERNEL(busy_ns),
	KERNEL(host_ns), KERNEL(bytes),	 KERNEL(flop),	KERNEL(energy_uj), {NULL, 0, false, false},
};

const struct field fields_counters[] = {
	COUNTER(events_seen),
	COUNTER(events_lost),
	COUNTER(cpu_ns),
	COUNTER(processes),
	ESTIMATE(uncovered_cpu_ns),
	ESTIMATE(unobserved_cpu_ns),
	COUNTER(own_cpu_ns),
	COUNTER(own_uj),
	{NULL, 0, false, false},
};

static uint64_t value_of(const struct field *field, const void *values)
{
	return *(const uint64_t *)((const char *)values + field->at);
}

static uint64_t *place_of(const struct field *field, void *values)
{
	return (uint64_t *)((char *)values + field->at);
}

int fields_put(json_t *object, const struct field *table, const void *values)
{
	for (; table->name; table++) {
		uint64_t value = value_of(table, values);

		if ((value || !table->late) &&
		    json_object_set_new(object, table->name, json_integer((json_int_t)value)))
			return -ENOMEM;
	}
	return 0;
}

int fields_put_added(json_t *object, const struct field *table, const void *then, const void *now)
{
	for (; table->name; table++) {
		uint64_t added = value_of(table, now) - value_of(table, then);

		if (added &&
		    json_object_set_new(object, table->name, json_integer((json_int_t)added)))
			return -ENOMEM;
	}
	return 0;
}

int fields_number(const json_t *object, const char *name, uint64_t *value,
		  struct ledger_problem *problem)
{
	const json_t *member = json_object_get(object, name);

	*value = 0;
	if (!json_is_integer(member) || json_integer_value(member) < 0)
		return problem_set(problem, 0, -EBADMSG, "%s is %s", name,
				   member ? "not a whole number from 0 on" : "missing");
	*value = (uint64_t)json_integer_value(member);
	return 0;
}

int fields_take(const json_t *object, const struct field *table, void *values,
		struct ledger_problem *problem)
{
	int error = 0;

	for (; table->name && !error; table++)
		error = fields_number(object, table->name, place_of(table, values), problem);
	return error;
}

int fields_add(const json_t *object, const struct field *table, void *values,
	       struct ledger_problem *problem)
{
	if (!json_is_object(object))
		return problem_set(problem, 0, -EBADMSG, "there is no object where numbers stand");
	for (; table->name; table++) {
		uint64_t *place = place_of(table, values), added;

		if (!json_object_get(object, table->name))
			continue;
		if (fields_number(object, table->name, &added, problem))
			return -EBADMSG;
		*place += added;
		if (*place > FIELDS_MAX)
			return problem_set(problem, 0, -EBADMSG, "%s adds up to more than 2^63",
					   table->name);
	}
	return 0;
}

const char *fields_fallen(const struct field *table, const void *then, const void *now)
{
	for (; table->name; table++) {
		uint64_t value = value_of(table, now);

		if (value > FIELDS_MAX || (value < value_of(table, then) && !table->may_fall))
			return table->name;
	}
	return NULL;
}

void fields_difference(const struct field *table, const void *then, const void *now,
		       void *difference)
{
	for (; table->name; table++)
		*place_of(table, difference) = value_of(table, now) - value_of(table, then);
}
