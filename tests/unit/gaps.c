/* SPDX-License-Identifier: Apache-2.0 */
/* What is idle between two epochs: whose it is. Times in milliseconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/phase/fuse_part.h"

#define MS	1000000ull
#define EPOCHS	4u
#define KERNELS 100u /* of each epoch: from its first to its last kernel */

/* Epochs of which the kernels alone are known, with so much idle behind each but the last. */
static void put(struct fuse_epoch *epoch, const uint64_t *idle, uint64_t tail)
{
	struct fuse_fit fit = {.epoch = epoch, .epochs = EPOCHS, .tail_ns = tail * MS};
	struct pass *pass = pass_new();
	uint64_t now = 1000;

	assert_non_null(pass);
	for (size_t i = 0; i < EPOCHS; i++) {
		epoch[i] = (struct fuse_epoch){.start_ns = now * MS,
					       .train_ns = (now + KERNELS) * MS,
					       .end_ns = (now + KERNELS) * MS};
		now += KERNELS + (i + 1 < EPOCHS ? idle[i] : 0);
	}
	gaps_close(pass, &fit, 0);
	pass_free(pass);
}

static void assert_starts(const struct fuse_epoch *epoch, const uint64_t *start)
{
	for (size_t i = 0; i < EPOCHS; i++)
		assert_int_equal(epoch[i].start_ns, start[i] * MS);
	for (size_t i = 0; i + 1 < EPOCHS; i++)
		assert_int_equal(epoch[i].end_ns, epoch[i + 1].start_ns);
}

/* Nothing says whose it is: half each, and the first begins as the others do. */
static void is_halved(void **state)
{
	struct fuse_epoch epoch[EPOCHS];

	(void)state;
	put(epoch, (const uint64_t[]){40, 20, 40}, 0);
	assert_starts(epoch, (const uint64_t[]){990, 1120, 1250, 1380});
	/* Behind the last one, as much: that tells nothing, since all programs end. */
	put(epoch, (const uint64_t[]){40, 20, 40}, 60);
	assert_starts(epoch, (const uint64_t[]){990, 1120, 1250, 1380});
}

/* The last one had ended at once: so had the others, and the next ones began with the rest. */
static void is_the_next_ones(void **state)
{
	struct fuse_epoch epoch[EPOCHS];

	(void)state;
	put(epoch, (const uint64_t[]){40, 40, 40}, 4);
	assert_starts(epoch, (const uint64_t[]){964, 1104, 1244, 1384});
}

/* Work that is longer than the kernels', before each of them, is still theirs. */
static void may_be_long(void **state)
{
	struct fuse_epoch epoch[EPOCHS];

	(void)state;
	put(epoch, (const uint64_t[]){80, 80, 90}, 2);
	assert_starts(epoch, (const uint64_t[]){922, 1102, 1282, 1467});
}

/* What only one has more was perhaps nobody's: the machine had other things to do. */
static void is_halved_where_it_is_unusual(void **state)
{
	struct fuse_epoch epoch[EPOCHS];

	(void)state;
	put(epoch, (const uint64_t[]){10, 40, 10}, 2);
	assert_starts(epoch, (const uint64_t[]){992, 1102, 1227, 1352});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_halved),
		cmocka_unit_test(is_the_next_ones),
		cmocka_unit_test(may_be_long),
		cmocka_unit_test(is_halved_where_it_is_unusual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
