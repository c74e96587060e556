/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call paths in the ledger's lines.
 */
#include "collector/ledger/pathline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "collector/ledger/entry.h"
#include "collector/ledger/fields.h"
#include "collector/ledger/problem.h"
#include "collector/ledger/text.h"
#include "collector/saturate.h"

/* ---- writing ---- */

static json_t *new_functions(size_t from, size_t to, const struct ledger_paths *paths)
{
	json_t *list = json_array();

	for (size_t i = from; list && i < to; i++)
		if (json_array_append_new(list, text_json(paths->function[i]))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* Its number and what was added; who it is, when it is new. */
static json_t *added_path(size_t number, uint64_t samples, const struct ledger_path *identity)
{
	json_t *object = json_pack("{s:I, s:o}", "path", (json_int_t)number, "samples",
				   entry_number(samples));
	json_t *frames = identity ? json_array() : NULL;

	if (!object || !identity)
		return object;
	for (uint32_t i = 0; frames && i < identity->frames; i++)
		if (json_array_append_new(frames, json_integer(identity->frame[i]))) {
			json_decref(frames);
			frames = NULL;
		}
	if (json_object_set_new(object, "row", json_integer((json_int_t)identity->row)) ||
	    json_object_set_new(object, "frames", frames) ||
	    (identity->cut && json_object_set_new(object, "cut", json_true()))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *added_paths(const struct tally_paths *then, const struct tally_paths *now,
			   const struct ledger_paths *paths)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < now->n; i++) {
		const bool known = i < then->n;
		const uint64_t before = known ? then->samples[i] : 0;

		if (known && now->samples[i] == before)
			continue;
		if (json_array_append_new(list, added_path(i, now->samples[i] - before,
							   known ? NULL : &paths->path[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

int pathline_put(json_t *body, const struct tally_paths *then, const struct tally_paths *now,
		 const struct ledger_paths *paths)
{
	json_t *functions = new_functions(then->functions, now->functions, paths);
	json_t *list = added_paths(then, now, paths);
	int error = functions && list ? 0 : -ENOMEM;

	if (!error && json_array_size(functions) && json_object_set(body, "functions", functions))
		error = -ENOMEM;
	if (!error && json_array_size(list) && json_object_set(body, "paths", list))
		error = -ENOMEM;
	json_decref(functions);
	json_decref(list);
	return error;
}

int pathline_put_sums(json_t *body, const struct tally_paths *paths)
{
	uint64_t samples = 0;

	if (!paths->n)
		return 0;
	for (size_t i = 0; i < paths->n; i++)
		samples = saturate_add(samples, paths->samples[i]);
	return json_object_set_new(body, "paths",
				   json_pack("{s:o, s:o}", "count", entry_number(paths->n),
					     "samples", entry_number(samples)));
}

/* ---- reading ---- */

static int take_functions(const json_t *list, json_t *functions, struct tally_paths *paths,
			  struct ledger_problem *problem)
{
	if (list && !json_is_array(list))
		return problem_set(problem, 0, -EBADMSG, "functions is no list");
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *name = json_array_get(list, i);

		if (!json_is_string(name))
			return problem_set(problem, 0, -EBADMSG, "a function has no name");
		if (json_array_append(functions, name))
			return -ENOMEM;
	}
	paths->functions += json_array_size(list);
	return 0;
}

static int check_frames(const json_t *frames, size_t functions, struct ledger_problem *problem)
{
	if (!json_is_array(frames) || json_array_size(frames) > PATHLINE_FRAMES_MAX)
		return problem_set(problem, 0, -EBADMSG, "frames is no list of at most %u",
				   PATHLINE_FRAMES_MAX);
	for (size_t i = 0; i < json_array_size(frames); i++) {
		const json_t *frame = json_array_get(frames, i);

		if (!json_is_integer(frame) || json_integer_value(frame) < 0 ||
		    (uint64_t)json_integer_value(frame) >= functions)
			return problem_set(problem, 0, -EBADMSG, "a frame is no function");
	}
	return 0;
}

static int new_path(const json_t *path, json_t *paths, struct tally *tally,
		    struct ledger_problem *problem)
{
	const json_t *cut = json_object_get(path, "cut");
	json_t *frames = json_object_get(path, "frames");
	uint64_t row;
	int error = fields_number(path, "row", &row, problem);

	if (error)
		return error;
	if (row >= tally->kernels)
		return problem_set(problem, 0, -EBADMSG, "a path leads to no row");
	if (cut && !json_is_boolean(cut))
		return problem_set(problem, 0, -EBADMSG, "cut is neither true nor false");
	error = check_frames(frames, tally->paths.functions, problem);
	if (!error)
		error = tally_add_path(tally);
	if (!error &&
	    json_array_append_new(paths, json_pack("{s:I, s:O, s:b}", "row", (json_int_t)row,
						   "frames", frames, "cut", json_is_true(cut))))
		error = -ENOMEM;
	return error;
}

static int take_path(const json_t *path, uint64_t *next, json_t *paths, struct tally *tally,
		     struct ledger_problem *problem)
{
	uint64_t number, samples;
	int error = fields_number(path, "path", &number, problem);

	if (!error)
		error = fields_number(path, "samples", &samples, problem);
	if (error)
		return error;
	if (number < *next || number > tally->paths.n)
		return problem_set(problem, 0, -EBADMSG, "paths do not rise, or are missing");
	*next = number + 1;
	if (number == tally->paths.n)
		error = new_path(path, paths, tally, problem);
	if (!error)
		tally->paths.samples[number] = saturate_add(tally->paths.samples[number], samples);
	return error;
}

int pathline_take(const json_t *line, json_t *functions, json_t *paths, struct tally *tally,
		  struct ledger_problem *problem)
{
	const json_t *list = json_object_get(line, "paths");
	int error = take_functions(json_object_get(line, "functions"), functions, &tally->paths,
				   problem);
	uint64_t next = 0;

	if (!error && list && !json_is_array(list))
		error = problem_set(problem, 0, -EBADMSG, "paths is no list");
	for (size_t i = 0; !error && i < json_array_size(list); i++)
		error = take_path(json_array_get(list, i), &next, paths, tally, problem);
	return error;
}

int pathline_check(const struct tally_paths *then, const struct tally_paths *now,
		   struct ledger_problem *problem)
{
	if (now->n < then->n || now->functions < then->functions)
		return problem_set(problem, 0, -EBADMSG, "paths have disappeared");
	for (size_t i = 0; i < now->n; i++)
		if (i < then->n && now->samples[i] < then->samples[i])
			return problem_set(problem, 0, -EBADMSG, "path %zu: samples have fallen",
					   i);
	return 0;
}

/* ---- going on ---- */

static void tell_path(const json_t *path, uint64_t samples, uint32_t *frame, struct ledger_path *to)
{
	const json_t *frames = json_object_get(path, "frames");

	*to = (struct ledger_path){
		.row = (size_t)json_integer_value(json_object_get(path, "row")),
		.samples = samples,
		.frame = frame,
		.frames = (uint32_t)json_array_size(frames),
		.cut = json_is_true(json_object_get(path, "cut")),
	};
	for (uint32_t i = 0; i < to->frames; i++)
		frame[i] = (uint32_t)json_integer_value(json_array_get(frames, i));
}

struct ledger_paths_told *pathline_tell(const json_t *functions, const json_t *paths,
					const struct tally_paths *sums)
{
	struct ledger_paths_told *told = calloc(1, sizeof(*told));

	if (!told)
		return NULL;
	told->path = calloc(sums->n + 1, sizeof(*told->path));
	told->frame = calloc(sums->n + 1, PATHLINE_FRAMES_MAX * sizeof(*told->frame));
	told->function = calloc(sums->functions + 1, sizeof(*told->function));
	if (!told->path || !told->frame || !told->function) {
		pathline_told_free(told);
		return NULL;
	}
	for (size_t i = 0; i < sums->functions; i++)
		told->function[i] = json_string_value(json_array_get(functions, i));
	for (size_t i = 0; i < sums->n; i++)
		tell_path(json_array_get(paths, i), sums->samples[i],
			  told->frame + i * PATHLINE_FRAMES_MAX, &told->path[i]);
	told->paths = (struct ledger_paths){.path = told->path,
					    .n = sums->n,
					    .function = told->function,
					    .functions = sums->functions};
	return told;
}

void pathline_told_free(struct ledger_paths_told *told)
{
	if (!told)
		return;
	free(told->path);
	free(told->frame);
	free(told->function);
	free(told);
}

/* ---- showing ---- */

static json_t *shown_path(const json_t *functions, const json_t *path, uint64_t samples)
{
	const json_t *numbers = json_object_get(path, "frames");
	json_t *frames = json_array();

	for (size_t i = 0; frames && i < json_array_size(numbers); i++) {
		const size_t number = (size_t)json_integer_value(json_array_get(numbers, i));

		if (json_array_append(frames, json_array_get(functions, number))) {
			json_decref(frames);
			return NULL;
		}
	}
	return json_pack("{s:o, s:o, s:O}", "samples", entry_number(samples), "frames", frames,
			 "cut", json_object_get(path, "cut"));
}

struct rank {
	size_t path;
	uint64_t samples;
};

static int compare(const void *a, const void *b)
{
	const struct rank *left = a, *right = b;

	if (left->samples != right->samples)
		return left->samples < right->samples ? 1 : -1;
	return left->path < right->path ? -1 : left->path > right->path;
}

json_t *pathline_list(const json_t *functions, const json_t *paths, const struct tally_paths *sums,
		      size_t row)
{
	struct rank *rank = calloc(sums->n + 1, sizeof(*rank));
	json_t *list = rank ? json_array() : NULL;
	size_t n = 0;

	for (size_t i = 0; list && i < sums->n; i++)
		if ((size_t)json_integer_value(json_object_get(json_array_get(paths, i), "row")) ==
		    row)
			rank[n++] = (struct rank){i, sums->samples[i]};
	if (n)
		qsort(rank, n, sizeof(*rank), compare);
	for (size_t i = 0; list && i < n; i++)
		if (json_array_append_new(list,
					  shown_path(functions, json_array_get(paths, rank[i].path),
						     rank[i].samples))) {
			json_decref(list);
			list = NULL;
		}
	free(rank);
	return list;
}
