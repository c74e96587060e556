/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clients that a collector is told of: with a holder of its own, and without a meter.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/hold/hold.h"
#include "collector/hold/keeper.h"
#include "collector/intake/listener.h"

#define CLIENTS 3

static char folder[64], path[80];
static uv_loop_t loop;
static struct keeper *keeper;
static uv_prepare_t turn;
static unsigned turns, told, told_in[CLIENTS];

static void on_turn(uv_prepare_t *prepare)
{
	(void)prepare;
	turns++;
	if (told == CLIENTS)
		uv_stop(&loop);
}

/* One that brings a run, on a disk that is slow: longer than what one turn of the loop may take. */
static void on_client(void *arg, uint64_t id, int fd)
{
	(void)arg;
	(void)fd;
	usleep(260000);
	told_in[told++] = turns;
	keeper_drop(keeper, id);
	keeper_push(keeper);
}

static void on_replaced(void *arg)
{
	(void)arg;
}

static void on_hung_up(void *arg, uid_t uid)
{
	(void)arg;
	(void)uid;
}

/* Where this test is killed, nobody goes on. */
static int no_stand_in(void *arg, bool now)
{
	(void)arg;
	(void)now;
	return 1;
}

static int set_up(void **state)
{
	const struct keeper_options options = {.path = path,
					       .patience_ms = 60000,
					       .stand_in = no_stand_in,
					       .client = on_client,
					       .replaced = on_replaced,
					       .hung_up = on_hung_up};
	struct hold_item socket = {.id = HOLD_ID_SOCKET, .kind = HOLD_SOCKET, .fd = {-1, -1}};

	(void)state;
	turns = told = 0;
	/* A socket's path is short. */
	strcpy(folder, "/tmp/keeper.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	socket.fd[0] = listener_open(path, 0600);
	if (socket.fd[0] < 0 || uv_loop_init(&loop) || keeper_open(&loop, &options, &keeper) ||
	    keeper_keep(keeper, &socket) || uv_prepare_init(&loop, &turn))
		return -1;
	return uv_prepare_start(&turn, on_turn);
}

static int tear_down(void **state)
{
	(void)state;
	keeper_close(keeper);
	uv_close((uv_handle_t *)&turn, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	int error = uv_loop_close(&loop);
	unlink(path);
	/* The holder has removed its own socket. */
	return error ? error : rmdir(folder);
}

static void connect_clients(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	for (int i = 0; i < CLIENTS; i++) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		assert_return_code(fd, 0);
		assert_return_code(connect(fd, (const void *)&address, sizeof(address)), 0);
		close(fd);
	}
}

/* Whoever waits besides is heard in between, however long each client takes. */
static void the_loop_turns_between_clients(void)
{
	turns++;
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 1);
	for (int i = 1; i < CLIENTS; i++)
		assert_true(told_in[i] > told_in[i - 1]);
}

static void who_was_there_before_is_told_of_by_and_by(void **state)
{
	(void)state;
	connect_clients();
	keeper_flush(keeper, NULL); /* nobody watches yet */
	assert_int_equal(told, 0);
	assert_int_equal(keeper_watch(keeper), 0);
	assert_int_equal(told, 1);
	assert_true(keeper_waits(keeper));
	the_loop_turns_between_clients();
	assert_false(keeper_waits(keeper));
}

static void others_than_the_user_asked_for_are_told_of_by_and_by(void **state)
{
	const uid_t nobody = getuid() + 1;

	(void)state;
	assert_int_equal(keeper_watch(keeper), 0);
	connect_clients();
	keeper_flush(keeper, &nobody);
	assert_int_equal(told, 0);
	assert_true(keeper_waits(keeper));
	the_loop_turns_between_clients();
}

static void all_of_the_user_asked_for_are_told_of_at_once(void **state)
{
	const uid_t us = getuid();

	(void)state;
	assert_int_equal(keeper_watch(keeper), 0);
	connect_clients();
	keeper_flush(keeper, &us);
	assert_int_equal(told, CLIENTS);
	assert_false(keeper_waits(keeper));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_was_there_before_is_told_of_by_and_by),
		TEST(others_than_the_user_asked_for_are_told_of_by_and_by),
		TEST(all_of_the_user_asked_for_are_told_of_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
