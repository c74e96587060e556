/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that names sensors which are somewhere else.
 */
#include "collector/power/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 65536u

/* Takes a line apart in place. */
static int take_line(struct config *config, char *line, unsigned number)
{
	struct config_entry *entry = &config->entry[config->entries];
	char *field;

	line[strcspn(line, "\r")] = '\0';
	if (!*line || *line == '#')
		return 0;
	if (config->entries == CONFIG_ENTRIES_MAX)
		return -E2BIG;
	entry->line = number;
	entry->source = strsep(&line, "\t");
	while ((field = strsep(&line, "\t")))
		if (*field && entry->fields < CONFIG_FIELDS_MAX)
			entry->field[entry->fields++] = field;
		else if (*field)
			return -E2BIG;
	config->entries++;
	return 0;
}

int config_read(struct world *world, const char *path, struct config **result)
{
	struct config *config = calloc(1, sizeof(*config));
	size_t size;
	unsigned number = 0;
	int error;

	if (!config)
		return -ENOMEM;
	config->users = 1;
	error = world_read_all(world, path, BYTES_MAX, &config->text, &size);
	for (char *at = config->text, *line; !error && at && (line = strsep(&at, "\n"));)
		error = take_line(config, line, ++number);
	if (error)
		config_release(config);
	else
		*result = config;
	return error;
}

struct config *config_hold(struct config *config)
{
	if (config)
		__atomic_add_fetch(&config->users, 1, __ATOMIC_RELAXED);
	return config;
}

void config_release(struct config *config)
{
	if (!config || __atomic_sub_fetch(&config->users, 1, __ATOMIC_ACQ_REL))
		return;
	free(config->text);
	free(config);
}

const char *config_value(const struct config_entry *entry, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < entry->fields; i++)
		if (!strncmp(entry->field[i], key, length) && entry->field[i][length] == '=')
			return entry->field[i] + length + 1;
	return NULL;
}

int config_domain(const struct config_entry *entry, struct power_domain *domain)
{
	static const struct {
		const char *kind;
		const char *name;
	} kinds[] = {
		[POWER_CPU] = {"cpu", "package-0"},
		[POWER_MEMORY] = {"memory", "dram-0"},
		[POWER_GPU] = {"gpu", "gpu-0"},
		[POWER_NODE] = {"node", "node"},
	};
	const char *kind = config_value(entry, "kind");
	const char *name = config_value(entry, "name");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kind ? kind : "node", kinds[i].kind) != 0)
			continue;
		domain->kind = (enum power_kind)i;
		name = name ? name : kinds[i].name;
		if (!*name || strlen(name) >= sizeof(domain->name) ||
		    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != strlen(name))
			return -EINVAL;
		snprintf(domain->name, sizeof(domain->name), "%s", name);
		return 0;
	}
	return -EINVAL;
}

double config_percent(const struct config_entry *entry, const char *key, double otherwise)
{
	const char *text = config_value(entry, key);
	char *end;
	double value;

	if (!text || *text < '0' || *text > '9')
		return otherwise;
	value = strtod(text, &end);
	return !*end && value > 0 && value <= 100 ? value : otherwise;
}

int config_secret(struct world *world, const struct config_entry *entry, const char *key,
		  char *secret, size_t size)
{
	const char *path = config_value(entry, key);
	ssize_t length;

	secret[0] = '\0';
	if (!path)
		return 0;
	length = world->ops->read(world, path, secret, size);
	if (length < 0)
		return (int)length;
	secret[strcspn(secret, "\r\n")] = '\0';
	return 0;
}
