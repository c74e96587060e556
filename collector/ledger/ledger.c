/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a ledger: the tally of what stands in the file, and the difference to a run's state as
 * the next line.
 */
#include "collector/ledger/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/ledger/chain.h"
#include "collector/ledger/check.h"
#include "collector/ledger/entry.h"
#include "collector/ledger/intensity.h"
#include "collector/ledger/pathline.h"
#include "collector/ledger/phaseline.h"
#include "collector/ledger/private.h"
#include "collector/ledger/writer.h"

#define OPEN_TOLD 16u /* phases that are not final, in a line; all are in the journal */

/* The last `most` of n phases, and of the others those that must be there. */
static json_t *phase_list(const struct ledger_phase *phase, size_t n, size_t most)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++)
		if ((n - i <= most || phase[i].held) &&
		    json_array_append_new(list, phaseline_make(&phase[i]))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/*
 * What somebody saw who died since is final as it is: nobody else will know better. What was under
 * way was cut off.
 */
static int add_cut(json_t *list, const json_t *cut)
{
	for (size_t i = 0; i < json_array_size(cut); i++) {
		json_t *phase = json_copy(json_array_get(cut, i));
		bool open = json_is_true(json_object_get(phase, "open"));

		if (!phase ||
		    (open && (json_object_del(phase, "open") ||
			      json_object_set_new(phase, "cut", json_true()))) ||
		    json_array_append_new(list, phase))
			return -ENOMEM;
	}
	return 0;
}

/* What a line says of phases: those that are new, and those under way. */
struct next_phases {
	json_t *final;
	json_t *open;
};

static void free_phases(struct next_phases *phases)
{
	json_decref(phases->final);
	json_decref(phases->open);
}

static int next_phases(const struct ledger *ledger, const struct ledger_state *state, size_t opens,
		       struct next_phases *phases)
{
	const uint64_t skip =
		ledger->phases > state->phases_before ? ledger->phases - state->phases_before : 0;
	json_t *fresh = skip < state->phases
				? phase_list(state->phase + skip, state->phases - skip, SIZE_MAX)
				: json_array();
	int error = -ENOMEM;

	*phases = (struct next_phases){.final = json_array(),
				       .open = phase_list(state->open, state->opens, opens)};
	if (phases->final && phases->open && fresh && !add_cut(phases->final, ledger->cut))
		error = json_array_extend(phases->final, fresh) ? -ENOMEM : 0;
	json_decref(fresh);
	if (error)
		free_phases(phases);
	return error;
}

/* What was found out since the opening: what was told, and what is new. */
static int add_found(const struct ledger *ledger, const struct ledger_state *state,
		     struct tally *now)
{
	const size_t told = ledger->found < state->findings ? ledger->found : state->findings;
	json_t *fresh = entry_findings(state->finding + told, state->findings - told);
	int failed = !fresh || json_array_extend(now->found, ledger->written.found) ||
		     json_array_extend(now->found, fresh);

	json_decref(fresh);
	return failed ? -ENOMEM : 0;
}

/* The tally behind the line that `state` would give, proved, and what the line says of phases. */
static int next_tally(const struct ledger *ledger, const struct ledger_state *state, size_t opens,
		      struct tally *now, struct next_phases *phases)
{
	struct ledger_problem problem;
	int error = tally_of_state(&ledger->terms, state, now);

	if (error)
		return error;
	error = add_found(ledger, state, now);
	if (!error)
		error = next_phases(ledger, state, opens, phases);
	if (error) {
		tally_free(now);
		return error;
	}
	tally_keep_phases(now, &ledger->written);
	intensity_book(&ledger->terms, &ledger->written, now);
	error = phaseline_take(phases->final, phases->open, now, &problem);
	if (!error)
		error = check_step(&ledger->terms, &ledger->written, now, &problem);
	if (error) {
		free_phases(phases);
		tally_free(now);
	}
	return error;
}

/*
 * The line that `state` would give, with the last `opens` of the phases that are not final, and the
 * tally behind it.
 */
static int next_interval(const struct ledger *ledger, const struct ledger_state *state,
			 size_t opens, struct tally *now, json_t **body)
{
	struct next_phases phases;
	int error = next_tally(ledger, state, opens, now, &phases);

	if (error)
		return error;
	*body = entry_interval(&ledger->terms, &ledger->written, now, state->kernel);
	if (!*body || entry_phases(*body, phases.final, phases.open) ||
	    pathline_put(*body, &ledger->written.paths, &now->paths, &state->paths)) {
		json_decref(*body);
		tally_free(now);
		error = -ENOMEM;
	}
	free_phases(&phases);
	return error;
}

int ledger_interval(struct ledger *ledger, const struct ledger_state *state, bool durable)
{
	struct tally now;
	json_t *body;
	int error = next_interval(ledger, state, OPEN_TOLD, &now, &body);

	if (error)
		return error;
	error = writer_append(ledger, body, durable);
	json_decref(body);
	if (!error) {
		struct tally before = ledger->written;

		ledger->written = now;
		now = before;
		if (state->phases_before + state->phases > ledger->phases)
			ledger->phases = state->phases_before + state->phases;
		ledger->found = state->findings;
		json_decref(ledger->cut);
		ledger->cut = NULL;
	}
	tally_free(&now);
	return error;
}

int ledger_journal(struct ledger *ledger, const struct ledger_state *state)
{
	struct tally now;
	json_t *body;
	size_t length;
	char *line;
	int error = next_interval(ledger, state, SIZE_MAX, &now, &body);

	if (error)
		return error;
	tally_free(&now);
	/* It continues the lines before it, which must not be lost when it is not. */
	error = writer_sync(ledger);
	if (!error)
		error = chain_seal(&ledger->chain, body, &line, &length);
	json_decref(body);
	if (error)
		return error;
	error = file_replace(&ledger->place, ".journal", line, length);
	free(line);
	return error;
}

int ledger_snapshot(const struct ledger *ledger, const struct ledger_state *state, json_t **body)
{
	static const struct tally nothing;
	struct next_phases phases;
	char weighted[INTENSITY_DIGITS];
	struct tally now;
	/* What is no next line would be no use to whoever comes after us. */
	int error = next_tally(ledger, state, SIZE_MAX, &now, &phases);

	if (error)
		return error;
	*body = entry_interval(&ledger->terms, &nothing, &now, state->kernel);
	intensity_text(now.grid.held, weighted);
	/* Phases in the file are not told again: how many there are, and what comes behind them. */
	if (!*body || pathline_put(*body, &nothing.paths, &now.paths, &state->paths) ||
	    json_object_set_new(*body, "ahead",
				json_pack("{s:o, s:O, s:O, s:s}", "before",
					  entry_number(ledger->written.final.count), "phases",
					  phases.final, "open", phases.open, "weighted",
					  weighted))) {
		json_decref(*body);
		error = -ENOMEM;
	}
	free_phases(&phases);
	tally_free(&now);
	return error;
}

int ledger_anchor(struct ledger *ledger, uint64_t t_ns, uint64_t utc_ns, const char *reason)
{
	json_t *body;
	int error;

	if (t_ns < ledger->written.t_ns)
		return -EBADMSG;
	body = entry_anchor(t_ns, utc_ns, reason);
	if (!body)
		return -ENOMEM;
	error = writer_append(ledger, body, true);
	json_decref(body);
	if (!error)
		ledger->written.t_ns = t_ns;
	return error;
}

static int take_terms(struct ledger *ledger, const struct ledger_open *open)
{
	struct tally_terms *terms = &ledger->terms;
	const char *idle[POWER_DOMAINS_MAX];
	struct ledger_problem problem;

	if (open->domains > POWER_DOMAINS_MAX)
		return -EBADMSG;
	*terms = (struct tally_terms){.domains = open->domains,
				      .ug_per_kwh = open->factor->ug_per_kwh,
				      .pue_milli = open->pue_milli,
				      .timed = open->series != NULL};
	if (open->series && json_is_null(ledger->written.series)) {
		json_decref(ledger->written.series);
		ledger->written.series = json_incref((json_t *)(uintptr_t)open->series);
	}
	for (size_t i = 0; i < open->domains; i++) {
		const struct power_domain *from = &open->domain[i];
		struct tally_domain *to = &terms->domain[i];

		snprintf(to->name, sizeof(to->name), "%s", from->name);
		snprintf(to->within, sizeof(to->within), "%s", from->within);
		to->quality = from->quality;
		idle[i] = from->idle_method;
	}
	json_decref(ledger->written.idle);
	ledger->written.idle = entry_idle(open->domains, idle);
	return ledger->written.idle ? check_terms(terms, &problem) : -ENOMEM;
}

static int write_private(const struct file_new *file, const json_t *secret)
{
	char *text = json_dumps(secret, JSON_COMPACT);
	int error;

	if (!text)
		return -ENOMEM;
	error = file_write(file->fd, text, strlen(text));
	if (!error)
		error = file_write(file->fd, "\n", 1);
	if (!error && fdatasync(file->fd))
		error = -errno;
	free(text);
	return error;
}

static int write_opening(struct ledger *ledger, const struct ledger_open *open, json_t *digests)
{
	json_t *body = entry_open(open, digests);
	int error;

	if (!body)
		return -ENOMEM;
	ledger->fresh = true;
	error = writer_append(ledger, body, true);
	ledger->fresh = false;
	json_decref(body);
	return error;
}

/* The private file with its content, as yet without a name; `file` is to be closed. */
static int make_private(const struct file_place *place, const json_t *secret, struct file_new *file)
{
	int error = file_new_begin(place, ".private", 0600, file);

	return error ? error : write_private(file, secret);
}

/*
 * Both are whole before either has its name, the private file first: a ledger is never without what
 * its digests stand for, and one that a dying collector left behind is not there at all.
 */
static int make_files(struct ledger *ledger, const struct ledger_options *options,
		      const struct ledger_open *open, const json_t *secret, json_t *digests)
{
	struct file_new hidden = {.fd = -1}, chain = {.fd = -1};
	const struct file_place *place = &ledger->place;
	int error = options->keep_private ? make_private(place, secret, &hidden) : 0;

	if (!error)
		error = file_new_begin(place, ".jsonl", 0644, &chain);
	ledger->fd = chain.fd;
	if (!error)
		error = write_opening(ledger, open, digests);
	if (!error && options->keep_private)
		error = file_new_name(place, &hidden);
	if (!error)
		error = file_new_name(place, &chain);
	if (!error)
		error = file_place_sync(place);
	if (hidden.fd >= 0)
		close(hidden.fd);
	if (!error)
		return 0;
	file_new_drop(place, &chain);
	file_new_drop(place, &hidden);
	return error;
}

static int create(struct ledger *ledger, const struct ledger_options *options,
		  const struct ledger_open *open)
{
	json_t *secret, *digests;
	int error = take_terms(ledger, open);

	if (error)
		return error;
	error = file_place_open(options, open, &ledger->place);
	if (error)
		return error;
	error = private_make(open, &secret, &digests);
	if (error)
		return error;
	error = make_files(ledger, options, open, secret, digests);
	json_decref(secret);
	json_decref(digests);
	return error;
}

int ledger_create(const struct ledger_options *options, const struct ledger_open *open,
		  struct ledger **ledger)
{
	struct ledger *new;
	int error = writer_new(&new);

	if (error)
		return error;
	error = create(new, options, open);
	if (error) {
		ledger_abandon(new);
		return error;
	}
	*ledger = new;
	return 0;
}

static int write_closing(struct ledger *ledger, int exit_status, bool complete)
{
	json_t *body = entry_close(&ledger->terms, &ledger->written, exit_status, complete);
	int error;

	if (!body)
		return -ENOMEM;
	error = writer_append(ledger, body, true);
	json_decref(body);
	return error;
}

int ledger_close(struct ledger *ledger, const struct ledger_state *state, int exit_status,
		 bool complete)
{
	int error = ledger_interval(ledger, state, false);

	/* Where the ledger takes no more, the journal is the best that there is. */
	if (error)
		ledger_journal(ledger, state);
	else
		error = write_closing(ledger, exit_status, complete);
	if (!error) {
		file_remove(&ledger->place, ".journal");
		file_remove(&ledger->place, FILE_TEMPORARY);
	}
	ledger_abandon(ledger);
	return error;
}

void ledger_abandon(struct ledger *ledger)
{
	if (ledger->fd >= 0)
		close(ledger->fd);
	if (ledger->place.folder >= 0)
		file_place_close(&ledger->place);
	tally_free(&ledger->written);
	json_decref(ledger->cut);
	free(ledger);
}

void ledger_place(const struct ledger *ledger, struct ledger_place *place)
{
	*place = (struct ledger_place){
		.folder = ledger->place.folder,
		.owner = ledger->place.owner,
		.group = ledger->place.group,
		.name = ledger->place.name,
		.path = ledger->place.path,
	};
}

uint64_t ledger_phases(const struct ledger *ledger)
{
	return ledger->phases;
}

const char *ledger_path(const struct ledger *ledger)
{
	return ledger->place.path;
}
