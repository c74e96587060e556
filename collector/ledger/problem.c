/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a ledger, in one printable line.
 */
#include "collector/ledger/problem.h"

#include <stdarg.h>
#include <stdio.h>

int problem_set(struct ledger_problem *problem, unsigned line, int error, const char *format, ...)
{
	va_list arguments;

	problem->line = line;
	va_start(arguments, format);
	vsnprintf(problem->text, sizeof(problem->text), format, arguments);
	va_end(arguments);
	for (char *c = problem->text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return error;
}
