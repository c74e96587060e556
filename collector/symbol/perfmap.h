/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for code that a program made at run time, from the file that it writes for perf(1):
 * /tmp/perf-PID.map, one "START SIZE NAME" a line, both numbers in hexadecimal. CPython writes it
 * from 3.12 on under -X perf or PYTHONPERFSUPPORT=1, node under --perf-basic-prof.
 */
#ifndef GRAMME_PERFMAP_H
#define GRAMME_PERFMAP_H

#include <stddef.h>
#include <stdint.h>

#define PERFMAP_BYTES_MAX (64u << 20) /* what comes behind is not looked at */

/*
 * The name of the code at `address` by an open file, which is read from where it stands; of several
 * the last that was written. Of paths the last part alone: "py::fit:/home/me/train.py" becomes
 * "fit (train.py)". What is no graphic ASCII character reads '?'. Returns 0 or -ENOENT.
 */
int perfmap_find(int fd, uint64_t address, char *name, size_t size);

#endif
