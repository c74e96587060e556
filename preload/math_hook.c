/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a row of the table to its wrapper: a switch and no array, as in opencl_hook.c.
 */
#include "preload/math_wrap.h"

#define ROW(name) extern __typeof__(name) MATH_OWN(name) __attribute__((visibility("hidden")));
#include "preload/math.def"
#undef ROW

void *math_hook(enum cpu_call row)
{
	switch (row) {
#define ROW(name)                                                                                  \
	case CPU_##name:                                                                           \
		return (void *)MATH_OWN(name);
#include "preload/math.def"
#undef ROW
	default:
		return NULL;
	}
}
