/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bodies of the ledger's lines: structs in, JSON objects out.
 */
#include "collector/ledger/entry.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "collector/ledger/fields.h"
#include "collector/ledger/intensity.h"
#include "collector/ledger/pathline.h"
#include "collector/ledger/text.h"

static const char *const kind_names[] = {
	[POWER_CPU] = "cpu",
	[POWER_MEMORY] = "memory",
	[POWER_GPU] = "gpu",
	[POWER_NODE] = "node",
};

json_t *entry_number(uint64_t value)
{
	return json_integer((json_int_t)(value < FIELDS_MAX ? value : FIELDS_MAX));
}

static json_t *number_or_null(uint64_t value)
{
	return value ? entry_number(value) : json_null();
}

/* Nanoseconds since 1970 or since boot do not fit a double: they stand as a string. */
static json_t *nanoseconds(uint64_t ns)
{
	return json_sprintf("%" PRIu64, ns);
}

/* "" is how a struct says that there is nothing. */
static json_t *text_or_null(const char *text)
{
	return text_json(text && text[0] ? text : NULL);
}

static json_t *percent(double value)
{
	return isfinite(value) && value >= 0 ? json_real(value) : json_null();
}

/* Puts an object or gives up the array: an array with a hole would shift what follows. */
static json_t *append_or_free(json_t *array, json_t *element)
{
	if (array && json_array_append_new(array, element) == 0)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *domain_list(const struct ledger_open *open)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < open->domains; i++) {
		const struct power_domain *d = &open->domain[i];

		list = append_or_free(
			list,
			json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:s, s:o}", "name",
				  text_json(d->name), "within", text_or_null(d->within), "source",
				  text_json(d->source), "kind", kind_names[d->kind], "quality",
				  tally_quality_name(d->quality), "error_pct",
				  percent(d->error_pct), "idle_method", text_json(d->idle_method),
				  "idle_uw", number_or_null(d->idle_uw), "idle_policy",
				  account_idle_rule(open->idle, d->kind), "note",
				  text_or_null(d->note)));
	}
	return list;
}

json_t *entry_findings(const struct power_finding *finding, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++) {
		const struct power_finding *f = &finding[i];

		list = append_or_free(list, json_pack("{s:o, s:b, s:o}", "source",
						      text_json(f->source), "permission",
						      f->permission, "text", text_json(f->text)));
	}
	return list;
}

static json_t *factor_object(const struct ledger_open *open)
{
	const struct carbon_factor *f = open->factor;

	/* O* leaves out what is NULL. */
	return json_pack("{s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:I, s:O*}", "zone",
			 text_json(f->zone), "name", text_or_null(f->name), "assumed", f->assumed,
			 "ug_per_kwh", entry_number(f->ug_per_kwh), "basis", text_or_null(f->basis),
			 "vintage", text_or_null(f->vintage), "source", text_or_null(f->source),
			 "pue_milli", (json_int_t)open->pue_milli, "series", open->series);
}

static json_t *machine_object(const struct ledger_open *open)
{
	return json_pack("{s:o, s:o, s:I, s:o, s:o, s:o}", "kernel", text_json(open->kernel),
			 "cpu_model", text_json(open->cpu_model), "cpus", (json_int_t)open->cpus,
			 "memory_bytes", entry_number(open->memory_bytes), "cores",
			 number_or_null(open->cores), "virtual",
			 open->cores ? json_boolean(open->is_virtual) : json_null());
}

static json_t *limits_object(const struct ledger_open *open)
{
	return json_pack("{s:o, s:o}", "cpu_milli", number_or_null(open->cpu_limit_milli),
			 "memory_bytes", number_or_null(open->memory_limit_bytes));
}

