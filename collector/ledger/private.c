/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may hold secrets: arguments, working folder, user.
 */
#include "collector/ledger/private.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "collector/ledger/chain.h"
#include "collector/ledger/mask.h"
#include "collector/ledger/problem.h"
#include "collector/ledger/text.h"

#define SALT_BYTES 16

static const char *const field_names[] = {"args", "cwd", "user", NULL};

static void hash_string(crypto_hash_sha256_state *hash, const json_t *string, bool terminated)
{
	crypto_hash_sha256_update(hash, (const unsigned char *)json_string_value(string),
				  json_string_length(string) + terminated);
}

/*
 * "sha256:HEX" of the salt and the value: the bytes of a string, or of every string of a list and
 * a zero byte after each, as in /proc/PID/cmdline.
 */
static json_t *digest_of(const unsigned char salt[SALT_BYTES], const json_t *value)
{
	unsigned char bytes[crypto_hash_sha256_BYTES];
	char hex[CHAIN_HEX + 1];
	crypto_hash_sha256_state hash;

	crypto_hash_sha256_init(&hash);
	crypto_hash_sha256_update(&hash, salt, SALT_BYTES);
	if (json_is_string(value))
		hash_string(&hash, value, false);
	else
		for (size_t i = 0; i < json_array_size(value); i++)
			hash_string(&hash, json_array_get(value, i), true);
	crypto_hash_sha256_final(&hash, bytes);
	sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
	return json_sprintf("sha256:%s", hex);
}

/* Books a value, which is taken, on both sides. What is not known is null in both. */
static int add(json_t *secret, json_t *digests, const char *name, json_t *value)
{
	unsigned char salt[SALT_BYTES];
	char hex[2 * SALT_BYTES + 1];

	if (json_is_null(value))
		return json_object_set_new(digests, name, json_null()) ||
		       json_object_set_new(secret, name, value);
	if (!value)
		return -1;
	randombytes_buf(salt, sizeof(salt));
	sodium_bin2hex(hex, sizeof(hex), salt, sizeof(salt));
	if (json_object_set_new(digests, name, digest_of(salt, value))) {
		json_decref(value);
		return -1;
	}
	return json_object_set_new(secret, name,
				   json_pack("{s:s, s:o}", "salt", hex, "value", value));
}

static json_t *masked_args(char *const *argv)
{
	char **args = mask_args(argv);
	json_t *list = args ? json_array() : NULL;

	for (size_t i = 0; list && args[i]; i++)
		if (json_array_append_new(list, text_json(args[i]))) {
			json_decref(list);
			list = NULL;
		}
	mask_free(args);
	return list;
}

static json_t *masked_text(const char *text)
{
	char *masked;
	json_t *string;

	if (!text)
		return json_null();
	masked = mask_text(text);
	string = masked ? text_json(masked) : NULL;
	free(masked);
	return string;
}

int private_make(const struct ledger_open *open, json_t **secret, json_t **digests)
{
	*digests = json_object();
	*secret = json_pack("{s:s, s:o}", "format", PRIVATE_SCHEMA, "run", text_json(open->run));
	if (*digests && *secret && !add(*secret, *digests, "args", masked_args(open->argv)) &&
	    !add(*secret, *digests, "cwd", masked_text(open->cwd)) &&
	    !add(*secret, *digests, "user", text_json(open->user)))
		return 0;
	json_decref(*digests);
	json_decref(*secret);
	return -ENOMEM;
}

static bool is_value(const char *name, const json_t *value)
{
	if (strcmp(name, "args") != 0)
		return json_is_string(value);
	if (!json_is_array(value))
		return false;
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!json_is_string(json_array_get(value, i)))
			return false;
	return true;
}

static int check_field(const json_t *secret, const json_t *open, const char *name,
		       struct ledger_problem *problem)
{
	const json_t *field = json_object_get(secret, name), *stands = json_object_get(open, name);
	const json_t *value = json_object_get(field, "value");
	const char *hex = json_string_value(json_object_get(field, "salt"));
	unsigned char salt[SALT_BYTES];
	size_t bytes = 0;
	json_t *digest;
	bool same;

	if (json_is_null(field) && json_is_null(stands))
		return 0;
	if (!hex || !is_value(name, value) ||
	    sodium_hex2bin(salt, sizeof(salt), hex, strlen(hex), NULL, &bytes, NULL) ||
	    bytes != SALT_BYTES)
		return problem_set(problem, 0, -EBADMSG,
				   "the private file has no salt and value for '%s'", name);
	digest = digest_of(salt, value);
	if (!digest)
		return -ENOMEM;
	same = json_equal(digest, stands);
	json_decref(digest);
	if (!same)
		return problem_set(problem, 0, -EBADMSG,
				   "'%s' in the private file does not match its digest", name);
	return 0;
}

int private_check(const json_t *secret, const json_t *open, struct ledger_problem *problem)
{
	const char *format = json_string_value(json_object_get(secret, "format"));
	int error = 0;

	if (!format || strcmp(format, PRIVATE_SCHEMA) != 0)
		return problem_set(problem, 0, -EBADMSG, "the private file is no " PRIVATE_SCHEMA);
	if (!json_equal(json_object_get(secret, "run"), json_object_get(open, "run")))
		return problem_set(problem, 0, -EBADMSG, "the private file is of another run");
	for (const char *const *name = field_names; *name && !error; name++)
		error = check_field(secret, open, *name, problem);
	return error;
}
