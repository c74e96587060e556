/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading an arena. The writer never waits for us and overwrites its oldest events; a slot is
 * believed only if its sequence number was the expected one before and after the copy.
 */
#include "collector/intake/arena.h"

#include <errno.h>
#include <string.h>

#include "collector/intake/clean.h"
#include "collector/intake/flush.h"
#include "collector/saturate.h"

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

#define LEAD (WIRE_RING_SLOTS / 4) /* ahead of a writer that has passed us */

/*
 * Slots ahead that are sent for while one is read: each lies in the cache of the core that wrote
 * it. Reading and booking an event took 60 to 80 ns of CPU time without, 45 to 60 with it (slopes
 * over two times 24 runs, in turns, of 30,000 to 400,000 events read; AMD EPYC VM, 2026-11-22).
 */
#define AHEAD 16u

int arena_check(const struct wire_layout *layout)
{
	const struct wire_arena *arena = &layout->arena;

	if (__atomic_load_n(&arena->magic, __ATOMIC_ACQUIRE) != WIRE_MAGIC)
		return -EPROTO;
	if (LOAD(arena->version) != WIRE_VERSION)
		return -EPROTONOSUPPORT;
	if (LOAD(arena->devices) != WIRE_DEVICES || LOAD(arena->entries) != WIRE_ENTRIES ||
	    LOAD(arena->name_bytes) != WIRE_NAME_BYTES || LOAD(arena->lanes) != WIRE_LANES ||
	    LOAD(arena->ring_slots) != WIRE_RING_SLOTS)
		return -EPROTONOSUPPORT;
	return 0;
}

void arena_begin(struct arena_reader *reader, const struct wire_layout *layout)
{
	*reader = (struct arena_reader){.layout = layout, .flushes = flush_is_there()};
}

/* Whether all of these bytes of the layout, a page or less, may be looked at. */
static bool there(const struct arena_reader *reader, const void *place, size_t bytes)
{
	size_t offset = (size_t)((const char *)place - (const char *)reader->layout);

	return !reader->pages || (pages_there(reader->pages, offset) &&
				  pages_there(reader->pages, offset + bytes - 1));
}

void arena_look(const struct arena_reader *reader)
{
	if (reader->pages)
		pages_look_again(reader->pages);
}

static uint32_t bounded(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

enum slot { SLOT_WHOLE, SLOT_UNFINISHED, SLOT_OVERWRITTEN };

/* How many slots of a size from this one on lie in a page that is not there; 0 if it is there. */
static uint64_t missing_slots(const struct arena_reader *reader, const void *slot, size_t size)
{
	if (there(reader, slot, size))
		return 0;
	return PAGES_BYTES / size -
	       (uint64_t)((const char *)slot - (const char *)reader->layout) % PAGES_BYTES / size;
}

/* Copies one slot between two looks at its sequence number. */
static enum slot copy_slot(const struct wire_event *slot, uint64_t number, struct wire_event *copy)
{
	uint64_t before = __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE);

	if (before != number + 1)
		return before > number + 1 ? SLOT_OVERWRITTEN : SLOT_UNFINISHED;
	copy->host_ns = LOAD(slot->host_ns);
	copy->start_ns = LOAD(slot->start_ns);
	copy->end_ns = LOAD(slot->end_ns);
	copy->entry = LOAD(slot->entry);
	copy->flags = LOAD(slot->flags);
	copy->shape = LOAD(slot->shape);
	copy->nested_ns = LOAD(slot->nested_ns);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return LOAD(slot->seq) == before ? SLOT_WHOLE : SLOT_OVERWRITTEN;
}

/* When it was told, at the earliest. */
static uint64_t told_ns(const struct wire_event *copy)
{
	return copy->flags & WIRE_EVENT_TIMED && copy->end_ns > copy->host_ns ? copy->end_ns
									      : copy->host_ns;
}

