/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What polled sensors have in common.
 */
#include "collector/power/gauge.h"

#include <errno.h>
#include <stdlib.h>

#include "collector/power/config.h"

struct gauge gauge_make(enum plausible_class class, uint64_t period_ns)
{
	struct gauge gauge = {.integral = integral_make(class, period_ns),
			      .counter = {.ceiling_uw = plausible_ceiling_uw(class)}};

	gauge.reach_ns = gauge.integral.reach_ns;
	return gauge;
}

void gauge_power(struct gauge *gauge, uint64_t t_ns, uint64_t uw)
{
	gauge->counts = false;
	integral_add(&gauge->integral, t_ns, uw);
}

void gauge_energy(struct gauge *gauge, uint64_t t_ns, uint64_t raw_uj)
{
	struct power_reading reading;

	gauge->counts = true;
	gauge->told_ns = t_ns;
	if (!gauge->begun) {
		counter_begin(&gauge->counter, t_ns, raw_uj);
		gauge->begun = true;
		gauge->gap = gauge->error != 0;
		gauge->error = 0;
		return;
	}
	counter_read(&gauge->counter, t_ns, 0, raw_uj, &reading);
	gauge->error = reading.error;
	gauge->gap = gauge->gap || reading.gap;
}

void gauge_reset(struct gauge *gauge)
{
	/* What was counted stays; only the next difference is none. */
	gauge->counter.stuck = true;
}

void gauge_miss(struct gauge *gauge, int error)
{
	gauge->error = error;
	integral_miss(&gauge->integral, error);
}

void gauge_read(struct gauge *gauge, uint64_t t_ns, const struct power_load *load,
		struct power_reading *reading)
{
	if (!gauge->counts) {
		integral_read(&gauge->integral, t_ns, load, reading);
		return;
	}
	reading->energy_uj = gauge->counter.energy_uj;
	reading->error = gauge->error;
	if (!reading->error && t_ns > gauge->told_ns && t_ns - gauge->told_ns > gauge->reach_ns)
		reading->error = -ETIMEDOUT;
	if (reading->error)
		return;
	reading->gap = gauge->gap;
	gauge->gap = false;
}

int gauge_add(struct gauge_bank *bank, struct power_domain *domain, enum plausible_class class,
	      uint64_t period_ns)
{
	int result;

	domain->quality = POWER_MEASURED;
	domain->idle_method = "none";
	if (bank->gauges == POWER_DOMAINS_MAX)
		return -ENOSPC;
	result = power_add_domain(bank->power, domain);
	if (!result)
		bank->gauge[bank->gauges++] = gauge_make(class, period_ns);
	return result;
}

static void release(void *state)
{
	struct gauge_bank *bank = state;

	if (bank->end)
		bank->end(state);
	config_release(bank->config);
	free(bank);
}

int gauge_open(struct gauge_bank *bank, uint64_t period_ns, void (*poll)(void *state))
{
	const struct poller_options options = {
		.world = bank->world,
		.period_ns = period_ns,
		.poll = poll,
		.release = release,
		.arg = bank,
	};
	int result = bank->gauges ? poller_new(&options, &bank->poller) : -ENODEV;

	if (result)
		release(bank);
	return result;
}

void gauge_lock(struct gauge_bank *bank)
{
	if (bank->poller)
		poller_lock(bank->poller);
}

void gauge_unlock(struct gauge_bank *bank)
{
	if (bank->poller)
		poller_unlock(bank->poller);
}

uint64_t gauge_now_ns(const struct gauge_bank *bank)
{
	return bank->world->ops->monotonic_ns(bank->world);
}

void gauge_bank_read(void *state, uint64_t t_ns, const struct power_load *load,
		     struct power_reading *readings)
{
	struct gauge_bank *bank = state;

	poller_run(bank->poller, t_ns);
	gauge_lock(bank);
	for (size_t i = 0; i < bank->gauges; i++)
		gauge_read(&bank->gauge[i], t_ns, load, &readings[i]);
	gauge_unlock(bank);
}

void gauge_bank_close(void *state)
{
	struct gauge_bank *bank = state;

	poller_free(bank->poller);
}

uint64_t gauge_bank_longest_interval_ns(const void *state)
{
	(void)state;
	return UINT64_MAX;
}
