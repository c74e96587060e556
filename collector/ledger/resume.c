/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking a ledger up again. The file is the truth: what it adds up to is where the run goes on.
 * The journal and the snapshot in memory only ever add to it, each as one more line that balances,
 * so that a death at any moment between the three leaves nothing booked twice. Nothing waits for
 * the disk, since hundreds of runs may be taken up at once: the next journal does.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/ledger/check.h"
#include "collector/ledger/entry.h"
#include "collector/ledger/intensity.h"
#include "collector/ledger/ledger.h"
#include "collector/ledger/pathline.h"
#include "collector/ledger/phaseline.h"
#include "collector/ledger/reader.h"
#include "collector/ledger/writer.h"
#include "collector/saturate.h"

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static uint64_t nanoseconds_of(const json_t *object, const char *name)
{
	const char *text = text_of(object, name);

	return text ? strtoull(text, NULL, 10) : 0;
}

/* The identity of row `i`; strings live as long as `rows`. */
static struct ledger_kernel kernel_of(const json_t *rows, size_t i)
{
	const json_t *row = json_array_get(rows, i);
	const char *const text[] = {text_of(row, "api"), text_of(row, "kind"), text_of(row, "name"),
				    text_of(row, "device")};

	return (struct ledger_kernel){.api = text[0] ? text[0] : "",
				      .kind = text[1] ? text[1] : "",
				      .name = text[2] ? text[2] : "",
				      .device = text[3] ? text[3] : "",
				      .domain = text_of(row, "domain")};
}

/* ---- from the snapshot ---- */

/* Reads a snapshot against the opening line of the file. */
static int read_snapshot(struct reading *then, const json_t *open, json_t *snapshot)
{
	struct ledger_problem problem;
	unsigned __int128 weighted;
	int error = reading_init(then);

	if (!error)
		error = reading_take(then, (json_t *)(uintptr_t)open, &problem);
	if (!error)
		error = reading_take(then, snapshot, &problem);
	/* Its line has a mean over the whole run: the sum itself stands beside it. */
	if (!error &&
	    !intensity_parse(text_of(json_object_get(snapshot, "ahead"), "weighted"), &weighted))
		then->now.grid.held = weighted;
	return error;
}

/* Are the file's rows those of the snapshot, as far as they go? */
static bool same_rows(const json_t *file, const json_t *memory)
{
	size_t n = json_array_size(file);

	if (n > json_array_size(memory))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!json_equal(json_array_get(file, i), json_array_get(memory, i)))
			return false;
	return true;
}

/*
 * The phases that the snapshot has beyond the file, as long as they fit: the snapshot says how many
 * the file had. Borrowed or new, in *final and *open, which are to be released.
 */
static int phases_ahead(const struct reading *file, const json_t *snapshot, json_t **final,
			json_t **open)
{
	const json_t *ahead = json_object_get(snapshot, "ahead");
	const json_t *list = json_object_get(ahead, "phases");
	json_t *under_way = json_object_get(ahead, "open");
	const json_int_t before = json_integer_value(json_object_get(ahead, "before"));
	const uint64_t count = file->now.final.count;

	*final = json_array();
	*open = json_is_array(under_way) ? json_incref(under_way) : json_array();
	if (before >= 0 && (uint64_t)before <= count)
		for (size_t i = count - (uint64_t)before; i < json_array_size(list); i++)
			if (json_array_append(*final, json_array_get(list, i)))
				return -ENOMEM;
	return *final && *open ? 0 : -ENOMEM;
}

/* Would the line be taken with what it says of phases? */
static bool phases_fit(const struct ledger *ledger, const struct reading *file,
		       const struct tally *memory, const json_t *final, const json_t *open)
{
	struct ledger_problem problem;
	struct tally now = {0};
	bool fit = !tally_copy(&now, memory);

	tally_keep_phases(&now, &file->now);
	fit = fit && !phaseline_take(final, open, &now, &problem) &&
	      !check_step(&ledger->terms, &ledger->written, &now, &problem);
	tally_free(&now);
	return fit;
}

