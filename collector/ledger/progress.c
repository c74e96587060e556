/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How good the model became.
 */
#include "collector/ledger/progress.h"

#include <math.h>
#include <string.h>

#include "collector/ledger/phaseline.h"
#include "collector/ledger/text.h"
#include "collector/phase/metric.h"
#include "collector/units.h"

#define COURSES_MAX 64

struct courses {
	struct metric_course course[COURSES_MAX];
	size_t n;
};

/* Epochs and fits say how good a model is; what lies within an epoch says it again. */
static bool tells(const json_t *line)
{
	const char *kind = json_string_value(json_object_get(line, "kind"));

	return kind && (!strcmp(kind, "epoch") || !strcmp(kind, "fit"));
}

static void follow(struct courses *courses, const json_t *line)
{
	const json_t *list = json_object_get(line, "metrics");
	const uint32_t id = (uint32_t)json_integer_value(json_object_get(line, "id"));

	for (size_t i = 0; tells(line) && i < json_array_size(list); i++) {
		const json_t *metric = json_array_get(list, i);

		metric_follow(courses->course, &courses->n, COURSES_MAX,
			      json_string_value(json_object_get(metric, "name")),
			      phaseline_part(json_object_get(metric, "part")), id,
			      json_number_value(json_object_get(metric, "value")));
	}
}

static json_t *real_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *course_object(const struct metric_course *course, bool main, uint64_t total_ug)
{
	static const char *const words[] = {
		[METRIC_LOWER] = "lower",
		[METRIC_HIGHER] = "higher",
	};
	const bool quality = course->better != METRIC_UNKNOWN;
	const double points =
		metric_points(course->better, course->first, course->best, course->scale);
	const double each_ug = metric_ug_per_point(total_ug, points);

	return json_pack("{s:o, s:s?, s:s?, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "name",
			 text_json(course->name), "part", phaseline_part_name(course->part),
			 "better", words[course->better], "first", real_or_null(course->first),
			 "last", real_or_null(course->last), "best",
			 quality ? real_or_null(course->best) : json_null(), "best_phase",
			 quality ? json_integer((json_int_t)course->best_epoch) : json_null(),
			 "main", main, "points", real_or_null(points), "ug_per_point",
			 main ? real_or_null(each_ug) : json_null());
}

json_t *progress_list(const struct reading *reading)
{
	struct courses courses = {.n = 0};
	struct tally_energy energy;
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(reading->phases); i++)
		follow(&courses, json_array_get(reading->phases, i));
	for (size_t i = 0; i < json_array_size(reading->under_way); i++)
		follow(&courses, json_array_get(reading->under_way, i));
	tally_energy(&reading->now, &reading->terms, &energy);
	const struct metric_course *main = metric_main(courses.course, courses.n);
	int failed = !list;
	for (size_t i = 0; !failed && i < courses.n; i++) {
		const struct metric_course *course = &courses.course[i];
		json_t *object = course_object(course, course == main, energy.total_ug);

		failed = json_array_insert_new(list, course == main ? 0 : json_array_size(list),
					       object);
	}
	if (!failed)
		return list;
	json_decref(list);
	return NULL;
}
