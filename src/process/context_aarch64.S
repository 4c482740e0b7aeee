/*
 * AAPCS64: x19 to x28, the frame pointer, the link register and the lower halves
 * of v8 to v15 are the callee's to keep; all else is dead across a call.
 */
	.text

/* void context_switch(struct context *save, const struct context *load) */
	.globl	context_switch
	.hidden	context_switch
	.type	context_switch, %function
	.p2align 4
context_switch:
	.cfi_startproc
	/* bti c, for callers by pointer; nothing where there is none. */
	hint	#34
	sub	sp, sp, #160
	.cfi_adjust_cfa_offset 160
	stp	x29, x30, [sp]
	.cfi_rel_offset x29, 0
	.cfi_rel_offset x30, 8
	stp	x19, x20, [sp, #16]
	.cfi_rel_offset x19, 16
	.cfi_rel_offset x20, 24
	stp	x21, x22, [sp, #32]
	.cfi_rel_offset x21, 32
	.cfi_rel_offset x22, 40
	stp	x23, x24, [sp, #48]
	.cfi_rel_offset x23, 48
	.cfi_rel_offset x24, 56
	stp	x25, x26, [sp, #64]
	.cfi_rel_offset x25, 64
	.cfi_rel_offset x26, 72
	stp	x27, x28, [sp, #80]
	.cfi_rel_offset x27, 80
	.cfi_rel_offset x28, 88
	stp	d8, d9, [sp, #96]
	.cfi_rel_offset d8, 96
	.cfi_rel_offset d9, 104
	stp	d10, d11, [sp, #112]
	.cfi_rel_offset d10, 112
	.cfi_rel_offset d11, 120
	stp	d12, d13, [sp, #128]
	.cfi_rel_offset d12, 128
	.cfi_rel_offset d13, 136
	stp	d14, d15, [sp, #144]
	.cfi_rel_offset d14, 144
	.cfi_rel_offset d15, 152
	mov	x2, sp
	str	x2, [x0]
	/* The other stack looks the same from here on. */
	ldr	x2, [x1]
	mov	sp, x2
	ldp	x29, x30, [sp]
	.cfi_restore x29
	.cfi_restore x30
	ldp	x19, x20, [sp, #16]
	.cfi_restore x19
	.cfi_restore x20
	ldp	x21, x22, [sp, #32]
	.cfi_restore x21
	.cfi_restore x22
	ldp	x23, x24, [sp, #48]
	.cfi_restore x23
	.cfi_restore x24
	ldp	x25, x26, [sp, #64]
	.cfi_restore x25
	.cfi_restore x26
	ldp	x27, x28, [sp, #80]
	.cfi_restore x27
	.cfi_restore x28
	ldp	d8, d9, [sp, #96]
	.cfi_restore d8
	.cfi_restore d9
	ldp	d10, d11, [sp, #112]
	.cfi_restore d10
	.cfi_restore d11
	ldp	d12, d13, [sp, #128]
	.cfi_restore d12
	.cfi_restore d13
	ldp	d14, d15, [sp, #144]
	.cfi_restore d14
	.cfi_restore d15
	add	sp, sp, #160
	.cfi_adjust_cfa_offset -160
	ret
	.cfi_endproc
	.size	context_switch, . - context_switch

/* Where a new stack begins; unwinding ends here. */
	.globl	context_begin
	.hidden	context_begin
	.type	context_begin, %function
	.p2align 4
context_begin:
	.cfi_startproc
	.cfi_undefined x30
	mov	x29, #0
	blr	x19
	brk	#0
	.cfi_endproc
	.size	context_begin, . - context_begin

	.section .note.GNU-stack, "", %progbits
