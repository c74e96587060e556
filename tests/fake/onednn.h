/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A oneDNN that computes nothing. A primitive is two words: its kind, and whether it works forwards
 * or backwards.
 */
#ifndef GRAMME_FAKE_ONEDNN_H
#define GRAMME_FAKE_ONEDNN_H

struct fake_primitive {
	int kind;
	int prop_kind;
};

/* Returns n as its status: 0 is success. */
int dnnl_primitive_execute(const void *primitive, void *stream, int n, const void *args);

int dnnl_primitive_get_primitive_desc(const void *primitive, const void **description);
int dnnl_primitive_desc_query(const void *description, int what, int index, void *result);

#endif
