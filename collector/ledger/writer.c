/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open end of a ledger. A line that could not be written whole is cut off again at once, or
 * before the next one.
 */
#include "collector/ledger/writer.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int writer_new(struct ledger **ledger)
{
	struct ledger *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	new->fd = -1;
	new->place.folder = -1;
	chain_start(&new->chain);
	int error = sodium_init() < 0 ? -EIO : tally_init(&new->written);
	if (error) {
		free(new);
		return error;
	}
	*ledger = new;
	return 0;
}

/* Cuts the file back to its whole lines. */
static int cut_back(struct ledger *ledger)
{
	ledger->torn = ftruncate(ledger->fd, ledger->size) != 0;
	return ledger->torn ? -errno : 0;
}

/* A file that somebody has removed takes lines as before, but nobody will ever read them. */
static int is_there(const struct ledger *ledger)
{
	struct stat st;

	if (fstat(ledger->fd, &st))
		return -errno;
	return st.st_nlink > 0 || ledger->fresh ? 0 : -ENOENT;
}

int writer_sync(struct ledger *ledger)
{
	if (ledger->loose && fdatasync(ledger->fd))
		return -errno;
	ledger->loose = false;
	return 0;
}

int writer_append_line(struct ledger *ledger, const char *line, size_t length, bool durable)
{
	int error = is_there(ledger);

	if (!error && ledger->torn)
		error = cut_back(ledger);
	if (error)
		return error;
	error = file_write(ledger->fd, line, length);
	ledger->loose = true;
	if (!error && durable)
		error = writer_sync(ledger);
	if (error) {
		cut_back(ledger);
		return error;
	}
	chain_advance(&ledger->chain, line, length);
	ledger->size += (off_t)length;
	return 0;
}

int writer_append(struct ledger *ledger, const json_t *body, bool durable)
{
	size_t length = 0;
	char *line;
	int error = chain_seal(&ledger->chain, body, &line, &length);

	if (error)
		return error;
	error = writer_append_line(ledger, line, length, durable);
	free(line);
	return error;
}
