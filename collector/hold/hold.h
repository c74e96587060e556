/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a collector and its holder tell each other, and the table of what is held: descriptors
 * with a number and a label. Both sides keep the same table, so that either may die: the holder
 * gives all to the next collector, the collector all to the next holder.
 *
 * Packets go over a SOCK_SEQPACKET socket, "<socket>.hold", between processes of one user.
 */
#ifndef GRAMME_HOLD_H
#define GRAMME_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOLD_LABEL	     128u /* bytes that go with an item */
#define HOLD_FDS	     2u
#define HOLD_DROPS	     (HOLD_LABEL / sizeof(uint64_t)) /* items of one HOLD_DROP */
#define HOLD_ITEMS_MAX	     65536u
#define HOLD_CONNECTIONS_MAX 8192u /* then no more are accepted until one is dropped */
#define HOLD_USER_MAX	     4096u /* ... of one user: then he is hung up on */

enum hold_op {
	HOLD_TAKE = 1, /* collector: I am the collector now; everything is given to it */
	HOLD_KEEP,     /* collector: an item; it takes the place of one of the same number */
	HOLD_DROP,     /* collector: `count` numbers of items that are of no more use */
	HOLD_FLUSH,    /* collector: give what has arrived, then say that it was all */
	HOLD_BYE,      /* collector: it is over */
	HOLD_HAVE,     /* holder: an item */
	HOLD_DONE,     /* holder: that was all; with its PID as number, and its pidfd */
	HOLD_BUSY,     /* holder: there is a collector already */
	HOLD_AGAIN,    /* holder's spare: it is dead; keep all once more; PID and pidfd as above */
	HOLD_ALL,      /* collector: that was all; what else was given is of no more use */
	HOLD_HUNG_UP,  /* holder: HOLD_USER_MAX of a user wait, who has his uid as number */
};

enum hold_kind {
	HOLD_SOCKET = 1, /* the listening socket */
	HOLD_PAGE,	 /* the wake page */
	HOLD_CONNECTION, /* a client's, as the holder accepted it; nothing of it was consumed */
	HOLD_ARENA,	 /* a process' memfd and its pidfd, in place of its connection */
	HOLD_RUN,	 /* a run's memory (collector/run/memory.h) and the folder of its ledger */
};

/* Numbers: of connections and arenas as the holder counts them, of runs with the top bit set. */
#define HOLD_ID_SOCKET 1u
#define HOLD_ID_PAGE   2u
#define HOLD_ID_FIRST  16u
#define HOLD_ID_RUN    (1ULL << 63)

struct hold_packet {
	uint32_t magic; /* HOLD_MAGIC: another one is another version */
	uint16_t op;
	uint16_t kind;
	uint64_t id;
	uint32_t count;
	uint32_t reserved;
	union {
		unsigned char label[HOLD_LABEL];
		uint64_t drop[HOLD_DROPS];
	};
};
#define HOLD_MAGIC 0x31686d67u

struct hold_item {
	uint64_t id;
	enum hold_kind kind;
	bool unsure;	  /* in a spare: its collector may have dropped it */
	bool fresh;	  /* the other side (in a collector: its owner) does not know of it */
	int fd[HOLD_FDS]; /* owned; -1 where there is none */
	unsigned char label[HOLD_LABEL];
};

/*
 * A table stays where it is in memory, and is whole between any two stores to it but for the items
 * that are being put or dropped: a holder's is gone on with if the holder dies (spare.h).
 */
struct hold_table {
	struct hold_item *item;
	size_t n;
};

/*
 * Puts an item into the table, which owns its descriptors from now on, in place of one of the same
 * number. Returns 0, or -ENOMEM with the descriptors closed: HOLD_ITEMS_MAX are there.
 */
int hold_put(struct hold_table *table, const struct hold_item *item);
struct hold_item *hold_find(const struct hold_table *table, uint64_t id);
/* Closes the item's descriptors and forgets it; nothing for an unknown number. */
void hold_drop(struct hold_table *table, uint64_t id);
void hold_release(struct hold_table *table);
size_t hold_count(const struct hold_table *table, enum hold_kind kind);

/*
 * The item of a connection that was just accepted; its label says whose it is. Takes no memory from
 * malloc.
 */
struct hold_item hold_client(uint64_t id, int fd);
/* How many connections the user has to whom this one belongs. */
size_t hold_user_count(const struct hold_table *table, const struct hold_item *client);

/* Sends a packet without waiting. Returns 0, -EAGAIN, or -errno: the other side is gone. */
int hold_send(int socket, const struct hold_packet *packet);
/* Sends an item as HOLD_KEEP or HOLD_HAVE. As above. */
int hold_send_item(int socket, enum hold_op op, const struct hold_item *item);

/*
 * Receives a packet without waiting: all that the other side ever sent, however it ended. Returns 0
 * with *packet and `fd` (owned; -1 where none came), -EAGAIN, -EPIPE at the end, -EPROTO for what
 * is no packet of ours, or -errno.
 */
int hold_receive(int socket, struct hold_packet *packet, int fd[HOLD_FDS]);

#endif
