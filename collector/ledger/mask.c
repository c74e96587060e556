/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets by their shape.
 *
 * The text is walked once. At every place the matchers are asked in turn; the first that knows
 * the shape says which bytes are the secret, and the walk goes on behind them.
 */
#include "collector/ledger/mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Shorter runs behind a word like "token" are words themselves. */
#define LONG_RUN 16

/*
 * How far a matcher looks before it knows the shape: a text made to be slow, of beginnings only,
 * costs no more than its length times this.
 */
#define LOOK_MAX 1024

struct span {
	size_t start; /* of the secret */
	size_t end;
};

static bool is_alnum(char c)
{
	return isalnum((unsigned char)c);
}

/* Letters of names as people write them: API_KEY, api-key, aws.secret. */
static bool is_name(char c)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '.';
}

/* Letters of hex, base64 and base64url. */
static bool is_token(char c)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '+' || c == '/' || c == '=';
}

static bool is_url_safe(char c)
{
	return is_alnum(c) || c == '_' || c == '-';
}

static bool ends_value(char c)
{
	return !c || isspace((unsigned char)c) || strchr("\"'&;,)}]`", c);
}

static size_t run_within(const char *text, bool (*is)(char), size_t most)
{
	size_t n = 0;

	while (n < most && text[n] && is(text[n]))
		n++;
	return n;
}

static size_t run_of(const char *text, bool (*is)(char))
{
	return run_within(text, is, SIZE_MAX);
}

static bool has_digit(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (isdigit((unsigned char)text[i]))
			return true;
	return false;
}

static bool is_word(const char *text, size_t n, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == n && strncasecmp(text, *words, n) == 0)
			return true;
	return false;
}

/*
 * True if a name says that its value is a secret. Names are taken apart at '_', '-', '.' and at
 * capitals, so that "hf_token" and "authToken" count and "tokenizer" and "max_tokens" do not.
 * Weak words count at the end alone: "api_key" is one, "key_size" is none.
 */
static bool is_secret_name(const char *name, size_t length)
{
	static const char *const strong[] = {
		"password",  "passwd",	  "passphrase", "secret",      "token",		"apikey",
		"accesskey", "secretkey", "credential", "credentials", "authorization", NULL};
	static const char *const weak[] = {"key",    "pass", "pwd",	  "auth", "bearer",
					   "cookie", "sig",  "signature", "pat",  NULL};
	size_t start = 0;

	for (size_t i = 0; i <= length; i++) {
		bool border = i == length || !is_alnum(name[i]);
		bool camel = !border && i > 0 && isupper((unsigned char)name[i]) &&
			     islower((unsigned char)name[i - 1]);

		if (!border && !camel)
			continue;
		if (is_word(name + start, i - start, strong) ||
		    (i == length && is_word(name + start, i - start, weak)))
			return true;
		start = border ? i + 1 : i;
	}
	return false;
}

static size_t skip_spaces(const char *text, size_t at)
{
	while (text[at] == ' ' || text[at] == '\t')
		at++;
	return at;
}

/* "Authorization: Bearer X": the scheme is no secret, what follows is. */
static size_t skip_scheme(const char *text, size_t at)
{
	static const char *const schemes[] = {"bearer", "basic", "digest", "token", NULL};
	size_t n = run_of(text + at, is_alnum);

	if (text[at + n] == ' ' && is_word(text + at, n, schemes))
		return skip_spaces(text, at + n);
	return at;
}

/* The value at `at`, in quotes or up to the next separator. */
static bool value_at(const char *text, size_t at, struct span *secret)
{
	char quote = text[at] == '"' || text[at] == '\'' ? text[at] : '\0';

	at = skip_scheme(text, quote ? at + 1 : at);
	secret->start = at;
	while (quote ? text[at] && text[at] != quote : !ends_value(text[at]))
		at++;
	secret->end = at;
	return secret->end > secret->start;
}

/* NAME=value, NAME: value, "name": "value", NAME value where the value is long. */
static bool match_named(const char *text, size_t at, struct span *secret)
{
	size_t length = run_of(text + at, is_name), next = at + length, run;

	if (!length || !is_secret_name(text + at, length))
		return false;
	if (text[next] == '"' || text[next] == '\'')
		next++;
	next = skip_spaces(text, next);
	if (text[next] == '=' || text[next] == ':') {
		next++;
		if (text[next] == '/' && text[next + 1] == '/')
			return false; /* a scheme of a URL */
		return value_at(text, skip_spaces(text, next), secret);
	}
	if (next == at + length)
		return false;
	run = run_of(text + next, is_token);
	if (run < LONG_RUN || !has_digit(text + next, run))
		return false;
	*secret = (struct span){next, next + run};
	return true;
}

