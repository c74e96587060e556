/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a meter's operator is told of the ledger of a run: one line, the first time that something
 * is wrong with it.
 */
#ifndef GRAMME_TELL_H
#define GRAMME_TELL_H

#include <stddef.h>
#include <stdint.h>

struct meter;
struct run;

/* What people call the run's ledger; "" where there is none. */
void tell_path(const struct meter *meter, const struct run *run, char *path, size_t size);

/*
 * Says what is wrong with the run's ledger, if something is and nothing was said of this run yet.
 * `closed` is the path of a ledger that was closed just now, else NULL.
 */
void tell_trouble(const struct meter *meter, struct run *run, const char *closed);

/* Has the file of intensities read again if it has changed, and says if it cannot be read. */
void tell_intensity(struct meter *meter, uint64_t t_ns);

/*
 * Says, once each time, that the file has no figure for what a run was just settled by: one of
 * those that go on, or the one that is `ending` (NULL: none is).
 */
void tell_unknown(struct meter *meter, const struct run *ending);

/* Says what is wrong with the file of sensors, which the operator wrote. To be called once. */
void tell_config(const struct meter *meter);

/* Says what has gone wrong with a sensor since the meter began, a line each, once. */
void tell_findings(struct meter *meter);

#endif
