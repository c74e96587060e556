/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme show [OPTIONS] LEDGER: one run, for people or as JSON, its call paths, or what stands
 * beside its figures.
 */
#include "collector/cmd/show.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/cmd/beside.h"
#include "collector/cmd/cmd.h"
#include "collector/cmd/options.h"
#include "collector/cmd/methods.h"
#include "collector/ledger/ledger.h"
#include "collector/ledger/text.h"

static const char usage[] =
	"usage: gramme show [--json | --paths | --impact] [--wide] [OPTIONS] LEDGER\n";

static const char help[] =
	"  --json            one object, of schema gramme.run/1\n"
	"  --paths           which code asked for each kernel\n"
	"  --impact          water, making of the hardware, SCI: what stands beside the figures\n"
	"  --wide            as wide as it gets\n"
	"  --per UNIT=N      the run made N of these (images=50000): SCI per UNIT\n"
	"  --host KIND       server, laptop or desktop; else a server, or a laptop by its battery\n"
	"  --whole-host      the run had the machine to itself: its share of it is all\n"
	"  --host-cpus N     CPUs of the machine that a virtual one is a part of\n"
	"  --wue L           litres of water per kWh of the computers at the site\n";

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };
enum form { FORM_PAGE, FORM_JSON, FORM_PATHS, FORM_IMPACT };
enum option_code {
	OPTION_JSON = 256,
	OPTION_PATHS,
	OPTION_IMPACT,
	OPTION_WIDE,
	OPTION_PER,
	OPTION_HOST,
	OPTION_HOST_CPUS,
	OPTION_WHOLE_HOST,
	OPTION_WUE
};

static const struct option options[] = {
	{"json", no_argument, NULL, OPTION_JSON},
	{"paths", no_argument, NULL, OPTION_PATHS},
	{"impact", no_argument, NULL, OPTION_IMPACT},
	{"wide", no_argument, NULL, OPTION_WIDE},
	{"per", required_argument, NULL, OPTION_PER},
	{"host", required_argument, NULL, OPTION_HOST},
	{"host-cpus", required_argument, NULL, OPTION_HOST_CPUS},
	{"whole-host", no_argument, NULL, OPTION_WHOLE_HOST},
	{"wue", required_argument, NULL, OPTION_WUE},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct request {
	enum form form;
	bool wide;
	bool help;
	char unit[64];
	struct beside_options beside;
};

static int wrong_usage(const char *what, const char *which)
{
	fprintf(stderr, "gramme show: %s%s; %s", what, which, usage);
	return STATUS_USAGE;
}

/* A whole number from 1 on. */
static bool read_count(const char *text, uint64_t *count)
{
	char *end;

	errno = 0;
	*count = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *count > 0 && *count <= INT64_MAX;
}

/* "images=50000" */
static int set_per(struct request *request, const char *text)
{
	size_t length = strcspn(text, "=");

	if (!text[length] || !length || length >= sizeof(request->unit) ||
	    !read_count(text + length + 1, &request->beside.count))
		return wrong_usage("--per is as images=50000, and not ", text);
	memcpy(request->unit, text, length);
	request->unit[length] = '\0';
	request->beside.unit = request->unit;
	return STATUS_OK;
}

static int set_wue(struct request *request, const char *text)
{
	char *end;
	double litres = strtod(text, &end);

	if (*text < '0' || *text > '9' || *end || !(litres <= 100))
		return wrong_usage("--wue is litres per kWh, such as 0.36, and not ", text);
	request->beside.wue_ul = (uint32_t)(litres * 1e6 + 0.5);
	request->beside.wue_said = true;
	return STATUS_OK;
}

static int set_host(struct request *request, int option, const char *text)
{
	uint64_t cpus;

	if (option == OPTION_HOST) {
		request->beside.host = text;
		return beside_is_host(text)
			       ? STATUS_OK
			       : wrong_usage("--host is server, laptop or desktop, and not ", text);
	}
	if (!read_count(text, &cpus) || cpus > 1000000)
		return wrong_usage("--host-cpus is a number, and not ", text);
	request->beside.host_cpus = (uint32_t)cpus;
	return STATUS_OK;
}

static int set_option(void *to, int option, const char *value)
{
	struct request *request = to;
	switch (option) {
	case OPTION_JSON:
		request->form = FORM_JSON;
		return STATUS_OK;
	case OPTION_PATHS:
		request->form = FORM_PATHS;
		return STATUS_OK;
	case OPTION_IMPACT:
		request->form = FORM_IMPACT;
		return STATUS_OK;
	case OPTION_WIDE:
		request->wide = true;
		return STATUS_OK;
	case OPTION_WHOLE_HOST:
		request->beside.whole_host = true;
		return STATUS_OK;
	case OPTION_PER:
		return set_per(request, value);
	case OPTION_WUE:
		return set_wue(request, value);
	case 'h':
		request->help = true;
		return STATUS_OK;
	default:
		return set_host(request, option, value);
	}
}

static void print_json(const json_t *run)
{
	json_dumpf(run, stdout,
		   JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(text_digits(run)));
	putchar('\n');
}

static int print_run(const json_t *run, const char *path, const struct request *request)
{
	struct page page;

	setlocale(LC_CTYPE, "");
	page_open(&page, stdout);
	if (request->wide)
		page_widen(&page);
	if (request->form == FORM_JSON)
		print_json(run);
	else if (request->form == FORM_PATHS)
		show_paths(&page, run);
	else if (request->form == FORM_IMPACT)
		show_impact(&page, run);
	else
		show_page(&page, run, path);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return STATUS_OK;
	fprintf(stderr, "gramme show: cannot write: %s\n", strerror(errno));
	return STATUS_FAILED;
}

static int show(const char *path, const struct request *request)
{
	struct ledger_problem problem;
	json_t *run;
	int status, error = ledger_read(path, &run, &problem);

	if (error) {
		if (problem.line)
			fprintf(stderr, "%s:%u: %s\n", path, problem.line, problem.text);
		else if (error == -EISDIR)
			fprintf(stderr, "%s: %s; gramme report adds up the ledgers in it\n", path,
				problem.text);
		else
			fprintf(stderr, "%s: %s\n", path, problem.text);
		return STATUS_FAILED;
	}
	json_object_set_new(run, "methods", methods_of(run));
	json_object_set_new(run, "beside", beside_of(run, &request->beside));
	status = print_run(run, path, request);
	json_decref(run);
	return status;
}

int show_main(int argc, char **argv)
{
	struct request request = {.form = FORM_PAGE};
	int status;

	status = options_each(argc, argv, ":h", options, set_option, wrong_usage, &request);
	if (status)
		return status;
	if (request.help) {
		fputs(usage, stdout);
		fputs(help, stdout);
		return STATUS_OK;
	}
	if (optind + 1 < argc)
		return wrong_usage("more than one ledger", "");
	return optind < argc ? show(argv[optind], &request) : wrong_usage("no ledger given", "");
}
