/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells recorded stories to the recogniser and prints what it makes of them:
 * replay [-p EPOCHS,MS,MANY] [-l EVENTS] [STORY...], standard input without one. A line a phase,
 * fields separated by tabs:
 * id, parent, kind, index, of, start_ns, end_ns, steps, evidence, confidence, name=value...
 * -p: when epochs are final (phases_patience). -l: looks after so many events, as a collector does:
 * what is final is printed, and forgotten; the rest comes at the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/phase/story.h"

static struct {
	uint32_t epochs, ms, many;
	bool set;
} patience;

static unsigned long looks_every;

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

/* Prints what is final and forgets it, but for what is behind something that is not. */
static void take_final(struct phases *phases, uint64_t now_ns)
{
	const struct phase *phase;
	const size_t n = phases_look(phases, now_ns, false, &phase);
	uint32_t last = 0;

	for (size_t i = 0; i < n; i++) {
		if (!phase[i].final)
			continue;
		print_phase(&phase[i]);
		last = phase[i].id;
	}
	if (last)
		phases_forget(phases, last);
}

/* The last moment of the story is its end, unless it says so itself. */
static int tell(struct phases *phases, const char *text, size_t size)
{
	struct story story = story_begin(text, size);
	struct story_event event = {0};
	uint64_t last_ns = 0;
	unsigned long events = 0;
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
		if (event.kind != STORY_LOOK || !looks_every)
			story_tell(phases, &event);
		if (looks_every && ++events % looks_every == 0)
			take_final(phases, last_ns);
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
	if (patience.set)
		phases_patience(phases, patience.epochs, patience.ms * UINT64_C(1000000),
				patience.many);
	status = tell(phases, text, size);
	phases_free(phases);
	free(text);
	return status;
}

int main(int argc, char **argv)
{
	int status = 0, option;

	while ((option = getopt(argc, argv, "p:l:")) != -1) {
		if (option == 'l')
			looks_every = strtoul(optarg, NULL, 10);
		else if (option != 'p' ||
			 sscanf(optarg, "%" SCNu32 ",%" SCNu32 ",%" SCNu32, &patience.epochs,
				&patience.ms, &patience.many) != 3)
			return 2;
		patience.set |= option == 'p';
	}
	if (optind == argc)
		return replay(stdin);
	for (int i = optind; i < argc; i++) {
		FILE *from = fopen(argv[i], "re");

		if (!from) {
			perror(argv[i]);
			return 1;
		}
		if (argc > optind + 1)
			printf("# %s\n", argv[i]);
		status |= replay(from);
		fclose(from);
	}
	return status;
}
