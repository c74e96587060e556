/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks in lines, as took.h promises them.
 */
#include "collector/phase/took.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collector/phase/printed.h"
#include "collector/phase/tale.h"
#include "collector/phase/token.h"

#define MOST	   0.75	   /* of what the first one says, what others add to it */
#define COARSE	   0.03	   /* half of the last digit that is printed, against all of it */
#define NAME_WORDS 4	   /* looked at before a number */
#define DAY_S	   86400.0 /* added to times without a date, so that none is 0 */
#define STAMP_MIN  1e9	   /* seconds since 1970: what is less is a duration */

/* ---- words ---- */

/* Names of durations; and what says that one is not an epoch's, or is none. */
static const char clocks[] =
	" time times timer took taken elapsed duration dur runtime wall walltime "
	"wallclock spent sec secs second seconds timestamp ts "
	"temps durée zeit dauer tiempo tempo tijd ";
static const char others[] =
	" eta remaining left step steps batch batches iter iters iteration it "
	"sample samples image img data load loading inference latency per every "
	"timeout until next forward backward warmup decay since ";

static const struct {
	const char *words;
	double s;
} units[] = {
	{" s sec secs second seconds s/epoch sec/epoch secs/epoch s/ep ", 1},
	{" sek sekunden secondes segundos ", 1},
	{" ms msec msecs millisecond milliseconds ms/epoch ", 1e-3},
	{" us usec microseconds ", 1e-6},
	{" m min mins minute minutes min/epoch mins/epoch ", 60},
	{" h hr hrs hour hours ", 3600},
};

/* `list`: words with a blank before and behind each. */
static bool is_in(const char *list, const char *word, size_t bytes)
{
	for (const char *at = list + 1; *at; at = strchr(at, ' ') + 1)
		if (!strncmp(at, word, bytes) && at[bytes] == ' ')
			return bytes > 0;
	return false;
}

/* Whether any part of a name, "epoch_time" or "wall-clock", is one of these. */
static bool has_part(const char *list, const char *name, size_t bytes)
{
	for (size_t i = 0, n; i < bytes; i += n + 1) {
		for (n = 0; i + n < bytes && !strchr("_-/.", name[i + n]);)
			n++;
		if (is_in(list, name + i, n))
			return true;
	}
	return false;
}

/* Seconds of a unit, or 0 for none. */
static double unit_s(const char *word, size_t bytes)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (is_in(units[i].words, word, bytes))
			return units[i].s;
	return 0;
}

struct naming {
	bool clock; /* a duration's name stands before it */
	bool other; /* or a word that makes it another's */
	double s;   /* of the unit that is named with it ("time_ms", "time (min)"), or 1 */
};

/* "words/sec", "img/s": a speed. */
static bool is_rate(const char *name, size_t bytes)
{
	const char *slash = memchr(name, '/', bytes);
	const size_t before = slash ? (size_t)(slash - name) + 1 : bytes;
	size_t n = 0;

	while (before + n < bytes && !strchr("_-/.", name[before + n]))
		n++;
	return unit_s(name + before, n) > 0;
}

/* The words before token i, as far as they go with it. */
static struct naming naming_of(const struct tokens *tokens, size_t i)
{
	struct naming naming = {.s = 1};

	for (size_t words = 0; i-- > 0 && words < NAME_WORDS;) {
		const struct token *token = &tokens->token[i];
		const char *text = tokens->text + token->at;

		if (token->kind == TOKEN_SIGN && strchr(":=([{'\")]~", token->sign))
			continue;
		if (token->kind != TOKEN_WORD)
			break;
		words++;
		naming.clock |= has_part(clocks, text, token->bytes);
		naming.other |= has_part(others, text, token->bytes) || is_rate(text, token->bytes);
		for (size_t k = 0; words <= 2 && k < sizeof(units) / sizeof(*units); k++)
			if (units[k].s != 1 && has_part(units[k].words, text, token->bytes))
				naming.s = units[k].s;
	}
	return naming;
}

/* ---- durations and times of day ---- */

/* A time as it stands in a line. */
struct span {
	double s;
	double last_s; /* what one in its last digit is worth */
	bool bare;     /* its unit may be another's ("100M") */
	size_t end;    /* of its text */
};

static double digit_s(const char *from, const char *end)
{
	const char *point = memchr(from, '.', (size_t)(end - from));

	point = point ? point : memchr(from, ',', (size_t)(end - from));
	return point ? pow(10, -(double)(end - point - 1)) : 1;
}

/* "1.26s", "1h 2m 3.5s", "412 ms": numbers with units, each smaller than the one before. */
static bool read_units(const struct tokens *tokens, size_t at, struct span *span)
{
	double least_s = INFINITY;

	*span = (struct span){0};
	for (const char *from = tokens->text + at; *from >= '0' && *from <= '9';) {
		char *end;
		const double value = strtod(from, &end);
		const char *unit = end + (*end == ' ');
		size_t n = 0;

		while ((unit[n] >= 'a' && unit[n] <= 'z') || unit[n] == '/')
			n++;
		const double s = unit_s(unit, n);
		if (s <= 0 || s >= least_s)
			break;
		span->s += value * s;
		span->last_s = s * digit_s(from, end);
		span->end = (size_t)(unit + n - tokens->text);
		span->bare = n == 1 && *unit != 's';
		least_s = s;
		from = unit + n + (unit[n] == ' ');
	}
	return span->end > 0;
}

