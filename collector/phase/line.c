/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a line, as line.h promises it: one walk over its tokens. A word that counts takes the
 * number behind it; any other number is a metric if a name leads to it, a counter if it is one of
 * a pair ("3/10") or opens the line, and nothing otherwise.
 */
#include "collector/phase/line.h"

#include <math.h>
#include <string.h>

#include "collector/phase/line_part.h"
#include "collector/phase/took.h"

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
	     (count_pair_behind(r, i) != NOWHERE &&
	      (tokens_sign(r->tokens, i + 1, "|") || !is_quality(name->means)))))
		return count_percent(r, i);
	if (tokens_pair(r->tokens, i)) {
		if (!is_quality(name->means))
			return count_pair(r, i, false);
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

/* The first value of "12: 2.3, 2.3 avg, 0.1 rate" has no name: it is what the average is of. */
static bool is_listed_loss(const struct reader *r, size_t i)
{
	return r->listed && i == r->used && tokens_number(r->tokens, i) &&
	       tokens_sign(r->tokens, i + 1, ",") && tokens_number(r->tokens, i + 2) &&
	       tokens_spelled(r->tokens, i + 3, "avg");
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
		return count_pair(r, i, false);
	if (token->sign == '%' &&
	    (count_leads(r, i) || count_pair_behind(r, i) != NOWHERE ||
	     tokens_mean(r->tokens, i - 1, WORD_PROGRESS) || tokens_bar(r->tokens, i + 1) ||
	     tokens_sign(r->tokens, i + 1, "|")))
		return count_percent(r, i);
	if (count_turns(r, i))
		return r->used;
	if (is_listed_loss(r, i)) {
		name = (struct name){.means = WORD_LOWER | WORD_TRAINS};
		name_add(&name, "loss", 4);
		return read_value(r, i, &name);
	}
	if (!token->sign && name_behind(r->tokens, i, r->listed, &name))
		return read_value(r, i, &name);
	return count_opening(r, i);
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

static size_t read_word(struct reader *r, size_t i)
{
	const uint32_t what = r->tokens->token[i].means;

	r->seen |= what;
	r->past |= (what & WORD_NOT_NOW) && tokens_mean(r->tokens, i + 1, WORD_FILLER) && i > 0 &&
		   tokens_sign(r->tokens, i - 1, ".;");
	if (is_context(r, i))
		r->context = i;
	if (i == 0)
		r->part = what & WORD_PARTS;
	return count_word(r, i);
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

/*
 * A counter below the epoch's stands before its end: the line speaks of a part of an epoch, unless
 * it is `own` that counts them.
 */
static bool is_partial(const struct line *line, const struct line_counter *own)
{
	for (size_t i = 0; i < line->counters; i++) {
		const struct line_counter *counter = &line->counter[i];

		if (counter == own)
			continue;
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
	line->ends = (r->seen & WORD_ENDS) || (result && !is_partial(line, NULL));
	line->begins = !line->ends && !result &&
		       ((r->seen & WORD_STARTS) || (only_names(line) && !r->quantity));
}

bool line_has_result(const struct line *line, const struct line_counter *own)
{
	return (line->quality || line->trains) && !is_partial(line, own);
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
	if (!is_partial(line, NULL) || is_alone(line))
		took_read(&tokens, line);
	/* "Epoch 3 in 0.79 sec": who knows how long it took names what is over. */
	if (line->tooks && !(r.seen & WORD_STARTS))
		line->begins = false;
	return line->counters + line->metrics;
}
