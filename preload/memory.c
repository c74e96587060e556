/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anonymous mappings. A page costs memory only once it is touched.
 */
#include <sys/mman.h>

#include "preload/memory.h"
#include "preload/sys.h"

void *memory_make(size_t bytes)
{
	long memory =
		sys(mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory < 0 && memory > -4096 ? NULL : (void *)memory;
}

void memory_free(void *memory, size_t bytes)
{
	sys(munmap, memory, bytes);
}
