/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process may use of the machine: its cgroups' limits (v2, v1, or both), and the CPUs that
 * it may run on. A job that was given 4 of 128 cores is one of 4 cores in every formula that goes
 * by cores.
 */
#ifndef GRAMME_LIMITS_H
#define GRAMME_LIMITS_H

#include <stdint.h>
#include <sys/types.h>

struct limits {
	uint32_t cpu_milli;    /* CPUs in thousandths: the least of quota and CPUs; 0: not known */
	uint64_t memory_bytes; /* 0: none is set */
};

/*
 * Reads them below `proc` ("/proc"). A limit of any group that the process' own lies within holds;
 * groups that cannot be seen from here, as from within a container, limit nothing that is known.
 * Returns 0, or -errno where the process cannot be read.
 */
int limits_read(const char *proc, pid_t pid, struct limits *limits);

#endif
