/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text in memory that outlives who writes it: two places that are written in turn, and a head
 * that says which one holds. Pages that were never written cost nothing.
 */
#include "collector/run/memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define MAGIC	0x316d6d617267ULL
#define FIRST	4096u
#define PLACE_0 (FIRST)
#define PLACE_1 (FIRST + (off_t)MEMORY_MAX)

struct head {
	uint64_t magic;
	uint64_t at;
	uint64_t length;
};

int memory_make(void)
{
	int fd = memfd_create("gramme-run", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create("gramme-run", MFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_at(int fd, const void *bytes, size_t length, off_t at)
{
	while (length > 0) {
		ssize_t n = pwrite(fd, bytes, length, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes = (const char *)bytes + n;
		length -= (size_t)n;
		at += n;
	}
	return 0;
}

/* Returns the bytes that are there, or -errno. */
static ssize_t read_at(int fd, void *bytes, size_t length, off_t at)
{
	size_t done = 0;
	ssize_t n = 1;

	while (done < length && n > 0) {
		n = pread(fd, (char *)bytes + done, length - done, at + (off_t)done);
		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)done;
}

int memory_write(int fd, const char *text, size_t length)
{
	struct head head = {0};
	ssize_t n = read_at(fd, &head, sizeof(head), 0);

	if (n < 0)
		return (int)n;
	if (length > MEMORY_MAX)
		return -EMSGSIZE;
	head = (struct head){MAGIC, head.at == PLACE_0 ? PLACE_1 : PLACE_0, length};
	int error = write_at(fd, text, length, (off_t)head.at);
	/* A few bytes are copied at once: no signal comes in between. */
	return error ? error : write_at(fd, &head, sizeof(head), 0);
}

int memory_read(int fd, char **text, size_t *length)
{
	struct head head;
	ssize_t n = read_at(fd, &head, sizeof(head), 0);

	if (n < 0)
		return (int)n;
	if (n == 0)
		return -ENODATA;
	if (n != sizeof(head) || head.magic != MAGIC || head.length > MEMORY_MAX ||
	    (head.at != PLACE_0 && head.at != PLACE_1))
		return -EBADMSG;
	*text = malloc(head.length + 1);
	if (!*text)
		return -ENOMEM;
	n = read_at(fd, *text, head.length, (off_t)head.at);
	if (n == (ssize_t)head.length) {
		(*text)[head.length] = '\0';
		*length = head.length;
		return 0;
	}
	free(*text);
	return n < 0 ? (int)n : -EBADMSG;
}
