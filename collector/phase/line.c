/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a line, as line.h promises it: one walk over its tokens. A word that counts takes the
 * number behind it; any other number is a metric if a name leads to it, a counter if it is one of
 * a pair ("3/10") or opens the line, and nothing otherwise.
 */
#include "collector/phase/line.h"

#include <math.h>
#include <string.h>

#include "collector/phase/name.h"
#include "collector/phase/token.h"
#include "collector/phase/took.h"
#include "collector/phase/word.h"

#define NOWHERE NAME_NOWHERE

struct reader {
	const struct tokens *tokens;
	struct line *line;
	size_t used;	/* tokens before this one belong to something already */
	size_t behind;	/* the quality that a counter is behind ("Loss after epoch 3: 0.5"), or
			   NOWHERE */
	size_t context; /* the word of "Train: loss 0.3, ...", or NOWHERE */
	uint32_t bar;	/* what the bar to come counts: "Epoch:  33%|" */
	uint32_t inner; /* in brackets behind "train loss: 0.3 (acc: 0.9)" */
	uint32_t told;	/* the data that the last metric's name told */
	bool past;	/* "Best is ...": what follows is of another time */
	uint32_t part;	/* of the whole line: "Train Epoch: 1 ..." */
	uint32_t seen;	/* all that its words mean */
	bool quantity;	/* a number with a unit is in it, or a time */
	bool listed;	/* "12: 2.3, 2.3 avg, ...": values stand before their names */
};

/* ---- counters ---- */

static enum line_unit unit_of(uint32_t what)
{
	return what & WORD_EPOCH   ? LINE_UNIT_EPOCH
	       : what & WORD_STEP  ? LINE_UNIT_STEP
	       : what & WORD_FIT   ? LINE_UNIT_FIT
	       : what & WORD_THING ? LINE_UNIT_OTHER
				   : LINE_UNIT_NONE;
}

/* A thing, or a test of what was learned: neither is an epoch, however often it comes. */
static bool is_thing(const struct tokens *tokens, size_t i)
{
	return tokens_mean(tokens, i, WORD_THING | WORD_VALIDATION | WORD_TEST) &&
	       !tokens_mean(tokens, i, WORD_TRAIN | WORD_COUNTS | WORD_QUALITY);
}

/* WORD_THING where a thing's name stands before the number at i: "file [3/10]", "Testing:  33%|".
 */
static uint32_t thing_before(const struct reader *r, size_t i)
{
	while (i > r->used && (tokens_sign(r->tokens, i - 1, ":#[(|") ||
			       tokens_mean(r->tokens, i - 1, WORD_NUMBER)))
		i--;
	return i > r->used && is_thing(r->tokens, i - 1) ? WORD_THING : 0;
}

/* Nothing but dates, times, levels and signs stands before token i. */
static bool leads(const struct reader *r, size_t i)
{
	while (i-- > 0)
		if (tokens_number(r->tokens, i) ||
		    (tokens_word(r->tokens, i) && !tokens_mean(r->tokens, i, WORD_LEVEL)))
			return false;
	return true;
}

/* NULL where there is no room, or the number counts nothing ("-33 %"). */
static struct line_counter *add_counter(struct reader *r, size_t word, size_t number, uint32_t what)
{
	const double value = r->tokens->token[number].value;
	struct line *line = r->line;
	struct line_counter *counter = &line->counter[line->counters];

	if (line->counters == LINE_COUNTERS || !(value >= 0 && isfinite(value)))
		return NULL;
	line->counters++;
	*counter = (struct line_counter){
		.unit = unit_of(what),
		.value = value,
		.fractional = !r->tokens->token[number].whole,
		.said = what & WORD_SAID,
		.leads = leads(r, word),
	};
	return counter;
}

/*
 * The announced end behind the number at i: "/10", "] / [10", "of 10". Returns the token behind
 * all of that.
 */
