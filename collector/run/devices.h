/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices that a run used: how long each was busy, and what energy its kernels get. Pure.
 *
 * Finished commands are kept until the next tick, since only then the run's energy up to their
 * end is known (account/busy.h).
 */
#ifndef GRAMME_DEVICES_H
#define GRAMME_DEVICES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/account/account.h"
#include "collector/account/busy.h"
#include "collector/intake/arena.h"
#include "collector/run/kernels.h"

#define DEVICES_MAX	64u	/* of a run; what comes later shares one, of unknown energy */
#define DEVICES_PENDING 262144u /* finished commands that wait for a tick; then one is due */

/*
 * When a device was busy, or several together: two CPU devices share the CPUs, and so their energy;
 * so do two names of a GPU, and its slices. Their commands are booked at once: by turns, who came
 * first would have all of what they overlap.
 */
struct occupied {
	struct busy *busy;
	struct busy_interval *pending;
	size_t n;
	size_t room;
};

struct device {
	uint32_t type;
	uint32_t api;
	char name[128];
	char bus_id[40];
	char label[144];    /* the name; "name #2" for the second of its name */
	const char *domain; /* that bears its energy, or NULL */
	uint64_t memory_peak_bytes;
	int gpu;		   /* that domain's index where it is a GPU's, or -1 */
	struct occupied *occupied; /* its own, or that of all devices on the same domains */
};

struct devices {
	struct device *device[DEVICES_MAX];
	size_t n;
	struct ledger_device told[DEVICES_MAX]; /* of these, those that are no CPUs */
	size_t told_n;
	const struct power_domain *domain; /* of the machine; borrowed */
	size_t domains;
	char cpu_domain[POWER_NAME_MAX]; /* "package-0", "package-*", or "" */
	struct occupied *cpu;
	struct occupied *gpu[POWER_DOMAINS_MAX];
	uint64_t start_ns;
	bool due; /* a tick is due, since a device's pending commands are many */
};

void devices_open(struct devices *devices, const struct power_domain *domain, size_t domains,
		  uint64_t start_ns);
void devices_release(struct devices *devices);

/* Finds or makes the run's device for one that an arena names. Returns its index or -ENOMEM. */
int devices_find(struct devices *devices, const struct arena_device *device);

/* What a process has had of memory there, at most. */
void devices_memory(struct devices *devices, int index, uint64_t peak_bytes);

/* The first device that nothing meters, or NULL. */
const struct ledger_device *devices_unmetered(const struct devices *devices);

/* A command that occupied device `index`; its key is its row's. Returns 0 or -ENOMEM (it is not
 * timed). */
int devices_add(struct devices *devices, int index, const struct busy_interval *command);

/*
 * Books what is pending, at a tick: the run has borne `posting` (one per domain, since
 * devices_open) up to t_ns. Fills busy_ns and energy_uj of the rows. Returns 0 or -ENOMEM.
 */
int devices_tick(struct devices *devices, uint64_t t_ns, const struct account_posting *posting,
		 struct kernels *kernels);

/* The devices, for another collector to go on from. Returns a new list, or NULL. */
json_t *devices_save(const struct devices *devices);

/*
 * Fills devices that were just opened from what devices_save gave, here or in an older version.
 * Returns 0, -ENOMEM, or -EBADMSG for what is no such list.
 */
int devices_restore(struct devices *devices, const json_t *saved);

#endif
