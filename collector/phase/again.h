/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is written anew for every line that it grows by (a CSV of all metrics so far, behind
 * each epoch) tells its beginning again and again: that is told already. Pure; at most 16 KB.
 */
#ifndef GRAMME_PHASE_AGAIN_H
#define GRAMME_PHASE_AGAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/phase/line.h"

#define AGAIN_LINES 4096u /* of a file; what follows those is not known again */

struct again {
	uint32_t *digest; /* of the file's lines, as it stands */
	size_t n, room;
	size_t at; /* so many of them have been written anew */
};

void again_free(struct again *again);

/*
 * Whether a line of the file was told before, at the same place: it is as long as the file before
 * it is the same, from its first line on. A file begins anew with a header, which says nothing by
 * itself, or with a row that has a number and a value; "Epoch 1" alone may as well be another
 * training's. Where memory is short every line is new.
 */
bool again_told(struct again *again, const char *text, size_t bytes, const struct line *line);

#endif
