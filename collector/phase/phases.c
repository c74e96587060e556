/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recogniser's outside: who is told what, and the judgement.
 */
#include "collector/phase/phase.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/phase/bare.h"
#include "collector/phase/fuse.h"
#include "collector/phase/layout.h"
#include "collector/phase/loop.h"
#include "collector/phase/once.h"
#include "collector/phase/pass.h"
#include "collector/phase/printed.h"
#include "collector/phase/seldom.h"
#include "preload/wire.h"

#define LOOK_NS	     4000000u /* that a judgement stands, for each item it has to judge */
#define LANES	     1024u /* threads that are told apart; what others compute is not looked at */
#define LOOPS	     64u   /* of all processes: each takes up to 0.8 MB */
#define LOOPS_EACH   3u	   /* of one process */
#define RESTLESS     256u  /* kernels after which a thread may take a quieter one's loop */
#define MARKS	     256u  /* a power of two */
#define LANE_BUCKETS 256u  /* a power of two */
#define UNDECIDED    128u  /* kernels are as much as an item while all of them are tried again */

/*
 * What came so long behind an epoch says nothing of it any more. With sixteen others the reading of
 * its lines and the body of its steps have been what they are for long.
 */
#define SETTLE_EPOCHS 16u
#define SETTLE_NS     120000000000u
#define SETTLE_MANY   1024u
#define HURRY_NS      1000000000u /* between two judgements for that, where room is short */

struct lane {
	uint32_t process;
	uint32_t lane;
	uint64_t kernels;
	uint64_t solves;       /* of them, those that solve */
	struct loop *loop;     /* NULL: not looked at */
	struct bare *bare;     /* told without sizes; NULL: with them */
	struct seldom *seldom; /* beside the loop, or NULL */
	struct once *once;     /* what comes once a step, or NULL, ... */
	struct loop *thin;     /* ... and the loop that is told by it alone */
	uint32_t next;	       /* index + 1 of another in its bucket */
};

struct phases {
	struct lane *current; /* the last one told of */
	struct printed *printed;
	struct pass *pass;
	struct layout layout;
	struct layout_patience patience;
	uint64_t heard_ns;    /* the latest moment that was told of */
	uint64_t settle_ns;   /* when it is next asked what is settled */
	uint64_t settled_ns;  /* when it was asked last */
	uint64_t from_ns;     /* what was told of the time before is forgotten */
	uint64_t judged_ns;   /* while it goes on */
	uint64_t mark[MARKS]; /* the first ones, and the last ones */
	uint64_t marks;	      /* ever */
	uint32_t lanes;
	uint32_t loops;
	uint32_t bucket[LANE_BUCKETS]; /* index + 1 */
	struct lane lane[LANES];
};

static void unfollow(struct lane *lane)
{
	loop_free(lane->loop);
	loop_free(lane->thin);
	seldom_free(lane->seldom);
	once_free(lane->once);
	free(lane->bare);
	lane->loop = lane->thin = NULL;
	lane->once = NULL;
	lane->seldom = NULL;
	lane->bare = NULL;
}

int phases_new(struct phases **phases)
{
	struct phases *p = calloc(1, sizeof(*p));

	*phases = NULL;
	if (!p)
		return -ENOMEM;
	p->pass = pass_new();
	if (!p->pass || printed_new(&p->printed)) {
		phases_free(p);
		return -ENOMEM;
	}
	phases_patience(p, SETTLE_EPOCHS, SETTLE_NS, SETTLE_MANY);
	*phases = p;
	return 0;
}

void phases_patience(struct phases *phases, uint32_t epochs, uint64_t ns, uint32_t many)
{
	phases->patience = (struct layout_patience){epochs, ns, many};
	phases->settle_ns = ns;
}

void phases_free(struct phases *phases)
{
	if (!phases)
		return;
	for (uint32_t i = 0; i < phases->lanes; i++) {
		unfollow(&phases->lane[i]);
	}
	printed_free(phases->printed);
	pass_free(phases->pass);
	layout_free(&phases->layout);
	free(phases);
}

static void settle(struct phases *phases);
static void hurry(struct phases *phases);

/* Called first with each event: what is settled by then is so by what was told before. */
static void saw(struct phases *phases, uint64_t t_ns)
{
	if (t_ns <= phases->heard_ns)
		return;
	if (t_ns >= phases->settle_ns)
		settle(phases);
	phases->heard_ns = t_ns;
}

