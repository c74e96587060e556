/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The object that `gramme show --json` prints.
 */
#include "collector/ledger/summary.h"

#include <math.h>
#include <string.h>

#include "collector/ledger/entry.h"
#include "collector/ledger/errors.h"
#include "collector/ledger/fields.h"
#include "collector/ledger/pathline.h"
#include "collector/ledger/phasesum.h"
#include "collector/ledger/progress.h"
#include "collector/saturate.h"

/* The same member of another object, or null; borrowed. */
static json_t *from(const json_t *object, const char *name)
{
	json_t *member = json_object_get(object, name);

	return member ? member : json_null();
}

/* The same for a member that older ledgers do not have, and then nor has the copy. Returns 0 or -1.
 */
static int copy_where_told(json_t *to, const char *name, const json_t *object)
{
	json_t *member = json_object_get(object, name);

	return member ? json_object_set(to, name, member) : 0;
}

/* A value of the private file, or null; borrowed. */
static json_t *secret_of(const struct summary_files *files, const char *name)
{
	return from(json_object_get(files->secret, name), "value");
}

/* All arguments where the private file is there; the program's name alone where it is not. */
static json_t *program_of(const struct reading *reading, const struct summary_files *files)
{
	json_t *args = secret_of(files, "args");
	json_t *name = from(reading->open, "program");

	if (json_is_array(args))
		return json_incref(args);
	return json_is_string(name) ? json_pack("[O]", name) : json_array();
}

