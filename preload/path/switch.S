/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path_switch(registers, top, function, arg): see walk.h. Calls and returns pair up, so a shadow
 * stack has nothing to say.
 */
	.text
	.globl path_switch
	.hidden path_switch
	.type path_switch, @function
path_switch:
	.cfi_startproc
	endbr64
	movq %rbx, (%rdi)
	movq %rbp, 8(%rdi)
	movq %r12, 16(%rdi)
	movq %r13, 24(%rdi)
	movq %r14, 32(%rdi)
	movq %r15, 40(%rdi)
	leaq 8(%rsp), %rax
	movq %rax, 48(%rdi)
	movq (%rsp), %rax
	movq %rax, 56(%rdi)
	pushq %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq %rsp, %rbp
	.cfi_def_cfa_register %rbp
	movq %rsi, %rsp
	movq %rcx, %rdi
	callq *%rdx
	movq %rbp, %rsp
	popq %rbp
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size path_switch, . - path_switch
	.section .note.GNU-stack, "", @progbits
