/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A product with integers of 64 bits under a name that has 32-bit ones elsewhere: they must arrive
 * whole, also those that are passed on the stack.
 */
#include <stdio.h>

#include "tests/fake/mkl.h"

#define BEYOND INT64_C(0x700000000)

int main(void)
{
	cblas_dgemm(101, 111, 112, 3, 5, 7, 2.5, NULL, BEYOND + 11, NULL, BEYOND + 13, 0.25, NULL,
		    BEYOND + 17);
	if (fakemkl_lda != BEYOND + 11 || fakemkl_ldb != BEYOND + 13 || fakemkl_ldc != BEYOND + 17)
		return 1;
	printf("count kernel cblas_dgemm 1\n");
	return 0;
}
