/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's BMC, through the kernel's IPMI driver. One question at a time: the device is opened
 * for it and closed behind it, so that an answer which comes too late belongs to nobody.
 */
#include "collector/world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ipmi.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A BMC answers within a tenth of a second; one that is busy may take some. */
#define PATIENCE_MS 4000
#define DATA_MAX    64

struct question {
	unsigned netfn;
	unsigned command;
	unsigned char data[DATA_MAX];
	size_t size;
};

/* "2c/02/dc010000" */
static int parse(const char *rest, struct question *question)
{
	int used = 0;

	if (sscanf(rest, "%2x/%2x/%n", &question->netfn, &question->command, &used) != 2 || !used)
		return -EINVAL;
	for (rest += used; *rest; rest += 2) {
		unsigned byte;

		if (question->size == DATA_MAX || !rest[1] || sscanf(rest, "%2x", &byte) != 1)
			return -EINVAL;
		question->data[question->size++] = (unsigned char)byte;
	}
	return 0;
}

static int open_device(void)
{
	static const char *const path[] = {"/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0"};
	int error = -ENOENT;

	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]) && error == -ENOENT; i++) {
		int fd = open(path[i], O_RDWR | O_CLOEXEC);

		if (fd >= 0)
			return fd;
		error = -errno;
	}
	return error;
}

static int put_question(int fd, struct question *question)
{
	struct ipmi_system_interface_addr address = {.addr_type = IPMI_SYSTEM_INTERFACE_ADDR_TYPE,
						     .channel = IPMI_BMC_CHANNEL};
	struct ipmi_req request = {
		.addr = (unsigned char *)&address,
		.addr_len = sizeof(address),
		.msgid = 1,
		.msg = {.netfn = (unsigned char)question->netfn,
			.cmd = (unsigned char)question->command,
			.data = question->data,
			.data_len = (unsigned short)question->size},
	};

	return ioctl(fd, IPMICTL_SEND_COMMAND, &request) ? -errno : 0;
}

struct answer {
	unsigned char data[IPMI_MAX_MSG_LENGTH];
};

/* Returns the reply's length, or -errno. */
static ssize_t take_reply(int fd, const struct question *question, struct answer *answer)
{
	struct ipmi_addr address;
	struct ipmi_recv reply = {
		.addr = (unsigned char *)&address,
		.addr_len = sizeof(address),
		.msg = {.data = answer->data, .data_len = sizeof(answer->data)},
	};
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int n = poll(&ready, 1, PATIENCE_MS);

	if (n <= 0)
		return n ? -errno : -ETIMEDOUT;
	if (ioctl(fd, IPMICTL_RECEIVE_MSG_TRUNC, &reply))
		return -errno;
	/* A reply has the next network function. */
	if (reply.msgid != 1 || reply.msg.netfn != (question->netfn | 1) ||
	    reply.msg.cmd != question->command)
		return -EBADMSG;
	return reply.msg.data_len;
}

ssize_t world_ask_ipmi(const char *rest, char *answer, size_t size)
{
	struct question question = {0};
	struct answer reply = {0};
	ssize_t length = parse(rest, &question);
	int fd;

	if (length)
		return length;
	fd = open_device();
	if (fd < 0)
		return fd;
	length = put_question(fd, &question);
	if (!length)
		length = take_reply(fd, &question, &reply);
	close(fd);
	if (length < 0)
		return length;
	if (size <= 2 * (size_t)length)
		return -ENOBUFS;
	for (ssize_t i = 0; i < length; i++)
		snprintf(answer + 2 * i, 3, "%02x", reply.data[i]);
	return 2 * length;
}
