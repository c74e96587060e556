/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the recogniser's judgement to what the ledger gets. A judgement is walked through twice: to
 * book what is final, and to tell what is under way. Numbers are given when a phase is first
 * entered, books are closed when it is left.
 */
#include "collector/run/chapter.h"

#include <stdlib.h>
#include <string.h>

#include "collector/saturate.h"

#define PATIENCE_NS 60000000000ULL /* for the sensor of a domain that does not answer */
#define SEEN_MAX    (1u << 24)

void chapters_open(struct chapters *chapters, uint64_t t_ns, uint32_t last_id)
{
	*chapters = (struct chapters){.cursor_ns = t_ns, .last_id = last_id};
}

static void free_phase(struct ledger_phase *phase)
{
	free((void *)(uintptr_t)phase->phase.metric);
	free((void *)(uintptr_t)phase->kernel);
}

static void free_open(struct chapters *chapters)
{
	for (size_t i = 0; i < chapters->opens; i++)
		free_phase(&chapters->open[i]);
	free(chapters->open);
	chapters->open = NULL;
	chapters->opens = 0;
}

void chapters_close(struct chapters *chapters)
{
	for (size_t i = 0; i < chapters->n; i++)
		free_phase(&chapters->phase[i]);
	free(chapters->phase);
	free_open(chapters);
	free(chapters->booked);
	free(chapters->credit);
	*chapters = (struct chapters){0};
}

void chapters_forget(struct chapters *chapters, uint64_t n)
{
	size_t gone = n > chapters->before ? (size_t)(n - chapters->before) : 0;

	if (gone > chapters->n)
		gone = chapters->n;
	for (size_t i = 0; i < gone; i++)
		free_phase(&chapters->phase[i]);
	chapters->n -= gone;
	chapters->before += gone;
	if (gone)
		memmove(chapters->phase, chapters->phase + gone,
			chapters->n * sizeof(*chapters->phase));
}

/* ---- a walk through a judgement ---- */

struct walk {
	struct chapters *chapters;
	struct chapter_books *books;
	const struct ledger_kernel *row;
	size_t rows;
	uint64_t now_ns;
	uint64_t known_ns; /* energy is known up to here */
	const struct phase *at[CHAPTER_DEPTH];
	size_t depth;
	void (*enter)(struct walk *walk);
	void (*leave)(struct walk *walk);
	bool waits; /* booking: something before is not final */
	/* Telling: */
	uint32_t id[CHAPTER_DEPTH];
	uint64_t start_ns[CHAPTER_DEPTH];
	uint64_t cursor_ns;
	uint32_t last_id;
	size_t skip; /* of what is left, so many are too long ago */
	bool failed;
};

static bool is_booked(const struct chapters *chapters, const struct phase *phase)
{
	return phase->id < chapters->booked_room && chapters->booked[phase->id];
}

uint32_t chapters_booked(const struct chapters *chapters, const struct phase *phase, size_t n)
{
	uint32_t id = 0;

	for (size_t i = 0; i < n; i++) {
		if (!phase[i].final)
			continue;
		if (!is_booked(chapters, &phase[i]))
			break;
		id = phase[i].id;
	}
	return id;
}

static void leave(struct walk *walk)
{
	if (walk->leave)
		walk->leave(walk);
	walk->depth--;
}

/* What does not nest, or too deep, or lies in what is booked, is passed over. */
static void go(struct walk *walk, const struct phase *phase, size_t n)
{
	walk->depth = 0;
	for (size_t i = 0; i < n; i++) {
		while (walk->depth && walk->at[walk->depth - 1]->id != phase[i].parent)
			leave(walk);
		if ((!walk->depth && phase[i].parent) || walk->depth == CHAPTER_DEPTH ||
		    !phase[i].id || phase[i].id > SEEN_MAX)
			continue;
		if (walk->depth && is_booked(walk->chapters, walk->at[walk->depth - 1]))
			continue;
		walk->at[walk->depth++] = &phase[i];
		if (walk->enter)
			walk->enter(walk);
	}
	while (walk->depth)
		leave(walk);
}