static size_t read_of(struct reader *r, size_t i, struct line_counter *counter)
{
	size_t end = i + 1;

	if (tokens_sign(r->tokens, end, "/"))
		end++;
	else if (!tokens_mean(r->tokens, end, WORD_OF))
		return i + 1;
	while (tokens_mean(r->tokens, end, WORD_OF))
		end++;
	if (!tokens_count(r->tokens, end) || !r->tokens->token[end].whole ||
	    r->tokens->token[end].value < counter->value)
		return i + 1;
	counter->of = r->tokens->token[end].value;
	return end + 1;
}

/* The number that the counting word at i is about, or NOWHERE. */
static size_t number_behind(const struct reader *r, size_t i)
{
	size_t j = i + 1;

	for (size_t signs = 0; signs < 5; signs++, j++) {
		if (tokens_number(r->tokens, j))
			break;
		if (!tokens_sign(r->tokens, j, ":=#.-([{'\")]") &&
		    !tokens_mean(r->tokens, j, WORD_NUMBER | WORD_PARTS))
			return NOWHERE;
	}
	if (!tokens_count(r->tokens, j))
		return NOWHERE;
	if (!r->tokens->token[j].whole && !(r->tokens->token[i].means & WORD_EPOCH))
		return NOWHERE;
	return tokens_sign(r->tokens, j + 1, "%") ? NOWHERE : j;
}

/* "Epoch:  33%|###": a bar follows. */
static bool bar_behind(const struct reader *r, size_t i)
{
	size_t j = i + 1;

	while (tokens_sign(r->tokens, j, ": "))
		j++;
	return tokens_bar(r->tokens, j) ||
	       (tokens_number(r->tokens, j) && r->tokens->token[j].sign == '%') ||
	       tokens_number(r->tokens, j);
}

static size_t read_counter(struct reader *r, size_t i)
{
	uint32_t what = r->tokens->token[i].means & (WORD_COUNTS | WORD_SAID | WORD_THING);
	size_t number = number_behind(r, i);
	struct line_counter *counter;

	if (number == NOWHERE) {
		if (bar_behind(r, i))
			r->bar = what;
		return i + 1;
	}
	/* Where the word follows the number: "the 3rd of its kind" in languages that do so. */
	if (tokens_mean(r->tokens, number + 1, WORD_COUNTS) &&
	    !r->tokens->token[number + 1].blank) {
		what = r->tokens->token[number + 1].means & (WORD_COUNTS | WORD_SAID);
		add_counter(r, i, number, what);
		return r->used = number + 2;
	}
	counter = add_counter(r, i, number, what);
	r->behind = name_quality_before(r->tokens, i, r->used);
	if (i > 0 && tokens_mean(r->tokens, i - 1, WORD_PARTS))
		r->part |= r->tokens->token[i - 1].means & WORD_PARTS;
	r->used = counter ? read_of(r, number, counter) : number + 1;
	return r->used;
}

/* A pair "a/b" at i is part of a drawn bar, or followed by a bar's times. */
static bool pair_of_bar(const struct reader *r, size_t i)
{
	return tokens_bar(r->tokens, i + 3) || (i > 0 && tokens_bar(r->tokens, i - 1)) ||
	       (i > 1 && tokens_sign(r->tokens, i - 1, "|]") && tokens_bar(r->tokens, i - 2)) ||
	       (tokens_sign(r->tokens, i + 3, "[") &&
		(tokens_bar(r->tokens, i + 4) ||
		 (i + 4 < r->tokens->n && r->tokens->token[i + 4].kind == TOKEN_JUNK)));
}

static size_t read_pair(struct reader *r, size_t i, bool bar)
{
	struct line_counter *counter;

	bar |= pair_of_bar(r, i);
	if (i + 3 < r->tokens->n && r->tokens->token[i + 3].kind == TOKEN_JUNK && !bar)
		return r->used = i + 3; /* a day and its month, and a time */
	if (is_thing(r->tokens, i + 3))
		r->bar |= WORD_THING; /* "3/10 files" */
	counter = add_counter(r, i, i, r->bar | thing_before(r, i));
	if (counter) {
		counter->of = r->tokens->token[i + 2].value;
		counter->bar = bar;
	}
	r->bar = 0;
	return r->used = i + 3;
}

