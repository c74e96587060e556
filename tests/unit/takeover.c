/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept for another collector: a memory that is whole whenever its writer dies, rows that
 * count what is in the ledger once, and processes that go on where they were.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
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

#include "collector/hold/clients.h"
#include "collector/hold/hold.h"
#include "collector/run/kernels.h"
#include "collector/run/memory.h"
#include "collector/run/tree.h"

static void assert_memory(int fd, const char *expected)
{
	size_t length;
	char *text;

	assert_int_equal(memory_read(fd, &text, &length), 0);
	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(expected));
	free(text);
}

static void test_a_memory_is_replaced_as_a_whole(void **state)
{
	int fd = memory_make();
	char *text;
	size_t length;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(memory_read(fd, &text, &length), -ENODATA);
	assert_int_equal(memory_write(fd, "first", 5), 0);
	assert_memory(fd, "first");
	assert_int_equal(memory_write(fd, "the second", 10), 0);
	assert_memory(fd, "the second");
	assert_int_equal(memory_write(fd, "3", 1), 0);
	assert_memory(fd, "3");
	assert_int_equal(memory_write(fd, "", MEMORY_MAX + 1u), -EMSGSIZE);
	assert_memory(fd, "3");
	close(fd);
}

/* What a writer that dies leaves: some of the new text, and the head as it was. */
static void test_a_writer_that_dies_leaves_the_old_text(void **state)
{
	int fd = memory_make();
	unsigned char before[24], after[24];

	(void)state;
	assert_int_equal(memory_write(fd, "old", 3), 0);
	assert_int_equal(pread(fd, before, sizeof(before), 0), sizeof(before));
	assert_int_equal(memory_write(fd, "new and longer", 14), 0);
	assert_int_equal(pread(fd, after, sizeof(after), 0), sizeof(after));
	assert_int_equal(pwrite(fd, before, sizeof(before), 0), sizeof(before));
	assert_memory(fd, "old");
	assert_int_equal(pwrite(fd, after, sizeof(after), 0), sizeof(after));
	assert_memory(fd, "new and longer");
	close(fd);
}

static void test_nonsense_is_no_memory(void **state)
{
	int fd = memory_make();
	uint64_t head[3];
	char *text;
	size_t length;

	(void)state;
	assert_int_equal(memory_write(fd, "text", 4), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pread(fd, head, sizeof(head), 0), sizeof(head));
		uint64_t good = head[i];
		head[i] = i == 2 ? MEMORY_MAX : 12345;
		assert_int_equal(pwrite(fd, head, sizeof(head), 0), sizeof(head));
		assert_int_equal(memory_read(fd, &text, &length), -EBADMSG);
		head[i] = good;
		assert_int_equal(pwrite(fd, head, sizeof(head), 0), sizeof(head));
	}
	assert_memory(fd, "text");
	close(fd);
}

static struct ledger_kernel row_of(const char *name, uint64_t count)
{
	return (struct ledger_kernel){.api = "opencl",
				      .kind = "kernel",
				      .name = name,
				      .device = "d",
				      .count = count,
				      .busy_ns = 70,
				      .energy_uj = 7};
}

static void test_rows_go_on_from_the_larger_of_the_two(void **state)
{
	struct kernels kernels = {0};
	struct ledger_kernel ledger = row_of("behind", 100), ahead = row_of("ahead", 100);
	const struct arena_total gone = {.count = 30}, more = {.count = 130};

	(void)state;
	/* The ledger is ahead of what was let go: the rest comes again from live arenas. */
	assert_int_equal(kernels_restore(&kernels, &ledger, &gone), 0);
	assert_int_equal(kernels.row[0].count, 100);
	assert_int_equal(kernels.past[0].owed.count, 70);
	assert_int_equal(kernels.past[0].gone.count, 30);
	assert_int_equal(kernels.past[0].before.busy_ns, 70);
	assert_int_equal(kernels.row[0].energy_uj, 7);
	/* An arena was let go after the ledger's last line. */
	assert_int_equal(kernels_restore(&kernels, &ahead, &more), 0);
	assert_int_equal(kernels.row[1].count, 130);
	assert_int_equal(kernels.past[1].owed.count, 0);
	assert_int_equal(kernels_count(&kernels), 230);
	assert_int_equal(kernels_restore(&kernels, &ahead, &more), -EBADMSG);
	kernels_release(&kernels);
}

