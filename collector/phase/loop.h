/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sequence of kernels of one thread, folded as it comes: where the same body of kernels is
 * repeated there is one run of so many rounds, and what stands between runs is a stretch. A run is
 * found once its body has come twice, and then begins where the first of them began; from there on
 * a kernel costs one comparison, with the one a body ago. Pure; memory is bounded.
 *
 * What a body is for is not known here: a step of training, a batch of evaluation, the layers of a
 * recurrent network. Whole lists of runs fold again (fold.h), and that makes loops of loops.
 */
#ifndef GRAMME_PHASE_LOOP_H
#define GRAMME_PHASE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOOP_RING     8192u /* kernels that are looked back on; a power of two */
#define LOOP_BODY_MAX (LOOP_RING / 2 - 16)
#define LOOP_ITEMS    8192u

struct loop_word {
	uint32_t symbol; /* kernel and shape, mixed */
	uint32_t kernel;
};

enum loop_kind { LOOP_RUN = 1, LOOP_STRETCH, LOOP_LOST };

struct loop_item {
	uint64_t start_ns; /* of its first kernel */
	uint64_t end_ns;   /* the latest end so far */
	uint64_t first;	   /* number of its first event in the lane */
	uint64_t events;
	uint32_t hash;
	uint16_t text; /* what it consists of, for loop_words() */
	uint8_t kind;  /* enum loop_kind */
	uint32_t body; /* events of one round; 0 for others than runs */
	uint32_t turn; /* which of loop_words() comes first in this run, where those are a round */
};

struct loop;

/* What is told: kernels, or items that were folded before (fold.h). */
enum loop_of { LOOP_OF_KERNELS, LOOP_OF_ITEMS };

/* Returns NULL where memory is short. */
struct loop *loop_new(enum loop_of of);
void loop_free(struct loop *loop);

void loop_add(struct loop *loop, uint32_t symbol, uint32_t kernel, uint64_t start_ns,
	      uint64_t end_ns);
void loop_lost(struct loop *loop, uint64_t events);

/* What had ended by then is settled: its items are forgotten. */
void loop_forget(struct loop *loop, uint64_t until_ns);

/*
 * The items so far, what is under way included; *item is the caller's, to be freed, or NULL where
 * memory is short. The loop goes on as if nobody had looked.
 */
size_t loop_items(const struct loop *loop, struct loop_item **item);

/*
 * What an item consists of, of a run one round: as much as was remembered, or is recent enough to
 * be looked up. Fills at most `room` and returns how many.
 */
size_t loop_words(const struct loop *loop, const struct loop_item *item, struct loop_word *word,
		  size_t room);

/* The times of an event that is recent enough; false otherwise. */
bool loop_recent(const struct loop *loop, uint64_t event, uint64_t *start_ns, uint64_t *end_ns);

/* What an event is that is recent enough (loop_recent). */
uint32_t loop_symbol(const struct loop *loop, uint64_t event);
uint32_t loop_kernel(const struct loop *loop, uint64_t event);

/* When the event of that number began, interpolated. */
uint64_t loop_time(const struct loop *loop, uint64_t event);

uint64_t loop_events(const struct loop *loop);

/* How many items there are, nearly: what a judgement takes. */
size_t loop_count(const struct loop *loop);
size_t loop_bytes(const struct loop *loop);

#endif
