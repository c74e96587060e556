/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of carbon intensity, asked of who publishes them.
 */
#include "collector/carbon/fetch.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "collector/carbon/series_file.h"
#include "collector/carbon/tag.h"
#include "collector/http.h"

#define TRIES	      5
#define PATIENCE_MS   30000u
#define WAIT_MOST_S   120
#define FRESH_S	      900 /* what may still be published anew is asked for again after this */
#define CACHE_TEMP    "part"
#define STATUS_OK     200
#define SAID_OF_ERROR 120

/* ---- the cache: a file an answer, named by the digest of its address ---- */

/* A piece that is cut short by now is another one each time, and would fill the disk. */
static bool is_kept(const struct fetch *fetch, int64_t from_s, int64_t to_s)
{
	return fetch->cache >= 0 && to_s - from_s == fetch->service->longest_s;
}

static bool is_settled(const struct fetch *fetch, int64_t to_s)
{
	return fetch->now_s - to_s > fetch->service->settled_s;
}

static char *cached(const struct fetch *fetch, const char *name, bool settled, size_t *size)
{
	int fd = openat(fetch->cache, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text = NULL;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && st.st_size <= HTTP_BODY_MAX &&
	    (settled || (fetch->now_s >= st.st_mtime && fetch->now_s - st.st_mtime < FRESH_S)))
		text = malloc((size_t)st.st_size + 1);
	if (text && read(fd, text, (size_t)st.st_size) != st.st_size) {
		free(text);
		text = NULL;
	}
	close(fd);
	*size = text ? (size_t)st.st_size : 0;
	return text;
}

/* It appears whole or not at all; where it cannot be kept it is asked for again, and that is all.
 */
static void keep(const struct fetch *fetch, const char *name, const char *text, size_t size)
{
	char temporary[64];
	int fd;

	snprintf(temporary, sizeof(temporary), CACHE_TEMP ".%d", (int)getpid());
	fd = openat(fetch->cache, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	bool whole = write(fd, text, size) == (ssize_t)size;
	close(fd);
	if (!whole || renameat(fetch->cache, temporary, fetch->cache, name))
		unlinkat(fetch->cache, temporary, 0);
}

/* ---- asking ---- */

/* Seconds that a busy service asks for: a number, or a date. -1: it does not say. */
static int64_t asked_wait_s(const char *text)
{
	struct tm when = {0};
	char *end;
	long long seconds = strtoll(text, &end, 10);

	if (end != text && !*end && seconds >= 0)
		return seconds;
	if (strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &when)) {
		int64_t wait_s = timegm(&when) - time(NULL);

		return wait_s > 0 ? wait_s : 0;
	}
	return -1;
}

static bool is_passing(int error, int status)
{
	static const int busy[] = {408, 425, 429, 500, 502, 503, 504};

	if (error)
		return error == -ETIMEDOUT || error == -ECONNREFUSED || error == -EHOSTUNREACH;
	for (size_t i = 0; i < sizeof(busy) / sizeof(busy[0]); i++)
		if (status == busy[i])
			return true;
	return false;
}

static void say_refusal(const struct http_answer *answer, char why[FETCH_WHY])
{
	char said[SAID_OF_ERROR + 1];
	size_t n = 0;

	for (; n < SAID_OF_ERROR && n < answer->size; n++)
		said[n] = isprint((unsigned char)answer->body[n]) ? answer->body[n] : ' ';
	said[n] = '\0';
	snprintf(why, FETCH_WHY, "it answers with status %d%s%s%s", answer->status,
		 answer->status == 401 || answer->status == 403 ? ": is the token right?" : "",
		 n ? ": " : "", said);
}

/* Whether to ask again, and if so waits as long as is right. */
static bool wait_for_more(int attempt, int error, const struct http_answer *answer,
			  char why[FETCH_WHY])
{
	int64_t asked_s = error ? -1 : asked_wait_s(answer->retry_after);
	int64_t wait_s = asked_s >= 0 ? asked_s : 1 << attempt;

	if (!is_passing(error, answer->status) || attempt + 1 == TRIES)
		return false;
	if (wait_s > WAIT_MOST_S) {
		snprintf(why, FETCH_WHY, "it is busy, and asks to be left alone for %lld s",
			 (long long)wait_s);
		return false;
	}
	nanosleep(&(struct timespec){.tv_sec = wait_s}, NULL);
	return true;
}

