/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Primitives of the oneDNN that computes nothing: each of three kinds, forwards and backwards, some
 * times in new places; and one that fails, whose status must come through.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fake/onednn.h"

#define TIMES 10

int main(void)
{
	int calls = 1, stream, args;

	for (int i = 0; i < TIMES; i++)
		for (int kind = 1; kind <= 3; kind++)
			for (int prop_kind = 64; prop_kind <= 65; prop_kind++) {
				struct fake_primitive *primitive = malloc(sizeof(*primitive));

				if (!primitive)
					return 1;
				*primitive = (struct fake_primitive){kind, prop_kind};
				if (dnnl_primitive_execute(primitive, &stream, 0, &args))
					return 1;
				calls++; /* never freed, so that each is somewhere else */
			}
	if (dnnl_primitive_execute(&(struct fake_primitive){1, 64}, &stream, 5, &args) != 5)
		return 1;
	printf("count kernel dnnl_primitive_execute %d\n", calls);
	return 0;
}
