/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stand-in for libOpenCL.so.1 (see redirect.c), a library of its own: its only dependency is
 * the real one. Each function jumps to the wrapper of the same name in libgramme.so, which the
 * dynamic loader finds first, since that library is preloaded; the return address stays the
 * program's.
 */
#if defined(__x86_64__)
#define JUMP(name) "	endbr64\n	jmp *" name "@GOTPCREL(%rip)\n"
#elif defined(__aarch64__)
#define JUMP(name)                                                                                 \
	"	hint 34\n"                                                                               \
	"	adrp x16, :got:" name "\n"                                                         \
	"	ldr x16, [x16, #:got_lo12:" name "]\n"                                             \
	"	br x16\n"
#else
#error "opencl_stub.c knows x86-64 and aarch64"
#endif

#define STUB(name)                                                                                 \
	__asm__(".text\n"                                                                          \
		".balign 16\n"                                                                     \
		".globl " #name "\n"                                                               \
		".type " #name ", %function\n" #name ":\n" JUMP(#name) ".size " #name ", .-" #name \
								       "\n");

#define CORE_STUB(name) STUB(name)
#define EXTENSION_STUB(name)

#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking) road##_STUB(name)
#define ENQUEUE_MAP(name, params, args, bytes, blocking)		 STUB(name)
#define ENQUEUE_BARE(name, kind, params, args)				 STUB(name)
#define HAND(road, result, name, params, args, none)			 road##_STUB(name)
#include "preload/calls.def"
