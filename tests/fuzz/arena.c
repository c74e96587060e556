/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared memory that a stranger writes while it is read. The input is a list of steps: writes to
 * any field, and readings. Writes that stand behind a RACE step happen during the next reading, one
 * before each of its loads (or each 2nd, 3rd ...): every interleaving of a second thread, but it
 * can be played again. That is why the readers are compiled in here, with their loads replaced.
 */
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>

static void interleave(void);

#define __atomic_load_n(place, order) (interleave(), __atomic_load_n(place, order))
#include "collector/intake/arena.c"
#include "collector/run/feed.c"
#undef __atomic_load_n

#define GUARD	  4096u
#define FIRST_NS  1000u
#define ROWS_KEPT 64

struct step {
	uint8_t what; /* enum step_kind, modulo */
	uint8_t a;
	uint16_t b;
	uint64_t value;
} __attribute__((packed));

enum step_kind {
	HEADER, /* a: which word */
	DEVICE, /* a: which device, b: where in it */
	ENTRY,	/* b: which entry, a: where in it */
	TEXT,	/* b * 4: where in the names */
	LANE,	/* a: which lane, b: where in its first words */
	TOTAL,	/* a: which lane, b: entry and field */
	SLOT,	/* a: which lane and field, b: which slot */
	PUSH,	/* as an honest writer does; a: lane, b: entry, value: end */
	RACE,	/* the next b steps happen during the next reading, before each a-th load */
	DRAIN,	/* value: now */
	FINAL,
	COUNT,
	TICK,  /* value: now */
	NOTE,  /* a: where in its head or, from 128 on, in its text; b: which note */
	SPEAK, /* as an honest writer does; a: kind, b: length and flags, value: when */
	NOTES, /* value: now; a: the last time */
	STEP_KINDS
};

static const struct power_domain domain[] = {
	{.name = "package-0", .kind = POWER_CPU},
	{.name = "package-1", .kind = POWER_CPU},
};

static struct wire_layout *layout;
static struct devices devices;
static struct kernels kernels;
static struct feed feed;
static uint64_t clock_ns;
static uint64_t borne_uj;

/* As check() found them last. */
static struct ledger_kernel before[ROWS_KEPT];
static uint64_t read_before, lost_before, notes_lost_before;

/* Writes that wait for the reader to load. */
static const struct step *racing, *racing_end;
static unsigned pause_loads, loads;

static void put64(void *place, uint64_t value)
{
	memcpy(place, &value, sizeof(value));
}

static void push(struct wire_lane *lane, uint16_t entry, uint64_t end_ns)
{
	struct wire_event *slot = &lane->ring[lane->head % WIRE_RING_SLOTS];
	struct wire_total *total = &lane->totals[entry % WIRE_ENTRIES];

	slot->seq = 0;
	slot->start_ns = end_ns - (end_ns >> 8);
	slot->end_ns = end_ns;
	slot->entry = entry;
	slot->flags = WIRE_EVENT_TIMED;
	slot->seq = ++lane->head;
	total->count++;
	total->timed++;
	total->device_ns += end_ns - slot->start_ns;
}

static void speak(const struct step *step)
{
	struct wire_note *note = &layout->note[layout->arena.notes_head % WIRE_NOTES];

	note->seq = 0;
	note->begin_ns = step->value - (step->value >> 8);
	note->t_ns = step->value;
	note->kind = step->a;
	note->flags = step->b >> 9;
	note->text_bytes = step->b;
	note->seq = ++layout->arena.notes_head;
}

static void write_step(const struct step *step)
{
	struct wire_note *note = &layout->note[step->b % WIRE_NOTES];
	struct wire_lane *lane = &layout->lane[step->a % WIRE_LANES];
	struct wire_event *slot = &lane->ring[step->b % WIRE_RING_SLOTS];

	switch (step->what % STEP_KINDS) {
	case HEADER:
		put64((char *)&layout->arena + step->a % 13 * 8, step->value);
		break;
	case DEVICE:
		put64((char *)&layout->device[step->a % WIRE_DEVICES] + step->b % 249, step->value);
		break;
	case ENTRY:
		put64((char *)&layout->entry[step->b % WIRE_ENTRIES] + step->a % 9, step->value);
		break;
	case TEXT:
		put64(layout->names + step->b * 4u % (WIRE_NAME_BYTES - 8), step->value);
		break;
	case LANE:
		put64((char *)lane + step->b % 2 * 8, step->value);
		break;
	case TOTAL:
		put64((char *)&lane->totals[step->b / 8 % WIRE_ENTRIES] + step->b % 8 * 8,
		      step->value);
		break;
	case SLOT:
		put64((char *)slot + step->a / WIRE_LANES * 8, step->value);
		break;
	case PUSH:
		push(lane, step->b, step->value);
		break;
	case NOTE:
		put64(step->a < 128 ? (char *)note + step->a / 8 % 9 * 8
				    : note->text + step->a % (WIRE_NOTE_TEXT / 8) * 8,
		      step->value);
		break;
	case SPEAK:
		speak(step);
		break;
	}
}

