/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of balance.
 */
#include "collector/ledger/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/ledger/fields.h"
#include "collector/ledger/pathline.h"
#include "collector/ledger/problem.h"

static bool has_domain(const struct tally_terms *terms, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(terms->domain[i].name, name) == 0)
			return true;
	return false;
}

int check_terms(const struct tally_terms *terms, struct ledger_problem *problem)
{
	for (size_t i = 0; i < terms->domains; i++) {
		const struct tally_domain *domain = &terms->domain[i];

		if (!domain->name[0] || has_domain(terms, i, domain->name))
			return problem_set(problem, 0, -EBADMSG,
					   "domain %zu: the name '%s' is empty or there twice", i,
					   domain->name);
		if (strcmp(domain->within, domain->name) == 0)
			return problem_set(problem, 0, -EBADMSG, "domain '%s' lies within itself",
					   domain->name);
	}
	return 0;
}

static int check_posting(const char *name, const struct account_posting *then,
			 const struct account_posting *now, struct ledger_problem *problem)
{
	const char *fallen = fields_fallen(fields_posting, then, now);
	struct account_posting added;

	if (fallen)
		return problem_set(problem, 0, -EBADMSG, "%s: %s has fallen", name, fallen);
	fields_difference(fields_posting, then, now, &added);
	if (added.run_idle_uj > added.run_uj)
		return problem_set(problem, 0, -EBADMSG,
				   "%s: the run's idle energy is above all of the run's", name);
	if (added.run_derived_uj > added.run_uj)
		return problem_set(problem, 0, -EBADMSG,
				   "%s: what is derived of the run's energy is above all of it",
				   name);
	if (added.gated_uj > added.domain_uj)
		return problem_set(problem, 0, -EBADMSG,
				   "%s: the energy while the run computed is above all of it",
				   name);
	if (!account_balances(&added))
		return problem_set(problem, 0, -EBADMSG,
				   "%s does not balance: domain %" PRIu64 " uJ, booked %" PRIu64
				   " + %" PRIu64 " + %" PRIu64 " + %" PRIu64 " + %" PRIu64,
				   name, added.domain_uj, added.run_uj, added.others_uj,
				   added.system_uj, added.idle_uj, added.unattributed_uj);
	return 0;
}

static int check_kernels(const struct tally *then, const struct tally *now,
			 struct ledger_problem *problem)
{
	static const struct tally_kernel none;

	if (now->kernels < then->kernels)
		return problem_set(problem, 0, -EBADMSG, "kernels have disappeared");
	for (size_t i = 0; i < now->kernels; i++) {
		const struct tally_kernel *before = i < then->kernels ? &then->kernel[i] : &none;
		const struct tally_kernel *after = &now->kernel[i];
		const char *fallen = fields_fallen(fields_kernel, before, after);

		if (fallen)
			return problem_set(problem, 0, -EBADMSG, "kernel row %zu: %s has fallen", i,
					   fallen);
		if (after->timed > after->count)
			return problem_set(problem, 0, -EBADMSG,
					   "kernel row %zu: %" PRIu64 " timed of %" PRIu64, i,
					   after->timed, after->count);
	}
	return 0;
}

/* What the run has on a set of domains. 128 bits: no sum of 64 domains wraps. */
static unsigned __int128 run_on(const struct tally_terms *terms, const struct tally *tally,
				uint64_t set)
{
	unsigned __int128 uj = 0;

	for (size_t i = 0; i < terms->domains; i++)
		if (set & 1ULL << i)
			uj += tally->posting[i].run_uj;
	return uj;
}

/*
 * Kernels of one set of domains, together with those of every smaller set inside of it, have at
 * most the run's energy on that set.
 */
static int check_borne(const struct tally_terms *terms, const struct tally *tally,
		       struct ledger_problem *problem)
{
	unsigned __int128 borne[TALLY_BEARERS_MAX + 1] = {0};

	for (size_t i = 0; i < tally->kernels; i++)
		borne[tally->kernel[i].bearer] += tally->kernel[i].energy_uj;
	for (size_t i = 0; i < tally->bearers; i++) {
		unsigned __int128 uj = 0;

		for (size_t k = 0; k < tally->bearers; k++)
			if (!(tally->bearer[k] & ~tally->bearer[i]))
				uj += borne[k];
		if (uj > run_on(terms, tally, tally->bearer[i]))
			return problem_set(problem, 0, -EBADMSG,
					   "kernels on %s have more energy than the run has there",
					   terms->domain[__builtin_ctzll(tally->bearer[i])].name);
	}
	return 0;
}

