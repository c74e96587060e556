/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which name a number in a line belongs to: "loss: 0.3", "'loss': 0.3", "train loss 0.3", "Accuracy
 * of the network on the 10000 test images: 54 %", "2.3 avg loss,". Pure.
 */
#ifndef GRAMME_PHASE_NAME_H
#define GRAMME_PHASE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/line.h"
#include "collector/phase/token.h"

#define NAME_NOWHERE SIZE_MAX

struct name {
	size_t first; /* its first and last word among the tokens */
	size_t last;
	uint32_t means;		      /* WORD_* (word.h) */
	char text[LINE_NAME_MAX + 1]; /* its words joined with '_', always valid UTF-8 */
	size_t bytes;
};

/* Appends a word; bytes that are no text are left out. */
void name_add(struct name *name, const char *text, size_t bytes);

/*
 * The name that leads to the number at token i. Tokens before `used` belong to something else;
 * `behind` is the word of quality that a counter right before stands behind ("Loss after epoch 3:
 * 0.5"), or NAME_NOWHERE.
 */
bool name_before(const struct tokens *tokens, size_t i, size_t used, size_t behind,
		 struct name *name);

/* The name that follows it; of any meaning where values are `listed` before their names. */
bool name_behind(const struct tokens *tokens, size_t i, bool listed, struct name *name);

/* The last word of quality in the words right before token i, or NAME_NOWHERE. */
size_t name_quality_before(const struct tokens *tokens, size_t i, size_t used);

#endif