/* ---- what a phase is told with ---- */

static uint64_t clamp(uint64_t t_ns, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t late_ns = t_ns > from_ns ? t_ns : from_ns;

	return late_ns < to_ns ? late_ns : to_ns;
}

/* What was drawn up to t_ns, of all qualities. */
static uint64_t drawn_uj(const void *arg, uint64_t t_ns)
{
	const struct chapter_books *books = arg;
	uint64_t energy_uj = 0;

	for (size_t i = 0; i < books->domains; i++)
		energy_uj = saturate_add(energy_uj, timeline_at(&books->energy[i], t_ns));
	return energy_uj;
}

static struct chapter_drawn drawn(const struct chapter_books *books, uint64_t t_ns)
{
	struct chapter_drawn sum = {.weighted = rates_at(&books->rates, t_ns, drawn_uj, books)};

	for (size_t i = 0; i < books->domains; i++) {
		uint64_t *energy_uj = &sum.energy_uj[books->quality[i]];

		*energy_uj = saturate_add(*energy_uj, timeline_at(&books->energy[i], t_ns));
	}
	return sum;
}

static struct ledger_phase make(const struct phase *from, uint32_t id, uint32_t parent)
{
	struct ledger_phase made = {.phase = *from};
	struct phase_metric *metric = malloc((from->metrics + 1) * sizeof(*metric));

	made.phase.id = id;
	made.phase.parent = parent;
	made.phase.open = false;
	made.phase.metric = metric;
	if (metric && from->metrics)
		memcpy(metric, from->metric, from->metrics * sizeof(*metric));
	else
		made.phase.metrics = 0;
	return made;
}

/* Its time, what was drawn in it, if `before` was drawn before, and at which intensity. */
static void measure(struct ledger_phase *phase, const struct chapter_books *books,
		    uint64_t start_ns, uint64_t end_ns, const struct chapter_drawn *before)
{
	const struct chapter_drawn after = drawn(books, end_ns);
	uint64_t sum_uj = 0;

	phase->phase.start_ns = start_ns;
	phase->phase.end_ns = end_ns;
	for (size_t i = 0; i < NESTING_QUALITIES; i++) {
		phase->energy_uj[i] = after.energy_uj[i] - before->energy_uj[i];
		sum_uj += phase->energy_uj[i];
	}
	phase->ug_per_kwh =
		sum_uj ? (uint64_t)((after.weighted - before->weighted + sum_uj / 2) / sum_uj) : 0;
}

/* ---- booking ---- */

static int credit_of(struct chapters *chapters, uint32_t row, struct ledger_phase_kernel **credit)
{
	if (row >= chapters->credits) {
		const size_t n = (size_t)row + 1;
		struct ledger_phase_kernel *more = realloc(chapters->credit, n * sizeof(*more));
		if (!more)
			return -1;
		for (size_t i = chapters->credits; i < n; i++)
			more[i] = (struct ledger_phase_kernel){.row = (uint32_t)i};
		chapters->credit = more;
		chapters->credits = n;
	}
	*credit = &chapters->credit[row];
	return 0;
}

int chapters_credit(struct chapters *chapters, const struct ledger_phase_kernel *kernel)
{
	struct ledger_phase_kernel *credit;

	if (credit_of(chapters, kernel->row, &credit))
		return -1;
	*credit = *kernel;
	return 0;
}

/* At most `want`, and at most what of `all` is not `given` yet. */
static uint64_t give(uint64_t want, uint64_t all, uint64_t *given)
{
	uint64_t left = all > *given ? all - *given : 0;
	uint64_t gift = want < left ? want : left;

	*given += gift;
	return gift;
}

