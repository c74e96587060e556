/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The course of a run.
 */
#include "collector/run/course.h"

#include "collector/phase/story.h"
#include "collector/units.h"

#define LOOK_NS 900000000ULL /* a tick between two seconds is for others */

static uint64_t since_start(const struct course *course, uint64_t t_ns)
{
	return t_ns > course->start_ns ? t_ns - course->start_ns : 0;
}

/* What the run bore on a domain that goes into this book of it. */
static uint64_t booked_uj(const struct course_domain *of, const struct account_posting *posting)
{
	if (of->derived)
		return posting->run_derived_uj;
	return of->shared ? posting->run_uj - posting->run_derived_uj : posting->run_uj;
}

static void open_book(struct course *course, const struct course_domain *is,
		      enum power_quality quality, const struct ledger_resumed *resumed,
		      uint64_t t_ns)
{
	struct chapter_books *books = &course->books;
	struct course_domain *of = &course->domain[books->domains];

	*of = *is;
	if (resumed)
		of->domain_uj = resumed->posting[of->index].domain_uj;
	timeline_open(&books->energy[books->domains], t_ns,
		      resumed ? booked_uj(of, &resumed->posting[of->index]) : 0);
	books->quality[books->domains++] = quality;
}

static void open_books(struct course *course, const struct power_domain *domain, size_t domains,
		       const struct ledger_resumed *resumed, uint64_t t_ns)
{
	for (size_t i = 0; i < domains; i++) {
		struct course_domain is = {.index = i};

		if (domain[i].within[0])
			continue;
		is.shared = domain[i].kind == POWER_GPU && domain[i].quality == POWER_MEASURED;
		open_book(course, &is, domain[i].quality, resumed, t_ns);
		is.derived = true;
		if (is.shared)
			open_book(course, &is, POWER_DERIVED, resumed, t_ns);
	}
}

void course_open(struct course *course, uint64_t start_ns, const struct power_domain *domain,
		 size_t domains, const struct ledger_resumed *resumed, uint64_t now_ns)
{
	*course = (struct course){.start_ns = start_ns, .looked_ns = now_ns};
	if (phases_new(&course->phases))
		course->phases = NULL;
	open_books(course, domain, domains, resumed, since_start(course, now_ns));
	if (!resumed) {
		chapters_open(&course->chapters, 0, 0);
		return;
	}
	chapters_open(&course->chapters, resumed->state.t_ns, resumed->phase_id);
	course->books.rates.begin_ns = resumed->state.t_ns;
	for (size_t i = 0; i < resumed->state.kernels; i++)
		chapters_credit(&course->chapters, &resumed->phased[i]);
}

void course_close(struct course *course)
{
	if (course->phases)
		phases_free(course->phases);
	chapters_close(&course->chapters);
	window_close(&course->books.window);
	rates_close(&course->books.rates);
	for (size_t i = 0; i < course->books.domains; i++)
		timeline_close(&course->books.energy[i]);
	*course = (struct course){0};
}

uint32_t course_process(struct course *course)
{
	return ++course->processes;
}

void course_kernel(struct course *course, const struct phase_kernel *absolute)
{
	struct phase_kernel kernel = *absolute;

	kernel.start_ns = since_start(course, absolute->start_ns);
	kernel.end_ns = since_start(course, absolute->end_ns);
	kernel.called_ns = since_start(course, absolute->called_ns);
	if (!course->phases)
		return;
	phases_kernel(course->phases, &kernel);
	window_add(&course->books.window, kernel.kernel, kernel.start_ns, kernel.end_ns);
	if (course->events)
		story_write(course->events,
			    &(struct story_event){.kind = STORY_KERNEL, .kernel = kernel});
}

static void hear_line(struct course *course, uint32_t process, const struct arena_note *note)
{
	const struct phase_line line = {.process = process,
					.flags = note->flags,
					.file = note->file,
					.t_ns = since_start(course, note->t_ns),
					.text = note->text,
					.bytes = note->text_bytes};

	if (course->phases)
		phases_line(course->phases, &line);
	if (course->events)
		story_write(course->events,
			    &(struct story_event){.kind = STORY_LINE, .line = line});
}