static void mark(struct phases *phases, uint64_t t_ns)
{
	const uint64_t n = phases->marks++;

	phases->mark[n < MARKS ? n : MARKS / 2 + n % (MARKS / 2)] = t_ns;
}

/* ---- threads ---- */

/* NULL where there are too many. */
static struct lane *find_lane(struct phases *phases, uint32_t process, uint32_t lane)
{
	uint32_t *bucket = &phases->bucket[(process * 0x9e3779b1u + lane * 0x85ebca6bu) >> 8 &
					   (LANE_BUCKETS - 1)];

	for (uint32_t i = *bucket; i; i = phases->lane[i - 1].next)
		if (phases->lane[i - 1].process == process && phases->lane[i - 1].lane == lane)
			return &phases->lane[i - 1];
	if (phases->lanes == LANES)
		return NULL;
	struct lane *fresh = &phases->lane[phases->lanes++];
	*fresh = (struct lane){.process = process, .lane = lane, .next = *bucket};
	*bucket = phases->lanes;
	return fresh;
}

/* The quietest of a process' threads that have a loop; *n: how many have one. */
static struct lane *quietest(struct phases *phases, uint32_t process, uint32_t *n)
{
	struct lane *found = NULL;

	*n = 0;
	for (uint32_t i = 0; i < phases->lanes; i++) {
		struct lane *lane = &phases->lane[i];

		if (lane->process != process || !lane->loop)
			continue;
		++*n;
		if (!found || lane->kernels < found->kernels)
			found = lane;
	}
	return found;
}

/* The first threads of a process are followed, and later ones that do much more. */
static void follow(struct phases *phases, struct lane *lane)
{
	uint32_t n;
	struct lane *other;

	if (lane->kernels & (lane->kernels - 1) || (lane->kernels > 1 && lane->kernels < RESTLESS))
		return; /* asked at the first, and at every power of two */
	other = quietest(phases, lane->process, &n);
	if (n >= LOOPS_EACH && lane->kernels > 4 * other->kernels) {
		unfollow(other);
		phases->loops--;
		n--;
	}
	if (n < LOOPS_EACH && phases->loops < LOOPS) {
		lane->loop = loop_new(LOOP_OF_KERNELS);
		lane->seldom = seldom_new();
		phases->loops += lane->loop != NULL;
	}
}

static uint32_t symbol_of(const struct phase_kernel *kernel)
{
	const uint64_t both = (uint64_t)kernel->kernel << 32 | kernel->shape;

	return (uint32_t)(both * 0x9e3779b97f4a7c15ULL >> 32);
}

/* The last moment at which all that a thread did can be told again, without sizes. */
static void go_bare(struct lane *lane)
{
	struct bare *bare = malloc(sizeof(*bare));
	struct loop *again = bare ? bare_loop(lane->loop, bare) : NULL;

	if (!again) {
		free(bare);
		return;
	}
	loop_free(lane->loop);
	lane->loop = again;
	lane->bare = bare;
}

/* One thread of a process is told by what comes once a step as well: room is for one. */
static void go_thin(const struct phases *phases, struct lane *lane)
{
	for (uint32_t i = 0; i < phases->lanes; i++)
		if (phases->lane[i].process == lane->process && phases->lane[i].once)
			return;
	lane->once = once_new(lane->loop, &lane->thin);
}

static void add_kernel(const struct phases *phases, struct lane *lane,
		       const struct phase_kernel *kernel)
{
	uint32_t symbol = symbol_of(kernel);

	if (lane->once)
		once_add(lane->once, lane->thin, symbol, kernel->kernel, kernel->called_ns,
			 kernel->end_ns);
	if (lane->bare)
		symbol = bare_symbol(lane->bare, symbol, kernel->kernel);
	loop_add(lane->loop, symbol, kernel->kernel, kernel->called_ns, kernel->end_ns);
	if (lane->seldom)
		seldom_add(lane->seldom, kernel->kernel, kernel->called_ns, kernel->end_ns);
	if (loop_events(lane->loop) == LOOP_RING && !lane->bare) {
		go_thin(phases, lane);
		go_bare(lane);
	}
}

void phases_kernel(struct phases *phases, const struct phase_kernel *kernel)
{
	struct lane *lane = phases->current;

	saw(phases, kernel->end_ns);
	if (!lane || lane->lane != kernel->lane || lane->process != kernel->process) {
		lane = find_lane(phases, kernel->process, kernel->lane);
		if (!lane)
			return;
		phases->current = lane;
	}
	lane->kernels++;
	lane->solves += kernel->solves;
	if (!lane->loop)
		follow(phases, lane);
	if (lane->loop)
		add_kernel(phases, lane, kernel);
}