static const struct tree_world world = {.root = "/nowhere"};

static void test_members_go_on_where_they_were(void **state)
{
	struct tree tree, again;
	struct proc_stat stat = {.pid = 7, .ppid = 1, .comm = "train", .start_ticks = 99};

	(void)state;
	tree_open(&tree, &world, 50);
	assert_int_equal(tree_add(&tree, &stat, 1000), 0);
	stat.pid = 8;
	assert_int_equal(tree_add_reaper(&tree, &stat, 1000), 0);
	tree.member[0].own_ns = 123456789;
	tree.member[0].owed_ns[1] = 5;
	tree.member[0].row = 0;
	tree.member[0].cover = COVER_STATIC;
	tree.member[0].image = UINT64_MAX;
	tree.scan_ns = 2000;
	json_t *saved = tree_save(&tree);
	assert_non_null(saved);

	tree_open(&again, &world, 0);
	assert_int_equal(unseen_add(&again.unseen, "train", "static binary"), 0);
	assert_int_equal(tree_restore(&again, saved), 0);
	assert_int_equal(again.n, 2);
	assert_int_equal(again.begin_ticks, 50);
	assert_int_equal(again.scan_ns, 2000);
	assert_memory_equal(&again.member[0], &tree.member[0], sizeof(tree.member[0]));
	assert_true(again.member[1].reaper);
	assert_non_null(tree_find(&again, 7, 99));
	tree_release(&again);

	/* A row that is not there would be a wild index. */
	tree_open(&again, &world, 0);
	assert_int_equal(tree_restore(&again, saved), -EBADMSG);
	tree_release(&again);
	json_decref(saved);
	saved = json_pack("{s:i, s:i, s:[[s]]}", "begin_ticks", 1, "scan_ns", 1, "members", "x");
	tree_open(&again, &world, 0);
	assert_int_equal(tree_restore(&again, saved), -EBADMSG);
	tree_release(&again);
	json_decref(saved);
	tree_release(&tree);
}

static void test_what_is_held_goes_over_with_its_descriptors(void **state)
{
	struct hold_item item = {.id = 77, .kind = HOLD_ARENA, .label = "label"};
	struct hold_packet packet;
	struct hold_table table = {0};
	int ends[2], fd[HOLD_FDS];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_int_equal(pipe(item.fd), 0);
	assert_int_equal(hold_send_item(ends[0], HOLD_KEEP, &item), 0);
	assert_int_equal(hold_receive(ends[1], &packet, fd), 0);
	assert_int_equal(packet.id, 77);
	assert_string_equal((char *)packet.label, "label");
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_int_equal(read(item.fd[0], &packet, 1), 1);
	close(fd[0]);
	close(fd[1]);
	assert_int_equal(hold_receive(ends[1], &packet, fd), -EAGAIN);

	assert_int_equal(hold_put(&table, &item), 0);
	assert_int_equal(hold_count(&table, HOLD_ARENA), 1);
	assert_non_null(hold_find(&table, 77));
	/* In place of the one before, whose descriptors are closed. */
	item.fd[0] = dup(0);
	item.fd[1] = -1;
	assert_int_equal(hold_put(&table, &item), 0);
	assert_int_equal(table.n, 1);
	hold_drop(&table, 77);
	assert_int_equal(fcntl(item.fd[0], F_GETFD), -1);
	hold_release(&table);

	/* What is no packet of ours brings nothing in, and loses no descriptor. */
	assert_int_equal(send(ends[0], "junk", 4, 0), 4);
	assert_int_equal(hold_receive(ends[1], &packet, fd), -EPROTO);
	assert_int_equal(fd[0], -1);
	close(ends[0]);
	assert_int_equal(hold_receive(ends[1], &packet, fd), -EPIPE);
	close(ends[1]);
}

