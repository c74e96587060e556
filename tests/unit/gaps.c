/* SPDX-License-Identifier: Apache-2.0 */
/* What is idle between two epochs: whose it is. Times in milliseconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/phase/fuse_part.h"
#include "preload/wire.h"

#define MS	1000000ull
#define EPOCHS	4u
#define KERNELS 100u /* of each epoch: from its first to its last kernel */

static void save(struct pass *pass, uint64_t end)
{
	const struct phase_file file = {
		.process = 1,
		.kind = WIRE_NOTE_SAVE,
		.file = 7,
		.begin_ns = (end - 1) * MS,
		.end_ns = end * MS,
		.bytes = 50000,
		.size = 50000,
		.name = "model.pt",
		.name_bytes = 8,
	};

	pass_file(pass, &file);
}

/*
 * Epochs of which the kernels alone are known, with so much idle behind each but the last; and a
 * save that ends `saved` behind the kernels of each, or 0.
 */
static void put(struct fuse_epoch *epoch, const uint64_t *idle, uint64_t tail, uint64_t saved)
{
	struct fuse_fit fit = {.epoch = epoch, .epochs = EPOCHS, .tail_ns = tail * MS};
	struct pass *pass = pass_new();
	uint64_t now = 1000;

	assert_non_null(pass);
	for (size_t i = 0; i < EPOCHS; i++) {
		epoch[i] = (struct fuse_epoch){.start_ns = now * MS,
					       .train_ns = (now + KERNELS) * MS,
					       .end_ns = (now + KERNELS) * MS};
		if (saved)
			save(pass, now + KERNELS + saved);
		now += KERNELS + (i + 1 < EPOCHS ? idle[i] : 0);
	}
	gaps_close(pass, &fit, 0, (now + 1000) * MS);
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
	put(epoch, (const uint64_t[]){40, 20, 40}, 0, 0);
	assert_starts(epoch, (const uint64_t[]){990, 1120, 1250, 1380});
	/* Behind the last one, as much: that tells nothing, since all programs end. */
	put(epoch, (const uint64_t[]){40, 20, 40}, 60, 0);
	assert_starts(epoch, (const uint64_t[]){990, 1120, 1250, 1380});
}

/* The last one had ended at once: so had the others, and the next ones began with the rest. */
static void is_the_next_ones(void **state)
{
	struct fuse_epoch epoch[EPOCHS];

	(void)state;
	put(epoch, (const uint64_t[]){40, 40, 40}, 4, 0);
	assert_starts(epoch, (const uint64_t[]){964, 1104, 1244, 1384});
}

/* Work that is longer than the kernels', before each of them, is still theirs. */
static void may_be_long(void **state)
{
	struct fuse_epoch epoch[EPOCHS];

	(void)state;
	put(epoch, (const uint64_t[]){80, 80, 90}, 2, 0);
	assert_starts(epoch, (const uint64_t[]){922, 1102, 1282, 1467});
}

/* What only one has more was perhaps nobody's: the machine had other things to do. */
static void is_halved_where_it_is_unusual(void **state)
{
	struct fuse_epoch epoch[EPOCHS];

	(void)state;
	put(epoch, (const uint64_t[]){10, 40, 10}, 2, 0);
	assert_starts(epoch, (const uint64_t[]){992, 1102, 1227, 1352});
}

/* However long it takes: the epoch is over behind it, the last one, too. */
static void ends_behind_a_save(void **state)
{
	struct fuse_epoch epoch[EPOCHS];

	(void)state;
	put(epoch, (const uint64_t[]){40, 40, 40}, 0, 39);
	assert_starts(epoch, (const uint64_t[]){999, 1139, 1279, 1419});
	assert_int_equal(epoch[EPOCHS - 1].end_ns, 1559 * MS);
	put(epoch, (const uint64_t[]){400, 310, 301}, 0, 300);
	assert_starts(epoch, (const uint64_t[]){999, 1400, 1900, 2310});
	assert_int_equal(epoch[EPOCHS - 1].end_ns, 2711 * MS);
	assert_int_equal(epoch[EPOCHS - 1].train_ns, epoch[EPOCHS - 1].end_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_halved),
		cmocka_unit_test(is_the_next_ones),
		cmocka_unit_test(may_be_long),
		cmocka_unit_test(is_halved_where_it_is_unusual),
		cmocka_unit_test(ends_behind_a_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