/* What phases are said to have, the run has. */
static int check_phases(const struct tally_terms *terms, const struct tally *now,
			struct ledger_problem *problem)
{
	struct tally_energy energy;

	tally_energy(now, terms, &energy);
	for (enum power_quality i = 0; i <= POWER_MODELLED; i++)
		if (nesting_energy_uj(&now->all, i) > energy.quality_uj[i])
			return problem_set(problem, 0, -EBADMSG,
					   "phases have more %s energy than the run",
					   tally_quality_name(i));
	if (nesting_end_ns(&now->all) > now->t_ns)
		return problem_set(problem, 0, -EBADMSG, "a phase ends after its line");
	for (size_t i = 0; i < now->kernels; i++)
		if (now->kernel[i].phases_count > now->kernel[i].count ||
		    now->kernel[i].phases_device_ns > now->kernel[i].device_ns)
			return problem_set(problem, 0, -EBADMSG,
					   "kernel row %zu: phases have more of it than the run",
					   i);
	return 0;
}

int check_step(const struct tally_terms *terms, const struct tally *then, const struct tally *now,
	       struct ledger_problem *problem)
{
	const char *fallen;
	int error = 0;

	if (now->t_ns < then->t_ns || now->t_ns > FIELDS_MAX)
		return problem_set(problem, 0, -EBADMSG,
				   "time runs backwards: %" PRIu64 " ns after %" PRIu64 " ns",
				   now->t_ns, then->t_ns);
	for (size_t i = 0; i < terms->domains && !error; i++)
		error = check_posting(terms->domain[i].name, &then->posting[i], &now->posting[i],
				      problem);
	if (error)
		return error;
	if (run_on(terms, now, UINT64_MAX) > FIELDS_MAX)
		return problem_set(problem, 0, -EBADMSG, "the run's energy is above 2^63 uJ");
	fallen = fields_fallen(fields_counters, &then->counters, &now->counters);
	if (fallen)
		return problem_set(problem, 0, -EBADMSG, "%s has fallen", fallen);
	error = check_kernels(then, now, problem);
	if (!error)
		error = pathline_check(&then->paths, &now->paths, problem);
	if (!error)
		error = check_phases(terms, now, problem);
	return error ? error : check_borne(terms, now, problem);
}

struct path {
	char text[96];
	size_t length;
};

/* The path of a member or of an element; one too long is cut, which only shortens a message. */
static struct path deeper(const struct path *path, const char *key, size_t i)
{
	struct path below = *path;
	size_t room = sizeof(below.text) - below.length;
	int n;

	if (key)
		n = snprintf(below.text + below.length, room, "%s%s", path->length ? "." : "", key);
	else
		n = snprintf(below.text + below.length, room, "[%zu]", i);
	below.length += (size_t)n < room ? (size_t)n : room - 1;
	return below;
}

static int differ(const struct path *path, const json_t *expected, const json_t *found,
		  struct ledger_problem *problem)
{
	char *should = json_dumps(expected, JSON_ENCODE_ANY | JSON_COMPACT);
	char *is = found ? json_dumps(found, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	problem_set(problem, 0, -EBADMSG, "%s is %.60s, the lines before add up to %.60s",
		    path->text, is ? is : "missing", should ? should : "something else");
	free(should);
	free(is);
	return -EBADMSG;
}

static int same_below(const struct path *path, const json_t *expected, const json_t *found,
		      struct ledger_problem *problem)
{
	struct path below;
	const char *key;
	json_t *value;
	int error;

	if (json_equal(expected, found))
		return 0;
	if (json_is_object(expected) && json_is_object(found))
		json_object_foreach((json_t *)(uintptr_t)expected, key, value)
		{
			below = deeper(path, key, 0);
			error = same_below(&below, value, json_object_get(found, key), problem);
			if (error)
				return error;
		}
	else if (json_is_array(expected) && json_array_size(expected) == json_array_size(found))
		for (size_t i = 0; i < json_array_size(expected); i++) {
			below = deeper(path, NULL, i);
			error = same_below(&below, json_array_get(expected, i),
					   json_array_get(found, i), problem);
			if (error)
				return error;
		}
	else
		return differ(path, expected, found, problem);
	return 0;
}

int check_same(const json_t *expected, const json_t *found, struct ledger_problem *problem)
{
	const struct path top = {0};

	return same_below(&top, expected, found, problem);
}
