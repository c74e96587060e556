/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The twin with empty bodies, for functions of the C library.
 */
#include "preload/libc.h"

#define LIBC(result, name, params, args)                                                           \
	LIBC_WRAP(result, name, params)                                                            \
	{                                                                                          \
		return LIBC_REAL(name) args;                                                       \
	}
#include "preload/libc.def"
