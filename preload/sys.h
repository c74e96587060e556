/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls of the shim, straight to the kernel. Through libc they would be 20 more symbols
 * to bind in every exec (some 0.3 us each), and other preloaded libraries stand before libc: what
 * libfaketime, fakeroot or a proxy do to the program must not happen to us.
 *
 * All return what the kernel does: a value, or -errno. errno is left alone.
 */
#ifndef GRAMME_SYS_H
#define GRAMME_SYS_H

#include <sys/syscall.h>

long sys_call(long number, long a, long b, long c, long d, long e, long f);

#define SYS_ARG_(a, b, c, d, e, f, ...)                                                            \
	(long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)
#define sys(name, ...) sys_call(SYS_##name, SYS_ARG_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0))

#endif
