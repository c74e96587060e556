/* SPDX-License-Identifier: Apache-2.0 */
/* The event of tests/bench/lttng.c. LTTng-UST includes this file several times, by this name. */
#undef TRACEPOINT_PROVIDER
#define TRACEPOINT_PROVIDER gramme_bench
#undef TRACEPOINT_INCLUDE
#define TRACEPOINT_INCLUDE "tests/bench/lttng.h"

#if !defined(GRAMME_BENCH_LTTNG_H) || defined(TRACEPOINT_HEADER_MULTI_READ)
#define GRAMME_BENCH_LTTNG_H

#include <lttng/tracepoint.h>
#include <stdint.h>

TRACEPOINT_EVENT(gramme_bench, event, TP_ARGS(uint64_t, number),
		 TP_FIELDS(ctf_integer(uint64_t, number, number)))

#endif

#include <lttng/tracepoint-event.h>
