/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cuDNN. The older calls for convolutions name descriptors that the library can be asked about;
 * what a plan of its graphs computes it does not tell, so those calls are counted alone.
 */
#include <errno.h>

#include "preload/flop.h"
#include "preload/math_wrap.h"
#include "preload/real.h"

#define CALLER() __builtin_return_address(0)
#define DIMS	 8 /* CUDNN_DIM_MAX */

/* The sizes that a descriptor of a tensor or of filters has. */
struct sizes {
	int n;
	int size[DIMS];
};

typedef int tensor_function(void *is, int room, int *type, int *n, int *size, int *stride);
typedef int filter_function(void *is, int room, int *type, int *format, int *n, int *size);

static bool ask_tensor(const void *real, void *is, struct sizes *sizes)
{
	tensor_function *ask = (tensor_function *)math_function(real, "cudnnGetTensorNdDescriptor");
	int type, stride[DIMS];

	return ask && !ask(is, DIMS, &type, &sizes->n, sizes->size, stride) && sizes->n > 2 &&
	       sizes->n <= DIMS;
}

static bool ask_filter(const void *real, void *is, struct sizes *sizes)
{
	filter_function *ask = (filter_function *)math_function(real, "cudnnGetFilterNdDescriptor");
	int type, format;

	return ask && !ask(is, DIMS, &type, &format, &sizes->n, sizes->size) && sizes->n > 2 &&
	       sizes->n <= DIMS;
}

static uint64_t product(const struct sizes *sizes, int from)
{
	uint64_t product = 1;

	for (int i = from; i < sizes->n; i++)
		product = flop_times(product, sizes->size[i]);
	return product;
}

/*
 * Each element of the outer tensor (the result forwards, what comes back otherwise) meets one
 * filter: all of it but its number, the first size; of a convolution in groups the second is what
 * one group has of channels. Forwards, and backwards to the data or to the filters alike.
 */
static struct math_told ask_descriptors(const void *real, void *outer, void *filter)
{
	const int saved = errno;
	struct sizes y, w;
	const bool told = ask_tensor(real, outer, &y) && ask_filter(real, filter, &w);

	errno = saved;
	if (!told)
		return (struct math_told){0};
	return (struct math_told){
		.sizes = true,
		.flop = flop_times(flop_times(product(&y, 0), (int64_t)product(&w, 1)), 2),
		.shape = (uint32_t)(product(&y, 0) * 31 + product(&w, 0)) | 1,
	};
}

#define CONVOLUTION(outer, filter)                                                                 \
	(status ? MATH_REFUSED : ask_descriptors((const void *)real, outer, filter))
#define NOT_TOLD                                                                                   \
	(struct math_told)                                                                         \
	{                                                                                          \
		0                                                                                  \
	}

#define CUDNN(name, params, args, flop_of)                                                         \
	MATH_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = (__typeof__(real))real_of(CPU_##name, CALLER());          \
		struct math_call call;                                                             \
		int status;                                                                        \
                                                                                                   \
		if (!real)                                                                         \
			return CUDNN_NOT_SUPPORTED;                                                \
		math_begin(&call);                                                                 \
		status = real args;                                                                \
		if (call.thread) {                                                                 \
			const struct math_told told = flop_of;                                     \
			void *stream = NULL;                                                       \
                                                                                                   \
			if (math_is_capturing(&call))                                              \
				stream =                                                           \
					math_stream((const void *)real, "cudnnGetStream", handle); \
			math_end(&call, CPU_##name, !status, stream, &told);                       \
		}                                                                                  \
		return status;                                                                     \
	}
#define ROW(name)
#include "preload/math.def"
#undef ROW
