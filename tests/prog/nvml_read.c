/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What NVML itself says while a program runs, read without any code of gramme's, to check gramme
 * by:
 *
 *   nvml_read SAMPLES -- PROGRAM [ARG...]
 *
 * Writes a line "t_ns GPU energy_mj power_mw" to the file SAMPLES ten times a second, -1 standing
 * for what NVML does not tell, and at the end prints "gpu N UUID energy_mj", of the counter's two
 * ends around the program. Ends with the program's exit status; 77 where there is no NVML.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GPUS 16

static struct gpu {
	void *handle;
	char uuid[96];
	long long start_mj;
} gpu[GPUS];

static unsigned gpus;
static int (*count_of)(unsigned *);
static int (*handle_of)(unsigned, void **);
static int (*uuid_of)(void *, char *, unsigned);
static int (*energy_of)(void *, unsigned long long *);
static int (*power_of)(void *, unsigned *);

static void *function(void *library, const char *name)
{
	void *found = dlsym(library, name);

	if (!found) {
		fprintf(stderr, "nvml_read: no %s\n", name);
		exit(77);
	}
	return found;
}

static void open_nvml(void)
{
	void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW);
	int (*init)(void);

	if (!library) {
		fprintf(stderr, "nvml_read: %s\n", dlerror());
		exit(77);
	}
	init = (int (*)(void))function(library, "nvmlInit_v2");
	count_of = (int (*)(unsigned *))function(library, "nvmlDeviceGetCount_v2");
	handle_of = (int (*)(unsigned, void **))function(library, "nvmlDeviceGetHandleByIndex_v2");
	uuid_of = (int (*)(void *, char *, unsigned))function(library, "nvmlDeviceGetUUID");
	energy_of = (int (*)(void *, unsigned long long *))function(
		library, "nvmlDeviceGetTotalEnergyConsumption");
	power_of = (int (*)(void *, unsigned *))function(library, "nvmlDeviceGetPowerUsage");
	if (init() || count_of(&gpus)) {
		fprintf(stderr, "nvml_read: NVML does not begin\n");
		exit(77);
	}
}

static long long energy_mj(unsigned i)
{
	unsigned long long mj;

	return gpu[i].handle && !energy_of(gpu[i].handle, &mj) ? (long long)mj : -1;
}

static long long power_mw(unsigned i)
{
	unsigned mw;

	return gpu[i].handle && !power_of(gpu[i].handle, &mw) ? (long long)mw : -1;
}

static void sample(FILE *out)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	for (unsigned i = 0; i < gpus; i++)
		fprintf(out, "%lld\t%u\t%lld\t%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec, i,
			energy_mj(i), power_mw(i));
}

static int watch(FILE *out, char **command)
{
	const struct timespec tenth = {0, 100000000};
	pid_t child = fork();
	int status;

	if (child == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, WNOHANG) == 0) {
		sample(out);
		nanosleep(&tenth, NULL);
	}
	sample(out);
	return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	FILE *out;
	int status;

	if (argc < 4 || strcmp(argv[2], "--") != 0) {
		fprintf(stderr, "usage: nvml_read SAMPLES -- PROGRAM [ARG...]\n");
		return 2;
	}
	open_nvml();
	out = fopen(argv[1], "we");
	if (!out) {
		perror(argv[1]);
		return 2;
	}
	gpus = gpus > GPUS ? GPUS : gpus;
	for (unsigned i = 0; i < gpus; i++) {
		if (handle_of(i, &gpu[i].handle))
			gpu[i].handle = NULL;
		else
			uuid_of(gpu[i].handle, gpu[i].uuid, sizeof(gpu[i].uuid));
		gpu[i].start_mj = energy_mj(i);
	}
	status = watch(out, &argv[3]);
	for (unsigned i = 0; i < gpus; i++) {
		long long end_mj = energy_mj(i);

		printf("gpu %u %s %lld\n", i, gpu[i].uuid,
		       end_mj < 0 || gpu[i].start_mj < 0 ? -1 : end_mj - gpu[i].start_mj);
	}
	fclose(out);
	return status;
}