/* "0:01:02.345": hours or minutes first. Returns how many colons there are; 0: none. */
static unsigned read_colons(const struct tokens *tokens, const struct token *token,
			    struct span *span)
{
	const char *from = tokens->text + token->at, *end = from + token->bytes;
	unsigned colons = 0;

	*span = (struct span){.end = (size_t)token->at + token->bytes};
	for (const char *part = from;; colons++) {
		char *next;

		span->s = span->s * 60 + strtod(part, &next);
		if (next == part || next >= end || *next != ':')
			break;
		part = next + 1;
	}
	const char *comma = memchr(from, ',', token->bytes);
	if (comma)
		span->s += strtod(comma + 1, NULL) * digit_s(comma, end);
	span->last_s = digit_s(from, end);
	return colons;
}

/* Days since 1970 of "2026-11-22" (the proleptic calendar's days from the first of March on). */
static double days_of(const char *text)
{
	char *end;
	const long year = strtol(text, &end, 10);
	const long month = *end ? strtol(end + 1, &end, 10) : 0;
	const long day = *end ? strtol(end + 1, &end, 10) : 0;

	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
		return -1;
	const long y = month > 2 ? year : year - 1, m = (month + 9) % 12;
	const long days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719469;

	return (double)days;
}

/* ---- a line ---- */

static void add(struct line *line, const struct span *span)
{
	const bool coarse = span->last_s / 2 > COARSE * span->s;

	if (line->tooks < LINE_TOOKS && span->s > 0 && span->s < STAMP_MIN)
		line->took[line->tooks++] = coarse ? 0 : (float)span->s;
}

/* What is junk to all others: a date, a time of day, a duration with colons. */
static void read_junk(const struct tokens *tokens, size_t i, struct line *line)
{
	const struct token *token = &tokens->token[i];
	const char *text = tokens->text + token->at;
	const char *t = memchr(text, 't', token->bytes);
	const struct naming naming = naming_of(tokens, i);
	struct token clock = *token;
	struct span span;
	double day = -1;

	if (t && t - text == 10) { /* "2026-11-22t12:03:04" */
		day = days_of(text);
		clock.at = (uint16_t)(token->at + 11);
		clock.bytes = (uint16_t)(token->bytes - 11);
	} else if (i > 0 && tokens->token[i - 1].kind == TOKEN_JUNK) {
		day = days_of(tokens->text + tokens->token[i - 1].at);
	}
	const unsigned colons = read_colons(tokens, &clock, &span);
	if (!colons || naming.other)
		return;
	if (naming.clock || tokens_spelled(tokens, i - 1, "in")) /* "done in 0:00:01.2" */
		add(line, &span);
	else if (colons == 2 && line->stamp_s <= 0 && !tokens_sign(tokens, i + 1, "<") &&
		 !(i > 0 && tokens_sign(tokens, i - 1, "<")))
		line->stamp_s = span.s + (day >= 0 ? day * DAY_S : DAY_S);
}

/* Returns the token behind what was read. */
static size_t read_number(const struct tokens *tokens, size_t i, struct line *line)
{
	const struct token *token = &tokens->token[i];
	const struct naming naming = naming_of(tokens, i);
	struct span span;

	if (naming.other || token->value <= 0)
		return i + 1;
	if (read_units(tokens, token->at, &span)) {
		if (naming.clock || !span.bare)
			add(line, &span);
		while (i < tokens->n && tokens->token[i].at < span.end)
			i++;
		return i;
	}
	if (naming.clock && !token->sign) {
		const char *text = tokens->text + token->at;

		span.s = token->value * naming.s;
		span.last_s = digit_s(text, text + token->bytes) * naming.s;
		if (span.s >= STAMP_MIN && line->stamp_s <= 0)
			line->stamp_s = span.s;
		add(line, &span);
	}
	return i + 1;
}

void took_read(const struct tokens *tokens, struct line *line)
{
	for (size_t i = 0; i < tokens->n;) {
		const struct token *token = &tokens->token[i];

		if (token->kind == TOKEN_JUNK)
			read_junk(tokens, i, line);
		i = token->kind == TOKEN_NUMBER ? read_number(tokens, i, line) : i + 1;
	}
}

/* ---- an epoch ---- */

void took_hear(struct took *took, const struct line *line)
{
	size_t at = 0;

	while (at < LINE_TOOKS && took->shape[at] && took->shape[at] != line->shape)
		at++;
	for (size_t i = 0; i < line->tooks && at + i < LINE_TOOKS; i++) {
		took->shape[at + i] = line->shape;
		took->s[at + i] = line->took[i];
	}
	if (line->stamp_s > 0)
		took->stamp_s = line->stamp_s;
}

