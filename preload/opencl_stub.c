/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stand-in for libOpenCL.so.1 (see redirect.c), a library of its own: its only dependency is
 * the real one. Each function jumps to libgramme.so's wrapper, through a table that is filled when
 * the stand-in is loaded: the wrappers' public names may mean something else in this process (the
 * program may define them, or RTLD_DEEPBIND let us find ourselves). The return address stays the
 * program's.
 */
#include "preload/calls.h"
#include "preload/stamp.h"

STAMP_NOTE;

extern void *gramme_opencl_hook(enum call call);

__attribute__((visibility("hidden"), used)) void *stub_hook[CALL_COUNT];

__attribute__((constructor)) static void fill(void)
{
	for (unsigned i = 0; i < CALL_COUNT; i++)
		stub_hook[i] = gramme_opencl_hook((enum call)i);
}

#if defined(__x86_64__)
#define JUMP "	endbr64\n	jmp *stub_hook+8*row(%rip)\n"
#elif defined(__aarch64__)
#define JUMP                                                                                       \
	"	hint 34\n"                                                                               \
	"	adrp x16, stub_hook+8*row\n"                                                             \
	"	ldr x16, [x16, #:lo12:stub_hook+8*row]\n"                                                \
	"	br x16\n"
#else
#error "opencl_stub.c knows x86-64 and aarch64"
#endif

/* One text, so that `row` counts through the table in its order. */
#define NEXT ".set row, row+1\n"
#define STUB(name)                                                                                 \
	".balign 16\n.globl " #name "\n.type " #name ", %function\n" #name ":\n" JUMP              \
	".size " #name ", .-" #name "\n" NEXT

#define CORE_STUB(name)	     STUB(name)
#define EXTENSION_STUB(name) NEXT

#define ENQUEUE(road, name, kind, params, args, kernel, bytes, blocking) road##_STUB(name)
#define ENQUEUE_MAP(name, params, args, bytes, blocking)		 STUB(name)
#define ENQUEUE_BARE(name, kind, params, args)				 STUB(name)
#define HAND(road, result, name, params, args, none)			 road##_STUB(name)
#define USED(name)							 NEXT
__asm__(".text\n.set row, 0\n"
#include "preload/calls.def"
);
