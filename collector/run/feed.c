/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One arena feeding a run. Totals only ever grow: whatever the writer does to its memory, the
 * run's rows never fall.
 */
#include "collector/run/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/saturate.h"
#include "collector/symbol/place.h"
#include "collector/symbol/symbol.h"

#define EVENT_COST_MAX_NS 1000u

void feed_open(struct feed *feed, const struct wire_layout *layout, struct devices *devices,
	       struct kernels *kernels, uint64_t first_ns)
{
	*feed = (struct feed){.devices = devices, .kernels = kernels, .first_ns = first_ns};
	arena_begin(&feed->reader, layout);
}

void feed_release(struct feed *feed)
{
	free(feed->entry);
	feed->entry = NULL;
	feed->entries = 0;
}

static int find_device(struct feed *feed, uint32_t index)
{
	struct arena_device device;

	if (feed->device[index])
		return feed->device[index] - 1;
	if (!arena_device(&feed->reader, index, &device))
		device = (struct arena_device){.name = "(unknown)"};
	int found = devices_find(feed->devices, &device);
	if (found >= 0)
		feed->device[index] = found + 1;
	return found;
}

/* The row of code is looked for by its place first, since to ask for its symbol is costly. */
static int find_row(struct feed *feed, const struct arena_entry *from, const struct device *device)
{
	const char *api = arena_api_name(from->api), *kind = arena_kind_name(from->kind);
	char named[SYMBOL_NAME_MAX + WIRE_NAME_MAX];
	const char *name = from->name;
	int row;

	if (from->api == WIRE_API_OPENMP) {
		name = place_public(name);
		row = kernels_find(feed->kernels, api, kind, name, device->label);
		if (row >= 0)
			return row;
		naming_row(feed->naming, feed->pid, from->name, named, sizeof(named));
		name = named;
	}
	return kernels_row(feed->kernels, api, kind, name, device->label, device->domain);
}

/* Gives an entry its row. Returns 0, -EAGAIN while its slot is not ready, or -ENOMEM. */
static int resolve(struct feed *feed, uint32_t index)
{
	struct feed_entry *entry = &feed->entry[index];
	struct arena_entry from;

	if (entry->row)
		return 0;
	if (!arena_entry(&feed->reader, index, &from))
		return -EAGAIN;
	entry->device = find_device(feed, from.device);
	if (entry->device < 0)
		return -ENOMEM;
	int row = find_row(feed, &from, feed->devices->device[entry->device]);
	if (row < 0)
		return row;
	entry->row = row + 1;
	entry->occupies = arena_kind_occupies(from.kind);
	entry->is_launch = entry->occupies && from.api == WIRE_API_CUDA;
	entry->solves = from.api == WIRE_API_LAPACK;
	return 0;
}

static int grow(struct feed *feed)
{
	uint32_t n = arena_entries(&feed->reader);

	if (n <= feed->entries)
		return 0;
	struct feed_entry *more = realloc(feed->entry, n * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + feed->entries, 0, (n - feed->entries) * sizeof(*more));
	feed->entry = more;
	feed->entries = n;
	return 0;
}

static void take_event(void *arg, const struct arena_event *event)
{
	struct feed *feed = arg;

	if (event->lost && feed->course)
		course_lost(feed->course, feed->process, event->lane, event->lost);
	if (!event->timed && !event->called_ns)
		return;
	/* An entry is there before its first event, but may be newer than this drain. */
	if (event->entry >= feed->entries && grow(feed))
		return;
	if (event->entry >= feed->entries || resolve(feed, event->entry))
		return;
	const struct feed_entry *entry = &feed->entry[event->entry];
	/* When it ran is not known: of the order in which kernels were asked for, this is a moment.
	 */
	const uint64_t start_ns = event->timed ? event->start_ns : event->called_ns;
	const uint64_t end_ns = event->timed ? event->end_ns : event->called_ns;
	if (!(event->timed ? entry->occupies : entry->is_launch))
		return;
	const uint32_t row = (uint32_t)entry->row - 1;
	feed->computed = true;
	if (event->timed) {
		const struct busy_interval command = {
			start_ns, end_ns, row, busy_nested(event->nested_ns, end_ns - start_ns)};
		devices_add(feed->devices, entry->device, &command);
	}
	if (feed->course)
		course_kernel(feed->course, &(struct phase_kernel){.process = feed->process,
								   .lane = event->lane,
								   .kernel = row,
								   .shape = event->shape,
								   .start_ns = start_ns,
								   .end_ns = end_ns,
								   .called_ns = event->called_ns,
								   .solves = entry->solves});
}

/* A hash of where a function lies: in which file, or in the memory of which process. */
static uint64_t place_of_frame(const struct feed *feed, const char *object, uint64_t address)
{
	uint64_t hash = 14695981039346656037ULL ^ address;

	if (!*object)
		hash ^= (uint64_t)feed->pid << 48;
	for (; *object; object++)
		hash = (hash ^ (unsigned char)*object) * 1099511628211ULL; /* FNV-1a */
	return (hash * 0x9e3779b97f4a7c15u) | 1u;
}

static int function_of(struct feed *feed, uint64_t frame)
{
	struct arena_entry from = {0};
	char name[SYMBOL_NAME_MAX + 256];
	const uint64_t address = WIRE_PATH_ADDRESS(frame);
	uint64_t place;
	int known;

	if (WIRE_PATH_OBJECT(frame) &&
	    (!arena_entry(&feed->reader, WIRE_PATH_OBJECT(frame), &from) ||
	     from.kind != WIRE_KIND_OBJECT))
		return paths_function(feed->paths, 0, "(unknown)");
	place = place_of_frame(feed, from.name, address);
	known = paths_known(feed->paths, place);
	if (known >= 0)
		return known;
	naming_frame(feed->naming, feed->pid, from.name, address, name, sizeof(name));
	return paths_function(feed->paths, place, name);
}

