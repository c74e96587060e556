/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded machines: values.tsv and trace.tsv of any content, over a root/ with one package. The
 * input is the two files, and "@steps", which says when is read.
 */
#include "tests/fuzz/machine_world.h"

#include <unistd.h>

#define ZONE "root/sys/class/powercap/intel-rapl:0"

static void make_root(void)
{
	static const char *const folders[] = {"root", "root/sys", "root/sys/class",
					      "root/sys/class/powercap", ZONE};
	static bool made;
	char path[512];

	if (made)
		return;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), folders[i]);
		MUST(mkdir(path, 0700) == 0);
	}
	fuzz_put(ZONE "/name", "package-0\n", 10);
	fuzz_put(ZONE "/energy_uj", "1000000\n", 8);
	fuzz_put(ZONE "/max_energy_range_uj", "262143328850\n", 13);
	made = true;
}

static void lay_out(const struct fuzz_file *file, const char *name)
{
	if (file->name[0])
		fuzz_put(name, file->content, file->size);
	else
		fuzz_remove(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct world_ops ops = {
		.monotonic_ns = machine_monotonic_ns,
		.realtime_ns = machine_boottime_ns,
		.boottime_ns = machine_boottime_ns,
	};
	struct machine_clock clock = {.world = {.ops = &ops}, .monotonic_ns = 123456789};
	struct fuzz_file values = {0}, trace = {0}, steps = {0}, file;
	const char *at = (const char *)data;
	struct world *world = NULL;
	char why[256] = "";

	while (fuzz_next_file(&at, (const char *)data + size, &file))
		if (!strcmp(file.name, "values.tsv"))
			values = file;
		else if (!strcmp(file.name, "trace.tsv"))
			trace = file;
		else if (!strcmp(file.name, "steps"))
			steps = file;
	make_root();
	lay_out(&values, "values.tsv");
	lay_out(&trace, "trace.tsv");
	if (world_replay(fuzz_folder(), &clock.world, &world, why)) {
		MUST(why[0] && fuzz_is_harmless(why));
		return 0;
	}
	machine_meter(world, &clock, &steps);
	world_close(world);
	return 0;
}
