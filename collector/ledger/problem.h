/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a ledger, in one printable line.
 */
#ifndef GRAMME_LEDGER_PROBLEM_H
#define GRAMME_LEDGER_PROBLEM_H

#include "collector/ledger/ledger.h"

/*
 * Fills *problem: the text is cut to fit, and what a terminal would not print becomes '?', since
 * it may quote a hostile file. Returns `error`, for the caller to return.
 */
int problem_set(struct ledger_problem *problem, unsigned line, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
