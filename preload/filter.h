/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which lines are worth telling: those that could carry a counter ("Epoch 3", "[3/10]", "12%") or a
 * metric ("loss: 0.31", a row of a table). Pure, cheap, and generous: what a line means is the
 * collector's to judge (collector/phase/line.h), and rates are bounded elsewhere.
 */
#ifndef GRAMME_FILTER_H
#define GRAMME_FILTER_H

#include <stdbool.h>
#include <stddef.h>

/* A line as it was found at the beginning of a text. */
struct filter_line {
	size_t bytes; /* up to its end: newline, carriage return or backspace, or of all */
	bool ended;
	bool digit;  /* it has one */
	bool escape; /* it has one: colours, moves of the cursor */
};

/* Finds the first line. Reads `bytes` of text and no more. */
struct filter_line filter_line(const char *text, size_t bytes);

/* Whether a line, without its end and without escapes, is worth telling for its numbers. */
bool filter_keeps(const char *text, size_t bytes);

/* Whether one without a number is, as the head of a table: "epoch  train_loss  accuracy". */
bool filter_is_head(const char *text, size_t bytes);

/* Whether a line could name the columns of a file of values: "time,loss,accuracy". */
bool filter_is_columns(const char *text, size_t bytes);

/*
 * Copies a line without escape sequences (ECMA-48) and other control characters. Returns the length
 * of the copy, at most `room`.
 */
size_t filter_strip(const char *text, size_t bytes, char *copy, size_t room);

/* A number for the shape of a line: that of its letters, whatever its digits. */
unsigned filter_shape(const char *text, size_t bytes);

#endif
