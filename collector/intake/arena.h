/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading an arena: the shared memory that one process counts its work in (preload/wire.h).
 * Pure: works on a mapped layout, touches no clock and no file. The writer is a stranger that may
 * change any byte at any moment, so every word is loaded once, masked, bounded and then judged.
 */
#ifndef GRAMME_ARENA_H
#define GRAMME_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/intake/pages.h"
#include "preload/wire.h"

/* What a drain stopped at, to be waited for once. */
struct arena_wait {
	uint64_t unfinished; /* the number + 1 of a slot that was not yet whole */
	uint64_t ahead;	     /* of what was later than its moment, those before this number */
};

/* How far one process' rings have been read. */
struct arena_reader {
	const struct wire_layout *layout; /* borrowed */
	struct pages *pages;		  /* borrowed: which of it is there; NULL: all */
	bool flushes;			  /* slots that were read are let go of (flush.h) */
	uint64_t next[WIRE_LANES];	  /* number of the next event of each lane */
	struct arena_wait waited[WIRE_LANES];
	uint64_t read;		     /* events that were read whole */
	uint64_t lost;		     /* events overwritten or torn before they were read */
	uint64_t untold[WIRE_LANES]; /* of these, by lane, those that no event has told yet */
	uint64_t note_next;	     /* the same of the ring of notes */
	struct arena_wait note_waited;
	uint64_t notes_lost;
};

/* One finished command, validated. */
struct arena_event {
	uint32_t entry;	    /* below WIRE_ENTRIES; its slot may still be unready */
	uint32_t shape;	    /* as the writer told it */
	uint32_t lane;	    /* the thread that made it, or 0 for several */
	uint64_t lost;	    /* events of the lane just before it, that nobody could read */
	bool timed;	    /* the two times are the device's, end >= start, within the clip */
	uint64_t called_ns; /* when the program asked for it: of a timed one <= start_ns, of another
			     * within the clip or 0 */
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t nested_ns; /* of a timed one, within these: what others have that lie in it */
};

/*
 * Something that the program printed, read or saved, validated. The text is the program's own, of
 * any bytes, and a zero behind them: to be cleaned before it is shown.
 */
struct arena_note {
	enum wire_note_kind kind;
	uint32_t flags; /* the WIRE_NOTE_* that there are */
	uint32_t tid;	/* 0 where the shim did not know */
	uint64_t begin_ns;
	uint64_t t_ns; /* at least begin_ns, both within the clip */
	uint64_t file;
	uint64_t bytes; /* at most SATURATE_MAX, as is the size */
	uint64_t size;
	size_t text_bytes;
	char text[WIRE_NOTE_TEXT + 1];
};

/* What is counted, copied out of the arena. */
struct arena_entry {
	uint8_t api;
	uint8_t kind;
	uint8_t device; /* below WIRE_DEVICES */
	char name[WIRE_NAME_MAX + 4];
};

struct arena_device {
	uint32_t type; /* enum wire_device_type */
	uint32_t api;
	char name[128];
	char bus_id[40];
	uint64_t memory_peak_bytes; /* at most SATURATE_MAX */
};

/* Sums over all lanes, none above SATURATE_MAX; never more timed than counted. */
struct arena_total {
	uint64_t count;
	uint64_t failed;
	uint64_t timed;
	uint64_t device_ns;
	uint64_t host_ns;
	uint64_t bytes;
	uint64_t flop;
};

typedef void (*arena_event_fn)(void *arg, const struct arena_event *event);
typedef void (*arena_note_fn)(void *arg, const struct arena_note *note);

/* Returns 0, -EPROTO for something else than an arena, or -EPROTONOSUPPORT for another version. */
int arena_check(const struct wire_layout *layout);

void arena_begin(struct arena_reader *reader, const struct wire_layout *layout);

/*
 * Hands every event since the last call to `each`, lane by lane, times clipped to
 * [first_ns, last_ns]. A slot that is just being written, or tells of what came after last_ns,
 * stops its lane until the next call, once; with `final` there is no next call. At most
 * WIRE_RING_SLOTS events a lane.
 */
void arena_drain(struct arena_reader *reader, uint64_t first_ns, uint64_t last_ns, bool final,
		 arena_event_fn each, void *arg);

/*
 * Hands every note since the last call to `each`, in the order in which they were made; clip and
 * `final` as above. At most WIRE_NOTES of them. Those that were overwritten or torn, or are none,
 * count in notes_lost.
 */
void arena_notes(struct arena_reader *reader, uint64_t first_ns, uint64_t last_ns, bool final,
		 arena_note_fn each, void *arg);

/* Lines and files that the shim left out to bound their rate, at most SATURATE_MAX. */
uint64_t arena_notes_refused(const struct arena_reader *reader);

/*
 * What was not there at the last look (pages.h) reads as zeros until this is called: before each
 * round of reading. arena_drain and arena_notes do it themselves.
 */
void arena_look(const struct arena_reader *reader);

/* Slots in use, bounded by the geometry. */
uint32_t arena_entries(const struct arena_reader *reader);

/* What a process said that it is called: cleaned, and no more than a claim. */
struct arena_name {
	char project[WIRE_LABEL_BYTES + 1]; /* "" where it was not told */
	char experiment[WIRE_LABEL_BYTES + 1];
	char arguments[WIRE_ARGUMENTS + 1]; /* each zero-terminated */
	size_t argument_bytes;
};
void arena_name(const struct wire_layout *layout, struct arena_name *name);

/* Copy one slot. False if it is not ready (or the index is out of range). */
bool arena_entry(const struct arena_reader *reader, uint32_t index, struct arena_entry *entry);
bool arena_device(const struct arena_reader *reader, uint32_t index, struct arena_device *device);

void arena_total(const struct arena_reader *reader, uint32_t entry, struct arena_total *total);

/* The names that ledgers use: "opencl", "openmp", "blas", "lapack", "onednn"; "kernel", "read", ...
 * or "other" for an unknown number. */
const char *arena_api_name(unsigned api);
const char *arena_kind_name(unsigned kind);

/* True for commands that keep a device busy (a marker or a wait does not). */
bool arena_kind_occupies(unsigned kind);

#endif
