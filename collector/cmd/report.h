/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What many ledgers add up to. Pure: from the objects that ledger_read gives.
 */
#ifndef GRAMME_REPORT_H
#define GRAMME_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum report_by {
	REPORT_EXPERIMENT,
	REPORT_PROJECT,
	REPORT_PROGRAM,
	REPORT_NODE,
	REPORT_MONTH,
	REPORT_RUN,
};

/* Sums; saturated where a ledger claims more than a number can hold. */
struct report_sum {
	char *name;	     /* of the group */
	uint64_t runs;	     /* each once, on however many nodes it was */
	uint64_t ledgers;    /* one per node of a run */
	uint64_t incomplete; /* of the ledgers: the program did not come to its own end, or runs */
	uint64_t failed;     /* of the ledgers that are complete: exit status other than 0 */
	uint64_t time_ns;    /* of the ledgers */
	uint64_t total_uj;
	uint64_t measured_uj;
	uint64_t derived_uj;
	uint64_t modelled_uj;
	uint64_t co2e_ug; /* sum of what each ledger has, rounded to a microgram there */
	double error_uj;  /* NAN: not known of some of it */
};

struct report {
	enum report_by by;
	struct report_sum total;
	struct report_sum *group;
	size_t groups;
	struct report_sum final;  /* all ledgers of the run `final_run` */
	char final_run[17];	  /* or "" */
	char first[11], last[11]; /* days on which runs began, "2026-11-21"; "" of none */
	json_t *index;		  /* group by its name */
	json_t *seen;		  /* path and head by run and node */
	json_t *runs;		  /* what runs a group has */
	json_t *sources;	  /* energy, in uJ, by "powercap (measured)" */
	json_t *intensities;	  /* ledgers by what they were booked at */
	json_t *versions;	  /* ledgers by the gramme that wrote them */
};

/* Returns 0 or -ENOMEM. */
int report_open(struct report *report, enum report_by by);
void report_close(struct report *report);

/*
 * Adds one ledger. Returns 0, -ENOMEM, or, where the same run's part on the same node was added
 * before, by *twin, which is the report's: -EEXIST if that says the same, -ESTALE if one of the two
 * says more. It counts once.
 */
int report_add(struct report *report, const json_t *run, const char *path, const char **twin);

/* Puts the groups in order: runs and months by name, that is by time, others by their energy. */
void report_sort(struct report *report);

/* Of the energy, in percent; NAN where it is not known, or nothing was drawn. */
double report_error_pct(const struct report_sum *sum);

/* ---- on paper (report_print.c) ---- */

enum report_form { REPORT_TEXT, REPORT_MARKDOWN, REPORT_LATEX, REPORT_CSV, REPORT_JSON };

/* Returns 0 or -ENOMEM. */
int report_print(const struct report *report, enum report_form form, FILE *out);

#endif
