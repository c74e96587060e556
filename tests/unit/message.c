/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets: what is put together comes apart the same, and nothing else is taken for a message.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/intake/message.h"

static char packet[WIRE_MESSAGE_MAX];

static void heads_are_checked(void **state)
{
	uint16_t kind = 0;
	size_t n = message_put_run_end(packet, 3, 0);
	struct wire_message head;

	(void)state;
	assert_int_equal(message_kind(packet, n, &kind), 0);
	assert_int_equal(kind, WIRE_RUN_END);
	assert_int_equal(message_kind(packet, n - 1, &kind), -EPROTO);
	assert_int_equal(message_kind(packet, n + 1, &kind), -EPROTO);
	assert_int_equal(message_kind(packet, sizeof(head) - 1, &kind), -EPROTO);
	assert_int_equal(message_kind(packet, 0, &kind), -EPROTO);
	memcpy(&head, packet, sizeof(head));
	head.version++;
	memcpy(packet, &head, sizeof(head));
	assert_int_equal(message_kind(packet, n, &kind), -EPROTONOSUPPORT);
	head.version--;
	head.magic++;
	memcpy(packet, &head, sizeof(head));
	assert_int_equal(message_kind(packet, n, &kind), -EPROTO);
}

static void messages_of_fixed_size_have_that_size(void **state)
{
	struct wire_hello hello = {.pid = 7, .arena_bytes = 42};
	struct wire_run_end end;

	(void)state;
	memcpy(packet, &hello, sizeof(hello));
	assert_int_equal(message_hello(packet, sizeof(hello) - 1, &hello), -EPROTO);
	assert_int_equal(message_hello(packet, sizeof(hello) + 1, &hello), -EPROTO);
	assert_int_equal(message_hello(packet, sizeof(hello), &hello), 0);
	assert_int_equal(hello.arena_bytes, 42);
	size_t n = message_put_run_end(packet, 137, 9);
	assert_int_equal(message_run_end(packet, n, &end), 0);
	assert_int_equal(end.exit_status, 137);
	assert_int_equal(end.signal, 9);
	assert_int_equal(message_run_end(packet, n - 1, &end), -EPROTO);
}

static void a_run_comes_apart_as_it_was_put_together(void **state)
{
	char *args[] = {"python3", "", "train.py", "--lr=0.1", NULL};
	const struct message_run_begin from = {.pid = 123,
					       .pue_milli = 1580,
					       .project = "p",
					       .experiment = "",
					       .zone = "FR",
					       .argc = 4,
					       .argv = args};
	struct message_run_begin to;

	(void)state;
	size_t n = message_put_run_begin(packet, &from);
	assert_int_equal(message_run_begin(packet, n, &to), 0);
	assert_int_equal(to.pid, 123);
	assert_int_equal(to.pue_milli, 1580);
	assert_string_equal(to.project, "p");
	assert_string_equal(to.experiment, "");
	assert_string_equal(to.zone, "FR");
	assert_int_equal(to.argc, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(to.argv[i], args[i]);
	assert_null(to.argv[4]);
	message_run_begin_release(&to);
}

static void every_truncation_of_a_run_is_refused(void **state)
{
	char *args[] = {"a", "bc", NULL};
	const struct message_run_begin from = {
		.project = "p", .experiment = "e", .zone = "z", .argc = 2, .argv = args};
	struct message_run_begin to;
	size_t n = message_put_run_begin(packet, &from);

	(void)state;
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(message_run_begin(packet, cut, &to), -EPROTO);
	packet[n] = '\0'; /* one string too many */
	assert_int_equal(message_run_begin(packet, n + 1, &to), -EPROTO);
}

static void a_run_says_how_many_strings_and_has_an_argument(void **state)
{
	static const uint32_t strings[] = {0, 3, 4, 6, 4000000000u};
	char *args[] = {"a", "b", NULL};
	const struct message_run_begin from = {
		.project = "p", .experiment = "e", .zone = "z", .argc = 2, .argv = args};
	struct wire_run_begin fixed;
	struct message_run_begin to;
	size_t n = message_put_run_begin(packet, &from);

	(void)state;
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		memcpy(&fixed, packet, sizeof(fixed));
		fixed.strings = strings[i];
		memcpy(packet, &fixed, sizeof(fixed));
		assert_int_equal(message_run_begin(packet, n, &to), -EPROTO);
	}
}

