/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sensors that no machine can find by itself, because they are somewhere else: a file that the
 * operator writes names them. A line is a source and what it needs, separated by tabs:
 *
 *   kwollect <tab> url=https://api.example/sites/lyon/metrics <tab> device=taurus-7
 *   csv      <tab> file=/var/log/wall.csv <tab> power=Power (W)
 *   redfish  <tab> url=https://bmc.example <tab> user=metering <tab> secret=/etc/gramme/bmc
 *
 * Empty lines and those that begin with '#' are passed over. Nothing of the file is asked for over
 * a network before power_open.
 */
#ifndef GRAMME_CONFIG_H
#define GRAMME_CONFIG_H

#include <stddef.h>

#include "collector/power/power.h"
#include "collector/world.h"

#define CONFIG_PATH	   "/etc/gramme/sensors.tsv"
#define CONFIG_FIELDS_MAX  16
#define CONFIG_ENTRIES_MAX 32

struct config_entry {
	char *source;
	char *field[CONFIG_FIELDS_MAX]; /* "key=value" */
	size_t fields;
	unsigned line;
};

struct config {
	unsigned users; /* what still reads it: threads may outlive who began them */
	char *text;
	struct config_entry entry[CONFIG_ENTRIES_MAX];
	size_t entries;
};

/* Reads the file. Returns 0, -ENOENT if there is none, -E2BIG, -ENOMEM, or what reading returned.
 */
int config_read(struct world *world, const char *path, struct config **config);
/* One user more; and one less, the last of which frees it. NULL is nobody. */
struct config *config_hold(struct config *config);
void config_release(struct config *config);

/* The entry's value of that key, or NULL. */
const char *config_value(const struct config_entry *entry, const char *key);

/*
 * Takes name= and kind= (cpu, memory, gpu or node) of what the entry measures into `domain`; a node
 * where they are missing, and the kind's usual name where only that is. Returns 0 or -EINVAL.
 */
int config_domain(const struct config_entry *entry, struct power_domain *domain);

/* The same as a number from 0 to 100, or `otherwise` where there is none or no such number. */
double config_percent(const struct config_entry *entry, const char *key, double otherwise);

/*
 * Reads the first line of the file that the key names: a password or a token, which no command
 * line, environment or ledger ever holds. Returns 0, with "" if there is no such key, or -errno.
 */
int config_secret(struct world *world, const struct config_entry *entry, const char *key,
		  char *secret, size_t size);

#endif
