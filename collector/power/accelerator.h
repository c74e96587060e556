/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the makers of GPUs say that these draw, by name. Pure.
 */
#ifndef GRAMME_ACCELERATOR_H
#define GRAMME_ACCELERATOR_H

#include <stdint.h>

#define ACCELERATOR_WHY 256

/* A row of the built-in table collector/power/gpu.tsv. */
struct accelerator {
	char model[64];
	uint64_t tdp_mw;
	char source[24]; /* key of the source; the head of the table tells what it stands for */
};

/*
 * Finds a part by the name that the table or its driver gives it, letter case apart ("NVIDIA
 * A100-SXM4-80GB"), or by words that only parts of one TDP have in their name ("h100 pcie", "l40").
 * Returns 0, or with `why` -ENOENT, or -ENOTUNIQ where such parts differ.
 */
int accelerator_find(const char *name, struct accelerator *part, char why[ACCELERATOR_WHY]);

#endif
