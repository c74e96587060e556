/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an arena to the rows of a run: totals are taken over exactly and never fall, device time
 * goes to the kernels that kept their device busy, energy goes along, and no writer can make the
 * collector grow without bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "collector/run/feed.h"
#include "collector/saturate.h"

static const struct power_domain domain[] = {
	{.name = "package-0", .kind = POWER_CPU},
	{.name = "core-0", .within = "package-0", .kind = POWER_CPU},
	{.name = "dram-0", .kind = POWER_MEMORY},
};

static struct wire_layout *layout;
static struct devices devices;
static struct kernels kernels;
static struct feed feed;

static void name_entry(uint16_t index, const char *name, uint8_t kind, uint8_t device)
{
	uint32_t at = index * 32u;

	memcpy(layout->names + at, name, strlen(name));
	layout->entry[index] = (struct wire_entry){.ready = 1,
						   .name = at,
						   .name_bytes = (uint16_t)strlen(name),
						   .api = WIRE_API_OPENCL,
						   .kind = kind,
						   .device = device};
	if (layout->arena.entries_used <= index)
		layout->arena.entries_used = index + 1u;
}

static void name_device(unsigned index, const char *name, uint32_t type, const char *bus)
{
	layout->device[index] =
		(struct wire_device){.ready = 1, .type = type, .api = WIRE_API_OPENCL};
	memcpy(layout->device[index].name, name, strlen(name));
	memcpy(layout->device[index].bus_id, bus, strlen(bus));
}

static void push(uint16_t entry, uint64_t start_ns, uint64_t end_ns)
{
	struct wire_lane *lane = &layout->lane[0];
	const uint64_t number = lane->head++;

	lane->ring[number % WIRE_RING_SLOTS] = (struct wire_event){.seq = number + 1,
								   .start_ns = start_ns,
								   .end_ns = end_ns,
								   .entry = entry,
								   .flags = WIRE_EVENT_TIMED};
	lane->totals[entry].count++;
	lane->totals[entry].timed++;
	lane->totals[entry].device_ns += end_ns - start_ns;
}

