/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a ledger: the file line by line, then what lies beside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/ledger/ledger.h"
#include "collector/ledger/private.h"
#include "collector/ledger/problem.h"
#include "collector/ledger/reader.h"
#include "collector/ledger/summary.h"

static int out_of_memory(struct ledger_problem *problem)
{
	return problem_set(problem, 0, -ENOMEM, "%s", strerror(ENOMEM));
}

/* "dir/NAME.jsonl" gives "dir/NAME" and `suffix`. False where the ledger has no such name. */
static bool beside(const char *path, const char *suffix, char other[PATH_MAX])
{
	static const char ending[] = ".jsonl";
	size_t length = strlen(path), stem;

	if (length <= strlen(ending) || strcmp(path + length - strlen(ending), ending) != 0)
		return false;
	stem = length - strlen(ending);
	return snprintf(other, PATH_MAX, "%.*s%s", (int)stem, path, suffix) < PATH_MAX;
}

/* Opens a plain file beside the ledger; -1 where there is none that we may read. */
static int open_beside(const char *path, const char *suffix)
{
	char other[PATH_MAX];
	struct stat st;
	int fd;

	if (!beside(path, suffix, other))
		return -1;
	fd = open(other, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int read_journal(struct reader *reader, const char *path, struct ledger_problem *problem)
{
	int fd = open_beside(path, ".journal");

	if (fd < 0)
		return 0;
	int error = reader_journal(reader, fd, NULL, NULL, problem);
	close(fd);
	return error;
}

static int read_private(const struct reader *reader, const char *path, json_t **secret,
			struct ledger_problem *problem)
{
	int fd = open_beside(path, ".private"), error;
	json_error_t where;

	if (fd < 0)
		return 0;
	*secret = json_loadfd(fd, JSON_REJECT_DUPLICATES, &where);
	close(fd);
	if (!*secret)
		return problem_set(problem, 0, -EBADMSG, "the private file is no JSON object: %s",
				   where.text);
	error = private_check(*secret, reader->reading.open, problem);
	return error == -ENOMEM ? out_of_memory(problem) : error;
}

static int read_all(struct reader *reader, const char *path, json_t **secret,
		    struct ledger_problem *problem)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;

	if (fd < 0)
		return problem_set(problem, 0, -errno, "%s", strerror(errno));
	error = reader_chain(reader, fd, problem);
	close(fd);
	if (!error && !reader->reading.close)
		error = read_journal(reader, path, problem);
	return error ? error : read_private(reader, path, secret, problem);
}

int ledger_read_draw(const char *path, json_t **run, struct draw *draw,
		     struct ledger_problem *problem)
{
	struct reader reader;
	json_t *secret = NULL;
	int error = reader_init(&reader);

	*run = NULL;
	*draw = (struct draw){0};
	*problem = (struct ledger_problem){0};
	error = error ? out_of_memory(problem) : read_all(&reader, path, &secret, problem);
	if (!error) {
		const struct summary_files files = {&reader.chain, reader.torn_bytes,
						    reader.journal, secret};
		*run = summary_make(&reader.reading, &files);
		error = *run ? 0 : out_of_memory(problem);
		*draw = reader.reading.draw;
		reader.reading.draw = (struct draw){0};
	}
	reader_free(&reader);
	json_decref(secret);
	return error;
}

int ledger_read(const char *path, json_t **run, struct ledger_problem *problem)
{
	struct draw draw;
	int error = ledger_read_draw(path, run, &draw, problem);

	draw_free(&draw);
	return error;
}
