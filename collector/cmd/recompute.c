/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme recompute: what a run's ledger would say of its CO2e in another zone, with another power
 * usage effectiveness, or hour by hour. The energy stays as it was metered; no file is changed.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/carbon/carbon.h"
#include "collector/instant.h"
#include "collector/carbon/rebook.h"
#include "collector/carbon/tag.h"
#include "collector/cmd/cmd.h"
#include "collector/human.h"
#include "collector/cmd/options.h"
#include "collector/cmd/policy.h"
#include "collector/cmd/show.h"
#include "collector/cmd/whole.h"
#include "collector/ledger/ledger.h"

static const char usage[] = "usage: gramme recompute [OPTIONS] LEDGER...\n";

static const char help[] =
	"  --zone ZONE       book at the yearly mean of this zone's grid\n"
	"  --intensity FILE  book hour by hour: a CSV with columns datetime and g_per_kwh, or a "
	"file\n"
	"                    of Electricity Maps, UK Carbon Intensity or RTE eCO2mix; what it "
	"does\n"
	"                    not cover is booked at --zone\n"
	"  --basis WHICH     direct or lifecycle, where FILE has both\n"
	"  --pue X           power usage effectiveness of the site; that of the ledger if not "
	"given\n"
	"  --idle WHICH      booked (as in the ledger), none (without the run's share of idle), "
	"holder\n"
	"                    (with all idle that it alone could have used) or used, where the "
	"ledger tells\n"
	"  --method WHICH    run, or what others book: node, node-gated, green-algorithms\n"
	"  --json            one object per ledger, of schema gramme.recompute/1\n";

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };
enum {
	OPTION_ZONE = 256,
	OPTION_INTENSITY,
	OPTION_BASIS,
	OPTION_PUE,
	OPTION_IDLE,
	OPTION_METHOD,
	OPTION_JSON
};

