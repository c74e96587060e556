/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NVML source on recorded machines: domains, joules, who used them, and what it says when
 * something is wrong.
 */
#include "tests/unit/machine.h"

#include <dlfcn.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "collector/power/power.h"

static const struct power_load no_load;

struct fixture {
	char dir[64];
	struct machine_clock clock;
	struct world *world;
	struct power *power;
	struct power_reading reading[POWER_DOMAINS_MAX];
	struct power_use use[POWER_USES_MAX];
	uint64_t known;
	size_t uses;
};

static void put_gpu(struct fixture *f, int at)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "root/nvml/gpu-%d/uuid", at);
	snprintf(text, sizeof(text), "GPU-6772616d-6d65-4000-8000-0000000000%02x\n", at);
	machine_put(f->dir, path, text);
	snprintf(path, sizeof(path), "root/nvml/gpu-%d/bus_id", at);
	machine_put(f->dir, path, "00000000:0A:00.0\n");
	snprintf(path, sizeof(path), "root/nvml/gpu-%d/limit_mw", at);
	machine_put(f->dir, path, "400000\n");
}

static void make(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	machine_make(f->dir);
	machine_put(f->dir, "root/nvml/driver", "550.54.15\n");
}

static void set_up(struct fixture *f, const char *values)
{
	struct power_options options = {.model = false};

	machine_put(f->dir, "values.tsv", values);
	f->clock = machine_clock();
	f->world = machine_open(f->dir, &f->clock);
	options.world = f->world;
	assert_int_equal(power_open(&options, &f->power), 0);
}

static void tear_down(struct fixture *f)
{
	power_close(f->power);
	world_close(f->world);
	machine_remove(f->dir);
}

static void read_now(struct fixture *f)
{
	power_read(f->power, &no_load, f->reading);
	f->uses = power_uses(f->power, f->use, &f->known);
}

static void after(struct fixture *f, uint64_t ns)
{
	f->clock.monotonic_ns += ns;
	read_now(f);
}

static const struct power_domain *only_domain(const struct fixture *f)
{
	const struct power_domain *domain;

	assert_int_equal(power_domains(f->power, &domain), 1);
	return domain;
}

/* The findings of this source, in their order; a machine without RAPL has others. */
static const struct power_finding *finding(const struct fixture *f, size_t which)
{
	const struct power_finding *all;
	size_t n = power_findings(f->power, &all);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i].source, "nvml") && !which--)
			return &all[i];
	return NULL;
}

static void assert_finding(const struct fixture *f, size_t which, const char *says, bool permission)
{
	const struct power_finding *found = finding(f, which);

	if (!found)
		fail_msg("nobody says: %s", says);
	if (!strstr(found->text, says))
		fail_msg("'%s' does not say: %s", found->text, says);
	assert_int_equal(found->permission, permission);
	assert_null(finding(f, which + 1));
}

