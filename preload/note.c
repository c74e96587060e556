/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring of notes is written as that of lane 0: a number by addition, the slot taken by its
 * sequence number, filled, and published by it.
 */
#include "preload/note.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "preload/clock.h"
#include "preload/init.h"
#include "preload/life.h"
#include "preload/ring.h"
#include "preload/start.h"
#include "preload/sys.h"

#define EARLY	       32u
#define TICK_NS	       10000000u /* of the times in /proc/PID/stat, on every machine of ours */
#define FORKED_NO_EXEC 0x40u	 /* PF_FORKNOEXEC: the image is the parent's */

/*
 * What a buffer brings at once is lines of a thousand epochs, perhaps. The collector comes when the
 * ring is half full, so it holds what these bounds let through in the meantime.
 */
static const struct {
	uint16_t burst, per_second;
} bound[NOTE_CLASSES] = {
	[NOTE_PRINTED] = {1536, 300}, [NOTE_REDRAWN] = {256, 50}, [NOTE_LOGGED] = {384, 100},
	[NOTE_READ] = {256, 60},      [NOTE_SAVED] = {128, 40},	  [NOTE_PATHS] = {128, 120},
};

enum early_state { EARLY_FREE, EARLY_TAKEN, EARLY_FULL };

/* A thread that dies in the midst of a slot, or is not there in a forked child, keeps it. */
static struct early {
	_Atomic uint32_t state;
	struct wire_note note;
} early[EARLY];
static _Atomic uint32_t early_head;

struct wire_layout *_Atomic note_arena START_DATA;
static const uint32_t *_Atomic wake;	    /* of whose arena that is */
static struct rate childrens[NOTE_CLASSES]; /* without a life of their own */

typedef uint64_t __attribute__((may_alias)) word;

static void put(struct wire_layout *arena, const struct wire_note *note)
{
	uint64_t number = __atomic_fetch_add(&arena->arena.notes_head, 1, __ATOMIC_RELAXED);
	struct wire_note *slot = &arena->note[number & (WIRE_NOTES - 1)];
	const size_t words = (offsetof(struct wire_note, text) + note->text_bytes + 7) / 8;
	const word *from = (const word *)note;
	word *to = (word *)slot;

	if (!ring_take_shared(&slot->seq, number, WIRE_NOTES))
		return;
	__atomic_thread_fence(__ATOMIC_RELEASE); /* readers see the zero before new content */
	for (size_t i = 1; i < words; i++)
		__atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
	__atomic_store_n(&slot->seq, number + 1, __ATOMIC_RELEASE);
	if (!((number + 1) & (WIRE_NOTES / 2 - 1)))
		ring_wake(atomic_load(&wake));
}

static enum note_class class_of(const struct wire_note *note)
{
	if (note->kind == WIRE_NOTE_PATH)
		return NOTE_PATHS;
	if (note->kind != WIRE_NOTE_LINE)
		return note->kind == WIRE_NOTE_READ ? NOTE_READ : NOTE_SAVED;
	if (note->flags & WIRE_NOTE_LOG)
		return NOTE_LOGGED;
	return note->flags & WIRE_NOTE_REDRAWN ? NOTE_REDRAWN : NOTE_PRINTED;
}

static bool may(struct rate *rate, enum note_class class, enum share share, uint64_t t_ns)
{
	return share_rate(&rate[class], share, t_ns, bound[class].burst, bound[class].per_second);
}

static void wait_here(const struct wire_note *note)
{
	struct early *slot = &early[atomic_fetch_add(&early_head, 1) % EARLY];
	uint32_t state = atomic_load(&slot->state);

	if (state == EARLY_TAKEN ||
	    !atomic_compare_exchange_strong(&slot->state, &state, EARLY_TAKEN))
		return;
	memcpy(&slot->note, note, offsetof(struct wire_note, text) + note->text_bytes);
	atomic_store(&slot->state, EARLY_FULL);
}

/* As far as it is known without asking the kernel. */
static uint32_t own_tid(const struct life *life)
{
	const struct ring_thread *t = &ring_self;

	if (!life || !t->lane || t->life != life || t->generation != atomic_load(&life->generation))
		return 0;
	return __atomic_load_n(&t->lane->tid, __ATOMIC_RELAXED);
}

/* Whether the process can still come to have an arena, or has one. */
static bool is_metered(void)
{
	const struct life *life = atomic_load_explicit(&life_page, memory_order_acquire);

	return init_settings()->on && (!life || atomic_load(&life->phase) != LIFE_OFF);
}

