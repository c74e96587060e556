/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plugin finds by its own RUNPATH only.
 */
int deep(void);

int deep(void)
{
	return 42;
}