static void interleave(void)
{
	if (racing < racing_end && ++loads > pause_loads) {
		loads = 0;
		write_step(racing++);
	}
}

static void tick(uint64_t t_ns)
{
	struct account_posting posting[2] = {0};

	clock_ns = t_ns > clock_ns ? t_ns : clock_ns;
	borne_uj += 1000;
	posting[0].run_uj = borne_uj;
	MUST(devices_tick(&devices, clock_ns, posting, &kernels) == 0);
}

static void see_note(void *arg, const struct arena_note *note)
{
	const uint64_t *last_ns = arg;

	MUST(note->kind > WIRE_NOTE_NONE && note->kind < WIRE_NOTE_KIND_COUNT);
	MUST(note->begin_ns <= note->t_ns && note->begin_ns >= FIRST_NS);
	MUST(note->t_ns <= *last_ns || note->t_ns == FIRST_NS);
	MUST(note->bytes <= SATURATE_MAX && note->size <= SATURATE_MAX);
	MUST(note->text_bytes <= WIRE_NOTE_TEXT && !note->text[note->text_bytes]);
}

static void read_notes(const struct step *step)
{
	const uint64_t next = feed.reader.note_next;
	uint64_t last_ns = step->value;

	arena_notes(&feed.reader, FIRST_NS, last_ns, step->a, see_note, &last_ns);
	MUST(feed.reader.note_next >= next);
	MUST(arena_notes_refused(&feed.reader) <= SATURATE_MAX);
}

static void read_step(const struct step *step)
{
	switch (step->what % STEP_KINDS) {
	case DRAIN:
		feed_drain(&feed, step->value, false);
		break;
	case FINAL:
		feed_drain(&feed, step->value, true);
		break;
	case COUNT:
		MUST(feed_count(&feed) == 0);
		feed_uncovered(&feed);
		feed_cost_ns(&feed);
		break;
	case TICK:
		tick(step->value);
		break;
	case NOTES:
		read_notes(step);
		break;
	}
	while (racing < racing_end)
		write_step(racing++);
}

/* Nothing ever falls, nothing is timed that was not counted, and every text is fit to be shown. */
static void check(void)
{
	uint64_t energy_uj = 0;

	MUST(feed.reader.read >= read_before && feed.reader.lost >= lost_before);
	read_before = feed.reader.read;
	lost_before = feed.reader.lost;
	MUST(feed.reader.notes_lost >= notes_lost_before);
	notes_lost_before = feed.reader.notes_lost;
	for (size_t i = 0; i < kernels.n; i++) {
		const struct ledger_kernel *row = &kernels.row[i];

		MUST(row->timed <= row->count);
		MUST(fuzz_is_harmless(row->name) && fuzz_is_harmless(row->device));
		MUST(row->busy_ns <= clock_ns);
		energy_uj += row->energy_uj;
		if (i >= ROWS_KEPT)
			continue;
		MUST(row->count >= before[i].count && row->bytes >= before[i].bytes);
		before[i] = *row;
	}
	MUST(energy_uj <= borne_uj);
}

static void set_up(void)
{
	if (!layout) {
		char *map = mmap(NULL, WIRE_ARENA_BYTES + 2 * GUARD, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		MUST(map != MAP_FAILED);
		layout = (struct wire_layout *)(map + GUARD);
		MUST(mprotect(layout, WIRE_ARENA_BYTES, PROT_READ | PROT_WRITE) == 0);
		madvise(layout, WIRE_ARENA_BYTES, MADV_NOHUGEPAGE);
	}
	layout->arena = (struct wire_arena){WIRE_GEOMETRY, .entries_used = 4, .lanes_used = 2};
	clock_ns = FIRST_NS;
	borne_uj = 0;
	racing = racing_end = NULL;
	read_before = lost_before = notes_lost_before = 0;
	memset(before, 0, sizeof(before));
	devices_open(&devices, domain, 2, FIRST_NS);
	feed_open(&feed, layout, &devices, &kernels, FIRST_NS);
}

static void tear_down(void)
{
	feed_release(&feed);
	devices_release(&devices);
	kernels_release(&kernels);
	MUST(madvise(layout, WIRE_ARENA_BYTES, MADV_DONTNEED) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct step *step = (const struct step *)data;
	const struct step *end = step + size / sizeof(*step);

	set_up();
	for (; step < end; step++) {
		uint8_t kind = step->what % STEP_KINDS;

		if (kind == RACE) {
			size_t left = (size_t)(end - step) - 1;
			size_t n = step->b < left ? step->b : left;

			racing = step + 1;
			racing_end = racing + n;
			pause_loads = step->a;
			step += n;
		} else if (kind < RACE || kind == NOTE || kind == SPEAK) {
			write_step(step);
		} else if (!arena_check(layout)) {
			read_step(step);
			check();
		}
	}
	tick(clock_ns + 1);
	check();
	tear_down();
	return 0;
}
