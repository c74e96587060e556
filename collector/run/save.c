/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting a run down for another collector.
 */
#include "collector/run/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/ledger/text.h"
#include "collector/run/memory.h"

static json_t *save_sums(const struct arena_total *sum)
{
	return json_pack("[I, I, I, I, I, I, I]", (json_int_t)sum->count, (json_int_t)sum->failed,
			 (json_int_t)sum->timed, (json_int_t)sum->device_ns,
			 (json_int_t)sum->host_ns, (json_int_t)sum->bytes, (json_int_t)sum->flop);
}

static json_t *save_gone_rows(const struct kernels *kernels)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < kernels->n; i++)
		if (json_array_append_new(rows, save_sums(&kernels->past[i].gone)))
			break;
	return rows;
}

/* Its number, what it was heard of already, the next event of each lane that has any, and the next
 * note. */
static json_t *save_feed(const struct run_feed *feed)
{
	const struct arena_reader *reader = &feed->feed.reader;
	json_t *lanes = json_array();

	for (uint32_t i = 0; i < WIRE_LANES; i++)
		if (reader->next[i])
			json_array_append_new(
				lanes, json_pack("[i, I]", (int)i, (json_int_t)reader->next[i]));
	return json_pack("[I, i, I, I, o, I]", (json_int_t)feed->id, (int)feed->feed.told_uncovered,
			 (json_int_t)reader->read, (json_int_t)reader->lost, lanes,
			 (json_int_t)reader->note_next);
}

static json_t *save_feeds(const struct run *run)
{
	json_t *list = json_array();

	for (const struct run_feed *feed = run->feed; feed; feed = feed->next)
		if (json_array_append_new(list, save_feed(feed)))
			break;
	return list;
}

static json_t *save_gone(const struct run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->gones; i++)
		if (json_array_append_new(list, json_integer((json_int_t)run->gone[i])))
			break;
	return list;
}

/* Takes the snapshot. */
static json_t *save_all(const struct run *run, json_t *interval)
{
	struct ledger_place place;

	ledger_place(run->ledger, &place);
	return json_pack(
		"{s:s, s:s, s:s, s:I, s:I, s:s, s:o, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:I, "
		"s:I, s:I, s:I}",
		"format", SAVE_FORMAT, "name", place.name, "path", place.path, "owner",
		(json_int_t)place.owner, "group", (json_int_t)place.group, "user", run->origin.user,
		"job", text_json(run->origin.job), "launcher", (json_int_t)run->launcher_id,
		"orphan", run->foreground || run->orphaned, "interval", interval, "rows",
		save_gone_rows(&run->kernels), "devices", devices_save(&run->devices), "feeds",
		save_feeds(run), "gone", save_gone(run), "tree", tree_save(&run->tree), "past_lost",
		(json_int_t)run->past_lost, "past_cost_ns", (json_int_t)run->past_cost_ns,
		"cost_ns", (json_int_t)run->cost_ns, "own_cpu_ns", (json_int_t)run->own_cpu_ns);
}

int save_run(struct run *run, uint64_t t_ns)
{
	json_t *interval;

	if (!run->ledger || run->memory < 0)
		return -ENOENT;
	const struct ledger_state state = run_state(run, t_ns);
	int error = ledger_snapshot(run->ledger, &state, &interval);
	if (error)
		return error;
	json_t *saved = save_all(run, interval);
	char *text = saved ? json_dumps(saved, JSON_COMPACT) : NULL;
	run->saved_bytes = text ? strlen(text) : 0;
	error = text ? memory_write(run->memory, text, run->saved_bytes) : -ENOMEM;
	free(text);
	json_decref(saved);
	return error;
}
