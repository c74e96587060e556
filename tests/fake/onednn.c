/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A oneDNN that computes nothing.
 */
#include "tests/fake/onednn.h"

#define PUBLIC __attribute__((visibility("default")))

enum { QUERY_PRIMITIVE_KIND = 2, QUERY_PROP_KIND = 11, INVALID_ARGUMENTS = 2 };

PUBLIC int dnnl_primitive_execute(const void *primitive, void *stream, int n, const void *args)
{
	return primitive && stream && args ? n : INVALID_ARGUMENTS;
}

PUBLIC int dnnl_primitive_get_primitive_desc(const void *primitive, const void **description)
{
	*description = primitive;
	return primitive ? 0 : INVALID_ARGUMENTS;
}

PUBLIC int dnnl_primitive_desc_query(const void *description, int what, int index, void *result)
{
	const struct fake_primitive *primitive = description;

	if (index || (what != QUERY_PRIMITIVE_KIND && what != QUERY_PROP_KIND))
		return INVALID_ARGUMENTS;
	*(int *)result = what == QUERY_PRIMITIVE_KIND ? primitive->kind : primitive->prop_kind;
	return 0;
}
