/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The epochs of `gramme show`: time, steps, energy, CO2e, what the model was worth and what a point
 * of that cost. Of many the first and last ones, some between, and the best; what lies between two
 * that are shown is summed up.
 */
#include "collector/cmd/show.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collector/human.h"
#include "collector/phase/metric.h"
#include "collector/units.h"

#define EPOCHS_SHOWN 20 /* all of them, up to so many */
#define ENDS	     4
#define BETWEEN	     7
#define METRICS_MAX  24
#define METRIC_LEAST 10 /* columns */
#define METRIC_MOST  20 /* of a name */
#define POINT_WIDTH  10

/* What a column of a metric shows. */
struct metric_column {
	const json_t *metric; /* of the run */
	char key[128];	      /* where it has its part before it */
	char title[128];
	int width;
};

struct epoch_table {
	const struct page *page;
	const json_t *phases;
	const json_t **epoch;
	size_t n;
	bool fits; /* there is more than one */
	uint64_t ug_per_kwh;
	uint32_t pue_milli;
	struct metric_column column[METRICS_MAX];
	size_t columns;
	size_t from, to; /* those of them that stand in this block */
	bool cells;	 /* and before them time, energy and the like */
	bool steps;	 /* of some epochs they are known */
	bool points;	 /* and behind them what a point cost */
	double best;	 /* of the first column's metric, before the epoch */
	bool any;	 /* ... if there was one */
	double scale;
};

struct epoch_sum {
	uint64_t t_ns;
	uint64_t steps;
	uint64_t energy_uj;
	unsigned __int128 weighted; /* energy x intensity, in uJ x ug per kWh */
};

static const json_t *phase_of(const json_t *phases, uint64_t id)
{
	for (size_t i = 0; i < json_array_size(phases); i++)
		if (show_number(json_array_get(phases, i), "id") == id)
			return json_array_get(phases, i);
	return NULL;
}

/* ---- metrics ---- */

/* The value of a column in an epoch; false where it was not printed. */
static bool value_of(const struct metric_column *column, const json_t *epoch, double *value)
{
	const json_t *metrics = json_object_get(epoch, "metrics");
	const json_t *parts = json_object_get(epoch, "metric_parts");
	const char *name = show_text(column->metric, "name");
	const json_t *found = json_object_get(metrics, column->key);

	if (!found &&
	    json_equal(json_object_get(parts, name), json_object_get(column->metric, "part")))
		found = json_object_get(metrics, name);
	*value = json_number_value(found);
	return json_is_number(found);
}

static enum metric_better better_of(const json_t *metric)
{
	const char *word = show_text(metric, "better");

	return !strcmp(word, "higher")	? METRIC_HIGHER
	       : !strcmp(word, "lower") ? METRIC_LOWER
					: METRIC_UNKNOWN;
}

static void title_of(const struct metric_column *column, char *text, size_t size)
{
	const char *part = show_text(column->metric, "part");
	const char *name = show_text(column->metric, "name");
	const char *brief = !strcmp(part, "validation") ? "val_"
			    : !strcmp(part, "test")	? "test_"
							: "";

	/* A name that says it itself need not be told twice. */
	if (!strncmp(name, "val", 3) || !strncmp(name, "test", 4) || !strncmp(name, "eval", 4))
		brief = "";
	snprintf(text, size, "%s%s", brief, name);
}

/* Whether any epoch has it: what only came at the end needs no column. */
static bool is_of_epochs(const struct epoch_table *table, const struct metric_column *column)
{
	double value;

	for (size_t i = 0; i < table->n; i++)
		if (value_of(column, table->epoch[i], &value))
			return true;
	return false;
}

/* Columns for the metrics: quality first, as the list has it. */
static void choose_columns(struct epoch_table *table, const json_t *metrics)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < json_array_size(metrics); i++) {
			const json_t *metric = json_array_get(metrics, i);
			struct metric_column *column = &table->column[table->columns];
			bool quality = better_of(metric) != METRIC_UNKNOWN;

			if (quality != (pass == 0) || table->columns == METRICS_MAX)
				continue;
			column->metric = metric;
			snprintf(column->key, sizeof(column->key), "%s_%s",
				 show_text(metric, "part"), show_text(metric, "name"));
			title_of(column, column->title, sizeof(column->title));
			column->width = page_width(table->page, column->title);
			column->width = column->width < METRIC_LEAST  ? METRIC_LEAST
					: column->width > METRIC_MOST ? METRIC_MOST
								      : column->width;
			table->columns += is_of_epochs(table, column);
		}
}