/* scheme://user:X@host */
static bool match_url(const char *text, size_t at, struct span *secret)
{
	size_t colon = 0, i;

	if (strncmp(text + at, "://", 3) != 0)
		return false;
	for (i = at + 3; text[i] && text[i] != '/' && !isspace((unsigned char)text[i]); i++) {
		if (text[i] == ':' && !colon)
			colon = i;
		if (text[i] == '@' && colon && i > colon + 1) {
			*secret = (struct span){colon + 1, i};
			return true;
		}
	}
	return false;
}

struct shape {
	const char *prefix;
	size_t least; /* letters behind the prefix */
	bool digit;   /* one of them at least is a digit: tells a token from a name */
};

static const struct shape shapes[] = {
	{"AKIA", 16, false},	 {"ASIA", 16, false},  {"hf_", 16, false},
	{"sk-", 16, true},	 {"ghp_", 16, false},  {"gho_", 16, false},
	{"ghu_", 16, false},	 {"ghs_", 16, false},  {"ghr_", 16, false},
	{"glpat-", 16, false},	 {"npm_", 16, true},   {"github_pat_", 16, false},
	{"xoxb-", 10, false},	 {"xoxp-", 10, false}, {"xoxa-", 10, false},
	{"pypi-AgE", 16, false}, {"AIza", 30, false},  {"xoxs-", 10, false},
};

/* Tokens that tell themselves by their first letters. */
static bool match_shape(const char *text, size_t at, struct span *secret)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		size_t prefix = strlen(shapes[i].prefix), run;

		if (strncmp(text + at, shapes[i].prefix, prefix) != 0)
			continue;
		run = run_within(text + at + prefix, is_url_safe, LOOK_MAX);
		if (run < shapes[i].least)
			continue;
		if (shapes[i].digit && !has_digit(text + at + prefix, run))
			continue;
		*secret = (struct span){at, at + run_of(text + at, is_url_safe)};
		return true;
	}
	return false;
}

/* A JSON web token: three parts of base64url, the first of which begins with '{"'. */
static bool match_jwt(const char *text, size_t at, struct span *secret)
{
	size_t end = at;

	if (strncmp(text + at, "eyJ", 3) != 0)
		return false;
	for (int part = 0; part < 2; part++) {
		size_t run = run_within(text + end, is_url_safe, part ? SIZE_MAX : LOOK_MAX);

		if (run < 8 || text[end + run] != '.')
			return false;
		end += run + 1;
	}
	*secret = (struct span){at, end + run_of(text + end, is_url_safe)};
	return true;
}

/* A private key in PEM, with all that follows. */
static bool match_pem(const char *text, size_t at, struct span *secret)
{
	static const char begin[] = "-----BEGIN ", key[] = "PRIVATE KEY-----";

	if (strncmp(text + at, begin, strlen(begin)) != 0 ||
	    !memmem(text + at, strnlen(text + at, LOOK_MAX), key, strlen(key)))
		return false;
	*secret = (struct span){at, at + strlen(text + at)};
	return true;
}

static bool match(const char *text, size_t at, struct span *secret)
{
	char before = at ? text[at - 1] : ' ';

	if (match_url(text, at, secret))
		return true;
	if (is_alnum(before))
		return false;
	return match_pem(text, at, secret) || match_jwt(text, at, secret) ||
	       match_shape(text, at, secret) || (!is_name(before) && match_named(text, at, secret));
}

char *mask_text(const char *text)
{
	size_t length = strlen(text), at = 0;
	/* A secret has one letter at least, so three stars each are the most that it grows. */
	char *masked = malloc(length * strlen(MASK_STARS) + 1), *end = masked;
	struct span secret;

	if (!masked)
		return NULL;
	while (at < length) {
		if (!match(text, at, &secret)) {
			*end++ = text[at++];
			continue;
		}
		memcpy(end, text + at, secret.start - at);
		end += secret.start - at;
		memcpy(end, MASK_STARS, strlen(MASK_STARS));
		end += strlen(MASK_STARS);
		at = secret.end;
	}
	*end = '\0';
	return masked;
}

/* An option whose name says secret and that has no value of its own: the next argument is it. */
static bool asks_for_secret(const char *argument)
{
	size_t dashes = strspn(argument, "-"), length = strlen(argument + dashes);

	return dashes > 0 && dashes <= 2 && run_of(argument + dashes, is_name) == length &&
	       is_secret_name(argument + dashes, length);
}

static bool is_option(const char *argument)
{
	return strncmp(argument, "--", 2) == 0 || (argument[0] == '-' && strlen(argument) == 2);
}

char **mask_args(char *const *argv)
{
	size_t n = 0;
	char **args;

	while (argv[n])
		n++;
	args = calloc(n + 1, sizeof(*args));
	if (!args)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		bool secret = i > 0 && asks_for_secret(argv[i - 1]) && !is_option(argv[i]);

		args[i] = secret ? strdup(MASK_STARS) : mask_text(argv[i]);
		if (!args[i]) {
			mask_free(args);
			return NULL;
		}
	}
	return args;
}

void mask_free(char **args)
{
	for (char **arg = args; arg && *arg; arg++)
		free(*arg);
	free(args);
}
