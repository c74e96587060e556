/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledgers that a user names.
 */
#include "collector/cmd/ledgers.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int is_ledger(const FTSENT *entry)
{
	static const char suffix[] = ".jsonl";
	const size_t length = sizeof(suffix) - 1;

	return entry->fts_info == FTS_F && entry->fts_namelen > length &&
	       !strcmp(entry->fts_name + entry->fts_namelen - length, suffix);
}

/* What was deleted while we looked is no more missed than what was deleted before: journals come
 * and go. */
static bool is_trouble(const FTSENT *entry)
{
	const bool failed = entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
			    entry->fts_info == FTS_NS;

	return failed && !(entry->fts_errno == ENOENT && entry->fts_level > FTS_ROOTLEVEL);
}

static int each_below(FTS *tree, const char *root, ledgers_take *take, ledgers_trouble *trouble,
		      void *arg)
{
	const FTSENT *entry;
	size_t found = 0;
	int error = 0;

	while (!error && (errno = 0, entry = fts_read(tree))) {
		found++;
		if (is_ledger(entry))
			error = take(arg, entry->fts_path);
		else if (is_trouble(entry))
			trouble(arg, entry->fts_path, strerror(entry->fts_errno));
		else
			found--;
	}
	if (!error && errno)
		error = -errno;
	if (!error && !found)
		trouble(arg, root, "no ledger in it");
	return error;
}

int ledgers_each(const char *path, ledgers_take *take, ledgers_trouble *trouble, void *arg)
{
	char *const roots[] = {(char *)path, NULL};
	struct stat st;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return take(arg, path);
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	if (!tree)
		return -errno;
	int error = each_below(tree, path, take, trouble, arg);
	fts_close(tree);
	return error;
}
