/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sensors that are asked by a poller: a gauge is one of them, whether it tells power or counts
 * energy, and a bank is all gauges of a source with their poller. A source that has a bank finds
 * its sensors, asks them, and leaves the rest to what is here.
 */
#ifndef GRAMME_GAUGE_H
#define GRAMME_GAUGE_H

#include "collector/power/counter.h"
#include "collector/power/integral.h"
#include "collector/power/poller.h"
#include "collector/power/power.h"

struct gauge {
	struct integral integral;
	struct counter counter;
	bool counts;	   /* it was told energy last, and not power */
	bool begun;	   /* the counter has a first reading */
	bool gap;	   /* since the reading before */
	int error;	   /* of the counter's last reading */
	uint64_t reach_ns; /* a count that is older is not known any more */
	uint64_t told_ns;  /* when the counter was last read */
};

/* A gauge of what domains of that class may draw, asked every period_ns. */
struct gauge gauge_make(enum plausible_class class, uint64_t period_ns);

/* What the sensor told: its power, its count of energy (which may begin anywhere), or -errno. */
void gauge_power(struct gauge *gauge, uint64_t t_ns, uint64_t uw);
void gauge_energy(struct gauge *gauge, uint64_t t_ns, uint64_t raw_uj);
void gauge_miss(struct gauge *gauge, int error);
/* That its count began anew: what was used since the last one is not known. */
void gauge_reset(struct gauge *gauge);

/* Fills a reading as struct power_source says. */
void gauge_read(struct gauge *gauge, uint64_t t_ns, const struct power_load *load,
		struct power_reading *reading);

/* The first member of a source's state. */
struct gauge_bank {
	struct world *world;
	struct power *power;
	struct poller *poller;
	struct config *config;	  /* held, where polls read it; or NULL */
	void (*end)(void *state); /* called before the state is freed; or NULL */
	struct gauge gauge[POWER_DOMAINS_MAX];
	size_t gauges;
};

/*
 * Adds a domain, measured and without a known idle power, and its gauge. Returns as
 * power_add_domain does.
 */
int gauge_add(struct gauge_bank *bank, struct power_domain *domain, enum plausible_class class,
	      uint64_t period_ns);

/*
 * Makes the poller of a bank whose sensors are known; `poll` gets the state and tells the gauges
 * between gauge_lock and gauge_unlock. Returns 0, or with the state freed -ENODEV where there is no
 * gauge, and -ENOMEM.
 */
int gauge_open(struct gauge_bank *bank, uint64_t period_ns, void (*poll)(void *state));
void gauge_lock(struct gauge_bank *bank);
void gauge_unlock(struct gauge_bank *bank);

/* Moments by the world's clock, for polls. */
uint64_t gauge_now_ns(const struct gauge_bank *bank);

/* `read` and `close` of struct power_source for a bank; `close` frees the state. */
void gauge_bank_read(void *state, uint64_t t_ns, const struct power_load *load,
		     struct power_reading *readings);
void gauge_bank_close(void *state);
/* `longest_interval_ns`: the poller reads often enough, whoever reads the bank. */
uint64_t gauge_bank_longest_interval_ns(const void *state);

#endif
