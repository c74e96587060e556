/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call of math.def once, and each once more with a handle of NULL, which the libraries
 * refuse: linked (math_every), or opened by name (math_opened, with OPENED). Prints what was
 * accepted, as count NAME N flop NAME N bytes NAME N by formulas of its own. With "old" the
 * libcublas of before 64-bit sizes is opened.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "preload/math_wrap.h"
#include "tests/prog/math.h"

/* Each call takes some of the variables that there are for all. */
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"

static int wrong, absent;
static const char *cublas = "libcublas.so.12";

#ifdef OPENED
static void *find(const char *library, const char *name)
{
	void *handle = dlopen(library, RTLD_NOW), *found = handle ? dlsym(handle, name) : NULL;

	if (!found && (!handle || library != cublas))
		wrong = 1;
	if (!found)
		absent++;
	return found;
}
#define FIND(library, name) __typeof__(&name) call = (__typeof__(&name))find(library, #name)
#else
#define FIND(library, name) __typeof__(&name) call = name
#endif

/* By the name of the call without what tells its form. */
static void tell(const char *what, const char *name, unsigned long long n)
{
	size_t length = strlen(name);

	if (length > 3 && !strcmp(name + length - 3, "_64"))
		length -= 3;
	if (length > 3 && !strncmp(name + length - 3, "_v2", 3))
		length -= 3;
	if (n)
		printf("%s %.*s %llu\n", what, (int)length, name, n);
}

static void judge(const char *name, int status, int refused, unsigned long long flop,
		  unsigned long long bytes)
{
	if (status || refused != 1 || errno) {
		fprintf(stderr, "%s: %d, and %d of no handle, errno %d\n", name, status, refused,
			errno);
		wrong = 1;
		errno = 0;
	}
	tell("count", name, 1);
	tell("flop", name, flop);
	tell("bytes", name, bytes);
}

/* 2mnk and its relatives, written out for 3 x 5 x 7. */
enum {
	GEMM_IS = 210,
	TYPED_IS = 210,
	ALGO_IS = 210,
	BATCHED_IS = 210 * 19,
	BATCHED_ALGO_IS = 210 * 19,
	STRIDED_IS = 210 * 19,
	STRIDED_ALGO_IS = 210 * 19,
	GROUPED_IS = 210 + 2 * (2 * 4 * 5 * 7),
	GROUPED_TYPED_IS = 210 + 2 * (2 * 4 * 5 * 7),
	SYMM_IS = 2 * 3 * 5 * 5,
	SYRK_IS = 5 * 6 * 7,
	SYRK_TYPED_IS = 5 * 6 * 7,
	SYRKX_IS = 5 * 6 * 7,
	SYR2K_IS = 2 * 5 * 6 * 7,
	TRMM_IS = 3 * 5 * 5,
	TRSM_IS = 3 * 5 * 5,
	TRSM_BATCHED_IS = 3 * 5 * 5 * 19,
};

/* Under the names of the parameters. */
#define SCALARS                                                                                    \
	const int side = MATH_SIDE, uplo = MATH_UPLO, trans = MATH_TA, diag = MATH_DIAG,           \
		  a_type = MATH_TYPE_A, b_type = MATH_TYPE_B, compute = MATH_COMPUTE,              \
		  algo = MATH_ALGO;                                                                \
	const long long skip_a = MATH_SKIP_A, skip_b = MATH_SKIP_B, skip_c = MATH_SKIP_C;          \
	int pointee = 0;                                                                           \
	void *a = &pointee, *b = &pointee, *c = &pointee;                                          \
	const void *alpha = &pointee, *beta = &pointee
#define PLAIN(I)                                                                                   \
	const int ta = MATH_TA, tb = MATH_TB;                                                      \
	const I m = MATH_M, n = MATH_N, k = MATH_K, lda = MATH_LDA, ldb = MATH_LDB,                \
		ldc = MATH_LDC, batch = MATH_BATCH
#define LISTS(I)                                                                                   \
	const int ta[2] = {0}, tb[2] = {0};                                                        \
	const I m[2] = {3, 4}, n[2] = {5, 5}, k[2] = {7, 7}, lda[2] = {0}, ldb[2] = {0},           \
		ldc[2] = {0}, each[2] = {1, 2}, groups = 2

#define GEMM_SETS	   PLAIN
#define TYPED_SETS	   PLAIN
#define ALGO_SETS	   PLAIN
#define BATCHED_SETS	   PLAIN
#define BATCHED_ALGO_SETS  PLAIN
#define STRIDED_SETS	   PLAIN
#define STRIDED_ALGO_SETS  PLAIN
#define GROUPED_SETS	   LISTS
#define GROUPED_TYPED_SETS LISTS
#define SYMM_SETS	   PLAIN
#define SYRK_SETS	   PLAIN
#define SYRK_TYPED_SETS	   PLAIN
#define SYRKX_SETS	   PLAIN
#define SYR2K_SETS	   PLAIN
#define TRMM_SETS	   PLAIN
#define TRSM_SETS	   PLAIN
#define TRSM_BATCHED_SETS  PLAIN