/* What the epoch's CO2e brought, by the first column's metric. */
static void point_text(struct epoch_table *table, const json_t *epoch, char text[HUMAN_MAX])
{
	const struct metric_column *first = &table->column[0];
	double value, points = NAN, each_ug;

	snprintf(text, HUMAN_MAX, "-");
	if (!table->columns || !value_of(first, epoch, &value))
		return;
	enum metric_better better = better_of(first->metric);
	if (table->any)
		points = metric_points(better, table->best, value, table->scale);
	if (!table->any || points > 0)
		table->best = value;
	table->any = true;
	each_ug = metric_ug_per_point(show_number(epoch, "co2e_ug"), points);
	if (isfinite(each_ug) && each_ug < 1e18)
		human_rate(each_ug, table->page->utf8, text);
}

/* ---- rows ---- */

enum { EPOCH_NAME, EPOCH_TIME, EPOCH_STEPS, EPOCH_ENERGY, EPOCH_CO2E, EPOCH_CELLS };

static const struct {
	const char *title;
	int columns;
	enum page_side side;
} cell[EPOCH_CELLS] = {
	[EPOCH_NAME] = {"epoch", 9, PAGE_LEFT},	  [EPOCH_TIME] = {"time", 10, PAGE_RIGHT},
	[EPOCH_STEPS] = {"steps", 8, PAGE_RIGHT}, [EPOCH_ENERGY] = {"energy", 8, PAGE_RIGHT},
	[EPOCH_CO2E] = {"CO2e", 8, PAGE_RIGHT},
};

static bool has_cell(const struct epoch_table *table, size_t i)
{
	return i == EPOCH_NAME || (table->cells && (i != EPOCH_STEPS || table->steps));
}

static int width_of_cells(const struct epoch_table *table)
{
	int columns = 0;

	for (size_t i = 0; i < EPOCH_CELLS; i++)
		columns += has_cell(table, i) ? cell[i].columns + PAGE_GAP : 0;
	return columns;
}

static void print_cells(const struct epoch_table *table, const char *const text[EPOCH_CELLS])
{
	for (size_t i = 0; i < EPOCH_CELLS; i++)
		if (has_cell(table, i))
			page_cell(table->page, text[i], cell[i].columns, cell[i].side);
}

static void print_head(const struct epoch_table *table)
{
	const struct page *page = table->page;

	page_dim(page);
	for (size_t i = 0; i < EPOCH_CELLS; i++)
		if (has_cell(table, i))
			page_cell(page, cell[i].title, cell[i].columns, cell[i].side);
	for (size_t i = table->from; i < table->to; i++)
		page_cell(page, table->column[i].title, table->column[i].width, PAGE_RIGHT);
	if (table->points)
		page_cell(page, "per point", POINT_WIDTH, PAGE_RIGHT);
	page_line(page);
	page_plain(page);
}

static void print_sum(const struct epoch_table *table, const char *name,
		      const struct epoch_sum *sum)
{
	const struct page *page = table->page;
	char t[HUMAN_MAX], steps[HUMAN_MAX] = "-", energy[HUMAN_MAX], mass[HUMAN_MAX];

	human_time(sum->t_ns, page->utf8, t);
	if (sum->steps)
		human_count(sum->steps, steps);
	human_energy(sum->energy_uj, page->utf8, energy);
	human_co2e(units_co2e_sum_ug(sum->weighted, table->pue_milli), sum->energy_uj, page->utf8,
		   mass);
	print_cells(table, (const char *const[EPOCH_CELLS]){name, t, steps, energy, mass});
}

static void add(struct epoch_sum *sum, const json_t *epoch, uint64_t ug_per_kwh)
{
	const json_t *own = json_object_get(epoch, "ug_per_kwh");

	if (own)
		ug_per_kwh = show_number(epoch, "ug_per_kwh");
	sum->weighted += (unsigned __int128)show_number(epoch, "energy_uj") * ug_per_kwh;
	sum->t_ns += show_number(epoch, "end_ns") - show_number(epoch, "start_ns");
	sum->steps += show_number(epoch, "steps");
	sum->energy_uj += show_number(epoch, "energy_uj");
}