/* The pair behind a percentage and what may be a bar: " 10%|#1        | 3/30", or NOWHERE. */
static size_t pair_behind(const struct reader *r, size_t i)
{
	size_t next = i + 1;

	if (tokens_pair(r->tokens, next))
		return next; /* a bar that found no room on the terminal */
	if (!tokens_bar(r->tokens, next) && !tokens_sign(r->tokens, next, "|"))
		return NOWHERE;
	for (size_t signs = 0; signs < 6; signs++, next++)
		if (tokens_pair(r->tokens, next) && !tokens_sign(r->tokens, next - 1, "#"))
			return next;
	return NOWHERE;
}

static size_t read_percent(struct reader *r, size_t i)
{
	const size_t pair = pair_behind(r, i);
	struct line_counter *counter;

	r->bar |= thing_before(r, i);
	if (pair != NOWHERE) /* says how many of how many: that is exact */
		return read_pair(r, pair, true);
	counter = add_counter(r, i, i, 0);
	if (counter) {
		counter->unit = LINE_UNIT_PERCENT;
		counter->bar = tokens_bar(r->tokens, i + 1) || tokens_sign(r->tokens, i + 1, "|");
	}
	return r->used = i + 1;
}

/* ---- metrics ---- */

static enum line_part part_of(uint32_t what)
{
	return what & WORD_VALIDATION ? LINE_PART_VALIDATION
	       : what & WORD_TEST     ? LINE_PART_TEST
	       : what & WORD_TRAIN    ? LINE_PART_TRAIN
				      : LINE_PART_NONE;
}

static bool is_quality(uint32_t what)
{
	return (what & WORD_QUALITY) && !(what & (WORD_SETTING | WORD_NO_METRIC));
}

static void add_metric(struct reader *r, const struct name *name, double value)
{
	struct line *line = r->line;
	uint32_t part = name->means & WORD_PARTS;
	size_t at = 0;

	if (name->bytes == 0 || !isfinite(value) || (name->means & WORD_NO_METRIC) || r->past)
		return;
	if (!r->inner)
		r->told = part;
	part = part ? part : r->inner;
	if (!part && r->context != NOWHERE && !(name->means & WORD_SETTING))
		part = r->tokens->token[r->context].means & WORD_PARTS;
	part = part ? part : r->part;
	line->quality |= is_quality(name->means);
	line->trains |= !(name->means & ~WORD_PARTS) && part & (WORD_TRAIN | WORD_VALIDATION);
	line->trains |= is_quality(name->means) &&
			((name->means & WORD_TRAINS) || (part & (WORD_TRAIN | WORD_VALIDATION)));
	while (at < line->metrics && (line->metric[at].part != part_of(part) ||
				      strcmp(line->metric[at].name, name->text) != 0))
		at++;
	if (at == LINE_METRICS)
		return;
	line->metrics += at == line->metrics;
	line->metric[at].value = value;
	line->metric[at].part = part_of(part);
	memcpy(line->metric[at].name, name->text, sizeof(name->text));
}

/* A number that `name` leads to; returns the token behind what was read of it. */
static size_t read_value(struct reader *r, size_t i, const struct name *name)
{
	const struct token *token = &r->tokens->token[i];
	const bool percent = token->sign == '%' || tokens_sign(r->tokens, i + 1, "%");

	if (percent &&
	    (tokens_mean(r->tokens, name->last, WORD_PROGRESS) || tokens_bar(r->tokens, i + 1) ||
	     (pair_behind(r, i) != NOWHERE &&
	      (tokens_sign(r->tokens, i + 1, "|") || !is_quality(name->means)))))
		return read_percent(r, i);
	if (tokens_pair(r->tokens, i)) {
		if (!is_quality(name->means))
			return read_pair(r, i, false);
		add_metric(r, name, token->value / r->tokens->token[i + 2].value);
		return r->used = i + 3;
	}
	r->used = i + 1;
	if (token->sign != 'x' &&
	    (!(name->means & (WORD_EPOCH | WORD_STEP)) || is_quality(name->means)))
		add_metric(r, name, token->value);
	return r->used;
}

