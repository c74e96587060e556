/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How wrong a figure may be.
 */
#include "collector/ledger/errors.h"

#include <math.h>
#include <string.h>

struct mean {
	double error_uj;
	double sum_uj;
};

static double percent_of(const struct reading *reading, size_t i)
{
	const json_t *domains = json_object_get(reading->open, "domains");
	const json_t *error = json_object_get(json_array_get(domains, i), "error_pct");

	return json_is_number(error) ? json_number_value(error) : NAN;
}

/* Energy that is not there has no error, known or not. */
static void weigh(struct mean *mean, double energy_uj, double error_pct)
{
	if (energy_uj <= 0)
		return;
	mean->error_uj += energy_uj * error_pct;
	mean->sum_uj += energy_uj;
}

static double result(const struct mean *mean)
{
	return mean->sum_uj > 0 ? mean->error_uj / mean->sum_uj : NAN;
}

double errors_total(const struct reading *reading)
{
	struct mean mean = {0};

	for (size_t i = 0; i < reading->terms.domains; i++)
		if (!reading->terms.domain[i].within[0])
			weigh(&mean, (double)reading->now.posting[i].run_uj,
			      percent_of(reading, i));
	return result(&mean);
}

/* What of a domain's energy is of that quality: a share of what was measured is derived. */
static uint64_t energy_of(const struct reading *reading, size_t i, enum power_quality quality)
{
	const struct account_posting *posting = &reading->now.posting[i];
	const enum power_quality of = reading->terms.domain[i].quality;
	const uint64_t derived_uj = of == POWER_MEASURED ? posting->run_derived_uj : 0;

	if (quality == of)
		return posting->run_uj - derived_uj;
	return quality == POWER_DERIVED ? derived_uj : 0;
}

double errors_part(const struct reading *reading, const uint64_t energy_uj[NESTING_QUALITIES])
{
	struct mean part = {0};

	for (enum power_quality quality = 0; quality < NESTING_QUALITIES; quality++) {
		struct mean mean = {0};

		for (size_t i = 0; i < reading->terms.domains; i++)
			if (!reading->terms.domain[i].within[0])
				weigh(&mean, (double)energy_of(reading, i, quality),
				      percent_of(reading, i));
		weigh(&part, (double)energy_uj[quality], result(&mean));
	}
	return result(&part);
}

double errors_of(const struct reading *reading, const char *domain)
{
	struct mean mean = {0};
	size_t length = domain ? strlen(domain) : 0;
	bool all = length && domain[length - 1] == '*';

	for (size_t i = 0; domain && i < reading->terms.domains; i++) {
		const char *name = reading->terms.domain[i].name;

		if (all ? !strncmp(name, domain, length - 1) : !strcmp(name, domain))
			weigh(&mean, (double)reading->now.posting[i].run_uj,
			      percent_of(reading, i));
	}
	return result(&mean);
}

json_t *errors_json(double error_pct)
{
	return isfinite(error_pct) ? json_real(round(100 * error_pct) / 100) : json_null();
}
