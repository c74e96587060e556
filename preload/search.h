/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foretells which file the dynamic loader would find for a library that a caller names without a
 * folder. What we open ourselves is searched for as ours; this says where that makes a difference.
 */
#ifndef GRAMME_SEARCH_H
#define GRAMME_SEARCH_H

#include <link.h>

enum search {
	SEARCH_SHARED,	/* nothing that is only the caller's, or only ours, comes into it */
	SEARCH_OWN,	/* in a folder of the caller's own: the path is told */
	SEARCH_UNCLEAR, /* only the caller's own call can tell */
};

/*
 * Where `caller` would find `name`, which holds no slash and is no loaded library. The path of an
 * own one goes to `path`, of `size` bytes. Asks the loader itself for the folders, and the file
 * system for the file; opens nothing.
 */
enum search search_file(const struct link_map *caller, const char *name, char *path, unsigned size);

#endif
