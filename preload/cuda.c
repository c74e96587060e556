/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wrappers of launches, commands and waits, made from the table: the real function, and what
 * cuda_command.c does. A wrapper by hand is in cuda_hand.c or cuda_hand_memory.c.
 */
#include "preload/cuda.h"
#include "preload/cuda_wrap.h"

#define LAUNCH(name, params, args, function, road, stream_)                                        \
	CUDA_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = CUDA_REAL(name);                                          \
		CUresult error;                                                                    \
                                                                                                   \
		if (!real)                                                                         \
			return CUDA_NOT_THERE;                                                     \
		error = real args;                                                                 \
		cuda_launched(error, function, stream_, CUDA_##road);                              \
		return error;                                                                      \
	}

#define COMMAND(name, kind, params, args, bytes, road, stream_, blocking)                          \
	CUDA_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = CUDA_REAL(name);                                          \
		struct cuda_command c;                                                             \
		CUresult error;                                                                    \
                                                                                                   \
		if (!real)                                                                         \
			return CUDA_NOT_THERE;                                                     \
		cuda_begin(&c);                                                                    \
		error = real args;                                                                 \
		if (c.thread && !cuda_end_is_captured(&c, stream_, CUDA_##road))                   \
			cuda_end(&c, error, CUDA_##name, WIRE_KIND_##kind,                         \
				 error == CUDA_SUCCESS ? (bytes) : 0,                              \
				 (blocking) ? WIRE_EVENT_BLOCKED : 0);                             \
		return error;                                                                      \
	}

#define SYNC(name, params, args)                                                                   \
	CUDA_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = CUDA_REAL(name);                                          \
		struct cuda_command c;                                                             \
		CUresult error;                                                                    \
                                                                                                   \
		if (!real)                                                                         \
			return CUDA_NOT_THERE;                                                     \
		cuda_begin(&c);                                                                    \
		error = real args;                                                                 \
		cuda_end(&c, error, CUDA_##name, WIRE_KIND_SYNC, 0, WIRE_EVENT_BLOCKED);           \
		return error;                                                                      \
	}

/* What is current afterwards is asked at the next launch. */
#define CONTEXT(name, params, args)                                                                \
	CUDA_HOOK(name) params                                                                     \
	{                                                                                          \
		__typeof__(&name) real = CUDA_REAL(name);                                          \
                                                                                                   \
		ring_self.gpu = 0;                                                                 \
		return real ? real args : CUDA_NOT_THERE;                                          \
	}

#define HAND(name, params, args)
#include "preload/cuda.def"