/* Turns a copied slot into an event; false for an entry that cannot be. */
static bool judge(const struct wire_event *copy, uint64_t first_ns, uint64_t last_ns,
		  struct arena_event *event)
{
	if (copy->entry >= WIRE_ENTRIES)
		return false;
	*event = (struct arena_event){.entry = copy->entry, .shape = copy->shape};
	if (copy->host_ns >= first_ns && copy->host_ns <= last_ns)
		event->called_ns = copy->host_ns;
	if (!(copy->flags & WIRE_EVENT_TIMED) || copy->end_ns < copy->start_ns)
		return true;
	event->start_ns = copy->start_ns > first_ns ? copy->start_ns : first_ns;
	event->end_ns = copy->end_ns < last_ns ? copy->end_ns : last_ns;
	event->called_ns = copy->host_ns > first_ns ? copy->host_ns : first_ns;
	if (event->called_ns > event->start_ns)
		event->called_ns = event->start_ns;
	event->timed = event->start_ns <= event->end_ns;
	if (!event->timed)
		return true;
	event->nested_ns = event->end_ns - event->start_ns;
	if (copy->nested_ns < event->nested_ns)
		event->nested_ns = copy->nested_ns;
	return true;
}

struct sink {
	uint64_t first_ns;
	uint64_t last_ns;
	bool final;
	arena_event_fn each;
	void *arg;
};

static void lose(struct arena_reader *reader, uint32_t index, uint64_t events)
{
	reader->lost = saturate_add(reader->lost, events);
	reader->untold[index] = saturate_add(reader->untold[index], events);
}

static void hand_over(struct arena_reader *reader, uint32_t index, struct arena_event *event,
		      const struct sink *sink)
{
	event->lane = index;
	event->lost = reader->untold[index];
	reader->untold[index] = 0;
	reader->read++;
	sink->each(sink->arg, event);
}

/*
 * How many events to give up where the writer has overwritten the next one. To go on with the
 * oldest that is left is to read each line while it is being written: both then went on in step,
 * for as long as a drain took, at 130 ns an event instead of 18 (AMD EPYC VM, 2026-11-22). So a
 * writer that lives is given a lead.
 */
static uint64_t passed(const struct wire_lane *lane, uint64_t next, bool final)
{
	const uint64_t head = __atomic_load_n(&lane->head, __ATOMIC_ACQUIRE);
	const uint64_t left = WIRE_RING_SLOTS - LEAD;

	return !final && head > next + left ? head - left - next : 1;
}

/*
 * Whether a drain stops before slot `next` of as many as `head`: what is unfinished, or was told
 * after the moment that the drain speaks for, is left to the next one. Who is kept from a CPU
 * between reading the clock and reading the ring finds there what came since, and would clip its
 * times to that moment (three epochs' lines at one time, on a busy machine, 2026-11-22). Either is
 * waited for once, since a stranger may say so for ever; and all that is ahead at once, since who
 * has a clock of his own (a time namespace) is ahead with all that he says.
 */
static bool stop_at(struct arena_wait *wait, enum slot state, bool to_come, uint64_t next,
		    uint64_t head)
{
	if (state == SLOT_UNFINISHED && wait->unfinished != next + 1) {
		wait->unfinished = next + 1;
		return true;
	}
	if (to_come && wait->ahead <= next) {
		wait->ahead = head;
		return true;
	}
	return false;
}

static void drain_lane(struct arena_reader *reader, uint32_t index, const struct sink *sink)
{
	const struct wire_lane *lane = &reader->layout->lane[index];
	uint64_t next = reader->next[index];

	if (!there(reader, &lane->head, sizeof(lane->head)))
		return;
	uint64_t head = __atomic_load_n(&lane->head, __ATOMIC_ACQUIRE);
	if (head <= next)
		return;
	if (head - next > WIRE_RING_SLOTS) {
		lose(reader, index, head - next - WIRE_RING_SLOTS);
		next = head - WIRE_RING_SLOTS;
	}
	for (; next < head; next++) {
		const struct wire_event *slot = &lane->ring[next & (WIRE_RING_SLOTS - 1)];
		struct wire_event copy;
		struct arena_event event;

		if (head - next > AHEAD)
			__builtin_prefetch(&lane->ring[(next + AHEAD) & (WIRE_RING_SLOTS - 1)]);
		uint64_t missing = missing_slots(reader, slot, sizeof(*slot));
		enum slot state = missing ? SLOT_UNFINISHED : copy_slot(slot, next, &copy);

		if (!sink->final &&
		    stop_at(&reader->waited[index], state,
			    state == SLOT_WHOLE && told_ns(&copy) > sink->last_ns, next, head))
			break;
		if (state == SLOT_WHOLE && reader->flushes)
			flush_line(slot);
		if (state == SLOT_WHOLE && judge(&copy, sink->first_ns, sink->last_ns, &event)) {
			hand_over(reader, index, &event, sink);
		} else {
			/* The whole rest of a page that is not there, at once. */
			uint64_t n = missing < head - next ? missing : head - next;
			n = state == SLOT_OVERWRITTEN ? passed(lane, next, sink->final) : n ? n : 1;
			lose(reader, index, n);
			next += n - 1;
		}
	}
	reader->next[index] = next;
}