/* One that dies with something unread is heard to its last word. */
static void test_what_the_dead_have_said_is_heard(void **state)
{
	const struct hold_packet said = {.magic = HOLD_MAGIC, .op = HOLD_DROP, .id = 5};
	struct hold_packet packet;
	int ends[2], fd[HOLD_FDS];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_int_equal(hold_send(ends[0], &said), 0);
	assert_int_equal(hold_send(ends[0], &said), 0);
	assert_int_equal(hold_send(ends[1], &said), 0);
	close(ends[0]);
	assert_int_equal(hold_receive(ends[1], &packet, fd), 0);
	assert_int_equal(hold_receive(ends[1], &packet, fd), 0);
	assert_int_equal(packet.id, 5);
	assert_int_equal(hold_receive(ends[1], &packet, fd), -EPIPE);
	close(ends[1]);
}

/* An item twice, as who dies while he drops another leaves it; a client that was not put down. */
static void test_a_spare_finds_what_the_table_lacks(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct hold_table table = {0};
	uint64_t next_id = 40;
	int listening = socket(AF_UNIX, SOCK_SEQPACKET, 0), client[3], accepted[3];

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/gramme-unit.%d", getpid());
	assert_int_equal(bind(listening, (void *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listening, 3), 0);
	for (int i = 0; i < 3; i++) {
		client[i] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		assert_int_equal(connect(client[i], (void *)&address, sizeof(address)), 0);
		accepted[i] = accept(listening, NULL, NULL);
	}
	unlink(address.sun_path);
	assert_int_equal(hold_put(&table, &(struct hold_item){.id = HOLD_ID_SOCKET,
							      .kind = HOLD_SOCKET,
							      .fd = {listening, -1}}),
			 0);
	for (uint64_t i = 0; i < 2; i++)
		assert_int_equal(hold_put(&table, &(struct hold_item){.id = 20 + i,
								      .kind = HOLD_CONNECTION,
								      .fd = {accepted[i], -1}}),
				 0);
	table.item[table.n] = table.item[1];
	table.n++;
	clients_find(&table, &next_id);
	assert_int_equal(table.n, 4);
	assert_int_equal(next_id, 41);
	assert_int_equal(hold_find(&table, 40)->fd[0], accepted[2]);
	assert_true(hold_find(&table, 40)->fresh);
	assert_false(hold_find(&table, 20)->fresh);

	clients_hang_up(listening, accepted[1]);
	assert_int_equal(fcntl(accepted[0], F_GETFD), -1);
	assert_int_equal(fcntl(accepted[1], F_GETFD), 0);
	assert_int_equal(fcntl(accepted[2], F_GETFD), -1);
	assert_int_equal(fcntl(listening, F_GETFD), 0);
	assert_int_equal(fcntl(client[0], F_GETFD), 0);
	hold_release(&table);
	for (int i = 0; i < 3; i++)
		close(client[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_memory_is_replaced_as_a_whole),
		cmocka_unit_test(test_a_writer_that_dies_leaves_the_old_text),
		cmocka_unit_test(test_nonsense_is_no_memory),
		cmocka_unit_test(test_rows_go_on_from_the_larger_of_the_two),
		cmocka_unit_test(test_members_go_on_where_they_were),
		cmocka_unit_test(test_what_is_held_goes_over_with_its_descriptors),
		cmocka_unit_test(test_what_the_dead_have_said_is_heard),
		cmocka_unit_test(test_a_spare_finds_what_the_table_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
