/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that opens OpenCLs of its own (tests/prog/cl_own.c) and says which of them answers:
 * cl_loaders WHAT LIBRARY...
 */
#include <CL/cl.h>
#include <CL/cl_gl.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct library {
	void *handle;
	__typeof__(clGetPlatformIDs) *get_platforms;
	__typeof__(clCreateCommandQueue) *create_queue;
	__typeof__(clFinish) *finish;
	__typeof__(clRetainContext) *retain;
	__typeof__(clGetExtensionFunctionAddress) *address;
	__typeof__(clGetExtensionFunctionAddressForPlatform) *address_for;
	cl_command_queue queue[2];
	cl_platform_id platform[2];
};

#define FIND(field, name) (library->field = (__typeof__(library->field))find(library->handle, name))

static void *find(void *handle, const char *name)
{
	void *found = dlsym(handle, name);

	if (!found) {
		puts(dlerror());
		exit(1);
	}
	return found;
}

static void open_library(struct library *library, const char *path, int flags)
{
	library->handle = dlopen(path, RTLD_NOW | flags);
	if (!library->handle) {
		puts(dlerror());
		exit(1);
	}
	FIND(get_platforms, "clGetPlatformIDs");
	FIND(create_queue, "clCreateCommandQueue");
	FIND(finish, "clFinish");
	FIND(retain, "clRetainContext");
	FIND(address, "clGetExtensionFunctionAddress");
	FIND(address_for, "clGetExtensionFunctionAddressForPlatform");
	library->get_platforms(2, library->platform, NULL);
}

static void make_queues(struct library *library)
{
	cl_int err = 0;

	for (int i = 0; i < 2; i++)
		library->queue[i] =
			library->create_queue(NULL, (cl_device_id)library->platform[i], 0, &err);
}

static void use(struct library *library)
{
	make_queues(library);
	for (int i = 0; i < 2; i++)
		library->finish(library->queue[i]);
	library->retain(NULL);
}

/* Functions by name go to the platform that they were asked for. */
static void platforms(char **path)
{
	static const char name[] = "clEnqueueAcquireExternalMemObjectsKHR";
	__typeof__(clEnqueueAcquireGLObjects) *acquire[2];
	struct library library;

	open_library(&library, path[0], RTLD_LOCAL);
	for (int i = 0; i < 2; i++)
		acquire[i] = (__typeof__(acquire[i]))library.address_for(library.platform[i], name);
	make_queues(&library);
	for (int i = 1; i >= 0; i--)
		printf("%d\n", acquire[i](library.queue[i], 0, NULL, 0, NULL, NULL));
	use(&library);
}

/* A function that is exported elsewhere, and here only had by name. */
static void by_name(char **path)
{
	__typeof__(clEnqueueAcquireGLObjects) *acquire;
	struct library library;

	open_library(&library, path[0], RTLD_LOCAL);
	acquire = (__typeof__(acquire))library.address("clEnqueueAcquireGLObjects");
	make_queues(&library);
	printf("%d\n", acquire(library.queue[0], 0, NULL, 0, NULL, NULL));
	printf("none %d\n", library.address("clEnqueueNothing") == NULL);
}

/* Two libraries of one soname: each answers for itself. */
static void two(char **path)
{
	struct library first, second;

	open_library(&first, path[0], RTLD_LOCAL);
	use(&first);
	open_library(&second, path[1], RTLD_LOCAL);
	use(&second);
	use(&first);
	printf("one %d\n", first.handle == second.handle);
	if (!strchr(path[1], '/'))
		return;
	printf("again %d\n", dlopen(path[1], RTLD_NOW | RTLD_NOLOAD) == second.handle);
	dlclose(second.handle);
	printf("closed %d\n", dlclose(second.handle));
	printf("gone %d\n", dlopen(path[1], RTLD_NOW | RTLD_NOLOAD) == NULL);
}

/* What RTLD_NOLOAD gives is what is there. */
static void probed(char **path)
{
	struct library library, again;

	printf("there %d\n", dlopen(path[0], RTLD_NOW | RTLD_NOLOAD) != NULL);
	open_library(&library, path[0], RTLD_GLOBAL);
	open_library(&again, path[0], RTLD_NOLOAD);
	printf("the same %d\n", library.handle == again.handle);
	use(&again);
	printf("other %d\n", dlopen(path[1], RTLD_NOW | RTLD_NOLOAD) != NULL);
}

/* errno and a pending dlerror are the program's, over first calls and later ones. */
static void errors(char **path)
{
	struct library library;
	char *error;

	open_library(&library, path[0], RTLD_LOCAL);
	dlopen("libnothing.so.9", RTLD_NOW);
	errno = 77;
	make_queues(&library);
	printf("errno %d\n", errno);
	for (int i = 0; i < 2; i++) {
		errno = 78;
		library.finish(library.queue[0]);
		printf("errno %d\n", errno);
	}
	for (int i = 0; i < 2; i++) {
		error = dlerror();
		printf("pending %s\n", error ? error : "nothing");
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*act)(char **path);
		int paths;
	} acts[] = {{"platforms", platforms, 1},
		    {"by-name", by_name, 1},
		    {"two", two, 2},
		    {"probed", probed, 2},
		    {"errors", errors, 1}};

	for (size_t i = 0; argc > 2 && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(argv[1], acts[i].name) && argc == 2 + acts[i].paths) {
			acts[i].act(argv + 2);
			return 0;
		}
	fprintf(stderr, "usage: cl_loaders WHAT LIBRARY...\n");
	return 2;
}
