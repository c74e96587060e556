/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the zones of /sys/class/powercap are.
 *
 * A zone says by its name what it is, never by its number: intel-rapl:0 may be socket 1, and
 * intel-rapl:0:0 is the cores on one machine and the memory on another. Each joule once:
 *   package-P   a socket (package-P-die-D: a die of it), a domain of its own
 *   dram-P      its memory, a domain of its own: it lies outside the package
 *   core-P, uncore-P   parts of package-P, so within it
 *   psys        the whole platform: packages, and more that differs by board, so that a total
 *               with it would compare with no other machine's. It is within "node", which holds
 *               everything and is no domain here: shown, and added to nothing.
 *   intel-rapl-mmio:*  the package once more, through another register: passed over
 * Some AMD sockets have a zone per die where each shows the whole socket: one of them is kept.
 */
#include "collector/power/rapl.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int zone_path(const struct rapl_zone *zone, const char *file, char *path, size_t size)
{
	return snprintf(path, size, RAPL_PATH "/%s/%s", zone->id, file);
}

int rapl_read(const struct rapl *rapl, const struct rapl_zone *zone, const char *file,
	      uint64_t *value)
{
	char path[128];

	zone_path(zone, file, path, sizeof(path));
	return world_read_u64(rapl->world, path, value);
}

void rapl_drop(struct rapl *rapl, size_t i)
{
	rapl->zones--;
	memmove(&rapl->zone[i], &rapl->zone[i + 1], (rapl->zones - i) * sizeof(rapl->zone[0]));
}

/* Ids of the form intel-rapl:N and intel-rapl:N:M; not intel-rapl, not intel-rapl-mmio:0. */
static bool is_zone(const char *id)
{
	static const char prefix[] = "intel-rapl:";
	const char *rest = id + sizeof(prefix) - 1;

	return !strncmp(id, prefix, sizeof(prefix) - 1) && isdigit((unsigned char)*rest) &&
	       strspn(rest, "0123456789:") == strlen(rest) &&
	       strlen(id) < sizeof(((struct rapl_zone *)0)->id);
}

static bool is_part(const struct rapl_zone *zone)
{
	return strchr(zone->id, ':') != strrchr(zone->id, ':');
}

static enum rapl_class class_of(const struct rapl_zone *zone)
{
	static const char *const part[] = {
		[RAPL_CORE] = "core", [RAPL_UNCORE] = "uncore", [RAPL_DRAM] = "dram"};

	if (!strcmp(zone->label, "psys") || !strncmp(zone->label, "psys-", 5))
		return RAPL_PSYS;
	if (!is_part(zone) && !strncmp(zone->label, "package-", 8) &&
	    isdigit((unsigned char)zone->label[8]))
		return RAPL_PACKAGE;
	for (int i = RAPL_CORE; is_part(zone) && i <= RAPL_DRAM; i++)
		if (!strcmp(zone->label, part[i]))
			return (enum rapl_class)i;
	return RAPL_UNKNOWN;
}

