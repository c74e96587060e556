/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme show and gramme verify: figures for people, the page within its width, nothing of a
 * hostile ledger reaching the terminal, and the exit statuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <wchar.h>

#include "collector/cmd/beside.h"
#include "collector/cmd/cmd.h"
#include "collector/cmd/methods.h"
#include "collector/human.h"
#include "collector/cmd/show.h"
#include "tests/unit/ledger_box.h"

static void assert_human(void (*human)(uint64_t, bool, char *), uint64_t value, const char *text)
{
	char found[HUMAN_MAX];

	human(value, true, found);
	assert_string_equal(found, text);
}

static void test_energy_and_mass(void **state)
{
	char text[HUMAN_MAX];

	(void)state;
	assert_human(human_energy, 0, "0 J");
	assert_human(human_energy, 1, "1 \xc2\xb5J");
	assert_human(human_energy, 999, "999 \xc2\xb5J");
	assert_human(human_energy, 1000, "1.00 mJ");
	assert_human(human_energy, 12345, "12.3 mJ");
	assert_human(human_energy, 999499, "999 mJ");
	assert_human(human_energy, 999500, "1.00 J");
	assert_human(human_energy, 1234567890, "1.23 kJ");
	assert_human(human_energy, 123456789012, "123 kJ");
	assert_human(human_energy, 3600000000000, "3.60 MJ");
	assert_human(human_energy, UINT64_MAX, "18447 GJ");
	assert_human(human_watt_hours, 3600000000, "1.00 Wh");
	assert_human(human_watt_hours, 36, "0.01 \xc2\xb5Wh");
	assert_human(human_watt_hours, 3599999999, "1.00 Wh");
	assert_human(human_volume, 0, "0 L");
	assert_human(human_volume, 5510, "5.51 mL");
	assert_human(human_mass, 24, "24 \xc2\xb5g");
	assert_human(human_mass, 48123, "48.1 mg");
	assert_human(human_mass, 60000000, "60.0 g");
	assert_human(human_mass, 7300000000, "7.30 kg");
	human_rate(0, false, text);
	assert_string_equal(text, "0 g");
	human_rate(0.34, false, text);
	assert_string_equal(text, "340 ng");
	human_rate(0.9994, false, text);
	assert_string_equal(text, "999 ng");
	human_rate(0.9996, false, text);
	assert_string_equal(text, "1 ug");
	human_rate(24.5, false, text);
	assert_string_equal(text, "25 ug");
	human_co2e(0, 1, false, text);
	assert_string_equal(text, "<1 ug");
	human_co2e(0, 0, false, text);
	assert_string_equal(text, "0 g");
	human_co2e(24, 1000, false, text);
	assert_string_equal(text, "24 ug");
}

static void test_times(void **state)
{
	(void)state;
	assert_human(human_time, 0, "0 s");
	assert_human(human_time, 200, "200 ns");
	assert_human(human_time, 20000, "20.0 \xc2\xb5s");
	assert_human(human_time, 59400000000, "59.4 s");
	assert_human(human_time, 59600000000, "1 min 00 s");
	assert_human(human_time, 185000000000, "3 min 05 s");
	assert_human(human_time, 7620000000000, "2 h 07 min");
	assert_human(human_time, 90000000000000, "1 d 01 h");
}

static void test_shares_counts_power(void **state)
{
	char text[HUMAN_MAX];

	(void)state;
	human_share(0, 0, text);
	assert_string_equal(text, "-");
	human_share(0, 5, text);
	assert_string_equal(text, "0 %");
	human_share(1, 1000000, text);
	assert_string_equal(text, "<0.1 %");
	human_share(999999, 1000000, text);
	assert_string_equal(text, ">99.9 %");
	human_share(1, 3, text);
	assert_string_equal(text, "33.3 %");
	human_share(7, 7, text);
	assert_string_equal(text, "100 %");
	human_count(0, text);
	assert_string_equal(text, "0");
	human_count(999, text);
	assert_string_equal(text, "999");
	human_count(1234567, text);
	assert_string_equal(text, "1 234 567");
	human_power(1200000, 100000000, false, text);
	assert_string_equal(text, "12.0 W");
	human_power(5, 0, false, text);
	assert_string_equal(text, "-");
}

