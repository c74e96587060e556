/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call paths: which code asked for what is computed. Only where GRAMME_PATHS=1 asks for them and
 * libgramme-path.so lies beside this library; elsewhere what remains is one comparison a call.
 *
 * They are samples. Each thread is due at intervals of 10 to 30 ms, at random, so that no loop of
 * the program's keeps step with them; at its next call from then on it is walked. A call is thus
 * met the more often the longer it takes, with what went before it. What is counted for the first
 * time is due at once. A process takes at most 100 a second.
 */
#ifndef GRAMME_PATH_H
#define GRAMME_PATH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/ring.h"

extern __attribute__((visibility("hidden"))) atomic_bool path_on;

/*
 * Loads the module, or leaves paths off. From the constructor alone: a program may hold the dynamic
 * loader's lock while it waits for a thread that computes, so no call of its own may ask for it.
 */
void path_start(void);

static inline bool path_is_on(void)
{
	return atomic_load_explicit(&path_on, memory_order_relaxed);
}

/* The calling thread met something new. */
static inline void path_due(void)
{
	if (path_is_on())
		ring_self.path_ns = 0;
}

/* The slow way into path_offer. Keeps errno. */
void path_take(struct ring_thread *t, uint16_t entry, uint64_t now_ns);

/* From the wrapper of a call that was counted under `entry` just now. */
static inline void path_offer(struct ring_thread *t, uint16_t entry, uint64_t now_ns)
{
	if (__builtin_expect(now_ns >= t->path_ns, 0))
		path_take(t, entry, now_ns);
}

#endif
