/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collector's socket: takes connections, finds out who speaks, takes messages apart and
 * bounds what a stranger can ask for. What the messages mean is decided by the listener's owner.
 */
#ifndef GRAMME_INTAKE_H
#define GRAMME_INTAKE_H

#include <stdbool.h>
#include <uv.h>

#include "collector/hold/keeper.h"
#include "collector/intake/message.h"
#include "collector/intake/peer.h"

#define INTAKE_USER_MAX	  256u /* silent connections of one user */
#define INTAKE_SILENCE_NS 10000000000ULL

struct intake;
struct intake_connection; /* to the callee nothing but an identity */

struct intake_ops {
	/*
	 * A process offers its arena, on connection number `id` of the keeper. The callee owns
	 * `fd` and `layout` (memfd_unmap), and peer->pidfd (it takes it by setting -1 here). If it
	 * returns -errno, what the keeper holds under that number is dropped, and the reason goes
	 * to `refused`.
	 */
	int (*hello)(void *arg, uint64_t id, struct peer *peer, int fd,
		     const struct wire_layout *layout);
	/* gramme run begins a run; returns 0 or -errno with `why` (256 bytes). */
	int (*run_begin)(void *arg, struct intake_connection *launcher, const struct peer *peer,
			 const struct message_run_begin *begin, char *why);
	/* It ends the run; `text` (1024 bytes) gets the summary to print. */
	void (*run_end)(void *arg, struct intake_connection *launcher,
			const struct wire_run_end *end, char *text);
	/* Was a run begun here, when another collector lived? Then it is ended here, too. */
	bool (*run_known)(void *arg, struct intake_connection *launcher);
	/* The connection on which a run was begun is gone, and was not told of the run's end. */
	void (*run_left)(void *arg, struct intake_connection *launcher);
	/* A ring is half full. */
	void (*woken)(void *arg);
	/* For the log, once per user and reason. */
	void (*refused)(void *arg, uid_t uid, const char *reason);
};

struct intake_options {
	const char *path; /* of the socket; the wake file is "<path>.wake" */
	unsigned mode;	  /* of the socket */
	struct keeper *keeper;
	const struct intake_ops *ops;
	void *arg;
};

/*
 * Listens, or goes on with what the keeper has taken over. A socket that is there and answers is
 * left alone (-EADDRINUSE); a dead one is replaced. Returns 0 with *intake, or -errno.
 */
int intake_open(uv_loop_t *loop, const struct intake_options *options, struct intake **intake);

/* A client that has connected (struct keeper_options). */
void intake_client(struct intake *intake, uint64_t id, int fd);

/* The number that the keeper knows a connection by. */
uint64_t intake_id(const struct intake_connection *connection);

/*
 * Takes what a user has sent already (all users, where it is NULL), without waiting for more: what
 * may belong to a run that is about to end. Nobody else's flood makes that long.
 */
void intake_flush(struct intake *intake, const uid_t *user);

/* Closes everything and removes socket and wake file; memory goes with the loop's next turn. */
void intake_close(struct intake *intake);

#endif