/* What is no path to something that is counted is passed over. */
static void take_path(struct feed *feed, const struct arena_note *note)
{
	uint32_t frame[WIRE_PATH_FRAMES];
	const size_t n = note->text_bytes / sizeof(uint64_t);

	if (!n || n > WIRE_PATH_FRAMES || note->file >= WIRE_ENTRIES || grow(feed) ||
	    note->file >= feed->entries || resolve(feed, (uint32_t)note->file))
		return;
	for (size_t i = 0; i < n; i++) {
		uint64_t word;
		int function;

		memcpy(&word, note->text + i * sizeof(word), sizeof(word));
		function = function_of(feed, word);
		if (function < 0)
			return;
		frame[i] = (uint32_t)function;
	}
	(void)paths_add(feed->paths, (size_t)feed->entry[note->file].row - 1, frame, (uint32_t)n,
			note->flags & WIRE_NOTE_CUT, 1);
}

static void take_note(void *arg, const struct arena_note *note)
{
	struct feed *feed = arg;

	if (note->kind == WIRE_NOTE_PATH && feed->paths)
		take_path(feed, note);
	else if (note->kind != WIRE_NOTE_PATH && feed->course)
		course_note(feed->course, feed->process, note);
}

void feed_drain(struct feed *feed, uint64_t now_ns, bool final)
{
	arena_drain(&feed->reader, feed->first_ns, now_ns, final, take_event, feed);
	if (feed->course || feed->paths)
		arena_notes(&feed->reader, feed->first_ns, now_ns, final, take_note, feed);
}

static uint64_t rise(uint64_t now, uint64_t *seen)
{
	uint64_t more = now > *seen ? now - *seen : 0;

	*seen += more;
	return more;
}

/* Adds to a row what is not in it from before a takeover. */
static void add(uint64_t *row, uint64_t *owed, uint64_t more)
{
	uint64_t paid = more < *owed ? more : *owed;

	*owed -= paid;
	*row = saturate_add(*row, more - paid);
}

static void book(struct feed *feed, struct feed_entry *entry, const struct arena_total *total)
{
	struct ledger_kernel *row = &feed->kernels->row[entry->row - 1];
	struct arena_total *owed = &feed->kernels->past[entry->row - 1].owed;
	uint64_t count = rise(total->count, &entry->seen.count);

	feed->counted = saturate_add(feed->counted, count);
	add(&row->count, &owed->count, count);
	add(&row->failed, &owed->failed, rise(total->failed, &entry->seen.failed));
	add(&row->timed, &owed->timed, rise(total->timed, &entry->seen.timed));
	add(&row->device_ns, &owed->device_ns, rise(total->device_ns, &entry->seen.device_ns));
	add(&row->host_ns, &owed->host_ns, rise(total->host_ns, &entry->seen.host_ns));
	add(&row->bytes, &owed->bytes, rise(total->bytes, &entry->seen.bytes));
	add(&row->flop, &owed->flop, rise(total->flop, &entry->seen.flop));
}

/* What has been had of memory on the devices, if nothing else was done there. */
static void note_memory(struct feed *feed)
{
	struct arena_device device;
	int index;

	for (uint32_t i = 0; i < WIRE_DEVICES; i++) {
		if (!arena_device(&feed->reader, i, &device) || !device.memory_peak_bytes)
			continue;
		index = find_device(feed, i);
		if (index >= 0)
			devices_memory(feed->devices, index, device.memory_peak_bytes);
	}
}

int feed_count(struct feed *feed)
{
	int error = grow(feed);

	arena_look(&feed->reader);
	for (uint32_t i = 0; i < feed->entries; i++) {
		struct arena_total total;

		arena_total(&feed->reader, i, &total);
		/* What was reserved but never called is no row. */
		if (!total.count && !total.failed)
			continue;
		int unresolved = resolve(feed, i);
		if (unresolved == -ENOMEM)
			error = unresolved;
		if (!unresolved)
			book(feed, &feed->entry[i], &total);
	}
	note_memory(feed);
	return error;
}

void feed_settle(struct feed *feed)
{
	for (uint32_t i = 0; i < feed->entries; i++) {
		const struct arena_total *seen = &feed->entry[i].seen;
		if (!feed->entry[i].row)
			continue;
		struct arena_total *gone = &feed->kernels->past[feed->entry[i].row - 1].gone;
		gone->count = saturate_add(gone->count, seen->count);
		gone->failed = saturate_add(gone->failed, seen->failed);
		gone->timed = saturate_add(gone->timed, seen->timed);
		gone->device_ns = saturate_add(gone->device_ns, seen->device_ns);
		gone->host_ns = saturate_add(gone->host_ns, seen->host_ns);
		gone->bytes = saturate_add(gone->bytes, seen->bytes);
		gone->flop = saturate_add(gone->flop, seen->flop);
	}
}

uint32_t feed_uncovered(struct feed *feed)
{
	uint32_t told = __atomic_load_n(&feed->reader.layout->arena.uncovered, __ATOMIC_RELAXED);
	uint32_t fresh = told & ~feed->told_uncovered;

	feed->told_uncovered |= fresh;
	return fresh;
}

uint64_t feed_cost_ns(const struct feed *feed)
{
	uint32_t each =
		__atomic_load_n(&feed->reader.layout->arena.event_cost_ns, __ATOMIC_RELAXED);

	if (each > EVENT_COST_MAX_NS)
		each = EVENT_COST_MAX_NS;
	return saturate_mul(feed->counted, each);
}
