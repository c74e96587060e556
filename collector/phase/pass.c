/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passes and saves. A pass is over where reading came back to the file's beginning, or where as
 * many bytes were read as the file has: threads that read slices of their own, and readings in
 * random order, never come to an end.
 */
#include "collector/phase/pass.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "preload/wire.h"

struct pass {
	struct pass_file file[PASS_FILES];
	size_t files;
};

struct pass *pass_new(void)
{
	return calloc(1, sizeof(struct pass));
}

void pass_free(struct pass *pass)
{
	if (!pass)
		return;
	for (size_t i = 0; i < pass->files; i++)
		free(pass->file[i].time);
	free(pass);
}

static void add_time(struct pass_file *file, const struct pass_time *time)
{
	if (file->times == file->room && file->room < PASS_TIMES) {
		uint32_t room = file->room ? 2 * file->room : 8;
		struct pass_time *more = realloc(file->time, room * sizeof(*more));

		if (more) {
			file->time = more;
			file->room = room;
		}
	}
	if (file->times < file->room)
		file->time[file->times++] = *time;
	else
		file->over++;
}

/* The name with every number as one '#', so that epoch_1.pt and epoch_10.pt are one. */
static void name_without_numbers(char *name, const struct phase_file *from)
{
	size_t n = 0;

	for (size_t i = 0; i < from->name_bytes && n + 1 < PASS_NAME; i++) {
		bool digit = isdigit((unsigned char)from->name[i]);

		if (digit && n && name[n - 1] == '#')
			continue;
		name[n++] = digit ? '#' : from->name[i];
	}
	name[n] = '\0';
}

/* One identity for all saves of a name. */
static uint64_t hash_of(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3ULL;
	return hash;
}

static struct pass_file *find(struct pass *pass, uint64_t file, bool saved)
{
	for (size_t i = 0; i < pass->files; i++)
		if (pass->file[i].file == file && pass->file[i].saved == saved)
			return &pass->file[i];
	if (pass->files == PASS_FILES)
		return NULL;
	pass->file[pass->files] =
		(struct pass_file){.file = file, .saved = saved, .alone = true, .even = true};
	return &pass->file[pass->files++];
}

static void end_pass(struct pass_file *file)
{
	if (file->under_way.bytes)
		add_time(file, &file->under_way);
	file->under_way = (struct pass_time){0};
}

/* Nine tenths of a file are a pass over it: the end of some formats is an index. */
static bool is_whole(const struct pass_file *file)
{
	return file->under_way.bytes && file->under_way.bytes >= file->size - file->size / 10;
}

static void add_read(struct pass_file *file, const struct phase_file *part)
{
	struct pass_time *now = &file->under_way;

	if (part->size > file->size)
		file->size = part->size;
	if (part->flags & WIRE_NOTE_FROM_START) {
		if (is_whole(file))
			end_pass(file);
		else if (now->bytes < file->size / 10)
			*now = (struct pass_time){0}; /* a header that is read twice */
	}
	if (!now->bytes)
		now->begin_ns = part->begin_ns;
	now->end_ns = part->end_ns;
	now->bytes += part->bytes;
	if (file->size && now->bytes >= file->size) {
		const uint64_t more = now->bytes % file->size;

		file->over += (uint32_t)((now->bytes - more) / file->size - 1);
		now->bytes = file->size;
		end_pass(file);
		*now = (struct pass_time){part->end_ns, part->end_ns, more};
	}
	if (part->flags & WIRE_NOTE_TO_END && is_whole(file))
		end_pass(file);
}

static void add_save(struct pass_file *file, const struct phase_file *save)
{
	struct pass_time *last = file->times ? &file->time[file->times - 1] : NULL;
	const uint64_t bytes = save->bytes > save->size ? save->bytes : save->size;

	/* Renamed into place: told twice, saved once. */
	if (last && last->begin_ns == save->begin_ns) {
		last->end_ns = save->end_ns;
		return;
	}
	if (last && (bytes > last->bytes + last->bytes / 16 || last->bytes > bytes + bytes / 16))
		file->even = false;
	add_time(file, &(struct pass_time){save->begin_ns, save->end_ns, bytes});
}

