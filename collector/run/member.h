/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process of a run, for tree.c: what it used, what it holds, and whether a shim spoke for it.
 */
#ifndef GRAMME_MEMBER_H
#define GRAMME_MEMBER_H

#include "collector/run/tree.h"

/* The finest figures that there are of a process' own CPU time and that of what it reaped. */
void member_times(const struct tree *tree, const struct proc_stat *stat, uint64_t *own_ns,
		  uint64_t *child_ns);

/*
 * Brings a member up to date. What it reaped beyond what is owed to it is left in rest_ns, for
 * member_close once all members of the tree are up to date.
 */
void member_update(struct tree *tree, struct tree_member *member, const struct proc_stat *stat,
		   uint64_t now_ns);

/* Books what nobody had counted while it lived. */
void member_close(struct tree *tree, struct tree_member *member);

/*
 * Takes leave of a process: what it was counted for will show at `heir`, who reaped it or will
 * (NULL: nobody of the tree).
 */
void member_gone(struct tree *tree, struct tree_member *gone, struct tree_member *heir,
		 uint64_t now_ns);

#endif