static void a_counter_is_a_measured_domain(void **state)
{
	struct fixture f;
	const struct power_domain *domain;

	(void)state;
	make(&f);
	put_gpu(&f, 0);
	machine_put(f.dir, "root/nvml/gpu-0/name", "NVIDIA A100-SXM4-40GB\n");
	set_up(&f, "0\t/nvml/gpu-0/energy_mj\t123456789\n"
		   "0\t/nvml/gpu-0/power_instant_mw\t250000\n"
		   "0\t/nvml/gpu-0/processes\t0:60:0 4242:20:0\n"
		   "1000000000\t/nvml/gpu-0/energy_mj\t123706789\n"
		   "1000000000\t/nvml/gpu-0/power_instant_mw\t250000\n"
		   "2000000000\t/nvml/gpu-0/energy_mj\t123956790\n"
		   "2000000000\t/nvml/gpu-0/power_instant_mw\t250000\n"
		   "2000000000\t/nvml/gpu-0/processes\t-\n");
	domain = only_domain(&f);
	assert_string_equal(domain->name, "gpu-0");
	assert_string_equal(domain->source, "nvml");
	assert_string_equal(domain->device, "0000:0a:00.0");
	assert_string_equal(domain->uuid[0], "6772616d6d6540008000000000000000");
	assert_true(power_is_device(domain, "6772616d6d6540008000000000000000"));
	assert_true(power_is_device(domain, "0000:0A:00.0"));
	assert_false(power_is_device(domain, ""));
	assert_int_equal(domain->kind, POWER_GPU);
	assert_int_equal(domain->quality, POWER_MEASURED);
	assert_true(domain->error_pct == 10.0);
	assert_non_null(strstr(domain->note, "A100"));
	assert_non_null(strstr(domain->note, "energy counter"));
	read_now(&f);
	assert_int_equal(f.reading[0].error, 0);
	after(&f, SECOND);
	assert_int_equal(f.reading[0].energy_uj, 250 * JOULE);
	assert_int_equal(f.known, 1);
	assert_int_equal(f.uses, 2);
	assert_int_equal(f.use[0].pid, POWER_METERED);
	assert_int_equal(f.use[0].busy, 60 * SECOND);
	/* The processes of a recording are none of those that run here now. */
	assert_int_equal(f.use[1].pid, POWER_STRANGER);
	after(&f, SECOND);
	assert_int_equal(f.reading[0].energy_uj, 500 * JOULE + 1000);
	assert_int_equal(f.uses, 2);
	assert_null(finding(&f, 0));
	tear_down(&f);
}

static void power_alone_is_a_derived_domain(void **state)
{
	struct fixture f;

	(void)state;
	make(&f);
	put_gpu(&f, 0);
	set_up(&f, "0\t/nvml/gpu-0/power_average_mw\t100000\n"
		   "1000000000\t/nvml/gpu-0/power_average_mw\t200000\n"
		   "2000000000\t/nvml/gpu-0/power_average_mw\t100000\n");
	assert_int_equal(only_domain(&f)->quality, POWER_DERIVED);
	assert_true(only_domain(&f)->error_pct == 25.0);
	assert_non_null(strstr(only_domain(&f)->note, "mean power"));
	read_now(&f);
	after(&f, SECOND);
	after(&f, SECOND);
	assert_int_equal(f.reading[0].error, 0);
	assert_int_equal(f.reading[0].energy_uj, 300 * JOULE);
	/* It has no list of processes, and that is said. */
	assert_int_equal(f.known, 0);
	assert_finding(&f, 0, "cannot be listed", false);
	tear_down(&f);
}

static void a_lost_gpu_is_said_once(void **state)
{
	struct fixture f;

	(void)state;
	make(&f);
	put_gpu(&f, 0);
	set_up(&f, "0\t/nvml/gpu-0/energy_mj\t1000\n0\t/nvml/gpu-0/processes\t-\n"
		   "1000000000\t/nvml/gpu-0/energy_mj\t101000\n"
		   "2000000000\t/nvml/gpu-0/energy_mj\t!ENXIO\n"
		   "2000000000\t/nvml/gpu-0/processes\t-\n"
		   "9000000000\t/nvml/gpu-0/energy_mj\t!ENXIO\n"
		   "9000000000\t/nvml/gpu-0/processes\t-\n");
	read_now(&f);
	after(&f, SECOND);
	for (int i = 0; i < 5; i++) {
		after(&f, SECOND);
		assert_int_equal(f.reading[0].error, -ENXIO);
		assert_int_equal(f.reading[0].energy_uj, 100 * JOULE);
	}
	assert_finding(&f, 0, "gpu-0 is lost", false);
	tear_down(&f);
}

