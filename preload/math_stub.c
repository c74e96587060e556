/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stand-ins for cuBLAS, cuBLASLt, cuDNN and NCCL (see redirect.c and cuda_stub.c), one for
 * every version: programs that open those by name (XLA does) are given these. LIBRARY, from the
 * Makefile, says which part of math.def is its own.
 */
#include <link.h>

#include "preload/cpu.h"
#include "preload/stamp.h"

STAMP_NOTE;

#define STAND_IN LIBRARY /* from here on math.def has but that */

extern void gramme_math_hooks(void **hook, const uint16_t *row, unsigned rows,
			      const ElfW(Dyn) * stand_in);

static const uint16_t rows[] = {
#define ROW(name) CPU_##name,
#include "preload/math.def"
#undef ROW
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

__attribute__((visibility("hidden"), used)) void *stub_hook[ROWS];

__attribute__((constructor)) static void fill(void)
{
	gramme_math_hooks(stub_hook, rows, ROWS, _DYNAMIC);
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
#error "math_stub.c knows x86-64 and aarch64"
#endif

/* One text, so that `row` counts through the table in its order. */
#define ROW(name)                                                                                  \
	".balign 16\n.globl " #name "\n.type " #name ", %function\n" #name ":\n" JUMP              \
	".size " #name ", .-" #name "\n.set row, row+1\n"
__asm__(".text\n.set row, 0\n"
#include "preload/math.def"
);