/* The page of a ledger at a width, to be freed. */
static char *page_of(const char *path, int columns, bool utf8)
{
	struct page page = {.columns = columns, .utf8 = utf8};
	json_t *run = read_ledger(path);
	size_t size;
	char *text;

	page.out = open_memstream(&text, &size);
	assert_non_null(page.out);
	json_object_set_new(run, "methods", methods_of(run));
	json_object_set_new(run, "beside", beside_of(run, &(struct beside_options){0}));
	show_page(&page, run, path);
	assert_int_equal(fclose(page.out), 0);
	json_decref(run);
	return text;
}

/* No line is wider, but where one word is. */
static void assert_within(const char *page, int columns)
{
	while (*page) {
		size_t length = strcspn(page, "\n");
		const char *words = page + strspn(page, " ");
		wchar_t wide[1024];
		char line[1024];

		snprintf(line, sizeof(line), "%.*s", (int)length, page);
		assert_true(mbstowcs(wide, line, 1024) != (size_t)-1);
		if (wcswidth(wide, 1024) > columns &&
		    strcspn(words, " \n") != strcspn(words, "\n") &&
		    strncmp(page, "Ledger", 6) != 0)
			fail_msg("wider than %d: '%s'", columns, line);
		if (length > 0)
			assert_true(page[length - 1] != ' ' || strspn(page, " ") == length);
		page += length + (page[length] == '\n');
	}
}

static void test_page(void **state)
{
	static const char *const words[] = {
		"python3 train.py --token *** --epochs=3",
		"exit status 0 after 2 min 06 s",
		"1.75 J (485 \xc2\xb5Wh)",
		"package-0",
		"modelled",
		"CO\u2082e",
		"24 \xc2\xb5g",
		"41.8 g per kWh",
		"zone FR, France",
		"PUE 1.2",
		"1 300",
		"72.5 %",
		"write 6",
		"0.4 % of 1 800 events lost",
		"busybox (static binary)",
		"nvml: no NVIDIA driver",
		"33 \xc2\xb5J",
		"6 lines, closed",
	};
	char *page;

	assert_int_equal(story_write(((struct box *)*state)->dir, true), 0);
	page = page_of(in_box(*state, STORY_FILE ".jsonl"), 80, true);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strstr(page, words[i]))
			fail_msg("the page lacks '%s':\n%s", words[i], page);
	assert_null(strchr(page, '\033'));
	free(page);
}

static void test_widths(void **state)
{
	assert_int_equal(story_write(((struct box *)*state)->dir, true), 0);
	for (int columns = 60; columns <= 140; columns += 4) {
		char *page = page_of(in_box(*state, STORY_FILE ".jsonl"), columns, true);

		assert_within(page, columns);
		free(page);
	}
}

