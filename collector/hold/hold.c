/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of what is held, and its packets.
 */
#include "collector/hold/hold.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM_BYTES (HOLD_ITEMS_MAX * sizeof(struct hold_item))

static void close_all(const int fd[HOLD_FDS])
{
	for (size_t i = 0; i < HOLD_FDS; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

struct hold_item *hold_find(const struct hold_table *table, uint64_t id)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->item[i].id == id)
			return &table->item[i];
	return NULL;
}

/* Pages that were never written cost nothing. */
static struct hold_item *make_room(void)
{
	void *room = mmap(NULL, ROOM_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return room == MAP_FAILED ? NULL : room;
}

int hold_put(struct hold_table *table, const struct hold_item *item)
{
	struct hold_item *place = hold_find(table, item->id);

	if (place) {
		const struct hold_item before = *place;
		*place = *item;
		close_all(before.fd);
		return 0;
	}
	if (!table->item)
		table->item = make_room();
	if (!table->item || table->n == HOLD_ITEMS_MAX) {
		close_all(item->fd);
		return -ENOMEM;
	}
	table->item[table->n] = *item;
	table->n++;
	return 0;
}

void hold_drop(struct hold_table *table, uint64_t id)
{
	struct hold_item *item = hold_find(table, id);

	if (!item)
		return;
	const struct hold_item gone = *item;
	*item = table->item[table->n - 1];
	table->n--;
	close_all(gone.fd);
}

void hold_release(struct hold_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		close_all(table->item[i].fd);
	if (table->item)
		munmap(table->item, ROOM_BYTES);
	*table = (struct hold_table){0};
}

size_t hold_count(const struct hold_table *table, enum hold_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < table->n; i++)
		n += table->item[i].kind == kind;
	return n;
}

struct hold_item hold_client(uint64_t id, int fd)
{
	struct hold_item item = {.id = id, .kind = HOLD_CONNECTION, .fresh = true, .fd = {fd, -1}};
	struct ucred who = {.uid = (uid_t)-1};
	socklen_t size = sizeof(who);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size);
	memcpy(item.label, &who.uid, sizeof(who.uid));
	return item;
}

size_t hold_user_count(const struct hold_table *table, const struct hold_item *client)
{
	size_t n = 0;

	for (size_t i = 0; i < table->n; i++)
		n += table->item[i].kind == HOLD_CONNECTION &&
		     !memcmp(table->item[i].label, client->label, sizeof(uid_t));
	return n;
}

static int send_with(int socket, const struct hold_packet *packet, const int fd[HOLD_FDS])
{
	char control[CMSG_SPACE(HOLD_FDS * sizeof(int))] = {0};
	struct iovec part = {(void *)(uintptr_t)packet, sizeof(*packet)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	size_t n = 0;

	while (n < HOLD_FDS && fd[n] >= 0)
		n++;
	if (n) {
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(n * sizeof(int));
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(head), fd, n * sizeof(int));
	}
	if (sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	return 0;
}

int hold_send(int socket, const struct hold_packet *packet)
{
	static const int none[HOLD_FDS] = {-1, -1};

	return send_with(socket, packet, none);
}

int hold_send_item(int socket, enum hold_op op, const struct hold_item *item)
{
	struct hold_packet packet = {.magic = HOLD_MAGIC,
				     .op = (uint16_t)op,
				     .kind = (uint16_t)item->kind,
				     .id = item->id};

	memcpy(packet.label, item->label, sizeof(packet.label));
	return send_with(socket, &packet, item->fd);
}

int hold_receive(int socket, struct hold_packet *packet, int fd[HOLD_FDS])
{
	char control[CMSG_SPACE(HOLD_FDS * sizeof(int))];
	struct iovec part = {packet, sizeof(*packet)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};

	for (size_t i = 0; i < HOLD_FDS; i++)
		fd[i] = -1;
	ssize_t n = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	/* It died with something of ours unread, which is told first, and once. */
	if (n < 0 && errno == ECONNRESET)
		n = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0));
	if (n == sizeof(*packet) && packet->magic == HOLD_MAGIC && packet->count <= HOLD_DROPS &&
	    !(message.msg_flags & MSG_TRUNC))
		return 0;
	close_all(fd);
	return n == 0 ? -EPIPE : -EPROTO;
}
