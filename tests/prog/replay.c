/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells recorded stories to the recogniser and prints what it makes of them: replay [STORY...],
 * standard input without one. A line a phase, fields separated by tabs:
 * id, parent, kind, index, of, start_ns, end_ns, steps, evidence, confidence, name=value...
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/phase/story.h"

static const char *kind_name(enum phase_kind kind)
{
	static const char *const name[] = {
		[PHASE_STARTUP] = "startup",   [PHASE_TRAIN] = "train",
		[PHASE_EVALUATE] = "evaluate", [PHASE_CHECKPOINT] = "checkpoint",
		[PHASE_PAUSE] = "pause",       [PHASE_TEARDOWN] = "teardown",
		[PHASE_FIT] = "fit",	       [PHASE_EPOCH] = "epoch",
	};

	return name[kind];
}

static void print_evidence(uint32_t evidence)
{
	static const char *const name[] = {"text", "kernels", "files", "checkpoints"};
	const char *before = "";

	for (unsigned i = 0; i < 4; i++)
		if (evidence >> i & 1) {
			printf("%s%s", before, name[i]);
			before = ",";
		}
	if (!evidence)
		putchar('-');
}

static void print_phase(const struct phase *p)
{
	printf("%" PRIu32 "\t%" PRIu32 "\t%s%s\t%" PRIu32 "\t%" PRIu32, p->id, p->parent,
	       kind_name(p->kind), p->open ? "..." : "", p->index, p->of);
	printf("\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t", p->start_ns, p->end_ns, p->steps);
	print_evidence(p->evidence);
	printf("\t%.2f", p->confidence);
	for (size_t i = 0; i < p->metrics; i++)
		printf("\t%s=%.17g", p->metric[i].name, p->metric[i].value);
	putchar('\n');
}

static char *read_all(FILE *from, size_t *size)
{
	char *text = NULL;
	size_t room = 0, n;

	*size = 0;
	do {
		if (*size == room) {
			room = room ? 2 * room : 65536;
			char *more = realloc(text, room);
			if (!more) {
				free(text);
				return NULL;
			}
			text = more;
		}
		n = fread(text + *size, 1, room - *size, from);
		*size += n;
	} while (n);
	return text;
}

/* The last moment of the story is its end, unless it says so itself. */
static int tell(struct phases *phases, const char *text, size_t size)
{
	struct story story = story_begin(text, size);
	struct story_event event = {0};
	uint64_t last_ns = 0;
	const struct phase *phase;
	int more;

	while ((more = story_next(&story, &event)) > 0) {
		if (event.kind == STORY_OVER) {
			last_ns = event.now_ns;
			break;
		}
		if (event.kind == STORY_KERNEL && event.kernel.end_ns > last_ns)
			last_ns = event.kernel.end_ns;
		if (event.kind == STORY_LINE && event.line.t_ns > last_ns)
			last_ns = event.line.t_ns;
		if (event.kind == STORY_FILE && event.file.end_ns > last_ns)
			last_ns = event.file.end_ns;
		story_tell(phases, &event);
	}
	if (more < 0) {
		fprintf(stderr, "replay: line %u is not of a story\n", story.tsv.line);
		return 1;
	}
	size_t n = phases_look(phases, last_ns, true, &phase);
	for (size_t i = 0; i < n; i++)
		print_phase(&phase[i]);
	return 0;
}

static int replay(FILE *from)
{
	struct phases *phases;
	size_t size;
	char *text = read_all(from, &size);
	int status;

	if (!text || phases_new(&phases)) {
		fprintf(stderr, "replay: %s\n", strerror(ENOMEM));
		free(text);
		return 1;
	}
	status = tell(phases, text, size);
	phases_free(phases);
	free(text);
	return status;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2)
		return replay(stdin);
	for (int i = 1; i < argc; i++) {
		FILE *from = fopen(argv[i], "re");

		if (!from) {
			perror(argv[i]);
			return 1;
		}
		if (argc > 2)
			printf("# %s\n", argv[i]);
		status |= replay(from);
		fclose(from);
	}
	return status;
}
