/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme report [OPTIONS] [LEDGER|FOLDER...]: what many runs add up to, for people, papers and
 * programs. Every ledger is proved before it counts; what cannot be is named and left out.
 */
#include "collector/cmd/report.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "collector/cmd/cmd.h"
#include "collector/cmd/ledgers.h"
#include "collector/cmd/options.h"
#include "collector/cmd/show.h"
#include "collector/ledger/ledger.h"

static const char usage[] = "usage: gramme report [OPTIONS] [LEDGER|FOLDER...]\n";

static const char help[] =
	"Adds up ledgers; all below $GRAMME_LEDGER_DIR or ~/.local/share/gramme if none is "
	"named.\n\n"
	"  --by WHAT         a line per experiment (the default), project, program, node, month "
	"or run\n"
	"  --final LEDGER    the run that is published: what all others drew is set against it\n"
	"  --format FORM     text, markdown, latex, csv or json\n";

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };
enum { OPTION_BY = 256, OPTION_FINAL, OPTION_FORMAT };

static const struct option options[] = {
	{"by", required_argument, NULL, OPTION_BY},
	{"final", required_argument, NULL, OPTION_FINAL},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct request {
	enum report_by by;
	enum report_form form;
	const char *final; /* or NULL */
	bool help;
	struct report report;
	bool failed; /* something could not be read */
};

static int wrong_usage(const char *what, const char *which)
{
	fprintf(stderr, "gramme report: %s%s; %s", what, which, usage);
	return STATUS_USAGE;
}

/* The place of a word in a list that ends with NULL, or -1. */
static int find_word(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

static int set_by(struct request *request, const char *word)
{
	static const char *const words[] = {"experiment", "project", "program", "node",
					    "month",	  "run",     NULL};
	int found = find_word(words, word);

	if (found < 0)
		return wrong_usage("--by is experiment, project, program, node, month or run, and "
				   "not ",
				   word);
	request->by = (enum report_by)found;
	return STATUS_OK;
}

static int set_form(struct request *request, const char *word)
{
	static const char *const words[] = {"text", "markdown", "latex", "csv", "json", NULL};
	int found = find_word(words, word);

	if (found < 0)
		return wrong_usage("--format is text, markdown, latex, csv or json, and not ",
				   word);
	request->form = (enum report_form)found;
	return STATUS_OK;
}

static int set_option(void *to, int option, const char *value)
{
	struct request *request = to;

	switch (option) {
	case OPTION_BY:
		return set_by(request, value);
	case OPTION_FORMAT:
		return set_form(request, value);
	case OPTION_FINAL:
		request->final = value;
		return STATUS_OK;
	case 'h':
	default:
		request->help = true;
		return STATUS_OK;
	}
}

static void trouble(void *arg, const char *path, const char *why)
{
	struct request *request = arg;

	request->failed = true;
	fprintf(stderr, "gramme report: %s: %s; left out\n", path, why);
}

/*
 * Returns the run, proved, or NULL where it was named as what it is. One that has just begun, or
 * was killed then, is not damaged: there is nothing of it yet.
 */
static json_t *read_run(struct request *request, const char *path)
{
	struct ledger_problem problem;
	char why[320];
	json_t *run;
	int error = ledger_read(path, &run, &problem);

	if (!error)
		return run;
	if (error == -ENODATA) {
		fprintf(stderr, "gramme report: %s: %s; left out\n", path, problem.text);
		return NULL;
	}
	if (problem.line)
		snprintf(why, sizeof(why), "line %u: %s", problem.line, problem.text);
	trouble(request, path, problem.line ? why : problem.text);
	return NULL;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat st, other;

	return !stat(a, &st) && !stat(b, &other) && st.st_dev == other.st_dev &&
	       st.st_ino == other.st_ino;
}

static void name_twin(struct request *request, const char *path, const char *twin, int error)
{
	char why[320];

	if (is_same_file(path, twin))
		return;
	if (error == -EEXIST) {
		fprintf(stderr, "gramme report: %s: the same as %s; counted once\n", path, twin);
		return;
	}
	snprintf(why, sizeof(why), "of the same run as %.200s, and one of the two is no whole copy",
		 twin);
	trouble(request, path, why);
}

static int take(void *arg, const char *path)
{
	struct request *request = arg;
	const char *twin = NULL;
	json_t *run = read_run(request, path);
	int error = run ? report_add(&request->report, run, path, &twin) : 0;

	json_decref(run);
	if (!twin)
		return error;
	name_twin(request, path, twin, error);
	return 0;
}

/* Its id, by which all of its parts are known. */
static int take_final(struct request *request)
{
	json_t *run = read_run(request, request->final);

	if (!run)
		return STATUS_FAILED;
	snprintf(request->report.final_run, sizeof(request->report.final_run), "%s",
		 show_text(json_object_get(run, "run"), "id"));
	json_decref(run);
	return STATUS_OK;
}

/* What was named, or what the user's runs write to. Returns 0 or -errno. */
static int take_all(struct request *request, char **path, size_t n)
{
	int error = 0;

	for (size_t i = 0; !error && i < n; i++)
		error = ledgers_each(path[i], take, trouble, request);
	if (n == 0) {
		const char *chosen = getenv("GRAMME_LEDGER_DIR");
		char *folder = options_ledger_dir(chosen && *chosen ? chosen : NULL);

		error = folder ? ledgers_each(folder, take, trouble, request) : -ENOMEM;
		free(folder);
	}
	if (!error && request->final)
		error = take(request, request->final);
	return error;
}

static int print(struct request *request)
{
	report_sort(&request->report);
	int error = report_print(&request->report, request->form, stdout);
	if (!error && (fflush(stdout) || ferror(stdout)))
		error = -errno;
	if (!error)
		return request->failed ? STATUS_FAILED : STATUS_OK;
	fprintf(stderr, "gramme report: cannot write: %s\n", strerror(-error));
	return STATUS_FAILED;
}

static int report(struct request *request, char **path, size_t n)
{
	int status = request->final ? take_final(request) : STATUS_OK;
	int error = status ? 0 : take_all(request, path, n);

	if (status)
		return status;
	if (error) {
		fprintf(stderr, "gramme report: %s\n", strerror(-error));
		return STATUS_FAILED;
	}
	return request->report.total.ledgers ? print(request) : STATUS_FAILED;
}

int report_main(int argc, char **argv)
{
	struct request request = {0};
	int status = options_each(argc, argv, ":h", options, set_option, wrong_usage, &request);

	if (status)
		return status;
	if (request.help) {
		fputs(usage, stdout);
		fputs(help, stdout);
		return STATUS_OK;
	}
	setlocale(LC_CTYPE, "");
	if (report_open(&request.report, request.by)) {
		fprintf(stderr, "gramme report: %s\n", strerror(ENOMEM));
		status = STATUS_FAILED;
	} else {
		status = report(&request, argv + optind, (size_t)(argc - optind));
	}
	report_close(&request.report);
	return status;
}