static int add_phases(const struct ledger *ledger, const struct reading *file,
		      const struct tally *memory, const json_t *snapshot, json_t *body)
{
	json_t *final, *open;
	int error = phases_ahead(file, snapshot, &final, &open);

	if (!error && phases_fit(ledger, file, memory, final, open))
		error = entry_phases(body, final, open);
	else if (!error)
		error = entry_phases(body, NULL, file->under_way);
	json_decref(final);
	json_decref(open);
	return error;
}

static json_t *difference(const struct ledger *ledger, const struct reading *memory)
{
	size_t n = memory->now.kernels;
	struct ledger_kernel *kernel = calloc(n + 1, sizeof(*kernel));

	if (!kernel)
		return NULL;
	for (size_t i = 0; i < n; i++)
		kernel[i] = kernel_of(memory->rows, i);
	json_t *body = entry_interval(&ledger->terms, &ledger->written, &memory->now, kernel);
	free(kernel);
	struct ledger_paths_told *told =
		pathline_tell(memory->functions, memory->paths, &memory->now.paths);
	if (!told || !body ||
	    pathline_put(body, &ledger->written.paths, &memory->now.paths, &told->paths)) {
		json_decref(body);
		body = NULL;
	}
	pathline_told_free(told);
	return body;
}

static bool is_step(const struct ledger *ledger, const struct reader *reader,
		    const struct reading *memory)
{
	struct ledger_problem problem;

	return same_rows(reader->reading.rows, memory->rows) &&
	       same_rows(reader->reading.functions, memory->functions) &&
	       same_rows(reader->reading.paths, memory->paths) &&
	       !check_step(&ledger->terms, &ledger->written, &memory->now, &problem);
}

static int append_memory(struct ledger *ledger, struct reader *reader, json_t *snapshot,
			 const struct reading *memory)
{
	struct ledger_problem problem;
	json_t *body = difference(ledger, memory);
	int error =
		body ? add_phases(ledger, &reader->reading, &memory->now, snapshot, body) : -ENOMEM;

	if (!error)
		error = writer_append(ledger, body, false);
	if (!error)
		error = reading_take(&reader->reading, body, &problem);
	json_decref(body);
	return error ? error : tally_copy(&ledger->written, &reader->reading.now);
}

static uint64_t calls_of(const struct tally *tally)
{
	uint64_t calls = 0;

	for (size_t i = 0; i < tally->kernels; i++)
		calls = saturate_add(calls, tally->kernel[i].count);
	return calls;
}

/*
 * Appends what the snapshot has beyond the file; one that is no step onwards is left alone. It is
 * none where a line was written after it. One that knows of more than the file does says *misfit.
 */
static int append_snapshot(struct ledger *ledger, struct reader *reader, json_t *snapshot,
			   bool *misfit)
{
	struct reading memory;
	int error = read_snapshot(&memory, reader->reading.open, snapshot);

	/* An anchor may have been written since. */
	if (!error && memory.now.t_ns < ledger->written.t_ns)
		memory.now.t_ns = ledger->written.t_ns;
	bool step = !error && is_step(ledger, reader, &memory);
	*misfit = error == -EBADMSG ||
		  (!error && !step && calls_of(&memory.now) > calls_of(&ledger->written));
	if (step)
		error = append_memory(ledger, reader, snapshot, &memory);
	reading_free(&memory);
	return error == -EBADMSG && !step ? 0 : error;
}

/* ---- from the files ---- */

static int read_journal(const struct ledger *ledger, struct reader *reader, char **line,
			size_t *length)
{
	struct ledger_problem problem;
	int fd = file_open(&ledger->place, ".journal", O_RDONLY);

	/* Without one there is nothing to add; one that is no plain file is none. */
	if (fd < 0)
		return 0;
	int error = reader_journal(reader, fd, line, length, &problem);
	close(fd);
	return error;
}

