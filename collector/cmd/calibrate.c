/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme calibrate: fits what a machine draws at the wall to what its sensors see, and prints the
 * line of sensors.tsv by which later runs carry it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "collector/cmd/cmd.h"
#include "collector/cmd/options.h"
#include "collector/cmd/show.h"
#include "collector/cmd/whole.h"
#include "collector/ledger/ledger.h"
#include "collector/power/calibration.h"
#include "collector/power/wall.h"
#include "collector/rows.h"
#include "collector/units.h"

#define PARTS_MAX 512
/* A shorter span of a ledger says little: meters are late by a second or two. */
#define SPAN_MIN_NS (5 * (int64_t)UNITS_NS_PER_S)
/* A sample of the meter holds until the next, but no longer than this. */
#define SAMPLE_MAX_NS (60 * (int64_t)UNITS_NS_PER_S)

static const char usage[] = "usage: gramme calibrate --meter FILE LEDGER...\n"
			    "       gramme calibrate --pairs FILE [--parts NAMES]\n";

static const char help[] =
	"  --meter FILE   what a wall meter wrote while the ledgers' runs were metered: a CSV of "
	"times\n"
	"                 and watts, or Kwollect's JSON\n"
	"  --pairs FILE   or a CSV of means over periods, with columns sensors_w and wall_w, or\n"
	"                 seconds, sensors_j and wall_j\n"
	"  --parts NAMES  of the pairs: the sensors' domains, as package-0,dram-0\n"
	"The line that it prints belongs into /etc/gramme/sensors.tsv (or the file of "
	"--sensors).\n";

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };
enum { OPTION_METER = 256, OPTION_PAIRS, OPTION_PARTS };

static const struct option options[] = {
	{"meter", required_argument, NULL, OPTION_METER},
	{"pairs", required_argument, NULL, OPTION_PAIRS},
	{"parts", required_argument, NULL, OPTION_PARTS},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct samples {
	struct wall_sample *sample;
	size_t count, room;
};

struct request {
	const char *meter, *pairs; /* files */
	char parts[PARTS_MAX];
	struct samples samples;
	struct calibration_pair *pair;
	size_t count, room;
	size_t passed_over; /* spans that were too short, or of which not all is known */
};

static int say(const char *what, const char *which)
{
	fprintf(stderr, "gramme calibrate: %s%s (see gramme calibrate --help)\n", what, which);
	return STATUS_USAGE;
}

static int failed(const char *file, const char *why)
{
	fprintf(stderr, "gramme calibrate: %s: %s\n", file, why);
	return STATUS_FAILED;
}

static int parse(int argc, char **argv, struct request *request, bool *wants_help)
{
	int option;

	optind = opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == OPTION_METER)
			request->meter = optarg;
		else if (option == OPTION_PAIRS)
			request->pairs = optarg;
		else if (option == OPTION_PARTS)
			snprintf(request->parts, sizeof(request->parts), "%s", optarg);
		else if (option == 'h')
			*wants_help = true;
		else
			return say(options_trouble(option), argv[optind - 1]);
	}
	if (*wants_help)
		return STATUS_OK;
	if (!request->meter == !request->pairs)
		return say("either --meter with ledgers, or --pairs", "");
	if (request->meter && optind == argc)
		return say("no ledger given", "");
	if (request->pairs && optind < argc)
		return say("--pairs takes no ledgers", "");
	return STATUS_OK;
}

static int add_pair(struct request *request, double sensors_w, double wall_w)
{
	if (request->count == request->room) {
		size_t room = request->room ? request->room * 2 : 64;
		struct calibration_pair *pair =
			reallocarray(request->pair, room, sizeof(*request->pair));

		if (!pair)
			return -ENOMEM;
		request->pair = pair;
		request->room = room;
	}
	request->pair[request->count++] = (struct calibration_pair){sensors_w, wall_w};
	return 0;
}

/* ---- pairs from a table ---- */

enum column { SECONDS, SENSORS_J, WALL_J, SENSORS_W, WALL_W, COLUMNS };

struct table {
	struct request *request;
	bool headed;
	size_t column[COLUMNS]; /* index + 1; 0: not there */
	char why[128];
};

static int take_head(struct table *table, char *const *field, size_t fields)
{
	static const char *const title[COLUMNS] = {"seconds", "sensors_j", "wall_j", "sensors_w",
						   "wall_w"};
	const size_t *column = table->column;

	for (size_t i = 0; i < fields; i++)
		for (size_t k = 0; k < COLUMNS; k++)
			if (!strcasecmp(field[i], title[k]))
				table->column[k] = i + 1;
	table->headed = true;
	if ((column[SENSORS_W] && column[WALL_W]) ||
	    (column[SECONDS] && column[SENSORS_J] && column[WALL_J]))
		return 0;
	snprintf(table->why, sizeof(table->why),
		 "no columns sensors_w and wall_w, nor seconds, sensors_j and wall_j");
	return -EINVAL;
}

