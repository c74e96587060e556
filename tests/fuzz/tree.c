/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process trees of two runs over snapshots that no kernel would give: parents that change,
 * rings of parents, PIDs that are used again, times that fall.
 */
#include "tests/fuzz/fuzz.h"

#include "collector/run/tree.h"

#define PIDS 24

/* What happens next; the processes stay until they are told to go. */
struct step {
	uint8_t what;
	uint8_t pid;
	uint8_t ppid;
	uint8_t value;
};

enum step_kind { BORN, GONE, WORKED, REAPED, EXECUTED, ADDED, REAPER, DROPPED, FOREIGN, SCAN };

static struct proc_stat there[PIDS]; /* by PID; pid 0: not there */
static struct proc_stat listed[PIDS];
static struct tree tree[2];

static enum cover judge(const char *root, pid_t pid, uint64_t image)
{
	(void)root;
	return (enum cover)(((uint64_t)pid + image) % COVER_COUNT);
}

static const struct tree_world world = {"/nonexistent", judge, NULL};

static struct proc_snapshot snapshot_now(const struct proc_snapshot *before)
{
	struct proc_snapshot snapshot = {.stat = listed, .room = PIDS};

	/* What stood there of a stranger stays, as proc_snapshot does it. */
	for (size_t i = 0; i < before->n; i++)
		if (there[before->stat[i].pid].start_ticks == before->stat[i].start_ticks)
			there[before->stat[i].pid].stranger = before->stat[i].stranger;
	for (size_t pid = 1; pid < PIDS; pid++)
		if (there[pid].pid)
			listed[snapshot.n++] = there[pid];
	return snapshot;
}

static void scan(struct proc_snapshot *snapshot, uint64_t now_ns)
{
	struct tree *const trees[] = {&tree[0], &tree[1]};
	const struct tree before[2] = {tree[0], tree[1]};

	*snapshot = snapshot_now(snapshot);
	MUST(tree_scan(trees, 2, snapshot, now_ns) == 0);
	for (int i = 0; i < 2; i++) {
		MUST(tree[i].cpu_ns >= before[i].cpu_ns);
		MUST(tree[i].processes >= before[i].processes);
		MUST(tree[i].unobserved_ns >= before[i].unobserved_ns);
		MUST(tree[i].unseen.cpu_ns + tree[i].unobserved_ns <= tree[i].cpu_ns);
		MUST(tree_alive(&tree[i]) <= snapshot->n);
		tree_held_mean(&tree[i]);
	}
}

static void change(const struct step *step, uint64_t now_ns)
{
	pid_t pid = 1 + step->pid % (PIDS - 1);
	struct proc_stat *stat = &there[pid];

	switch ((enum step_kind)(step->what % (SCAN + 1))) {
	case BORN:
		*stat = (struct proc_stat){.pid = pid,
					   .ppid = step->ppid % PIDS,
					   .state = step->value & 1 ? 'S' : 'Z',
					   .start_ticks = now_ns / 10000000,
					   .threads = step->value,
					   .rss_bytes = (uint64_t)step->value << 20,
					   .image = step->value,
					   .comm = "fuzz"};
		break;
	case GONE:
		*stat = (struct proc_stat){0};
		break;
	case WORKED:
		stat->own_ns += (uint64_t)step->value << (step->ppid % 40);
		break;
	case REAPED:
		stat->child_ns += (uint64_t)step->value << (step->ppid % 40);
		break;
	default:
		stat->image = step->value;
		stat->ppid = step->ppid % PIDS;
		break;
	}
}

static void place(const struct step *step, const struct proc_snapshot *snapshot, uint64_t now_ns)
{
	pid_t pid = 1 + step->pid % (PIDS - 1);
	struct tree *own = &tree[step->value & 1];

	if (!there[pid].pid)
		return;
	switch ((enum step_kind)(step->what % (SCAN + 1))) {
	case ADDED:
		/* As meter.c does: a process is in one tree. */
		tree_drop(&tree[!(step->value & 1)], pid, snapshot);
		MUST(tree_add(own, &there[pid], now_ns) == 0);
		break;
	case REAPER:
		if (tree_find_pid(own, pid))
			break;
		tree_set_foreign(&tree[!(step->value & 1)], pid);
		MUST(tree_add_reaper(own, &there[pid], now_ns) == 0);
		break;
	case DROPPED:
		tree_drop(own, pid, snapshot);
		break;
	default:
		tree_set_foreign(own, pid);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct step *step = (const struct step *)data;
	struct proc_snapshot snapshot = {0};
	uint64_t now_ns = 1000000000;

	memset(there, 0, sizeof(there));
	for (int i = 0; i < 2; i++)
		tree_open(&tree[i], &world, 0);
	for (size_t i = 0; i < size / sizeof(*step); i++) {
		enum step_kind kind = step[i].what % (SCAN + 1);

		now_ns += 10000000;
		if (kind == SCAN)
			scan(&snapshot, now_ns);
		else if (kind < ADDED)
			change(&step[i], now_ns);
		else
			place(&step[i], &snapshot, now_ns);
	}
	scan(&snapshot, now_ns + 1);
	for (int i = 0; i < 2; i++)
		tree_release(&tree[i]);
	return 0;
}
