/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding the kernels of one thread. The last few kernels say where the same ones came last,
 * and how long ago that was is a body's length to be tried: it holds once everything since has
 * been the same as what came a body before. The nearest repetition is tried first, so a body is
 * as short as can be.
 */
#include "collector/phase/loop.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXT_BITS 12u
#define CONTEXTS     (1u << CONTEXT_BITS)
#define TEXTS	     256u
#define TEXT_MAX     512u   /* kernels of a body or stretch that are remembered */
#define POOL	     16384u /* of all of them together */
#define PULSES	     2048u
#define MASK	     (LOOP_RING - 1)

/* Bodies and stretches: what they consist of, each kept once. */
struct text {
	uint32_t hash;	 /* of a body: the same whichever of its kernels comes first */
	uint32_t events; /* kernels of one round, or of the stretch */
	uint32_t at;	 /* in the pool */
	uint32_t kept;	 /* how many of them stand there */
};

/* When every so-manieth event began: where in time an event in the midst of a run lies. */
struct pulse {
	uint64_t every; /* a power of two */
	uint32_t n;
	uint64_t t_ns[PULSES];
};

struct event {
	uint64_t start_ns;
	uint64_t end_ns;
	struct loop_word word;
};

/*
 * A repetition is looked for once so many have come as they came before; and a run has at least so
 * many events, fewer may be part of a longer body (an optimiser's three kernels for each of four
 * layers, within a step).
 */
static const struct {
	uint32_t context;
	uint32_t run_min;
} least[] = {
	[LOOP_OF_KERNELS] = {4, 12},
	[LOOP_OF_ITEMS] = {1, 4},
};

struct loop {
	enum loop_of of;
	uint64_t n;	/* events so far */
	uint64_t body;	/* of the run under way, or 0 */
	uint64_t run;	/* its first event */
	uint64_t loose; /* the first event that is in no item yet, where there is no run */
	uint64_t try;	/* a body's length that has held for `held` events, or 0 */
	uint64_t held;
	struct loop_item under_way; /* the run's */
	uint64_t whole;		    /* events since the last loss */
	struct loop_item *item;
	uint32_t items;
	uint32_t room;
	uint32_t texts;
	uint32_t pool;
	struct pulse pulse;
	uint32_t last[CONTEXTS]; /* the low bits of the number of the event that ended it */
	struct event ring[LOOP_RING];
	struct text text[TEXTS];
	struct loop_word word[POOL];
};

struct loop *loop_new(enum loop_of of)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->of = of;
	loop->pulse.every = 1;
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop)
		free(loop->item);
	free(loop);
}

static struct event *at(struct loop *loop, uint64_t number)
{
	return &loop->ring[number & MASK];
}

static const struct event *look(const struct loop *loop, uint64_t number)
{
	return &loop->ring[number & MASK];
}

static uint32_t mix(uint32_t a, uint32_t b)
{
	uint64_t hash = ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15ULL;

	return (uint32_t)(hash >> 32) ^ (uint32_t)hash;
}

/* In their order, from the first on. */
static uint32_t hash_stretch(const struct loop *loop, uint64_t first, uint64_t events)
{
	uint32_t hash = (uint32_t)events;

	for (uint64_t i = 0; i < events; i++)
		hash = mix(hash, look(loop, first + i)->word.symbol);
	return hash;
}

/* Each with the next one round the body, wherever it begins. */
static uint32_t hash_body(const struct loop *loop, uint64_t first, uint64_t events)
{
	uint32_t hash = (uint32_t)events;

	for (uint64_t i = 0; i < events; i++)
		hash += mix(look(loop, first + i)->word.symbol,
			    look(loop, first + (i + 1) % events)->word.symbol);
	return hash;
}

/* Remembers what an item consists of. Returns index + 1, or 0 where there is no room. */
static uint16_t remember(struct loop *loop, uint32_t hash, uint64_t first, uint64_t events)
{
	uint32_t kept = events < TEXT_MAX ? (uint32_t)events : TEXT_MAX;

	for (uint32_t i = 0; i < loop->texts; i++)
		if (loop->text[i].hash == hash && loop->text[i].events == events)
			return (uint16_t)(i + 1);
	if (loop->texts == TEXTS || loop->pool + kept > POOL)
		return 0;
	for (uint32_t i = 0; i < kept; i++)
		loop->word[loop->pool + i] = look(loop, first + i)->word;
	loop->text[loop->texts++] = (struct text){
		.hash = hash, .events = (uint32_t)events, .at = loop->pool, .kept = kept};
	loop->pool += kept;
	return (uint16_t)loop->texts;
}