static int set_up(void **state)
{
	(void)state;
	layout = mmap(NULL, WIRE_ARENA_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (layout == MAP_FAILED)
		return -1;
	layout->arena.lanes_used = 1;
	name_device(1, "CPU", WIRE_DEVICE_CPU, "");
	name_device(2, "GPU", WIRE_DEVICE_GPU, "00:01.0");
	name_device(3, "GPU", WIRE_DEVICE_GPU, "00:02.0");
	devices_open(&devices, domain, 3, 1000);
	feed_open(&feed, layout, &devices, &kernels, 1000);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	feed_release(&feed);
	devices_release(&devices);
	kernels_release(&kernels);
	return munmap(layout, WIRE_ARENA_BYTES);
}

static const struct ledger_kernel *row(const char *name)
{
	for (size_t i = 0; i < kernels.n; i++)
		if (!strcmp(kernels.row[i].name, name))
			return &kernels.row[i];
	fail_msg("no row %s", name);
	return NULL;
}

/* A tick at t_ns, by which the package has given the run so much. */
static void tick(uint64_t t_ns, uint64_t package_uj)
{
	const struct account_posting posting[3] = {
		{.run_uj = package_uj}, {.run_uj = package_uj / 2}, {.run_uj = 999999}};

	feed_drain(&feed, t_ns, false);
	assert_int_equal(feed_count(&feed), 0);
	assert_int_equal(devices_tick(&devices, t_ns, posting, &kernels), 0);
}

static void totals_become_rows(void **state)
{
	(void)state;
	name_entry(0, "never called", WIRE_KIND_KERNEL, 1);
	name_entry(1, "saxpy", WIRE_KIND_KERNEL, 1);
	name_entry(2, "clFinish", WIRE_KIND_SYNC, 0);
	layout->lane[0].totals[1] = (struct wire_total){.count = 10,
							.failed = 1,
							.timed = 9,
							.device_ns = 90,
							.host_ns = 7,
							.bytes = 5,
							.flop = 6};
	layout->lane[0].totals[2] = (struct wire_total){.count = 3, .host_ns = 70};
	tick(2000, 0);
	assert_int_equal(kernels.n, 2);
	assert_string_equal(row("saxpy")->api, "opencl");
	assert_string_equal(row("saxpy")->kind, "kernel");
	assert_string_equal(row("saxpy")->device, "CPU");
	assert_string_equal(row("saxpy")->domain, "package-0");
	assert_int_equal(row("saxpy")->count, 10);
	assert_int_equal(row("saxpy")->failed, 1);
	assert_int_equal(row("saxpy")->timed, 9);
	assert_int_equal(row("saxpy")->device_ns, 90);
	assert_int_equal(row("saxpy")->bytes, 5);
	assert_int_equal(row("saxpy")->flop, 6);
	assert_string_equal(row("clFinish")->kind, "sync");
	assert_null(row("clFinish")->domain);
	assert_int_equal(feed.counted, 13);
	layout->lane[0].totals[1].count = 12;
	tick(3000, 0);
	assert_int_equal(row("saxpy")->count, 12);
	assert_int_equal(feed.counted, 15);
}

static void totals_that_lie_never_make_a_row_fall(void **state)
{
	(void)state;
	name_entry(1, "liar", WIRE_KIND_KERNEL, 1);
	layout->lane[0].totals[1] = (struct wire_total){.count = 10, .timed = 50, .bytes = 4};
	tick(2000, 0);
	assert_int_equal(row("liar")->timed, 10);
	layout->lane[0].totals[1] = (struct wire_total){.count = 3, .bytes = UINT64_MAX};
	tick(3000, 0);
	assert_int_equal(row("liar")->count, 10);
	assert_true(row("liar")->bytes == SATURATE_MAX);
	layout->lane[0].totals[1] = (struct wire_total){.count = UINT64_MAX, .bytes = 1};
	tick(4000, 0);
	assert_true(row("liar")->count == SATURATE_MAX);
	assert_true(row("liar")->bytes == SATURATE_MAX);
	layout->arena.event_cost_ns = UINT32_MAX;
	assert_true(feed_cost_ns(&feed) == SATURATE_MAX);
}

/* Two overlapping kernels on one device: each instant is busy once, and so is its energy. */
static void busy_time_and_energy_go_to_the_kernels(void **state)
{
	(void)state;
	name_entry(1, "a", WIRE_KIND_KERNEL, 1);
	name_entry(2, "b", WIRE_KIND_KERNEL, 1);
	push(1, 1100, 1300);
	push(2, 1200, 1400);
	tick(2000, 1000); /* 1 uJ per ns since 1000 */
	assert_int_equal(row("a")->device_ns + row("b")->device_ns, 400);
	assert_int_equal(row("a")->busy_ns + row("b")->busy_ns, 300);
	assert_int_equal(row("a")->energy_uj + row("b")->energy_uj, 300);
	push(1, 1900, 2500);
	tick(3000, 3000); /* 2 uJ per ns since 2000 */
	assert_int_equal(row("a")->busy_ns + row("b")->busy_ns, 900);
	assert_int_equal(row("a")->energy_uj + row("b")->energy_uj, 300 + 100 + 1000);
}

static void waits_and_markers_keep_no_device_busy(void **state)
{
	(void)state;
	name_entry(1, "clFinish", WIRE_KIND_SYNC, 1);
	name_entry(2, "marker", WIRE_KIND_MARKER, 1);
	name_entry(3, "copy", WIRE_KIND_COPY, 1);
	push(1, 1100, 1200);
	push(2, 1100, 1200);
	push(3, 1150, 1160);
	tick(2000, 1000);
	assert_int_equal(row("clFinish")->busy_ns + row("marker")->busy_ns, 0);
	assert_int_equal(row("copy")->busy_ns, 10);
}

static void devices_of_one_name_are_told_apart(void **state)
{
	(void)state;
	name_entry(1, "k", WIRE_KIND_KERNEL, 2);
	name_entry(2, "k", WIRE_KIND_KERNEL, 3);
	push(1, 1100, 1200);
	push(2, 1100, 1200);
	tick(2000, 1000);
	assert_int_equal(kernels.n, 2);
	assert_string_not_equal(kernels.row[0].device, kernels.row[1].device);
	assert_int_equal(kernels.row[0].busy_ns, 100);
	assert_int_equal(kernels.row[1].busy_ns, 100);
	assert_null(kernels.row[0].domain);
}

/* Another process of the run uses the same device and the same kernel. */
static void processes_share_rows_and_devices(void **state)
{
	struct feed other;

	(void)state;
	name_entry(1, "k", WIRE_KIND_KERNEL, 1);
	push(1, 1100, 1200);
	feed_open(&other, layout, &devices, &kernels, 1000);
	feed_drain(&other, 2000, true);
	assert_int_equal(feed_count(&other), 0);
	tick(2000, 1000);
	assert_int_equal(kernels.n, 1);
	assert_int_equal(devices.n, 1);
	assert_int_equal(row("k")->count, 2);
	assert_int_equal(row("k")->busy_ns, 100);
	feed_release(&other);
}

static void an_entry_may_be_newer_than_the_look_at_the_totals(void **state)
{
	(void)state;
	tick(1500, 0);
	name_entry(7, "late", WIRE_KIND_KERNEL, 1);
	push(7, 1600, 1700);
	tick(2000, 1000);
	assert_int_equal(row("late")->busy_ns, 100);
}

static void rows_are_bounded(void **state)
{
	char name[32];

	(void)state;
	for (unsigned i = 0; i < KERNELS_MAX + 100; i++) {
		snprintf(name, sizeof(name), "k%u", i);
		int index = kernels_row(&kernels, "opencl", "kernel", name, "CPU", NULL);
		assert_int_equal(index, i < KERNELS_MAX ? i : KERNELS_MAX);
	}
	assert_string_equal(kernels.row[KERNELS_MAX].name, "(others)");
	assert_int_equal(kernels_row(&kernels, "opencl", "read", "x", "CPU", NULL),
			 KERNELS_MAX + 1);
	assert_int_equal(kernels_row(&kernels, "opencl", "kernel", "k5", "CPU", NULL), 5);
	assert_true(KERNELS_MAX + WIRE_KIND_COUNT * WIRE_API_COUNT * DEVICES_MAX < BUSY_KEYS_MAX);
}

/* One collector found the symbol, the next did not, or the other way round. */
static void code_is_known_by_its_place(void **state)
{
	static const char place[] = "lib.so+0x10 (5f1c)", named[] = "f in lib.so+0x10 (5f1c)";
	int row = kernels_row(&kernels, "openmp", "kernel", named, "CPU", NULL);
	int other = kernels_row(&kernels, "openmp", "kernel", "lib.so+0x20 (5f1c)", "CPU", NULL);

	(void)state;
	assert_int_equal(kernels_row(&kernels, "openmp", "kernel", place, "CPU", NULL), row);
	assert_int_equal(kernels_find(&kernels, "openmp", "kernel", place, "CPU"), row);
	assert_string_equal(kernels.row[row].name, named);
	assert_int_equal(
		kernels_row(&kernels, "openmp", "kernel", "g in lib.so+0x20 (5f1c)", "CPU", NULL),
		other);
	/* Another API may call its kernels what it likes. */
	assert_int_not_equal(kernels_row(&kernels, "opencl", "kernel", "a in b", "CPU", NULL),
			     kernels_row(&kernels, "opencl", "kernel", "b", "CPU", NULL));
}

static void devices_are_bounded(void **state)
{
	struct arena_device device = {.type = WIRE_DEVICE_GPU};

	(void)state;
	for (unsigned i = 0; i < 10 * DEVICES_MAX; i++) {
		snprintf(device.name, sizeof(device.name), "d%u", i);
		assert_in_range(devices_find(&devices, &device), 0, DEVICES_MAX - 1);
	}
	assert_int_equal(devices.n, DEVICES_MAX);
	assert_string_equal(devices.device[DEVICES_MAX - 1]->label, "(others)");
}

static void many_pending_commands_make_a_tick_due(void **state)
{
	const struct arena_device device = {.type = WIRE_DEVICE_CPU, .name = "CPU"};
	int index = devices_find(&devices, &device);

	(void)state;
	for (uint64_t i = 0; i < DEVICES_PENDING; i++) {
		assert_false(devices.due);
		assert_int_equal(devices_add(&devices, index,
					     &(struct busy_interval){1000 + i, 1001 + i, 0, 0}),
				 0);
	}
	assert_true(devices.due);
	tick(1000 + DEVICES_PENDING, 10);
	assert_false(devices.due);
}

static void several_packages_bear_a_cpu_together(void **state)
{
	static const struct power_domain two[] = {{.name = "package-0", .kind = POWER_CPU},
						  {.name = "package-1", .kind = POWER_CPU}};
	struct devices wide;

	(void)state;
	devices_open(&wide, two, 2, 0);
	assert_string_equal(wide.cpu_domain, "package-*");
	devices_release(&wide);
	devices_open(&wide, domain + 2, 1, 0);
	assert_string_equal(wide.cpu_domain, "");
	devices_release(&wide);
}

static void reasons_of_the_shim_are_told_once(void **state)
{
	(void)state;
	layout->arena.uncovered = WIRE_UNCOVERED_DEEPBIND;
	assert_int_equal(feed_uncovered(&feed), WIRE_UNCOVERED_DEEPBIND);
	assert_int_equal(feed_uncovered(&feed), 0);
	layout->arena.uncovered |= WIRE_UNCOVERED_ENTRY;
	assert_int_equal(feed_uncovered(&feed), WIRE_UNCOVERED_ENTRY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(totals_become_rows),
		TEST(totals_that_lie_never_make_a_row_fall),
		TEST(busy_time_and_energy_go_to_the_kernels),
		TEST(waits_and_markers_keep_no_device_busy),
		TEST(devices_of_one_name_are_told_apart),
		TEST(processes_share_rows_and_devices),
		TEST(an_entry_may_be_newer_than_the_look_at_the_totals),
		TEST(rows_are_bounded),
		TEST(code_is_known_by_its_place),
		TEST(devices_are_bounded),
		TEST(many_pending_commands_make_a_tick_due),
		TEST(several_packages_bear_a_cpu_together),
		TEST(reasons_of_the_shim_are_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