json_t *entry_open(const struct ledger_open *open, json_t *digests)
{
	char utc[TEXT_UTC_MAX];
	json_t *body;

	text_utc(open->start_utc_ns, utc);
	/* Of paths the last part alone is public: folders tell names. */
	body = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "type",
			 "open", "format", open->series ? LEDGER_SCHEMA_TIMED : LEDGER_SCHEMA,
			 "gramme", GRAMME_VERSION, "run", text_json(open->run), "node",
			 text_json(open->node), "project", text_json(open->project), "experiment",
			 text_json(open->experiment), "start_utc", utc, "start_unix_ns",
			 nanoseconds(open->start_utc_ns), "start_monotonic_ns",
			 nanoseconds(open->start_monotonic_ns), "boot_id", text_json(open->boot_id),
			 "program", text_json(open->argv[0] ? text_base(open->argv[0]) : NULL));
	if (body &&
	    (json_object_update(body, digests) ||
	     json_object_set_new(body, "machine", machine_object(open)) ||
	     json_object_set_new(body, "limits", limits_object(open)) ||
	     json_object_set_new(body, "replayed",
				 text_json(open->replayed ? text_base(open->replayed) : NULL)) ||
	     json_object_set_new(body, "domains", domain_list(open)) ||
	     json_object_set_new(body, "findings", entry_findings(open->finding, open->findings)) ||
	     json_object_set_new(body, "factor", factor_object(open)) ||
	     json_object_set_new(body, "gate_milli", json_integer(ACCOUNT_GATE_MILLI)))) {
		json_decref(body);
		return NULL;
	}
	return body;
}

json_t *entry_idle(size_t n, const char *const *method)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++)
		list = append_or_free(list, text_json(method[i]));
	return list;
}

json_t *entry_uncovered(const struct ledger_state *state)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < state->uncovereds; i++) {
		const struct ledger_uncovered *u = &state->uncovered[i];

		list = append_or_free(list,
				      json_pack("{s:o, s:o, s:I, s:o}", "program",
						text_json(u->program), "why", text_json(u->why),
						"processes", (json_int_t)u->processes, "cpu_ns",
						entry_number(u->cpu_ns)));
	}
	return list;
}

json_t *entry_devices(const struct ledger_device *device, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++) {
		const struct ledger_device *d = &device[i];

		list = append_or_free(
			list, json_pack("{s:o, s:s, s:o, s:o}", "name", text_json(d->name), "api",
					d->api, "domain", text_json(d->domain), "memory_peak_bytes",
					d->memory_peak_bytes ? entry_number(d->memory_peak_bytes)
							     : json_null()));
	}
	return list;
}

