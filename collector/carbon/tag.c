/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of intensities that are booked by.
 */
#include "collector/carbon/tag.h"

#include <sodium.h>
#include <string.h>

#include "collector/instant.h"

void tag_digest(const char *text, size_t size, char digest[TAG_DIGEST])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, (const unsigned char *)text, size);
	sodium_bin2hex(digest, TAG_DIGEST, hash, sizeof(hash));
}

/* For json_pack: what is "" is not known. */
static const char *known(const char *text)
{
	return text[0] ? text : NULL;
}

json_t *tag_make(const struct series *series, const char *path, const char *digest)
{
	const char *slash = strrchr(path, '/');
	char from[INSTANT_MAX], to[INSTANT_MAX];

	instant_text(series->point[0].from_s, from);
	instant_text(series->point[series->points - 1].to_s, to);
	return json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s, s:I, s:s, s:s, s:s}", "zone",
			 known(series->zone), "basis", known(series->basis), "kind",
			 known(series->kind), "format", known(series->format), "source",
			 known(series->source), "file", slash ? slash + 1 : path, "points",
			 (json_int_t)series->points, "from_utc", from, "to_utc", to, "sha256",
			 digest);
}
