/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stories of any content, told to the recogniser: what it makes of them must be laid out in time,
 * parents around their children and leaves beside each other, and be the same when it is asked
 * again.
 */
#include "tests/fuzz/fuzz.h"

#include "collector/phase/story.h"

#define EVENTS_MAX 20000u

/* What two judgements have in common if they are the same. */
static uint64_t check(const struct phase *phase, size_t n, uint64_t now_ns)
{
	uint64_t leaf_ns = 0, sum = n;

	for (size_t i = 0; i < n; i++) {
		const struct phase *p = &phase[i];

		MUST(p->id == i + 1 && p->parent < p->id);
		MUST(p->start_ns <= p->end_ns && p->end_ns <= now_ns);
		MUST(p->confidence >= 0 && p->confidence <= 1);
		for (size_t k = 0; k < p->metrics; k++)
			MUST(fuzz_is_harmless(p->metric[k].name));
		sum = (sum ^ p->start_ns) * 31 + p->end_ns + p->steps;
		if (p->parent) {
			MUST(p->start_ns >= phase[p->parent - 1].start_ns);
			MUST(p->end_ns <= phase[p->parent - 1].end_ns);
		}
		if (p->kind == PHASE_FIT || p->kind == PHASE_EPOCH)
			continue;
		MUST(p->start_ns >= leaf_ns);
		leaf_ns = p->end_ns;
	}
	return sum;
}

static void tell(struct phases *phases, const uint8_t *data, size_t size, uint64_t *last_ns)
{
	struct story story = story_begin((const char *)data, size);
	struct story_event event;
	unsigned left = EVENTS_MAX;

	while (left-- && story_next(&story, &event) == 1) {
		if (event.kind == STORY_KERNEL && event.kernel.end_ns > *last_ns)
			*last_ns = event.kernel.end_ns;
		if (event.kind == STORY_LINE && event.line.t_ns > *last_ns)
			*last_ns = event.line.t_ns;
		if (event.kind == STORY_FILE && event.file.end_ns > *last_ns)
			*last_ns = event.file.end_ns;
		if ((event.kind == STORY_LOOK || event.kind == STORY_OVER) &&
		    event.now_ns > *last_ns)
			*last_ns = event.now_ns;
		story_tell(phases, &event);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct phase *phase;
	struct phases *phases;
	uint64_t last_ns = 0;

	MUST(phases_new(&phases) == 0);
	tell(phases, data, size, &last_ns);
	size_t n = phases_look(phases, last_ns, true, &phase);
	const uint64_t once = check(phase, n, last_ns);
	n = phases_look(phases, last_ns, true, &phase);
	MUST(check(phase, n, last_ns) == once);
	phases_free(phases);
	return 0;
}