/* ---- the walk ---- */

/* "[3] ...", "[3, 2000] ...", "3: ...", "3, 0.25: ...": numbers that open the line count something.
 */
/* "3 0.25", "3, 0.25, 0.93": nothing but numbers, of which the first may count the others. */
static bool opens_row(const struct reader *r, size_t i)
{
	size_t numbers = 0;
	bool fractions = false;

	if (i || !tokens_count(r->tokens, i) || !r->tokens->token[i].whole)
		return false;
	for (size_t k = 0; k < r->tokens->n; k++) {
		if (tokens_sign(r->tokens, k, ",;|"))
			continue;
		if (!tokens_number(r->tokens, k) || r->tokens->token[k].sign)
			return false;
		fractions |= !r->tokens->token[k].whole;
		numbers++;
	}
	return numbers > 1 && fractions;
}

static size_t read_leading(struct reader *r, size_t i)
{
	if (opens_row(r, i)) {
		add_counter(r, i, i, 0);
		return r->used = r->tokens->n;
	}
	const bool boxed = i > 0 && tokens_sign(r->tokens, i - 1, "[(");
	const bool two = tokens_sign(r->tokens, i + 1, ",") && tokens_count(r->tokens, i + 2);
	const size_t end = two ? i + 3 : i + 1;

	if (!leads(r, i) || !tokens_count(r->tokens, i) || !r->tokens->token[i].whole)
		return i + 1;
	if (!tokens_sign(r->tokens, end, boxed ? "])" : ":") || (!boxed && i > 0))
		return i + 1;
	add_counter(r, i, i, 0);
	if (two)
		add_counter(r, i + 2, i + 2, 0);
	r->listed = !boxed;
	return r->used = end + 1;
}

static bool is_spelled(const struct reader *r, size_t i, const char *word)
{
	return tokens_word(r->tokens, i) && r->tokens->token[i].bytes == strlen(word) &&
	       !memcmp(r->tokens->text + r->tokens->token[i].at, word, strlen(word));
}

/* The first value of "12: 2.3, 2.3 avg, 0.1 rate" has no name: it is what the average is of. */
static bool is_listed_loss(const struct reader *r, size_t i)
{
	return r->listed && i == r->used && tokens_number(r->tokens, i) &&
	       tokens_sign(r->tokens, i + 1, ",") && tokens_number(r->tokens, i + 2) &&
	       is_spelled(r, i + 3, "avg");
}

static size_t read_number(struct reader *r, size_t i)
{
	const struct token *token = &r->tokens->token[i];
	struct name name;

	r->quantity |= token->sign == 'x';
	r->seen |= token->means;
	if (name_before(r->tokens, i, r->used, r->behind, &name))
		return read_value(r, i, &name);
	if (tokens_pair(r->tokens, i))
		return read_pair(r, i, false);
	if (token->sign == '%' &&
	    (leads(r, i) || pair_behind(r, i) != NOWHERE ||
	     tokens_mean(r->tokens, i - 1, WORD_PROGRESS) || tokens_bar(r->tokens, i + 1) ||
	     tokens_sign(r->tokens, i + 1, "|")))
		return read_percent(r, i);
	if (token->sign == 'x' && (token->means & WORD_STEP) &&
	    tokens_sign(r->tokens, i + 1, "[")) {
		struct line_counter *counter = add_counter(r, i, i, r->bar);

		if (counter)
			counter->bar = true;
		return r->used = i + 1;
	}
	if (is_listed_loss(r, i)) {
		name = (struct name){.means = WORD_LOWER | WORD_TRAINS};
		name_add(&name, "loss", 4);
		return read_value(r, i, &name);
	}
	if (!token->sign && name_behind(r->tokens, i, r->listed, &name))
		return read_value(r, i, &name);
	return read_leading(r, i);
}

