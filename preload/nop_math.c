/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The twin with empty bodies, for libraries of mathematics: their wrappers are the same, and
 * nothing is recorded.
 */
#include "preload/math.h"

void math_begin(struct math_call *call)
{
	call->thread = NULL;
}

bool math_is_capturing(const struct math_call *call)
{
	(void)call;
	return false;
}

void *math_stream(const void *real, const char *getter, void *handle)
{
	(void)real;
	(void)getter;
	(void)handle;
	return NULL;
}

void *math_function(const void *real, const char *name)
{
	(void)real;
	(void)name;
	return NULL;
}

void math_end(struct math_call *call, enum cpu_call row, bool accepted, void *stream,
	      const struct math_told *told)
{
	(void)call;
	(void)row;
	(void)accepted;
	(void)stream;
	(void)told;
}
