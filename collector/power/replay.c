/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The replay source: a recorded trace of sensors that are no files (NVML, wall meters), and the
 * template from which the next source is written. The trace is DIR/trace.tsv of the recording:
 *
 *   #domain <tab> name <tab> within or - <tab> kind <tab> quality <tab> error_pct
 *   t_ns <tab> domain <tab> energy_uj
 *
 * with a #domain line for every domain, before its first record. Kinds are cpu, memory, gpu and
 * node; qualities measured, derived and modelled. Records stand in order of time; a domain's energy
 * is cumulative, and straight between two records. Where it falls, and outside its records, the
 * energy is not known: a gap. Other lines that begin with '#' are comments.
 *
 * To write a source: look for the hardware in `open` and say what was found; return raw energy and
 * what is wrong with it in `read`; decide nothing about runs. What holds for every source (suspend,
 * precedence, standing still over a gap) is done in power.c.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/power/power.h"
#include "collector/tsv.h"
#include "collector/units.h"

#define TRACE_BYTES_MAX (256u << 20)

struct record {
	uint64_t t_ns;
	uint64_t energy_uj;
	uint64_t risen_uj; /* sum of the rises up to here */
	uint32_t falls;	   /* how often the energy has fallen up to here */
};

struct track {
	struct power_domain domain;
	struct record *record;
	size_t records;
	size_t room;
	uint32_t falls; /* of the record before the last good reading */
	bool lost;	/* the last reading knew no energy */
	uint64_t raw_uj;
};

struct replay {
	uint64_t start_ns;
	uint64_t last_t_ns; /* of the line read last, while parsing */
	struct track track[POWER_DOMAINS_MAX];
	size_t tracks;
};

/* The index of the field's word in `words`, or -1. */
static int index_of(const struct tsv_field *field, const char *const words[], int n)
{
	for (int i = 0; i < n; i++)
		if (tsv_is(field, words[i]))
			return i;
	return -1;
}

static struct track *find_track(struct replay *replay, const struct tsv_field *name)
{
	for (size_t i = 0; i < replay->tracks; i++)
		if (tsv_is(name, replay->track[i].domain.name))
			return &replay->track[i];
	return NULL;
}

static bool name_is_sound(const char *name)
{
	return name[0] && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == strlen(name);
}

/* A decimal such as 5 or 2.5: no sign, no exponent, and no locale. */
static int parse_percent(const struct tsv_field *field, double *percent)
{
	const char *point = memchr(field->text, '.', field->size);
	size_t whole_size = point ? (size_t)(point - field->text) : field->size;
	struct tsv_field whole = {field->text, whole_size};
	uint64_t value;

	if (tsv_u64(&whole, &value))
		return -EINVAL;
	*percent = (double)value;
	if (!point)
		return 0;

	struct tsv_field fraction = {point + 1, field->size - whole_size - 1};

	if (fraction.size > 9 || tsv_u64(&fraction, &value))
		return -EINVAL;
	double scale = 1;

	for (size_t i = 0; i < fraction.size; i++)
		scale *= 10;
	*percent += (double)value / scale;
	return 0;
}

/* Takes a #domain line. Returns NULL, or what is wrong with it. */
static const char *declare(struct replay *replay, const struct tsv_field *field, size_t fields)
{
	static const char *const kinds[] = {"cpu", "memory", "gpu", "node"};
	static const char *const qualities[] = {"measured", "derived", "modelled"};
	struct track *track = &replay->track[replay->tracks];
	struct power_domain *domain = &track->domain;
	int kind;
	int quality;

	if (fields != 6)
		return "a #domain line has five fields: name, within, kind, quality, error_pct";
	if (replay->tracks == POWER_DOMAINS_MAX)
		return "there are too many domains";
	if (find_track(replay, &field[1]))
		return "the domain is there already";
	if (tsv_copy(&field[1], domain->name, sizeof(domain->name)) || !name_is_sound(domain->name))
		return "the domain's name is not short and plain";
	if (tsv_is(&field[2], "-"))
		domain->within[0] = '\0';
	else if (tsv_copy(&field[2], domain->within, sizeof(domain->within)) ||
		 !name_is_sound(domain->within))
		return "'within' is neither a domain's name nor -";
	kind = index_of(&field[3], kinds, 4);
	quality = index_of(&field[4], qualities, 3);
	if (kind < 0)
		return "the kind is none of cpu, memory, gpu, node";
	if (quality < 0)
		return "the quality is none of measured, derived, modelled";
	if (parse_percent(&field[5], &domain->error_pct))
		return "the error is no percentage";
	domain->kind = (enum power_kind)kind;
	domain->quality = (enum power_quality)quality;
	domain->idle_method = "none";
	snprintf(domain->note, sizeof(domain->note), "recorded in trace.tsv");
	replay->tracks++;
	return NULL;
}

static struct record *next_record(struct track *track)
{
	if (track->records == track->room) {
		size_t room = track->room ? 2 * track->room : 64;
		struct record *grown = reallocarray(track->record, room, sizeof(*grown));

		if (!grown)
			return NULL;
		track->record = grown;
		track->room = room;
	}
	return &track->record[track->records];
}