void arena_drain(struct arena_reader *reader, uint64_t first_ns, uint64_t last_ns, bool final,
		 arena_event_fn each, void *arg)
{
	const struct sink sink = {first_ns, last_ns, final, each, arg};
	uint32_t lanes = bounded(LOAD(reader->layout->arena.lanes_used), WIRE_LANES);

	arena_look(reader);
	for (uint32_t i = 0; i < lanes; i++)
		drain_lane(reader, i, &sink);
}

/* Copies a note between two looks at its sequence number, and no more of its text than there is. */
static enum slot copy_note(const struct wire_note *slot, uint64_t number, struct wire_note *copy)
{
	typedef uint64_t __attribute__((may_alias)) word;
	const size_t head = offsetof(struct wire_note, text) / sizeof(word);
	const word *from = (const word *)slot;
	word *to = (word *)copy;
	uint64_t before = __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE);

	if (before != number + 1)
		return before > number + 1 ? SLOT_OVERWRITTEN : SLOT_UNFINISHED;
	for (size_t i = 0; i < head; i++)
		to[i] = LOAD(from[i]);
	copy->text_bytes = bounded(copy->text_bytes, WIRE_NOTE_TEXT);
	for (size_t i = 0; i < (copy->text_bytes + sizeof(word) - 1) / sizeof(word); i++)
		to[head + i] = LOAD(from[head + i]);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return LOAD(slot->seq) == before ? SLOT_WHOLE : SLOT_OVERWRITTEN;
}

#define NOTE_FLAGS                                                                                 \
	(WIRE_NOTE_CUT | WIRE_NOTE_REDRAWN | WIRE_NOTE_LATE | WIRE_NOTE_LOG |                      \
	 WIRE_NOTE_FROM_START | WIRE_NOTE_TO_END)

static uint64_t clipped(uint64_t t_ns, uint64_t first_ns, uint64_t last_ns)
{
	if (t_ns < first_ns)
		return first_ns;
	return t_ns < last_ns ? t_ns : last_ns;
}

/* Turns a copied slot into a note; false for a kind that cannot be. */
static bool judge_note(const struct wire_note *copy, uint64_t first_ns, uint64_t last_ns,
		       struct arena_note *note)
{
	if (copy->kind == WIRE_NOTE_NONE || copy->kind >= WIRE_NOTE_KIND_COUNT)
		return false;
	note->kind = copy->kind;
	note->flags = copy->flags & NOTE_FLAGS;
	note->tid = copy->tid;
	note->t_ns = clipped(copy->t_ns, first_ns, last_ns);
	note->begin_ns = clipped(copy->begin_ns, first_ns, note->t_ns);
	note->file = copy->file;
	note->bytes = saturate_add(copy->bytes, 0);
	note->size = saturate_add(copy->size, 0);
	note->text_bytes = copy->text_bytes;
	memcpy(note->text, copy->text, copy->text_bytes);
	note->text[copy->text_bytes] = '\0';
	return true;
}