/* What is told now may have happened long ago: rates are those of telling. */
static void add(struct wire_note *note, enum share share, uint64_t now_ns, const void *text,
		size_t bytes)
{
	struct life *life = life_now();
	struct wire_layout *arena = atomic_load(&note_arena);

	if (bytes > WIRE_NOTE_TEXT) {
		bytes = WIRE_NOTE_TEXT;
		note->flags |= WIRE_NOTE_CUT;
	}
	memcpy(note->text, text, bytes);
	note->text_bytes = (uint32_t)bytes;
	if (!arena) {
		wait_here(note);
		/* Another thread may have handed over what waited meanwhile, but not this. */
		life = life_now();
		if (life)
			note_hand_over(life);
		return;
	}
	note->tid = own_tid(life);
	if (may(life ? life->note_rate : childrens, class_of(note), share, now_ns))
		put(arena, note);
	else
		note_refuse();
}

void note_refuse(void)
{
	struct wire_layout *arena = atomic_load(&note_arena);

	if (arena)
		__atomic_fetch_add(&arena->arena.notes_refused, 1, __ATOMIC_RELAXED);
}

uint64_t note_now(void)
{
	return life_now() ? clock_ns() : clock_user_ns();
}

/* Only the head of a note is cleared: the text is long, and written anyway. */
#define HEAD(note) memset(&(note), 0, offsetof(struct wire_note, text))

void note_line(uint64_t file, uint32_t flags, enum share share, uint64_t t_ns, const char *text,
	       size_t bytes)
{
	struct wire_note note;

	if (!t_ns || !is_metered())
		return;
	HEAD(note);
	note.begin_ns = note.t_ns = t_ns;
	note.file = file;
	note.kind = WIRE_NOTE_LINE;
	note.flags = (uint16_t)flags;
	add(&note, share, t_ns, text, bytes);
}

void note_file(enum wire_note_kind kind, uint32_t flags, uint64_t file, uint64_t begin_ns,
	       uint64_t t_ns, uint64_t bytes, uint64_t size, const char *name)
{
	struct wire_note note;

	if (!t_ns || !is_metered())
		return;
	HEAD(note);
	note.begin_ns = begin_ns;
	note.t_ns = t_ns;
	note.file = file;
	note.bytes = bytes;
	note.size = size;
	note.kind = (uint16_t)kind;
	note.flags = (uint16_t)flags;
	add(&note, SHARE_RARE, note_now(), name, strlen(name));
}

void note_path(uint16_t entry, uint32_t flags, uint64_t t_ns, const uint64_t *frame,
	       uint32_t frames)
{
	struct wire_note note;

	HEAD(note);
	note.begin_ns = note.t_ns = t_ns;
	note.file = entry;
	note.kind = WIRE_NOTE_PATH;
	note.flags = (uint16_t)flags;
	add(&note, SHARE_RARE, t_ns, frame, frames * sizeof(*frame));
}

/* Field `n` of what follows the name in /proc/PID/stat, counted as proc(5) does. */
static uint64_t stat_field(const char *text, unsigned n)
{
	uint64_t value = 0;

	for (unsigned field = 2; *text && field < n; text++)
		field += *text == ' ';
	while (*text >= '0' && *text <= '9')
		value = value * 10 + (uint64_t)(*text++ - '0');
	return value;
}

static uint64_t clock_of(clockid_t clock)
{
	struct timespec now = {0, 0};

	sys(clock_gettime, clock, &now);
	return (uint64_t)now.tv_sec * RATE_SECOND_NS + (uint64_t)now.tv_nsec;
}

/*
 * When this process was forked, if it is its parent's image: what waits from before that is the
 * parent's. 0 if it began by exec, or where there is no /proc.
 */
static uint64_t forked_ns(void)
{
	char text[1024];
	const char *rest;
	long n = -1;
	const int fd = (int)sys(openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	n = sys(read, fd, text, sizeof(text) - 1);
	sys(close, fd);
	text[n > 0 ? n : 0] = '\0';
	rest = strrchr(text, ')'); /* the name may hold anything */
	if (!rest || !(stat_field(rest, 9) & FORKED_NO_EXEC))
		return 0;
	return (stat_field(rest, 22) + 1) * TICK_NS -
	       (clock_of(CLOCK_BOOTTIME) - clock_of(CLOCK_MONOTONIC));
}

static bool any_waits(void)
{
	for (uint32_t i = 0; i < EARLY; i++)
		if (atomic_load(&early[i].state) == EARLY_FULL)
			return true;
	return false;
}

void note_hand_over(struct life *life)
{
	const uint32_t head = atomic_load(&early_head);
	uint64_t since_ns;

	atomic_store(&wake, life->wake);
	atomic_store_explicit(&note_arena, life->arena, memory_order_release);
	if (!any_waits())
		return;
	since_ns = forked_ns();
	for (uint32_t i = 0; i < EARLY; i++) { /* the oldest first */
		struct early *slot = &early[(head + i) % EARLY];
		uint32_t state = EARLY_FULL;

		if (!atomic_compare_exchange_strong(&slot->state, &state, EARLY_TAKEN))
			continue;
		if (slot->note.t_ns >= since_ns)
			put(life->arena, &slot->note);
		atomic_store(&slot->state, EARLY_FREE);
	}
}
