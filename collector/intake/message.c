/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packets on the collector's socket. Every length is checked against the packet, every string
 * against its end; nothing is read in place, since a packet buffer need not be aligned.
 */
#include "collector/intake/message.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int message_kind(const void *packet, size_t bytes, uint16_t *kind)
{
	struct wire_message head;

	if (bytes < sizeof(head) || bytes > WIRE_MESSAGE_MAX)
		return -EPROTO;
	memcpy(&head, packet, sizeof(head));
	if (head.magic != WIRE_MAGIC)
		return -EPROTO;
	if (head.version != WIRE_VERSION)
		return -EPROTONOSUPPORT;
	if (head.length != bytes)
		return -EPROTO;
	*kind = head.kind;
	return 0;
}

/* Copies a message of fixed size. */
static int take(const void *packet, size_t bytes, void *message, size_t size)
{
	if (bytes != size)
		return -EPROTO;
	memcpy(message, packet, size);
	return 0;
}

int message_hello(const void *packet, size_t bytes, struct wire_hello *hello)
{
	return take(packet, bytes, hello, sizeof(*hello));
}

int message_run_end(const void *packet, size_t bytes, struct wire_run_end *end)
{
	return take(packet, bytes, end, sizeof(*end));
}

int message_run_reply(const void *packet, size_t bytes, int32_t *error, char *text, size_t size)
{
	struct wire_run_reply reply;

	if (bytes < sizeof(reply))
		return -EPROTO;
	memcpy(&reply, packet, sizeof(reply));
	if (reply.text_bytes != bytes - sizeof(reply))
		return -EPROTO;
	size_t n = reply.text_bytes < size - 1 ? reply.text_bytes : size - 1;
	memcpy(text, (const char *)packet + sizeof(reply), n);
	text[n] = '\0';
	*error = reply.error;
	return 0;
}

/* The zero-terminated string at *at, which moves behind it; NULL where none ends before `end`. */
static const char *next_string(const char **at, const char *end)
{
	const char *string = *at;
	const char *zero = string < end ? memchr(string, '\0', (size_t)(end - string)) : NULL;

	if (!zero)
		return NULL;
	*at = zero + 1;
	return string;
}

int message_run_begin(const void *packet, size_t bytes, struct message_run_begin *begin)
{
	struct wire_run_begin fixed;

	if (bytes < sizeof(fixed))
		return -EPROTO;
	memcpy(&fixed, packet, sizeof(fixed));
	if (fixed.strings < 4 || fixed.strings > 3 + MESSAGE_ARGS_MAX)
		return -EPROTO;
	const char *at = (const char *)packet + sizeof(fixed);
	const char *end = (const char *)packet + bytes;
	*begin = (struct message_run_begin){.pid = fixed.pid, .pue_milli = fixed.pue_milli};
	begin->project = next_string(&at, end);
	begin->experiment = next_string(&at, end);
	begin->zone = next_string(&at, end);
	begin->argc = fixed.strings - 3;
	begin->argv = calloc(begin->argc + 1, sizeof(*begin->argv));
	if (!begin->argv)
		return -ENOMEM;
	const char *string = begin->zone;
	for (size_t i = 0; i < begin->argc && string; i++) {
		string = next_string(&at, end);
		begin->argv[i] = (char *)string;
	}
	if (string && at == end)
		return 0;
	message_run_begin_release(begin);
	return -EPROTO;
}

void message_run_begin_release(struct message_run_begin *begin)
{
	free(begin->argv);
	begin->argv = NULL;
}

static struct wire_message head_of(enum wire_message_kind kind, size_t bytes)
{
	return (struct wire_message){
		.magic = WIRE_MAGIC,
		.version = WIRE_VERSION,
		.kind = (uint16_t)kind,
		.length = (uint32_t)bytes,
	};
}

/* Appends a string if it leaves `reserve` bytes free; false if not. */
static bool put_string(char *packet, size_t *bytes, const char *string, size_t reserve)
{
	size_t n = strlen(string) + 1;

	if (*bytes + reserve > WIRE_MESSAGE_MAX || n > WIRE_MESSAGE_MAX - *bytes - reserve)
		return false;
	memcpy(packet + *bytes, string, n);
	*bytes += n;
	return true;
}

size_t message_put_run_begin(void *packet, const struct message_run_begin *begin)
{
	struct wire_run_begin fixed = {.pid = begin->pid, .pue_milli = begin->pue_milli};
	const char *const label[] = {begin->project, begin->experiment, begin->zone};
	static const char rest[] = "...";
	size_t bytes = sizeof(fixed);

	for (size_t i = 0; i < 3; i++) {
		/* A label that would fill the packet is no label. */
		if (!put_string(packet, &bytes, label[i], WIRE_MESSAGE_MAX / 2))
			put_string(packet, &bytes, "", 0);
		fixed.strings++;
	}
	for (size_t i = 0; i < begin->argc; i++) {
		bool room = i + 1 < MESSAGE_ARGS_MAX;
		if (!room || !put_string(packet, &bytes, begin->argv[i], sizeof(rest))) {
			put_string(packet, &bytes, rest, 0);
			fixed.strings++;
			break;
		}
		fixed.strings++;
	}
	fixed.message = head_of(WIRE_RUN_BEGIN, bytes);
	memcpy(packet, &fixed, sizeof(fixed));
	return bytes;
}

size_t message_put_run_end(void *packet, int32_t exit_status, uint32_t signal)
{
	struct wire_run_end end = {
		.message = head_of(WIRE_RUN_END, sizeof(end)),
		.exit_status = exit_status,
		.signal = signal,
	};

	memcpy(packet, &end, sizeof(end));
	return sizeof(end);
}

size_t message_put_run_reply(void *packet, enum wire_message_kind kind, int32_t error,
			     const char *text)
{
	struct wire_run_reply reply = {.error = error};
	size_t n = strnlen(text, WIRE_MESSAGE_MAX - sizeof(reply));

	reply.text_bytes = (uint32_t)n;
	reply.message = head_of(kind, sizeof(reply) + n);
	memcpy(packet, &reply, sizeof(reply));
	memcpy((char *)packet + sizeof(reply), text, n);
	return sizeof(reply) + n;
}
