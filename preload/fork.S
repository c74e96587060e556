/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openmp_call(real, where, n, body, args): calls real(where, n, body, args[0], ..., args[n - 1]).
 * C cannot pass a number of arguments that it learns at run time. args has at least five elements.
 */
#ifdef __CET__
#include <cet.h>
#endif

	.text
	.globl openmp_call
	.hidden openmp_call
	.type openmp_call, %function

#if defined(__x86_64__)
	.balign 16
openmp_call:
	.cfi_startproc
	endbr64
	pushq %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq %rsp, %rbp
	.cfi_def_cfa_register %rbp
	movq %rdi, %r11
	movq %r8, %r10
	movslq %edx, %rax		/* how many are left to push, from the last */
	movq %rsi, %rdi
	movl %edx, %esi
	movq %rcx, %rdx
	leaq -3(%rax), %rcx		/* three go into registers */
	testq %rcx, %rcx
	jle 2f
	testb $1, %cl			/* the stack stays aligned to 16 */
	jz 1f
	subq $8, %rsp
1:	pushq -8(%r10,%rax,8)
	decq %rax
	cmpq $3, %rax
	jg 1b
2:	movq (%r10), %rcx
	movq 8(%r10), %r8
	movq 16(%r10), %r9
	xorl %eax, %eax			/* none of them in a vector register */
	call *%r11
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size openmp_call, .-openmp_call
#elif defined(__aarch64__)
	.balign 16
openmp_call:
	.cfi_startproc
	hint 34				/* bti c */
	stp x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset 16
	.cfi_offset 29, -16
	.cfi_offset 30, -8
	mov x29, sp
	.cfi_def_cfa_register 29
	mov x16, x0
	mov x9, x4
	mov w10, w2
	mov x0, x1
	mov w1, w2
	mov x2, x3
	subs w11, w10, #5		/* five go into registers */
	b.le 2f
	add w12, w11, #1		/* the stack stays aligned to 16 */
	and w12, w12, #0xfffffffe
	sub sp, sp, w12, uxtw #3
	add x13, x9, #40
	mov x14, sp
1:	ldr x15, [x13], #8
	str x15, [x14], #8
	subs w11, w11, #1
	b.gt 1b
2:	ldp x3, x4, [x9]
	ldp x5, x6, [x9, #16]
	ldr x7, [x9, #32]
	blr x16
	mov sp, x29
	ldp x29, x30, [sp], #16
	.cfi_restore 30
	.cfi_restore 29
	.cfi_def_cfa 31, 0
	ret
	.cfi_endproc
	.size openmp_call, .-openmp_call
#else
#error "fork.S knows x86-64 and aarch64"
#endif
	.section .note.GNU-stack, "", %progbits