/* ---- all of a fit ---- */

/* A clock that goes with all epochs of a fit: where it stood at the end of each, in seconds. */
struct course {
	double *end_s;
	size_t n;
	double first_s; /* what the first epoch took, or 0 */
};

static int rising(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* What an epoch usually takes on it; 0 where it goes back. */
static double usual_s(const struct course *course)
{
	double s[255] = {0};
	size_t n = 0;

	for (size_t i = 1; i < course->n; i++) {
		const double step = course->end_s[i] - course->end_s[i - 1];

		if (step <= 0)
			return 0;
		if (n < sizeof(s) / sizeof(*s))
			s[n++] = step;
	}
	qsort(s, n, sizeof(*s), rising);
	return n ? s[n / 2] : 0;
}

/*
 * What was told is either the time of each epoch, or of all so far: then it rises, and by most
 * of what the first one says, or all together would be more than the run has. No two
 * epochs take as long to the last digit: what is always the same is no clock's.
 */
static bool make_course(struct course *course, double run_s)
{
	const double each_s = usual_s(course);
	double sum = 0;

	for (size_t i = 0; i < course->n; i++)
		sum += course->end_s[i];
	if (each_s > 0 && (each_s >= MOST * course->end_s[0] || sum > run_s)) {
		course->first_s = course->end_s[0] <= 1.5 * each_s ? course->end_s[0] : 0;
		return course->end_s[course->n - 1] <= run_s;
	}
	const double first_s = course->first_s = course->end_s[0];
	bool same = true;

	for (size_t i = 1; i < course->n; i++) {
		same &= course->end_s[i] == first_s;
		course->end_s[i] += course->end_s[i - 1];
	}
	return sum <= run_s && !same;
}

/* The next tick of a run that an epoch is made of, or NULL. */
static const struct tick *tick_of(const struct tale *tale, const struct run *run, size_t *at,
				  const struct printed_epoch *epoch)
{
	while (*at < run->ticks && tale->tick[run->first + *at].value != epoch->told)
		++*at;
	return *at < run->ticks ? &tale->tick[run->first + *at] : NULL;
}

/* The times that stand at one place; LINE_TOOKS: those in front of the lines. */
static bool read_course(struct course *course, const struct printed_epoch *epoch,
			const struct tale *tale, const struct run *run, size_t place)
{
	size_t at = 0;

	for (size_t i = 0; i < course->n; i++) {
		const struct tick *tick = tick_of(tale, run, &at, &epoch[i]);

		if (!tick || epoch[i].index != i + epoch[0].index)
			return false;
		course->end_s[i] = place < LINE_TOOKS ? tick->took.s[place] : tick->took.stamp_s;
		if (course->end_s[i] <= 0)
			return false;
	}
	return true;
}

/* Whole seconds, and epochs that are too short for them. */
static bool is_coarse(const struct course *course, double each_s)
{
	for (size_t i = 0; i < course->n; i++)
		if (course->end_s[i] != floor(course->end_s[i]))
			return false;
	return each_s * COARSE < 0.5;
}

/* Times in front of lines: they go on, or are none. */
static bool is_clock(const struct course *course)
{
	const double each_s = usual_s(course);

	return each_s > 0 && !is_coarse(course, each_s);
}

/* The clock stands no later than each line came. */
static void set_said(const struct course *course, struct printed_epoch *epoch)
{
	double ahead_s = INFINITY;

	for (size_t i = 0; i < course->n; i++)
		ahead_s = fmin(ahead_s, (double)epoch[i].last_ns / 1e9 - course->end_s[i]);
	for (size_t i = 0; i < course->n; i++)
		epoch[i].said_ns = (uint64_t)fmax(0, (course->end_s[i] + ahead_s) * 1e9);
	if (course->first_s > 0)
		epoch[0].took_ns = (uint64_t)(course->first_s * 1e9);
}

void took_agree(const struct printed_fit *fit, struct printed_epoch *epoch, const struct tale *tale,
		const struct run *run)
{
	struct course course = {.n = fit->told};
	double most_s = 0;

	if (fit->told < 2 || fit->told != fit->epochs)
		return;
	const double run_s = (double)epoch[fit->told - 1].last_ns / 1e9;
	course.end_s = calloc(course.n, sizeof(*course.end_s));
	for (size_t place = 0; course.end_s && place <= LINE_TOOKS; place++) {
		course.first_s = 0;
		if (!read_course(&course, epoch, tale, run, place))
			continue;
		if (place < LINE_TOOKS ? !make_course(&course, run_s * 1.02) : !is_clock(&course))
			continue;
		const double all_s = course.end_s[course.n - 1] - course.end_s[0];
		if (all_s <= most_s * 1.02)
			continue;
		most_s = all_s;
		set_said(&course, epoch);
	}
	free(course.end_s);
}