/* "Train: loss 0.3", "Validation results - acc=0.9": a word that holds for what follows. */
static bool is_context(const struct reader *r, size_t i)
{
	size_t j = i + 1;

	if (!tokens_mean(r->tokens, i, WORD_PARTS))
		return false;
	if (i > 0 && tokens_sign(r->tokens, i - 1, "[") && tokens_sign(r->tokens, j, "]|"))
		return true; /* "[Train] loss 0.3", "[ Valid | 3/10 ] loss = 0.3" */
	if (tokens_word(r->tokens, j))
		j++;
	if (tokens_sign(r->tokens, j, "'\""))
		j++;
	if (!tokens_sign(r->tokens, j, ":|->"))
		return false;
	for (j++; tokens_sign(r->tokens, j, ">'\"{[(");)
		j++;
	return tokens_word(r->tokens, j) && !tokens_mean(r->tokens, j, WORD_LEVEL);
}

/* "best acc 0.9 at epoch 5", "(best 0.9 in epoch 5)", but not "new best at epoch 5". */
static bool is_best_of(const struct reader *r, size_t i)
{
	for (size_t words = 0; i-- > 0 && words < 8; words++) {
		if (is_spelled(r, i, "best"))
			return !i || !is_spelled(r, i - 1, "new");
		if (!tokens_word(r->tokens, i) && !tokens_number(r->tokens, i) &&
		    !tokens_sign(r->tokens, i, ":=(@"))
			return false;
	}
	return false;
}

/* "best epoch 5", "best is trial 2" */
static bool of_another_time(const struct reader *r, size_t i)
{
	if (is_best_of(r, i))
		return true;
	return (i > r->used && tokens_mean(r->tokens, i - 1, WORD_NOT_NOW)) ||
	       (i > r->used + 1 && tokens_mean(r->tokens, i - 1, WORD_FILLER) &&
		tokens_mean(r->tokens, i - 2, WORD_NOT_NOW));
}

/* "file 3", "question #12", "data set no. 3 of 5"; "images: 300" says how many there are. */
static bool numbers_things(const struct reader *r, size_t i)
{
	if (!tokens_mean(r->tokens, i, WORD_THING))
		return false;
	for (i++; tokens_sign(r->tokens, i, "#([") || tokens_mean(r->tokens, i, WORD_NUMBER);)
		i++;
	return tokens_count(r->tokens, i) && r->tokens->token[i].whole;
}

/* "Train: 3 [ 50/81 ...": the number before the batches is the epoch's; or NOWHERE. */
static size_t epoch_of_batches(const struct reader *r, size_t i)
{
	const size_t number = i + 1 + tokens_sign(r->tokens, i + 1, ":");

	return tokens_count(r->tokens, number) && r->tokens->token[number].whole &&
			       tokens_sign(r->tokens, number + 1, "[") &&
			       tokens_pair(r->tokens, number + 2)
		       ? number
		       : NOWHERE;
}