static void a_reset_is_said_once(void **state)
{
	struct fixture f;

	(void)state;
	make(&f);
	put_gpu(&f, 0);
	set_up(&f, "0\t/nvml/gpu-0/energy_mj\t100000\n0\t/nvml/gpu-0/processes\t-\n"
		   "1000000000\t/nvml/gpu-0/energy_mj\t200000\n"
		   "2000000000\t/nvml/gpu-0/energy_mj\t5\n"
		   "3000000000\t/nvml/gpu-0/energy_mj\t100005\n"
		   "3000000000\t/nvml/gpu-0/processes\t-\n");
	read_now(&f);
	after(&f, SECOND);
	after(&f, SECOND);
	assert_true(f.reading[0].gap);
	assert_int_equal(f.reading[0].energy_uj, 100 * JOULE);
	after(&f, SECOND);
	assert_false(f.reading[0].gap);
	assert_int_equal(f.reading[0].energy_uj, 200 * JOULE);
	assert_finding(&f, 0, "counter was reset", false);
	tear_down(&f);
}

static void no_permission_is_told_from_no_sensor(void **state)
{
	struct fixture f;
	const struct power_domain *domain;

	(void)state;
	make(&f);
	put_gpu(&f, 0);
	set_up(&f, "0\t/nvml/gpu-0/energy_mj\t!EPERM\n0\t/nvml/gpu-0/power_instant_mw\t!EPERM\n");
	assert_int_equal(power_domains(f.power, &domain), 0);
	assert_finding(&f, 0, "gpu-0 is not metered: energy: no permission", true);
	tear_down(&f);

	make(&f);
	put_gpu(&f, 0);
	machine_put(f.dir, "root/nvml/gpu-0/power_instant_mw", "100000\n");
	set_up(&f, "0\t/nvml/gpu-0/energy_mj\t!EPERM\n");
	assert_int_equal(only_domain(&f)->quality, POWER_DERIVED);
	assert_finding(&f, 0, "its energy counter cannot be read: no permission", true);
	tear_down(&f);

	make(&f);
	put_gpu(&f, 0);
	set_up(&f, "# nothing\n");
	assert_int_equal(power_domains(f.power, &domain), 0);
	assert_finding(&f, 0, "gpu-0 is not metered: energy: not supported", false);
	tear_down(&f);
}

static void no_driver_is_said(void **state)
{
	static const struct {
		const char *error;
		const char *says;
		bool permission;
	} known[] = {{"!ENODEV", "no driver is loaded", false},
		     {"!EPERM", "may not be asked", true},
		     {"!EIO", "cannot be used", false}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture f;
		const struct power_domain *domain;
		char values[64];

		make(&f);
		put_gpu(&f, 0);
		snprintf(values, sizeof(values), "0\t/nvml/driver\t%s\n", known[i].error);
		set_up(&f, values);
		assert_int_equal(power_domains(f.power, &domain), 0);
		assert_finding(&f, 0, known[i].says, known[i].permission);
		tear_down(&f);
	}
}

/* The files of a recording as if they were this machine's own; the library is not here. */
static void a_gpu_without_the_library_is_said(void **state)
{
	struct fixture f;
	struct power_options options = {.model = false};

	(void)state;
	make(&f);
	machine_put(f.dir, "root/sys/bus/pci/devices/0000:00:00.0/vendor", "0x8086\n");
	machine_put(f.dir, "root/sys/bus/pci/devices/0000:0a:00.0/vendor", "0x10de\n");
	machine_put(f.dir, "root/sys/bus/pci/devices/0000:0a:00.0/class", "0x030200\n");
	f.clock = machine_clock();
	f.world = machine_open(f.dir, &f.clock);
	f.world->replayed = NULL;
	options.world = f.world;
	assert_int_equal(power_open(&options, &f.power), 0);
	assert_finding(&f, 0, "an NVIDIA GPU is here, and no libnvidia-ml.so.1", false);
	tear_down(&f);
}

/* ---- a driver that takes its time ---- */

#define LATE 123 /* 0x7b, of no GPU that NVML shows */

