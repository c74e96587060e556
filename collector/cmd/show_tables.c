/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of `gramme show`: energy by domain, the kernels that took most, and what else the
 * program asked the device for.
 */
#include "collector/cmd/show.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collector/human.h"
#include "collector/symbol/place.h"

#define TOP_KERNELS 10

void show_error(const struct page *page, const json_t *object, char text[HUMAN_MAX])
{
	const json_t *error = json_object_get(object, "error_pct");

	if (json_is_number(error))
		snprintf(text, HUMAN_MAX, "%s%.3g %%", page->utf8 ? "\xc2\xb1" : "+-",
			 json_number_value(error));
	else
		snprintf(text, HUMAN_MAX, "not known");
}

void show_errors(const struct page *page, const json_t *list, const char *kind,
		 char text[SHOW_ERRORS])
{
	const char *sign = page->utf8 ? "\xc2\xb1" : "+-";
	double least = INFINITY, most = 0;
	bool unknown = false;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *each = json_array_get(list, i);
		const json_t *error = json_object_get(each, "error_pct");

		if ((kind && strcmp(show_text(each, "kind"), kind) != 0) ||
		    !show_number(each, "energy_uj"))
			continue;
		unknown = unknown || !json_is_number(error);
		least = fmin(least, json_number_value(error));
		most = fmax(most, json_number_value(error));
	}
	text[0] = '\0';
	if (unknown)
		snprintf(text, SHOW_ERRORS, "; how wrong their energy may be is not known");
	else if (most - least >= 0.5)
		snprintf(text, SHOW_ERRORS, "; energy %s%.2g to %.2g %%", sign, least, most);
	else if (most > 0)
		snprintf(text, SHOW_ERRORS, "; energy %s%.2g %%", sign, most);
}

/* "; measured 1.10 kJ, modelled 134 J": what there is. */
static void quality_text(const struct page *page, const json_t *energy, char *text, size_t size)
{
	static const char *const members[] = {"measured_uj", "derived_uj", "modelled_uj"};
	const char *before = "; ";
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		uint64_t uj = show_number(energy, members[i]);
		char figure[HUMAN_MAX];

		if (uj == 0)
			continue;
		human_energy(uj, page->utf8, figure);
		length += (size_t)snprintf(text + length, size - length, "%s%.*s %s", before,
					   (int)(strlen(members[i]) - strlen("_uj")), members[i],
					   figure);
		before = ", ";
	}
}

enum {
	DOMAIN_NAME,
	DOMAIN_SOURCE,
	DOMAIN_QUALITY,
	DOMAIN_RUN,
	DOMAIN_AVERAGE,
	DOMAIN_ERROR,
	DOMAIN_MACHINE,
	DOMAIN_CELLS
};

/* A narrow page leaves out what matters least. */
static const struct {
	const char *title;
	int columns;
	enum page_side side;
	int least; /* columns of a page that shows it */
} domain_cell[DOMAIN_CELLS] = {
	[DOMAIN_NAME] = {"domain", 15, PAGE_LEFT, 0},
	[DOMAIN_SOURCE] = {"source", 9, PAGE_LEFT, 68},
	[DOMAIN_QUALITY] = {"quality", 8, PAGE_LEFT, 0},
	[DOMAIN_RUN] = {"run", 8, PAGE_RIGHT, 0},
	[DOMAIN_AVERAGE] = {"average", 7, PAGE_RIGHT, 0},
	[DOMAIN_ERROR] = {"error", 9, PAGE_RIGHT, 0},
	[DOMAIN_MACHINE] = {"machine", 8, PAGE_RIGHT, 78},
};

static void domain_cells(const struct page *page, const char *const text[DOMAIN_CELLS])
{
	for (size_t i = 0; i < DOMAIN_CELLS; i++)
		if (page->columns >= domain_cell[i].least)
			page_cell(page, text[i], domain_cell[i].columns, domain_cell[i].side);
	page_line(page);
}

static void domain_head(const struct page *page)
{
	const char *text[DOMAIN_CELLS];

	for (size_t i = 0; i < DOMAIN_CELLS; i++)
		text[i] = domain_cell[i].title;
	page_dim(page);
	domain_cells(page, text);
	page_plain(page);
}