static int read_files(struct ledger *ledger, struct reader *reader)
{
	struct ledger_problem problem;
	size_t length = 0;
	char *line = NULL;
	int error = reader_chain(reader, ledger->fd, &problem);

	if (error)
		return error;
	if (reader->reading.close)
		return -EALREADY;
	ledger->size = (off_t)reader->whole_bytes;
	ledger->torn = reader->torn_bytes > 0;
	ledger->chain = reader->chain;
	ledger->terms = reader->reading.terms;
	error = read_journal(ledger, reader, &line, &length);
	if (!error && line)
		error = writer_append_line(ledger, line, length, false);
	free(line);
	return error ? error : tally_copy(&ledger->written, &reader->reading.now);
}

/* ---- what came of it ---- */

static void tell_opening(const struct reading *reading, struct ledger_resumed *resumed)
{
	const json_t *open = reading->open, *factor = json_object_get(open, "factor");
	struct carbon_factor *to = &resumed->factor;
	const char *zone = text_of(factor, "zone"), *name = text_of(factor, "name");
	const char *run = text_of(open, "run");

	snprintf(resumed->run, sizeof(resumed->run), "%s", run ? run : "");
	resumed->start_utc_ns = nanoseconds_of(open, "start_unix_ns");
	resumed->start_monotonic_ns = nanoseconds_of(open, "start_monotonic_ns");
	snprintf(to->zone, sizeof(to->zone), "%s", zone ? zone : "");
	snprintf(to->name, sizeof(to->name), "%s", name ? name : "");
	to->assumed = json_is_true(json_object_get(factor, "assumed"));
	to->ug_per_kwh = reading->terms.ug_per_kwh;
	resumed->pue_milli = reading->terms.pue_milli;
	resumed->timed = reading->terms.timed;
	resumed->domains = reading->terms.domains;
	const json_t *domains = json_object_get(open, "domains");
	for (size_t i = 0; i < resumed->domains; i++) {
		const struct tally_domain *from = &reading->terms.domain[i];

		memcpy(resumed->domain[i].name, from->name, sizeof(from->name));
		memcpy(resumed->domain[i].within, from->within, sizeof(from->within));
		resumed->domain[i].quality = from->quality;
		resumed->posting[i] = reading->now.posting[i];
		resumed->idle_method[i] = json_string_value(json_array_get(reading->now.idle, i));
		resumed->idle_policy[i] = text_of(json_array_get(domains, i), "idle_policy");
	}
}

static int tell_kernels(const struct reading *reading, struct ledger_resumed *resumed)
{
	const struct tally *now = &reading->now;

	resumed->kernel = calloc(now->kernels + 1, sizeof(*resumed->kernel));
	resumed->phased = calloc(now->kernels + 1, sizeof(*resumed->phased));
	if (!resumed->kernel || !resumed->phased)
		return -ENOMEM;
	for (size_t i = 0; i < now->kernels; i++) {
		const struct tally_kernel *from = &now->kernel[i];
		struct ledger_kernel *to = &resumed->kernel[i];

		*to = kernel_of(reading->rows, i);
		to->count = from->count;
		to->failed = from->failed;
		to->timed = from->timed;
		to->device_ns = from->device_ns;
		to->busy_ns = from->busy_ns;
		to->host_ns = from->host_ns;
		to->bytes = from->bytes;
		to->flop = from->flop;
		to->energy_uj = from->energy_uj;
		resumed->phased[i] = (struct ledger_phase_kernel){(uint32_t)i, from->phases_count,
								  from->phases_device_ns};
	}
	resumed->phase_id = nesting_last_id(&now->all);
	return 0;
}

