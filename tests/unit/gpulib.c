/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rocm, zero: recorded, and through the libraries' doubles.
 */
#include "tests/unit/sensors.h"

#include <dlfcn.h>
#include <unistd.h>

static void gpus_are_counted_and_summed(void **state)
{
	struct sensors s;
	size_t at;

	(void)state;
	sensors_open(&s, MACHINES "rocm-and-zero");
	sensors_expect(&s, "gpu-0:rocm gpu-1:rocm gpu-2:hwmon gpu-3:zero");
	assert_string_equal(sensors_domain(&s, "gpu-0", &at)->device, "0000:03:00.0");
	for (uint64_t i = 1; i <= 20; i++) {
		sensors_after(&s, SECOND);
		sensors_good(&s, "gpu-0", i * 200 * JOULE);
		sensors_good(&s, "gpu-1", i * 310 * JOULE);
		sensors_good(&s, "gpu-2", i * 75 * JOULE);
		sensors_good(&s, "gpu-3", i * 150 * JOULE);
		assert_int_equal(sensors_total(&s), i * 735 * JOULE);
	}
	/* Some drivers' counts stand still: that is no GPU that draws nothing. */
	sensors_after(&s, SECOND);
	sensors_after(&s, SECOND);
	assert_int_equal(sensors_reading(&s, "gpu-0")->error, -ENODATA);
	assert_int_equal(sensors_reading(&s, "gpu-0")->energy_uj, 20 * 200 * JOULE);
	sensors_good(&s, "gpu-1", 22 * 310 * JOULE);
	sensors_close(&s);
}

/* Opens a double by its path; who asks for its name afterwards gets it, too. */
static void *open_double(const char *name)
{
	char path[512];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 100);
	void *library;

	assert_true(length > 0);
	path[length] = '\0';
	snprintf(strstr(path, "/tests/unit/"), 100, "/tests/fake/gpulib/%s", name);
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		fail_msg("%s", dlerror());
	return library;
}

/* A recorded machine whose libraries are real ones, as far as doubles are. */
static void open_with_libraries(struct sensors *s, const char *dir)
{
	static struct world_ops ops;
	struct power_options options = {.model = false};

	s->clock = machine_clock();
	s->world = machine_open(dir, &s->clock);
	ops = *s->world->ops;
	ops.ask = world_ask_real;
	s->world->ops = &ops;
	options.world = s->world;
	assert_int_equal(power_open(&options, &s->power), 0);
}

static void put_card(const char *dir, int card, const char *vendor, const char *address)
{
	char path[96];
	char text[64];

	snprintf(path, sizeof(path), "root/sys/class/drm/card%d/device/vendor", card);
	machine_put(dir, path, vendor);
	snprintf(path, sizeof(path), "root/sys/class/drm/card%d/device/uevent", card);
	snprintf(text, sizeof(text), "DRIVER=x\nPCI_SLOT_NAME=%s\n", address);
	machine_put(dir, path, text);
}

static void libraries_are_opened_at_run_time(void **state)
{
	void *rocm = open_double("librocm_smi64.so.7");
	void *zero = open_double("libze_loader.so.1");
	void (*add_rocm)(uint64_t count);
	void (*add_zero)(uint64_t uj);
	struct sensors s;
	char dir[64];

	(void)state;
	*(void **)&add_rocm = dlsym(rocm, "fake_rocm_add");
	*(void **)&add_zero = dlsym(zero, "fake_zero_add");
	machine_make(dir);
	put_card(dir, 0, "0x1002\n", "0000:23:01.0");
	put_card(dir, 1, "0x1002\n", "0001:24:01.1");
	put_card(dir, 2, "0x1002\n", "0002:25:01.2");
	put_card(dir, 3, "0x1002\n", "0003:26:01.3");
	put_card(dir, 4, "0x8086\n", "0000:4d:00.0");
	put_card(dir, 5, "0x8086\n", "0000:9a:00.0");
	put_card(dir, 6, "0x8086\n", "0000:00:02.0");
	open_with_libraries(&s, dir);
	sensors_expect(&s, "gpu-0:rocm gpu-1:rocm gpu-2:rocm gpu-3:zero");
	assert_true(sensors_finding(&s, "rocm: GPU 3: ROCm SMI tells neither energy nor power: "
					"Permission denied")
			    ->permission);
	sensors_finding(&s, "zero: GPU 1: Level Zero tells neither energy nor power: ");
	assert_null(getenv("ZES_ENABLE_SYSMAN"));
	for (uint64_t i = 1; i <= 10; i++) {
		add_rocm(8000000);	 /* 122 J */
		add_zero(300000000 / 2); /* 150 J, of which the tiles have a quarter each */
		sensors_after(&s, SECOND);
		sensors_good(&s, "gpu-0", i * 122 * JOULE);
		sensors_good(&s, "gpu-1", i * 244 * JOULE);
		sensors_good(&s, "gpu-2", i * 90 * JOULE);
		sensors_good(&s, "gpu-3", i * 150 * JOULE);
	}
	sensors_close(&s);
	machine_remove(dir);
}

/* No card of theirs: the libraries are not opened, and nothing is told. */
static void without_cards_nobody_is_asked(void **state)
{
	struct sensors s;
	const struct power_finding *findings;
	char dir[64];

	(void)state;
	machine_make(dir);
	put_card(dir, 0, "0x10de\n", "0000:23:00.0");
	put_card(dir, 1, "0x8086\n", "0000:00:02.0");
	open_with_libraries(&s, dir);
	sensors_expect(&s, "");
	for (size_t i = 0; i < power_findings(s.power, &findings); i++)
		assert_null(strstr(findings[i].text, "rocm"));
	sensors_close(&s);
	machine_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gpus_are_counted_and_summed),
		cmocka_unit_test(libraries_are_opened_at_run_time),
		cmocka_unit_test(without_cards_nobody_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