void phases_lost(struct phases *phases, uint32_t process, uint32_t lane, uint64_t events)
{
	struct lane *found = find_lane(phases, process, lane);

	if (!found || !found->loop)
		return;
	if (found->thin)
		once_lost(found->once, found->thin, loop_events(found->loop), events);
	loop_lost(found->loop, events);
}

void phases_line(struct phases *phases, const struct phase_line *line)
{
	saw(phases, line->t_ns);
	hurry(phases);
	if (!(line->flags & (WIRE_NOTE_LOG | WIRE_NOTE_REDRAWN | WIRE_NOTE_LATE)))
		mark(phases, line->t_ns);
	printed_line(phases->printed, line);
}

void phases_file(struct phases *phases, const struct phase_file *file)
{
	saw(phases, file->end_ns);
	if (file->kind == WIRE_NOTE_SAVE)
		mark(phases, file->begin_ns);
	pass_file(phases->pass, file);
}

/* ---- the judgement ---- */

/*
 * What a thread did that is told by what comes once a step, in a lane of its own: *made is to be
 * freed, where it is not decided yet. Returns 0 or -ENOMEM.
 */
static int fold_thin(const struct lane *from, struct fuse_lane *lane, struct loop **made,
		     size_t *lanes)
{
	const bool try = !from->thin && loop_events(from->loop) < LOOP_RING;
	struct once *once = try ? once_new(from->loop, made) : from->once;
	int error = 0;

	if (once) {
		error = fold_make(&lane->fold, try ? *made : from->thin);
		lane->fold.even = once_is_even(once);
		lane->process = from->process;
		lane->solves = 4 * from->solves >= from->kernels;
		lane->thin = true;
		++*lanes;
	}
	if (try)
		once_free(once);
	return error;
}

/*
 * Folds what every thread did. made[i]: what lane[i] is told by, where it is not decided yet how
 * it is told from then on (without its sizes, or by what comes once a step), but that tells more;
 * to be freed. Returns 0 or -ENOMEM.
 */
static int fold_lanes(const struct phases *phases, struct fuse_lane *lane, struct loop **made,
		      size_t *lanes)
{
	struct bare sizes;
	int error = 0;

	*lanes = 0;
	for (uint32_t i = 0; i < phases->lanes && !error; i++) {
		const struct loop *loop = phases->lane[i].loop;

		if (!loop || !loop_events(loop))
			continue;
		if (!phases->lane[i].bare && loop_events(loop) < LOOP_RING)
			made[*lanes] = bare_loop(loop, &sizes);
		lane[*lanes].process = phases->lane[i].process;
		lane[*lanes].seldom = phases->lane[i].seldom;
		lane[*lanes].solves = 4 * phases->lane[i].solves >= phases->lane[i].kernels;
		error = fold_make(&lane[*lanes].fold, made[*lanes] ? made[*lanes] : loop);
		++*lanes;
	}
	for (uint32_t i = 0; i < phases->lanes && !error; i++)
		if (phases->lane[i].loop && loop_events(phases->lane[i].loop))
			error = fold_thin(&phases->lane[i], &lane[*lanes], &made[*lanes], lanes);
	return error;
}

static int judge(struct phases *phases, uint64_t now_ns, bool over)
{
	struct fuse_lane *lane = calloc((size_t)2 * LOOPS, sizeof(*lane));
	struct fuse_told told = {.lane = lane,
				 .pass = phases->pass,
				 .mark = phases->mark,
				 .marks = phases->marks < MARKS ? phases->marks : MARKS,
				 .from_ns = phases->from_ns,
				 .now_ns = now_ns,
				 .over = over};
	struct fuse fuse = {0};
	struct loop *made[2 * LOOPS] = {NULL};
	int error = lane ? fold_lanes(phases, lane, made, &told.lanes) : -ENOMEM;

	if (!error) {
		told.fits = printed_look(phases->printed, &told.fit);
		error = fuse_make(&fuse, &told);
	}
	if (!error) {
		const struct layout_told laid = {&fuse, phases->printed, phases->pass, now_ns,
						 over,	told.lanes > 0};

		error = layout_make(&phases->layout, &laid);
	}
	fuse_free(&fuse);
	for (size_t i = 0; i < told.lanes; i++) {
		fold_free(&lane[i].fold);
		loop_free(made[i]);
	}
	free(lane);
	return error;
}