/* Takes a record. Returns NULL, or what is wrong with it. */
static const char *keep(struct replay *replay, const struct tsv_field *field, size_t fields)
{
	struct track *track;
	struct record *record;
	uint64_t t_ns;
	uint64_t energy_uj;

	if (fields != 3)
		return "there must be three fields: time, domain, energy";
	if (tsv_u64(&field[0], &t_ns))
		return "the time is no number of nanoseconds";
	if (t_ns < replay->last_t_ns)
		return "the time is before that of the line above";
	if (tsv_u64(&field[2], &energy_uj))
		return "the energy is no number of microjoules";
	track = find_track(replay, &field[1]);
	if (!track)
		return "no #domain line above names this domain";
	record = next_record(track);
	if (!record)
		return "out of memory";
	*record = (struct record){.t_ns = t_ns, .energy_uj = energy_uj};
	if (track->records) {
		const struct record *before = record - 1;
		bool fell = energy_uj < before->energy_uj;

		record->falls = before->falls + fell;
		record->risen_uj = before->risen_uj + (fell ? 0 : energy_uj - before->energy_uj);
	}
	track->records++;
	replay->last_t_ns = t_ns;
	return NULL;
}

/* Takes all lines. Returns NULL, or what is wrong with line *line. */
static const char *parse(struct replay *replay, const char *text, size_t size, unsigned *line)
{
	struct tsv tsv = tsv_begin(text, size);
	struct tsv_field field[6];
	size_t fields;

	while ((fields = tsv_next(&tsv, field, 6))) {
		const char *wrong = NULL;

		if (tsv_is(&field[0], "#domain"))
			wrong = declare(replay, field, fields);
		else if (!field[0].size || field[0].text[0] != '#')
			wrong = keep(replay, field, fields);
		*line = tsv.line;
		if (wrong)
			return wrong;
	}
	for (size_t i = 0; i < replay->tracks; i++)
		if (!replay->track[i].records)
			return "the file ends without a record for one of its domains";
	return replay->tracks ? NULL : "the file ends without a domain";
}

static void replay_close(void *state)
{
	struct replay *replay = state;

	for (size_t i = 0; i < replay->tracks; i++)
		free(replay->track[i].record);
	free(replay);
}

/* Reads and checks the trace. Returns 0, -ENODEV if there is none or none that is sound. */
static int load(struct power *power, const char *dir, struct replay *replay)
{
	char path[PATH_MAX];
	char *text;
	size_t size;
	unsigned line = 0;
	const char *wrong;
	int result;

	snprintf(path, sizeof(path), "%s/trace.tsv", dir);
	result = world_read_all(world_real(), path, TRACE_BYTES_MAX, &text, &size);
	if (result == -ENOENT)
		return -ENODEV;
	if (result)
		return result;
	wrong = parse(replay, text, size, &line);
	free(text);
	if (wrong)
		power_add_finding(power, "replay", false, "trace.tsv:%u: %s; not used", line,
				  wrong);
	return wrong ? -ENODEV : 0;
}

static int replay_open(struct power *power, const struct power_options *options, void **state)
{
	struct replay *replay;
	int result;

	if (!options->world->replayed)
		return -ENODEV;
	replay = calloc(1, sizeof(*replay));
	if (!replay)
		return -ENOMEM;
	replay->start_ns = options->world->start_ns;
	result = load(power, options->world->replayed, replay);
	for (size_t i = 0; i < replay->tracks && !result; i++)
		result = power_add_domain(power, &replay->track[i].domain);
	if (result)
		replay_close(replay);
	else
		*state = replay;
	return result;
}

/* How many of the track's records are at or before t_ns. */
static size_t records_until(const struct track *track, uint64_t t_ns)
{
	size_t low = 0;
	size_t high = track->records;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (track->record[middle].t_ns <= t_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The energy at t_ns with the falls before it; false where it is not known. */
static bool energy_at(const struct track *track, uint64_t t_ns, uint64_t *raw_uj, uint32_t *falls)
{
	size_t until = records_until(track, t_ns);
	const struct record *last = &track->record[until ? until - 1 : 0];
	const struct record *next = last + 1;

	if (!until || (until == track->records && t_ns > last->t_ns))
		return false;
	*raw_uj = last->risen_uj;
	*falls = last->falls;
	if (t_ns == last->t_ns)
		return true;
	*raw_uj += units_mul_div(next->risen_uj - last->risen_uj, t_ns - last->t_ns,
				 next->t_ns - last->t_ns);
	return next->falls == last->falls;
}

static void replay_read(void *state, uint64_t t_ns, const struct power_load *load,
			struct power_reading *readings)
{
	struct replay *replay = state;
	uint64_t since_ns = t_ns > replay->start_ns ? t_ns - replay->start_ns : 0;

	(void)load;
	for (size_t i = 0; i < replay->tracks; i++) {
		struct track *track = &replay->track[i];
		uint32_t falls = track->falls;
		bool known = energy_at(track, since_ns, &track->raw_uj, &falls);

		/* What is known again says nothing about the time for which it was not. */
		readings[i].gap = !known || track->lost || falls != track->falls;
		readings[i].energy_uj = track->raw_uj;
		track->lost = !known;
		track->falls = falls;
	}
}

/* A trace does not wrap, and is there whenever it is asked. */
static uint64_t replay_longest_interval_ns(const void *state)
{
	(void)state;
	return UINT64_MAX;
}

const struct power_source power_replay = {
	.name = "replay",
	.open = replay_open,
	.read = replay_read,
	.longest_interval_ns = replay_longest_interval_ns,
	.close = replay_close,
};
