/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pages of a sealed memfd its owner has ever written. lseek(2) tells it, also of pages that
 * are swapped out; mincore(2) does not know those.
 */
#include "collector/intake/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int pages_open(struct pages *pages, int fd)
{
	*pages = (struct pages){.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)};
	return pages->fd < 0 ? -errno : 0;
}

void pages_close(struct pages *pages)
{
	close(pages->fd);
	pages->fd = -1;
}

void pages_look_again(struct pages *pages)
{
	memset(pages->hole, 0, sizeof(pages->hole));
}

static bool is_set(const uint64_t *bits, size_t page)
{
	return bits[page / 64] >> page % 64 & 1;
}

static void set(uint64_t *bits, size_t from, size_t to)
{
	for (size_t page = from; page < to; page++)
		bits[page / 64] |= 1ULL << page % 64;
}

/* Marks the page, and where it is a hole all of the hole. */
static void ask(struct pages *pages, size_t page)
{
	off_t at = (off_t)(page * PAGES_BYTES);
	off_t data = lseek(pages->fd, at, SEEK_DATA);
	size_t next;

	if (data == at) {
		set(pages->there, page, page + 1);
		return;
	}
	/* ENXIO: nothing but holes up to the end. */
	next = data < 0 ? PAGES_COUNT : (size_t)data / PAGES_BYTES;
	set(pages->hole, page, next < PAGES_COUNT ? next : PAGES_COUNT);
}

bool pages_there(struct pages *pages, size_t offset)
{
	size_t page = offset / PAGES_BYTES;

	if (page >= PAGES_COUNT)
		return false;
	if (!is_set(pages->there, page) && !is_set(pages->hole, page))
		ask(pages, page);
	return is_set(pages->there, page);
}
