/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc of any content: processes can put into their names, arguments, environments, maps and
 * program files what they like. The input is files by their names beneath /proc, of three
 * processes at most.
 */
#include "tests/fuzz/fuzz.h"

#include "collector/run/node.h"
#include "collector/run/origin.h"
#include "collector/run/proc.h"
#include "collector/run/tree.h"

static const char *const node_file[] = {"stat", "meminfo"};
static const char *const process_file[] = {"stat", "status", "maps",	     "environ", "cmdline",
					   "auxv", "statm",  "smaps_rollup", "exe"};
static const char *const process[] = {"7", "8", "9"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool is_known(const char *name)
{
	for (size_t i = 0; i < COUNT(node_file); i++)
		if (!strcmp(name, node_file[i]))
			return true;
	for (size_t i = 0; i < COUNT(process_file); i++)
		if (name[0] >= '7' && name[0] <= '9' && name[1] == '/' &&
		    !strcmp(name + 2, process_file[i]))
			return true;
	return false;
}

static void clear(void)
{
	char name[64], path[512];

	for (size_t i = 0; i < COUNT(node_file); i++)
		fuzz_remove(node_file[i]);
	for (size_t p = 0; p < COUNT(process); p++) {
		snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), process[p]);
		mkdir(path, 0700);
		for (size_t i = 0; i < COUNT(process_file); i++) {
			snprintf(name, sizeof(name), "%s/%s", process[p], process_file[i]);
			fuzz_remove(name);
		}
	}
}

static enum cover judge(const char *root, pid_t pid, uint64_t image)
{
	(void)image;
	return cover_process(root, pid);
}

static void scan_twice(const char *root)
{
	const struct tree_world world = {root, judge, NULL};
	struct proc_snapshot snapshot = {0};
	struct tree tree;
	struct tree *const trees[] = {&tree};
	struct proc_stat stat;

	tree_open(&tree, &world, 0);
	if (proc_stat(root, 7, &stat) == 0) {
		MUST(fuzz_is_harmless(stat.comm));
		MUST(tree_add(&tree, &stat, 1000) == 0);
	}
	for (uint64_t now = 1; now <= 2; now++) {
		MUST(proc_snapshot(root, &snapshot) == 0);
		MUST(tree_scan(trees, 1, &snapshot, now * 2000000000) == 0);
	}
	for (size_t i = 0; i < tree.unseen.n; i++)
		MUST(fuzz_is_harmless(tree.unseen.row[i].program));
	tree_release(&tree);
	proc_snapshot_release(&snapshot);
}

static void ask_process(const char *root, pid_t pid)
{
	struct origin origin;
	uid_t real, effective;
	uint64_t bytes;
	char path[512];

	proc_user(root, pid, &real, &effective);
	proc_memory(root, pid, &bytes);
	MUST(cover_why(cover_process(root, pid)));
	snprintf(path, sizeof(path), "%s/%d/exe", root, (int)pid);
	MUST(cover_why(cover_file(path)));
	MUST(origin_read(&origin, root, pid, getuid(), getgid(), NULL) == 0);
	MUST(origin.argv[0] && origin.experiment && origin.project);
	char *job = origin_job(root, pid);
	MUST(!job == !origin.job && (!job || !strcmp(job, origin.job)));
	free(job);
	origin_release(&origin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data;
	struct node_state node = {0};
	struct fuzz_file file;

	clear();
	while (fuzz_next_file(&at, (const char *)data + size, &file))
		if (is_known(file.name))
			fuzz_put(file.name, file.content, file.size);
	if (node_read(fuzz_folder(), &node) == 0)
		MUST(node.cpus > 0 && node.used_bytes <= node.total_bytes);
	scan_twice(fuzz_folder());
	ask_process(fuzz_folder(), 7);
	return 0;
}
