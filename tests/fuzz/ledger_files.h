/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger with what lies beside it, for the two targets that read one: read, and where it is
 * accepted printed in both forms.
 */
#ifndef GRAMME_FUZZ_LEDGER_FILES_H
#define GRAMME_FUZZ_LEDGER_FILES_H

#include "tests/fuzz/fuzz.h"

#include "collector/cmd/show.h"
#include "collector/ledger/ledger.h"

/* "@jsonl", "@private" and "@journal" are files, by their suffixes; others are passed over. */
static const char *const ledger_suffix[] = {"jsonl", "private", "journal"};

enum ledger_part { LEDGER_CHAIN, LEDGER_PRIVATE, LEDGER_JOURNAL, LEDGER_PARTS };

struct ledger_files {
	struct fuzz_file part[LEDGER_PARTS]; /* without a name: not there */
};

static inline struct ledger_files ledger_files_of(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data;
	struct ledger_files files = {0};
	struct fuzz_file file;

	while (fuzz_next_file(&at, (const char *)data + size, &file))
		for (int i = 0; i < LEDGER_PARTS; i++)
			if (!strcmp(file.name, ledger_suffix[i]))
				files.part[i] = file;
	return files;
}

static inline void ledger_lay_out(const struct ledger_files *files)
{
	char name[32];

	for (int i = 0; i < LEDGER_PARTS; i++) {
		const struct fuzz_file *file = &files->part[i];

		snprintf(name, sizeof(name), "run.%s", ledger_suffix[i]);
		if (file->name[0])
			fuzz_put(name, file->content, file->size);
		else
			fuzz_remove(name);
	}
}

/* A page that a stranger's ledger gave must not steer the terminal that it is shown on. */
static inline void ledger_show(const json_t *run, bool utf8)
{
	char *text = NULL;
	size_t size = 0;
	struct page page = {.out = open_memstream(&text, &size), .columns = 80, .utf8 = utf8};

	MUST(page.out);
	show_page(&page, run, "run.jsonl");
	MUST(fclose(page.out) == 0);
	for (size_t i = 0; i < size; i++) {
		MUST(text[i]);
		if (text[i] == '\n')
			text[i] = ' ';
	}
	MUST(fuzz_is_harmless(text));
	free(text);
}

/* Returns what ledger_read did. */
static inline int ledger_read_laid_out(void)
{
	char path[300];
	struct ledger_problem problem;
	json_t *run = NULL;

	snprintf(path, sizeof(path), "%s/run.jsonl", fuzz_folder());
	int error = ledger_read(path, &run, &problem);
	MUST(error <= 0 && !run == !!error);
	if (error) {
		MUST(problem.text[0] && fuzz_is_harmless(problem.text));
		return error;
	}
	char *text = json_dumps(run, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(10));
	MUST(text);
	free(text);
	ledger_show(run, true);
	ledger_show(run, false);
	json_decref(run);
	return 0;
}

#endif
