/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output of any content, as lines of a few processes and files: facts are bounded and harmless,
 * epochs are in order, and looking in between changes nothing. A byte 0x1e ends a stretch of lines;
 * the byte behind it says who printed the next one, where, and whether it came late.
 */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "collector/phase/metric.h"
#include "collector/phase/printed.h"
#include "preload/wire.h"

#define METRICS_MAX 512

struct speaker {
	uint32_t process;
	uint32_t flags;
	uint64_t file;
};

static void must_be_harmless(const char *name)
{
	MUST(strlen(name) > 0 && strlen(name) <= LINE_NAME_MAX);
	MUST(fuzz_is_harmless(name));
}

static void read_line(const char *text, size_t bytes)
{
	struct line line;
	const size_t n = line_read(text, bytes, &line);

	MUST(n == line.counters + line.metrics);
	MUST(line.counters <= LINE_COUNTERS && line.metrics <= LINE_METRICS);
	for (size_t i = 0; i < line.counters; i++) {
		MUST(line.counter[i].value >= 0 && isfinite(line.counter[i].value));
		MUST(line.counter[i].of >= 0 && isfinite(line.counter[i].of));
	}
	for (size_t i = 0; i < line.metrics; i++) {
		MUST(isfinite(line.metric[i].value));
		must_be_harmless(line.metric[i].name);
		metric_better(line.metric[i].name);
	}
}

static void tell(struct printed *printed, const struct speaker *speaker, uint64_t t_ns,
		 const char *text, size_t bytes, bool look)
{
	const struct phase_line line = {
		.process = speaker->process,
		.flags = speaker->flags,
		.file = speaker->file,
		.t_ns = t_ns,
		.text = text,
		.bytes = bytes,
	};
	const struct printed_fit *fit;

	printed_line(printed, &line);
	if (look)
		printed_look(printed, &fit);
}

static void tell_all(struct printed *printed, const char *at, const char *end, bool look)
{
	struct speaker speaker = {.process = 1};
	uint64_t t_ns = 0;

	while (at < end) {
		const char *line = at;

		while (at < end && *at != '\n' && *at != '\r' && *at != '\x1e')
			at++;
		tell(printed, &speaker, t_ns += 1000, line, (size_t)(at - line), look);
		if (at + 1 < end && *at == '\x1e') {
			const unsigned char who = (unsigned char)*++at;

			speaker.process = who & 3;
			speaker.file = who >> 2 & 3;
			speaker.flags = who & 16 ? WIRE_NOTE_LATE : 0;
		}
		at++;
	}
}

static void check_epoch(const struct printed *printed, const struct printed_fit *fit, size_t i)
{
	static struct phase_metric metric[METRICS_MAX];
	const struct printed_epoch *epoch = &fit->epoch[i];
	const size_t n = printed_metrics(printed, epoch, metric, METRICS_MAX);

	MUST(epoch->index >= 1 && epoch->index <= fit->epochs);
	MUST(i == 0 || epoch->index > fit->epoch[i - 1].index);
	MUST(epoch->first_ns <= epoch->last_ns && epoch->first_line <= epoch->last_line);
	MUST(n <= METRICS_MAX);
	for (size_t m = 0; m < n; m++)
		must_be_harmless(metric[m].name);
}

static void check(const struct printed *printed, const struct printed_fit *fit, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		MUST(fit[i].sure >= 0 && fit[i].sure <= 1);
		MUST(fit[i].twin <= n && fit[i].stride >= 1);
		MUST(i == 0 || fit[i].first_line >= fit[i - 1].first_line);
		MUST(fit[i].of == 0 || fit[i].of >= fit[i].epochs);
		for (size_t e = 0; e < fit[i].told; e++)
			check_epoch(printed, &fit[i], e);
	}
}

static void must_agree(const struct printed_fit *a, const struct printed_fit *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		MUST(a[i].epochs == b[i].epochs && a[i].of == b[i].of && a[i].told == b[i].told);
		MUST(a[i].sure == b[i].sure && a[i].steps == b[i].steps);
		for (size_t e = 0; e < a[i].told; e++)
			MUST(a[i].epoch[e].first_ns == b[i].epoch[e].first_ns &&
			     a[i].epoch[e].last_ns == b[i].epoch[e].last_ns);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const struct printed_fit *fit, *looked_fit;
	struct printed *printed, *looked;
	size_t n;

	read_line(text, size);
	MUST(printed_new(&printed) == 0 && printed_new(&looked) == 0);
	tell_all(printed, text, text + size, false);
	tell_all(looked, text, text + size, true);
	n = printed_look(printed, &fit);
	MUST(printed_look(looked, &looked_fit) == n);
	check(printed, fit, n);
	must_agree(fit, looked_fit, n);
	printed_free(printed);
	printed_free(looked);
	return 0;
}
