/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking a run up again that another collector put down (save.h). The numbers are the ledger's;
 * what is taken from memory beside it only says how to go on from there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/run/memory.h"
#include "collector/run/save.h"

int save_load(int memory, json_t **saved)
{
	const char *format;
	json_error_t where;
	size_t length;
	char *text;
	int error = memory_read(memory, &text, &length);

	if (error)
		return error;
	*saved = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
	free(text);
	if (!json_unpack(*saved, "{s:s}", "format", &format) && !strcmp(format, SAVE_FORMAT))
		return 0;
	json_decref(*saved);
	return -EBADMSG;
}

int save_place(json_t *saved, int folder, struct ledger_place *place)
{
	json_int_t owner, group;

	*place = (struct ledger_place){.folder = folder};
	if (json_unpack(saved, "{s:s, s:s, s:I, s:I}", "name", &place->name, "path", &place->path,
			"owner", &owner, "group", &group))
		return -EBADMSG;
	place->owner = (uid_t)owner;
	place->group = (gid_t)group;
	return 0;
}

static uint64_t number(const json_t *object, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(object, name));

	return value > 0 ? (uint64_t)value : 0;
}

/* Who bears idle is said in its first line. */
static bool same_policy(const char *policy, const struct run_machine *machine, size_t i)
{
	const char *now = account_idle_rule(machine->idle, machine->domain[i].kind);

	return !policy || !strcmp(policy, now);
}

/* A ledger goes on only with the domains that it began with. */
static bool same_domains(const struct ledger_resumed *resumed, const struct run_machine *machine)
{
	if (resumed->domains != machine->domains)
		return false;
	for (size_t i = 0; i < machine->domains; i++)
		if (strcmp(resumed->domain[i].name, machine->domain[i].name) != 0 ||
		    strcmp(resumed->domain[i].within, machine->domain[i].within) != 0 ||
		    resumed->domain[i].quality != machine->domain[i].quality ||
		    !same_policy(resumed->idle_policy[i], machine, i))
			return false;
	return true;
}

static int restore_origin(struct run *run, const json_t *saved)
{
	const char *user = json_string_value(json_object_get(saved, "user"));
	const char *job = json_string_value(json_object_get(saved, "job"));

	run->origin.uid = (uid_t)number(saved, "owner");
	run->origin.gid = (gid_t)number(saved, "group");
	run->naming = (struct naming){.uid = run->origin.uid, .gid = run->origin.gid};
	run->origin.user = user ? strdup(user) : NULL;
	run->origin.job = job ? strdup(job) : NULL;
	if (!user)
		return -EBADMSG;
	return run->origin.user && (run->origin.job || !job) ? 0 : -ENOMEM;
}

/* Rows borrow the label of their device, where it is known. */
static void find_device(const struct devices *devices, struct ledger_kernel *row)
{
	for (size_t i = 0; i < devices->n; i++)
		if (!strcmp(devices->device[i]->label, row->device)) {
			row->device = devices->device[i]->label;
			return;
		}
}

static int restore_kernels(struct run *run, const json_t *saved)
{
	const json_t *rows = json_object_get(saved, "rows");
	int error = devices_restore(&run->devices, json_object_get(saved, "devices"));

	for (size_t i = 0; i < run->resumed.state.kernels && !error; i++) {
		struct ledger_kernel row = run->resumed.kernel[i];
		json_int_t n[7] = {0};
		if (i < json_array_size(rows) &&
		    json_unpack(json_array_get(rows, i), "[I, I, I, I, I, I, I]", &n[0], &n[1],
				&n[2], &n[3], &n[4], &n[5], &n[6]))
			return -EBADMSG;
		const struct arena_total gone = {(uint64_t)n[0], (uint64_t)n[1], (uint64_t)n[2],
						 (uint64_t)n[3], (uint64_t)n[4], (uint64_t)n[5],
						 (uint64_t)n[6]};
		find_device(&run->devices, &row);
		error = kernels_restore(&run->kernels, &row, &gone);
	}
	return error ? error : paths_restore(&run->paths, &run->resumed.state.paths);
}

static int restore_tree(struct run *run, const json_t *saved)
{
	const struct ledger_state *state = &run->resumed.state;
	struct tree *tree = &run->tree;

	for (size_t i = 0; i < state->uncovereds; i++) {
		const struct ledger_uncovered *from = &state->uncovered[i];
		int row = unseen_add(&tree->unseen, from->program, from->why);
		if (row < 0)
			return -ENOMEM;
		tree->unseen.row[row].processes = from->processes;
		tree->unseen.row[row].cpu_ns = from->cpu_ns;
	}
	tree->unseen.cpu_ns = state->uncovered_cpu_ns;
	tree->cpu_ns = state->cpu_ns;
	tree->unobserved_ns = state->unobserved_cpu_ns;
	tree->processes = state->processes;
	int error = tree_restore(tree, json_object_get(saved, "tree"));
	if (error)
		return error;
	run_find_limits(run);
	run->unobserved_ns = tree->unobserved_ns;
	run->group.counts = state->cpu_method && strcmp(state->cpu_method, "tree") != 0;
	run->group.tree = !state->cpu_method || strcmp(state->cpu_method, "cgroup") != 0;
	/* Its group is not asked yet: what it used meanwhile is the tree's to tell, at its first
	 * scan. */
	run->group.cpu_ns = tree->cpu_ns;
	return 0;
}

