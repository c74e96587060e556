/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The twin with empty bodies, for calls that compute on the CPU: their wrappers are the same, and
 * nothing is recorded.
 */
#include "preload/cpu.h"

void cpu_region_begin(struct cpu_work *work)
{
	work->thread = NULL;
}

void cpu_region_end(struct cpu_work *work, const void *body)
{
	(void)work;
	(void)body;
}

void cpu_call_end(struct cpu_work *work, enum cpu_call call, uint32_t shape)
{
	(void)work;
	(void)call;
	(void)shape;
}

void cpu_product_begin(struct cpu_work *work)
{
	work->thread = NULL;
}

void cpu_product_end(struct cpu_work *work, enum cpu_call call, uint64_t flop, uint32_t shape)
{
	(void)work;
	(void)call;
	(void)flop;
	(void)shape;
}