/* "3", "2.3" in the second fit, "3 ..." while it is under way. */
static void name_of(const struct epoch_table *table, const json_t *epoch, char *text, size_t size)
{
	const json_t *fit = phase_of(table->phases, show_number(epoch, "parent"));
	const char *open = json_is_true(json_object_get(epoch, "open"))	 ? " ..."
			   : json_is_true(json_object_get(epoch, "cut")) ? " cut"
									 : "";

	if (table->fits && fit)
		snprintf(text, size, "%llu.%llu%s", (unsigned long long)show_number(fit, "index"),
			 (unsigned long long)show_number(epoch, "index"), open);
	else
		snprintf(text, size, "%llu%s", (unsigned long long)show_number(epoch, "index"),
			 open);
}

static void print_epoch(struct epoch_table *table, const json_t *epoch, const char *point)
{
	struct epoch_sum sum = {0};
	char text[64];
	double value;

	add(&sum, epoch, table->ug_per_kwh);
	name_of(table, epoch, text, sizeof(text));
	print_sum(table, text, &sum);
	for (size_t i = table->from; i < table->to; i++) {
		snprintf(text, sizeof(text), "-");
		if (value_of(&table->column[i], epoch, &value))
			snprintf(text, sizeof(text), "%.5g", value);
		page_cell(table->page, text, table->column[i].width, PAGE_RIGHT);
	}
	if (table->points)
		page_cell(table->page, point, POINT_WIDTH, PAGE_RIGHT);
	page_line(table->page);
}

static void print_between(const struct epoch_table *table, size_t from, size_t to)
{
	struct epoch_sum sum = {0};
	char text[64];

	if (from == to)
		return;
	for (size_t i = from; i < to; i++)
		add(&sum, table->epoch[i], table->ug_per_kwh);
	snprintf(text, sizeof(text), "%zu more", to - from);
	page_dim(table->page);
	print_sum(table, text, &sum);
	page_line(table->page);
	page_plain(table->page);
}

static bool is_shown(const struct epoch_table *table, size_t i)
{
	const size_t n = table->n, step = n / (BETWEEN + 1);

	if (n <= EPOCHS_SHOWN || i < ENDS || i + ENDS >= n)
		return true;
	if (table->columns && show_number(table->epoch[i], "id") ==
				      show_number(table->column[0].metric, "best_phase"))
		return true;
	return i % step == 0 && i / step <= BETWEEN;
}

static void print_rows(struct epoch_table *table)
{
	size_t told = 0;

	for (size_t i = 0; i < table->n; i++) {
		char point[HUMAN_MAX];

		/* Also of those that are not shown, since the best before counts. */
		point_text(table, table->epoch[i], point);
		if (!is_shown(table, i))
			continue;
		print_between(table, told, i);
		print_epoch(table, table->epoch[i], point);
		told = i + 1;
	}
}

/* ---- what stands around the table ---- */

static bool is_kind(const json_t *phase, const char *kind)
{
	return strcmp(show_text(phase, "kind"), kind) == 0;
}

static size_t count_kind(const json_t *phases, const char *kind)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(phases); i++)
		n += is_kind(json_array_get(phases, i), kind);
	return n;
}

/* The largest magnitude that the first column has: 0.91 is 91 %, if all are such. */
static double scale_of(const struct epoch_table *table)
{
	double scale = 0, value;

	for (size_t i = 0; i < table->n && table->columns; i++)
		if (value_of(&table->column[0], table->epoch[i], &value) && fabs(value) > scale)
			scale = fabs(value);
	return scale;
}

static void show_head(const struct page *page, const json_t *run, size_t epochs, size_t fits)
{
	const json_t *phases = json_object_get(run, "phases");
	const uint64_t total_uj = show_number(json_object_get(run, "energy"), "total_uj");
	char share[HUMAN_MAX], several[64] = "", others[64] = "", error[SHOW_ERRORS];
	uint64_t beside = 0;
	struct epoch_sum sum = {0};

	for (size_t i = 0; i < json_array_size(phases); i++) {
		if (is_kind(json_array_get(phases, i), "epoch"))
			add(&sum, json_array_get(phases, i), 0);
		beside += show_number(json_array_get(phases, i), "beside");
	}
	if (beside)
		snprintf(others, sizeof(others), "; %llu more %s at the same time, not told",
			 (unsigned long long)beside, beside > 1 ? "fits" : "fit");
	human_share(sum.energy_uj, total_uj, share);
	if (fits > 1)
		snprintf(several, sizeof(several), " in %zu fits", fits);
	show_errors(page, phases, "epoch", error);
	show_paragraph(page, "Epochs", "%zu%s, with %s of the run's energy%s%s", epochs, several,
		       share, error, others);
}