static void put_early(struct fixture *f, int bus, const char *uuid)
{
	char path[96], text[160];

	snprintf(path, sizeof(path), "root/proc/driver/nvidia/gpus/0000:%02x:00.0/information",
		 bus);
	snprintf(text, sizeof(text), "Model: \t\t NVIDIA H100\nGPU UUID: \t %s\n", uuid);
	machine_put(f->dir, path, text);
}

/* The double stands under the library's name from here on, and answers after so long. */
static void have_library(const char *init_ms)
{
	const char *build = getenv("GRAMME_BUILD");
	char path[300];

	setenv("SIMNVML_INIT_MS", init_ms, 1);
	snprintf(path, sizeof(path), "%s/tests/fake/nvml/libnvidia-ml.so.1",
		 build ? build : "build");
	assert_non_null(dlopen(path, RTLD_NOW));
}

static void open_live(struct fixture *f)
{
	struct power_options options = {.model = false};
	struct timespec now;

	/* The library's answers are of this very moment. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	f->clock = machine_clock();
	f->clock.monotonic_ns = (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
	f->world = machine_open(f->dir, &f->clock);
	f->world->replayed = NULL;
	options.world = f->world;
	assert_int_equal(power_open(&options, &f->power), 0);
}

/* The kernel's driver says what GPUs there are; NVML, later, what they draw, of those that it
 * shows. */
static void a_late_driver_is_not_waited_for(void **state)
{
	const struct power_domain *domain;
	struct fixture f;

	(void)state;
	make(&f);
	put_early(&f, 1, "GPU-\?\?\?\?\?\?\?\?-\?\?\?\?");
	put_early(&f, LATE, "GPU-6772616d-6d65-4000-8000-0000000000ff");
	have_library("1500");
	open_live(&f);
	assert_int_equal(power_domains(f.power, &domain), 2);
	assert_string_equal(domain[0].name, "gpu-0");
	assert_string_equal(domain[0].device, "0000:01:00.0");
	assert_string_equal(domain[0].uuid[0], "");
	assert_int_equal(domain[0].quality, POWER_DERIVED);
	assert_non_null(strstr(domain[0].note, "NVIDIA H100"));
	read_now(&f);
	assert_int_equal(f.reading[0].error, -EAGAIN);
	assert_false(f.known);
	for (int i = 0; i < 100 && f.reading[0].error; i++) {
		usleep(50000);
		after(&f, SECOND / 20);
	}
	assert_int_equal(f.reading[0].error, 0);
	assert_string_equal(domain[0].uuid[0], "6772616d6d6540008000000000000000");
	assert_non_null(strstr(finding(&f, 0)->text, "the driver answered after"));
	assert_int_equal(f.reading[1].error, -ENODEV);
	assert_finding(&f, 1, "gpu-1 (0000:7b:00.0) is not among the GPUs that NVML shows", false);
	tear_down(&f);
}

/* The kernel's first GPU is not NVML's: what the other one draws is not booked twice. */
static void a_gpu_that_nvml_lacks_takes_nobodys_place(void **state)
{
	const struct power_domain *domain;
	struct fixture f;

	(void)state;
	make(&f);
	put_early(&f, 0, "GPU-6772616d-6d65-4000-8000-0000000000ff");
	put_early(&f, 1, "GPU-6772616d-6d65-4000-8000-000000000000");
	have_library("1500");
	open_live(&f);
	assert_int_equal(power_domains(f.power, &domain), 2);
	assert_string_equal(domain[0].device, "0000:00:00.0");
	read_now(&f);
	for (int i = 0; i < 100 && f.reading[1].error; i++) {
		usleep(50000);
		after(&f, SECOND / 20);
	}
	assert_int_equal(f.reading[1].error, 0);
	for (int i = 0; i < 3; i++) {
		usleep(50000);
		after(&f, SECOND / 20);
		assert_int_equal(f.reading[0].error, -ENODEV);
		assert_int_equal(f.reading[0].energy_uj, 0);
		assert_int_equal(f.known, 2);
	}
	tear_down(&f);
}

static void a_driver_that_never_answers_is_said_once(void **state)
{
	struct fixture f;

	(void)state;
	make(&f);
	put_early(&f, 1, "GPU-6772616d-6d65-4000-8000-000000000000");
	have_library("600000");
	open_live(&f);
	for (int i = 0; i < 12; i++) {
		after(&f, 2 * SECOND);
		assert_int_equal(f.reading[0].error, -EAGAIN);
	}
	assert_finding(&f, 0, "the driver has not answered for 10 s", false);
	tear_down(&f);
}

static void several_gpus_are_several_domains(void **state)
{
	struct fixture f;
	const struct power_domain *domain;
	char values[8192] = "";
	size_t used = 0;

	(void)state;
	make(&f);
	for (unsigned i = 0; i < 8; i++) {
		put_gpu(&f, (int)i);
		used += (size_t)snprintf(values + used, sizeof(values) - used,
					 "0\t/nvml/gpu-%u/energy_mj\t%u\n"
					 "0\t/nvml/gpu-%u/processes\t-\n",
					 i, i * 1000, i);
	}
	for (unsigned i = 0; i < 8; i++)
		used += (size_t)snprintf(values + used, sizeof(values) - used,
					 "1000000000\t/nvml/gpu-%u/energy_mj\t%u\n"
					 "1000000000\t/nvml/gpu-%u/processes\t-\n",
					 i, i * 1000 + (i + 1) * 50000, i);
	/* They share an address here, which no two GPUs do: the names still differ. */
	set_up(&f, values);
	assert_int_equal(power_domains(f.power, &domain), 8);
	read_now(&f);
	after(&f, SECOND);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(f.reading[i].error, 0);
		assert_int_equal(f.reading[i].energy_uj, (i + 1) * 50 * JOULE);
	}
	assert_int_equal(f.known, 0xff);
	tear_down(&f);
}

