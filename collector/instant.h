/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moments as files of other people write them. Pure.
 */
#ifndef GRAMME_INSTANT_H
#define GRAMME_INSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A moment of ISO 8601: "2026-01-02T03:04:05Z", "2026-01-02 03:04+01:00",
 * "20..-..-..T03:04:05.678Z"; fractions of a second are cut. Without a zone it is UTC if `utc` says
 * so, and else refused. Returns 0 with seconds since 1970 in UTC; -EINVAL: no moment, or one that
 * no calendar has; -ENOTUNIQ: it names no time zone.
 */
int instant_parse(const char *text, bool utc, int64_t *unix_s);

/*
 * The same of a day "2026-01-02" or "02/01/2026" and a time of day "03:04" on the clocks of Central
 * Europe (CET, in summer CEST). Of the hour that autumn has twice the first is meant, unless the
 * moment would then not be after `after_s`. Returns 0 or -EINVAL.
 */
int instant_parse_cet(const char *day, const char *time, int64_t after_s, int64_t *unix_s);

#define INSTANT_MAX 21

/* "2026-01-02T03:04:05Z"; "?" outside of the years 1970 to 9999. */
void instant_text(int64_t unix_s, char text[INSTANT_MAX]);

#endif
