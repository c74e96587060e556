/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a ledger, and whoever books it again, says of the intensities that are booked by: where they
 * come from, what they are, and the digest by which the file can be told from any other. Pure.
 */
#ifndef GRAMME_TAG_H
#define GRAMME_TAG_H

#include <jansson.h>

#include "collector/carbon/series.h"

#define TAG_DIGEST 65

/* SHA-256 of a file's bytes in lower-case hex. */
void tag_digest(const char *text, size_t size, char digest[TAG_DIGEST]);

/*
 * {zone, basis, kind, format, source, file, points, from_utc, to_utc, sha256}, null where the file
 * does not tell; of `path` the last part alone. A new object, or NULL for lack of memory.
 */
json_t *tag_make(const struct series *series, const char *path, const char *digest);

#endif
