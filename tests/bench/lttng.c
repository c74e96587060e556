/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one LTTng-UST event costs. The event carries one integer, less than ours does. A session
 * must be there, or the tracepoint costs nothing. Built by tests/bench/event.sh.
 */
#define TRACEPOINT_CREATE_PROBES
#define TRACEPOINT_DEFINE
#include "tests/bench/lttng.h"

#include "tests/bench/rounds.h"

static void trace(uint64_t times)
{
	for (uint64_t i = 0; i < times; i++)
		tracepoint(gramme_bench, event, i);
}

int main(int argc, char **argv)
{
	return rounds_run(argc, argv, trace);
}
