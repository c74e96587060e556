/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds the GPUs: the processes that a driver names, as runs of this meter. Whose a process is
 * the runs' trees know; one that has ended since is remembered for as long as the driver names it.
 * One that is no run's is told to the runs, whose ledgers name it as uncovered: what it drew is
 * others' there.
 */
#ifndef GRAMME_HOLDERS_H
#define GRAMME_HOLDERS_H

#include "collector/account/account.h"
#include "collector/power/power.h"
#include "collector/run/proc.h"

struct meter;

struct holder {
	pid_t pid;
	size_t domain;
	int run;	  /* its handle in the account, or ACCOUNT_STRANGER */
	uint64_t number;  /* of that run, for handles are given out again */
	uint64_t told_ns; /* to the runs that had begun by then */
	bool seen;	  /* in this tick */
	char comm[PROC_COMM_MAX];
};

struct holders {
	struct holder *holder;
	size_t n;
	size_t room;
	struct account_use *use; /* of this tick */
	size_t uses;
	size_t use_room;
};

void holders_release(struct holders *holders);

/*
 * Reads from the meter's power who used the devices, after power_read, and lays it before the
 * account: node->use and node->users_known. Where memory is short nothing is known.
 */
void holders_read(struct meter *meter, struct account_node *node);

#endif
