/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme show [--json | --paths] [--wide] LEDGER: one run, for people or as JSON, or its call
 * paths.
 */
#include "collector/cmd/show.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/cmd/cmd.h"
#include "collector/cmd/methods.h"
#include "collector/ledger/ledger.h"
#include "collector/ledger/text.h"

static const char usage[] = "usage: gramme show [--json | --paths] [--wide] LEDGER\n";

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };

static int wrong_usage(const char *what, const char *which)
{
	fprintf(stderr, "gramme show: %s%s; %s", what, which, usage);
	return STATUS_USAGE;
}

enum form { FORM_PAGE, FORM_JSON, FORM_PATHS };

static int print_run(const json_t *run, const char *path, enum form form, bool wide)
{
	struct page page;

	if (form == FORM_JSON) {
		json_dumpf(run, stdout,
			   JSON_INDENT(2) | JSON_ENSURE_ASCII |
				   JSON_REAL_PRECISION(text_digits(run)));
		putchar('\n');
	} else {
		setlocale(LC_CTYPE, "");
		page_open(&page, stdout);
		if (wide)
			page_widen(&page);
		if (form == FORM_PATHS)
			show_paths(&page, run);
		else
			show_page(&page, run, path);
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return STATUS_OK;
	fprintf(stderr, "gramme show: cannot write: %s\n", strerror(errno));
	return STATUS_FAILED;
}

static int show(const char *path, enum form form, bool wide)
{
	struct ledger_problem problem;
	json_t *run;
	int status;

	if (ledger_read(path, &run, &problem)) {
		if (problem.line)
			fprintf(stderr, "%s:%u: %s\n", path, problem.line, problem.text);
		else
			fprintf(stderr, "%s: %s\n", path, problem.text);
		return STATUS_FAILED;
	}
	json_object_set_new(run, "methods", methods_of(run));
	status = print_run(run, path, form, wide);
	json_decref(run);
	return status;
}

int show_main(int argc, char **argv)
{
	const char *path = NULL;
	enum form form = FORM_PAGE;
	bool options = true, wide = false;

	for (int i = 1; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && strcmp(argv[i], "--json") == 0) {
			form = FORM_JSON;
		} else if (options && strcmp(argv[i], "--paths") == 0) {
			form = FORM_PATHS;
		} else if (options && strcmp(argv[i], "--wide") == 0) {
			wide = true;
		} else if (options && strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return STATUS_OK;
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			return wrong_usage("unknown option ", argv[i]);
		} else if (path) {
			return wrong_usage("more than one ledger", "");
		} else {
			path = argv[i];
		}
	}
	return path ? show(path, form, wide) : wrong_usage("no ledger given", "");
}