/* Arguments that do not fit are left out, and it shows. */
static void long_arguments_are_cut(void **state)
{
	char *big = malloc(40000);
	char *args[] = {"program", big, big, "last", NULL};
	const struct message_run_begin from = {
		.project = "p", .experiment = "e", .zone = "", .argc = 4, .argv = args};
	struct message_run_begin to;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', 39999);
	big[39999] = '\0';
	size_t n = message_put_run_begin(packet, &from);
	assert_true(n <= WIRE_MESSAGE_MAX);
	assert_int_equal(message_run_begin(packet, n, &to), 0);
	assert_int_equal(to.argc, 3);
	assert_string_equal(to.argv[0], "program");
	assert_int_equal(strlen(to.argv[1]), 39999);
	assert_string_equal(to.argv[2], "...");
	message_run_begin_release(&to);
	free(big);
}

static void many_arguments_are_cut(void **state)
{
	static char *args[MESSAGE_ARGS_MAX + 2];
	struct message_run_begin from = {.project = "", .experiment = "", .zone = "", .argv = args};
	struct message_run_begin to;

	(void)state;
	for (from.argc = 0; from.argc < MESSAGE_ARGS_MAX + 1; from.argc++)
		args[from.argc] = "a";
	size_t n = message_put_run_begin(packet, &from);
	assert_int_equal(message_run_begin(packet, n, &to), 0);
	assert_int_equal(to.argc, MESSAGE_ARGS_MAX);
	assert_string_equal(to.argv[MESSAGE_ARGS_MAX - 2], "a");
	assert_string_equal(to.argv[MESSAGE_ARGS_MAX - 1], "...");
	message_run_begin_release(&to);
}

/* Labels that would fill the packet are none; the run is begun all the same. */
static void endless_labels_are_left_out(void **state)
{
	char *args[] = {"a", NULL};
	char *endless = malloc(WIRE_MESSAGE_MAX);
	const struct message_run_begin from = {
		.project = endless, .experiment = endless, .zone = "FR", .argc = 1, .argv = args};
	struct message_run_begin to;

	(void)state;
	assert_non_null(endless);
	memset(endless, 'l', WIRE_MESSAGE_MAX - 1);
	endless[WIRE_MESSAGE_MAX - 1] = '\0';
	size_t n = message_put_run_begin(packet, &from);
	assert_int_equal(message_run_begin(packet, n, &to), 0);
	assert_string_equal(to.project, "");
	assert_string_equal(to.zone, "FR");
	assert_string_equal(to.argv[0], "a");
	message_run_begin_release(&to);
	free(endless);
}

static void replies_carry_an_error_and_a_text(void **state)
{
	char text[8];
	int32_t error = 0;
	size_t n = message_put_run_reply(packet, WIRE_RUN_READY, ENOENT, "no such zone");

	(void)state;
	assert_int_equal(message_run_reply(packet, n, &error, text, sizeof(text)), 0);
	assert_int_equal(error, ENOENT);
	assert_string_equal(text, "no such");
	assert_int_equal(message_run_reply(packet, n - 1, &error, text, sizeof(text)), -EPROTO);
	assert_int_equal(message_run_reply(packet, n + 1, &error, text, sizeof(text)), -EPROTO);
	assert_int_equal(message_run_reply(packet, 3, &error, text, sizeof(text)), -EPROTO);
	n = message_put_run_reply(packet, WIRE_RUN_DONE, 0, "");
	assert_int_equal(message_run_reply(packet, n, &error, text, sizeof(text)), 0);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_checked),
		cmocka_unit_test(messages_of_fixed_size_have_that_size),
		cmocka_unit_test(a_run_comes_apart_as_it_was_put_together),
		cmocka_unit_test(every_truncation_of_a_run_is_refused),
		cmocka_unit_test(a_run_says_how_many_strings_and_has_an_argument),
		cmocka_unit_test(long_arguments_are_cut),
		cmocka_unit_test(many_arguments_are_cut),
		cmocka_unit_test(endless_labels_are_left_out),
		cmocka_unit_test(replies_carry_an_error_and_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