static json_t *added_domains(const struct tally_terms *terms, const struct tally *then,
			     const struct tally *now)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < terms->domains; i++) {
		json_t *object = json_object();

		list = append_or_free(list, object);
		if (list &&
		    fields_put_added(object, fields_posting, &then->posting[i], &now->posting[i])) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

/* A row's number, its identity when it is new, and what was added; NULL where nothing was. */
static int add_kernel(json_t *list, size_t row, const struct tally_kernel *then,
		      const struct tally_kernel *now, const struct ledger_kernel *identity)
{
	json_t *object = json_pack("{s:I}", "row", (json_int_t)row);
	int failed = !object;

	if (identity)
		failed = failed || json_object_set_new(object, "api", text_json(identity->api)) ||
			 json_object_set_new(object, "kind", text_json(identity->kind)) ||
			 json_object_set_new(object, "name", text_json(identity->name)) ||
			 json_object_set_new(object, "device", text_json(identity->device)) ||
			 json_object_set_new(object, "domain", text_json(identity->domain));
	failed = failed || fields_put_added(object, fields_kernel, then, now);
	if (!failed && json_object_size(object) > 1)
		return json_array_append_new(list, object);
	json_decref(object);
	return failed;
}

static json_t *added_kernels(const struct tally *then, const struct tally *now,
			     const struct ledger_kernel *kernel)
{
	static const struct tally_kernel none;
	json_t *list = json_array();

	for (size_t i = 0; list && i < now->kernels; i++) {
		bool known = i < then->kernels;

		if (add_kernel(list, i, known ? &then->kernel[i] : &none, &now->kernel[i],
			       known || !kernel ? NULL : &kernel[i])) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

json_t *entry_interval(const struct tally_terms *terms, const struct tally *then,
		       const struct tally *now, const struct ledger_kernel *kernel)
{
	json_t *so_far = json_object();
	json_t *body =
		json_pack("{s:s, s:o, s:o, s:o, s:o}", "type", "interval", "t_ns",
			  entry_number(now->t_ns), "domains", added_domains(terms, then, now),
			  "kernels", added_kernels(then, now, kernel), "so_far", so_far);

	if (body &&
	    (fields_put(so_far, fields_counters, &now->counters) ||
	     intensity_put(body, terms, then, now) ||
	     (now->method && !json_equal(then->method, now->method) &&
	      json_object_set(body, "cpu_method", now->method)) ||
	     (!json_equal(then->idle, now->idle) && json_object_set(body, "idle", now->idle)) ||
	     (!json_equal(then->uncovered, now->uncovered) &&
	      json_object_set(body, "uncovered", now->uncovered)) ||
	     (!json_equal(then->devices, now->devices) &&
	      json_object_set(body, "devices", now->devices)) ||
	     (!json_equal(then->found, now->found) &&
	      json_object_set(body, "findings", now->found)))) {
		json_decref(body);
		return NULL;
	}
	return body;
}

int entry_phases(json_t *body, json_t *final, json_t *open)
{
	if ((json_array_size(final) && json_object_set(body, "phases", final)) ||
	    (json_array_size(open) && json_object_set(body, "open", open)))
		return -ENOMEM;
	return 0;
}

json_t *entry_anchor(uint64_t t_ns, uint64_t utc_ns, const char *reason)
{
	char utc[TEXT_UTC_MAX];

	text_utc(utc_ns, utc);
	return json_pack("{s:s, s:o, s:s, s:o, s:o}", "type", "anchor", "t_ns", entry_number(t_ns),
			 "utc", utc, "utc_unix_ns", nanoseconds(utc_ns), "reason",
			 text_json(reason));
}

static json_t *total_domains(const struct tally_terms *terms, const struct tally *tally)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < terms->domains; i++) {
		json_t *object = json_pack("{s:o, s:O}", "name", text_json(terms->domain[i].name),
					   "idle_method", json_array_get(tally->idle, i));

		list = append_or_free(list, object);
		if (list && fields_put(object, fields_posting, &tally->posting[i])) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

/* How many phases there were, and what is in none of their leaves; nothing where there were none.
 */
static int put_phase_sums(json_t *body, const struct tally *tally, uint64_t total_uj)
{
	uint64_t leaf_uj = 0;

	if (!tally->final.count)
		return 0;
	for (size_t i = 0; i < NESTING_QUALITIES; i++)
		leaf_uj += tally->final.leaf_uj[i];
	return json_object_set_new(
		body, "phases",
		json_pack("{s:o, s:o, s:o}", "count", entry_number(tally->final.count), "leaf_uj",
			  entry_number(leaf_uj), "outside_uj", entry_number(total_uj - leaf_uj)));
}

/* What of the energy was not booked by what the grid emitted then. */
static int put_constant(json_t *body, const struct tally_terms *terms, const struct tally *tally)
{
	return terms->timed ? json_object_set_new(json_object_get(body, "carbon"), "constant_uj",
						  entry_number(tally->grid.constant_uj))
			    : 0;
}

json_t *entry_close(const struct tally_terms *terms, const struct tally *tally, int exit_status,
		    bool complete)
{
	static const struct tally nothing;
	struct tally_energy energy;
	json_t *so_far = json_object(), *body;

	tally_energy(tally, terms, &energy);
	body = json_pack(
		"{s:s, s:o, s:o, s:b, s:o, s:{s:o, s:o, s:o, s:o}, s:{s:o}, s:o, s:o, s:O}", "type",
		"close", "t_ns", entry_number(tally->t_ns), "exit_status",
		exit_status < 0 ? json_null() : json_integer(exit_status), "complete", complete,
		"domains", total_domains(terms, tally), "energy", "total_uj",
		entry_number(energy.total_uj), "measured_uj",
		entry_number(energy.quality_uj[POWER_MEASURED]), "derived_uj",
		entry_number(energy.quality_uj[POWER_DERIVED]), "modelled_uj",
		entry_number(energy.quality_uj[POWER_MODELLED]), "carbon", "total_ug",
		entry_number(energy.total_ug), "kernels", added_kernels(&nothing, tally, NULL),
		"so_far", so_far, "uncovered", tally->uncovered);
	if (body &&
	    ((tally->method && json_object_set(body, "cpu_method", tally->method)) ||
	     fields_put(so_far, fields_counters, &tally->counters) ||
	     put_constant(body, terms, tally) || put_phase_sums(body, tally, energy.total_uj) ||
	     pathline_put_sums(body, &tally->paths))) {
		json_decref(body);
		return NULL;
	}
	return body;
}