/* Reads what the zone is called: harmless characters only, since it goes into the ledger. */
static int read_label(const struct rapl *rapl, struct rapl_zone *zone)
{
	static const char harmless[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	char path[128];
	ssize_t length;

	zone_path(zone, "name", path, sizeof(path));
	length = rapl->world->ops->read(rapl->world, path, zone->label, sizeof(zone->label));
	if (length < 0)
		return (int)length;
	zone->label[strcspn(zone->label, "\n")] = '\0';
	return strspn(zone->label, harmless) == strlen(zone->label) ? 0 : -EINVAL;
}

static int note_zone(void *arg, const char *id)
{
	struct rapl *rapl = arg;
	struct rapl_zone zone = {0};
	const char *wrong = NULL;
	int result;

	if (!is_zone(id))
		return 0;
	snprintf(zone.id, sizeof(zone.id), "%s", id);
	result = read_label(rapl, &zone);
	zone.class = class_of(&zone);
	if (result)
		wrong = strerror(-result);
	else if (zone.class == RAPL_UNKNOWN)
		wrong = "is of no known kind";
	else if (rapl->zones == POWER_DOMAINS_MAX)
		wrong = "is one zone too many";
	if (wrong)
		power_add_finding(rapl->power, "powercap", false, "%s ('%s'): %s, left out", id,
				  result ? "" : zone.label, wrong);
	else
		rapl->zone[rapl->zones++] = zone;
	return 0;
}

static const struct rapl_zone *holder_of(const struct rapl *rapl, const struct rapl_zone *part)
{
	size_t length = (size_t)(strrchr(part->id, ':') - part->id);

	for (size_t i = 0; is_part(part) && i < rapl->zones; i++)
		if (strlen(rapl->zone[i].id) == length &&
		    !strncmp(rapl->zone[i].id, part->id, length))
			return &rapl->zone[i];
	return NULL;
}

/* A second zone of one name is told apart by the number that the kernel gave it. */
static void name_socket(const struct rapl *rapl, struct rapl_zone *package)
{
	const char *socket = package->label + strlen("package-");

	snprintf(package->socket, sizeof(package->socket), "%s", socket);
	for (const struct rapl_zone *other = rapl->zone; other < package; other++)
		if (other->class == RAPL_PACKAGE && !strcmp(other->socket, socket))
			snprintf(package->socket, sizeof(package->socket), "%.12s-zone-%.8s",
				 socket, strchr(package->id, ':') + 1);
}

/* Names the domain and what contains it. A package has its name before its parts need it. */
static void name_zone(const struct rapl *rapl, struct rapl_zone *zone)
{
	static const char *const prefix[] = {[RAPL_PACKAGE] = "package",
					     [RAPL_CORE] = "core",
					     [RAPL_UNCORE] = "uncore",
					     [RAPL_DRAM] = "dram"};
	const struct rapl_zone *holder = holder_of(rapl, zone);

	if (zone->class == RAPL_PSYS) {
		snprintf(zone->name, sizeof(zone->name), "%s", zone->label);
		snprintf(zone->within, sizeof(zone->within), "node");
		return;
	}
	if (zone->class == RAPL_PACKAGE)
		name_socket(rapl, zone);
	else if (holder)
		memcpy(zone->socket, holder->socket, sizeof(zone->socket));
	snprintf(zone->name, sizeof(zone->name), "%s-%.20s", prefix[zone->class], zone->socket);
	if (holder && zone->class != RAPL_DRAM)
		memcpy(zone->within, holder->name, sizeof(zone->within));
}

static int in_order(const void *a, const void *b)
{
	const struct rapl_zone *x = a;
	const struct rapl_zone *y = b;
	int order = (x->class == RAPL_PSYS) - (y->class == RAPL_PSYS);

	if (!order)
		order = strverscmp(x->socket, y->socket);
	if (!order)
		order = (int)x->class - (int)y->class;
	return order ? order : strcmp(x->id, y->id);
}

int rapl_find(struct rapl *rapl)
{
	int result = rapl->world->ops->list(rapl->world, RAPL_PATH, note_zone, rapl);

	if (result == -EACCES || result == -EPERM) {
		power_add_finding(rapl->power, "powercap", true,
				  RAPL_PATH " may not be listed; fix: run 'gramme collect' as "
					    "root, outside any container");
		return -ENODEV;
	}
	if (!rapl->zones) {
		power_add_finding(rapl->power, "powercap", false,
				  "no RAPL counters here (a virtual machine? if not: modprobe "
				  "intel_rapl_msr)");
		return -ENODEV;
	}
	for (size_t i = 0; i < rapl->zones; i++)
		name_zone(rapl, &rapl->zone[i]);
	qsort(rapl->zone, rapl->zones, sizeof(rapl->zone[0]), in_order);
	return 0;
}

static bool same_socket(const struct rapl_zone *a, const struct rapl_zone *b)
{
	size_t length = strcspn(a->socket, "-");

	return a->class == RAPL_PACKAGE && b->class == RAPL_PACKAGE &&
	       length == strcspn(b->socket, "-") && !strncmp(a->socket, b->socket, length);
}

/*
 * Whether two zones show one counter: read between two readings of the other, it then lies between
 * them. Of two separate counters, each in one of 2^32 states, that is not to be expected.
 */
static bool mirrors(const struct rapl *rapl, const struct rapl_zone *a, const struct rapl_zone *b)
{
	uint64_t before;
	uint64_t between;
	uint64_t after;

	return !rapl_read(rapl, a, "energy_uj", &before) &&
	       !rapl_read(rapl, b, "energy_uj", &between) &&
	       !rapl_read(rapl, a, "energy_uj", &after) && before <= between && between <= after;
}

static const struct rapl_zone *mirrored_by(const struct rapl *rapl, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (same_socket(&rapl->zone[j], &rapl->zone[i]) &&
		    mirrors(rapl, &rapl->zone[j], &rapl->zone[i]))
			return &rapl->zone[j];
	return NULL;
}

/* Parts go with their package; they stand behind it in the list. */
static void drop_with_parts(struct rapl *rapl, size_t i)
{
	char socket[POWER_NAME_MAX];

	memcpy(socket, rapl->zone[i].socket, sizeof(socket));
	for (size_t j = rapl->zones; j-- > i;)
		if (!strcmp(rapl->zone[j].socket, socket))
			rapl_drop(rapl, j);
}

void rapl_drop_mirrors(struct rapl *rapl)
{
	for (size_t i = rapl->zones; i-- > 0;) {
		const struct rapl_zone *first = mirrored_by(rapl, i);

		if (!first)
			continue;
		power_add_finding(rapl->power, "powercap", false,
				  "%s (%s) shows the counter of %s (%s) once more: left out",
				  rapl->zone[i].name, rapl->zone[i].id, first->name, first->id);
		drop_with_parts(rapl, i);
	}
}
