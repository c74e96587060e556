/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recogniser: from what was computed, printed, read and saved it finds steps, epochs, fits
 * and phases, and says on what evidence. Pure: no clock, no file; every moment is an argument,
 * nanoseconds since the run's start. One recogniser serves one run. Memory is bounded, whatever
 * comes (at most 4 MB a process).
 */
#ifndef GRAMME_PHASE_H
#define GRAMME_PHASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/line.h"

/* One finished kernel. Those of one stream come in order of their start. */
struct phase_kernel {
	uint32_t process; /* the run's number of the process */
	uint32_t lane;	  /* the thread in it */
	uint32_t kernel;  /* what it is: the run's number of (api, name, device) */
	uint32_t shape;	  /* a hash of the sizes that the call told, or 0 (wire_event.shape) */
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t called_ns; /* when the program asked for it, no later than start_ns */
	uint64_t solves;    /* 1: it factorises or solves (LAPACK), which training hardly does */
};

/* One line that the program printed or logged. */
struct phase_line {
	uint32_t process;
	uint32_t flags; /* WIRE_NOTE_* (preload/wire.h) */
	uint64_t file;	/* where it went: 0 for standard output and error */
	uint64_t t_ns;
	const char *text; /* borrowed for the call */
	size_t bytes;
};

/* The program read a part of a file, or finished writing one. */
struct phase_file {
	uint32_t process;
	uint32_t kind;	   /* WIRE_NOTE_READ or WIRE_NOTE_SAVE */
	uint32_t flags;	   /* WIRE_NOTE_* (preload/wire.h) */
	uint64_t file;	   /* identity of the file */
	uint64_t begin_ns; /* of what is told here */
	uint64_t end_ns;
	uint64_t bytes;	  /* read, or written */
	uint64_t size;	  /* of the file; 0 where not known */
	const char *name; /* base name, borrowed for the call */
	size_t name_bytes;
};

enum phase_kind {
	PHASE_STARTUP = 1,
	PHASE_TRAIN,
	PHASE_EVALUATE,
	PHASE_CHECKPOINT,
	PHASE_PAUSE,
	PHASE_TEARDOWN,
	PHASE_FIT,
	PHASE_EPOCH,
};

#define PHASE_BY_TEXT	     0x1u
#define PHASE_BY_KERNELS     0x2u
#define PHASE_BY_FILES	     0x4u
#define PHASE_BY_CHECKPOINTS 0x8u

struct phase_metric {
	char name[LINE_NAME_MAX + 1];
	double value; /* the last one printed within the phase */
	enum line_part part;
};

/*
 * Phases nest: a fit holds epochs; an epoch holds train, evaluate and checkpoint parts; startup,
 * pause and teardown lie beside fits. Leaves do not overlap. Between them is what is outside.
 */
struct phase {
	uint32_t id;	 /* from 1, in the order of their start; stable once `final` */
	uint32_t parent; /* 0: the run */
	enum phase_kind kind;
	uint32_t index;	 /* from 1 within its parent and kind */
	uint32_t of;	 /* how many were announced, or 0 */
	uint32_t beside; /* fits of other processes at the same time, of which nothing is told */
	uint64_t start_ns;
	uint64_t end_ns;		   /* of one that is under way: as of the last look */
	bool open;			   /* under way */
	bool final;			   /* nothing that comes can change it */
	uint64_t steps;			   /* 0: not known */
	uint32_t evidence;		   /* PHASE_BY_* */
	double confidence;		   /* 0 .. 1 */
	const struct phase_metric *metric; /* borrowed until the next call */
	size_t metrics;
};

struct phases;

/* Returns 0 with *phases, or -ENOMEM. */
int phases_new(struct phases **phases);
void phases_free(struct phases *phases);

/*
 * Told in the order in which things became known, which is nearly that of their time. Where
 * memory is short or a bound is reached something is forgotten, never the process.
 */
void phases_kernel(struct phases *phases, const struct phase_kernel *kernel);
void phases_line(struct phases *phases, const struct phase_line *line);
void phases_file(struct phases *phases, const struct phase_file *file);
/* Events of a thread that were lost before they could be read. */
void phases_lost(struct phases *phases, uint32_t process, uint32_t lane, uint64_t events);

/*
 * The judgement as of now_ns, in order of id, parents before their children; borrowed until the
 * next call. `over`: the run has ended, and this is the last look. The same story gives the same
 * answer, however often it was looked at before.
 */
size_t phases_look(struct phases *phases, uint64_t now_ns, bool over, const struct phase **phase);

/*
 * An epoch is final when so many others, and so much time, came behind it, or `many` others; and
 * with it all that lies before it. When that is looked at depends on what was told alone, never on
 * who looks. Epochs whose lines came late, or that printed none, are final when the run is over.
 */
void phases_patience(struct phases *phases, uint32_t epochs, uint64_t ns, uint32_t many);

/* Final phases up to that id are not told again: what is kept of them is freed. */
void phases_forget(struct phases *phases, uint32_t id);

#endif
