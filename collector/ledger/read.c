/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a ledger: the file line by line, then what lies beside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/ledger/chain.h"
#include "collector/ledger/ledger.h"
#include "collector/ledger/lines.h"
#include "collector/ledger/private.h"
#include "collector/ledger/problem.h"
#include "collector/ledger/reading.h"
#include "collector/ledger/summary.h"

struct reader {
	const char *path;
	struct reading reading;
	struct chain chain;
	size_t torn_bytes;
	const char *journal;
	json_t *secret;
};

static int out_of_memory(struct ledger_problem *problem)
{
	return problem_set(problem, 0, -ENOMEM, "%s", strerror(ENOMEM));
}

/* A line that the chain has proved. */
static int take_line(struct reader *reader, const char *line, size_t length,
		     struct ledger_problem *problem)
{
	json_error_t where;
	json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, &where);
	int error;

	if (!json)
		return problem_set(problem, 0, -EBADMSG, "is no JSON object: %s", where.text);
	error = reading_take(&reader->reading, json, problem);
	json_decref(json);
	if (error == -ENOMEM)
		return out_of_memory(problem);
	if (!error)
		chain_advance(&reader->chain, line, length);
	return error;
}

static int take_tail(struct reader *reader, const char *tail, size_t length,
		     struct ledger_problem *problem)
{
	if (length > 0 && reader->reading.close)
		return problem_set(problem, 0, -EBADMSG, "bytes follow the closing line");
	if (!chain_is_torn(&reader->chain, tail, length))
		return problem_set(problem, 0, -EBADMSG,
				   "the last line is no beginning of a line: it was changed");
	if (!reader->reading.open)
		return problem_set(problem, 0, -ENODATA, "ends within its opening line");
	reader->torn_bytes = length;
	return 0;
}

static int read_chain(struct reader *reader, int fd, struct ledger_problem *problem)
{
	struct lines lines;
	const char *line;
	size_t length;
	unsigned number = 0;
	int found, error;

	lines_open(&lines, fd);
	do {
		found = lines_next(&lines, &line, &length);
		number++;
		if (found < 0) {
			error = problem_set(problem, 0, found, "%s",
					    found == -EMSGSIZE ? "the line is too long"
							       : strerror(-found));
		} else if (found == LINES_TAIL) {
			error = take_tail(reader, line, length, problem);
		} else {
			error = chain_check(&reader->chain, line, length, problem);
			if (!error)
				error = take_line(reader, line, length, problem);
		}
		if (error == -EMSGSIZE)
			error = -EBADMSG;
		if (error == -EBADMSG || error == -EPROTONOSUPPORT)
			problem->line = number;
	} while (!error && found == LINES_WHOLE);
	lines_close(&lines);
	return error;
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

/* A line that continues the chain: what it says wrong is wrong with the journal, not the file. */
static int take_journal(struct reader *reader, const char *line, size_t length,
			struct ledger_problem *problem)
{
	struct chain chain = reader->chain;
	struct ledger_problem found = {0};
	int error = take_line(reader, line, length, &found);

	reader->chain = chain; /* the journal is not part of the file */
	reader->journal = "used";
	if (error)
		return problem_set(problem, 0, error, "in the journal: %s", found.text);
	if (reader->reading.close)
		return problem_set(problem, 0, -EBADMSG, "in the journal: a closing line");
	return 0;
}

/*
 * The journal is one more line if it continues the chain. One that was overtaken by a line in the
 * ledger is stale, one that is not whole is of no use: both are ignored, and said.
 */
static int read_journal(struct reader *reader, struct ledger_problem *problem)
{
	int fd = open_beside(reader->path, ".journal"), error = 0;
	struct ledger_problem ignored;
	struct lines lines;
	const char *line;
	size_t length;

	if (fd < 0)
		return 0;
	lines_open(&lines, fd);
	reader->journal = "damaged";
	if (lines_next(&lines, &line, &length) == LINES_WHOLE) {
		if (chain_check(&reader->chain, line, length, &ignored) == 0)
			error = take_journal(reader, line, length, problem);
		else if (chain_is_whole(line, length))
			reader->journal = "stale";
	}
	lines_close(&lines);
	close(fd);
	return error;
}

static int read_private(struct reader *reader, struct ledger_problem *problem)
{
	int fd = open_beside(reader->path, ".private"), error;
	json_error_t where;

	if (fd < 0)
		return 0;
	reader->secret = json_loadfd(fd, JSON_REJECT_DUPLICATES, &where);
	close(fd);
	if (!reader->secret)
		return problem_set(problem, 0, -EBADMSG, "the private file is no JSON object: %s",
				   where.text);
	error = private_check(reader->secret, reader->reading.open, problem);
	return error == -ENOMEM ? out_of_memory(problem) : error;
}

static int read_all(struct reader *reader, json_t **run, struct ledger_problem *problem)
{
	int fd = open(reader->path, O_RDONLY | O_CLOEXEC), error;

	if (fd < 0)
		return problem_set(problem, 0, -errno, "%s", strerror(errno));
	error = read_chain(reader, fd, problem);
	close(fd);
	if (!error && !reader->reading.close)
		error = read_journal(reader, problem);
	if (!error)
		error = read_private(reader, problem);
	if (error)
		return error;
	*run = summary_make(&reader->reading,
			    &(struct summary_files){&reader->chain, reader->torn_bytes,
						    reader->journal, reader->secret});
	return *run ? 0 : out_of_memory(problem);
}

int ledger_read(const char *path, json_t **run, struct ledger_problem *problem)
{
	struct reader reader = {.path = path};
	int error = reading_init(&reader.reading);

	*run = NULL;
	*problem = (struct ledger_problem){0};
	chain_start(&reader.chain);
	error = error ? out_of_memory(problem) : read_all(&reader, run, problem);
	reading_free(&reader.reading);
	json_decref(reader.secret);
	return error;
}