/* Everything but the ledger; t_ns is now. */
static int restore(struct run *run, const json_t *saved, uint64_t t_ns)
{
	const struct ledger_state *state = &run->resumed.state;
	uint64_t last_ns = run->start_ns + state->t_ns;

	for (size_t i = 0; i < run->domains; i++) {
		run->before[i] = state->posting[i];
		run->before[i].gap_ns += t_ns - last_ns;
		run->posting[i] = run->before[i];
	}
	run->events_seen = state->events_seen;
	run->events_lost = state->events_lost;
	run->own_uj = state->own_uj;
	run->past_lost = number(saved, "past_lost");
	run->past_cost_ns = number(saved, "past_cost_ns");
	run->cost_ns = number(saved, "cost_ns");
	run->own_cpu_ns = number(saved, "own_cpu_ns");
	if (run->own_cpu_ns + run->cost_ns < state->own_cpu_ns)
		run->own_cpu_ns = state->own_cpu_ns - run->cost_ns;
	run->launcher_id = number(saved, "launcher");
	run->orphaned = json_is_true(json_object_get(saved, "orphan"));
	const char *quality;
	if (run->resumed.timed)
		grid_open(&run->grid, run->factor.ug_per_kwh, &state->grid, t_ns,
			  run_energy_uj(run, &quality));
	run->interval_ns = run->journal_ns = t_ns;
	int error = restore_origin(run, saved);
	if (!error)
		error = restore_kernels(run, saved);
	return error ? error : restore_tree(run, saved);
}

int save_restore(const json_t *saved, struct ledger *ledger, struct ledger_resumed *resumed,
		 const struct run_machine *machine, const struct tree_world *world, uint64_t t_ns,
		 struct run **result)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return -ENOMEM;
	run->resumed = *resumed;
	*resumed = (struct ledger_resumed){0};
	memcpy(run->id, run->resumed.run, sizeof(run->id));
	run->factor = run->resumed.factor;
	run->pue_milli = run->resumed.pue_milli;
	run->start_ns = run->resumed.start_monotonic_ns;
	run->start_utc_ns = run->resumed.start_utc_ns;
	run->account = run->memory = -1;
	run->domain = machine->domain;
	run->domains = machine->domains;
	run->machine = machine;
	run->findings = machine->findings;
	for (size_t i = 0; i < run->domains; i++)
		run->idle_method[i] = run->domain[i].idle_method;
	/* The borrowed state points into the struct that was copied. */
	run->resumed.state.posting = run->resumed.posting;
	uint64_t last_ns = run->start_ns + run->resumed.state.t_ns;
	tree_open(&run->tree, world, 0);
	devices_open(&run->devices, run->domain, run->domains, last_ns);
	course_open(&run->course, run->start_ns, run->domain, run->domains, &run->resumed, t_ns);
	int error = t_ns < last_ns			    ? -EBADMSG
		    : !same_domains(&run->resumed, machine) ? -ENODEV
							    : restore(run, saved, t_ns);
	if (error) {
		run_free(run);
		return error;
	}
	run->ledger = ledger;
	*result = run;
	return 0;
}

void save_restore_feed(const json_t *saved, struct run_feed *feed)
{
	const json_t *list = json_object_get(saved, "feeds");

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct arena_reader *reader = &feed->feed.reader;
		json_int_t id, read, lost, next;
		json_t *lanes;
		int told, lane;

		if (json_unpack(json_array_get(list, i), "[I, i, I, I, o]", &id, &told, &read,
				&lost, &lanes) ||
		    (uint64_t)id != feed->id)
			continue;
		feed->feed.told_uncovered = (uint32_t)told;
		reader->read = (uint64_t)read;
		reader->lost = (uint64_t)lost;
		reader->note_next =
			(uint64_t)json_integer_value(json_array_get(json_array_get(list, i), 5));
		for (size_t k = 0; k < json_array_size(lanes); k++)
			if (!json_unpack(json_array_get(lanes, k), "[i, I]", &lane, &next) &&
			    lane >= 0 && lane < (int)WIRE_LANES)
				reader->next[lane] = (uint64_t)next;
		return;
	}
}

bool save_is_gone(const json_t *saved, uint64_t id)
{
	const json_t *gone = json_object_get(saved, "gone");

	for (size_t i = 0; i < json_array_size(gone); i++)
		if ((uint64_t)json_integer_value(json_array_get(gone, i)) == id)
			return true;
	return false;
}