void arena_notes(struct arena_reader *reader, uint64_t first_ns, uint64_t last_ns, bool final,
		 arena_note_fn each, void *arg)
{
	uint64_t head = __atomic_load_n(&reader->layout->arena.notes_head, __ATOMIC_ACQUIRE);
	uint64_t next = reader->note_next;

	if (head <= next)
		return;
	last_ns = last_ns < first_ns ? first_ns : last_ns;
	arena_look(reader);
	if (head - next > WIRE_NOTES) {
		reader->notes_lost = saturate_add(reader->notes_lost, head - next - WIRE_NOTES);
		next = head - WIRE_NOTES;
	}
	for (; next < head; next++) {
		const struct wire_note *slot = &reader->layout->note[next & (WIRE_NOTES - 1)];
		struct wire_note copy;
		struct arena_note note;
		uint64_t missing = missing_slots(reader, slot, sizeof(*slot));
		enum slot state = missing ? SLOT_UNFINISHED : copy_note(slot, next, &copy);

		if (!final && stop_at(&reader->note_waited, state,
				      state == SLOT_WHOLE && copy.t_ns > last_ns, next, head))
			break;
		if (state == SLOT_WHOLE && judge_note(&copy, first_ns, last_ns, &note))
			each(arg, &note);
		else
			reader->notes_lost = saturate_add(reader->notes_lost, 1);
	}
	reader->note_next = next;
}

uint64_t arena_notes_refused(const struct arena_reader *reader)
{
	return saturate_add(LOAD(reader->layout->arena.notes_refused), 0);
}

void arena_name(const struct wire_layout *layout, struct arena_name *name)
{
	const struct wire_arena *arena = &layout->arena;
	size_t at = 0;

	*name = (struct arena_name){0};
	clean_copy(name->project, sizeof(name->project), arena->project, sizeof(arena->project));
	clean_copy(name->experiment, sizeof(name->experiment), arena->experiment,
		   sizeof(arena->experiment));
	/* Arguments end with the first empty place; one that was cut off is cut off. */
	memcpy(name->arguments, arena->arguments, sizeof(arena->arguments));
	for (; at < WIRE_ARGUMENTS && name->arguments[at]; at += strlen(name->arguments + at) + 1)
		clean_text(name->arguments + at);
	name->argument_bytes = at;
}

uint32_t arena_entries(const struct arena_reader *reader)
{
	return bounded(LOAD(reader->layout->arena.entries_used), WIRE_ENTRIES);
}

bool arena_entry(const struct arena_reader *reader, uint32_t index, struct arena_entry *entry)
{
	const struct wire_layout *layout = reader->layout;

	if (index >= WIRE_ENTRIES)
		return false;
	const struct wire_entry *slot = &layout->entry[index];
	if (!there(reader, slot, sizeof(*slot)) || !__atomic_load_n(&slot->ready, __ATOMIC_ACQUIRE))
		return false;
	uint32_t offset = bounded(LOAD(slot->name), WIRE_NAME_BYTES);
	uint32_t bytes = bounded(LOAD(slot->name_bytes), WIRE_NAME_MAX);
	bytes = bounded(bytes, WIRE_NAME_BYTES - offset);
	entry->api = LOAD(slot->api);
	entry->kind = LOAD(slot->kind);
	entry->device = LOAD(slot->device) % WIRE_DEVICES;
	if (bytes && !there(reader, layout->names + offset, bytes))
		bytes = 0;
	clean_copy(entry->name, WIRE_NAME_MAX + 1, layout->names + offset, bytes);
	if (LOAD(slot->flags) & WIRE_ENTRY_CUT)
		strcat(entry->name, "...");
	return true;
}

bool arena_device(const struct arena_reader *reader, uint32_t index, struct arena_device *device)
{
	if (index >= WIRE_DEVICES)
		return false;
	const struct wire_device *slot = &reader->layout->device[index];
	if (!there(reader, slot, sizeof(*slot)) || !__atomic_load_n(&slot->ready, __ATOMIC_ACQUIRE))
		return false;
	device->type = LOAD(slot->type);
	device->api = LOAD(slot->api);
	clean_copy(device->name, sizeof(device->name), slot->name, sizeof(slot->name));
	clean_copy(device->bus_id, sizeof(device->bus_id), slot->bus_id, sizeof(slot->bus_id));
	device->memory_peak_bytes = saturate_add(0, LOAD(slot->memory_peak_bytes));
	return true;
}