static const struct option options[] = {
	{"zone", required_argument, NULL, OPTION_ZONE},
	{"intensity", required_argument, NULL, OPTION_INTENSITY},
	{"basis", required_argument, NULL, OPTION_BASIS},
	{"pue", required_argument, NULL, OPTION_PUE},
	{"idle", required_argument, NULL, OPTION_IDLE},
	{"method", required_argument, NULL, OPTION_METHOD},
	{"json", no_argument, NULL, OPTION_JSON},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct request {
	const char *file; /* of the series, or NULL */
	enum series_basis basis;
	struct series series;
	char digest[TAG_DIGEST];     /* of the file */
	struct carbon_factor factor; /* of the zone that was named */
	bool zone;
	uint32_t pue_milli; /* 0: the ledger's */
	struct policy policy;
	bool json;
	bool help;
};

static int say(const char *what, const char *which)
{
	fprintf(stderr, "gramme recompute: %s%s; %s", what, which, usage);
	return STATUS_USAGE;
}

static int set_zone(struct request *request, const char *zone)
{
	char why[256];

	if (carbon_factor(zone, &request->factor, why)) {
		fprintf(stderr, "gramme recompute: %s\n", why);
		return STATUS_USAGE;
	}
	request->zone = true;
	return STATUS_OK;
}

static int set_basis(struct request *request, const char *text)
{
	return options_basis(text, &request->basis)
		       ? say("--basis is 'direct' or 'lifecycle', and not ", text)
		       : STATUS_OK;
}

static int set_idle(struct request *request, const char *text)
{
	return policy_idle(text, &request->policy.idle)
		       ? say("--idle is 'booked', 'none', 'used' or 'holder', and not ", text)
		       : STATUS_OK;
}

static int set_method(struct request *request, const char *text)
{
	return policy_method(text, &request->policy.method)
		       ? say("--method is 'run', 'node', 'node-gated' or 'green-algorithms', and "
			     "not ",
			     text)
		       : STATUS_OK;
}

static int set_option(void *to, int option, const char *value)
{
	struct request *request = to;
	switch (option) {
	case OPTION_ZONE:
		return set_zone(request, value);
	case OPTION_INTENSITY:
		request->file = value;
		return STATUS_OK;
	case OPTION_BASIS:
		return set_basis(request, value);
	case OPTION_PUE:
		if (options_pue(value, &request->pue_milli))
			return say("--pue is a number from 1 to 10, such as 1.3, and not ", value);
		return STATUS_OK;
	case OPTION_IDLE:
		return set_idle(request, value);
	case OPTION_METHOD:
		return set_method(request, value);
	case OPTION_JSON:
		request->json = true;
		return STATUS_OK;
	case 'h':
	default:
		request->help = true;
		return STATUS_OK;
	}
}

static int parse(int argc, char **argv, struct request *request)
{
	int status;

	status = options_each(argc, argv, ":h", options, set_option, say, request);
	if (status || request->help)
		return status;
	if (optind == argc)
		return say("no ledger given", "");
	if (!request->zone && !request->file && !request->pue_milli && !request->policy.idle &&
	    !request->policy.method)
		return say("say what is to be otherwise", "");
	if (request->policy.idle && request->policy.method)
		return say("--idle is a question of --method run alone", "");
	if (request->basis != SERIES_ANY && !request->file)
		return say("--basis says which figures of --intensity are meant", "");
	return STATUS_OK;
}

static int read_series(struct request *request)
{
	char why[SERIES_WHY];
	size_t size = 0;
	char *text;
	int error;

	if (!request->file)
		return STATUS_OK;
	text = whole_read(request->file, &size);
	if (!text) {
		fprintf(stderr, "gramme recompute: %s: %s\n", request->file, strerror(errno));
		return STATUS_FAILED;
	}
	tag_digest(text, size, request->digest);
	error = series_read(text, size, request->basis, &request->series, why);
	free(text);
	if (error)
		fprintf(stderr, "gramme recompute: %s: %s\n", request->file,
			error == -ENOMEM ? strerror(ENOMEM) : why);
	return error ? STATUS_FAILED : STATUS_OK;
}

static uint32_t pue_of(const json_t *carbon)
{
	return (uint32_t)lround(json_number_value(json_object_get(carbon, "pue")) * 1000);
}

/* What the ledger itself was booked at; where nothing else is asked for, this holds. */
static struct rebook_terms terms_of(const struct request *request, const json_t *run)
{
	const json_t *carbon = json_object_get(run, "carbon");
	struct rebook_terms terms = {.pue_milli = request->pue_milli};

	if (!terms.pue_milli)
		terms.pue_milli = pue_of(carbon);
	if (request->file)
		terms.series = &request->series;
	terms.recorded = !request->zone && !request->file;
	terms.constant = request->zone;
	terms.ug_per_kwh = request->factor.ug_per_kwh;
	return terms;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static json_t *json_series(const struct request *request)
{
	return request->file ? tag_make(&request->series, request->file, request->digest)
			     : json_null();
}

/* The yearly mean that was booked at, or null where none was; the ledger's own is a mean, too. */
static json_t *json_constant(const struct request *request, const json_t *carbon,
			     const struct rebook_terms *terms)
{
	const struct carbon_factor *factor = &request->factor;

	if (!terms->constant && !terms->recorded)
		return json_null();
	if (!request->zone)
		return json_pack("{s:O?, s:I, s:O?, s:O?, s:O?}", "zone",
				 json_object_get(carbon, "zone"), "ug_per_kwh",
				 (json_int_t)show_number(carbon, "ug_per_kwh"), "basis",
				 json_object_get(carbon, "basis"), "vintage",
				 json_object_get(carbon, "vintage"), "source",
				 json_object_get(carbon, "factor_source"));
	return json_pack("{s:s, s:I, s:s, s:s, s:s}", "zone", factor->zone, "ug_per_kwh",
			 (json_int_t)factor->ug_per_kwh, "basis", factor->basis, "vintage",
			 factor->vintage, "source", factor->source);
}

static int print_json(const struct request *request, const char *path, const json_t *run,
		      const struct rebook_terms *terms, const struct rebook *result)
{
	const double error_pct = policy_error_pct(&request->policy, terms->what, run);
	json_t *carbon = json_object_get(run, "carbon");
	json_t *object = json_pack(
		"{s:s, s:s, s:O?, s:O?, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:s, s:s, s:o, "
		"s:o, s:o}}",
		"schema", "gramme.recompute/1", "ledger", path, "run",
		json_object_get(json_object_get(run, "run"), "id"), "recorded", carbon, "energy",
		"total_uj", (json_int_t)result->energy_uj, "series_uj",
		(json_int_t)result->series_uj, "constant_uj", (json_int_t)result->constant_uj,
		"unknown_uj", (json_int_t)result->unknown_uj, "recomputed", "total_ug",
		(json_int_t)result->total_ug, "mean_ug_per_kwh",
		(json_int_t)result->mean_ug_per_kwh, "pue_milli", (json_int_t)terms->pue_milli,
		"idle", policy_idle_word(request->policy.idle), "method",
		policy_method_word(request->policy.method), "error_pct",
		isfinite(error_pct) ? json_real(round(100 * error_pct) / 100) : json_null(),
		"series", json_series(request), "constant", json_constant(request, carbon, terms));

	if (!object) {
		fprintf(stderr, "gramme recompute: %s\n", strerror(ENOMEM));
		return STATUS_FAILED;
	}
	json_dumpf(object, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(object);
	return STATUS_OK;
}

static void print_series(const struct page *page, const struct request *request,
			 const struct rebook *result)
{
	const struct series *series = &request->series;
	char from[INSTANT_MAX], to[INSTANT_MAX], share[HUMAN_MAX];

	instant_text(series->point[0].from_s, from);
	instant_text(series->point[series->points - 1].to_s, to);
	human_share(result->series_uj, result->energy_uj, share);
	show_paragraph(page, "series",
		       "%s of the energy by %zu figures from %s to %s: %s%s%s, %s, %s%s%s", share,
		       series->points, from, to, series->format, series->zone[0] ? ", zone " : "",
		       series->zone, series->basis[0] ? series->basis : "basis not told",
		       series->kind, series->source[0] ? "; " : "", series->source);
	show_paragraph(page, "", "%s, SHA-256 %s", file_name(request->file), request->digest);
}

static void print_constant(const struct page *page, const struct request *request,
			   const struct rebook *result)
{
	const struct carbon_factor *factor = &request->factor;
	char share[HUMAN_MAX];

	if (!request->zone || !result->constant_uj)
		return;
	human_share(result->constant_uj, result->energy_uj, share);
	show_paragraph(page, "zone",
		       "%s of the energy at %s, %s: %.6g g per kWh, mean of %s, %s; %s", share,
		       factor->zone, factor->name, (double)factor->ug_per_kwh / 1e6,
		       factor->vintage, factor->basis, factor->source);
}

static const char *what_text(const struct policy *policy)
{
	static const char *const method[] = {
		[POLICY_NODE] = " (all that the node's domains drew)",
		[POLICY_GATED] = " (all that they drew while the run computed)",
		[POLICY_GREEN] = " (an estimate, by the formula of Green Algorithms)"};
	static const char *const idle[] = {[POLICY_BOOKED] = "",
					   [POLICY_NONE] = " (without its share of idle)",
					   [POLICY_USED] = " (with its share of idle by use)",
					   [POLICY_HOLDER] = " (with all idle that it held)"};

	return policy->method ? method[policy->method] : idle[policy->idle];
}

/* No publisher tells how wrong an intensity is, so the error of the energy is all there is. */
static void print_error(const struct page *page, double error_pct)
{
	if (isfinite(error_pct))
		show_paragraph(page, "error",
			       "%s%.3g %% of the energy; that of the intensity is not known",
			       page->utf8 ? "\u00b1" : "+-", error_pct);
	else
		show_paragraph(page, "error", "not known");
}

static void print_page(const struct request *request, const char *path, const json_t *run,
		       const struct rebook_terms *terms, const struct rebook *result)
{
	const json_t *carbon = json_object_get(run, "carbon");
	uint64_t before_ug = show_number(carbon, "total_ug");
	char mass[HUMAN_MAX], energy[HUMAN_MAX];
	struct page page;

	setlocale(LC_CTYPE, "");
	page_open(&page, stdout);
	show_paragraph(&page, "ledger", "%s", path);
	human_mass(before_ug, page.utf8, mass);
	human_energy(show_number(json_object_get(run, "energy"), "total_uj"), page.utf8, energy);
	show_paragraph(&page, "recorded", "%s CO2e of %s, zone %s%s, PUE %.3g", mass, energy,
		       show_text(carbon, "zone"),
		       json_is_true(json_object_get(carbon, "zone_assumed")) ? " (assumed)" : "",
		       pue_of(carbon) / 1000.0);
	human_mass(result->total_ug, page.utf8, mass);
	human_energy(result->energy_uj, page.utf8, energy);
	show_paragraph(&page, "recomputed", "%s CO2e of %s%s, %.6g g per kWh, PUE %.3g", mass,
		       energy, what_text(&request->policy), (double)result->mean_ug_per_kwh / 1e6,
		       terms->pue_milli / 1000.0);
	print_error(&page, policy_error_pct(&request->policy, terms->what, run));
	if (before_ug)
		show_paragraph(&page, "ratio", "%.4g",
			       (double)result->total_ug / (double)before_ug);
	if (request->file)
		print_series(&page, request, result);
	print_constant(&page, request, result);
}

/* A part of the energy that no figure is known for is no zero: nothing is printed then. */
static int refuse_unknown(const struct request *request, const char *path,
			  const struct rebook *result)
{
	char share[HUMAN_MAX], from[INSTANT_MAX], to[INSTANT_MAX];

	human_share(result->unknown_uj, result->energy_uj, share);
	instant_text(request->series.point[0].from_s, from);
	instant_text(request->series.point[request->series.points - 1].to_s, to);
	fprintf(stderr,
		"gramme recompute: %s: %s of its energy was drawn when %s, from %s to %s, has no "
		"figure; --zone ZONE books that at the zone's yearly mean\n",
		path, share, file_name(request->file), from, to);
	return STATUS_FAILED;
}

static int recompute(const struct request *request, const char *path)
{
	struct ledger_problem problem;
	struct rebook_terms terms;
	struct rebook result;
	char why[POLICY_WHY] = "out of memory";
	struct draw draw;
	json_t *run;
	int status = STATUS_OK;

	if (ledger_read_draw(path, &run, &draw, &problem)) {
		if (problem.line)
			fprintf(stderr, "%s:%u: %s\n", path, problem.line, problem.text);
		else
			fprintf(stderr, "%s: %s\n", path, problem.text);
		draw_free(&draw);
		return STATUS_FAILED;
	}
	terms = terms_of(request, run);
	if (policy_apply(&request->policy, run, request->file != NULL, &draw, &terms.what, why)) {
		fprintf(stderr, "gramme recompute: %s: %s\n", path, why);
		draw_free(&draw);
		json_decref(run);
		return STATUS_FAILED;
	}
	rebook(&draw, &terms, &result);
	if (request->series.points && result.unknown_uj)
		status = refuse_unknown(request, path, &result);
	else if (request->json)
		status = print_json(request, path, run, &terms, &result);
	else
		print_page(request, path, run, &terms, &result);
	draw_free(&draw);
	json_decref(run);
	return status;
}

int recompute_main(int argc, char **argv)
{
	struct request request = {0};
	int status = parse(argc, argv, &request);

	if (!status && request.help) {
		fputs(usage, stdout);
		fputs(help, stdout);
		return STATUS_OK;
	}
	if (!status)
		status = read_series(&request);
	for (int i = optind; !status && i < argc; i++)
		status = recompute(&request, argv[i]);
	series_free(&request.series);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "gramme recompute: cannot write: %s\n", strerror(errno));
		return STATUS_FAILED;
	}
	return status;
}
