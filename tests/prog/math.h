/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What math_every.c calls libraries of mathematics with, and their doubles (tests/fake/math.c)
 * expect: every argument has a value that no other has.
 */
#ifndef GRAMME_TESTS_PROG_MATH_H
#define GRAMME_TESTS_PROG_MATH_H

#include <stdint.h>

#define MATH_TA	       1
#define MATH_TB	       0
#define MATH_M	       3
#define MATH_N	       5
#define MATH_K	       7
#define MATH_LDA       11
#define MATH_LDB       13
#define MATH_LDC       17
#define MATH_BATCH     19
#define MATH_SKIP_A    0x100000001LL
#define MATH_SKIP_B    0x100000002LL
#define MATH_SKIP_C    0x100000003LL
#define MATH_TYPE_A    2
#define MATH_TYPE_B    14
#define MATH_REAL      0
#define MATH_COMPLEX   4
#define MATH_COMPUTE   68
#define MATH_ALGO      99
#define MATH_SIDE      1
#define MATH_UPLO      22
#define MATH_DIAG      24
#define MATH_BYTES     0x200000000UL
#define MATH_STREAM    ((void *)0x5eed)
#define MATH_COUNT     1000003UL
#define MATH_NCCL_TYPE 8 /* of 8 bytes */

typedef void math_inside(void);

/* What the doubles take for descriptors. */
struct math_layout {
	int32_t type, batch;
	uint64_t rows, cols;
};
struct math_sizes {
	int n;
	int size[8];
};

#endif
