/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options and environment of `gramme run` and `gramme collect`.
 */
#ifndef GRAMME_OPTIONS_H
#define GRAMME_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "collector/account/account.h"
#include "collector/carbon/carbon.h"
#include "collector/carbon/hourly.h"

struct options {
	const char *ledger_dir; /* NULL: the default */
	const char *zone;
	const char *intensity; /* a file of what the grid emits over time, or NULL */
	bool intensity_asked;  /* by an option, and not by the environment alone */
	enum series_basis basis;
	const char *project;
	const char *experiment;
	const char *replay;
	const char *sensors; /* NULL: the usual file */
	const char *socket;
	const char *events; /* the file that gets what the recogniser is told, or NULL */
	uint32_t pue_milli; /* 0: not said */
	uint32_t patience_s;
	enum account_idle_policy idle;
	bool keep_private;
	bool paths;
	bool quiet;
	bool help;
	bool version;
	bool own; /* an option was given that only a collector of one's own can honour */
	char *const *program; /* NULL-terminated */
};

/*
 * Parses argv[1...] of `command`, "run" or "collect"; what the environment says stands in for
 * options not given. Returns 0, or -EINVAL or -EPERM with one line in `why` (256 bytes).
 */
int options_parse(const char *command, int argc, char **argv, struct options *options, char *why);

/*
 * Which electricity is meant: the file of intensities, where one is named (*hourly, to be closed,
 * else NULL), and the yearly mean of the zone that was named, or else of the file's. Returns 0, or
 * -errno with one line in `why` (512 bytes); a file that only the environment names is done
 * without, and `why` then says so.
 */
int options_grid(const struct options *options, struct carbon_factor *factor,
		 struct hourly **hourly, char *why);

/* Which figures of a file are meant: "direct" or "lifecycle". Returns 0 or -EINVAL. */
int options_basis(const char *text, enum series_basis *basis);

/* What is wrong where getopt_long, told to be silent, returned ':' or anything unknown. */
const char *options_trouble(int option);

/* Takes one option with its argument, if it has one, into a request. Returns 0, or a status. */
typedef int options_set(void *request, int option, const char *value);

/* Says what is wrong, and with which word. Returns the status for that. */
typedef int options_wrong(const char *what, const char *which);

/*
 * Gives each option of argv[1...] to `set`, until something is wrong; `brief` begins with a colon.
 * The other arguments stand from argv[optind] on. Returns 0, or what `set` or `wrong` returned.
 */
int options_each(int argc, char **argv, const char *brief, const struct option *known,
		 options_set *set, options_wrong *wrong, void *request);

/* Prints the options of a command. */
void options_help(const char *command);

/*
 * A power usage effectiveness: "1.58" is 1580; at most three decimals. Returns 0, -EINVAL, or
 * -ERANGE where it is not from 1 to 10.
 */
int options_pue(const char *text, uint32_t *pue_milli);

/*
 * The ledger folder that is meant, made absolute: `chosen`, or the default of the XDG rules.
 * Returns a string to be freed, or NULL for lack of memory.
 */
char *options_ledger_dir(const char *chosen);

/*
 * Makes a folder and its parents (with `mode` where they are new) and opens it. Returns a
 * descriptor, or -errno where it is not there or not to be written to.
 */
int options_open_dir(const char *path, unsigned mode);

#endif
