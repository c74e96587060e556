/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options and environment of `gramme run` and `gramme collect`.
 */
#ifndef GRAMME_OPTIONS_H
#define GRAMME_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/account/account.h"

struct options {
	const char *ledger_dir; /* NULL: the default */
	const char *zone;
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
