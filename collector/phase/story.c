/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded stories, written and read. A text is a stranger's: what is no printable ASCII stands as
 * \xHH, so that a story is greppable and survives mail, and reading it gives the same bytes back.
 */
#include "collector/phase/story.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define FIELDS 10

struct story story_begin(const char *text, size_t size)
{
	return (struct story){.tsv = tsv_begin(text, size)};
}

static void write_text(FILE *to, const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\\')
			fputs("\\\\", to);
		else if (c < ' ' || c > '~')
			fprintf(to, "\\x%02x", c);
		else
			fputc(c, to);
	}
}

static void write_kernel(FILE *to, const struct phase_kernel *k)
{
	uint64_t length_ns = k->end_ns > k->start_ns ? k->end_ns - k->start_ns : 0;

	fprintf(to, "kernel\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32, k->process, k->lane,
		k->kernel, k->shape);
	fprintf(to, "\t%" PRIu64 "\t%" PRIu64, k->start_ns, length_ns);
	if (k->called_ns < k->start_ns || k->solves)
		fprintf(to, "\t%" PRIu64, k->start_ns - k->called_ns);
	if (k->solves)
		fputs("\t1", to);
	fputc('\n', to);
}

static void write_line(FILE *to, const struct phase_line *l)
{
	fprintf(to, "line\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu64 "\t%" PRIu64 "\t", l->process,
		l->flags, l->file, l->t_ns);
	write_text(to, l->text, l->bytes);
	fputc('\n', to);
}

static void write_file(FILE *to, const struct phase_file *f)
{
	fprintf(to, "file\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu64, f->process, f->kind,
		f->flags, f->file);
	fprintf(to, "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t", f->begin_ns,
		f->end_ns, f->bytes, f->size);
	write_text(to, f->name, f->name_bytes);
	fputc('\n', to);
}