static json_t *run_object(const struct reading *reading, const struct summary_files *files)
{
	static const char *const late[] = {"gate_milli", "limits"};
	const json_t *open = reading->open;
	json_t *object = json_pack(
		"{s:O, s:O, s:O, s:O, s:O, s:o, s:O, s:O, s:o, s:O, s:b, "
		"s:O, s:O, s:O, s:O, s:O, s:o, s:o, s:O}",
		"id", from(open, "run"), "node", from(open, "node"), "project",
		from(open, "project"), "experiment", from(open, "experiment"), "user",
		secret_of(files, "user"), "program", program_of(reading, files), "start_utc",
		from(open, "start_utc"), "start_unix_ns", from(open, "start_unix_ns"),
		"duration_ns", entry_number(reading->now.t_ns), "exit_status",
		from(reading->close, "exit_status"), "complete",
		json_is_true(json_object_get(reading->close, "complete")), "cwd",
		secret_of(files, "cwd"), "boot_id", from(open, "boot_id"), "machine",
		from(open, "machine"), "replayed", from(open, "replayed"), "gramme",
		from(open, "gramme"), "cpu_ns", entry_number(reading->now.counters.cpu_ns),
		"processes", entry_number(reading->now.counters.processes), "anchors",
		reading->anchors);

	/* Old ledgers lack these, and are shown as they always were. */
	for (size_t i = 0; object && i < sizeof(late) / sizeof(*late); i++) {
		json_t *member = json_object_get(open, late[i]);

		if (member && json_object_set(object, late[i], member)) {
			json_decref(object);
			return NULL;
		}
	}
	if (object && reading->now.method &&
	    json_object_set(object, "cpu_method", reading->now.method)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *domain_object(const struct reading *reading, size_t i)
{
	const json_t *d = json_array_get(json_object_get(reading->open, "domains"), i);
	json_t *object =
		json_pack("{s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O}", "name", from(d, "name"),
			  "within", from(d, "within"), "kind", from(d, "kind"), "source",
			  from(d, "source"), "quality", from(d, "quality"), "error_pct",
			  from(d, "error_pct"), "idle_method", json_array_get(reading->now.idle, i),
			  "idle_uw", from(d, "idle_uw"), "note", from(d, "note"));

	if (object && (copy_where_told(object, "idle_policy", d) ||
		       fields_put(object, fields_posting, &reading->now.posting[i]))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *domain_list(const struct reading *reading)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < reading->terms.domains; i++)
		if (json_array_append_new(list, domain_object(reading, i))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *energy_object(const struct reading *reading, const struct tally_energy *energy)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "total_uj",
			 entry_number(energy->total_uj), "measured_uj",
			 entry_number(energy->quality_uj[POWER_MEASURED]), "derived_uj",
			 entry_number(energy->quality_uj[POWER_DERIVED]), "modelled_uj",
			 entry_number(energy->quality_uj[POWER_MODELLED]), "error_pct",
			 errors_json(errors_total(reading)), "domains", domain_list(reading));
}

/* The mean over what was booked; where nothing was, what held last. */
static uint64_t mean_intensity(const struct reading *reading, const struct tally_energy *energy)
{
	if (!reading->terms.timed)
		return reading->terms.ug_per_kwh;
	if (!energy->total_uj)
		return reading->now.grid.ug_per_kwh;
	return (uint64_t)((energy->weighted + energy->total_uj / 2) / energy->total_uj);
}

/*
 * By what was booked where the intensity changed, and how much of the energy was booked at the
 * yearly mean instead, of which the factor then speaks.
 */
static int put_series(json_t *carbon, const struct reading *reading)
{
	const json_t *factor = json_object_get(reading->open, "factor");

	if (!reading->terms.timed)
		return 0;
	return json_object_set(carbon, "series", reading->now.series) ||
	       json_object_set(carbon, "basis", from(reading->now.series, "basis")) ||
	       json_object_set(carbon, "vintage", json_null()) ||
	       json_object_set(carbon, "factor_source", from(reading->now.series, "source")) ||
	       json_object_set_new(carbon, "constant",
				   json_pack("{s:o, s:O, s:O, s:O, s:O}", "energy_uj",
					     entry_number(reading->now.grid.constant_uj),
					     "ug_per_kwh", from(factor, "ug_per_kwh"), "basis",
					     from(factor, "basis"), "vintage",
					     from(factor, "vintage"), "source",
					     from(factor, "source")));
}

static json_t *carbon_object(const struct reading *reading, const struct tally_energy *energy)
{
	const json_t *factor = json_object_get(reading->open, "factor");
	json_t *carbon = json_pack(
		"{s:o, s:o, s:O, s:O, s:O, s:o, s:O, s:O, s:O, s:o}", "total_ug",
		entry_number(energy->total_ug), "energy_error_pct",
		errors_json(errors_total(reading)), "zone", from(factor, "zone"), "zone_name",
		from(factor, "name"), "zone_assumed", from(factor, "assumed"), "ug_per_kwh",
		entry_number(mean_intensity(reading, energy)), "basis", from(factor, "basis"),
		"vintage", from(factor, "vintage"), "factor_source", from(factor, "source"), "pue",
		json_real(reading->terms.pue_milli / 1000.0));

	if (carbon && put_series(carbon, reading)) {
		json_decref(carbon);
		return NULL;
	}
	return carbon;
}

/* What is computed where it is called: the host's clock is the device's. */
static bool is_on_host(const json_t *identity)
{
	const char *api = json_string_value(json_object_get(identity, "api"));

	static const char *const host[] = {"openmp", "blas", "lapack", "onednn"};

	for (size_t i = 0; api && i < sizeof(host) / sizeof(host[0]); i++)
		if (!strcmp(api, host[i]))
			return true;
	return false;
}

/* How the commands of a row got their device time. */
static const char *timed_word(const struct tally_kernel *kernel, const json_t *identity)
{
	if (kernel->timed == 0)
		return "none";
	if (kernel->timed < kernel->count)
		return "part";
	return is_on_host(identity) ? "host" : "device";
}

/* What rests on device times is not known where there are none. */
static json_t *if_known(bool known, uint64_t value)
{
	return known ? entry_number(value) : json_null();
}

static json_t *kernel_object(const struct reading *reading, size_t row, const json_t *identity)
{
	const struct tally_kernel *kernel = &reading->now.kernel[row];
	const char *domain = json_string_value(json_object_get(identity, "domain"));
	bool timed = kernel->timed > 0;

	return json_pack(
		"{s:I, s:O, s:O, s:O, s:O, s:O, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:o, s:o}",
		"row", (json_int_t)row, "api", from(identity, "api"), "kind",
		from(identity, "kind"), "name", from(identity, "name"), "device",
		from(identity, "device"), "domain", from(identity, "domain"), "count",
		entry_number(kernel->count), "failed", entry_number(kernel->failed), "timed",
		timed_word(kernel, identity), "timed_count", entry_number(kernel->timed),
		"device_ns", if_known(timed, kernel->device_ns), "busy_ns",
		if_known(timed, kernel->busy_ns), "host_ns",
		if_known(kernel->host_ns > 0 || kernel->count + kernel->failed == 0,
			 kernel->host_ns),
		"bytes", entry_number(kernel->bytes), "energy_uj",
		if_known(timed && kernel->bearer != TALLY_BORNE_BY_NONE, kernel->energy_uj), "flop",
		if_known(kernel->flop > 0, kernel->flop), "error_pct",
		errors_json(timed ? errors_of(reading, domain) : NAN));
}

/* Kinds that compute; the others move data or wait. */
static bool computes(const json_t *identity)
{
	static const char *const kinds[] = {"kernel", "native", "batch"};
	const char *kind = json_string_value(json_object_get(identity, "kind"));

	for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

/* One row, with its call paths in a run that has any. */
static json_t *row_object(const struct reading *reading, size_t row, const json_t *identity)
{
	json_t *object = kernel_object(reading, row, identity);

	if (object && reading->now.paths.n &&
	    json_object_set_new(
		    object, "paths",
		    pathline_list(reading->functions, reading->paths, &reading->now.paths, row))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *kernel_list(const struct reading *reading, bool computing)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < reading->now.kernels; i++) {
		const json_t *identity = json_array_get(reading->rows, i);

		if (computes(identity) == computing &&
		    json_array_append_new(list, row_object(reading, i, identity))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* A call of a library that computes on a GPU: it has arithmetic, and others have its time. */
static bool is_call(const json_t *identity)
{
	const char *kind = json_string_value(json_object_get(identity, "kind"));

	return kind && !strcmp(kind, "call");
}

/*
 * What was counted of the arithmetic: for how much of the time of all that computed where it was
 * called, and of how many of the calls that had it done elsewhere.
 */
static json_t *arithmetic_object(const struct reading *reading)
{
	unsigned __int128 flop = 0;
	uint64_t counted_ns = 0, busy_ns = 0, calls = 0, told = 0;

	for (size_t i = 0; i < reading->now.kernels; i++) {
		const struct tally_kernel *kernel = &reading->now.kernel[i];

		if (is_call(json_array_get(reading->rows, i))) {
			flop += kernel->flop;
			calls = saturate_add(calls, kernel->count);
			told = saturate_add(told, kernel->flop ? kernel->count : 0);
		}
		if (!computes(json_array_get(reading->rows, i)))
			continue;
		flop += kernel->flop;
		busy_ns += kernel->busy_ns;
		counted_ns += kernel->flop ? kernel->busy_ns : 0;
	}
	if (flop > FIELDS_MAX)
		flop = FIELDS_MAX;
	json_t *object = json_pack("{s:o, s:o, s:o}", "flop", if_known(flop > 0, (uint64_t)flop),
				   "counted_busy_ns", entry_number(counted_ns), "busy_ns",
				   entry_number(busy_ns));
	if (object && calls &&
	    (json_object_set_new(object, "calls", entry_number(calls)) ||
	     json_object_set_new(object, "calls_told", entry_number(told)))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/*
 * For how long the total was not wholly known: the gaps of all domains that count, added up, since
 * they need not coincide; never more than the run.
 */
static uint64_t sensor_gap_ns(const struct reading *reading)
{
	uint64_t gap_ns = 0;

	for (size_t i = 0; i < reading->terms.domains; i++) {
		uint64_t added_ns = reading->now.posting[i].gap_ns;

		if (reading->terms.domain[i].within[0])
			continue;
		if (added_ns >= reading->now.t_ns - gap_ns)
			return reading->now.t_ns;
		gap_ns += added_ns;
	}
	return gap_ns;
}

static json_t *coverage_object(const struct reading *reading)
{
	const struct tally_counters *counters = &reading->now.counters;

	return json_pack("{s:o, s:o, s:O, s:o, s:o, s:o}", "events_seen",
			 entry_number(counters->events_seen), "events_lost",
			 entry_number(counters->events_lost), "uncovered", reading->now.uncovered,
			 "uncovered_cpu_ns", entry_number(counters->uncovered_cpu_ns),
			 "sensor_gap_ns", entry_number(sensor_gap_ns(reading)), "unobserved_cpu_ns",
			 entry_number(counters->unobserved_cpu_ns));
}

static json_t *chain_object(const struct reading *reading, const struct summary_files *files)
{
	return json_pack("{s:o, s:s, s:b, s:o, s:s?, s:b}", "entries",
			 entry_number(files->chain->seq), "head", files->chain->prev, "closed",
			 reading->close != NULL, "torn_bytes", entry_number(files->torn_bytes),
			 "journal", files->journal, "private", files->secret != NULL);
}

/* What was known of the sensors at the start, and what was found out since. */
static json_t *finding_list(const struct reading *reading)
{
	json_t *list = json_array();
	json_t *first = json_object_get(reading->open, "findings");

	if (list && ((json_is_array(first) && json_array_extend(list, first)) ||
		     json_array_extend(list, reading->now.found))) {
		json_decref(list);
		return NULL;
	}
	return list;
}

json_t *summary_make(const struct reading *reading, const struct summary_files *files)
{
	const struct tally_counters *counters = &reading->now.counters;
	struct tally_energy energy;

	tally_energy(&reading->now, &reading->terms, &energy);
	/* A share of processor time reckoned into energy is a model, whatever the meter was. */
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:O, s:{s:o, "
			 "s:o, s:s}, s:o, s:o}",
			 "schema", "gramme.run/1", "run", run_object(reading, files), "energy",
			 energy_object(reading, &energy), "carbon", carbon_object(reading, &energy),
			 "phases", phasesum_list(reading), "outside", phasesum_outside(reading),
			 "metrics", progress_list(reading), "kernels", kernel_list(reading, true),
			 "commands", kernel_list(reading, false), "arithmetic",
			 arithmetic_object(reading), "coverage", coverage_object(reading),
			 "devices", reading->now.devices, "own_cost", "cpu_ns",
			 entry_number(counters->own_cpu_ns), "energy_uj",
			 entry_number(counters->own_uj), "quality", "modelled", "findings",
			 finding_list(reading), "chain", chain_object(reading, files));
}