/* The answer's bytes, to be freed, or NULL with *error and `why`. */
static char *ask(struct fetch *fetch, const char *url, size_t *size, int *error,
		 char why[FETCH_WHY])
{
	const struct http_request request = {
		.url = url, .api_token = fetch->token, .patience_ms = PATIENCE_MS};
	struct http_answer answer;

	for (int attempt = 0;; attempt++) {
		why[0] = '\0';
		fetch->asked++;
		*error = http_ask(&request, &answer);
		if (!*error && answer.status == STATUS_OK) {
			*size = answer.size;
			return answer.body;
		}
		if (*error)
			snprintf(why, FETCH_WHY, "%s", strerror(-*error));
		else
			say_refusal(&answer, why);
		bool again = wait_for_more(attempt, *error, &answer, why);
		if (!*error)
			http_answer_free(&answer);
		if (!again) {
			*error = *error ? *error : -EBADMSG;
			return NULL;
		}
	}
}

/* ---- pieces ---- */

/* Adds what of a piece lies within the time that was asked for. */
static int take_points(const struct fetch *fetch, const struct series *piece, struct series *series)
{
	int error = 0;

	for (size_t i = 0; i < piece->points && !error; i++) {
		struct series_point point = piece->point[i];

		if (point.from_s >= fetch->to_s || point.to_s <= fetch->from_s)
			continue;
		if (series->points && point.from_s <= series->point[series->points - 1].from_s)
			continue;
		error = series_add(series, point.from_s, point.to_s, point.ug_per_kwh);
	}
	snprintf(series->zone, sizeof(series->zone), "%s", piece->zone);
	snprintf(series->basis, sizeof(series->basis), "%s", piece->basis);
	snprintf(series->kind, sizeof(series->kind), "%s", piece->kind);
	snprintf(series->format, sizeof(series->format), "%s", piece->format);
	series->forecasts += piece->forecasts;
	return error;
}

static int take_answer(const struct fetch *fetch, const char *text, size_t size,
		       struct series *series, char why[FETCH_WHY])
{
	char problem[SERIES_WHY];
	struct series piece;
	int error = series_read(text, size, fetch->basis, &piece, problem);

	if (error && error != -ENODATA)
		snprintf(why, FETCH_WHY, "its answer is not what was expected: %s", problem);
	else if (!error)
		error = take_points(fetch, &piece, series);
	series_free(&piece);
	return error;
}

/*
 * One answer, of the cache or of the service. Without a figure, as where none is known yet of a
 * time, it is 0 with *empty.
 */
static int take_piece(struct fetch *fetch, int64_t from_s, int64_t to_s, bool older,
		      struct series *series, bool *empty, char why[FETCH_WHY])
{
	char url[SERVICE_URL], name[TAG_DIGEST];
	size_t size = 0;
	int error = service_url(fetch->service, fetch->base, fetch->zone, fetch->basis, from_s,
				to_s, older, url);

	if (error) {
		snprintf(why, FETCH_WHY, "its address is too long");
		return error;
	}
	tag_digest(url, strlen(url), name);
	const bool keeps = is_kept(fetch, from_s, to_s);
	char *text = keeps ? cached(fetch, name, is_settled(fetch, to_s), &size) : NULL;
	bool fresh = !text;
	fetch->kept += !fresh;
	if (fresh)
		text = ask(fetch, url, &size, &error, why);
	if (!text)
		return error;
	error = take_answer(fetch, text, size, series, why);
	*empty = error == -ENODATA;
	if (*empty)
		error = 0;
	if (fresh && keeps && !error && !*empty)
		keep(fetch, name, text, size);
	free(text);
	return error;
}

/* Pieces begin at whole multiples of their length, so that the next fetch finds them in the cache.
 */
int fetch_series(struct fetch *fetch, struct series *series, char why[FETCH_WHY])
{
	const int64_t length_s = fetch->service->longest_s;
	int64_t from_s = fetch->from_s - fetch->from_s % length_s;
	int error = 0;

	*series = (struct series){0};
	for (; from_s < fetch->to_s && !error; from_s += length_s) {
		const int64_t end_s =
			from_s + length_s < fetch->to_s ? from_s + length_s : fetch->to_s;
		bool empty = false;

		error = take_piece(fetch, from_s, end_s, false, series, &empty, why);
		if (!error && empty && fetch->service->has_older)
			error = take_piece(fetch, from_s, end_s, true, series, &empty, why);
	}
	if (!error && !series->points) {
		snprintf(why, FETCH_WHY, "it has no figure for that time");
		error = -ENODATA;
	}
	return error;
}
