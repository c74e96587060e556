/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program in the foreground: started, stopped, continued and ended as if nobody stood between
 * it and whoever started gramme. It stays in gramme's own process group, so the terminal reaches
 * it without us; what is sent to gramme alone is handed on.
 */
#ifndef GRAMME_JOB_H
#define GRAMME_JOB_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <uv.h>

#include "collector/launch/witness.h"

#define JOB_SIGNALS 65

/* What is to be done about a signal once the witness has had time to get it, too. */
enum job_wait {
	JOB_WAIT_NONE,
	JOB_WAIT_FORGET, /* the program has it: the witness alone is to be cleared */
	JOB_WAIT_FORWARD /* to be handed on, unless the witness got it */
};

struct job {
	pid_t pid;
	int status; /* as wait(2) gives it, once it has ended */
	bool ended;
	void (*on_end)(void *arg);
	void (*on_stop)(void *arg); /* gramme is about to be stopped with it */
	void *arg;

	struct witness witness;
	sigset_t mask; /* as it was inherited */
	struct sigaction chld;
	struct rlimit files;
	int go;	    /* written to release the child */
	int failed; /* read: why it could not execute */
	int signals;
	uv_poll_t poll;
	uv_timer_t forward;
	enum job_wait waiting[JOB_SIGNALS];
	unsigned handles;
};

/*
 * To be called first, while the process is small and has one thread: blocks signals, becomes the
 * reaper of orphans, raises the limit of descriptors and starts the witness. The program will get
 * all that as it was. Returns 0 or -errno.
 */
int job_prepare(struct job *job);

/* Executes the program in our own place. Returns the -errno of execve, if it returns. */
int job_become(struct job *job, char *const *argv);

/*
 * Forks the child, which waits. It will execute `path` (searched as execvp does where it has no
 * slash) with these arguments and environment. Returns 0 or -errno.
 */
int job_fork(struct job *job, char *const *argv, char *const *environment);

/* Lets the child go. Returns 0 once it executes its program, or the -errno of execve. */
int job_go(struct job *job);

/* Ends a child that waits to be let go. */
void job_abandon(struct job *job);

/* Waits for the end of the program, without looking after it. */
void job_wait(struct job *job);

/* Starts to look after it on a loop; on_end is called once, from the loop. 0 or -errno. */
int job_watch(struct job *job, uv_loop_t *loop);

/* Stops looking after it, ends the witness. Its handles close on the loop's next turn. */
void job_close(struct job *job);

/* Ends this process as the program ended: by its exit status or its signal. */
_Noreturn void job_exit(const struct job *job);

#endif
