/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The twin with empty bodies, for the C library's functions: straight through.
 */
#include "preload/libc.h"

#define LIBC(result, name, params, args)                                                           \
	LIBC_WRAP(result, name, params)                                                            \
	{                                                                                          \
		return LIBC_REAL(name) args;                                                       \
	}
#define LIBC_PRINT(name, params, last, real, args)                                                 \
	LIBC_WRAP(int, name, params)                                                               \
	{                                                                                          \
		va_list list;                                                                      \
		int result;                                                                        \
                                                                                                   \
		va_start(list, last);                                                              \
		result = LIBC_REAL(real) args;                                                     \
		va_end(list);                                                                      \
		return result;                                                                     \
	}
#include "preload/libc.def"
