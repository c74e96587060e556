/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test doubles of libcublas, libcublasLt, libcudnn and libnccl, with their real names and binary
 * interfaces: they compute nothing. A call is taken if its arguments stand where they should (the
 * values are those of tests/prog/math.h), refused with 1 for a handle of NULL, and with 7 for
 * anything else. LIBRARY says which one this is (math.def), OLD that it is of before 64-bit sizes.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "preload/math_wrap.h"
#include "tests/prog/math.h"

#define EXPORT __attribute__((visibility("default")))

/* Called within every call that is taken, as a library launches its kernels. */
EXPORT math_inside *math_fake_inside;

static int judge(const void *handle, int right)
{
	if (!handle)
		return 1;
	if (right && math_fake_inside)
		math_fake_inside();
	return right ? 0 : 7;
}

#define HAS_SIZES (m == MATH_M && n == MATH_N && k == MATH_K && ta == MATH_TA && tb == MATH_TB)
#define HAS_ABC	  (lda == MATH_LDA && ldb == MATH_LDB && ldc == MATH_LDC && a && b && c)
#define HAS_TYPES (a_type == MATH_TYPE_A && b_type == MATH_TYPE_B)
#define HAS_SKIPS (skip_a == MATH_SKIP_A && skip_b == MATH_SKIP_B && skip_c == MATH_SKIP_C)
#define HAS_ALGO  (compute == MATH_COMPUTE && algo == MATH_ALGO)
#define HAS_BATCH (batch == MATH_BATCH)
#define HAS_SIDED (side == MATH_SIDE && uplo == MATH_UPLO && m == MATH_M && n == MATH_N)
#define HAS_RANK                                                                                   \
	(uplo == MATH_UPLO && trans == MATH_TA && n == MATH_N && k == MATH_K && lda == MATH_LDA && \
	 ldc == MATH_LDC)

#define GEMM_RIGHT	    (HAS_SIZES && HAS_ABC)
#define TYPED_RIGHT	    (HAS_SIZES && HAS_ABC && HAS_TYPES)
#define ALGO_RIGHT	    (TYPED_RIGHT && HAS_ALGO)
#define BATCHED_RIGHT	    (GEMM_RIGHT && HAS_BATCH)
#define BATCHED_ALGO_RIGHT  (ALGO_RIGHT && HAS_BATCH)
#define STRIDED_RIGHT	    (BATCHED_RIGHT && HAS_SKIPS)
#define STRIDED_ALGO_RIGHT  (BATCHED_ALGO_RIGHT && HAS_SKIPS)
#define GROUPED_RIGHT	    (groups == 2 && *m == MATH_M && *n == MATH_N && *k == MATH_K && each[1] == 2)
#define GROUPED_TYPED_RIGHT (GROUPED_RIGHT && HAS_TYPES && compute == MATH_COMPUTE)
#define SYMM_RIGHT	    (HAS_SIDED && HAS_ABC)
#define SYRK_RIGHT	    HAS_RANK
#define SYRK_TYPED_RIGHT    (HAS_RANK && a_type == MATH_TYPE_A)
#define SYR2K_RIGHT	    (HAS_RANK && ldb == MATH_LDB)
#define SYRKX_RIGHT	    SYR2K_RIGHT
#define TRMM_RIGHT	    (HAS_SIDED && diag == MATH_DIAG && HAS_ABC)
#define TRSM_RIGHT	    (HAS_SIDED && diag == MATH_DIAG && lda == MATH_LDA && ldb == MATH_LDB)
#define TRSM_BATCHED_RIGHT  (TRSM_RIGHT && HAS_BATCH)