#define CUBLAS(shape, name, integer, complex)                                                      \
	static void call_##name(void)                                                              \
	{                                                                                          \
		SCALARS;                                                                           \
		shape##_SETS(integer);                                                             \
		FIND(cublas, name);                                                                \
		const int c_type = (complex) ? MATH_COMPLEX : MATH_REAL;                           \
		void *handle = NULL;                                                               \
		int refused;                                                                       \
                                                                                                   \
		if (!call)                                                                         \
			return;                                                                    \
		refused = call CUBLAS_##shape##_ARGS;                                              \
		handle = &wrong;                                                                   \
		judge(#name, call CUBLAS_##shape##_ARGS, refused,                                  \
		      shape##_IS *((complex) ? 4ull : 1ull), 0);                                   \
	}

#define CUBLASLT(name)                                                                             \
	static void call_##name(void)                                                              \
	{                                                                                          \
		const struct math_layout a_is = {0, 2, 300, 100}, b_is = {0, 2, 300, 200},         \
					 d_is = {MATH_COMPLEX, 2, 100, 200};                       \
		const struct math_layout *c_is = &d_is;                                            \
		const int turned = 1;                                                              \
		FIND("libcublasLt.so.12", name);                                                   \
                                                                                                   \
		if (call)                                                                          \
			judge(#name,                                                               \
			      call(&wrong, &turned, NULL, NULL, &a_is, NULL, &b_is, NULL, NULL,    \
				   c_is, NULL, &d_is, NULL, NULL, MATH_BYTES, MATH_STREAM),        \
			      call(NULL, &turned, NULL, NULL, &a_is, NULL, &b_is, NULL, NULL,      \
				   c_is, NULL, &d_is, NULL, NULL, MATH_BYTES, MATH_STREAM),        \
			      8ull * 100 * 200 * 300 * 2, 0);                                      \
	}

/* y: 2 images of 8 x 6 with 16 channels; filters: 16 of 4 channels (in groups) and 3 x 3. */
#define CONVOLUTION(outer, filter) 2ull * (2 * 16 * 8 * 6) * (4 * 3 * 3)
#define NOT_TOLD		   0
#define CUDNN(name, params, args, flop)                                                            \
	static void call_##name(void)                                                              \
	{                                                                                          \
		struct math_sizes tensor = {4, {2, 16, 8, 6}}, filters = {4, {16, 4, 3, 3}};       \
		void *y_is = &tensor, *dy_is = &tensor, *w_is = &filters, *dw_is = &filters,       \
		     *x_is = &tensor, *dx_is = &tensor, *z_is = &tensor, *bias_is = &tensor;       \
		const void *alpha = NULL, *alpha1 = NULL, *alpha2 = NULL, *beta = NULL, *x = NULL, \
			   *w = NULL, *dy = NULL, *z = NULL, *bias = NULL;                         \
		void *y = NULL, *dx = NULL, *dw = NULL, *workspace = NULL, *handle = NULL,         \
		     *convolution = &wrong, *activation = NULL, *plan = &wrong, *pack = &wrong;    \
		const int algo = MATH_ALGO;                                                        \
		const size_t bytes = MATH_BYTES;                                                   \
		FIND("libcudnn.so.9", name);                                                       \
		int refused;                                                                       \
                                                                                                   \
		if (!call)                                                                         \
			return;                                                                    \
		refused = call args;                                                               \
		handle = &wrong;                                                                   \
		judge(#name, call args, refused, flop, 0);                                         \
	}

#define NCCL(name, params, args, count)                                                            \
	static void call_##name(void)                                                              \
	{                                                                                          \
		const void *from = NULL;                                                           \
		void *to = NULL, *at = NULL, *comm = NULL, *stream = MATH_STREAM;                  \
		const size_t n = MATH_COUNT;                                                       \
		const int type = MATH_NCCL_TYPE, op = 0, root = 0, peer = 0;                       \
		FIND("libnccl.so.2", name);                                                        \
		int refused;                                                                       \
                                                                                                   \
		if (!call)                                                                         \
			return;                                                                    \
		refused = call args;                                                               \
		comm = &wrong;                                                                     \
		judge(#name, call args, refused, 0, 8 * MATH_COUNT);                               \
	}
#define ROW(name)
#include "preload/math.def"
#undef ROW

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "old"))
		cublas = "libcublas.so.11";
#define ROW(name) call_##name();
#include "preload/math.def"
#undef ROW
	fprintf(stderr, "%d are not there\n", absent);
	return wrong;
}
