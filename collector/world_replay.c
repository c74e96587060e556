/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recorded machine as a world: its files from root/, and from values.tsv what those that change
 * held over time. A recording is an input file like any other, so nothing in it is believed: names
 * cannot lead out of root/, and every line of values.tsv is checked before the first is used.
 */
#include "collector/world.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/beneath.h"
#include "collector/http.h"
#include "collector/tsv.h"
#include "collector/units.h"

#define VALUES_BYTES_MAX (256u << 20)
#define WHY_BYTES	 256

/* One line of values.tsv. The strings lie in struct recording's text. */
struct record {
	const char *path;
	uint64_t t_ns;
	const char *value;
	int error; /* the read fails with this, -errno; 0: it gives `value` */
	unsigned line;
};

struct recording {
	struct world world;
	struct world *clock;
	char *dir;
	int root;	       /* descriptor of root/, or -1 */
	char *text;	       /* values.tsv, its fields terminated in place */
	struct record *record; /* by path, then time, then line */
	size_t records;
	size_t room;
};

static struct recording *of(struct world *w)
{
	return (struct recording *)w;
}

static uint64_t replay_monotonic_ns(struct world *w)
{
	return of(w)->clock->ops->monotonic_ns(of(w)->clock);
}

static uint64_t replay_realtime_ns(struct world *w)
{
	return of(w)->clock->ops->realtime_ns(of(w)->clock);
}

static uint64_t replay_boottime_ns(struct world *w)
{
	return of(w)->clock->ops->boottime_ns(of(w)->clock);
}

static int open_beneath(const struct recording *r, const char *path, int flags)
{
	if (r->root < 0)
		return -ENOENT;
	path += strspn(path, "/");
	return beneath_open(r->root, *path ? path : ".", flags);
}

static int by_path_and_time(const void *a, const void *b)
{
	const struct record *x = a;
	const struct record *y = b;
	int order = strcmp(x->path, y->path);

	if (order)
		return order;
	if (x->t_ns != y->t_ns)
		return x->t_ns < y->t_ns ? -1 : 1;
	return x->line < y->line ? -1 : 1;
}