/* The totals of an entry in every lane where its page is there. Returns how many. */
static uint32_t totals_of(const struct arena_reader *reader, uint32_t entry,
			  const struct wire_total *used[WIRE_LANES])
{
	const struct wire_layout *layout = reader->layout;
	uint32_t lanes = bounded(LOAD(layout->arena.lanes_used), WIRE_LANES);
	uint32_t n = 0;

	for (uint32_t i = 0; i < lanes; i++)
		if (there(reader, &layout->lane[i].totals[entry], sizeof(**used)))
			used[n++] = &layout->lane[i].totals[entry];
	return n;
}

void arena_total(const struct arena_reader *reader, uint32_t entry, struct arena_total *total)
{
	const struct wire_total *used[WIRE_LANES];
	uint32_t n;

	*total = (struct arena_total){0};
	if (entry >= WIRE_ENTRIES)
		return;
	/*
	 * A command is counted before it is timed, perhaps by another thread in another lane, so
	 * the two are read in the opposite order; the lane that counted it may have come in
	 * between.
	 */
	n = totals_of(reader, entry, used);
	for (uint32_t i = 0; i < n; i++) {
		total->timed = saturate_add(total->timed, LOAD(used[i]->timed));
		total->device_ns = saturate_add(total->device_ns, LOAD(used[i]->device_ns));
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	n = totals_of(reader, entry, used);
	for (uint32_t i = 0; i < n; i++) {
		total->count = saturate_add(total->count, LOAD(used[i]->count));
		total->failed = saturate_add(total->failed, LOAD(used[i]->failed));
		total->host_ns = saturate_add(total->host_ns, LOAD(used[i]->host_ns));
		total->bytes = saturate_add(total->bytes, LOAD(used[i]->bytes));
		total->flop = saturate_add(total->flop, LOAD(used[i]->flop));
	}
	/* A page that was a hole at the last look may hold counts by now. */
	if (total->timed > total->count)
		total->timed = total->count;
}

const char *arena_api_name(unsigned api)
{
	static const char *const name[WIRE_API_COUNT] = {
		[WIRE_API_OPENCL] = "opencl", [WIRE_API_OPENMP] = "openmp",
		[WIRE_API_BLAS] = "blas",     [WIRE_API_LAPACK] = "lapack",
		[WIRE_API_ONEDNN] = "onednn", [WIRE_API_CUDA] = "cuda",
		[WIRE_API_CUBLAS] = "cublas", [WIRE_API_CUDNN] = "cudnn",
		[WIRE_API_NCCL] = "nccl",
	};

	return api < WIRE_API_COUNT && name[api] ? name[api] : "other";
}

const char *arena_kind_name(unsigned kind)
{
	static const char *const name[WIRE_KIND_COUNT] = {
		[WIRE_KIND_KERNEL] = "kernel",
		[WIRE_KIND_NATIVE] = "native",
		[WIRE_KIND_READ] = "read",
		[WIRE_KIND_WRITE] = "write",
		[WIRE_KIND_COPY] = "copy",
		[WIRE_KIND_FILL] = "fill",
		[WIRE_KIND_MAP] = "map",
		[WIRE_KIND_UNMAP] = "unmap",
		[WIRE_KIND_MIGRATE] = "migrate",
		[WIRE_KIND_MARKER] = "marker",
		[WIRE_KIND_BARRIER] = "barrier",
		[WIRE_KIND_SVM_FREE] = "svm_free",
		[WIRE_KIND_SYNC] = "sync",
		[WIRE_KIND_BATCH] = "batch",
		[WIRE_KIND_OBJECT] = "object",
		[WIRE_KIND_CALL] = "call",
		[WIRE_KIND_COLLECTIVE] = "collective",
	};

	return kind < WIRE_KIND_COUNT && name[kind] ? name[kind] : "other";
}

bool arena_kind_occupies(unsigned kind)
{
	return kind != WIRE_KIND_SYNC && kind != WIRE_KIND_MARKER && kind != WIRE_KIND_BARRIER &&
	       kind != WIRE_KIND_NONE && kind != WIRE_KIND_CALL && kind != WIRE_KIND_COLLECTIVE;
}
