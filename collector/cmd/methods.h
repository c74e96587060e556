/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What others' methods say of the same run: Green Algorithms, and the integral of the whole node's
 * power, as it is and gated by activity. Papers use all three, so each run has them beside its own
 * figure, with the ratios (docs/method.md, section 9). Pure: from the object that ledger_read
 * gives, and the built-in tables.
 */
#ifndef GRAMME_METHODS_H
#define GRAMME_METHODS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The member `methods` of `gramme show --json`, new; NULL where memory is short. */
json_t *methods_of(const json_t *run);

/*
 * The name of the GPU that a domain of the run is, without the number that tells twins apart: by
 * the kernels on it, or by what its source says of it. "" where neither names it.
 */
void methods_gpu_name(const json_t *run, const json_t *domain, char *name, size_t size);

/* The run's PUE in thousandths. */
uint32_t methods_pue_milli(const json_t *run);

/* True for a domain of that kind that counts: what lies within another is in that. */
bool methods_counts(const json_t *domain, const char *kind);

/* CPUs in thousandths and memory that the run might use: by its limits, or the whole machine. */
struct methods_room {
	uint64_t cpu_milli; /* 0: not known */
	uint64_t memory_bytes;
	bool cpu_limited;
	bool memory_limited;
};
struct methods_room methods_room(const json_t *run);

#endif