static int tell_uncovered(const json_t *list, struct ledger_resumed *resumed)
{
	size_t n = json_array_size(list);

	resumed->uncovered = calloc(n + 1, sizeof(*resumed->uncovered));
	if (!resumed->uncovered)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const json_t *row = json_array_get(list, i);
		const char *program = text_of(row, "program"), *why = text_of(row, "why");

		resumed->uncovered[i] = (struct ledger_uncovered){
			.program = program ? program : "",
			.why = why ? why : "",
			.processes =
				(uint32_t)json_integer_value(json_object_get(row, "processes")),
			.cpu_ns = (uint64_t)json_integer_value(json_object_get(row, "cpu_ns")),
		};
	}
	return 0;
}

static int tell(const struct reading *reading, struct ledger_resumed *resumed)
{
	const struct tally_counters *counters = &reading->now.counters;

	tell_opening(reading, resumed);
	resumed->strings = json_pack("[O, O, O, O, O, O, O?]", reading->open, reading->rows,
				     reading->now.idle, reading->now.uncovered, reading->functions,
				     reading->now.series, reading->now.method);
	resumed->told = pathline_tell(reading->functions, reading->paths, &reading->now.paths);
	if (!resumed->strings || !resumed->told || tell_kernels(reading, resumed) ||
	    tell_uncovered(reading->now.uncovered, resumed))
		return -ENOMEM;
	resumed->state = (struct ledger_state){
		.t_ns = reading->now.t_ns,
		.posting = resumed->posting,
		.idle_method = resumed->idle_method,
		.cpu_method = json_string_value(reading->now.method),
		.kernel = resumed->kernel,
		.kernels = reading->now.kernels,
		.events_seen = counters->events_seen,
		.events_lost = counters->events_lost,
		.cpu_ns = counters->cpu_ns,
		.processes = (uint32_t)counters->processes,
		.uncovered = resumed->uncovered,
		.uncovereds = json_array_size(reading->now.uncovered),
		.uncovered_cpu_ns = counters->uncovered_cpu_ns,
		.unobserved_cpu_ns = counters->unobserved_cpu_ns,
		.own_cpu_ns = counters->own_cpu_ns,
		.own_uj = counters->own_uj,
		.grid = {.weighted = reading->now.grid.held,
			 .constant_uj = reading->now.grid.constant_uj,
			 .ug_per_kwh = reading->now.grid.ug_per_kwh,
			 .series = reading->now.series},
		.paths = resumed->told->paths,
	};
	return 0;
}

void ledger_resumed_release(struct ledger_resumed *resumed)
{
	free(resumed->kernel);
	free(resumed->uncovered);
	free(resumed->phased);
	pathline_told_free(resumed->told);
	json_decref(resumed->strings);
	*resumed = (struct ledger_resumed){0};
}

static int resume(const struct ledger_place *place, json_t *snapshot, struct ledger *ledger,
		  struct ledger_resumed *resumed)
{
	struct reader reader;
	bool misfit = false;
	int error = file_place_again(place, &ledger->place);

	if (error)
		return error;
	ledger->fd = file_open(&ledger->place, ".jsonl", O_RDWR | O_APPEND);
	if (ledger->fd < 0)
		return ledger->fd;
	file_remove(&ledger->place, FILE_TEMPORARY);
	error = reader_init(&reader);
	if (!error)
		error = read_files(ledger, &reader);
	if (!error && snapshot)
		error = append_snapshot(ledger, &reader, snapshot, &misfit);
	if (!error)
		error = tell(&reader.reading, resumed);
	resumed->misfit = misfit;
	if (!error)
		ledger->cut = json_incref(reader.reading.under_way);
	reader_free(&reader);
	return error;
}

int ledger_resume(const struct ledger_place *place, json_t *snapshot, struct ledger **ledger,
		  struct ledger_resumed *resumed)
{
	struct ledger *again;
	int error = writer_new(&again);

	*resumed = (struct ledger_resumed){0};
	if (error)
		return error;
	error = resume(place, snapshot, again, resumed);
	if (error) {
		ledger_abandon(again);
		ledger_resumed_release(resumed);
		return error;
	}
	*ledger = again;
	return 0;
}