/* Rows are counted by totals, phases by events: what a stranger's memory says may not agree. */
static size_t bound_kernels(const struct walk *walk, struct ledger_phase_kernel *kernel, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct ledger_phase_kernel *credit, *to = &kernel[kept];
		if (kernel[i].row >= walk->rows ||
		    credit_of(walk->chapters, kernel[i].row, &credit))
			continue;
		const struct ledger_kernel *row = &walk->row[kernel[i].row];
		*to = kernel[i];
		to->count = give(to->count, row->count, &credit->count);
		to->device_ns = give(to->device_ns, row->device_ns, &credit->device_ns);
		kept += to->count > 0;
	}
	return kept;
}

static void count_kernels(const struct walk *walk, struct ledger_phase *phase)
{
	struct ledger_phase_kernel *kernel;
	size_t n;

	if (window_take(&walk->books->window, phase->phase.start_ns, phase->phase.end_ns, &kernel,
			&n, &phase->rough))
		return;
	phase->kernels = bound_kernels(walk, kernel, n);
	phase->kernel = kernel;
}

/* Nothing before is looked at again. */
static void move_on(struct walk *walk, uint64_t t_ns)
{
	walk->chapters->cursor_ns = t_ns;
	rates_forget(&walk->books->rates, t_ns, drawn_uj, walk->books);
	for (size_t i = 0; i < walk->books->domains; i++)
		timeline_forget(&walk->books->energy[i], t_ns);
}

static void book(struct walk *walk, const struct ledger_phase *phase)
{
	struct chapters *chapters = walk->chapters;
	struct nesting_phase nested = {.id = phase->phase.id,
				       .parent = phase->phase.parent,
				       .start_ns = phase->phase.start_ns,
				       .end_ns = phase->phase.end_ns};
	struct ledger_problem problem;
	bool leaf;

	memcpy(nested.energy_uj, phase->energy_uj, sizeof(nested.energy_uj));
	nesting_take(&chapters->nesting, &nested, &leaf, &problem);
	chapters->phase[chapters->n++] = *phase;
	move_on(walk, phase->phase.end_ns);
}

static uint32_t parent_of_next(const struct chapters *chapters)
{
	return chapters->frames ? chapters->frame[chapters->frames - 1].phase.id : 0;
}

static void open_frame(struct walk *walk, const struct phase *phase)
{
	struct chapters *chapters = walk->chapters;
	struct chapter_frame *frame = &chapters->frame[chapters->frames++];

	*frame = (struct chapter_frame){.seen = phase->id, .phase = *phase};
	frame->phase.id = ++chapters->last_id;
	frame->phase.metric = NULL;
	frame->phase.metrics = 0;
	frame->phase.start_ns = clamp(phase->start_ns, chapters->cursor_ns, walk->now_ns);
	frame->before = drawn(walk->books, frame->phase.start_ns);
	move_on(walk, frame->phase.start_ns);
}

/* Books the innermost frame, by what is known of it now. */
static void close_frame(struct walk *walk, const struct phase *phase)
{
	struct chapters *chapters = walk->chapters;
	const struct chapter_frame frame = chapters->frame[--chapters->frames];
	struct ledger_phase made = make(phase, frame.phase.id, parent_of_next(chapters));

	measure(&made, walk->books, frame.phase.start_ns,
		clamp(phase->end_ns, chapters->cursor_ns, walk->now_ns), &frame.before);
	book(walk, &made);
}

static void book_leaf(struct walk *walk, const struct phase *phase)
{
	struct chapters *chapters = walk->chapters;
	const uint32_t parent = parent_of_next(chapters);
	struct ledger_phase made = make(phase, ++chapters->last_id, parent);
	const uint64_t start_ns = clamp(phase->start_ns, chapters->cursor_ns, walk->now_ns);
	const struct chapter_drawn before = drawn(walk->books, start_ns);

	measure(&made, walk->books, start_ns, clamp(phase->end_ns, start_ns, walk->now_ns),
		&before);
	count_kernels(walk, &made);
	book(walk, &made);
}