void pass_file(struct pass *pass, const struct phase_file *part)
{
	const bool saved = part->kind == WIRE_NOTE_SAVE;
	char name[PASS_NAME];
	struct pass_file *file;

	if (!saved && part->kind != WIRE_NOTE_READ)
		return;
	name_without_numbers(name, part);
	file = find(pass, saved ? hash_of(name) : part->file, saved);
	if (!file)
		return;
	if (!file->name[0]) {
		memcpy(file->name, name, sizeof(name));
		file->process = part->process;
	}
	if (file->process != part->process)
		file->alone = false;
	if (saved)
		add_save(file, part);
	else
		add_read(file, part);
}

static void forget_times(struct pass_file *file, uint64_t until_ns)
{
	uint32_t n = 0;

	while (n < file->times && file->time[n].end_ns <= until_ns)
		n++;
	if (!n)
		return;
	file->before = true;
	file->times -= n;
	file->over = 0;
	memmove(file->time, file->time + n, file->times * sizeof(*file->time));
}

bool pass_crowded(const struct pass *pass)
{
	for (size_t i = 0; i < pass->files; i++)
		if (pass->file[i].times > PASS_TIMES / 2)
			return true;
	return false;
}

void pass_forget(struct pass *pass, uint64_t until_ns)
{
	for (size_t i = 0; i < pass->files; i++)
		forget_times(&pass->file[i], until_ns);
}

size_t pass_files(const struct pass *pass, const struct pass_file **file)
{
	*file = pass->file;
	return pass->files;
}

/*
 * How often a file was read; also a last time that stops a little short of its end (a budget of
 * words is spent): there is nothing behind it that could end it.
 */
static uint32_t times_of(const struct pass_file *file)
{
	return file->times + (!file->saved && is_whole(file));
}

static const struct pass_time *nth_time(const struct pass_file *file, uint32_t n)
{
	return n < file->times ? &file->time[n] : &file->under_way;
}

/* How often the files were read that hold most bytes. */
static uint32_t usual_times(const struct pass *pass)
{
	uint64_t most = 0;
	uint32_t usual = 0;

	for (size_t i = 0; i < pass->files; i++) {
		const uint32_t times = times_of(&pass->file[i]);
		uint64_t bytes = 0;

		if (pass->file[i].saved || times < 2)
			continue;
		for (size_t k = 0; k < pass->files; k++)
			if (!pass->file[k].saved && times_of(&pass->file[k]) == times)
				bytes += pass->file[k].size;
		if (bytes > most) {
			most = bytes;
			usual = times;
		}
	}
	return usual;
}

static void join(struct pass_time *round, const struct pass_time *time)
{
	if (!round->bytes || time->begin_ns < round->begin_ns)
		round->begin_ns = time->begin_ns;
	if (time->end_ns > round->end_ns)
		round->end_ns = time->end_ns;
	round->bytes += time->bytes;
}

size_t pass_rounds(const struct pass *pass, struct pass_time *round, size_t room, bool *alone)
{
	const uint32_t times = usual_times(pass);
	uint32_t process = 0;

	*alone = true;
	memset(round, 0, room * sizeof(*round));
	for (size_t i = 0; i < pass->files; i++) {
		const struct pass_file *file = &pass->file[i];

		if (file->saved || times_of(file) != times)
			continue;
		for (uint32_t k = 0; k < times && k < room; k++)
			join(&round[k], nth_time(file, k));
		*alone = *alone && file->alone && (!process || process == file->process);
		process = file->process;
	}
	/* Not a round where a file is read for the second time before another is for the first. */
	for (uint32_t k = 1; k < times && k < room; k++)
		if (round[k].begin_ns <
		    round[k - 1].begin_ns + (round[k - 1].end_ns - round[k - 1].begin_ns) / 2)
			return 0;
	return times;
}

bool pass_is_output(const char *name)
{
	static const char *const end[] = {".png", ".jpg", ".jpeg", ".ppm",  ".pgm", ".bmp",
					  ".gif", ".svg", ".pdf",  ".tiff", ".txt", ".log",
					  ".csv", ".tsv", ".html", ".json", ".o",   ".vtk",
					  ".gz",  ".xz",  ".zip",  ".mp4",  ".wav", ".jsonl"};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(end) / sizeof(end[0]); i++)
		if (!strcasecmp(dot, end[i]))
			return true;
	return strstr(name, "tfevents") != NULL;
}

const struct pass_file *pass_saves(const struct pass *pass)
{
	const struct pass_file *best = NULL;

	for (size_t i = 0; i < pass->files; i++) {
		const struct pass_file *file = &pass->file[i];

		if (!file->saved || file->times < 2 || pass_is_output(file->name))
			continue;
		if (!best || file->times > best->times)
			best = file;
	}
	return best;
}
