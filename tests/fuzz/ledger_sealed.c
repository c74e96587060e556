/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledgers whose writer lies: every line gets its right place and sum, and the opening the right
 * digests, so that what is behind the hashes is reached. The input's lines are the bodies, as
 * they stand in a ledger without seq, prev and sum.
 */
#include "tests/fuzz/ledger_files.h"

#include <sodium.h>

#include "collector/ledger/chain.h"

struct text {
	char *bytes;
	size_t size;
};

static void append(struct text *text, const void *bytes, size_t size)
{
	text->bytes = realloc(text->bytes, text->size + size + 1);
	MUST(text->bytes);
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
	text->bytes[text->size] = '\0';
}

/* By hand, so that what chain.c says of it is not taken from chain.c. */
static void hash(const char *bytes, size_t size, char hex[65])
{
	unsigned char sum[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(sum, (const unsigned char *)bytes, size);
	sodium_bin2hex(hex, 65, sum, sizeof(sum));
}

/* Appends `body` as the next line of the chain that seq and prev stand for. */
static void seal(struct text *chain, const char *body, size_t size, uint64_t *seq, char prev[65])
{
	char head[128], sum[65];
	size_t start = chain->size;

	if (size < 3 || body[0] != '{' || body[size - 1] != '}') {
		append(chain, body, size);
		append(chain, "\n", 1);
		return;
	}
	int n = snprintf(head, sizeof(head), "{\"seq\":%llu,\"prev\":\"%s\",",
			 (unsigned long long)*seq, prev);
	append(chain, head, (size_t)n);
	append(chain, body + 1, size - 2);
	hash(chain->bytes + start, chain->size - start, sum);
	n = snprintf(head, sizeof(head), ",\"sum\":\"%s\"}\n", sum);
	append(chain, head, (size_t)n);
	hash(chain->bytes + start, chain->size - start, prev);
	++*seq;
}

static json_t *digest(const json_t *field)
{
	const char *salt = json_string_value(json_object_get(field, "salt"));
	const json_t *value = json_object_get(field, "value");
	struct text text = {0};
	unsigned char bytes[16];
	size_t n = 0;
	char hex[65];

	if (!salt || sodium_hex2bin(bytes, sizeof(bytes), salt, strlen(salt), NULL, &n, NULL) != 0)
		return NULL;
	append(&text, bytes, n);
	if (json_is_string(value))
		append(&text, json_string_value(value), json_string_length(value));
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *string = json_array_get(value, i);

		if (json_is_string(string))
			append(&text, json_string_value(string), json_string_length(string) + 1);
	}
	hash(text.bytes, text.size, hex);
	free(text.bytes);
	return json_sprintf("sha256:%s", hex);
}

/* The opening with the digests of what the private file holds; NULL where either is no JSON. */
static char *with_digests(const char *body, size_t size, const struct fuzz_file *secret)
{
	static const char *const names[] = {"args", "cwd", "user"};
	json_t *open = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
	json_t *private = json_loadb(secret->content, secret->size, JSON_REJECT_DUPLICATES, NULL);
	char *text = NULL;

	if (json_is_object(open) && json_is_object(private)) {
		for (int i = 0; i < 3; i++) {
			json_t *made = digest(json_object_get(private, names[i]));

			if (made)
				json_object_set_new(open, names[i], made);
		}
		text = json_dumps(open, JSON_COMPACT);
	}
	json_decref(open);
	json_decref(private);
	return text;
}

/* Seals every line; the first one with digests if `secret` is there. */
static struct text seal_all(const struct fuzz_file *bodies, const struct fuzz_file *secret,
			    uint64_t *seq, char prev[65])
{
	const char *at = bodies->content, *end = at + bodies->size;
	struct text chain = {0};

	append(&chain, "", 0);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((newline ? newline : end) - at);
		char *open = NULL;

		if (*seq == 0 && secret && secret->name[0])
			open = with_digests(at, size, secret);
		if (newline)
			seal(&chain, open ? open : at, open ? strlen(open) : size, seq, prev);
		else
			append(&chain, at, size);
		free(open);
		at += size + 1;
	}
	return chain;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ledger_files files = ledger_files_of(data, size);
	struct fuzz_file *chain = &files.part[LEDGER_CHAIN];
	struct fuzz_file *journal = &files.part[LEDGER_JOURNAL];
	char prev[65];
	uint64_t seq = 0;

	if (!chain->name[0])
		return -1;
	memset(prev, '0', 64);
	prev[64] = '\0';
	struct text sealed = seal_all(chain, &files.part[LEDGER_PRIVATE], &seq, prev);
	chain->content = sealed.bytes;
	chain->size = sealed.size;
	struct text next = {0};
	if (journal->name[0]) {
		next = seal_all(journal, NULL, &seq, prev);
		journal->content = next.bytes;
		journal->size = next.size;
	}
	ledger_lay_out(&files);
	ledger_read_laid_out();
	free(sealed.bytes);
	free(next.bytes);
	return 0;
}
