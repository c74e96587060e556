/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger's lines from open descriptors.
 */
#include "collector/ledger/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/ledger/lines.h"
#include "collector/ledger/problem.h"

int reader_init(struct reader *reader)
{
	*reader = (struct reader){0};
	chain_start(&reader->chain);
	return reading_init(&reader->reading);
}

void reader_free(struct reader *reader)
{
	reading_free(&reader->reading);
}

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
	return error == -ENOMEM ? out_of_memory(problem) : error;
}

static void go_on(struct reader *reader, const char *line, size_t length)
{
	chain_advance(&reader->chain, line, length);
	reader->whole_bytes += length;
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

int reader_chain(struct reader *reader, int fd, struct ledger_problem *problem)
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
			if (!error)
				go_on(reader, line, length);
		}
		if (error == -EMSGSIZE)
			error = -EBADMSG;
		if (error == -EBADMSG || error == -EPROTONOSUPPORT)
			problem->line = number;
	} while (!error && found == LINES_WHOLE);
	lines_close(&lines);
	return error;
}

/* A line that continues the chain: what it says wrong is wrong with the journal, not the file. */
static int take_journal(struct reader *reader, const char *line, size_t length,
			struct ledger_problem *problem)
{
	struct ledger_problem found = {0};
	int error = take_line(reader, line, length, &found);

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
int reader_journal(struct reader *reader, int fd, char **copy, size_t *copied,
		   struct ledger_problem *problem)
{
	struct ledger_problem ignored;
	struct lines lines;
	const char *line;
	size_t length;
	int error = 0;

	lines_open(&lines, fd);
	reader->journal = "damaged";
	if (lines_next(&lines, &line, &length) == LINES_WHOLE) {
		if (chain_check(&reader->chain, line, length, &ignored) == 0)
			error = take_journal(reader, line, length, problem);
		else if (chain_is_whole(line, length))
			reader->journal = "stale";
		if (copy && !error && !strcmp(reader->journal, "used")) {
			*copy = strndup(line, length);
			*copied = length;
			error = *copy ? 0 : out_of_memory(problem);
		}
	}
	lines_close(&lines);
	return error;
}
