/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands beside a run's figures and is in none of them: water, the CO2e of making the
 * hardware, and the software carbon intensity of ISO/IEC 21031 (SCI), which is the one figure that
 * adds making to use, and says so. Derived when a ledger is read (docs/method.md, section 10).
 * Pure: from the object that ledger_read gives, and the built-in tables.
 */
#ifndef GRAMME_BESIDE_H
#define GRAMME_BESIDE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* What no ledger tells. */
struct beside_options {
	const char *host;   /* "server", "laptop", "desktop"; NULL: not said */
	uint32_t host_cpus; /* CPUs of the machine that a virtual one is on; 0: not said */
	bool whole_host;    /* the run had the machine to itself */
	bool wue_said;
	uint32_t wue_ul;  /* ul per kWh */
	const char *unit; /* what the run made `count` of ("images"); NULL: nothing was said */
	uint64_t count;
};

/* Off-site water of an energy, with the factor that made it; new. `assumed`: so is the zone. */
json_t *beside_offsite(uint64_t energy_uj, uint32_t pue_milli, const char *zone, bool assumed);

/* The member `beside` of `gramme show --json`, new; NULL where memory is short. */
json_t *beside_of(const json_t *run, const struct beside_options *options);

/* True for a word that `host` may be. */
bool beside_is_host(const char *host);

#endif