static int number(struct table *table, enum column column, char *const *field, size_t fields,
		  unsigned row, double *value)
{
	const char *text = table->column[column] <= fields ? field[table->column[column] - 1] : "";
	char *end;

	*value = strtod(text, &end);
	if (*text && !*end && *value > 0 && *value < 1e15)
		return 0;
	snprintf(table->why, sizeof(table->why), "row %u: '%.40s' is no number above 0", row, text);
	return -EINVAL;
}

static int take_row(void *data, char *const *field, size_t fields, unsigned row)
{
	struct table *table = data;
	double seconds = 1, sensors, wall;
	bool energy;

	if (!table->headed)
		return take_head(table, field, fields);
	energy = !table->column[SENSORS_W] || !table->column[WALL_W];
	if (number(table, energy ? SENSORS_J : SENSORS_W, field, fields, row, &sensors) ||
	    number(table, energy ? WALL_J : WALL_W, field, fields, row, &wall) ||
	    (energy && number(table, SECONDS, field, fields, row, &seconds)))
		return -EINVAL;
	return add_pair(table->request, sensors / seconds, wall / seconds);
}

static int read_pairs(struct request *request)
{
	struct table table = {.request = request, .why = "a quote is not closed"};
	size_t size;
	char *text = whole_read(request->pairs, &size);
	int error;

	if (!text)
		return failed(request->pairs, strerror(errno));
	error = rows_read(text, size, rows_delimiter(text, size), '"', take_row, &table);
	free(text);
	if (error)
		return failed(request->pairs, error == -ENOMEM ? strerror(ENOMEM) : table.why);
	return STATUS_OK;
}

/* ---- pairs from ledgers and a meter ---- */

static int take_sample(void *data, const struct wall_sample *sample)
{
	struct samples *samples = data;

	if (samples->count && samples->sample[samples->count - 1].unix_ns == sample->unix_ns) {
		samples->sample[samples->count - 1].uw += sample->uw; /* another supply */
		return 0;
	}
	if (samples->count == samples->room) {
		size_t room = samples->room ? samples->room * 2 : 1024;
		struct wall_sample *all = reallocarray(samples->sample, room, sizeof(*all));

		if (!all)
			return -ENOMEM;
		samples->sample = all;
		samples->room = room;
	}
	samples->sample[samples->count++] = *sample;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct wall_sample *one = a, *other = b;

	return (one->unix_ns > other->unix_ns) - (one->unix_ns < other->unix_ns);
}

static int read_meter(struct request *request)
{
	const struct wall_format format = {0};
	struct samples *samples = &request->samples;
	char why[WALL_WHY] = "";
	size_t size, at;
	char *text = whole_read(request->meter, &size);
	int error;

	if (!text)
		return failed(request->meter, strerror(errno));
	at = strspn(text, size ? " \t\r\n" : "");
	error = at < size && text[at] == '['
			? wall_read_kwollect(text, size, &format, take_sample, samples, why)
			: wall_read_csv(text, size, &format, take_sample, samples, why);
	free(text);
	if (error)
		return failed(request->meter, error == -ENOMEM ? strerror(ENOMEM) : why);
	if (samples->count)
		qsort(samples->sample, samples->count, sizeof(*samples->sample), by_time);
	return STATUS_OK;
}

/* The meter's mean over a span in W, or 0 where it tells of less than nine tenths of it. */
static double wall_mean_w(const struct samples *samples, int64_t from_ns, int64_t to_ns)
{
	double energy_j = 0, covered_s = 0, length_s = (double)(to_ns - from_ns) / 1e9;

	for (size_t i = 0; i < samples->count; i++) {
		int64_t start_ns = samples->sample[i].unix_ns;
		int64_t end_ns = start_ns + SAMPLE_MAX_NS;

		if (i + 1 < samples->count && samples->sample[i + 1].unix_ns < end_ns)
			end_ns = samples->sample[i + 1].unix_ns;
		if (start_ns < from_ns)
			start_ns = from_ns;
		if (end_ns > to_ns)
			end_ns = to_ns;
		if (start_ns >= end_ns)
			continue;
		covered_s += (double)(end_ns - start_ns) / 1e9;
		energy_j += (double)samples->sample[i].uw / 1e6 * (double)(end_ns - start_ns) / 1e9;
	}
	return covered_s >= 0.9 * length_s ? energy_j / covered_s : 0;
}

