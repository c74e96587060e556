/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devices: which domain bears a device, and that several names of one GPU have its energy once.
 */
#include "tests/unit/machine.h"

#include <errno.h>

#include "collector/run/devices.h"

#define T0 (5000 * SECOND)

static const struct power_domain domain[] = {
	{.name = "package-0", .kind = POWER_CPU},
	{.name = "gpu-0",
	 .kind = POWER_GPU,
	 .device = "0000:0a:00.0",
	 .uuid = {"6772616d6d6540008000000000000000", "6772616d6d6540008000000000000100"}},
	{.name = "gpu-1",
	 .kind = POWER_GPU,
	 .device = "0000:0b:00.0",
	 .uuid = {"6772616d6d6540008000000000000001"}},
};

#define DOMAINS (sizeof(domain) / sizeof(domain[0]))

static struct devices devices;

static int find_of(uint32_t type, uint32_t api, const char *name, const char *bus_id)
{
	struct arena_device from = {.type = type, .api = api};
	int index;

	snprintf(from.name, sizeof(from.name), "%s", name);
	snprintf(from.bus_id, sizeof(from.bus_id), "%s", bus_id);
	index = devices_find(&devices, &from);
	assert_true(index >= 0);
	return index;
}

static int find(uint32_t type, const char *name, const char *bus_id)
{
	return find_of(type, 0, name, bus_id);
}

static const char *borne_by(uint32_t type, const char *bus_id)
{
	const char *name = devices.device[find(type, bus_id, bus_id)]->domain;

	return name ? name : "nobody";
}

static void a_gpu_is_found_by_what_programs_call_it(void **state)
{
	(void)state;
	devices_open(&devices, domain, DOMAINS, T0);
	assert_string_equal(borne_by(WIRE_DEVICE_GPU, "6772616d6d6540008000000000000000"), "gpu-0");
	assert_string_equal(borne_by(WIRE_DEVICE_GPU, "6772616D6D6540008000000000000100"), "gpu-0");
	assert_string_equal(borne_by(WIRE_DEVICE_GPU, "0000:0b:00.0"), "gpu-1");
	assert_string_equal(borne_by(WIRE_DEVICE_GPU, "0000:0c:00.0"), "nobody");
	assert_string_equal(borne_by(WIRE_DEVICE_GPU, ""), "nobody");
	assert_string_equal(borne_by(WIRE_DEVICE_CPU, ""), "package-0");
	devices_release(&devices);
}

/* What is no CPU is told, with the most that a process had there; of what nothing meters, the
 * first. */
static void what_was_used_is_told(void **state)
{
	int here, there;

	(void)state;
	devices_open(&devices, domain, DOMAINS, T0);
	find(WIRE_DEVICE_CPU, "processor", "");
	assert_int_equal(devices.told_n, 0);
	here = find_of(WIRE_DEVICE_GPU, WIRE_API_CUDA, "here", "0000:0b:00.0");
	assert_null(devices_unmetered(&devices));
	there = find_of(WIRE_DEVICE_GPU, WIRE_API_OPENCL, "there", "0000:0c:00.0");
	devices_memory(&devices, here, 7);
	devices_memory(&devices, here, 5);
	devices_memory(&devices, there, 3);
	assert_int_equal(devices.told_n, 2);
	assert_string_equal(devices.told[0].name, "here");
	assert_string_equal(devices.told[0].domain, "gpu-1");
	assert_int_equal(devices.told[0].memory_peak_bytes, 7);
	assert_int_equal(devices.told[1].memory_peak_bytes, 3);
	assert_string_equal(devices_unmetered(&devices)->name, "there");
	devices_release(&devices);
}

static void row(struct kernels *kernels, uint32_t at, int index)
{
	kernels->row[at].device = devices.device[index]->label;
}

/* A GPU by OpenCL's name and by CUDA's, busy with both for the same second of 100 W. */
static void two_names_of_a_gpu_have_its_energy_once(void **state)
{
	struct ledger_kernel rows[2] = {{0}};
	struct kernels_past past[2] = {{.before = {0}}};
	struct kernels kernels = {.row = rows, .past = past, .n = 2};
	struct account_posting posting[DOMAINS] = {{0}};
	int cuda, opencl;

	(void)state;
	devices_open(&devices, domain, DOMAINS, T0);
	cuda = find(WIRE_DEVICE_GPU, "by CUDA", "6772616d6d6540008000000000000000");
	opencl = find(WIRE_DEVICE_GPU, "by OpenCL", "0000:0a:00.0");
	assert_true(cuda != opencl);
	row(&kernels, 0, cuda);
	row(&kernels, 1, opencl);
	devices_add(&devices, cuda, &(struct busy_interval){T0, T0 + SECOND, 0, 0});
	devices_add(&devices, opencl, &(struct busy_interval){T0, T0 + SECOND, 1, 0});
	posting[0].run_uj = 7 * JOULE; /* the processor's is none of theirs */
	posting[1].run_uj = 100 * JOULE;
	posting[2].run_uj = 3 * JOULE;
	assert_int_equal(devices_tick(&devices, T0 + SECOND, posting, &kernels), 0);
	/* Alike, whichever of the names was met first. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rows[i].energy_uj, 50 * JOULE);
		assert_int_equal(rows[i].busy_ns, SECOND / 2);
	}
	devices_release(&devices);
}

/* A collector may be replaced by a newer one under programs that run. */
static void whoever_goes_on_has_them(void **state)
{
	json_t *saved, *old;

	(void)state;
	devices_open(&devices, domain, DOMAINS, T0);
	devices_memory(&devices, find_of(WIRE_DEVICE_GPU, WIRE_API_CUDA, "A", "0000:0b:00.0"), 77);
	find_of(WIRE_DEVICE_CPU, WIRE_API_OPENCL, "B", "");
	saved = devices_save(&devices);
	devices_release(&devices);

	devices_open(&devices, domain, DOMAINS, T0);
	assert_int_equal(devices_restore(&devices, saved), 0);
	assert_int_equal(devices.n, 2);
	assert_string_equal(devices.device[0]->domain, "gpu-1");
	assert_int_equal(devices.device[0]->memory_peak_bytes, 77);
	assert_string_equal(devices.device[1]->label, "B");
	devices_release(&devices);
	json_decref(saved);

	/* As it was kept before memory was. */
	old = json_pack("[[i, i, s, s]]", WIRE_DEVICE_GPU, WIRE_API_CUDA, "A", "0000:0b:00.0");
	devices_open(&devices, domain, DOMAINS, T0);
	assert_int_equal(devices_restore(&devices, old), 0);
	assert_string_equal(devices.device[0]->domain, "gpu-1");
	assert_int_equal(devices.device[0]->memory_peak_bytes, 0);
	assert_int_equal(json_array_remove(json_array_get(old, 0), 3), 0);
	assert_int_equal(devices_restore(&devices, old), -EBADMSG);
	devices_release(&devices);
	json_decref(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gpu_is_found_by_what_programs_call_it),
		cmocka_unit_test(what_was_used_is_told),
		cmocka_unit_test(two_names_of_a_gpu_have_its_energy_once),
		cmocka_unit_test(whoever_goes_on_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
