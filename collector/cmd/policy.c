/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a run's ledger is to be booked again.
 */
#include "collector/cmd/policy.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "collector/cmd/methods.h"
#include "collector/cmd/show.h"

static const char *const idle_words[] = {
	[POLICY_BOOKED] = "booked",
	[POLICY_NONE] = "none",
	[POLICY_USED] = "used",
	[POLICY_HOLDER] = "holder",
};

static const char *const method_words[] = {
	[POLICY_RUN] = "run",
	[POLICY_NODE] = "node",
	[POLICY_GATED] = "node-gated",
	[POLICY_GREEN] = "green-algorithms",
};

static int find(const char *word, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(word, words[i]))
			return i;
	return -EINVAL;
}

int policy_idle(const char *word, enum policy_idle *idle)
{
	int found = find(word, idle_words, POLICY_HOLDER + 1);

	if (found >= 0)
		*idle = (enum policy_idle)found;
	return found < 0 ? found : 0;
}

int policy_method(const char *word, enum policy_method *method)
{
	int found = find(word, method_words, POLICY_GREEN + 1);

	if (found >= 0)
		*method = (enum policy_method)found;
	return found < 0 ? found : 0;
}

const char *policy_idle_word(enum policy_idle idle)
{
	return idle_words[idle];
}

const char *policy_method_word(enum policy_method method)
{
	return method_words[method];
}

static const json_t *domains_of(const json_t *run)
{
	return json_object_get(json_object_get(run, "energy"), "domains");
}

static bool counts(const json_t *domain)
{
	return !json_is_string(json_object_get(domain, "within"));
}

/* Whose idle could be somebody's: a node's never is. */
static bool is_room(const json_t *domain)
{
	return methods_counts(domain, "cpu") || methods_counts(domain, "memory");
}

/* Did the ledger book all of these domains by the rule? */
static bool is_booked_by(const json_t *run, const char *rule, bool gpus)
{
	const json_t *domains = domains_of(run);

	for (size_t i = 0; i < json_array_size(domains); i++) {
		const json_t *domain = json_array_get(domains, i);
		bool meant = gpus ? methods_counts(domain, "gpu") : is_room(domain);

		if (meant && strcmp(show_text(domain, "idle_policy"), rule) != 0)
			return false;
	}
	return true;
}

static bool had_company(const struct draw *draw)
{
	for (size_t i = 0; i < draw->spans; i++)
		if (draw->span[i].others_uj)
			return true;
	return false;
}

/* Alone and without limits, a run held all that there was, in every moment. */
static int hold_all(const json_t *run, const struct draw *draw, char why[POLICY_WHY])
{
	const json_t *limits = json_object_get(json_object_get(run, "run"), "limits");

	if (!is_booked_by(run, "holder", true))
		snprintf(why, POLICY_WHY,
			 "who held a GPU, and when, is not in this ledger: its idle was nobody's");
	else if (had_company(draw))
		snprintf(why, POLICY_WHY,
			 "others computed beside it, and what they held is not in this ledger");
	else if (!json_is_object(limits) || !json_is_null(json_object_get(limits, "cpu_milli")) ||
		 !json_is_null(json_object_get(limits, "memory_bytes")))
		snprintf(why, POLICY_WHY,
			 "the run had limits, or the ledger does not tell: what it held is not "
			 "known");
	else
		return 0;
	return -ENOTSUP;
}

static int apply_idle(enum policy_idle idle, const json_t *run, const struct draw *draw,
		      enum rebook_what *what, char why[POLICY_WHY])
{
	const char *rule = idle_words[idle];

	*what = idle == POLICY_NONE ? REBOOK_WITHOUT_IDLE : REBOOK_RUN;
	if (idle == POLICY_BOOKED || idle == POLICY_NONE ||
	    (is_booked_by(run, rule, false) && is_booked_by(run, rule, true)))
		return 0;
	if (idle == POLICY_USED) {
		snprintf(why, POLICY_WHY,
			 "who used what from moment to moment is not in this ledger: --idle used "
			 "can be had while a run is metered alone");
		return -ENOTSUP;
	}
	*what = REBOOK_WITH_IDLE;
	return hold_all(run, draw, why);
}

/* The estimate as one span, since the formula has no course in time. */
static int apply_green(const json_t *run, bool in_time, struct draw *draw, char why[POLICY_WHY])
{
	json_t *methods = methods_of(run);
	const json_t *green = json_object_get(methods, "green_algorithms");
	struct draw_span span = {
		.energy_uj = show_number(green, "energy_uj"),
		.ug_per_kwh = show_number(json_object_get(run, "carbon"), "ug_per_kwh"),
	};
	int error = json_is_object(green) && !in_time && draw->spans ? 0 : -ENOTSUP;

	if (error)
		snprintf(why, POLICY_WHY, "%s",
			 in_time ? "the formula of Green Algorithms has no course in time: book it "
				   "at a --zone"
				 : "the ledger has not what the formula of Green Algorithms needs");
	json_decref(methods);
	if (error)
		return error;
	span.from_unix_ns = draw->span[0].from_unix_ns;
	span.to_unix_ns = draw->span[draw->spans - 1].to_unix_ns;
	draw_free(draw);
	return draw_add(draw, &span);
}

int policy_apply(const struct policy *policy, const json_t *run, bool in_time, struct draw *draw,
		 enum rebook_what *what, char why[POLICY_WHY])
{
	switch (policy->method) {
	case POLICY_NODE:
		*what = REBOOK_NODE;
		return 0;
	case POLICY_GATED:
		*what = REBOOK_GATED;
		if (json_is_integer(json_object_get(json_object_get(run, "run"), "gate_milli")))
			return 0;
		snprintf(why, POLICY_WHY,
			 "this ledger does not tell when the run computed: it is too old");
		return -ENOTSUP;
	case POLICY_GREEN:
		*what = REBOOK_RUN;
		return apply_green(run, in_time, draw, why);
	default:
		return apply_idle(policy->idle, run, draw, what, why);
	}
}

/* Of a domain, what is meant. */
static uint64_t energy_of(enum rebook_what what, const json_t *domain)
{
	const struct draw_span span = {
		.energy_uj = show_number(domain, "run_uj"),
		.idle_uj = show_number(domain, "run_idle_uj"),
		.node_uj = show_number(domain, "domain_uj"),
		.gated_uj = show_number(domain, "gated_uj"),
		.spare_uj = is_room(domain) ? show_number(domain, "idle_uj") : 0,
	};

	return rebook_energy_uj(&span, what);
}

double policy_error_pct(const struct policy *policy, enum rebook_what what, const json_t *run)
{
	const json_t *domains = domains_of(run);
	double sum_uj = 0, error_uj = 0;

	if (policy->method == POLICY_GREEN)
		return NAN;
	for (size_t i = 0; i < json_array_size(domains); i++) {
		const json_t *domain = json_array_get(domains, i);
		const json_t *error = json_object_get(domain, "error_pct");
		double energy_uj = counts(domain) ? (double)energy_of(what, domain) : 0;

		if (energy_uj > 0 && !json_is_number(error))
			return NAN;
		sum_uj += energy_uj;
		error_uj += energy_uj * json_number_value(error);
	}
	return sum_uj > 0 ? error_uj / sum_uj : NAN;
}
