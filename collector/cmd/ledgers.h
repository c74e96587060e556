/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledgers that a user names: by their files, or all that lie in a folder.
 */
#ifndef GRAMME_LEDGERS_H
#define GRAMME_LEDGERS_H

/* Gets the path of one ledger, borrowed. Returns 0, or what ends the search. */
typedef int ledgers_take(void *arg, const char *path);
/* Gets the path of what cannot be looked into, and why. */
typedef void ledgers_trouble(void *arg, const char *path, const char *why);

/*
 * A file is handed on whatever it is called, by the path as it was given; of a folder all *.jsonl
 * in it and below, in the order of their names, no symbolic link being followed. A folder without
 * any is trouble, too. Returns 0, what `take` returned, or -ENOMEM.
 */
int ledgers_each(const char *path, ledgers_take *take, ledgers_trouble *trouble, void *arg);

#endif
