/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counters of a line, as line_part.h promises them: "Epoch 3/10", "[3/10]", bars, percentages.
 */
#include <math.h>

#include "collector/phase/line_part.h"

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

bool count_leads(const struct reader *r, size_t i)
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
		.leads = count_leads(r, word),
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

size_t count_pair(struct reader *r, size_t i, bool bar)
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

size_t count_pair_behind(const struct reader *r, size_t i)
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

size_t count_percent(struct reader *r, size_t i)
{
	const size_t pair = count_pair_behind(r, i);
	struct line_counter *counter;

	r->bar |= thing_before(r, i);
	if (pair != NOWHERE) /* says how many of how many: that is exact */
		return count_pair(r, pair, true);
	counter = add_counter(r, i, i, 0);
	if (counter) {
		counter->unit = LINE_UNIT_PERCENT;
		counter->bar = tokens_bar(r->tokens, i + 1) || tokens_sign(r->tokens, i + 1, "|");
	}
	return r->used = i + 1;
}

bool count_turns(struct reader *r, size_t i)
{
	const struct token *token = &r->tokens->token[i];
	struct line_counter *counter;

	if (token->sign != 'x' || !(token->means & WORD_STEP) ||
	    !tokens_sign(r->tokens, i + 1, "["))
		return false;
	counter = add_counter(r, i, i, r->bar);
	if (counter)
		counter->bar = true;
	r->used = i + 1;
	return true;
}

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

size_t count_opening(struct reader *r, size_t i)
{
	if (opens_row(r, i)) {
		add_counter(r, i, i, 0);
		return r->used = r->tokens->n;
	}
	const bool boxed = i > 0 && tokens_sign(r->tokens, i - 1, "[(");
	const bool two = tokens_sign(r->tokens, i + 1, ",") && tokens_count(r->tokens, i + 2);
	const size_t end = two ? i + 3 : i + 1;

	if (!count_leads(r, i) || !tokens_count(r->tokens, i) || !r->tokens->token[i].whole)
		return i + 1;
	if (!tokens_sign(r->tokens, end, boxed ? "])" : ":") || (!boxed && i > 0))
		return i + 1;
	add_counter(r, i, i, 0);
	if (two)
		add_counter(r, i + 2, i + 2, 0);
	r->listed = !boxed;
	return r->used = end + 1;
}

/* "best acc 0.9 at epoch 5", "(best 0.9 in epoch 5)", but not "new best at epoch 5". */
static bool is_best_of(const struct reader *r, size_t i)
{
	for (size_t words = 0; i-- > 0 && words < 8; words++) {
		if (tokens_spelled(r->tokens, i, "best"))
			return !i || !tokens_spelled(r->tokens, i - 1, "new");
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

size_t count_word(struct reader *r, size_t i)
{
	const uint32_t what = r->tokens->token[i].means;
	const size_t epoch = what & WORD_PARTS ? epoch_of_batches(r, i) : NOWHERE;

	if (epoch != NOWHERE) {
		add_counter(r, i, epoch, WORD_EPOCH);
		return r->used = epoch + 1;
	}
	if (((what & WORD_COUNTS) || numbers_things(r, i)) && !of_another_time(r, i))
		return read_counter(r, i);
	return i + 1;
}