/* Two items become one stretch, or one run where the same body stands on both sides. */
static void melt(struct loop_item *into, const struct loop_item *item)
{
	const bool same = into->kind == LOOP_RUN && item->kind == LOOP_RUN &&
			  into->hash == item->hash && into->body == item->body;

	if (!same && item->kind == LOOP_RUN && item->events > into->events) {
		into->kind = LOOP_RUN;
		into->hash = item->hash;
		into->body = item->body;
		into->text = item->text;
		into->turn = item->turn;
	} else if (!same && into->kind != LOOP_RUN) {
		into->hash = mix(into->hash, item->hash);
		into->kind = LOOP_STRETCH;
		into->text = 0;
	}
	into->events += item->events;
	if (item->end_ns > into->end_ns)
		into->end_ns = item->end_ns;
}

static uint64_t length(const struct loop_item *item)
{
	return item->end_ns > item->start_ns ? item->end_ns - item->start_ns : 0;
}

/*
 * Half of the room is made free. What is melted is what is short against the whole: an item that
 * takes less than a quarter of the average is no epoch, nor a mark between two.
 */
static void make_room(struct loop *loop)
{
	struct loop_item *item = loop->item;
	uint64_t whole_ns = item[loop->items - 1].end_ns - item[0].start_ns;
	uint64_t least_ns = whole_ns / LOOP_ITEMS / 4;

	while (loop->items > LOOP_ITEMS / 2) {
		uint32_t n = 0;

		for (uint32_t i = 1; i < loop->items; i++) {
			if (length(&item[i]) <= least_ns || length(&item[n]) <= least_ns)
				melt(&item[n], &item[i]);
			else
				item[++n] = item[i];
		}
		loop->items = n + 1;
		least_ns = 2 * least_ns + 1;
	}
}

static void push(struct loop *loop, const struct loop_item *item)
{
	if (loop->items == loop->room && loop->room < LOOP_ITEMS) {
		uint32_t room = loop->room ? 2 * loop->room : 64;
		struct loop_item *more = realloc(loop->item, room * sizeof(*more));

		if (more) {
			loop->item = more;
			loop->room = room;
		}
	}
	if (!loop->room)
		return;
	if (loop->items == loop->room && loop->room == LOOP_ITEMS)
		make_room(loop);
	if (loop->items < loop->room)
		loop->item[loop->items++] = *item;
	else
		melt(&loop->item[loop->items - 1], item);
}

static struct loop_item stretch(const struct loop *loop, uint64_t first, uint64_t end)
{
	struct loop_item item = {
		.kind = LOOP_STRETCH,
		.first = first,
		.events = end - first,
		.start_ns = look(loop, first)->start_ns,
		.hash = hash_stretch(loop, first, end - first),
	};

	for (uint64_t i = first; i < end; i++)
		if (look(loop, i)->end_ns > item.end_ns)
			item.end_ns = look(loop, i)->end_ns;
	return item;
}

/* What is in no item yet, up to `end`, becomes one. */
static void push_stretch(struct loop *loop, uint64_t end)
{
	if (loop->loose < end) {
		struct loop_item item = stretch(loop, loop->loose, end);

		item.text = remember(loop, item.hash, loop->loose, item.events);
		push(loop, &item);
	}
	loop->loose = end;
}

static void end_run(struct loop *loop)
{
	if (!loop->body)
		return;
	loop->under_way.events = loop->n - loop->run;
	push(loop, &loop->under_way);
	loop->body = 0;
	loop->loose = loop->n;
	loop->try = 0;
}

