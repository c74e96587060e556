/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of a run, put down for another collector and taken up again. What is taken up was
 * written by a collector, but is checked like anything else: a wrong row would be a wild index.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/run/tree.h"

enum { ALIVE = 1, REAPER = 2, FOREIGN = 4, BLANK = 8, LOADING = 16 };

static json_t *save_member(const struct tree_member *m)
{
	int flags = (m->alive ? ALIVE : 0) | (m->reaper ? REAPER : 0) | (m->foreign ? FOREIGN : 0) |
		    (m->blank ? BLANK : 0) | (m->loading ? LOADING : 0);

	return json_pack("[s, i, i, i, I, i, I, I, I, I, I, I, i, I, I, i, i, i, I]", m->comm,
			 flags, (int)m->pid, (int)m->ppid, (json_int_t)m->start_ticks,
			 (int)m->threads, (json_int_t)m->own_ns, (json_int_t)m->child_ns,
			 (json_int_t)m->owed_ns[0], (json_int_t)m->owed_ns[1],
			 (json_int_t)m->slack_ns[0], (json_int_t)m->slack_ns[1], m->slack_row,
			 (json_int_t)m->image, (json_int_t)m->image_ns, (int)m->cover,
			 (int)m->expected, m->row, (json_int_t)m->waiting_ns);
}

json_t *tree_save(const struct tree *tree)
{
	json_t *members = json_array();

	for (size_t i = 0; members && i < tree->n; i++)
		if (json_array_append_new(members, save_member(&tree->member[i]))) {
			json_decref(members);
			return NULL;
		}
	return json_pack("{s:I, s:I, s:o}", "begin_ticks", (json_int_t)tree->begin_ticks, "scan_ns",
			 (json_int_t)tree->scan_ns, "members", members);
}

static int restore_member(const struct tree *tree, json_t *saved, struct tree_member *m)
{
	json_int_t start, own, child, owed[2], slack[2], image, image_ns, waiting;
	int flags, pid, ppid, threads, cover, expected, rows = (int)tree->unseen.n;
	const char *comm;

	*m = (struct tree_member){0};
	if (json_unpack(saved, "[s, i, i, i, I, i, I, I, I, I, I, I, i, I, I, i, i, i, I]", &comm,
			&flags, &pid, &ppid, &start, &threads, &own, &child, &owed[0], &owed[1],
			&slack[0], &slack[1], &m->slack_row, &image, &image_ns, &cover, &expected,
			&m->row, &waiting))
		return -EBADMSG;
	if (strlen(comm) >= sizeof(m->comm) || m->row < -1 || m->row >= rows || m->slack_row < -1 ||
	    m->slack_row >= rows || cover < 0 || cover >= COVER_COUNT || expected < 0 ||
	    expected >= COVER_COUNT)
		return -EBADMSG;
	strcpy(m->comm, comm);
	m->alive = flags & ALIVE;
	m->reaper = flags & REAPER;
	m->foreign = flags & FOREIGN;
	m->blank = flags & BLANK;
	m->loading = flags & LOADING;
	m->pid = pid;
	m->ppid = ppid;
	m->start_ticks = (uint64_t)start;
	m->threads = (uint32_t)threads;
	m->own_ns = (uint64_t)own;
	m->child_ns = (uint64_t)child;
	for (int i = 0; i < 2; i++) {
		m->owed_ns[i] = (uint64_t)owed[i];
		m->slack_ns[i] = (uint64_t)slack[i];
	}
	m->image = (uint64_t)image;
	m->image_ns = (uint64_t)image_ns;
	m->cover = (enum cover)cover;
	m->expected = (enum cover)expected;
	m->waiting_ns = (uint64_t)waiting;
	return 0;
}

int tree_restore(struct tree *tree, const json_t *saved)
{
	json_t *members = json_object_get(saved, "members");
	json_int_t begin_ticks, scan_ns;
	int error = 0;

	if (json_unpack((json_t *)(uintptr_t)saved, "{s:I, s:I}", "begin_ticks", &begin_ticks,
			"scan_ns", &scan_ns) ||
	    !json_is_array(members))
		return -EBADMSG;
	tree->begin_ticks = (uint64_t)begin_ticks;
	tree->scan_ns = tree->held_ns = (uint64_t)scan_ns;
	tree->room = json_array_size(members) + 16;
	tree->member = calloc(tree->room, sizeof(*tree->member));
	if (!tree->member)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(members) && !error; i++)
		error = restore_member(tree, json_array_get(members, i), &tree->member[tree->n++]);
	return error;
}