/* How many records stand before or at `path` at t_ns, in their order. */
static size_t records_until(const struct recording *r, const char *path, uint64_t t_ns)
{
	size_t low = 0;
	size_t high = r->records;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(r->record[middle].path, path);

		if (order < 0 || (!order && r->record[middle].t_ns <= t_ns))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The energy counters of powercap and of hwmon, perf's and GPUs'; what they count goes on between
 * two records.
 */
static bool is_counter(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	size_t length = strlen(name);

	if (!strcmp(name, "energy_uj") || !strcmp(name, "energy_mj") || !strcmp(name, "energy") ||
	    !strncmp(path, "/perf/", 6))
		return true;
	return !strncmp(name, "energy", 6) && length >= 12 && !strcmp(name + length - 6, "_input");
}

static bool number(const struct record *record, uint64_t *value)
{
	struct tsv_field field = {record->value, strlen(record->value)};

	return !record->error && !tsv_u64(&field, value);
}

/* Writes what a read of `last`'s file gives at t_ns, `next` being the record after it, or NULL. */
static ssize_t render(const struct record *last, const struct record *next, uint64_t t_ns,
		      char *text, size_t size)
{
	uint64_t from;
	uint64_t to;
	int length;

	if (last->error)
		return last->error;
	if (next && is_counter(last->path) && number(last, &from) && number(next, &to) &&
	    to > from) {
		from += units_mul_div(to - from, t_ns - last->t_ns, next->t_ns - last->t_ns);
		length = snprintf(text, size, "%llu\n", (unsigned long long)from);
	} else {
		length = snprintf(text, size, "%s\n", last->value);
	}
	return (size_t)length < size ? length : (ssize_t)size - 1;
}

static ssize_t replay_read(struct world *w, const char *path, char *text, size_t size)
{
	struct recording *r = of(w);
	uint64_t now_ns = replay_monotonic_ns(w);
	uint64_t t_ns = now_ns > w->start_ns ? now_ns - w->start_ns : 0;
	size_t until = records_until(r, path, t_ns);
	const struct record *last = until ? &r->record[until - 1] : NULL;
	const struct record *next = until < r->records ? &r->record[until] : NULL;
	int fd;

	if (last && strcmp(last->path, path))
		last = NULL;
	if (next && strcmp(next->path, path))
		next = NULL;
	if (last && !next && t_ns > last->t_ns)
		return -ENODATA;
	if (last)
		return render(last, next, t_ns, text, size);
	fd = open_beneath(r, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? fd : world_read_fd(fd, text, size);
}

static int replay_list(struct world *w, const char *path, int (*each)(void *arg, const char *name),
		       void *arg)
{
	int fd = open_beneath(of(w), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? fd : world_list_fd(fd, each, arg);
}

/*
 * Where the answer to a request lies. A query is one part of the path, so no slash can be in it:
 * it is written %2F in the request.
 */
static int answer_path(const struct http_request *request, bool query, char *path, size_t size)
{
	const char *host = strstr(request->url, "://");
	size_t length;

	if (!host)
		return -EINVAL;
	host += 3;
	length = query ? strlen(host) : strcspn(host, "?");
	while (length && host[length - 1] == '/')
		length--;
	if ((size_t)snprintf(path, size, "/http/%.*s/%s", (int)length, host,
			     request->remove ? "DELETE"
			     : request->body ? "POST"
					     : "GET") >= size)
		return -ENAMETOOLONG;
	return 0;
}

static int replay_http(struct world *w, const struct http_request *request,
		       struct http_answer *answer)
{
	char path[PATH_MAX];
	int result = -ENOENT;

	for (int query = 1; query >= 0 && result == -ENOENT; query--) {
		result = answer_path(request, query, path, sizeof(path));
		if (!result)
			result = world_read_all(w, path, HTTP_BODY_MAX, &answer->body,
						&answer->size);
	}
	if (result && result != -ENOENT && result != -EACCES)
		return result;
	answer->status = result ? (result == -EACCES ? 401 : 404) : request->body ? 201 : 200;
	if (result)
		answer->body = calloc(1, 1);
	if (request->body && !result)
		snprintf(answer->token, sizeof(answer->token), "recorded");
	return answer->body ? 0 : -ENOMEM;
}

static void replay_close(struct world *w)
{
	struct recording *r = of(w);

	if (r->root >= 0)
		close(r->root);
	free(r->record);
	free(r->text);
	free(r->dir);
	free(r);
}

static const struct world_ops replay_ops = {
	.monotonic_ns = replay_monotonic_ns,
	.realtime_ns = replay_realtime_ns,
	.boottime_ns = replay_boottime_ns,
	.read = replay_read,
	.list = replay_list,
	.ask = replay_read,
	.http = replay_http,
	.close = replay_close,
};

/* The errors that a value may name: those which reads of /proc and /sys do return. */
static int named_error(const char *name)
{
	static const struct {
		const char *name;
		int error;
	} known[] = {
		{"EIO", EIO},	    {"EACCES", EACCES},	      {"EPERM", EPERM},
		{"ENOENT", ENOENT}, {"ENODATA", ENODATA},     {"ENODEV", ENODEV},
		{"ENXIO", ENXIO},   {"EAGAIN", EAGAIN},	      {"EBUSY", EBUSY},
		{"EINVAL", EINVAL}, {"ERANGE", ERANGE},	      {"EOPNOTSUPP", EOPNOTSUPP},
		{"ENOMEM", ENOMEM}, {"ETIMEDOUT", ETIMEDOUT},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(name, known[i].name))
			return -known[i].error;
	return 0;
}

static bool path_is_sound(const char *path)
{
	return path[0] == '/' && strlen(path) < PATH_MAX && !strstr(path, "//") &&
	       !strstr(path, "/../") && !strstr(path, "/./") && path[strlen(path) - 1] != '/';
}

/* Checks one line and keeps it. Returns NULL, or what is wrong with the line. */
static const char *keep(struct recording *r, const struct tsv_field *field, unsigned line)
{
	struct record *record = &r->record[r->records];
	const struct record *before = r->records ? record - 1 : NULL;

	for (int i = 0; i < 3; i++)
		r->text[field[i].text - r->text + (ptrdiff_t)field[i].size] = '\0';
	*record = (struct record){.path = field[1].text, .value = field[2].text, .line = line};
	if (tsv_u64(&field[0], &record->t_ns))
		return "the time is no number of nanoseconds";
	if (before && record->t_ns < before->t_ns)
		return "the time is before that of the line above";
	if (!path_is_sound(record->path))
		return "the path is not absolute and plain";
	if (!record->value[0])
		return "there is no value";
	if (record->value[0] == '!') {
		record->error = named_error(record->value + 1);
		if (!record->error)
			return "the error after '!' is not known";
	}
	r->records++;
	return NULL;
}

static int make_room(struct recording *r)
{
	size_t room = r->room ? 2 * r->room : 256;
	struct record *grown;

	if (r->records < r->room)
		return 0;
	grown = reallocarray(r->record, room, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	r->record = grown;
	r->room = room;
	return 0;
}

/* Returns 0, or -EBADMSG with the line and what is wrong with it, or -ENOMEM. */
static int parse_values(struct recording *r, size_t size, unsigned *line, const char **wrong)
{
	struct tsv tsv = tsv_begin(r->text, size);
	struct tsv_field field[3];
	size_t fields;

	while ((fields = tsv_next_row(&tsv, field, 3))) {
		int result = make_room(r);

		if (result)
			return result;
		*line = tsv.line;
		*wrong = fields == 3 ? keep(r, field, tsv.line)
				     : "there must be three fields: time, path, value";
		if (*wrong)
			return -EBADMSG;
	}
	if (r->records)
		qsort(r->record, r->records, sizeof(*r->record), by_path_and_time);
	return 0;
}

/* Returns 1 if there are values, 0 if there is no such file, or -errno with `why`. */
static int load_values(struct recording *r, char *why)
{
	char path[PATH_MAX];
	size_t size;
	unsigned line = 0;
	const char *wrong = NULL;
	int result;

	snprintf(path, sizeof(path), "%s/values.tsv", r->dir);
	result = world_read_all(world_real(), path, VALUES_BYTES_MAX, &r->text, &size);
	if (result == -ENOENT)
		return 0;
	if (!result && memchr(r->text, '\0', size)) {
		snprintf(why, WHY_BYTES, "%.150s/values.tsv holds a zero byte", r->dir);
		return -EBADMSG;
	}
	if (!result)
		result = parse_values(r, size, &line, &wrong);
	if (wrong)
		snprintf(why, WHY_BYTES, "%.150s/values.tsv:%u: %s", r->dir, line, wrong);
	else if (result)
		snprintf(why, WHY_BYTES, "%.150s/values.tsv: %s", r->dir, strerror(-result));
	return result ? result : 1;
}

/* Returns 1 if there is a folder root/, 0 if not, or -errno with `why`. */
static int open_root(struct recording *r, char *why)
{
	int dir = open(r->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result;

	if (dir < 0) {
		result = -errno;
		snprintf(why, WHY_BYTES, "%.180s: %s", r->dir, strerror(-result));
		return result;
	}
	r->root = openat(dir, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	result = r->root < 0 ? -errno : 1;
	close(dir);
	if (result == -ENOENT)
		return 0;
	if (result < 0)
		snprintf(why, WHY_BYTES, "%.180s/root: %s", r->dir, strerror(-result));
	return result;
}

static int load(struct recording *r, char *why)
{
	char path[PATH_MAX];
	int root = open_root(r, why);
	int values = root < 0 ? root : load_values(r, why);

	if (values < 0)
		return values;
	snprintf(path, sizeof(path), "%s/trace.tsv", r->dir);
	if (root || values || !access(path, F_OK))
		return 0;
	snprintf(why, WHY_BYTES,
		 "%.120s is no recorded machine: there is neither root/ nor values.tsv nor "
		 "trace.tsv in it",
		 r->dir);
	return -ENOENT;
}

int world_replay(const char *dir, struct world *clock, struct world **w, char *why)
{
	struct recording *r = calloc(1, sizeof(*r));
	char *copy = strdup(dir);
	int result;

	if (!r || !copy) {
		free(r);
		free(copy);
		snprintf(why, WHY_BYTES, "out of memory");
		return -ENOMEM;
	}
	r->world = (struct world){.ops = &replay_ops, .replayed = copy};
	r->clock = clock;
	r->dir = copy;
	r->root = -1;
	result = load(r, why);
	if (result) {
		replay_close(&r->world);
		return result;
	}
	r->world.start_ns = clock->ops->monotonic_ns(clock);
	*w = &r->world;
	return 0;
}