static void hear_file(struct course *course, uint32_t process, const struct arena_note *note)
{
	const struct phase_file file = {.process = process,
					.kind = note->kind,
					.flags = note->flags,
					.file = note->file,
					.begin_ns = since_start(course, note->begin_ns),
					.end_ns = since_start(course, note->t_ns),
					.bytes = note->bytes,
					.size = note->size,
					.name = note->text,
					.name_bytes = note->text_bytes};

	if (course->phases)
		phases_file(course->phases, &file);
	if (course->events)
		story_write(course->events,
			    &(struct story_event){.kind = STORY_FILE, .file = file});
}

void course_note(struct course *course, uint32_t process, const struct arena_note *note)
{
	if (note->kind == WIRE_NOTE_LINE)
		hear_line(course, process, note);
	else
		hear_file(course, process, note);
}

void course_lost(struct course *course, uint32_t process, uint32_t lane, uint64_t events)
{
	const struct story_event event = {.kind = STORY_LOST, .lost = {process, lane, events}};

	if (course->phases)
		phases_lost(course->phases, process, lane, events);
	if (course->events)
		story_write(course->events, &event);
}

/*
 * Within a tick a run's power is taken to rise and fall as the domain's does. The trace is of the
 * last tick alone: where more was booked, or less, since the domain could not be read or the run
 * came in between, it says nothing.
 */
static void add_samples(struct timeline *energy, const struct course *course,
			const struct power_trace *trace, uint64_t more_uj, uint64_t run_uj)
{
	const uint64_t whole_uj = trace->end_uj - trace->begin_uj;
	const uint64_t before_uj = timeline_at(energy, timeline_end_ns(energy));

	if (!whole_uj || more_uj != whole_uj || run_uj < before_uj)
		return;
	for (size_t i = 0; i < trace->n; i++) {
		const struct power_sample *sample = &trace->sample[i];

		timeline_add(energy, since_start(course, sample->t_ns),
			     before_uj + units_mul_div(run_uj - before_uj,
						       sample->energy_uj - trace->begin_uj,
						       whole_uj));
	}
}

/* A domain whose posting has not changed was not read: what it drew meanwhile comes later. */
static void add_energy(struct course *course, uint64_t t_ns, const struct account_posting *posting)
{
	for (size_t i = 0; i < course->books.domains; i++) {
		struct course_domain *of = &course->domain[i];
		const struct account_posting *now = &posting[of->index];

		if (now->domain_uj == of->domain_uj && now->gap_ns == of->gap_ns)
			continue;
		if (course->trace)
			add_samples(&course->books.energy[i], course, &course->trace[of->index],
				    now->domain_uj - of->domain_uj, booked_uj(of, now));
		of->domain_uj = now->domain_uj;
		of->gap_ns = now->gap_ns;
		timeline_add(&course->books.energy[i], t_ns, booked_uj(of, now));
	}
	course->trace = NULL;
}

void course_trace(struct course *course, const struct power_trace *trace)
{
	course->trace = trace;
}

void course_rate(struct course *course, uint64_t t_ns, uint64_t ug_per_kwh)
{
	rates_add(&course->books.rates, since_start(course, t_ns), ug_per_kwh);
}

void course_tick(struct course *course, uint64_t now_ns, bool over,
		 const struct account_posting *posting, const struct ledger_kernel *row,
		 size_t rows)
{
	const uint64_t t_ns = since_start(course, now_ns);
	const struct phase *phase = NULL;

	add_energy(course, t_ns, posting);
	if (!course->phases || (!over && now_ns - course->looked_ns < LOOK_NS))
		return;
	course->looked_ns = now_ns;
	if (course->events)
		story_write(course->events,
			    &(struct story_event){.kind = over ? STORY_OVER : STORY_LOOK,
						  .now_ns = t_ns});
	size_t n = phases_look(course->phases, t_ns, over, &phase);
	chapters_take(&course->chapters, phase, n, t_ns, over, &course->books, row, rows);
	if (!over)
		phases_forget(course->phases, chapters_booked(&course->chapters, phase, n));
}

void course_state(const struct course *course, struct ledger_state *state)
{
	state->phase = course->chapters.phase;
	state->phases = course->chapters.n;
	state->phases_before = course->chapters.before;
	state->open = course->chapters.open;
	state->opens = course->chapters.opens;
}