/* Frames that are not those around the phase are over; those that miss are opened. */
static void align(struct walk *walk, size_t around)
{
	struct chapters *chapters = walk->chapters;
	size_t same = 0;

	while (same < chapters->frames && same < walk->depth &&
	       chapters->frame[same].seen == walk->at[same]->id)
		same++;
	while (chapters->frames > same)
		close_frame(walk, &chapters->frame[chapters->frames - 1].phase);
	while (chapters->frames < around)
		open_frame(walk, walk->at[chapters->frames]);
}

/* Room for a phase and all frames; and for its mark. */
static bool make_room(struct chapters *chapters, uint32_t seen)
{
	const size_t need = chapters->n + CHAPTER_DEPTH + 1;

	if (need > chapters->room) {
		struct ledger_phase *more = realloc(chapters->phase, 2 * need * sizeof(*more));
		if (!more)
			return false;
		chapters->phase = more;
		chapters->room = 2 * need;
	}
	if (seen >= chapters->booked_room) {
		const size_t room = 2 * (size_t)seen + 64;
		bool *more = realloc(chapters->booked, room * sizeof(*more));
		if (!more)
			return false;
		memset(more + chapters->booked_room, 0, room - chapters->booked_room);
		chapters->booked = more;
		chapters->booked_room = room;
	}
	return true;
}

static bool may_book(const struct walk *walk, const struct phase *phase, bool over)
{
	return over || (phase->final && phase->end_ns <= walk->known_ns &&
			walk->chapters->n < CHAPTERS_MAX);
}

static void leave_to_book(struct walk *walk, bool over)
{
	struct chapters *chapters = walk->chapters;
	const struct phase *phase = walk->at[walk->depth - 1];

	if (walk->waits || is_booked(chapters, phase))
		return;
	if (!may_book(walk, phase, over) || !make_room(chapters, phase->id)) {
		walk->waits = true;
		return;
	}
	align(walk, walk->depth - 1);
	if (chapters->frames == walk->depth)
		close_frame(walk, phase);
	else
		book_leaf(walk, phase);
	chapters->booked[phase->id] = true;
}

static void leave_while_it_runs(struct walk *walk)
{
	leave_to_book(walk, false);
}

static void leave_at_the_end(struct walk *walk)
{
	leave_to_book(walk, true);
}

/* ---- telling what is under way ---- */

static const struct chapter_frame *frame_of(const struct walk *walk)
{
	const struct chapters *chapters = walk->chapters;
	const size_t at = walk->depth - 1;

	if (at >= chapters->frames || chapters->frame[at].seen != walk->at[at]->id)
		return NULL;
	return &chapters->frame[at];
}

static void enter_to_tell(struct walk *walk)
{
	const size_t at = walk->depth - 1;
	const struct phase *phase = walk->at[at];
	const struct chapter_frame *frame = frame_of(walk);

	if (is_booked(walk->chapters, phase))
		return;
	walk->id[at] = frame ? frame->phase.id : ++walk->last_id;
	walk->start_ns[at] = frame ? frame->phase.start_ns
				   : clamp(phase->start_ns, walk->cursor_ns, walk->now_ns);
	if (!frame)
		walk->cursor_ns = walk->start_ns[at];
}

static void tell(struct walk *walk, const struct phase *phase, const struct chapter_frame *frame)
{
	struct chapters *chapters = walk->chapters;
	const size_t at = walk->depth - 1;
	struct ledger_phase made = make(phase, walk->id[at], at ? walk->id[at - 1] : 0);
	const struct chapter_drawn before =
		frame ? frame->before : drawn(walk->books, walk->start_ns[at]);

	walk->cursor_ns = clamp(phase->end_ns, walk->cursor_ns, walk->now_ns);
	made.phase.open = phase->open;
	made.held = frame != NULL;
	measure(&made, walk->books, walk->start_ns[at], walk->cursor_ns, &before);
	chapters->open[chapters->opens++] = made;
}

