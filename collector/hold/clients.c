/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding a holder's clients among its descriptors.
 */
#include "collector/hold/clients.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

struct search {
	struct sockaddr_un
		address; /* of the listening socket: what was accepted there has it, too */
	socklen_t length;
	void (*found)(struct search *search, int fd);
	struct hold_table *table;
	uint64_t next_id;
	int but;
};

static bool is_accepted(const struct search *search, int fd)
{
	struct sockaddr_un address = {0};
	socklen_t size = sizeof(address);
	int listens = 1;
	socklen_t flag = sizeof(listens);

	return getsockname(fd, (void *)&address, &size) == 0 && size == search->length &&
	       !memcmp(&address, &search->address, size) &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &flag) == 0 && !listens;
}

/* One piece of the list of descriptors, as getdents64(2) gives it. */
static void look_through(struct search *search, const char *piece, size_t n)
{
	const struct dirent64 *entry;

	for (size_t at = 0; at < n; at += entry->d_reclen) {
		entry = (const void *)(piece + at);
		int fd = atoi(entry->d_name);
		if (fd > 2 && is_accepted(search, fd))
			search->found(search, fd);
	}
}

static void search_all(struct search *search, int listening)
{
	_Alignas(struct dirent64) char piece[4096];
	long n;

	search->length = sizeof(search->address);
	if (getsockname(listening, (void *)&search->address, &search->length))
		return;
	int list = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (list < 0)
		return;
	while ((n = syscall(SYS_getdents64, list, piece, sizeof(piece))) > 0)
		look_through(search, piece, (size_t)n);
	close(list);
}

static void put_down(struct search *search, int fd)
{
	struct hold_table *table = search->table;

	for (size_t i = 0; i < table->n; i++)
		if (table->item[i].fd[0] == fd)
			return;
	const struct hold_item client = hold_client(search->next_id++, fd);
	hold_put(table, &client);
}

static void make_single(struct hold_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		for (size_t j = table->n - 1; j > i; j--)
			if (table->item[j].id == table->item[i].id) {
				table->item[j] = table->item[table->n - 1];
				table->n--;
			}
}

void clients_find(struct hold_table *table, uint64_t *next_id)
{
	struct search search = {.found = put_down, .table = table, .next_id = *next_id};

	make_single(table);
	const struct hold_item *listening = hold_find(table, HOLD_ID_SOCKET);
	if (listening)
		search_all(&search, listening->fd[0]);
	*next_id = search.next_id;
}

static void hang_up(struct search *search, int fd)
{
	if (fd != search->but)
		close(fd);
}

void clients_hang_up(int listening, int but)
{
	struct search search = {.found = hang_up, .but = but};

	search_all(&search, listening);
}
