/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the whole machine does. Busy is user, nice, system, irq and softirq time: idle and iowait
 * are not, and neither is steal, in which another virtual machine had the CPU. Guest time is
 * contained in user time already.
 */
#include "collector/run/node.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "collector/intake/clean.h"
#include "collector/units.h"

static FILE *open_file(const char *root, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", root, name);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fopen(path, "re");
}

static int read_stat(const char *root, struct node_state *node)
{
	FILE *file = open_file(root, "stat");
	char line[512];
	unsigned long long user, nice, system, idle, iowait, irq, softirq;
	bool known = false;

	if (!file)
		return -errno;
	node->cpus = 0;
	while (fgets(line, sizeof(line), file) && !strncmp(line, "cpu", 3)) {
		if (line[3] != ' ') {
			node->cpus++;
			continue;
		}
		known = sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
			       &system, &idle, &iowait, &irq, &softirq) == 7;
		if (known)
			node->busy_ns =
				units_mul_div(user + nice + system + irq + softirq, UNITS_NS_PER_S,
					      (uint64_t)sysconf(_SC_CLK_TCK));
	}
	fclose(file);
	return known && node->cpus ? 0 : -EBADMSG;
}

static int read_meminfo(const char *root, struct node_state *node)
{
	FILE *file = open_file(root, "meminfo");
	char line[256];
	unsigned long long total = 0, available = 0, kib;

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "MemTotal: %llu", &kib) == 1)
			total = kib;
		else if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			available = kib;
	}
	fclose(file);
	if (!total || available > total)
		return -EBADMSG;
	node->total_bytes = total * 1024;
	node->used_bytes = (total - available) * 1024;
	return 0;
}

int node_read(const char *root, struct node_state *node)
{
	int error = read_stat(root, node);

	return error ? error : read_meminfo(root, node);
}

void node_cpu_model(struct world *world, char *model, size_t size)
{
	char text[8192];
	ssize_t n = world->ops->read(world, "/proc/cpuinfo", text, sizeof(text));
	const char *line = n > 0 ? strstr(text, "model name") : NULL;
	const char *colon = line ? strchr(line, ':') : NULL;

	model[0] = '\0';
	if (!colon)
		return;
	colon += 1 + strspn(colon + 1, " ");
	clean_copy(model, size, colon, strcspn(colon, "\n"));
}