static void a_gpu_in_slices_is_one_domain(void **state)
{
	struct fixture f;

	(void)state;
	make(&f);
	put_gpu(&f, 0);
	machine_put(f.dir, "root/nvml/gpu-0/mig_sms", "98\n");
	set_up(&f, "0\t/nvml/gpu-0/energy_mj\t1000\n0\t/nvml/gpu-0/processes\t0:-:14000\n"
		   "1000000000\t/nvml/gpu-0/energy_mj\t101000\n"
		   "1000000000\t/nvml/gpu-0/processes\t0:-:14000\n");
	assert_non_null(strstr(only_domain(&f)->note, "in MIG slices"));
	read_now(&f);
	after(&f, SECOND);
	assert_int_equal(f.uses, 2);
	assert_int_equal(f.use[0].held, 14000 * SECOND);
	assert_int_equal(f.use[1].pid, POWER_NOBODY);
	assert_int_equal(f.use[1].held, 84000 * SECOND);
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_is_a_measured_domain),
		cmocka_unit_test(power_alone_is_a_derived_domain),
		cmocka_unit_test(a_lost_gpu_is_said_once),
		cmocka_unit_test(a_reset_is_said_once),
		cmocka_unit_test(no_permission_is_told_from_no_sensor),
		cmocka_unit_test(no_driver_is_said),
		cmocka_unit_test(a_gpu_without_the_library_is_said),
		cmocka_unit_test(several_gpus_are_several_domains),
		cmocka_unit_test(a_gpu_in_slices_is_one_domain),
		/* From here on the library is there. */
		cmocka_unit_test(a_late_driver_is_not_waited_for),
		cmocka_unit_test(a_gpu_that_nvml_lacks_takes_nobodys_place),
		cmocka_unit_test(a_driver_that_never_answers_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