static void domain_row(const struct page *page, const json_t *domain, uint64_t duration_ns)
{
	char energy[HUMAN_MAX], power[HUMAN_MAX], error[HUMAN_MAX], machine[HUMAN_MAX];
	bool within = json_is_string(json_object_get(domain, "within"));
	uint64_t run_uj = show_number(domain, "run_uj");
	char name[64];

	human_energy(run_uj, page->utf8, energy);
	human_power(run_uj, duration_ns, page->utf8, power);
	human_energy(show_number(domain, "domain_uj"), page->utf8, machine);
	show_error(page, domain, error);
	snprintf(name, sizeof(name), "%s%s", within ? "  " : "", show_text(domain, "name"));
	domain_cells(page, (const char *const[DOMAIN_CELLS]){
				   [DOMAIN_NAME] = name,
				   [DOMAIN_RUN] = energy,
				   [DOMAIN_AVERAGE] = power,
				   [DOMAIN_ERROR] = error,
				   [DOMAIN_SOURCE] = show_text(domain, "source"),
				   [DOMAIN_QUALITY] = show_text(domain, "quality"),
				   [DOMAIN_MACHINE] = machine,
			   });
}

/* What a sensor or a model says about itself. */
static void domain_notes(const struct page *page, const json_t *domains)
{
	for (size_t i = 0; i < json_array_size(domains); i++) {
		const json_t *domain = json_array_get(domains, i);
		char text[256];

		if (!json_is_string(json_object_get(domain, "note")))
			continue;
		snprintf(text, sizeof(text), "%s: %s", show_text(domain, "name"),
			 show_text(domain, "note"));
		page_dim(page);
		fprintf(page->out, "%*s", PAGE_GAP, "");
		page_wrap(page, PAGE_GAP, text);
		page_plain(page);
	}
}

void show_energy(const struct page *page, const json_t *run)
{
	const json_t *energy = json_object_get(run, "energy");
	const json_t *domains = json_object_get(energy, "domains");
	uint64_t total_uj = show_number(energy, "total_uj");
	uint64_t duration_ns = show_number(json_object_get(run, "run"), "duration_ns");
	char joules[HUMAN_MAX], hours[HUMAN_MAX], error[HUMAN_MAX], quality[160];

	human_energy(total_uj, page->utf8, joules);
	human_watt_hours(total_uj, page->utf8, hours);
	show_error(page, energy, error);
	quality_text(page, energy, quality, sizeof(quality));
	show_paragraph(page, "Energy", "%s (%s), error %s%s", joules, hours, error, quality);
	if (json_array_size(domains) == 0)
		return;
	domain_head(page);
	for (size_t i = 0; i < json_array_size(domains); i++)
		domain_row(page, json_array_get(domains, i), duration_ns);
	domain_notes(page, domains);
}

/* By energy, where it is not known by device time, and by count. */
static int compare_kernels(const void *a, const void *b)
{
	static const char *const members[] = {"energy_uj", "device_ns", "count"};
	const json_t *const *left = a, *const *right = b;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		uint64_t l = show_number(*left, members[i]), r = show_number(*right, members[i]);

		if (l != r)
			return l < r ? 1 : -1;
	}
	return 0;
}

static uint64_t sum_of(const json_t *list, const char *member)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		sum += show_number(json_array_get(list, i), member);
	return sum;
}

static bool on_one_device(const json_t *kernels)
{
	const json_t *first = json_object_get(json_array_get(kernels, 0), "device");

	for (size_t i = 1; i < json_array_size(kernels); i++)
		if (!json_equal(json_object_get(json_array_get(kernels, i), "device"), first))
			return false;
	return true;
}

static void kernel_cells(const struct page *page, const char *name, const char *count,
			 const char *device_time, const char *share, const char *energy)
{
	int columns = page->columns - 5 * PAGE_GAP - 11 - 11 - 7 - 8;

	page_cell(page, name, columns, PAGE_LEFT);
	page_cell(page, count, 11, PAGE_RIGHT);
	page_cell(page, device_time, 11, PAGE_RIGHT);
	page_cell(page, share, 7, PAGE_RIGHT);
	page_cell(page, energy, 8, PAGE_RIGHT);
	page_line(page);
}

static void kernel_row(const struct page *page, const json_t *kernel, uint64_t busy_ns, bool device)
{
	char count[HUMAN_MAX], t[HUMAN_MAX] = "-", share[HUMAN_MAX] = "-", energy[HUMAN_MAX] = "-";
	const char *name = show_text(kernel, "name");
	/* Of code its symbol is enough for people. */
	const size_t symbol = strcmp(show_text(kernel, "api"), "openmp") ? 0 : place_symbol(name);
	const int shown = (int)(symbol ? symbol : strlen(name));
	char full[1400];

	human_count(show_number(kernel, "count"), count);
	if (json_is_integer(json_object_get(kernel, "device_ns"))) {
		human_time(show_number(kernel, "device_ns"), page->utf8, t);
		human_share(show_number(kernel, "busy_ns"), busy_ns, share);
	}
	if (json_is_integer(json_object_get(kernel, "energy_uj")))
		human_energy(show_number(kernel, "energy_uj"), page->utf8, energy);
	snprintf(full, sizeof(full), "%.*s%s%s%s", shown, name, shown ? "" : "(no name)",
		 device ? " on " : "", device ? show_text(kernel, "device") : "");
	kernel_cells(page, full, count, t, share, energy);
}

