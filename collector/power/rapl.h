/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which RAPL zones the machine has in /sys/class/powercap, and what each of them is: the part of
 * the powercap source that understands names, so that the other part can read numbers.
 */
#ifndef GRAMME_RAPL_H
#define GRAMME_RAPL_H

#include <stddef.h>
#include <stdint.h>

#include "collector/power/counter.h"
#include "collector/power/power.h"

#define RAPL_PATH "/sys/class/powercap"

enum rapl_class { RAPL_PACKAGE, RAPL_CORE, RAPL_UNCORE, RAPL_DRAM, RAPL_PSYS, RAPL_UNKNOWN };

struct rapl_zone {
	char id[24];		     /* "intel-rapl:0:1" */
	char label[POWER_NAME_MAX];  /* what its name file says */
	char socket[POWER_NAME_MAX]; /* "0", "0-die-1": of it, or of the zone that holds it */
	char name[POWER_NAME_MAX];   /* of the domain */
	char within[POWER_NAME_MAX]; /* the domain that contains it, or "" */
	enum rapl_class class;
	struct counter counter; /* for the source */
};

struct rapl {
	struct world *world; /* set by the caller, as is power, which gets the findings */
	struct power *power;
	struct rapl_zone zone[POWER_DOMAINS_MAX];
	size_t zones;
};

/*
 * Lists the zones, names them and sorts them by socket, the package before its parts. Returns 0,
 * or -ENODEV with a finding if there is none.
 */
int rapl_find(struct rapl *rapl);

/* Takes out, with a finding, packages that show the counter of another one of their socket. */
void rapl_drop_mirrors(struct rapl *rapl);

/* Takes zone i out of the list. */
void rapl_drop(struct rapl *rapl, size_t i);

/* Reads a number from a file of the zone ("energy_uj"). Returns as world_read_u64 does. */
int rapl_read(const struct rapl *rapl, const struct rapl_zone *zone, const char *file,
	      uint64_t *value);

#endif
