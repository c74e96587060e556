/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What NVML said, read from a recorded machine and written as one.
 */
#include "collector/power/nvml_record.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BYTES 64
#define LIST_BYTES 16384

static void path_of(char path[PATH_BYTES], uint32_t gpu, const char *file)
{
	snprintf(path, PATH_BYTES, "/nvml/gpu-%" PRIu32 "/%s", gpu, file);
}

/* Reads a file's one line. Returns 0 or -errno, -EOPNOTSUPP where there is no such file. */
static int read_line(struct world *world, uint32_t gpu, const char *file, char *text, size_t size)
{
	char path[PATH_BYTES];
	ssize_t length;

	path_of(path, gpu, file);
	length = world->ops->read(world, path, text, size);
	if (length < 0) {
		text[0] = '\0';
		return length == -ENOENT ? -EOPNOTSUPP : (int)length;
	}
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

static int read_number(struct world *world, uint32_t gpu, const char *file, uint64_t *value)
{
	char path[PATH_BYTES];
	int error;

	path_of(path, gpu, file);
	error = world_read_u64(world, path, value);
	return error == -ENOENT ? -EOPNOTSUPP : error;
}

static void describe(struct world *world, uint32_t at, struct nvml_gpu *gpu)
{
	uint64_t value = 0;

	gpu->error = read_line(world, at, "uuid", gpu->uuid, sizeof(gpu->uuid));
	if (gpu->error)
		return;
	read_line(world, at, "name", gpu->name, sizeof(gpu->name));
	read_line(world, at, "bus_id", gpu->bus_id, sizeof(gpu->bus_id));
	gpu->energy_error = read_number(world, at, "energy_mj", &value);
	gpu->power_error = read_number(world, at, "power_instant_mw", &value);
	gpu->instant = !gpu->power_error;
	if (gpu->power_error)
		gpu->power_error = read_number(world, at, "power_average_mw", &value);
	if (!read_number(world, at, "limit_mw", &value))
		gpu->limit_mw = value;
	gpu->mig = !read_number(world, at, "mig_sms", &value);
	if (gpu->mig && value <= UINT32_MAX / 1000)
		gpu->multiprocessors = (uint32_t)value;
}

static int count_gpu(void *arg, const char *name)
{
	uint32_t *gpus = arg;
	char *end;
	unsigned long number;

	if (strncmp(name, "gpu-", 4) || !name[4])
		return 0;
	number = strtoul(name + 4, &end, 10);
	if (!*end && number < NVML_GPUS_MAX && number >= *gpus)
		*gpus = (uint32_t)number + 1;
	return 0;
}

int nvml_record_facts(struct world *world, struct nvml_facts *facts)
{
	ssize_t length;

	memset(facts, 0, sizeof(*facts));
	length = world->ops->read(world, "/nvml/driver", facts->driver, sizeof(facts->driver));
	if (length < 0) {
		facts->driver[0] = '\0';
		facts->error = length == -ENOENT ? 0 : (int)length;
	}
	facts->driver[strcspn(facts->driver, "\n")] = '\0';
	if (facts->error)
		return 0;
	world->ops->list(world, "/nvml", count_gpu, &facts->gpus);
	for (uint32_t i = 0; i < facts->gpus; i++)
		describe(world, i, &facts->gpu[i]);
	return facts->gpus || facts->driver[0] ? 0 : -ENODEV;
}

/* Takes a PID:SM:PART word. Returns false if it is none. */
static bool take_word(const char *word, uint32_t gpu, struct nvml_process *process)
{
	char *end;
	unsigned long number = strtoul(word, &end, 10);

	*process = (struct nvml_process){.gpu = gpu, .sm_pct = NVML_SM_UNKNOWN};
	if (end == word || *end != ':' || number > INT32_MAX)
		return false;
	process->pid = (uint32_t)number;
	word = end + 1;
	if (word[0] == '-') {
		end = (char *)word + 1;
	} else {
		number = strtoul(word, &end, 10);
		if (end == word || number > 100)
			return false;
		process->sm_pct = (uint32_t)number;
	}
	if (*end != ':')
		return false;
	word = end + 1;
	number = strtoul(word, &end, 10);
	process->milli_sms = (uint32_t)number;
	return end != word && !*end && number < UINT32_MAX;
}

static int read_processes(struct world *world, uint32_t at, struct nvml_poll *poll)
{
	char text[LIST_BYTES], *rest = text, *word;
	int error = read_line(world, at, "processes", text, sizeof(text));

	if (error || !strcmp(text, "-"))
		return error;
	while ((word = strsep(&rest, " "))) {
		if (poll->processes == NVML_PROCESSES_MAX)
			break;
		if (!take_word(word, at, &poll->process[poll->processes]))
			return -EIO;
		poll->processes++;
	}
	return 0;
}

void nvml_record_poll(struct world *world, const struct nvml_facts *facts, struct nvml_poll *poll)
{
	*poll = (struct nvml_poll){.gpus = facts->gpus};
	for (uint32_t i = 0; i < facts->gpus; i++) {
		const struct nvml_gpu *gpu = &facts->gpu[i];
		struct nvml_said *said = &poll->gpu[i];

		said->t_ns = world->ops->monotonic_ns(world);
		if (gpu->error)
			continue;
		said->energy_error = read_number(world, i, "energy_mj", &said->energy_mj);
		said->power_error = read_number(
			world, i, gpu->instant ? "power_instant_mw" : "power_average_mw",
			&said->power_mw);
		said->listed = true;
		said->list_error = read_processes(world, i, poll);
	}
}

/* ---- making one ---- */

static int make_folder(const char *path)
{
	return mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
}

static int write_file(const char *dir, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int write_file(const char *dir, const char *path, const char *format, ...)
{
	char whole[PATH_MAX];
	va_list arguments;
	FILE *file;
	int result;

	snprintf(whole, sizeof(whole), "%s/root%s", dir, path);
	file = fopen(whole, "w");
	if (!file)
		return -errno;
	va_start(arguments, format);
	result = vfprintf(file, format, arguments);
	va_end(arguments);
	return fclose(file) || result < 0 ? -EIO : 0;
}

static int write_gpu(const char *dir, uint32_t at, const struct nvml_gpu *gpu)
{
	char path[PATH_BYTES];
	char whole[PATH_MAX];
	int error;

	snprintf(whole, sizeof(whole), "%s/root/nvml/gpu-%" PRIu32, dir, at);
	error = make_folder(whole);
	path_of(path, at, "uuid");
	if (!error && !gpu->error)
		error = write_file(dir, path, "%s\n", gpu->uuid);
	path_of(path, at, "name");
	if (!error && gpu->name[0])
		error = write_file(dir, path, "%s\n", gpu->name);
	path_of(path, at, "bus_id");
	if (!error && gpu->bus_id[0])
		error = write_file(dir, path, "%s\n", gpu->bus_id);
	path_of(path, at, "limit_mw");
	if (!error && gpu->limit_mw)
		error = write_file(dir, path, "%" PRIu64 "\n", gpu->limit_mw);
	path_of(path, at, "mig_sms");
	if (!error && gpu->mig)
		error = write_file(dir, path, "%" PRIu32 "\n", gpu->multiprocessors);
	return error;
}

int nvml_record_write(const char *dir, const struct nvml_facts *facts)
{
	static const char *const folders[] = {"", "/root", "/root/nvml"};
	char path[PATH_MAX];
	int error = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !error; i++) {
		snprintf(path, sizeof(path), "%s%s", dir, folders[i]);
		error = make_folder(path);
	}
	if (!error)
		error = write_file(dir, "/nvml/driver", "%s\n", facts->driver);
	for (uint32_t i = 0; i < facts->gpus && !error; i++)
		error = write_gpu(dir, i, &facts->gpu[i]);
	return error;
}

/* The errors that a recording has a name for; what has none is told as EIO. */
static const char *name_of(int error)
{
	static const struct {
		int error;
		const char *name;
	} known[] = {
		{-ENXIO, "!ENXIO"},	    {-EPERM, "!EPERM"},	    {-EOPNOTSUPP, "!EOPNOTSUPP"},
		{-ETIMEDOUT, "!ETIMEDOUT"}, {-ENODATA, "!ENODATA"}, {-ENODEV, "!ENODEV"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].error == error)
			return known[i].name;
	return "!EIO";
}

struct line {
	FILE *values;
	uint64_t t_ns; /* since the recording's start */
	uint32_t gpu;
};

static void put_number(const struct line *line, const char *file, int error, uint64_t value)
{
	fprintf(line->values, "%" PRIu64 "\t/nvml/gpu-%" PRIu32 "/%s\t", line->t_ns, line->gpu,
		file);
	if (error)
		fprintf(line->values, "%s\n", name_of(error));
	else
		fprintf(line->values, "%" PRIu64 "\n", value);
}

static bool is_metered(uint32_t pid, const uint32_t *metered)
{
	for (; metered && *metered; metered++)
		if (*metered == pid)
			return true;
	return false;
}

static void put_processes(const struct line *line, const struct nvml_poll *poll,
			  const uint32_t *metered)
{
	const int error = poll->gpu[line->gpu].list_error;
	bool any = false;

	fprintf(line->values, "%" PRIu64 "\t/nvml/gpu-%" PRIu32 "/processes\t", line->t_ns,
		line->gpu);
	for (uint32_t i = 0; i < poll->processes && !error; i++) {
		const struct nvml_process *is = &poll->process[i];

		if (is->gpu != line->gpu)
			continue;
		fprintf(line->values, "%s%" PRIu32 ":", any ? " " : "",
			is_metered(is->pid, metered) ? 0 : is->pid);
		if (is->sm_pct == NVML_SM_UNKNOWN)
			fprintf(line->values, "-:%" PRIu32, is->milli_sms);
		else
			fprintf(line->values, "%" PRIu32 ":%" PRIu32, is->sm_pct, is->milli_sms);
		any = true;
	}
	fprintf(line->values, "%s\n", error ? name_of(error) : any ? "" : "-");
}

int nvml_record_append(FILE *values, const struct nvml_facts *facts, const struct nvml_poll *poll,
		       uint64_t start_ns, const uint32_t *metered)
{
	for (uint32_t i = 0; i < poll->gpus; i++) {
		const struct nvml_said *now = &poll->gpu[i];
		struct line line = {values, now->t_ns > start_ns ? now->t_ns - start_ns : 0, i};

		if (facts->gpu[i].error)
			continue;
		if (!facts->gpu[i].energy_error)
			put_number(&line, "energy_mj", now->energy_error, now->energy_mj);
		if (!facts->gpu[i].power_error)
			put_number(&line,
				   facts->gpu[i].instant ? "power_instant_mw" : "power_average_mw",
				   now->power_error, now->power_mw);
		if (now->listed)
			put_processes(&line, poll, metered);
	}
	return ferror(values) ? -EIO : 0;
}
