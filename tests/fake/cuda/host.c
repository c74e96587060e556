/* SPDX-License-Identifier: Apache-2.0 */
/* Host functions of streams, called in their order by one thread, when their moment has come. */
#include "tests/fake/cuda/sim.h"

#include <pthread.h>
#include <stdlib.h>

struct job {
	uint64_t due_ns;
	CUstream stream;
	CUhostFn function;
	void *data;
	struct job *next;
};

static struct job *jobs; /* by the moment when they are due */
static bool has_thread;

static void *serve(void *unused)
{
	(void)unused;
	sim_lock();
	for (;;) {
		struct job *job = jobs;

		if (!job) {
			sim_pause();
			continue;
		}
		if (job->due_ns > sim_now_ns()) {
			sim_sleep_until(job->due_ns);
			continue; /* an earlier one may have come */
		}
		jobs = job->next;
		sim_unlock();
		job->function(job->data);
		sim_lock();
		job->stream->jobs--;
		free(job);
		sim_changed();
	}
	return NULL;
}

void sim_host_call(CUstream stream, uint64_t due_ns, CUhostFn function, void *data)
{
	struct job *job = sim_new(sizeof(*job));
	struct job **link = &jobs;
	pthread_t thread;

	*job = (struct job){due_ns, stream, function, data, NULL};
	while (*link && (*link)->due_ns <= due_ns)
		link = &(*link)->next;
	job->next = *link;
	*link = job;
	stream->jobs++;
	if (!has_thread && !pthread_create(&thread, NULL, serve, NULL)) {
		has_thread = true;
		pthread_detach(thread);
	}
	sim_changed();
}
