/* SPDX-License-Identifier: Apache-2.0 */
/* Rows are found and claimed without a lock, so that a process killed in mid-count harms nobody. */
#include "tests/fake/tally.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TALLY_BYTES (TALLY_ROWS * sizeof(struct tally_row))

static struct tally_row *rows;

int tally_open(const char *path)
{
	void *map;
	int fd;
	int err = 0;

	if (!path || !*path)
		return 0;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)TALLY_BYTES) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	map = mmap(NULL, TALLY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err = -errno;
	else
		rows = map;
	close(fd);
	return err;
}

const struct tally_row *tally_rows(void)
{
	return rows;
}

static bool claim(struct tally_row *row, const char key[TALLY_KEY])
{
	uint32_t expected = TALLY_FREE;

	if (!__atomic_compare_exchange_n(&row->state, &expected, TALLY_CLAIMED, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return false;
	memcpy(row->key, key, TALLY_KEY);
	__atomic_store_n(&row->state, TALLY_READY, __ATOMIC_RELEASE);
	return true;
}

static struct tally_row *find(const char *kind, const char *name)
{
	char key[TALLY_KEY] = "";
	unsigned i;

	if (!rows)
		return NULL;
	snprintf(key, sizeof(key), "%s %s", kind, name);
	for (i = 0; i < TALLY_ROWS; i++) {
		struct tally_row *row = &rows[i];

		if (claim(row, key))
			return row;
		while (__atomic_load_n(&row->state, __ATOMIC_ACQUIRE) != TALLY_READY)
			sched_yield();
		if (!strcmp(row->key, key))
			return row;
	}
	return NULL;
}

void tally_count(const char *kind, const char *name, bool accepted)
{
	struct tally_row *row = find(kind, name);

	if (row)
		__atomic_add_fetch(accepted ? &row->accepted : &row->refused, 1, __ATOMIC_RELAXED);
}

static void raise_to(struct tally_row *row, uint64_t value)
{
	uint64_t seen = __atomic_load_n(&row->accepted, __ATOMIC_RELAXED);

	while (seen < value && !__atomic_compare_exchange_n(&row->accepted, &seen, value, false,
							    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

void tally_gauge(const char *name, uint64_t value)
{
	char most[TALLY_KEY];
	struct tally_row *now = find("gauge", name);
	struct tally_row *max;

	if (!now)
		return;
	snprintf(most, sizeof(most), "%s-max", name);
	max = find("gauge", most);
	__atomic_store_n(&now->accepted, value, __ATOMIC_RELAXED);
	if (max)
		raise_to(max, value);
}
