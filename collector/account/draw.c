/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run drew, span by span.
 */
#include "collector/account/draw.h"

#include <errno.h>
#include <stdlib.h>

int draw_add(struct draw *draw, const struct draw_span *span)
{
	if (draw->spans == draw->room) {
		size_t room = draw->room ? draw->room * 2 : 64;
		struct draw_span *spans = reallocarray(draw->span, room, sizeof(*spans));

		if (!spans)
			return -ENOMEM;
		draw->span = spans;
		draw->room = room;
	}
	draw->span[draw->spans++] = *span;
	return 0;
}

void draw_free(struct draw *draw)
{
	free(draw->span);
	*draw = (struct draw){0};
}
