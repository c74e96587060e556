/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The holder: a small process beside the collector that outlives it. It keeps what must not die
 * with a collector (hold.h), accepts clients for it, and gives everything to the next one. Where
 * none comes, it starts a stand-in that brings what is open to an end. docs/architecture.md says
 * why it is as it is.
 */
#ifndef GRAMME_HOLDER_H
#define GRAMME_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

/* Its name in /proc, by which the collector knows that it is no part of a program. */
#define HOLDER_NAME "gramme-holder"

struct holder_options {
	const char *path;     /* of its own socket */
	int socket;	      /* listening there */
	uint64_t first_id;    /* of the connections that it will accept */
	uint64_t patience_ms; /* how long it waits for another collector */
	/*
	 * Collects in the collector's place until no run is left, or with `now` just closes what
	 * is open. It runs in a process of its own, and returns its exit status.
	 */
	int (*stand_in)(void *arg, bool now);
	void *arg;
};

/* Turns the calling process, a fresh fork of the collector, into the holder. */
_Noreturn void holder_run(const struct holder_options *options);

#endif
