/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a batch system's accounting says of jobs that nobody metered. Pure.
 */
#ifndef GRAMME_JOBS_H
#define GRAMME_JOBS_H

#include <stddef.h>
#include <stdint.h>

#define JOBS_WHY 256

struct job {
	char id[48];
	char name[64];
	uint64_t time_ns; /* from its start to its end */
	uint64_t cpu_ns;  /* CPU time used; UINT64_MAX: not told */
	uint32_t cores;	  /* given to it */
	uint32_t gpus;
	char gpu[48];	       /* what kind the batch system calls them, or "" */
	uint64_t memory_bytes; /* given to it; 0: not told */
};

struct jobs {
	size_t count;
	size_t room;
	struct job *job;
	size_t left_out; /* rows that never ran, or run still */
};

/*
 * `sacct -P` (or `--parsable`) with at least the columns JobID and Elapsed, and one of AllocCPUS,
 * NCPUS and AllocTRES; JobName, TotalCPU, ReqMem and State are read where they are there. A job's
 * steps are parts of it, and are passed over. Returns 0, -ENOMEM, or -EINVAL with one line in
 * `why`; the jobs are to be freed in each case.
 */
int jobs_sacct(const char *text, size_t size, struct jobs *jobs, char why[JOBS_WHY]);

/*
 * `oarstat -J -f`: an object of jobs. A resource is a core, as OAR counts by default; a job without
 * a time of its end runs still. Returns as jobs_sacct.
 */
int jobs_oar(const char *text, size_t size, struct jobs *jobs, char why[JOBS_WHY]);

void jobs_free(struct jobs *jobs);

/* Adds a job. Returns 0 or -ENOMEM. */
int jobs_add(struct jobs *jobs, const struct job *job);

/*
 * "1-02:03:04", "02:03:04", "03:04.567", in ns; -EINVAL for anything else.
 */
int jobs_duration(const char *text, uint64_t *ns);

/*
 * "64G", "1.5T", "4000M", "2048" (a number of MB), in bytes; powers of 1024, as Slurm means them.
 * -EINVAL for anything else.
 */
int jobs_memory(const char *text, uint64_t *bytes);

#endif