/* A body is remembered as it came first; this run of it may begin with another of its events. */
static uint32_t turn_of(const struct loop *loop, const struct loop_item *run)
{
	const struct text *text = run->text ? &loop->text[run->text - 1] : NULL;
	const struct loop_word *word = text ? &loop->word[text->at] : NULL;

	if (!text || text->kept != run->body)
		return 0;
	for (uint32_t turn = 0; turn < run->body; turn++) {
		uint32_t same = 0;

		while (same < run->body && word[(turn + same) % run->body].symbol ==
						   look(loop, run->first + same)->word.symbol)
			same++;
		if (same == run->body)
			return turn;
	}
	return 0;
}

static __attribute__((noinline)) void begin_run(struct loop *loop)
{
	const uint64_t body = loop->try, first = loop->n + 1 - loop->held - body;
	struct loop_item *item = &loop->under_way;

	push_stretch(loop, first);
	*item = stretch(loop, first, loop->n + 1);
	item->kind = LOOP_RUN;
	item->body = (uint32_t)body;
	item->hash = hash_body(loop, first, body);
	item->text = remember(loop, item->hash, first, body);
	item->turn = turn_of(loop, item);
	loop->body = body;
	loop->run = first;
}

/* How long everything up to now has been the same as what came `body` events before. */
static __attribute__((noinline)) uint64_t held(const struct loop *loop, uint64_t body)
{
	const uint64_t most = loop->n + 1 - loop->loose;
	uint64_t m = 0;

	while (m + body < most && m < LOOP_BODY_MAX &&
	       look(loop, loop->n - m)->word.symbol == look(loop, loop->n - m - body)->word.symbol)
		m++;
	return m;
}

static uint32_t context(const struct loop *loop)
{
	uint32_t hash = mix(0, look(loop, loop->n)->word.symbol);

	if (loop->of == LOOP_OF_KERNELS) /* not in a loop: it is done for each unexpected kernel */
		hash = mix(mix(mix(hash, look(loop, loop->n - 1)->word.symbol),
			       look(loop, loop->n - 2)->word.symbol),
			   look(loop, loop->n - 3)->word.symbol);
	/* The upper bits: of two that take turns, the lower ones are the same too often. */
	return hash >> (32 - CONTEXT_BITS);
}

/* The newest event is in the ring; is it part of a repetition? */
static void search(struct loop *loop)
{
	const uint32_t symbol = look(loop, loop->n)->word.symbol;

	if (loop->try && symbol == look(loop, loop->n - loop->try)->word.symbol)
		loop->held++;
	else
		loop->try = 0;
	if (loop->n + 1 - loop->loose < least[loop->of].context)
		return;
	uint32_t *last = &loop->last[context(loop)];
	const uint64_t back = (uint32_t)loop->n - *last;
	*last = (uint32_t)loop->n;
	if (!loop->try && back && back <= LOOP_BODY_MAX && back <= loop->n - loop->loose) {
		uint64_t m = held(loop, back);

		if (m >= least[loop->of].context) {
			loop->try = back;
			loop->held = m;
		}
	}
	if (loop->try && loop->held >= loop->try &&
	    loop->held + loop->try >= least[loop->of].run_min)
		begin_run(loop);
}

static __attribute__((noinline)) void feel_pulse(struct loop *loop, uint64_t start_ns)
{
	struct pulse *pulse = &loop->pulse;

	if (pulse->n == PULSES) {
		for (size_t i = 0; i < PULSES / 2; i++)
			pulse->t_ns[i] = pulse->t_ns[2 * i];
		pulse->n /= 2;
		pulse->every *= 2;
	}
	pulse->t_ns[pulse->n++] = start_ns;
}

/* Apart from what each kernel of a run takes, or that saves registers for this as well. */
static __attribute__((noinline)) void add_unexpected(struct loop *loop)
{
	end_run(loop);
	search(loop);
	loop->n++;
	/* What stays in the ring must hold a whole body twice. */
	if (!loop->body && loop->n - loop->loose == LOOP_RING)
		push_stretch(loop, loop->n - LOOP_RING / 2);
}

void loop_add(struct loop *loop, uint32_t symbol, uint32_t kernel, uint64_t start_ns,
	      uint64_t end_ns)
{
	*at(loop, loop->n) = (struct event){start_ns, end_ns, {symbol, kernel}};
	if (!(loop->n & (loop->pulse.every - 1)))
		feel_pulse(loop, start_ns);
	if (!loop->body || look(loop, loop->n - loop->body)->word.symbol != symbol) {
		add_unexpected(loop);
		return;
	}
	if (end_ns > loop->under_way.end_ns)
		loop->under_way.end_ns = end_ns;
	loop->n++;
}

