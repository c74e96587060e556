/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `gramme show` prints of a run: from the object that ledger_read gives, and nothing else.
 */
#ifndef GRAMME_SHOW_H
#define GRAMME_SHOW_H

#include <jansson.h>
#include <stdint.h>

#include "collector/cmd/page.h"
#include "collector/human.h"

/* One page for people. `path` is the ledger's, for its last lines. */
void show_page(const struct page *page, const json_t *run, const char *path);

/* The tables of the page, each with its label. */
void show_energy(const struct page *page, const json_t *run);
void show_kernels(const struct page *page, const json_t *run);
/* Which code asked for each kernel, as far as the run was asked to tell. */
void show_paths(const struct page *page, const json_t *run);
/* Nothing where no epoch was recognised. */
void show_epochs(const struct page *page, const json_t *run);

/* Of a run that has the member `methods` (methods.h). */
void show_methods(const struct page *page, const json_t *run);

/* Of a run that has the member `beside` (beside.h): in short, and all of it. */
void show_beside(const struct page *page, const json_t *run);
void show_impact(const struct page *page, const json_t *run);

/* The member `error_pct` of an object: "+-10 %", or "not known". */
void show_error(const struct page *page, const json_t *object, char text[HUMAN_MAX]);

#define SHOW_ERRORS 64

/*
 * The errors of those of a list that have energy, and are of that kind (NULL: any): "; energy
 * +-5 to 7 %", "; how wrong their energy may be is not known", or "".
 */
void show_errors(const struct page *page, const json_t *list, const char *kind,
		 char text[SHOW_ERRORS]);

/* A label (or "") and the text beside it, wrapped. */
void show_paragraph(const struct page *page, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Members of an object: a text ("" if it is none), a number from 0 on (0 if it is none). */
const char *show_text(const json_t *object, const char *name);
uint64_t show_number(const json_t *object, const char *name);

#endif
