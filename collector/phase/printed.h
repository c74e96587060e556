/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What printed lines tell over time: which counter counts epochs, where it starts again (another
 * fit), which lines and metrics belong to which epoch. Pure. Text proves counts; whether its times
 * are worth anything is said beside them, and what was computed meanwhile is for others to weigh.
 *
 * An epoch is what the program counts as one, or what looks like it: `unit` and `sure` say which.
 * Lines of one process on several files (a terminal, a log, a CSV) are one story: the best is
 * told, and the others add their metrics.
 */
#ifndef GRAMME_PHASE_PRINTED_H
#define GRAMME_PHASE_PRINTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/phase.h"

/* Where in an epoch its lines stand, as far as text alone can tell. */
enum printed_reading {
	PRINTED_ANYWHERE = 0, /* one line an epoch, and nothing says whether before or after */
	PRINTED_AT_START,     /* it names the epoch and no result: [this line, next epoch's line) */
	PRINTED_AT_END,	      /* it carries the result: (last epoch's line, this line] */
	PRINTED_AROUND,	      /* several: the first at or after the start, the last at the end */
};

struct printed_epoch {
	uint32_t index; /* from 1 within its fit: 10, 20, 30 where every tenth is printed */
	double told;	/* as printed: counted from 0 or 1, perhaps a fraction (1.25) */

	/*
	 * The first and the last line that speak of it, on the run's clock. A late one came out
	 * of a buffer: it was printed no later than that, and nothing more is known. `guessed`:
	 * no line stands there; fractional epochs passed a whole number between two lines.
	 */
	uint64_t first_ns;
	uint64_t last_ns;
	bool first_late;
	bool last_late;
	bool guessed;
	bool begins;	     /* the first line says that it starts */
	bool ends;	     /* the last line carries its result, or says that it is over */
	uint64_t first_line; /* their numbers in the order in which all lines of the run came */
	uint64_t last_line;

	uint64_t said_ns; /* when it was over by a clock that is printed (took.h), or 0 */
	uint64_t took_ns; /* of the first one: how long it took by that, or 0 */

	uint64_t steps;	 /* announced ("48/48"), or 0 */
	uint64_t step;	 /* the highest that was printed within it, or 0 */
	uint32_t metric; /* for printed_metrics() */
};

struct printed_fit {
	uint32_t process;
	uint32_t number; /* as the program counts folds, trials or models; 0 where it does not */
	uint32_t nth;	 /* of its process and file, from 0 */
	enum line_unit unit; /* EPOCH: the word was said. STEP: iterations, maybe epochs, if there
				are loops inside. NONE: "[3/10]", a bar. PERCENT: of all epochs */
	bool iterates; /* unit STEP: an iteration, which may be one of all data; no batch is */
	bool drawn;    /* by a progress bar */
	bool bars;     /* unit NONE: every epoch is a whole bar of its own, of `steps` steps */
	double sure;   /* 0 .. 1: that this is training, by words and metrics alone */
	enum printed_reading reading;
	uint32_t of;	 /* epochs announced ("/10"), or 0 */
	uint32_t epochs; /* proved: the highest index, told or not */
	uint32_t before; /* epochs that are settled: indices, `epochs` and `of` begin behind them */
	uint32_t stride; /* every so many epochs speak (1 mostly); up to stride - 1 may follow */
	uint64_t steps;	 /* of each epoch, where all agree; or 0 */
	bool late;	 /* no line of it has a time of its own */
	bool over;	 /* it reached `of`, or another fit followed */
	/*
	 * Another process told the same epochs at the same time (ranks that all print): the index
	 * of its fit in this list, plus one. 0: none, or this is the first of them.
	 */
	uint32_t twin;
	uint64_t first_line; /* the number of its first line; with process, who it is */
	uint32_t result;     /* for printed_results() */
	const struct printed_epoch *epoch; /* those that spoke, by rising index */
	size_t told;
};

struct printed;

/*
 * Returns 0 with *printed, or -ENOMEM. One serves all processes of a run; at most 2 MB each, and
 * 1 MB more for the answer.
 */
int printed_new(struct printed **printed);
void printed_free(struct printed *printed);

/* In the order of arrival. Where memory is short or a bound is reached something is forgotten. */
void printed_line(struct printed *printed, const struct phase_line *line);

/*
 * The fits, in the order of their first line, borrowed until the next call. The same lines give
 * the same answer, however often it was asked for before. Those that are not `sure` are told too:
 * below PRINTED_TRAINS words alone do not make it training.
 */
#define PRINTED_TRAINS 0.5
size_t printed_look(struct printed *printed, const struct printed_fit **fit);

/* Epochs that nothing can change any more: those of one fit, and of all fits before it. */
struct printed_settled {
	uint32_t process;
	uint64_t first_line;
	uint32_t epochs; /* of that fit, counted from its beginning */
	uint64_t end_ns; /* of the last of them */
};

/*
 * What is settled is not told again, and forgotten, so that there is room for what follows. What is
 * told of it later (a log that is behind) is lost.
 */
void printed_settle(struct printed *printed, const struct printed_settled *settled);

/* Whether more than half of the room for any process' epochs is taken. */
bool printed_crowded(const struct printed *printed);

/*
 * The metrics of an epoch, the last printed of each name; those of an epoch between two that spoke
 * are unknown. Names are as printed, with the data in front ("val_loss") where "loss" alone would
 * mean two things. Fills at most `room`; returns how many there are.
 */
size_t printed_metrics(const struct printed *printed, const struct printed_epoch *epoch,
		       struct phase_metric *metric, size_t room);

/*
 * Likewise what was said of a fit as a whole (printed_fit.result): behind its last epoch, by lines
 * that no epoch has (a test at the end).
 */
size_t printed_results(const struct printed *printed, uint32_t result, struct phase_metric *metric,
		       size_t room);

/*
 * Likewise what a process (0: any) said from that moment on in a stream that counts no epochs: the
 * result of a fit that printed nothing else there.
 */
size_t printed_said(const struct printed *printed, uint32_t process, uint64_t from_ns,
		    struct phase_metric *metric, size_t room);

#endif
