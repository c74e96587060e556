/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets on the collector's socket, and what becomes of the strings in them: labels, a zone, a
 * program's arguments.
 */
#include "tests/fuzz/fuzz.h"

#include "collector/carbon/carbon.h"
#include "collector/intake/message.h"
#include "collector/ledger/mask.h"
#include "collector/run/origin.h"

static void use_labels(const struct message_run_begin *begin)
{
	char name[TEXT_NAME_MAX + 1];
	struct carbon_factor factor;
	char why[256] = "";

	text_safe(begin->project, name);
	MUST(name[0] && name[0] != '.' && !strchr(name, '/'));
	text_safe(begin->experiment, name);
	MUST(name[0] && name[0] != '.' && !strchr(name, '/'));
	if (carbon_factor(begin->zone, &factor, why))
		MUST(why[0] && fuzz_is_harmless(why));
	else
		MUST(factor.ug_per_kwh > 0);
}

static void use_arguments(const struct message_run_begin *begin)
{
	char experiment[64];
	char **masked = mask_args(begin->argv);

	MUST(begin->argc > 0 && !begin->argv[begin->argc]);
	MUST(masked);
	for (size_t i = 0; i < begin->argc; i++) {
		json_t *text = text_json(masked[i]);

		MUST(text);
		json_decref(text);
	}
	mask_free(masked);
	origin_experiment(begin->argv, "/nonexistent", experiment, sizeof(experiment));
}

/* What was taken apart is put together again: small enough, it is the same packet. */
static void put_again(const struct message_run_begin *begin, const char *packet, size_t bytes)
{
	static char again[WIRE_MESSAGE_MAX];
	const size_t fixed = sizeof(struct wire_run_begin);
	size_t length = message_put_run_begin(again, begin);
	struct message_run_begin parsed;
	uint16_t kind = 0;

	MUST(message_kind(again, length, &kind) == 0 && kind == WIRE_RUN_BEGIN);
	MUST(message_run_begin(again, length, &parsed) == 0);
	message_run_begin_release(&parsed);
	if (bytes <= WIRE_MESSAGE_MAX / 2 && begin->argc < MESSAGE_ARGS_MAX)
		MUST(length == bytes && !memcmp(packet + fixed, again + fixed, bytes - fixed));
}

static void take(const char *packet, size_t bytes)
{
	struct message_run_begin begin;
	struct wire_run_end end;
	struct wire_hello hello;
	char text[300];
	int32_t error;
	uint16_t kind;

	if (message_kind(packet, bytes, &kind))
		return;
	if (!message_hello(packet, bytes, &hello))
		MUST(bytes == sizeof(hello));
	if (!message_run_end(packet, bytes, &end))
		MUST(bytes == sizeof(end));
	if (!message_run_reply(packet, bytes, &error, text, sizeof(text)))
		MUST(strnlen(text, sizeof(text)) < sizeof(text));
	if (message_run_begin(packet, bytes, &begin))
		return;
	use_labels(&begin);
	use_arguments(&begin);
	put_again(&begin, packet, bytes);
	message_run_begin_release(&begin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Not aligned, and nothing readable behind it. */
	char *bytes = malloc(size + 1);
	char *packet = bytes + 1;

	MUST(bytes);
	memcpy(packet, data, size);
	take(packet, size);
	if (size >= sizeof(struct wire_message)) {
		struct wire_message head;

		memcpy(&head, packet, sizeof(head));
		head.magic = WIRE_MAGIC;
		head.version = WIRE_VERSION;
		head.length = (uint32_t)size;
		memcpy(packet, &head, sizeof(head));
		take(packet, size);
	}
	free(bytes);
	return 0;
}
