/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packets on the collector's socket (preload/wire.h), taken apart and put together. Pure.
 * A parsed message points into its packet, which must outlive it.
 */
#ifndef GRAMME_MESSAGE_H
#define GRAMME_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "preload/wire.h"

#define MESSAGE_ARGS_MAX 4096u

struct message_run_begin {
	uint32_t pid;
	uint32_t pue_milli; /* 0: not said */
	const char *project;
	const char *experiment;
	const char *zone; /* "" not said, as with the two above */
	size_t argc;
	char **argv; /* NULL-terminated; the array is owned, the strings are the packet's */
};

/*
 * The kind of a packet of `bytes` bytes. Returns 0, -EPROTO for what is no message of ours or
 * says another length, or -EPROTONOSUPPORT for another version.
 */
int message_kind(const void *packet, size_t bytes, uint16_t *kind);

/* Each returns 0 or -EPROTO; a packet is longer than it should be, too, if it is refused. */
int message_hello(const void *packet, size_t bytes, struct wire_hello *hello);
int message_run_end(const void *packet, size_t bytes, struct wire_run_end *end);
/* `text` gets the reply's text, cut to size - 1 bytes. */
int message_run_reply(const void *packet, size_t bytes, int32_t *error, char *text, size_t size);
/* As above, or -ENOMEM. Release with message_run_begin_release. */
int message_run_begin(const void *packet, size_t bytes, struct message_run_begin *begin);
void message_run_begin_release(struct message_run_begin *begin);

/*
 * Each writes a packet into `packet` of WIRE_MESSAGE_MAX bytes and returns its length. Arguments
 * that do not fit are left out, and "..." stands for them.
 */
size_t message_put_run_begin(void *packet, const struct message_run_begin *begin);
size_t message_put_run_end(void *packet, int32_t exit_status, uint32_t signal);
size_t message_put_run_reply(void *packet, enum wire_message_kind kind, int32_t error,
			     const char *text);

#endif
