/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin that computes while it is being loaded, in a thread that its constructor waits for: all
 * that time its loader holds the dynamic loader's lock.
 */
#include "tests/prog/launch.h"

#include <CL/cl.h>
#include <pthread.h>

static const struct launch_options options = {
	.launches = 100, .threads = 1, .items = 16, .rounds = 1, .finish = true, .batch = 64};
static struct launch_result result;
static int failed = 1;

static void *compute(void *arg)
{
	failed = launch(&options, &result);
	return arg;
}

__attribute__((constructor)) static void construct(void)
{
	cl_uint platforms;
	pthread_t thread;

	/* The first question opens drivers: in the thread it would wait for us by itself. */
	if (clGetPlatformIDs(0, NULL, &platforms))
		return;
	if (!pthread_create(&thread, NULL, compute, NULL))
		pthread_join(thread, NULL);
}

__attribute__((visibility("default"))) int plugin_main(unsigned launches);

int plugin_main(unsigned launches)
{
	(void)launches;
	launch_print(&options, &result);
	return failed;
}