/*
 * While the run goes on a judgement stands for a while, the longer the more there is to be judged,
 * so that looking takes no more than about a hundredth of a core.
 */
static uint64_t patience_ns(const struct phases *phases)
{
	uint64_t items = 0;

	for (uint32_t i = 0; i < phases->lanes; i++) {
		items += phases->lane[i].loop ? loop_count(phases->lane[i].loop) : 0;
		items += phases->lane[i].thin ? loop_count(phases->lane[i].thin) : 0;
	}
	return items * LOOK_NS;
}

/*
 * As long as it is not decided how a thread is told, each judgement tries that with all of its
 * kernels: 1 to 5 ms of a core for 8000 of them (2026-11-22).
 */
static uint64_t trial_ns(const struct phases *phases)
{
	uint64_t kernels = 0;

	for (uint32_t i = 0; i < phases->lanes; i++) {
		const struct loop *loop = phases->lane[i].loop;

		kernels += loop && loop_events(loop) < LOOP_RING ? loop_events(loop) : 0;
	}
	return kernels / UNDECIDED * LOOK_NS;
}

static bool is_full(const struct loop *loop)
{
	return loop && loop_count(loop) > LOOP_ITEMS / 2;
}

/* Whether more than half of any room is taken. */
static bool is_crowded(const struct phases *phases)
{
	bool crowded = printed_crowded(phases->printed) || pass_crowded(phases->pass);

	for (uint32_t i = 0; i < phases->lanes && !crowded; i++)
		crowded = is_full(phases->lane[i].loop) || is_full(phases->lane[i].thin);
	return crowded;
}

/*
 * What is settled is not judged again; but the others are judged better together with it. So it is
 * forgotten where there is no more room for it, and not before.
 */
static void forget(struct phases *phases, const struct printed_settled *settled)
{
	phases->from_ns = settled->end_ns;
	printed_settle(phases->printed, settled);
	pass_forget(phases->pass, settled->end_ns);
	for (uint32_t i = 0; i < phases->lanes; i++) {
		if (phases->lane[i].loop)
			loop_forget(phases->lane[i].loop, settled->end_ns);
		if (phases->lane[i].thin)
			loop_forget(phases->lane[i].thin, settled->end_ns);
	}
}

/* In a story, not on a clock: the same story is settled at the same moments. */
static void settle(struct phases *phases)
{
	const uint64_t now_ns = phases->heard_ns, patience = patience_ns(phases);
	const struct printed_fit *fit;
	struct printed_settled settled;

	phases->settled_ns = now_ns;
	phases->settle_ns =
		now_ns + (patience > phases->patience.ns / 4 ? patience : phases->patience.ns / 4);
	/* Nothing is settled but what was printed. */
	if (!printed_look(phases->printed, &fit) || judge(phases, now_ns, false))
		return;
	phases->judged_ns = now_ns;
	if (layout_settle(&phases->layout, &phases->patience, now_ns, &settled) &&
	    is_crowded(phases))
		forget(phases, &settled);
}

/* Quick epochs may fill the room for them before their time has come. */
static void hurry(struct phases *phases)
{
	if (phases->heard_ns >= phases->settled_ns + HURRY_NS && printed_crowded(phases->printed) &&
	    phases->heard_ns >= phases->settled_ns + patience_ns(phases))
		settle(phases);
}

static void go_on(const struct layout *layout, uint64_t now_ns)
{
	for (size_t i = 0; i < layout->phases; i++)
		if (layout->phase[i].open && layout->phase[i].end_ns < now_ns)
			layout->phase[i].end_ns = now_ns;
}

void phases_forget(struct phases *phases, uint32_t id)
{
	layout_forget(&phases->layout, id);
}

size_t phases_look(struct phases *phases, uint64_t now_ns, bool over, const struct phase **phase)
{
	const uint64_t at_ns = now_ns > phases->heard_ns ? now_ns : phases->heard_ns;

	*phase = NULL;
	if (!over && phases->judged_ns &&
	    now_ns < phases->judged_ns + patience_ns(phases) + trial_ns(phases)) {
		go_on(&phases->layout, now_ns);
		*phase = phases->layout.phase;
		return phases->layout.phases;
	}
	phases->judged_ns = now_ns;
	/* Where memory is short nothing is recognised, rather than half of it. */
	if (judge(phases, at_ns, over))
		return 0;
	*phase = phases->layout.phase;
	return phases->layout.phases;
}
