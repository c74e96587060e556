/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs as OAR prints them in JSON.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "collector/jobs/jobs.h"
#include "collector/units.h"

/* The number under the first of these names that has one; 0 where none has. */
static json_int_t number(const json_t *object, const char *name, const char *other)
{
	const json_t *member = json_object_get(object, name);

	if (!json_is_integer(member))
		member = json_object_get(object, other);
	return json_integer_value(member);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static size_t resources(const json_t *object)
{
	const json_t *list = json_object_get(object, "assigned_resources");

	return json_array_size(list ? list : json_object_get(object, "resources"));
}

static int take_job(struct jobs *jobs, const char *id, const json_t *object)
{
	json_int_t start = number(object, "startTime", "start_time");
	json_int_t stop = number(object, "stopTime", "stop_time");
	struct job job = {.cpu_ns = UINT64_MAX, .cores = (uint32_t)resources(object)};

	if (start <= 0 || stop <= start || !job.cores) {
		jobs->left_out++;
		return 0;
	}
	job.time_ns = (uint64_t)(stop - start) * UNITS_NS_PER_S;
	snprintf(job.id, sizeof(job.id), "%.47s", id);
	snprintf(job.name, sizeof(job.name), "%.63s", text_of(object, "name"));
	return jobs_add(jobs, &job);
}

int jobs_oar(const char *text, size_t size, struct jobs *jobs, char why[JOBS_WHY])
{
	json_error_t where;
	json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where), *object;
	const char *id;
	int error = 0;

	*jobs = (struct jobs){0};
	if (!root) {
		snprintf(why, JOBS_WHY, "line %d: %.200s", where.line, where.text);
		return -EINVAL;
	}
	if (!json_is_object(root)) {
		snprintf(why, JOBS_WHY, "no object of jobs: it should come of oarstat -J -f");
		error = -EINVAL;
	}
	json_object_foreach(root, id, object) if (!error) error = take_job(jobs, id, object);
	json_decref(root);
	return error;
}
