/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening what lies beneath a folder, and nothing else: names and links that are not ours to
 * choose must not lead out of it.
 */
#ifndef GRAMME_BENEATH_H
#define GRAMME_BENEATH_H

/*
 * Opens `path`, relative to the folder `root`, with the flags of open(2). Links are followed as
 * long as they stay beneath. Returns a descriptor of the caller's, or -errno: -EXDEV where the
 * path or a link leads out, or a link is absolute.
 */
int beneath_open(int root, const char *path, int flags);

/*
 * The same without the kernel's help, for where it has none. It does not hold against somebody who
 * exchanges folders for links while it looks.
 */
int beneath_walk(int root, const char *path, int flags);

#endif
