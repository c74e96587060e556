/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One counter over time: its values (ticks), how often it started again (runs), and what was
 * printed beside and between them. Pure; printed.c decides which counter counts epochs.
 */
#ifndef GRAMME_PHASE_TALE_H
#define GRAMME_PHASE_TALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/fact.h"
#include "collector/phase/line.h"
#include "collector/phase/took.h"

#define TALE_ASIDES   12
#define TALE_RUNS     1024
#define TALE_PRELUDES 4
#define TALE_DENSE    1024 /* values of a run that is no epochs' are kept up to here */

/* When a line came. */
struct mark {
	uint64_t t_ns;
	uint64_t line : 63; /* there are four of these for each value of each counter */
	bool late : 1;
};

/* One value of the counter. */
struct tick {
	double value;
	struct mark first, last;	     /* lines with the counter itself */
	struct mark aside_first, aside_last; /* lines without it, that came regularly behind */
	fact_list own, aside;
	uint32_t lines, asides;
	double step_first, step, step_of; /* of a counter of steps, where one was told */
	bool steps;			  /* one was */
	bool counted;			  /* and it counts steps for certain: by word or bar */
	struct took took;
	bool begins, ends; /* as the first and the last line say */
	bool aside_ends;
};

/* From one start of the counter to the next. */
struct run {
	size_t first, ticks; /* in tick[] */
	size_t fractions;    /* of them */
	double begin, end;   /* the first and the highest value */
	double of;	     /* announced, or 0 */
	struct mark first_mark, last_mark;
	fact_list result; /* metrics of a bar's last line */
	fact_list after;  /* of lines since its last own one, that no epoch has regularly */
	uint32_t fit;	  /* the fold or trial that was named before, or 0 */
	uint64_t lines, good, quality; /* with training's metrics, with any quality */
	bool late;		       /* no line had a time of its own */
	size_t gone;		       /* ticks of it that were forgotten, the first ones */
};

/* What was forgotten of a tale (tale_forget) and still counts. */
struct tale_gone {
	size_t runs, ticks;
	uint64_t lines, good, quality, rising;
	uint64_t first_line; /* of the first run */
	bool announced;	     /* one of them */
	bool from_zero;	     /* one of them began at 0 */
	bool cut_short; /* one of them did not come to the end that it announced, or announced none
			 */
};

/*
 * A kind of line that comes between the counter's: what belongs to epochs comes after one more than
 * once. Its first appearance is kept here until that is known.
 */
struct aside {
	uint32_t shape;
	uint32_t run;
	size_t tick;   /* of the first; SIZE_MAX: before any */
	size_t latest; /* tick after which it came last */
	size_t count;  /* ticks that it followed */
	bool regular;  /* a tick followed in the same run */
	bool things;   /* it names what was gone through ("file 3: accuracy 0.9"), and no epoch */
	bool ends;
	bool trains;	      /* with a metric that hardly anything but training prints */
	double step, step_of; /* before any tick: how far a counter of steps had come, or 0 */
	struct mark first, last;
	fact_list list;
};

/* A kind of line that came before the first of a tale. */
struct prelude {
	uint32_t shape;
	bool again; /* and after it, too: it is no announcement */
	struct mark mark;
};

struct tale {
	enum line_unit unit;
	bool said;
	bool bar;     /* values are what is done, not what is at work */
	uint64_t key; /* tells lines of one unit apart */
	struct run *run;
	size_t runs, run_room;
	struct tick *tick;
	size_t ticks, tick_room;
	struct aside aside[TALE_ASIDES];
	size_t asides;
	struct prelude prelude[TALE_PRELUDES]; /* shape 0: none */
	uint64_t latest;		       /* number of its latest line */
	bool open;			       /* the last run's last value has a tick */
	struct tale_gone gone;
};

/* A line, and where it stands. */
struct told {
	const struct line *line;
	struct mark mark;
	uint32_t fit;	  /* the fold or trial that holds, or 0 */
	bool fit_changed; /* since the tale's last own line */
};

void tale_free(struct tale *tale);

/*
 * A line with the tale's counter. `budget` ticks may still be kept, and is lowered. A value that
 * tells of the past ("best epoch 2") is left out.
 */
void tale_own(struct tale *tale, struct facts *facts, size_t *budget, const struct told *told,
	      const struct line_counter *counter);

/*
 * What was told up to then is settled: its ticks and runs are forgotten but for the last two, and
 * what they cost is given back to the budget.
 */
void tale_forget(struct tale *tale, uint64_t until_ns, size_t *budget);

/* Number of the line that the first run began with. */
uint64_t tale_first_line(const struct tale *tale);

/* What came before the first line with the counter; their `tick` is SIZE_MAX. */
void tale_before(struct tale *tale, const struct aside *aside, size_t n);

/* The counter of steps in a line beside those of that unit, or NULL. */
const struct line_counter *tale_steps(enum line_unit unit, const struct line *line);

/* The kind of such a line. Bars of different lengths are different things, however alike they look.
 */
uint32_t tale_shape(const struct line *line, const struct line_counter *steps);

/* A line without it. */
void tale_beside(struct tale *tale, struct facts *facts, const struct told *told);

#endif
