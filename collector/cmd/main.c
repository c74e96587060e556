/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme: energy and carbon of unmodified programs. Finds the subcommand.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "collector/cmd/cmd.h"

#define SPARSE_BYTES (128 * 1024) /* glibc's own, until the first such block is freed */

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *what;
} command[] = {
	{"run", run_main, "meter one program"},
	{"collect", collect_main, "meter what computes on this machine, as a service"},
	{"show", show_main, "show one run's ledger"},
	{"verify", verify_main, "prove ledgers"},
	{"report", report_main, "add up many runs, for people, papers and programs"},
	{"doctor", doctor_main, "say what can be metered here, and what to do about the rest"},
	{"calibrate", calibrate_main, "fit a machine's sensors to a wall meter"},
	{"estimate", estimate_main, "estimate jobs that nobody metered"},
	{"intensity", intensity_main, "ask a service what a grid emitted, for --intensity"},
	{"recompute", recompute_main, "book a run's CO2e again, for another grid or hour by hour"},
};

static void help(FILE *to)
{
	fputs("usage: gramme COMMAND [OPTIONS] ...\n", to);
	for (size_t i = 0; i < sizeof(command) / sizeof(*command); i++)
		fprintf(to, "  %-9s  %s\n", command[i].name, command[i].what);
	fputs("See gramme COMMAND --help.\n", to);
}

/*
 * Tables of that size are mapped each by itself, for good. Of those that a recogniser keeps for
 * every thread hardly a page is ever written; but from the first that is freed on, glibc would take
 * the next ones from its heap, and clear them by hand: 200 KB a thread instead of 30, and none of
 * it would go back (1,000 idle clients, 2026-11-22).
 */
static void keep_sparse_tables_sparse(void)
{
	mallopt(M_MMAP_THRESHOLD, SPARSE_BYTES);
}

static int (*find(const char *name))(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(command) / sizeof(*command); i++)
		if (!strcmp(name, command[i].name))
			return command[i].main;
	return NULL;
}

/* "gramme help run" */
static int help_with(char *name)
{
	char *arguments[] = {name, "--help", NULL};
	int (*of)(int, char **) = find(name);

	if (of)
		return of(2, arguments);
	fprintf(stderr, "gramme: unknown command '%s' (see gramme --help)\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	keep_sparse_tables_sparse();
	if (argc < 2) {
		help(stderr);
		return 2;
	}
	int (*of)(int, char **) = find(argv[1]);
	if (of)
		return of(argc - 1, argv + 1);
	if (!strcmp(argv[1], "help") && argc > 2)
		return help_with(argv[2]);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		help(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("gramme " GRAMME_VERSION);
		return 0;
	}
	fprintf(stderr, "gramme: unknown command '%s' (see gramme --help)\n", argv[1]);
	return 2;
}
