/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `gramme show --paths`: which code asked for each kernel, as a tree from the outside in. Functions
 * that have one caller and one callee stand below one another, and only a fork is indented.
 */
#include "collector/cmd/show.h"

#include <stdlib.h>
#include <string.h>

#include "collector/human.h"

#define LEAST_PERCENT 1u /* of a kernel's samples; rarer ways are added up */
#define DEPTH_MAX     24 /* of forks */
#define SHARE_COLUMNS 7

/* One path of a kernel, and its functions from the outside in. */
struct way {
	uint64_t samples;
	const char **function;
	size_t functions;
};

struct tree {
	const struct page *page;
	uint64_t samples; /* of the kernel */
};

static bool ends_with(const char *text, const char *end)
{
	const size_t length = strlen(text), n = strlen(end);

	return length >= n && !strcmp(text + length - n, end);
}

/* What every program begins with, and what an interpreter does between its own functions. */
static bool is_scenery(const char *function, bool python)
{
	static const char *const begin[] = {"__libc_start_", "_start ", "__clone", "clone3 ",
					    "start_thread "};

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (!strncmp(function, begin[i], strlen(begin[i])))
			return true;
	return python && (strstr(function, "(libpython") || strstr(function, "(python3"));
}

static bool is_python(const json_t *frames)
{
	for (size_t i = 0; i < json_array_size(frames); i++)
		if (ends_with(json_string_value(json_array_get(frames, i)), ".py)"))
			return true;
	return false;
}

static int make_way(const json_t *path, struct way *way)
{
	const json_t *frames = json_object_get(path, "frames");
	const bool python = is_python(frames);

	way->samples = show_number(path, "samples");
	way->function = calloc(json_array_size(frames) + 1, sizeof(*way->function));
	if (!way->function)
		return -1;
	if (json_is_true(json_object_get(path, "cut")))
		way->function[way->functions++] = "...";
	for (size_t i = json_array_size(frames); i-- > 0;) {
		const char *function = json_string_value(json_array_get(frames, i));

		if (!is_scenery(function, python))
			way->function[way->functions++] = function;
	}
	return 0;
}

static void print_function(const struct tree *tree, const char *share, size_t forks,
			   const char *function)
{
	const int indent = (int)(2 * forks);
	const int room = tree->page->columns - SHARE_COLUMNS - 2 * PAGE_GAP - indent;
	const int width = page_width(tree->page, function);

	page_cell(tree->page, share, SHARE_COLUMNS, PAGE_RIGHT);
	fprintf(tree->page->out, "%*s", indent, "");
	page_cell(tree->page, function, width < room ? width : room, PAGE_LEFT);
	page_line(tree->page);
}

static bool same_at(const struct way *a, const struct way *b, size_t depth)
{
	if (depth >= a->functions || depth >= b->functions)
		return depth >= a->functions && depth >= b->functions;
	return !strcmp(a->function[depth], b->function[depth]);
}

/* Do all n ways have a function here, the same one? */
static bool all_same(const struct way *way, size_t n, size_t depth)
{
	for (size_t i = 0; i < n; i++)
		if (depth >= way[i].functions || !same_at(&way[i], &way[0], depth))
			return false;
	return true;
}

/* Moves the ways that go on as the first does to the front. Returns how many, and their samples. */
static size_t gather(struct way *way, size_t n, size_t depth, uint64_t *samples)
{
	size_t same = 0;

	*samples = 0;
	for (size_t i = 0; i < n; i++) {
		struct way one = way[i];

		if (i && !same_at(&one, &way[0], depth))
			continue;
		memmove(way + same + 1, way + same, (i - same) * sizeof(*way));
		way[same++] = one;
		*samples += one.samples;
	}
	return same;
}

/* The ways from `depth` on; they are sorted by samples, and so are what they are gathered into. */
static void print_ways(const struct tree *tree, struct way *way, size_t n, size_t depth,
		       size_t forks)
{
	uint64_t rest = 0;
	char share[HUMAN_MAX];

	while (n > 0) {
		uint64_t samples;
		size_t same = gather(way, n, depth, &samples), at = depth;

		if (forks > DEPTH_MAX || samples * 100 < LEAST_PERCENT * tree->samples) {
			rest += samples;
		} else {
			human_share(samples, tree->samples, share);
			if (depth == way[0].functions)
				print_function(tree, share, forks, "(itself)");
			for (; all_same(way, same, at); at++)
				print_function(tree, at == depth ? share : "", forks,
					       way[0].function[at]);
			if (same > 1)
				print_ways(tree, way, same, at, forks + 1);
		}
		way += same;
		n -= same;
	}
	human_share(rest, tree->samples, share);
	if (rest)
		print_function(tree, share, forks, "others");
}

static void print_kernel(const struct page *page, const json_t *kernel)
{
	const json_t *paths = json_object_get(kernel, "paths");
	const size_t n = json_array_size(paths);
	struct way *way = calloc(n ? n : 1, sizeof(*way));
	struct tree tree = {.page = page};
	char count[HUMAN_MAX], title[96];
	size_t made = 0;

	while (way && made < n && !make_way(json_array_get(paths, made), &way[made]))
		tree.samples += way[made++].samples;
	if (made) {
		human_count(tree.samples, count);
		snprintf(title, sizeof(title), "%s %s", count,
			 tree.samples == 1 ? "sample" : "samples");
		page_bold(page);
		page_cell(page, show_text(kernel, "name"), page->columns - 2 * PAGE_GAP - 20,
			  PAGE_LEFT);
		page_cell(page, title, 20, PAGE_RIGHT);
		page_plain(page);
		page_line(page);
		print_ways(&tree, way, made, 0, 0);
	}
	for (size_t i = 0; i < made; i++)
		free(way[i].function);
	free(way);
}

void show_paths(const struct page *page, const json_t *run)
{
	const json_t *kernels = json_object_get(run, "kernels");
	size_t shown = 0;

	for (size_t i = 0; i < json_array_size(kernels); i++) {
		const json_t *kernel = json_array_get(kernels, i);

		if (!json_array_size(json_object_get(kernel, "paths")))
			continue;
		print_kernel(page, kernel);
		shown++;
	}
	if (!shown)
		show_paragraph(page, "Paths", "none were taken; gramme run --paths takes them");
}
