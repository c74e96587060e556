/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program built with AddressSanitizer refuses to start under any preloaded library, unless it
 * is told not to care. A program that defines these options itself keeps its own.
 */
const char *__asan_default_options(void);

__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
	return "verify_asan_link_order=0";
}
