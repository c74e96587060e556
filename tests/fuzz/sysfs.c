/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sensors and processors as the kernel's files tell them, or as anybody could who made up such
 * files. The input is files by their paths; one that is there several times has another content
 * at each reading. "!EACCES" and the like make a reading fail. "@steps" says when is read.
 */
#include "tests/fuzz/machine_world.h"

#include <errno.h>

#include "collector/run/node.h"

#define FILES_MAX 128

struct machine {
	struct machine_clock clock;
	struct fuzz_file file[FILES_MAX];
	unsigned reads[FILES_MAX]; /* of the first file of a path */
	size_t files;
};

static ssize_t give(const struct fuzz_file *file, char *text, size_t size)
{
	static const struct {
		const char *name;
		int error;
	} known[] = {{"!EACCES\n", EACCES}, {"!EIO\n", EIO}, {"!ENODATA\n", ENODATA}};
	size_t n = file->size < size - 1 ? file->size : size - 1;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (file->size == strlen(known[i].name) &&
		    !memcmp(file->content, known[i].name, file->size))
			return -known[i].error;
	memcpy(text, file->content, n);
	text[n] = '\0';
	return (ssize_t)n;
}

static ssize_t read_file(struct world *w, const char *path, char *text, size_t size)
{
	struct machine *machine = (struct machine *)w;
	const struct fuzz_file *found = NULL;
	size_t first = FILES_MAX;
	unsigned n = 0;

	for (size_t i = 0; i < machine->files; i++) {
		if (strcmp(machine->file[i].name, path))
			continue;
		first = first == FILES_MAX ? i : first;
		if (n++ <= machine->reads[first])
			found = &machine->file[i];
	}
	if (!found)
		return -ENOENT;
	machine->reads[first]++;
	return give(found, text, size);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int list(struct world *w, const char *path, int (*each)(void *arg, const char *name),
		void *arg)
{
	struct machine *machine = (struct machine *)w;
	static char names[FILES_MAX][sizeof(machine->file[0].name)];
	size_t n = 0, length = strlen(path);

	for (size_t i = 0; i < machine->files; i++) {
		const char *name = machine->file[i].name;

		if (!strncmp(name, path, length) && name[length] == '/')
			snprintf(names[n++], sizeof(names[0]), "%.*s",
				 (int)strcspn(name + length + 1, "/"), name + length + 1);
	}
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		if (i && !strcmp(names[i], names[i - 1]))
			continue;
		int result = each(arg, names[i]);
		if (result)
			return result;
	}
	return n ? 0 : -ENOENT;
}

static const struct world_ops ops = {
	.monotonic_ns = machine_monotonic_ns,
	.realtime_ns = machine_boottime_ns,
	.boottime_ns = machine_boottime_ns,
	.read = read_file,
	.list = list,
	.ask = read_file,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;
	const char *at = (const char *)data;
	struct fuzz_file steps = {0}, file;
	char model[64];

	/* A recorded one: its slow sensors are asked within the readings, and by no thread. */
	machine = (struct machine){.clock = {.world = {.ops = &ops, .replayed = "/nowhere"},
					     .monotonic_ns = 123456789}};
	while (fuzz_next_file(&at, (const char *)data + size, &file))
		if (!strcmp(file.name, "steps"))
			steps = file;
		else if (machine.files < FILES_MAX)
			machine.file[machine.files++] = file;
	node_cpu_model(&machine.clock.world, model, sizeof(model));
	MUST(fuzz_is_harmless(model));
	machine_meter(&machine.clock.world, &machine.clock, &steps);
	return 0;
}
