/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stand-in for libcuda.so.1 (see redirect.c and opencl_stub.c), a library of its own: its only
 * dependency is the real one. Each function jumps to libgramme.so's wrapper. What this driver lacks
 * is taken out of the stand-in's names while it is loaded: programs ask dlsym what a driver can do.
 */
#include <link.h>

#include "preload/cuda_real.h"
#include "preload/stamp.h"

STAMP_NOTE;

extern void gramme_cuda_hooks(void **hook, const ElfW(Dyn) * stand_in);

__attribute__((visibility("hidden"), used)) void *stub_hook[CUDA_HOOKS];

__attribute__((constructor)) static void fill(void)
{
	gramme_cuda_hooks(stub_hook, _DYNAMIC);
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
#error "cuda_stub.c knows x86-64 and aarch64"
#endif

/* One text, so that `row` counts through the table in its order. */
#define CUDA_ROW(name, params, args)                                                               \
	".balign 16\n.globl " #name "\n.type " #name ", %function\n" #name ":\n" JUMP              \
	".size " #name ", .-" #name "\n.set row, row+1\n"
__asm__(".text\n.set row, 0\n"
#include "preload/cuda.def"
);