static void kernel_table(const struct page *page, const json_t *kernels, uint64_t busy_ns)
{
	size_t n = json_array_size(kernels);
	const json_t **sorted = calloc(n ? n : 1, sizeof(*sorted));
	bool device = !on_one_device(kernels);

	if (!sorted)
		return;
	for (size_t i = 0; i < n; i++)
		sorted[i] = json_array_get(kernels, i);
	qsort(sorted, n, sizeof(*sorted), compare_kernels);
	page_dim(page);
	kernel_cells(page, "kernel", "count", "device time", "share", "energy");
	page_plain(page);
	for (size_t i = 0; i < n && i < TOP_KERNELS; i++)
		kernel_row(page, sorted[i], busy_ns, device);
	if (n > TOP_KERNELS)
		fprintf(page->out, "  and %zu more\n", n - TOP_KERNELS);
	free(sorted);
}

struct sort_total {
	const char *kind;
	uint64_t count;
	uint64_t bytes;
	uint64_t device_ns;
};

#define SORTS_MAX 32

/* Adds the commands of one kind; kinds beyond the table's room are not told apart. */
static size_t add_up(const json_t *commands, struct sort_total total[SORTS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(commands); i++) {
		const json_t *command = json_array_get(commands, i);
		const char *kind = show_text(command, "kind");
		size_t k = 0;

		while (k < n && strcmp(total[k].kind, kind) != 0)
			k++;
		if (k == SORTS_MAX)
			k--;
		else if (k == n)
			total[n++] = (struct sort_total){.kind = kind};
		total[k].count += show_number(command, "count");
		total[k].bytes += show_number(command, "bytes");
		total[k].device_ns += show_number(command, "device_ns");
	}
	return n;
}

/* "write 600 (300 MB in 12.3 ms), sync 3" */
static void show_commands(const struct page *page, const json_t *commands)
{
	struct sort_total total[SORTS_MAX];
	size_t n = add_up(commands, total), size;
	char count[HUMAN_MAX], bytes[HUMAN_MAX], t[HUMAN_MAX], *text = NULL;
	FILE *list = open_memstream(&text, &size);

	if (!list)
		return;
	for (size_t i = 0; i < n; i++) {
		human_count(total[i].count, count);
		fprintf(list, "%s%s %s", i ? ", " : "", total[i].kind, count);
		human_bytes(total[i].bytes, bytes);
		human_time(total[i].device_ns, page->utf8, t);
		if (total[i].bytes && total[i].device_ns)
			fprintf(list, " (%s in %s)", bytes, t);
		else if (total[i].bytes)
			fprintf(list, " (%s)", bytes);
	}
	if (fclose(list) == 0 && n > 0)
		show_paragraph(page, "Commands", "%s", text);
	free(text);
}

/* What was counted, and how much of the computing it stands for. */
static void show_arithmetic(const struct page *page, const json_t *arithmetic)
{
	const uint64_t busy_ns = show_number(arithmetic, "busy_ns");
	const uint64_t calls = show_number(arithmetic, "calls");
	char flop[HUMAN_MAX], share[HUMAN_MAX], told[HUMAN_MAX], all[HUMAN_MAX];
	char here[96] = "", elsewhere[112] = "";

	if (!json_is_integer(json_object_get(arithmetic, "flop")))
		return;
	human_flop(show_number(arithmetic, "flop"), flop);
	human_share(show_number(arithmetic, "counted_busy_ns"), busy_ns, share);
	human_count(show_number(arithmetic, "calls_told"), told);
	human_count(calls, all);
	if (busy_ns || !calls)
		snprintf(here, sizeof(here), ", in calls that take %s of the kernels' time", share);
	if (calls)
		snprintf(elsewhere, sizeof(elsewhere), ", in %s of %s calls to libraries for GPUs",
			 told, all);
	show_paragraph(page, "Arithmetic", "%s counted%s%s", flop, here, elsewhere);
}

void show_kernels(const struct page *page, const json_t *run)
{
	const json_t *kernels = json_object_get(run, "kernels");
	const json_t *commands = json_object_get(run, "commands");
	size_t n = json_array_size(kernels);
	char calls[HUMAN_MAX], error[SHOW_ERRORS];

	human_count(sum_of(kernels, "count"), calls);
	show_errors(page, kernels, NULL, error);
	if (n > 0) {
		show_paragraph(page, "Kernels", "%zu, launched %s times%s", n, calls, error);
		kernel_table(page, kernels,
			     sum_of(kernels, "busy_ns") + sum_of(commands, "busy_ns"));
	} else {
		show_paragraph(page, "Kernels", "none were seen");
	}
	show_commands(page, commands);
	show_arithmetic(page, json_object_get(run, "arithmetic"));
	page_line(page);
}
