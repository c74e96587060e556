/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock of the call path: on CLOCK_MONOTONIC as the program sees it, never backwards, also
 * when the counter turns out to run otherwise than it did.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "preload/clock.h"
#include "preload/resolve.h"

#define SLACK_NS 3000u /* what clock.c takes for an error, and an anchor's own */

static int64_t added_ns;    /* to what the kernel says */
static uint64_t held_up_ns; /* once, before the kernel is asked */

static uint64_t kernel_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + (uint64_t)added_ns;
}

static int vdso(clockid_t id, struct timespec *now)
{
	const uint64_t until_ns = kernel_ns() + held_up_ns;
	uint64_t ns;

	(void)id;
	held_up_ns = 0;
	do {
		ns = kernel_ns();
	} while (ns < until_ns);
	now->tv_sec = (time_t)(ns / 1000000000u);
	now->tv_nsec = (long)(ns % 1000000000u);
	return 0;
}

void *resolve_in(const char *soname, const char *name)
{
	(void)soname;
	(void)name;
	return (void *)vdso;
}

static int restart(void **state)
{
	(void)state;
	added_ns = 0;
	held_up_ns = 0;
	memset(&clock_self, 0, sizeof(clock_self));
	clock_find();
	return 0;
}

/* Reads for some milliseconds, so that anchors are set, end, and are set again. */
static void follow(uint64_t for_ns, uint64_t slack_ns)
{
	const uint64_t end_ns = kernel_ns() + for_ns;
	uint64_t last_ns = 0;

	for (uint64_t before_ns = kernel_ns(); before_ns < end_ns;) {
		const uint64_t now_ns = clock_ns();
		const uint64_t after_ns = kernel_ns();

		assert_true(now_ns >= last_ns);
		assert_true(now_ns + slack_ns >= before_ns);
		assert_true(now_ns <= after_ns + slack_ns);
		last_ns = now_ns;
		before_ns = after_ns;
	}
}

static void follows_the_kernel(void **state)
{
	(void)state;
	follow(50000000, SLACK_NS);
	assert_int_equal(clock_self.failures, 0);
}

#if defined(__x86_64__)
static void reads_the_counter(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000 && !clock_self.limit; i++)
		follow(2000000, SLACK_NS);
	assert_true(clock_self.limit > 0);
}

/* Nor is it the counter's fault where the thread was interrupted between it and the kernel. */
static void an_interruption_is_no_failure(void **state)
{
	(void)state;
	for (unsigned times = 0; times < 20; times++) {
		for (unsigned i = 0; i < 1000 && !clock_self.limit; i++)
			follow(2000000, SLACK_NS);
		held_up_ns = 20000;
		while (held_up_ns)
			follow(1000, SLACK_NS);
		follow(2000000, SLACK_NS);
	}
	assert_int_equal(clock_self.failures, 0);
}

/* A guest is moved to another machine: what it sees of time and counter does not fit any more. */
static void gives_up_a_counter_that_runs_otherwise(void **state)
{
	const struct timespec past_anchor = {.tv_nsec = 1200000};

	(void)state;
	for (unsigned i = 0; i < 1000 && !clock_self.failures; i++) {
		follow(3000000, UINT32_MAX);
		added_ns += 100000;
		nanosleep(&past_anchor, NULL);
	}
	assert_true(clock_self.failures > 0);
	clock_self.failures = UINT32_MAX;
	clock_self.limit = 0;
	follow(3000000, 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(follows_the_kernel, restart),
#if defined(__x86_64__)
		cmocka_unit_test_setup(reads_the_counter, restart),
		cmocka_unit_test_setup(an_interruption_is_no_failure, restart),
		cmocka_unit_test_setup(gives_up_a_counter_that_runs_otherwise, restart),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
