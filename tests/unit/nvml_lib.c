/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_lib: what the library says, as plain data, asked of the double under the library's own name;
 * and that a recording of that says the same.
 */
#include "tests/unit/machine.h"

#include <dlfcn.h>

#include "collector/power/nvml_lib.h"
#include "collector/power/nvml_record.h"

static const char script[] = "# two GPUs: one is shared, one in slices\n"
			     "0 * power 200000\n"
			     "0 0 process 77 40\n"
			     "0 0 process 78 0\n"
			     "0 1 mig 1\n"
			     "0 1 slice 3 0 42\n"
			     "0 1 slice 5 0 14\n"
			     "0 1 process 99 0 3 0\n"
			     "0 1 process 98 0 3 0\n"
			     "0 1 process 97 0 5 0\n"
			     "3000 1 fail processes 4\n"
			     "4000 0 fail energy 15\n"
			     "4000 0 fail power 15\n"
			     "4000 0 fail field 15\n"
			     "5000 0 fail all 0\n"
			     "5000 0 fail utilization 3\n";

static char dir[64];
static void (*set_clock)(uint64_t ns);
static struct nvml_lib *lib;
static struct nvml_facts facts;
static struct nvml_poll now;

/* The double has to be there under its name before the library is looked for. */
static int load(void **state)
{
	const char *build = getenv("GRAMME_BUILD");
	char path[300];
	void *found, *handle;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/fake/nvml/" NVML_ABI_SONAME,
		 build ? build : "build");
	handle = dlopen(path, RTLD_NOW);
	if (!handle)
		return -1;
	found = dlsym(handle, "simnvml_clock");
	memcpy(&set_clock, &found, sizeof(found));
	return nvml_lib_open(&lib);
}

static int unload(void **state)
{
	(void)state;
	nvml_lib_close(lib);
	return 0;
}

static void begin(const char *text, const char *gpus)
{
	char path[128];

	machine_make(dir);
	machine_put(dir, "script", text);
	snprintf(path, sizeof(path), "%s/script", dir);
	setenv("SIMNVML_SCRIPT", path, 1);
	setenv("SIMGPU_COUNT", gpus, 1);
	set_clock(0);
	nvml_lib_start(lib, &facts);
}

/* The double reads its script when it is begun, and so it has to be ended. */
static void end(void)
{
	void *handle = dlopen(NVML_ABI_SONAME, RTLD_NOW | RTLD_NOLOAD);
	void *found = handle ? dlsym(handle, "nvmlShutdown") : NULL;
	unsigned (*shutdown)(void);

	assert_non_null(found);
	memcpy(&shutdown, &found, sizeof(found));
	assert_int_equal(shutdown(), 0);
	dlclose(handle);
	machine_remove(dir);
}

static void poll_at(uint64_t ms, bool listing)
{
	set_clock(ms * 1000000);
	nvml_lib_poll(lib, listing, &now);
	assert_int_equal(now.gpus, facts.gpus);
}

static const struct nvml_process *process(uint32_t gpu, uint32_t pid)
{
	for (uint32_t i = 0; i < now.processes; i++)
		if (now.process[i].gpu == gpu && now.process[i].pid == pid)
			return &now.process[i];
	fail_msg("no process %u on gpu-%u", pid, gpu);
	return NULL;
}

static void it_tells_what_there_is(void **state)
{
	(void)state;
	begin(script, "2");
	assert_int_equal(facts.error, 0);
	assert_int_equal(facts.gpus, 2);
	assert_string_equal(facts.gpu[0].uuid, "GPU-6772616d-6d65-4000-8000-000000000000");
	assert_string_equal(facts.gpu[1].uuid, "GPU-6772616d-6d65-4000-8000-000000000001");
	assert_string_equal(facts.gpu[0].name, "gramme simulated GPU");
	assert_string_equal(facts.gpu[1].bus_id, "00000000:02:00.0");
	assert_int_equal(facts.gpu[0].energy_error, 0);
	assert_int_equal(facts.gpu[0].power_error, 0);
	assert_true(facts.gpu[0].instant);
	assert_int_equal(facts.gpu[0].limit_mw, 700000);
	assert_false(facts.gpu[0].mig);
	assert_true(facts.gpu[1].mig);
	assert_int_equal(facts.gpu[1].multiprocessors, 98);
	assert_int_equal(facts.gpu[1].slices, 2);
	assert_int_equal(facts.gpu[1].slice[0].multiprocessors, 42);
	assert_string_equal(facts.gpu[1].slice[1].uuid, "MIG-6772616d-6d65-4000-8000-000000000201");
	end();
}

static void energy_and_power_are_those_of_the_script(void **state)
{
	(void)state;
	begin(script, "2");
	poll_at(0, false);
	assert_int_equal(now.gpu[0].energy_mj, 123456789);
	poll_at(1500, false);
	assert_int_equal(now.gpu[0].energy_mj, 123456789 + 300000);
	assert_int_equal(now.gpu[1].power_mw, 200000);
	assert_false(now.gpu[0].listed);
	assert_int_equal(now.processes, 0);
	end();
}

static void processes_have_their_sms(void **state)
{
	(void)state;
	begin(script, "2");
	poll_at(1000, true);
	assert_int_equal(now.processes, 5);
	assert_int_equal(process(0, 77)->sm_pct, 40);
	assert_int_equal(process(0, 78)->sm_pct, 0);
	/* Two on a slice of 42 SMs, and one on 14. */
	assert_int_equal(process(1, 99)->milli_sms, 21000);
	assert_int_equal(process(1, 98)->milli_sms, 21000);
	assert_int_equal(process(1, 97)->milli_sms, 14000);
	assert_int_equal(process(1, 97)->sm_pct, NVML_SM_UNKNOWN);
	end();
}