void story_write(FILE *to, const struct story_event *event)
{
	switch (event->kind) {
	case STORY_KERNEL:
		write_kernel(to, &event->kernel);
		break;
	case STORY_LINE:
		write_line(to, &event->line);
		break;
	case STORY_FILE:
		write_file(to, &event->file);
		break;
	case STORY_LOST:
		fprintf(to, "lost\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu64 "\n", event->lost.process,
			event->lost.lane, event->lost.events);
		break;
	case STORY_LOOK:
		fprintf(to, "look\t%" PRIu64 "\n", event->now_ns);
		break;
	case STORY_OVER:
		fprintf(to, "over\t%" PRIu64 "\n", event->now_ns);
		break;
	}
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns the bytes that were escaped, or -EINVAL. */
static int read_text(struct story *story, const struct tsv_field *field, size_t *bytes)
{
	const char *at = field->text, *end = field->text + field->size;
	size_t n = 0;

	for (; at < end && n < sizeof(story->text); n++) {
		if (*at != '\\') {
			story->text[n] = *at++;
		} else if (end - at >= 2 && at[1] == '\\') {
			story->text[n] = '\\';
			at += 2;
		} else if (end - at >= 4 && at[1] == 'x' && hex(at[2]) >= 0 && hex(at[3]) >= 0) {
			story->text[n] = (char)(hex(at[2]) << 4 | hex(at[3]));
			at += 4;
		} else {
			return -EINVAL;
		}
	}
	*bytes = n;
	return 0;
}

/* Reads decimal fields from `field` on; those of 32 bits say so in `narrow`, a bit each. */
static int read_numbers(const struct tsv_field *field, size_t n, unsigned narrow, uint64_t *value)
{
	for (size_t i = 0; i < n; i++)
		if (tsv_u64(&field[i], &value[i]) || (narrow >> i & 1 && value[i] > UINT32_MAX))
			return -EINVAL;
	return 0;
}

static int read_kernel(const struct tsv_field *field, size_t n, struct story_event *event)
{
	uint64_t value[8] = {0};

	if (n < 7 || n > 9 || read_numbers(field + 1, n - 1, 0xf, value) ||
	    value[5] > UINT64_MAX - value[4] || value[6] > value[4] || value[7] > 1)
		return -EINVAL;
	event->kind = STORY_KERNEL;
	event->kernel = (struct phase_kernel){
		.process = (uint32_t)value[0],
		.lane = (uint32_t)value[1],
		.kernel = (uint32_t)value[2],
		.shape = (uint32_t)value[3],
		.start_ns = value[4],
		.end_ns = value[4] + value[5],
		.called_ns = value[4] - value[6],
		.solves = value[7],
	};
	return 1;
}

static int read_line(struct story *story, const struct tsv_field *field, size_t n,
		     struct story_event *event)
{
	uint64_t value[4];
	size_t bytes;

	if (n != 6 || read_numbers(field + 1, 4, 0x3, value) || read_text(story, &field[5], &bytes))
		return -EINVAL;
	event->kind = STORY_LINE;
	event->line = (struct phase_line){
		.process = (uint32_t)value[0],
		.flags = (uint32_t)value[1],
		.file = value[2],
		.t_ns = value[3],
		.text = story->text,
		.bytes = bytes,
	};
	return 1;
}

static int read_file(struct story *story, const struct tsv_field *field, size_t n,
		     struct story_event *event)
{
	uint64_t value[8];
	size_t bytes;

	if (n != 10 || read_numbers(field + 1, 8, 0x7, value) ||
	    read_text(story, &field[9], &bytes))
		return -EINVAL;
	event->kind = STORY_FILE;
	event->file = (struct phase_file){
		.process = (uint32_t)value[0],
		.kind = (uint32_t)value[1],
		.flags = (uint32_t)value[2],
		.file = value[3],
		.begin_ns = value[4],
		.end_ns = value[5],
		.bytes = value[6],
		.size = value[7],
		.name = story->text,
		.name_bytes = bytes,
	};
	return 1;
}

static int read_lost(const struct tsv_field *field, size_t n, struct story_event *event)
{
	uint64_t value[3];

	if (n != 4 || read_numbers(field + 1, 3, 0x3, value))
		return -EINVAL;
	event->kind = STORY_LOST;
	event->lost = (struct story_lost){(uint32_t)value[0], (uint32_t)value[1], value[2]};
	return 1;
}

static int read_moment(const struct tsv_field *field, size_t n, enum story_kind kind,
		       struct story_event *event)
{
	event->kind = kind;
	return n == 2 && !tsv_u64(&field[1], &event->now_ns) ? 1 : -EINVAL;
}

int story_next(struct story *story, struct story_event *event)
{
	struct tsv_field field[FIELDS];
	size_t n = tsv_next_row(&story->tsv, field, FIELDS);

	if (!n)
		return 0;
	*event = (struct story_event){0};
	if (tsv_is(&field[0], "kernel"))
		return read_kernel(field, n, event);
	if (tsv_is(&field[0], "line"))
		return read_line(story, field, n, event);
	if (tsv_is(&field[0], "file"))
		return read_file(story, field, n, event);
	if (tsv_is(&field[0], "lost"))
		return read_lost(field, n, event);
	if (tsv_is(&field[0], "look"))
		return read_moment(field, n, STORY_LOOK, event);
	if (tsv_is(&field[0], "over"))
		return read_moment(field, n, STORY_OVER, event);
	return -EINVAL;
}

void story_tell(struct phases *phases, const struct story_event *event)
{
	const struct phase *phase;

	switch (event->kind) {
	case STORY_KERNEL:
		phases_kernel(phases, &event->kernel);
		break;
	case STORY_LINE:
		phases_line(phases, &event->line);
		break;
	case STORY_FILE:
		phases_file(phases, &event->file);
		break;
	case STORY_LOST:
		phases_lost(phases, event->lost.process, event->lost.lane, event->lost.events);
		break;
	case STORY_LOOK:
	case STORY_OVER:
		phases_look(phases, event->now_ns, event->kind == STORY_OVER, &phase);
		break;
	}
}
