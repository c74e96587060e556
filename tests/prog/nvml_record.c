/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records what this machine's NVML says, as a recorded machine that gramme can replay where there
 * is no GPU (collector/power/nvml_record.h):
 *
 *   nvml_record DIR SECONDS [PID...]
 *
 * ten times a second, with the processes each second; PIDs that are named become those that are
 * metered at a replay. DIR/values.tsv is written anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/power/nvml_lib.h"
#include "collector/power/nvml_record.h"

#define PERIOD_MS 100
#define PIDS_MAX  64

static struct nvml_facts facts;
static struct nvml_poll now;

/* No GPU was asked later than that: a first record at time 0 is there for each. */
static uint64_t latest_ns(void)
{
	uint64_t latest = 0;

	for (uint32_t i = 0; i < now.gpus; i++)
		if (now.gpu[i].t_ns > latest)
			latest = now.gpu[i].t_ns;
	return latest;
}

static int record(struct nvml_lib *lib, FILE *values, long seconds, const uint32_t *metered)
{
	const struct timespec period = {0, PERIOD_MS * 1000000L};
	uint64_t start_ns = 0;

	for (long i = 0; i <= seconds * 1000 / PERIOD_MS; i++) {
		nvml_lib_poll(lib, i % (1000 / PERIOD_MS) == 0, &now);
		if (!start_ns)
			start_ns = latest_ns();
		if (nvml_record_append(values, &facts, &now, start_ns, metered))
			return -1;
		nanosleep(&period, NULL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t metered[PIDS_MAX + 1] = {0};
	struct nvml_lib *lib;
	char path[4096];
	FILE *values;
	int error;

	if (argc < 3) {
		fprintf(stderr, "usage: %s DIR SECONDS [PID...]\n", argv[0]);
		return 2;
	}
	for (int i = 3; i < argc && i - 3 < PIDS_MAX; i++)
		metered[i - 3] = (uint32_t)atol(argv[i]);
	error = nvml_lib_open(&lib);
	if (!error) {
		nvml_lib_start(lib, &facts);
		error = facts.error;
	}
	if (!error)
		error = nvml_record_write(argv[1], &facts);
	if (error) {
		fprintf(stderr, "%s: %s\n", argv[0], strerror(-error));
		return 1;
	}
	snprintf(path, sizeof(path), "%s/values.tsv", argv[1]);
	values = fopen(path, "w");
	error = !values || record(lib, values, atol(argv[2]), metered);
	if (values && fclose(values))
		error = -1;
	if (error)
		perror(path);
	return error ? 1 : 0;
}
