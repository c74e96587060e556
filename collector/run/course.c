/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The course of a run.
 */
#include "collector/run/course.h"

#include "collector/phase/story.h"

void course_open(struct course *course, uint64_t start_ns)
{
	*course = (struct course){.start_ns = start_ns};
	if (phases_new(&course->phases))
		course->phases = NULL;
}

void course_close(struct course *course)
{
	if (course->phases)
		phases_free(course->phases);
	*course = (struct course){0};
}

uint32_t course_process(struct course *course)
{
	return ++course->processes;
}

static uint64_t since_start(const struct course *course, uint64_t t_ns)
{
	return t_ns > course->start_ns ? t_ns - course->start_ns : 0;
}

void course_kernel(struct course *course, const struct phase_kernel *absolute)
{
	struct phase_kernel kernel = *absolute;

	kernel.start_ns = since_start(course, absolute->start_ns);
	kernel.end_ns = since_start(course, absolute->end_ns);
	kernel.called_ns = since_start(course, absolute->called_ns);
	if (course->phases)
		phases_kernel(course->phases, &kernel);
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

size_t course_look(struct course *course, uint64_t now_ns, bool over, const struct phase **phase)
{
	const uint64_t t_ns = since_start(course, now_ns);

	*phase = NULL;
	if (course->events)
		story_write(course->events,
			    &(struct story_event){.kind = over ? STORY_OVER : STORY_LOOK,
						  .now_ns = t_ns});
	return course->phases ? phases_look(course->phases, t_ns, over, phase) : 0;
}
