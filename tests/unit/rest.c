/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rest: what a node's meter saw beyond the domains within the node.
 */
#include "tests/unit/machine.h"

#include "collector/power/rest.h"

struct fixture {
	struct power_domain domain[8];
	struct power_reading reading[8];
	struct rest rest;
};

/* A node, a package with its cores, and psys, which is shown and never added. */
static void set_up(struct fixture *f)
{
	*f = (struct fixture){.domain = {
				      {.name = "package-0", .kind = POWER_CPU},
				      {.name = "core-0", .within = "package-0"},
				      {.name = "psys", .within = "node", .kind = POWER_NODE},
				      {.name = "node", .kind = POWER_NODE, .source = "dcmi"},
			      }};
	assert_true(rest_open(&f->rest, f->domain, 4));
}

static const struct power_reading *read_all(struct fixture *f, uint64_t package_j, uint64_t node_j)
{
	f->reading[0].energy_uj = package_j * JOULE;
	f->reading[1].energy_uj = package_j * JOULE / 2;
	f->reading[2].energy_uj = 3 * package_j * JOULE;
	f->reading[3].energy_uj = node_j * JOULE;
	f->reading[4] = (struct power_reading){0};
	rest_read(&f->rest, f->domain, f->reading);
	return &f->reading[4];
}

static void the_parts_and_the_rest_are_the_node(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	assert_string_equal(f.domain[3].within, "machine");
	assert_string_equal(f.domain[0].within, "");
	assert_string_equal(f.domain[2].within, "node");
	assert_string_equal(f.domain[4].name, "rest");
	assert_string_equal(f.domain[4].source, "dcmi");
	assert_int_equal(f.domain[4].quality, POWER_DERIVED);
	assert_int_equal(read_all(&f, 1000, 5000)->energy_uj, 0);
	assert_int_equal(read_all(&f, 1100, 5300)->energy_uj, 200 * JOULE);
	/* The node's meter lags behind, and makes up for it. */
	assert_int_equal(read_all(&f, 1200, 5300)->energy_uj, 200 * JOULE);
	assert_int_equal(read_all(&f, 1300, 5900)->energy_uj, 600 * JOULE);
}

static void a_gap_of_anybody_is_one_of_the_rest(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	read_all(&f, 0, 0);
	read_all(&f, 100, 300);
	f.reading[0].gap = true;
	assert_true(read_all(&f, 100, 600)->gap);
	assert_int_equal(f.reading[4].energy_uj, 200 * JOULE);
	f.reading[0].gap = false;
	assert_int_equal(read_all(&f, 200, 900)->energy_uj, 400 * JOULE);
	/* An error is waited for: the next good reading covers its time. */
	f.reading[3].error = -EIO;
	assert_int_equal(read_all(&f, 300, 900)->error, -EIO);
	f.reading[3].error = 0;
	assert_int_equal(read_all(&f, 400, 1500)->energy_uj, 800 * JOULE);
}

static void a_node_alone_has_no_rest(void **state)
{
	struct power_domain alone[3] = {{.name = "node", .kind = POWER_NODE},
					{.name = "psys", .within = "node", .kind = POWER_NODE}};
	struct power_domain none[3] = {{.name = "package-0", .kind = POWER_CPU}};
	struct rest rest;

	(void)state;
	assert_false(rest_open(&rest, none, 1));
	assert_false(rest_open(&rest, alone, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parts_and_the_rest_are_the_node),
		cmocka_unit_test(a_gap_of_anybody_is_one_of_the_rest),
		cmocka_unit_test(a_node_alone_has_no_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
