/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlopen, by tail jump. The C library finds the caller of dlopen by the return address, and
 * searches with the caller's own RUNPATH; a wrapper in C would become the caller. So: ask C for
 * the name to be opened, put everything back, and jump.
 */
#ifdef __CET__
#include <cet.h>
#endif

	.text
	.globl dlopen
	.type dlopen, %function

#if defined(__x86_64__)
	.balign 16
dlopen:
	.cfi_startproc
	endbr64
	subq $24, %rsp
	.cfi_adjust_cfa_offset 24
	movl %esi, 8(%rsp)
	leaq 16(%rsp), %rdx		/* where the address to jump to is left */
	movq 24(%rsp), %rcx		/* who calls */
	call redirect_dlopen		/* (name, flags, &jump, caller) -> name */
	movq %rax, %rdi
	movl 8(%rsp), %esi
	movq 16(%rsp), %rax
	addq $24, %rsp
	.cfi_adjust_cfa_offset -24
	jmp *%rax
	.cfi_endproc
	.size dlopen, .-dlopen
#elif defined(__aarch64__)
	.balign 16
dlopen:
	.cfi_startproc
	hint 34				/* bti c */
	stp x29, x30, [sp, #-48]!
	.cfi_def_cfa_offset 48
	.cfi_offset 29, -48
	.cfi_offset 30, -40
	mov x29, sp
	str w1, [sp, #16]
	add x2, sp, #24
	mov x3, x30
	bl redirect_dlopen
	ldr w1, [sp, #16]
	ldr x16, [sp, #24]
	ldp x29, x30, [sp], #48
	.cfi_restore 30
	.cfi_restore 29
	.cfi_def_cfa_offset 0
	br x16
	.cfi_endproc
	.size dlopen, .-dlopen
#else
#error "dlopen.S knows x86-64 and aarch64"
#endif
	.section .note.GNU-stack, "", %progbits
