/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain: what makes a line of JSON a line of the ledger, and what tells a line that was cut
 * off from one that was changed.
 */
#include "collector/ledger/chain.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/ledger/problem.h"
#include "collector/ledger/text.h"

static const char sum_key[] = ",\"sum\":\"";
static const char sum_end[] = "\"}";

#define SUM_KEY_BYTES (sizeof(sum_key) - 1)
#define SUM_END_BYTES (sizeof(sum_end) - 1)
#define SUM_BYTES     (SUM_KEY_BYTES + CHAIN_HEX + SUM_END_BYTES)

/* {"seq":18446744073709551615,"prev":"HEX", */
#define HEAD_MAX (CHAIN_HEX + 48)

void chain_hash(const char *bytes, size_t length, char hex[CHAIN_HEX + 1])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, (const unsigned char *)bytes, length);
	sodium_bin2hex(hex, CHAIN_HEX + 1, hash, sizeof(hash));
}

void chain_start(struct chain *chain)
{
	chain->seq = 0;
	memset(chain->prev, '0', CHAIN_HEX);
	chain->prev[CHAIN_HEX] = '\0';
}

void chain_advance(struct chain *chain, const char *line, size_t length)
{
	chain->seq++;
	chain_hash(line, length, chain->prev);
}

static size_t head_of(const struct chain *chain, char head[HEAD_MAX])
{
	return (size_t)snprintf(head, HEAD_MAX, "{\"seq\":%" PRIu64 ",\"prev\":\"%s\",", chain->seq,
				chain->prev);
}

int chain_seal(const struct chain *chain, const json_t *body, char **line, size_t *length)
{
	char *text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(text_digits(body)));
	char head[HEAD_MAX], hex[CHAIN_HEX + 1];
	size_t head_bytes = head_of(chain, head), text_bytes, sealed;

	if (!text)
		return -ENOMEM;
	text_bytes = strlen(text) - 2; /* without its braces */
	sealed = head_bytes + text_bytes;
	if (sealed + SUM_BYTES + 1 > CHAIN_LINE_MAX) {
		free(text);
		return -EMSGSIZE;
	}
	*line = malloc(sealed + SUM_BYTES + 2);
	if (!*line) {
		free(text);
		return -ENOMEM;
	}
	memcpy(*line, head, head_bytes);
	memcpy(*line + head_bytes, text + 1, text_bytes);
	free(text);
	chain_hash(*line, sealed, hex);
	*length = sealed + (size_t)sprintf(*line + sealed, "%s%s%s\n", sum_key, hex, sum_end);
	return 0;
}

/* Reads the seq that a line claims, for the message. False if there is none. */
static bool claimed_seq(const char *line, size_t length, uint64_t *seq)
{
	char text[32] = "";

	memcpy(text, line, length < sizeof(text) - 1 ? length : sizeof(text) - 1);
	return sscanf(text, "{\"seq\":%" SCNu64 ",", seq) == 1;
}

static int wrong_place(const struct chain *chain, const char *line, size_t length,
		       struct ledger_problem *problem)
{
	uint64_t seq;

	if (!claimed_seq(line, length, &seq))
		return problem_set(problem, 0, -EBADMSG, "does not begin with seq and prev");
	if (seq != chain->seq)
		return problem_set(problem, 0, -EBADMSG,
				   "seq is %" PRIu64 ", should be %" PRIu64
				   ": lines are missing, doubled or out of order",
				   seq, chain->seq);
	return problem_set(problem, 0, -EBADMSG,
			   "prev is not the hash of the line before: one of the two was replaced");
}

/* Finds the sum at the end of a line: how many bytes lie before it, or 0 if there is none. */
static size_t sealed_bytes(const char *line, size_t length)
{
	const char *sum;

	if (length < SUM_BYTES + 1 || line[length - 1] != '\n')
		return 0;
	sum = line + length - 1 - SUM_BYTES;
	if (memcmp(sum, sum_key, SUM_KEY_BYTES) != 0 ||
	    memcmp(sum + SUM_KEY_BYTES + CHAIN_HEX, sum_end, SUM_END_BYTES) != 0)
		return 0;
	return (size_t)(sum - line);
}

static bool sum_is_right(const char *line, size_t sealed)
{
	char hex[CHAIN_HEX + 1];

	chain_hash(line, sealed, hex);
	return memcmp(line + sealed + SUM_KEY_BYTES, hex, CHAIN_HEX) == 0;
}

bool chain_is_whole(const char *line, size_t length)
{
	size_t sealed = sealed_bytes(line, length);

	return sealed && sum_is_right(line, sealed);
}

int chain_check(const struct chain *chain, const char *line, size_t length,
		struct ledger_problem *problem)
{
	size_t sealed = sealed_bytes(line, length), head_bytes;
	char head[HEAD_MAX];

	if (!sealed)
		return problem_set(problem, 0, -EBADMSG,
				   "is no line of a ledger: no sum at its end");
	if (!sum_is_right(line, sealed))
		return problem_set(problem, 0, -EBADMSG, "the line was changed: its sum is wrong");
	head_bytes = head_of(chain, head);
	if (sealed < head_bytes || memcmp(line, head, head_bytes) != 0)
		return wrong_place(chain, line, length, problem);
	return 0;
}

/* True if one of the two is the beginning of the other. */
static bool agree(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
	return memcmp(a, b, a_bytes < b_bytes ? a_bytes : b_bytes) == 0;
}

static bool may_have_type(const struct chain *chain, const char *text, size_t length)
{
	static const char *const first[] = {"\"type\":\"open\"", NULL};
	static const char *const later[] = {"\"type\":\"interval\"", "\"type\":\"anchor\"",
					    "\"type\":\"close\"", NULL};

	for (const char *const *type = chain->seq ? later : first; *type; type++)
		if (agree(text, length, *type, strlen(*type)))
			return true;
	return false;
}

/*
 * True if `text` can be the beginning of one compact JSON object that is not closed yet: the
 * brackets nest, and outside of strings there is nothing but JSON's own letters.
 */
static bool may_be_object(const char *text, size_t length)
{
	bool string = false, escape = false;
	int depth = 0;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if ((unsigned char)c < ' ')
			return false;
		if (string) {
			if (!escape && c == '"')
				string = false;
			escape = !escape && c == '\\';
		} else if (c == '"') {
			string = true;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			if (--depth == 0)
				return false;
		} else if (!strchr(",:-+.0123456789eEtrufalsn", c)) {
			return false;
		}
	}
	return true;
}

bool chain_is_torn(const struct chain *chain, const char *tail, size_t length)
{
	char head[HEAD_MAX], hex[CHAIN_HEX + SUM_END_BYTES + 1];
	size_t head_bytes = head_of(chain, head), sealed, rest;
	const char *sum;

	if (!agree(tail, length, head, head_bytes))
		return false;
	if (length <= head_bytes)
		return true;
	if (!may_have_type(chain, tail + head_bytes, length - head_bytes))
		return false;
	/* A quote inside of a string is escaped, so this is the member and nothing else. */
	sum = memmem(tail, length, sum_key, SUM_KEY_BYTES);
	sealed = sum ? (size_t)(sum - tail) : length;
	if (!may_be_object(tail, sealed))
		return false;
	if (!sum)
		return true;
	rest = length - sealed - SUM_KEY_BYTES;
	chain_hash(tail, sealed, hex);
	memcpy(hex + CHAIN_HEX, sum_end, SUM_END_BYTES);
	return rest <= CHAIN_HEX + SUM_END_BYTES && memcmp(sum + SUM_KEY_BYTES, hex, rest) == 0;
}
