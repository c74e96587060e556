/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets by their shape: what must go, what must stay, and that no text is slow to walk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collector/ledger/mask.h"

/* Made up, letter by letter: none of these opens anything. The parts keep scanners away. */
#define A16 "ABCDEFGH12345678"
#define B20 "aB3dE6gH9jK2mN5pQ8sT"

static const struct {
	const char *text;
	const char *masked;
} cases[] = {
	/* Options and variables by their names. */
	{"--password=hunter2", "--password=***"},
	{"--db-password=hunter2", "--db-password=***"},
	{"--passwd=x", "--passwd=***"},
	{"--api-key=abc", "--api-key=***"},
	{"--api_key=abc", "--api_key=***"},
	{"--apiKey=abc", "--apiKey=***"},
	{"--authToken=abc", "--authToken=***"},
	{"API_KEY=abc def", "API_KEY=*** def"},
	{"AWS_SECRET_ACCESS_KEY=a/b+c", "AWS_SECRET_ACCESS_KEY=***"},
	{"env WANDB_API_KEY=abc python3 t.py", "env WANDB_API_KEY=*** python3 t.py"},
	{"SECRET_OF_PROD=x", "SECRET_OF_PROD=***"},
	{"credentials: x", "credentials: ***"},
	{"a.secret='two words' b", "a.secret='***' b"},
	{"{\"password\": \"pa ss\", \"lr\": 1}", "{\"password\": \"***\", \"lr\": 1}"},
	{"Authorization: Bearer abc", "Authorization: Bearer ***"},
	{"'Authorization: Basic YTpi'", "'Authorization: Basic ***'"},
	{"X-Api-Key: abc", "X-Api-Key: ***"},
	{"https://h.org/?token=abc&x=1", "https://h.org/?token=***&x=1"},
	/* Passwords in URLs. */
	{"https://jan:hunter2@h.org/x", "https://jan:***@h.org/x"},
	{"postgres://u:p@db:5432/x", "postgres://u:***@db:5432/x"},
	{"git clone https://u:p@h.org/r.git o", "git clone https://u:***@h.org/r.git o"},
	/* A long run behind a word that says so. */
	{"login token 0123456789abcdef0123", "login token ***"},
	{"bearer dGhpcyBpcyBhIHNlY3JldDE=", "bearer ***"},
	/* Tokens that tell themselves. */
	{"AKIA" A16, "***"},
	{"x AKIA" A16 " y", "x *** y"},
	{"hf_" B20, "***"},
	{"sk-" B20, "***"},
	{"sk-proj-" B20, "***"},
	{"ghp_" B20, "***"},
	{"github_pat_" B20, "***"},
	{"glpat-" B20, "***"},
	{"xoxb-" B20, "***"},
	{"npm_" B20, "***"},
	{"--opt=hf_" B20, "--opt=***"},
	{"eyJhbGciOiJI.eyJzdWIiOiIx.c2ln-_", "***"},
	{"-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END", "***"},
	/* What is no secret stays as it is. */
	{"", ""},
	{"python3 train.py --lr=0.1 --epochs 3", NULL},
	{"--tokenizer=gpt2", NULL},
	{"--max_tokens=512", NULL},
	{"--num-tokens 1000000", NULL},
	{"--key-size=256", NULL},
	{"KEYBOARD=us", NULL},
	{"--passes=3", NULL},
	{"--author=jan", NULL},
	{"monkey=1", NULL},
	{"sk-learn-regression-suite", NULL},
	{"task-0123456789abcdef0", NULL},
	{"https://h.org/user@example", NULL},
	{"git@h.org:group/repo.git", NULL},
	{"checkpoint-0123456789abcdef0123456789abcdef.pt", NULL},
	{"token of appreciation", NULL},
	{"the secret of training", NULL},
	{"AKIA is a film", NULL},
	{"eyJ.eyJ.x", NULL},
	{"-----BEGIN CERTIFICATE-----", NULL},
	{"caf\xc3\xa9 \xff\xfe", NULL},
	{"--password=", NULL},
};

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *masked = mask_text(cases[i].text);

		assert_non_null(masked);
		assert_string_equal(masked, cases[i].masked ? cases[i].masked : cases[i].text);
		free(masked);
	}
}

static void test_masked_text_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *once = mask_text(cases[i].text), *twice;

		assert_non_null(once);
		twice = mask_text(once);
		assert_non_null(twice);
		assert_string_equal(once, twice);
		free(once);
		free(twice);
	}
}

static void test_arguments(void **state)
{
	static char *const argv[] = {(char *)"train",	 (char *)"--token",  (char *)"-abc",
				     (char *)"--secret", (char *)"--lr=1",   (char *)"-v",
				     (char *)"--pass",	 (char *)"x",	     (char *)"token",
				     (char *)"y",	 (char *)"--key=--", NULL};
	static const char *const expected[] = {"train",	 "--token", "***",	"--secret",
					       "--lr=1", "-v",	    "--pass",	"***",
					       "token",	 "y",	    "--key=***"};
	char **masked = mask_args(argv);

	(void)state;
	assert_non_null(masked);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_string_equal(masked[i], expected[i]);
	assert_null(masked[sizeof(expected) / sizeof(expected[0])]);
	mask_free(masked);
}

static void test_no_arguments(void **state)
{
	static char *const argv[] = {NULL};
	char **masked = mask_args(argv);

	(void)state;
	assert_non_null(masked);
	assert_null(masked[0]);
	mask_free(masked);
}

/*
 * A hostile program chooses its arguments. Texts made of beginnings only must not cost their
 * length squared: at that rate these would run for minutes, past any test's limit.
 */
static void test_long_texts(void **state)
{
	static const char *const parts[] = {"-",	 "sk-",		  "-eyJ",	 "://",
					    "://a:",	 "token ",	  "-----BEGIN ", "a_",
					    "password:", "eyJaaaaaaaaa.", "key='",	 "token\t"};
	const size_t size = 1 << 19;
	char *text = malloc(size + 1);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t length = strlen(parts[i]);
		char *masked;

		for (size_t k = 0; k < size; k++)
			text[k] = parts[i][k % length];
		text[size] = '\0';
		masked = mask_text(text);
		assert_non_null(masked);
		assert_true(strlen(masked) <= size * strlen(MASK_STARS));
		free(masked);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),	   cmocka_unit_test(test_masked_text_stays),
		cmocka_unit_test(test_arguments),  cmocka_unit_test(test_no_arguments),
		cmocka_unit_test(test_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
