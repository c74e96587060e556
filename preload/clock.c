/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anchors. All state is the thread's own; a signal handler that computes may come in at any point,
 * so an anchor holds for nothing while it is moved.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <time.h>

#include "preload/clock.h"
#include "preload/resolve.h"
#include "preload/sys.h"

#define ANCHOR_NS   1000000u	/* an anchor holds so long; a rate is believed after as long */
#define WINDOW_NS   1000000000u /* a rate is observed for so long: the kernel slews its clock */
#define PAUSE_TICKS 400u	/* between two reads of the counter: the thread was interrupted */
#define ERROR_NS    2000	/* slewing makes half of it in ANCHOR_NS, a changed rate far more */
#define FAILURES    8u		/* then the thread leaves the counter alone for good */

__thread struct clock_anchor clock_self;

#if defined(__x86_64__)
static bool counts; /* the counter may be read */
#endif

static int ask_kernel(clockid_t id, struct timespec *now)
{
	return (int)sys(clock_gettime, id, now);
}

typedef int (*clock_function)(clockid_t, struct timespec *);

static _Atomic clock_function vdso_clock = ask_kernel;
static atomic_bool searched; /* for the vDSO, which may not be there: qemu-user, gVisor */

/* Two threads may come here at once: both store the same. */
static bool find_vdso(void)
{
#if defined(__aarch64__)
	void *found = resolve_in("linux-vdso.so.1", "__kernel_clock_gettime");
#else
	void *found = resolve_in("linux-vdso.so.1", "__vdso_clock_gettime");
#endif

	if (found)
		atomic_store_explicit(&vdso_clock, (clock_function)found, memory_order_relaxed);
	atomic_store_explicit(&searched, true, memory_order_release);
	return found;
}

void clock_find(void)
{
	const bool found = find_vdso();

	(void)found;
#if defined(__x86_64__)
	/* A process may have forbidden itself to read the counter, and would be killed. */
	int mode = 0;
	counts = found && (sys(prctl, PR_GET_TSC, &mode) || mode == PR_TSC_ENABLE);
#endif
}

static uint64_t vdso_ns(void)
{
	struct timespec now;

	atomic_load_explicit(&vdso_clock, memory_order_relaxed)(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_user_ns(void)
{
	if (atomic_load_explicit(&vdso_clock, memory_order_relaxed) == ask_kernel &&
	    (atomic_load_explicit(&searched, memory_order_acquire) || !find_vdso()))
		return 0;
	return vdso_ns();
}

#if defined(__x86_64__)
/* Begins to observe the counter anew. */
static void observe(struct clock_anchor *a, uint64_t ticks, uint64_t ns)
{
	a->rate = 0;
	a->origin_ticks = ticks;
	a->origin_ns = ns;
}

/* The moment, or what the thread was told last, if that was later. */
static uint64_t later(struct clock_anchor *a, uint64_t ns)
{
	if (a->ns < ns)
		a->ns = ns;
	return a->ns;
}

/*
 * Sets the anchor to this moment. Time may not step back for this thread, so where it was ahead it
 * stays so, and goes slower by as much as it takes to be right when the anchor ends.
 */
static uint64_t move(struct clock_anchor *a, uint64_t ticks, uint64_t ns, uint64_t told_ns)
{
	const uint64_t since_ns = ns - a->origin_ns, since_ticks = ticks - a->origin_ticks;
	const uint64_t ahead_ns = told_ns > ns ? told_ns - ns : 0;
	const uint64_t from_ns = ns + ahead_ns;

	a->ticks = ticks;
	a->ns = from_ns;
	if (since_ns < ANCHOR_NS || ahead_ns > ANCHOR_NS / 2 || !since_ticks)
		return from_ns;
	a->rate = (uint64_t)(((unsigned __int128)since_ns << 32) / since_ticks);
	if (since_ns > WINDOW_NS) {
		a->origin_ticks = ticks;
		a->origin_ns = ns;
	}
	const uint64_t limit = ((uint64_t)ANCHOR_NS << 32) / a->rate;
	a->rate -= a->rate / ANCHOR_NS * ahead_ns;
	atomic_signal_fence(memory_order_seq_cst);
	a->limit = limit;
	return from_ns;
}

/*
 * Whether the counter and the kernel disagree. The kernel was asked after the counter had said
 * `told_ns`, and before it went on by `took` ticks: where the thread was interrupted in between,
 * its answer is anywhere from the one to the other.
 */
static bool disagrees(const struct clock_anchor *a, uint64_t told_ns, uint64_t took, uint64_t ns)
{
	const uint64_t took_ns = (uint64_t)((unsigned __int128)took * a->rate >> 32);
	const int64_t late_ns = (int64_t)(ns - told_ns);

	return late_ns < -ERROR_NS || late_ns > (int64_t)took_ns + ERROR_NS;
}

uint64_t clock_ask(void)
{
	struct clock_anchor *a = &clock_self;
	uint64_t told_ns = a->ns; /* at the latest */
	uint64_t ticks, after, ns;

	if (!counts || a->failures >= FAILURES)
		return later(a, vdso_ns());
	ticks = __builtin_ia32_rdtsc();
	ns = vdso_ns();
	after = __builtin_ia32_rdtsc();
	if (a->limit && ticks - a->ticks < 2 * a->limit) {
		told_ns = a->ns + ((ticks - a->ticks) * a->rate >> 32);
		if (disagrees(a, told_ns, after - ticks, ns)) {
			a->failures++;
			observe(a, 0, 0);
		}
	}
	a->limit = 0;
	atomic_signal_fence(memory_order_seq_cst);
	if (after - ticks > PAUSE_TICKS) {
		a->ns = told_ns;
		return later(a, ns);
	}
	if (!a->origin_ns || ns < a->origin_ns)
		observe(a, ticks, ns);
	return move(a, ticks, ns, told_ns);
}
#else
uint64_t clock_ask(void)
{
	return vdso_ns();
}
#endif