static void errors_are_told_as_they_are(void **state)
{
	(void)state;
	begin(script, "2");
	poll_at(3000, true);
	assert_int_equal(now.gpu[0].list_error, 0);
	assert_int_equal(now.gpu[1].list_error, -EPERM);
	assert_int_equal(now.gpu[1].energy_error, 0);
	poll_at(4000, true);
	assert_int_equal(now.gpu[0].energy_error, -ENXIO);
	assert_int_equal(now.gpu[0].power_error, -ENXIO);
	poll_at(5000, true);
	assert_int_equal(now.gpu[0].energy_error, 0);
	assert_int_equal(process(0, 77)->sm_pct, NVML_SM_UNKNOWN);
	end();
}

/* Volta and newer count; what came before has power alone, and perhaps a mean of it. */
static void what_it_has_not_got_is_not_asked_for(void **state)
{
	(void)state;
	begin("0 0 fail energy 3\n0 0 fail field 3\n0 1 fail handle 15\n1000 0 power 50000\n", "2");
	assert_int_equal(facts.gpu[0].energy_error, -EOPNOTSUPP);
	assert_int_equal(facts.gpu[0].power_error, 0);
	assert_false(facts.gpu[0].instant);
	assert_int_equal(facts.gpu[1].error, -ENXIO);
	poll_at(1500, true);
	assert_int_equal(now.gpu[0].energy_error, -EOPNOTSUPP);
	assert_int_equal(now.gpu[0].power_mw, 50000);
	end();
}

static void what_ails_nvml_as_a_whole(void **state)
{
	static const struct {
		const char *code;
		int error;
	} known[] = {{"9", -ENODEV}, {"4", -EPERM}, {"18", -ELIBBAD}, {"999", -EIO}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		setenv("SIMNVML_INIT", known[i].code, 1);
		nvml_lib_start(lib, &facts);
		assert_int_equal(facts.error, known[i].error);
		assert_int_equal(facts.gpus, 0);
	}
	unsetenv("SIMNVML_INIT");
}

static void assert_same_poll(const struct nvml_poll *a, const struct nvml_poll *b)
{
	assert_int_equal(a->gpus, b->gpus);
	assert_int_equal(a->processes, b->processes);
	for (uint32_t i = 0; i < a->gpus; i++) {
		assert_int_equal(a->gpu[i].energy_error, b->gpu[i].energy_error);
		assert_int_equal(a->gpu[i].energy_mj, b->gpu[i].energy_mj);
		assert_int_equal(a->gpu[i].power_error, b->gpu[i].power_error);
		assert_int_equal(a->gpu[i].power_mw, b->gpu[i].power_mw);
		assert_int_equal(a->gpu[i].list_error, b->gpu[i].list_error);
	}
	for (uint32_t i = 0; i < a->processes; i++) {
		assert_int_equal(a->process[i].gpu, b->process[i].gpu);
		assert_int_equal(a->process[i].pid, b->process[i].pid);
		assert_int_equal(a->process[i].sm_pct, b->process[i].sm_pct);
		assert_int_equal(a->process[i].milli_sms, b->process[i].milli_sms);
	}
}

/* PID 77 is metered, and 0 in the recording. */
static void a_recording_says_the_same(void **state)
{
	static const uint32_t metered[] = {77, 0};
	static struct nvml_poll said[6], again;
	static struct nvml_facts read;
	struct machine_clock clock = machine_clock();
	struct world *world;
	char path[128];
	FILE *values;

	(void)state;
	begin(script, "2");
	assert_int_equal(nvml_record_write(dir, &facts), 0);
	snprintf(path, sizeof(path), "%s/values.tsv", dir);
	values = fopen(path, "w");
	assert_non_null(values);
	for (uint64_t i = 0; i < 6; i++) {
		poll_at(i * 1000, true);
		for (uint32_t gpu = 0; gpu < 2; gpu++)
			now.gpu[gpu].t_ns = 1000 * SECOND + i * SECOND;
		assert_int_equal(nvml_record_append(values, &facts, &now, 1000 * SECOND, metered),
				 0);
		said[i] = now;
	}
	fclose(values);
	world = machine_open(dir, &clock);
	assert_int_equal(nvml_record_facts(world, &read), 0);
	assert_int_equal(read.gpus, 2);
	assert_string_equal(read.gpu[1].uuid, facts.gpu[1].uuid);
	assert_true(read.gpu[1].mig);
	assert_int_equal(read.gpu[1].multiprocessors, 98);
	assert_int_equal(read.gpu[0].limit_mw, 700000);
	for (uint64_t i = 0; i < 6; i++) {
		nvml_record_poll(world, &read, &again);
		for (uint32_t k = 0; k < said[i].processes; k++)
			if (said[i].process[k].pid == 77)
				said[i].process[k].pid = 0;
		assert_same_poll(&said[i], &again);
		clock.monotonic_ns += SECOND;
	}
	world_close(world);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_tells_what_there_is),
		cmocka_unit_test(energy_and_power_are_those_of_the_script),
		cmocka_unit_test(processes_have_their_sms),
		cmocka_unit_test(errors_are_told_as_they_are),
		cmocka_unit_test(what_it_has_not_got_is_not_asked_for),
		cmocka_unit_test(what_ails_nvml_as_a_whole),
		cmocka_unit_test(a_recording_says_the_same),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
