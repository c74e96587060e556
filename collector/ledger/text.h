/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text as the ledger holds it: valid UTF-8, names that are safe as file names, times in UTC.
 * Pure.
 */
#ifndef GRAMME_LEDGER_TEXT_H
#define GRAMME_LEDGER_TEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_NAME_MAX 64
#define TEXT_UTC_MAX  40

/* Bytes of the valid UTF-8 character at the start of `text` (zero-terminated), 0 if invalid. */
size_t text_utf8(const char *text);

/*
 * `text` as a JSON string, every byte that is not UTF-8 replaced by U+FFFD; JSON null for NULL.
 * Returns NULL for lack of memory only.
 */
json_t *text_json(const char *text);

/*
 * With how many digits every fraction within `json` reads back as itself: 10, or as many more as
 * one needs, up to 17. So that 0.9 stays 0.9, and what a program printed stays what it was.
 */
unsigned text_digits(const json_t *json);

/*
 * A name that is safe in a path: only ASCII letters, digits, '.', '_', '-', any other byte
 * becoming '_'; no leading '.'; at most TEXT_NAME_MAX bytes; "_" for NULL or "".
 */
void text_safe(const char *text, char name[TEXT_NAME_MAX + 1]);

/* The part behind the last slash: "/usr/bin/python3" gives "python3". */
const char *text_base(const char *path);

/* "2026-11-21T09:00:00.123456789Z" and "20261121T090000Z" of nanoseconds since 1970. */
void text_utc(uint64_t unix_ns, char utc[TEXT_UTC_MAX]);
void text_stamp(uint64_t unix_ns, char stamp[TEXT_UTC_MAX]);

#endif
