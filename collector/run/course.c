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