static size_t read_word(struct reader *r, size_t i)
{
	const uint32_t what = r->tokens->token[i].means;
	const size_t epoch = what & WORD_PARTS ? epoch_of_batches(r, i) : NOWHERE;

	r->seen |= what;
	r->past |= (what & WORD_NOT_NOW) && tokens_mean(r->tokens, i + 1, WORD_FILLER) && i > 0 &&
		   tokens_sign(r->tokens, i - 1, ".;");
	if (is_context(r, i))
		r->context = i;
	if (i == 0)
		r->part = what & WORD_PARTS;
	if (epoch != NOWHERE) {
		add_counter(r, i, epoch, WORD_EPOCH);
		return r->used = epoch + 1;
	}
	if (((what & WORD_COUNTS) || numbers_things(r, i)) && !of_another_time(r, i))
		return read_counter(r, i);
	return i + 1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Words and signs, without numbers and bars; "out003.npy" is as "out004.npy". */
static uint32_t shape_of(const struct tokens *tokens)
{
	uint32_t hash = 2166136261u; /* FNV-1a, 32 bits */

	for (size_t i = 0; i < tokens->n; i++) {
		const struct token *token = &tokens->token[i];
		const bool word = token->kind == TOKEN_WORD || token->kind == TOKEN_SIGN;

		for (size_t b = 0; word && b < token->bytes; b++) {
			const char *at = tokens->text + token->at + b;

			if (!is_digit(*at))
				hash = (hash ^ (unsigned char)*at) * 16777619u;
			else if (b == 0 || !is_digit(at[-1]))
				hash = (hash ^ '0') * 16777619u;
		}
		if (token->kind == TOKEN_NUMBER || token->kind == TOKEN_JUNK)
			hash = (hash ^ '0') * 16777619u;
	}
	return hash ? hash : 1;
}

/* A counter below the epoch's stands before its end: the line speaks of a part of an epoch. */
static bool is_partial(const struct line *line)
{
	for (size_t i = 0; i < line->counters; i++) {
		const struct line_counter *counter = &line->counter[i];

		if (counter->unit == LINE_UNIT_STEP && counter->of == 0)
			return true;
		if ((counter->unit == LINE_UNIT_STEP || counter->unit == LINE_UNIT_NONE ||
		     counter->unit == LINE_UNIT_OTHER) &&
		    counter->of > 0 && counter->value + 1 < counter->of)
			return true;
	}
	return false;
}

/* "[3/10] loss 0.3": nobody says that it is a part of something. */
static bool is_alone(const struct line *line)
{
	return line->counters == 1 && line->counter[0].unit == LINE_UNIT_NONE &&
	       !line->counter[0].bar;
}

static bool only_names(const struct line *line)
{
	size_t names = 0;

	for (size_t i = 0; i < line->counters; i++) {
		const enum line_unit unit = line->counter[i].unit;

		if (unit == LINE_UNIT_EPOCH || unit == LINE_UNIT_FIT)
			names++;
		else if (unit != LINE_UNIT_OTHER || line->counter[i].of > 0)
			return false;
	}
	return names > 0;
}

static void conclude(struct reader *r)
{
	struct line *line = r->line;
	const bool result = line->quality || line->trains;
	bool said = false;

	for (size_t i = 0; i < line->counters; i++) {
		struct line_counter *counter = &line->counter[i];

		said |= counter->said && counter->unit == LINE_UNIT_EPOCH;
		if ((r->seen & WORD_PER_STEP) && counter->bar && counter->unit == LINE_UNIT_NONE)
			counter->unit = LINE_UNIT_STEP;
	}
	line->testing = (r->seen & WORD_TESTING) && !line->quality && !said;
	line->ends = (r->seen & WORD_ENDS) || (result && !is_partial(line));
	line->begins = !line->ends && !result &&
		       ((r->seen & WORD_STARTS) || (only_names(line) && !r->quantity));
}

size_t line_read(const char *text, size_t bytes, struct line *line)
{
	struct tokens tokens;
	struct reader r = {.tokens = &tokens, .line = line};

	*line = (struct line){0};
	tokens_read(&tokens, text, bytes);
	r.context = r.behind = NOWHERE;
	for (size_t i = 0; i < tokens.n;) {
		if (tokens.token[i].kind == TOKEN_WORD) {
			i = read_word(&r, i);
		} else if (tokens.token[i].kind == TOKEN_NUMBER) {
			i = read_number(&r, i);
		} else {
			r.quantity |= tokens.token[i].kind == TOKEN_JUNK && i > 0;
			if (tokens_sign(&tokens, i, "("))
				r.inner = i == r.used ? r.told : 0;
			else if (tokens_sign(&tokens, i, ")"))
				r.inner = 0;
			i++;
		}
	}
	if (tokens.n > 0)
		line->shape = shape_of(&tokens);
	conclude(&r);
	if (!is_partial(line) || is_alone(line))
		took_read(&tokens, line);
	return line->counters + line->metrics;
}