#define BODY_int(shape, name)                                                                      \
	EXPORT int name CUBLAS_##shape##_PARAMS(int)                                               \
	{                                                                                          \
		return judge(handle, shape##_RIGHT);                                               \
	}
#ifdef OLD
#define BODY_int64_t(shape, name)
#else
#define BODY_int64_t(shape, name)                                                                  \
	EXPORT int name CUBLAS_##shape##_PARAMS(int64_t)                                           \
	{                                                                                          \
		return judge(handle, shape##_RIGHT);                                               \
	}
#endif

#if LIBRARY == 1
#define CUBLAS(shape, name, integer, complex) BODY_##integer(shape, name)

static void *current;

EXPORT int cublasCreate_v2(void **handle);
EXPORT int cublasSetStream_v2(void *handle, void *stream);
EXPORT int cublasGetStream_v2(void *handle, void **stream);

int cublasCreate_v2(void **handle)
{
	*handle = &current;
	return 0;
}

int cublasSetStream_v2(void *handle, void *stream)
{
	current = stream;
	return !handle;
}

int cublasGetStream_v2(void *handle, void **stream)
{
	*stream = current;
	return !handle;
}
#else
#define CUBLAS(shape, name, integer, complex)
#endif

#if LIBRARY == 2
static int give(void *answer, size_t room, const void *value, size_t size, size_t *written)
{
	if (room != size)
		return 7;
	memcpy(answer, value, size);
	*written = size;
	return 0;
}

EXPORT int cublasLtCreate(void **handle);
EXPORT int cublasLtMatrixLayoutGetAttribute(const struct math_layout *layout, int attribute,
					    void *answer, size_t size, size_t *written);
EXPORT int cublasLtMatmulDescGetAttribute(const int *turned, int attribute, void *answer,
					  size_t size, size_t *written);

int cublasLtCreate(void **handle)
{
	*handle = &math_fake_inside;
	return 0;
}

int cublasLtMatrixLayoutGetAttribute(const struct math_layout *layout, int attribute, void *answer,
				     size_t size, size_t *written)
{
	errno = EDOM; /* as a library may leave it */
	switch (attribute) {
	case 0:
		return give(answer, size, &layout->type, 4, written);
	case 2:
		return give(answer, size, &layout->rows, 8, written);
	case 3:
		return give(answer, size, &layout->cols, 8, written);
	case 5:
		return give(answer, size, &layout->batch, 4, written);
	default:
		return 7;
	}
}

int cublasLtMatmulDescGetAttribute(const int *turned, int attribute, void *answer, size_t size,
				   size_t *written)
{
	return attribute == 3 ? give(answer, size, turned, 4, written) : 7;
}

#define CUBLASLT(name)                                                                             \
	EXPORT int name CUBLASLT_PARAMS                                                            \
	{                                                                                          \
		(void)algo;                                                                        \
		(void)workspace;                                                                   \
		return judge(handle, operation && a_is && b_is && c_is && d_is &&                  \
					     bytes == MATH_BYTES && stream == MATH_STREAM);        \
	}
#else
#define CUBLASLT(name)
#endif

#if LIBRARY == 3
EXPORT int cudnnCreate(void **handle);
EXPORT int cudnnGetTensorNdDescriptor(const struct math_sizes *is, int room, int *type, int *n,
				      int *size, int *stride);
EXPORT int cudnnGetFilterNdDescriptor(const struct math_sizes *is, int room, int *type, int *format,
				      int *n, int *size);

int cudnnCreate(void **handle)
{
	*handle = &math_fake_inside;
	return 0;
}

int cudnnGetTensorNdDescriptor(const struct math_sizes *is, int room, int *type, int *n, int *size,
			       int *stride)
{
	errno = EDOM;
	*type = 0;
	*n = is->n;
	memcpy(size, is->size, sizeof(*size) * (size_t)(is->n < room ? is->n : room));
	memset(stride, 0, sizeof(*stride) * (size_t)room);
	return 0;
}

int cudnnGetFilterNdDescriptor(const struct math_sizes *is, int room, int *type, int *format,
			       int *n, int *size)
{
	int stride[8];

	*format = 0;
	return cudnnGetTensorNdDescriptor(is, room, type, n, size, stride);
}

#define CONVOLUTION(outer, filter)                                                                 \
	(outer && filter && convolution && algo == MATH_ALGO && bytes == MATH_BYTES)
#define NOT_TOLD (plan && pack)
#define CUDNN(name, params, args, right)                                                           \
	EXPORT int name params                                                                     \
	{                                                                                          \
		return judge(handle, right);                                                       \
	}
#else
#define CUDNN(name, params, args, right)
#endif

#if LIBRARY == 4
EXPORT int ncclGetUniqueId(void *id);

int ncclGetUniqueId(void *id)
{
	return !id;
}

#define NCCL(name, params, args, count)                                                            \
	EXPORT int name params                                                                     \
	{                                                                                          \
		return judge(comm,                                                                 \
			     n == MATH_COUNT && type == MATH_NCCL_TYPE && stream == MATH_STREAM);  \
	}
#else
#define NCCL(name, params, args, count)
#endif

/* A parameter is one of the interface, looked at or not. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define ROW(name)
#include "preload/math.def"
#undef ROW