void loop_lost(struct loop *loop, uint64_t events)
{
	struct loop_item item = {.kind = LOOP_LOST, .events = events, .hash = (uint32_t)events};

	if (!loop->n || !events)
		return;
	end_run(loop);
	push_stretch(loop, loop->n);
	loop->try = 0;
	item.first = loop->n;
	item.start_ns = item.end_ns = look(loop, loop->n - 1)->end_ns;
	push(loop, &item);
}

void loop_forget(struct loop *loop, uint64_t until_ns)
{
	uint32_t n = 0;

	while (n < loop->items && loop->item[n].end_ns <= until_ns)
		n++;
	loop->items -= n;
	if (n)
		memmove(loop->item, loop->item + n, loop->items * sizeof(*loop->item));
}

size_t loop_items(const struct loop *loop, struct loop_item **item)
{
	const bool loose = !loop->body && loop->loose < loop->n;
	size_t n = loop->items;

	*item = malloc((n + 1) * sizeof(**item));
	if (!*item)
		return 0;
	if (n)
		memcpy(*item, loop->item, n * sizeof(**item));
	if (loop->body) {
		(*item)[n] = loop->under_way;
		(*item)[n++].events = loop->n - loop->run;
	} else if (loose) {
		(*item)[n++] = stretch(loop, loop->loose, loop->n);
	}
	return n;
}

size_t loop_words(const struct loop *loop, const struct loop_item *item, struct loop_word *word,
		  size_t room)
{
	const uint64_t events = item->body ? item->body : item->events;
	size_t n = 0;

	if (item->text) {
		const struct text *text = &loop->text[item->text - 1];

		for (; n < text->kept && n < room; n++)
			word[n] = loop->word[text->at + n];
	} else if (item->kind != LOOP_LOST && item->first + LOOP_RING >= loop->n) {
		for (; n < events && n < room; n++)
			word[n] = look(loop, item->first + n)->word;
	}
	return n;
}

bool loop_recent(const struct loop *loop, uint64_t event, uint64_t *start_ns, uint64_t *end_ns)
{
	if (event >= loop->n || event + LOOP_RING < loop->n)
		return false;
	*start_ns = look(loop, event)->start_ns;
	*end_ns = look(loop, event)->end_ns;
	return true;
}

uint32_t loop_symbol(const struct loop *loop, uint64_t event)
{
	return look(loop, event)->word.symbol;
}

uint32_t loop_kernel(const struct loop *loop, uint64_t event)
{
	return look(loop, event)->word.kernel;
}

uint64_t loop_time(const struct loop *loop, uint64_t event)
{
	const struct pulse *pulse = &loop->pulse;
	uint64_t i = event / pulse->every, part = event % pulse->every;

	if (!pulse->n)
		return 0;
	if (i + 1 >= pulse->n) {
		uint64_t last = (pulse->n - 1) * pulse->every;
		uint64_t from_ns = pulse->t_ns[pulse->n - 1];
		uint64_t to_ns = look(loop, loop->n - 1)->start_ns;

		if (event >= loop->n)
			return look(loop, loop->n - 1)->end_ns;
		if (event <= last || loop->n - 1 <= last || to_ns < from_ns)
			return from_ns;
		return from_ns + (uint64_t)((double)(to_ns - from_ns) * (double)(event - last) /
					    (double)(loop->n - 1 - last));
	}
	if (pulse->t_ns[i + 1] < pulse->t_ns[i])
		return pulse->t_ns[i];
	return pulse->t_ns[i] + (uint64_t)((double)(pulse->t_ns[i + 1] - pulse->t_ns[i]) *
					   (double)part / (double)pulse->every);
}

uint64_t loop_events(const struct loop *loop)
{
	return loop->n;
}

size_t loop_count(const struct loop *loop)
{
	return loop->items + 1;
}

size_t loop_bytes(const struct loop *loop)
{
	return sizeof(*loop) + loop->room * sizeof(*loop->item);
}