static void leave_to_tell(struct walk *walk)
{
	const struct phase *phase = walk->at[walk->depth - 1];
	const struct chapter_frame *frame = frame_of(walk);

	if (is_booked(walk->chapters, phase))
		return;
	if (frame || !walk->skip)
		tell(walk, phase, frame);
	walk->skip -= walk->skip > 0;
}

/* Whether the ledger would take what is told behind what is booked. */
static bool nests(const struct chapters *chapters)
{
	struct nesting nesting = chapters->nesting;
	struct ledger_problem problem;
	bool leaf, good = true;

	for (size_t i = 0; i < chapters->opens && good; i++) {
		const struct ledger_phase *phase = &chapters->open[i];
		struct nesting_phase nested = {.id = phase->phase.id,
					       .parent = phase->phase.parent,
					       .start_ns = phase->phase.start_ns,
					       .end_ns = phase->phase.end_ns};

		memcpy(nested.energy_uj, phase->energy_uj, sizeof(nested.energy_uj));
		good = !nesting_take(&nesting, &nested, &leaf, &problem);
	}
	return good && !nesting_whole(&nesting, &problem);
}

static void count_left(struct walk *walk)
{
	walk->skip += !is_booked(walk->chapters, walk->at[walk->depth - 1]);
}

static void tell_all(struct walk *walk, const struct phase *phase, size_t n)
{
	struct chapters *chapters = walk->chapters;

	free_open(chapters);
	walk->enter = NULL;
	walk->leave = count_left;
	go(walk, phase, n);
	chapters->open = calloc(CHAPTERS_AHEAD + CHAPTER_DEPTH + 1, sizeof(*chapters->open));
	if (!chapters->open)
		return;
	walk->skip = walk->skip > CHAPTERS_AHEAD ? walk->skip - CHAPTERS_AHEAD : 0;
	walk->cursor_ns = chapters->cursor_ns;
	walk->last_id = chapters->last_id;
	walk->enter = enter_to_tell;
	walk->leave = leave_to_tell;
	go(walk, phase, n);
}

/* Where that is not to be had, what is booked has at least to lie somewhere. */
static void tell_frames(struct walk *walk)
{
	struct chapters *chapters = walk->chapters;

	free_open(chapters);
	chapters->open = calloc(CHAPTER_DEPTH + 1, sizeof(*chapters->open));
	for (size_t i = chapters->frames; i > 0 && chapters->open; i--) {
		const struct chapter_frame *frame = &chapters->frame[i - 1];
		struct ledger_phase made = make(&frame->phase, frame->phase.id,
						i > 1 ? chapters->frame[i - 2].phase.id : 0);

		made.phase.open = frame->phase.open;
		made.held = true;
		measure(&made, walk->books, frame->phase.start_ns, chapters->cursor_ns,
			&frame->before);
		chapters->open[chapters->opens++] = made;
	}
}

/* Up to when energy is known; a sensor that keeps silent is not waited for for ever. */
static uint64_t known_ns(const struct chapter_books *books, uint64_t now_ns)
{
	uint64_t known = now_ns;

	for (size_t i = 0; i < books->domains; i++) {
		uint64_t end_ns = timeline_end_ns(&books->energy[i]);
		if (end_ns < known && now_ns - end_ns < PATIENCE_NS)
			known = end_ns;
	}
	return known;
}

void chapters_take(struct chapters *chapters, const struct phase *phase, size_t n, uint64_t now_ns,
		   bool over, struct chapter_books *books, const struct ledger_kernel *row,
		   size_t rows)
{
	struct walk walk = {.chapters = chapters,
			    .books = books,
			    .row = row,
			    .rows = rows,
			    .now_ns = now_ns > chapters->cursor_ns ? now_ns : chapters->cursor_ns,
			    .known_ns = known_ns(books, now_ns),
			    .leave = over ? leave_at_the_end : leave_while_it_runs};

	go(&walk, phase, n);
	if (over && make_room(chapters, 0)) {
		walk.depth = 0;
		align(&walk, 0);
	}
	tell_all(&walk, phase, n);
	if (!nests(chapters))
		tell_frames(&walk);
}
