/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the environment asks for. Read once, in the constructor or at the first call that needs
 * it, whichever comes first: other libraries' constructors may run before ours.
 */
#ifndef GRAMME_INIT_H
#define GRAMME_INIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

#include "preload/wire.h"

enum init_profiling { INIT_PROFILING_AUTO, INIT_PROFILING_ON, INIT_PROFILING_OFF };

struct init_settings {
	bool on;		       /* a collector is named, and nothing disables us */
	bool eager;		       /* GRAMME_EAGER=1: set up at start, compute or not */
	bool paths;		       /* GRAMME_PATHS=1: tell who called what is computed */
	uint32_t launcher;	       /* GRAMME_RUN: pid of `gramme run`, or 0 */
	enum init_profiling profiling; /* GRAMME_OPENCL_PROFILING */
	char socket[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char project[WIRE_LABEL_BYTES]; /* GRAMME_PROJECT; "" where it is not set, or longer */
	char experiment[WIRE_LABEL_BYTES];
};

const struct init_settings *init_settings(void);

#endif