/* Without UTF-8 the page is ASCII, whatever the ledger holds. */
static void test_ascii(void **state)
{
	char *page;

	assert_int_equal(story_write(((struct box *)*state)->dir, true), 0);
	page = page_of(in_box(*state, STORY_FILE ".jsonl"), 80, false);
	for (const char *c = page; *c; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
	assert_non_null(strstr(page, "CO2e"));
	assert_non_null(strstr(page, "24 ug"));
	free(page);
}

/* A kernel's name is the program's choice: long ones are cut, and no escape gets through. */
static void test_hostile_names(void **state)
{
	struct ledger_options options = story_options(((struct box *)*state)->dir);
	struct ledger_kernel kernel = story_kernel[0][0];
	struct ledger_state last = story_state(0);
	char name[1001], *page;
	struct ledger *ledger;

	memset(name, 'm', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(name, "begin\033]0;x\a\xc2\x9b", 13);
	memcpy(name + sizeof(name) - 4, "end", 3);
	kernel.name = name;
	last.kernel = &kernel;
	last.kernels = 1;
	assert_int_equal(ledger_create(&options, &story_open, &ledger), 0);
	assert_int_equal(ledger_close(ledger, &last, 137, false), 0);
	page = page_of(in_box(*state, STORY_FILE ".jsonl"), 80, true);
	assert_non_null(strstr(page, "begin?]0;x"));
	assert_non_null(strstr(page, "end  "));
	assert_null(strchr(page, '\033'));
	assert_null(strstr(page, "\xc2\x9b"));
	assert_non_null(strstr(page, "exit status 137 (SIGKILL)"));
	assert_non_null(strstr(page, "incomplete"));
	assert_within(page, 80);
	free(page);
}

struct output {
	int status;
	char out[65536];
	char err[4096];
};

static void read_back(FILE *file, char *text, size_t size)
{
	size_t n;

	rewind(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
}

/* Runs a subcommand with stdout and stderr caught. */
static void call(struct output *output, int (*command)(int, char **), ...)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int saved_out = dup(1), saved_err = dup(2), argc = 1;
	char *argv[8] = {(char *)"command"};
	va_list arguments;

	assert_non_null(out);
	assert_non_null(err);
	va_start(arguments, command);
	while (argc < 7 && (argv[argc] = va_arg(arguments, char *)))
		argc++;
	va_end(arguments);
	fflush(stdout);
	fflush(stderr);
	dup2(fileno(out), 1);
	dup2(fileno(err), 2);
	output->status = command(argc, argv);
	fflush(stdout);
	fflush(stderr);
	dup2(saved_out, 1);
	dup2(saved_err, 2);
	close(saved_out);
	close(saved_err);
	read_back(out, output->out, sizeof(output->out));
	read_back(err, output->err, sizeof(output->err));
}

#define END ((char *)NULL)

static void test_show_command(void **state)
{
	static struct output output;
	json_t *run, *printed;

	assert_int_equal(story_write(((struct box *)*state)->dir, true), 0);
	call(&output, show_main, "--json", in_box(*state, STORY_FILE ".jsonl"), END);
	assert_int_equal(output.status, 0);
	assert_string_equal(output.err, "");
	run = read_ledger(in_box(*state, STORY_FILE ".jsonl"));
	printed = json_loads(output.out, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(printed);
	assert_int_equal(json_object_del(printed, "methods"), 0);
	assert_int_equal(json_object_del(printed, "beside"), 0);
	assert_true(json_equal(run, printed));
	json_decref(run);
	json_decref(printed);

	call(&output, show_main, in_box(*state, STORY_FILE ".jsonl"), END);
	assert_int_equal(output.status, 0);
	assert_non_null(strstr(output.out, "train.py"));
	call(&output, show_main, END);
	assert_int_equal(output.status, 2);
	assert_string_equal(output.out, "");
	assert_non_null(strstr(output.err, "no ledger given"));
	call(&output, show_main, "a", "b", END);
	assert_int_equal(output.status, 2);
	call(&output, show_main, "--jsn", "a", END);
	assert_int_equal(output.status, 2);
	assert_non_null(strstr(output.err, "--jsn"));
	call(&output, show_main, in_box(*state, "none.jsonl"), END);
	assert_int_equal(output.status, 1);
	assert_non_null(strstr(output.err, "none.jsonl: No such file or directory\n"));
}

static void test_verify_command(void **state)
{
	static struct output output;
	char good[1024], cut[1024], bad[1024], expected[1100];

	assert_int_equal(story_write(((struct box *)*state)->dir, true), 0);
	snprintf(good, sizeof(good), "%s", in_box(*state, STORY_FILE ".jsonl"));
	snprintf(cut, sizeof(cut), "tests/data/ledgers/v1/torn.jsonl");
	snprintf(bad, sizeof(bad), "tests/data/ledgers/damaged/digit-changed.jsonl");

	call(&output, verify_main, good, END);
	assert_int_equal(output.status, 0);
	assert_non_null(strstr(output.out, ": ok: 6 lines, head "));
	assert_string_equal(output.err, "");
	call(&output, verify_main, cut, END);
	assert_int_equal(output.status, 0);
	assert_non_null(strstr(output.out, ": incomplete: "));
	assert_non_null(strstr(output.out, "valid up to line 5"));
	call(&output, verify_main, "/dev/null", END);
	assert_int_equal(output.status, 0);
	assert_non_null(strstr(output.out, ": incomplete: "));
	/* One that is damaged does not keep the next from being looked at. */
	call(&output, verify_main, bad, good, END);
	assert_int_equal(output.status, 1);
	snprintf(expected, sizeof(expected), "%s:2: ", bad);
	assert_int_equal(strncmp(output.err, expected, strlen(expected)), 0);
	assert_non_null(strstr(output.out, ": ok: "));
	call(&output, verify_main, END);
	assert_int_equal(output.status, 2);
	call(&output, verify_main, "--all", END);
	assert_int_equal(output.status, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_energy_and_mass),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_shares_counts_power),
		BOXED(test_page),
		BOXED(test_widths),
		BOXED(test_ascii),
		BOXED(test_hostile_names),
		BOXED(test_show_command),
		BOXED(test_verify_command),
	};

	/* Where there is no UTF-8 locale at all, letters of more than a byte have no width. */
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		puts("no C.UTF-8 locale here");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
