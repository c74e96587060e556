/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme verify LEDGER|FOLDER...: proves chain and balance. One line per ledger: "ok" or
 * "incomplete" on stdout, "FILE:LINE: what" on stderr where one is damaged or cannot be read.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "collector/cmd/cmd.h"
#include "collector/cmd/ledgers.h"
#include "collector/human.h"
#include "collector/cmd/show.h"
#include "collector/ledger/ledger.h"

static const char usage[] = "usage: gramme verify LEDGER|FOLDER...\n";

enum { STATUS_OK, STATUS_FAILED, STATUS_USAGE };

static void print_verdict(const char *path, const json_t *run)
{
	const json_t *chain = json_object_get(run, "chain");
	uint64_t entries = show_number(chain, "entries");
	uint64_t torn = show_number(chain, "torn_bytes");
	char t[HUMAN_MAX];

	if (json_is_true(json_object_get(chain, "closed"))) {
		printf("%s: ok: %llu lines, head %s\n", path, (unsigned long long)entries,
		       show_text(chain, "head"));
		return;
	}
	human_time(show_number(json_object_get(run, "run"), "duration_ns"), false, t);
	printf("%s: incomplete: no closing line; valid up to line %llu, known up to %s", path,
	       (unsigned long long)entries, t);
	if (strcmp(show_text(chain, "journal"), "used") == 0)
		printf(" by its journal");
	if (torn)
		printf("; %llu bytes of a line that was cut off are ignored",
		       (unsigned long long)torn);
	printf("; head %s\n", show_text(chain, "head"));
}

static void trouble(void *status, const char *path, const char *why)
{
	fprintf(stderr, "%s: %s\n", path, why);
	*(int *)status = STATUS_FAILED;
}

/* One after the other, whatever is found out of one. */
static int verify(void *status, const char *path)
{
	struct ledger_problem problem;
	json_t *run;
	int error = ledger_read(path, &run, &problem);

	if (error == -ENODATA) {
		printf("%s: incomplete: %s\n", path, problem.text);
		return 0;
	}
	if (error) {
		if (problem.line)
			fprintf(stderr, "%s:%u: %s\n", path, problem.line, problem.text);
		else
			trouble(status, path, problem.text);
		*(int *)status = STATUS_FAILED;
		return 0;
	}
	print_verdict(path, run);
	json_decref(run);
	return 0;
}

int verify_main(int argc, char **argv)
{
	int status = STATUS_OK, first = 1;

	if (first < argc && (!strcmp(argv[first], "--help") || !strcmp(argv[first], "-h"))) {
		fputs(usage, stdout);
		return STATUS_OK;
	}
	if (first < argc && strcmp(argv[first], "--") == 0) {
		first++;
	} else if (first < argc && argv[first][0] == '-' && argv[first][1]) {
		fprintf(stderr, "gramme verify: unknown option %s; %s", argv[first], usage);
		return STATUS_USAGE;
	}
	if (first == argc) {
		fprintf(stderr, "gramme verify: no ledger given; %s", usage);
		return STATUS_USAGE;
	}
	for (int i = first; i < argc; i++)
		if (ledgers_each(argv[i], verify, trouble, &status))
			trouble(&status, argv[i], strerror(ENOMEM));
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "gramme verify: cannot write: %s\n", strerror(errno));
		return STATUS_FAILED;
	}
	return status;
}
