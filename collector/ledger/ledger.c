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
#include "collector/ledger/private.h"
#include "collector/ledger/writer.h"

/* The line that `state` would give, and the tally behind it. */
static int next_interval(const struct ledger *ledger, const struct ledger_state *state,
			 struct tally *now, json_t **body)
{
	struct ledger_problem problem;
	int error = tally_of_state(&ledger->terms, state, now);

	if (error)
		return error;
	error = check_step(&ledger->terms, &ledger->written, now, &problem);
	if (!error) {
		*body = entry_interval(&ledger->terms, &ledger->written, now, state->kernel);
		if (*body)
			return 0;
		error = -ENOMEM;
	}
	tally_free(now);
	return error;
}

int ledger_interval(struct ledger *ledger, const struct ledger_state *state, bool durable)
{
	struct tally now;
	json_t *body;
	int error = next_interval(ledger, state, &now, &body);

	if (error)
		return error;
	error = writer_append(ledger, body, durable);
	json_decref(body);
	if (!error) {
		struct tally before = ledger->written;

		ledger->written = now;
		now = before;
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
	int error = next_interval(ledger, state, &now, &body);

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
	struct ledger_problem problem;
	struct tally now;
	int error = tally_of_state(&ledger->terms, state, &now);

	if (error)
		return error;
	/* What is no next line would be no use to whoever comes after us. */
	error = check_step(&ledger->terms, &ledger->written, &now, &problem);
	if (!error) {
		*body = entry_interval(&ledger->terms, &nothing, &now, state->kernel);
		error = *body ? 0 : -ENOMEM;
	}
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
				      .pue_milli = open->pue_milli};
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

static int write_private(const struct ledger *ledger, const json_t *secret)
{
	char *text = json_dumps(secret, JSON_COMPACT);
	int fd, error;

	if (!text)
		return -ENOMEM;
	fd = file_create(&ledger->place, ".private", 0600);
	if (fd < 0) {
		free(text);
		return fd;
	}
	error = file_write(fd, text, strlen(text));
	if (!error)
		error = file_write(fd, "\n", 1);
	if (!error && fdatasync(fd))
		error = -errno;
	close(fd);
	free(text);
	if (error)
		file_remove(&ledger->place, ".private");
	return error;
}

static int write_opening(struct ledger *ledger, const struct ledger_open *open, json_t *digests)
{
	json_t *body = entry_open(open, digests);
	int error;

	if (!body)
		return -ENOMEM;
	error = writer_append(ledger, body, true);
	json_decref(body);
	return error ? error : file_place_sync(&ledger->place);
}

/* The private file, then the chain: a ledger is never without what its digests stand for. */
static int make_files(struct ledger *ledger, const struct ledger_options *options,
		      const struct ledger_open *open, const json_t *secret, json_t *digests)
{
	int error = options->keep_private ? write_private(ledger, secret) : 0;

	if (error)
		return error;
	ledger->fd = file_create(&ledger->place, ".jsonl", 0644);
	error = ledger->fd < 0 ? ledger->fd : write_opening(ledger, open, digests);
	if (!error)
		return 0;
	if (ledger->fd >= 0)
		file_remove(&ledger->place, ".jsonl");
	if (options->keep_private)
		file_remove(&ledger->place, ".private");
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
	if (!error)
		file_remove(&ledger->place, ".journal");
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

const char *ledger_path(const struct ledger *ledger)
{
	return ledger->place.path;
}
