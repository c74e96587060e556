/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin whose RUNPATH, and nothing else, leads to the library that it opens.
 */
#include <dlfcn.h>

#ifndef HIDDEN
#define HIDDEN "libhidden.so"
#endif

int answer(void);

int answer(void)
{
	void *hidden = dlopen(HIDDEN, RTLD_NOW | RTLD_LOCAL);
	int (*deep)(void) = hidden ? (int (*)(void))dlsym(hidden, "deep") : 0;
	int result = deep ? deep() : -2;

	if (hidden)
		dlclose(hidden);
	return result;
}
