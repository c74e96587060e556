/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NCCL: what processes exchange. The bytes are those that the call names, elements times their
 * size: what travels over which wire is the library's affair. The event says when it was asked for,
 * which divides a step.
 */
#include "preload/cpu_wrap.h"
#include "preload/flop.h"
#include "preload/math_wrap.h"
#include "preload/real.h"

#define CALLER() __builtin_return_address(0)

/* By ncclDataType_t: integers of 8, 32 and 64 bits, floats of 16, 32, 64, bfloat16, floats of 8. */
static uint64_t bytes_of(int type)
{
	static const uint8_t bytes[] = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2, 1, 1};

	return type >= 0 && (size_t)type < sizeof(bytes) ? bytes[type] : 0;
}

#define NCCL(name, params, args, count)                                                            \
	MATH_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = (__typeof__(real))real_of(CPU_##name, CALLER());          \
		struct math_call call;                                                             \
		int status;                                                                        \
                                                                                                   \
		if (!real)                                                                         \
			return NCCL_INVALID_USAGE;                                                 \
		math_begin(&call);                                                                 \
		status = real args;                                                                \
		if (call.thread)                                                                   \
			math_end(&call, CPU_##name, !status, stream,                               \
				 &(struct math_told){                                              \
					 .sizes = bytes_of(type) != 0,                             \
					 .bytes = flop_times(bytes_of(type), (int64_t)count),      \
					 .shape = cpu_shape(type, (int64_t)count, 0, 0),           \
				 });                                                               \
		return status;                                                                     \
	}
#define ROW(name)
#include "preload/math.def"
#undef ROW
