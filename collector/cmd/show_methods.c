/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The block of `gramme show` that says what others' methods make of the run.
 */
#include "collector/cmd/show.h"

#include <stdio.h>

#include "collector/human.h"
#include "collector/units.h"

#define REMARK_LEAST 76 /* columns of a page that has room for remarks */

enum { METHOD, ENERGY, MASS, RATIO, CELLS };

static void cells(const struct page *page, const char *const text[CELLS])
{
	static const int columns[CELLS] = {16, 8, 8, 7};

	for (size_t i = 0; i < CELLS; i++)
		page_cell(page, text[i], columns[i], i == METHOD ? PAGE_LEFT : PAGE_RIGHT);
}

static void method(const struct page *page, const char *name, const json_t *figure,
		   const char *remark)
{
	const json_t *ratio = json_object_get(figure, "ratio");
	char energy[HUMAN_MAX] = "-", mass[HUMAN_MAX] = "-", times[HUMAN_MAX] = "-";
	char error[HUMAN_MAX], text[192];

	if (json_is_object(figure)) {
		uint64_t energy_uj = show_number(figure, "energy_uj");

		human_energy(energy_uj, page->utf8, energy);
		human_co2e(show_number(figure, "co2e_ug"), energy_uj, page->utf8, mass);
	}
	if (json_is_real(ratio))
		snprintf(times, sizeof(times), json_real_value(ratio) < 999.5 ? "%.3g x" : "%.0f x",
			 json_real_value(ratio));
	cells(page, (const char *const[CELLS]){name, energy, mass, times});
	if (page->columns < REMARK_LEAST) {
		page_line(page);
		return;
	}
	show_error(page, figure, error);
	snprintf(text, sizeof(text), "%s%s%s", remark,
		 json_is_number(json_object_get(figure, "error_pct")) ? ", " : "",
		 json_is_number(json_object_get(figure, "error_pct")) ? error : "");
	fprintf(page->out, "%*s", PAGE_GAP, "");
	page_wrap(page, 51, text);
}

/* "2 x 12 W x 21 %, 1 GPU, 25.3 GB": what the formula goes by. */
static void green_remark(const json_t *run, const json_t *green, char *text, size_t size)
{
	char memory[HUMAN_MAX], used[HUMAN_MAX], gpus[HUMAN_MAX] = "";
	size_t n = json_array_size(json_object_get(green, "gpus"));
	uint64_t core_milli = show_number(green, "core_milli");
	uint64_t time_ns = show_number(json_object_get(run, "run"), "duration_ns");

	human_bytes(show_number(green, "memory_bytes"), memory);
	human_share(show_number(green, "core_ns"), units_mul_div(time_ns, core_milli, 1000), used);
	if (n)
		snprintf(gpus, sizeof(gpus), ", %zu GPU%s", n, n == 1 ? "" : "s");
	snprintf(text, size, "%.4g x %.3g W x %s%s, %s", (double)core_milli / 1000,
		 (double)show_number(green, "core_mw") / 1000, used, gpus, memory);
}

void show_methods(const struct page *page, const json_t *run)
{
	const json_t *methods = json_object_get(run, "methods");
	const json_t *green = json_object_get(methods, "green_algorithms");
	const json_t *node = json_object_get(methods, "node");
	const json_t *gated = json_object_get(methods, "node_gated");
	char remark[160] = "the ledger tells no CPUs";

	if (!json_is_object(methods))
		return;
	show_paragraph(page, "Methods", "what others' methods make of the same run");
	page_dim(page);
	cells(page, (const char *const[CELLS]){"method", "energy", "CO2e", "of ours"});
	page_line(page);
	page_plain(page);
	if (json_is_object(green))
		green_remark(run, green, remark, sizeof(remark));
	method(page, "Green Algorithms", green, remark);
	method(page, "whole node", node,
	       json_is_true(json_object_get(node, "whole_node")) ? "by a meter of it"
								 : "sum of its domains");
	method(page, "node, gated", gated,
	       json_is_object(gated) ? "while it computed" : "the ledger does not tell when");
	page_line(page);
}