/* "accuracy: best 0.91, last 0.9; 24.8 ug of CO2e per point" */
static void show_metric(const struct page *page, const json_t *metric, int *n)
{
	const char *part = show_text(metric, "part");
	const json_t *each_ug = json_object_get(metric, "ug_per_point");
	char mass[HUMAN_MAX], cost[128] = "", best[64] = "";

	if (better_of(metric) == METRIC_UNKNOWN)
		return;
	if (json_is_number(json_object_get(metric, "best")))
		snprintf(best, sizeof(best), "best %.7g, ",
			 json_number_value(json_object_get(metric, "best")));
	if (json_is_number(each_ug) && json_number_value(each_ug) < 1e18) {
		human_rate(json_number_value(each_ug), page->utf8, mass);
		snprintf(cost, sizeof(cost), "; %s CO2e of the run per point", mass);
	}
	show_paragraph(page, (*n)++ ? "" : "Metrics", "%s%s%s%s: %slast %.7g%s",
		       show_text(metric, "name"), part[0] ? " (" : "", part, part[0] ? ")" : "",
		       best, json_number_value(json_object_get(metric, "last")), cost);
}

#define METRICS_SHOWN 8

static void show_metrics(const struct page *page, const json_t *metrics)
{
	int n = 0;

	for (size_t i = 0; i < json_array_size(metrics) && n < METRICS_SHOWN; i++)
		show_metric(page, json_array_get(metrics, i), &n);
}

/* How many columns from `from` on there is room for. */
static size_t fitting(const struct epoch_table *table, size_t from, int room)
{
	size_t n = 0;

	while (from + n < table->columns && table->column[from + n].width + PAGE_GAP <= room)
		room -= table->column[from + n++].width + PAGE_GAP;
	return n;
}

/* What a point cost is of the first metric, and stands beside it, if need be under a shorter name.
 */
static void make_room(struct epoch_table *table, int room)
{
	int *width = &table->column[0].width;

	room -= PAGE_GAP;
	if (table->columns && *width > room && room >= METRIC_LEAST)
		*width = room;
}

/* What finds no room beside time and energy stands in blocks below. */
static void print_blocks(struct epoch_table *table)
{
	const int points = POINT_WIDTH + PAGE_GAP;
	int room = table->page->columns - width_of_cells(table);

	make_room(table, room - points);
	table->points = fitting(table, 0, room - points) > 0;
	table->to = fitting(table, 0, table->points ? room - points : room);
	print_head(table);
	print_rows(table);
	table->points = table->cells = false;
	room = table->page->columns - width_of_cells(table);
	while (table->to < table->columns) {
		table->from = table->to;
		table->to += fitting(table, table->from, room);
		page_line(table->page);
		print_head(table);
		print_rows(table);
	}
}

void show_epochs(const struct page *page, const json_t *run)
{
	const json_t *phases = json_object_get(run, "phases");
	const json_t *metrics = json_object_get(run, "metrics");
	const size_t epochs = count_kind(phases, "epoch"), fits = count_kind(phases, "fit");
	const json_t *carbon = json_object_get(run, "carbon");
	const double pue = json_number_value(json_object_get(carbon, "pue"));
	struct epoch_table table = {.page = page,
				    .phases = phases,
				    .fits = fits > 1,
				    .cells = true,
				    .ug_per_kwh = show_number(carbon, "ug_per_kwh"),
				    .pue_milli = (uint32_t)lround(pue * 1000)};

	table.epoch = epochs ? calloc(epochs, sizeof(*table.epoch)) : NULL;
	if (!table.epoch)
		return;
	for (size_t i = 0; i < json_array_size(phases); i++)
		if (is_kind(json_array_get(phases, i), "epoch"))
			table.epoch[table.n++] = json_array_get(phases, i);
	for (size_t i = 0; i < table.n; i++)
		table.steps |= show_number(table.epoch[i], "steps") > 0;
	choose_columns(&table, metrics);
	table.scale = scale_of(&table);
	show_head(page, run, epochs, fits);
	print_blocks(&table);
	free(table.epoch);
	show_metrics(page, metrics);
	page_line(page);
}