static int take_span(struct request *request, const struct draw_span *span)
{
	int64_t length_ns = span->to_unix_ns - span->from_unix_ns;
	double wall_w;

	if (length_ns < SPAN_MIN_NS || span->gap_ns || !span->node_uj) {
		request->passed_over++;
		return 0;
	}
	wall_w = wall_mean_w(&request->samples, span->from_unix_ns, span->to_unix_ns);
	if (wall_w <= 0) {
		request->passed_over++;
		return 0;
	}
	return add_pair(request, (double)span->node_uj * 1e3 / (double)length_ns, wall_w);
}

/* The domains that are added up, by name; they have to be the same in all ledgers. */
static int take_parts(struct request *request, const char *path, const json_t *run)
{
	const json_t *domains = json_object_get(json_object_get(run, "energy"), "domains");
	char parts[PARTS_MAX] = "";
	size_t length = 0;

	for (size_t i = 0; i < json_array_size(domains) && length < sizeof(parts); i++) {
		const json_t *domain = json_array_get(domains, i);

		if (!json_is_string(json_object_get(domain, "within")))
			length += (size_t)snprintf(parts + length, sizeof(parts) - length, "%s%s",
						   length ? "," : "", show_text(domain, "name"));
	}
	if (!request->parts[0])
		snprintf(request->parts, sizeof(request->parts), "%s", parts);
	if (!strcmp(request->parts, parts))
		return STATUS_OK;
	fprintf(stderr, "gramme calibrate: %s: its sensors are %s, those before %s\n", path, parts,
		request->parts);
	return STATUS_FAILED;
}

static int take_ledger(struct request *request, const char *path)
{
	struct ledger_problem problem;
	struct draw draw;
	json_t *run;
	int status;

	if (ledger_read_draw(path, &run, &draw, &problem)) {
		draw_free(&draw);
		return failed(path, problem.text);
	}
	status = take_parts(request, path, run);
	for (size_t i = 0; !status && i < draw.spans; i++)
		if (take_span(request, &draw.span[i]))
			status = failed(path, strerror(ENOMEM));
	draw_free(&draw);
	json_decref(run);
	return status;
}

/* ---- the result ---- */

static void print_fit(const struct request *request, const struct calibration_fit *fit)
{
	time_t now = time(NULL);
	char date[16];
	struct tm tm;

	strftime(date, sizeof(date), "%Y-%m-%d", gmtime_r(&now, &tm));
	printf("# wall = %.4g W + %.4g x sensors, of %zu pairs with sensors from %.4g to %.4g W\n",
	       fit->constant_w, fit->slope, fit->pairs, fit->least_w, fit->most_w);
	printf("# off by %.2g %% in the median, by %.2g %% or less in nine of ten pairs\n",
	       fit->median_pct, fit->worst_pct);
	if (fit->flat)
		puts("# the sensors hardly varied: the slope is taken to be 1");
	if (request->passed_over)
		printf("# passed over: %zu spans, too short or not wholly known\n",
		       request->passed_over);
	printf("calibrated\tconstant_w=%.6g\tslope=%.6g\terror=%.3g\tparts=%s\tpairs=%zu\tdate=%"
	       "s\n",
	       fit->constant_w, fit->slope, fit->rest_error_pct, request->parts, fit->pairs, date);
}

static int calibrate(struct request *request, char *const *ledger)
{
	struct calibration_fit fit;
	char why[CALIBRATION_WHY] = "";
	int status = request->pairs ? read_pairs(request) : read_meter(request), error;

	for (; !status && request->meter && *ledger; ledger++)
		status = take_ledger(request, *ledger);
	if (status)
		return status;
	error = calibration_fit(request->pair, request->count, &fit, why);
	if (error)
		return failed(request->pairs ? request->pairs : request->meter,
			      error == -ENOMEM ? strerror(ENOMEM) : why);
	print_fit(request, &fit);
	return STATUS_OK;
}

int calibrate_main(int argc, char **argv)
{
	struct request request = {0};
	bool wants_help = false;
	int status = parse(argc, argv, &request, &wants_help);

	if (wants_help) {
		fputs(usage, stdout);
		fputs(help, stdout);
	} else if (!status) {
		status = calibrate(&request, argv + optind);
	}
	free(request.samples.sample);
	free(request.pair);
	if (fflush(stdout) || ferror(stdout))
		return failed("standard output", strerror(errno));
	return status;
}
