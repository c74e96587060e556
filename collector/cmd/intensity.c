/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme intensity: asks a service what a grid emitted, and writes it down for `--intensity`. This
 * is the only command that speaks to a server of its own accord, and it does so when it is told to.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "collector/carbon/fetch.h"
#include "collector/cmd/cmd.h"
#include "collector/cmd/options.h"
#include "collector/cmd/whole.h"
#include "collector/instant.h"

#define TOKEN_MAX 200u
#define DAY_S	  86400LL
#define LONGEST_S (DAY_S * 366 * 5)

static const char usage[] = "usage: gramme intensity --fetch SERVICE -o FILE [OPTIONS]\n";

static const char help[] =
	"  --fetch SERVICE    uk, rte or electricity-maps\n"
	"  -o FILE            the CSV to be written, or replaced as a whole ('-': standard "
	"output)\n"
	"  --from MOMENT      2026-01-02, 2026-01-02T03:04Z, or -2d, -12h before now (-2d)\n"
	"  --to MOMENT        likewise, or +12h (now)\n"
	"  --zone ZONE        of electricity-maps, such as DE\n"
	"  --basis WHICH      direct or lifecycle (lifecycle), where the service has both\n"
	"  --token-file FILE  the token that the service asks for; else ELECTRICITY_MAPS_TOKEN\n"
	"  --url BASE         another address of the service, such as a mirror of your own\n"
	"  --no-cache         ask for everything anew\n";

enum { STATUS_DONE, STATUS_FAILED, STATUS_USAGE };
enum {
	OPTION_FETCH = 256,
	OPTION_FROM,
	OPTION_TO,
	OPTION_ZONE,
	OPTION_BASIS,
	OPTION_TOKEN_FILE,
	OPTION_URL,
	OPTION_NO_CACHE
};

static const struct option options[] = {
	{"fetch", required_argument, NULL, OPTION_FETCH},
	{"from", required_argument, NULL, OPTION_FROM},
	{"to", required_argument, NULL, OPTION_TO},
	{"zone", required_argument, NULL, OPTION_ZONE},
	{"basis", required_argument, NULL, OPTION_BASIS},
	{"token-file", required_argument, NULL, OPTION_TOKEN_FILE},
	{"url", required_argument, NULL, OPTION_URL},
	{"no-cache", no_argument, NULL, OPTION_NO_CACHE},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct request {
	struct fetch fetch;
	const char *file;
	const char *token_file;
	char token[TOKEN_MAX + 1];
	bool no_cache;
	bool help;
};

static int say(const char *what, const char *which)
{
	fprintf(stderr, "gramme intensity: %s%s; %s", what, which, usage);
	return STATUS_USAGE;
}

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "gramme intensity: %s: %s\n", what, why);
	return STATUS_FAILED;
}

/* "-2d", "+12h" from now on. Returns 0 or -EINVAL. */
static int parse_distance(const char *text, int64_t now_s, int64_t *unix_s)
{
	char unit, more;
	int number;

	if ((*text != '-' && *text != '+') ||
	    sscanf(text + 1, "%6d%c%c", &number, &unit, &more) != 2 || number < 0)
		return -EINVAL;
	if (unit != 'd' && unit != 'h')
		return -EINVAL;
	*unix_s = now_s + (*text == '-' ? -1 : 1) * (int64_t)number * (unit == 'd' ? DAY_S : 3600);
	return 0;
}

static int set_moment(const char *text, int64_t now_s, int64_t *unix_s)
{
	char day[32];

	snprintf(day, sizeof(day), "%.20sT00:00Z", text);
	if (!parse_distance(text, now_s, unix_s) || !instant_parse(text, true, unix_s) ||
	    !instant_parse(day, true, unix_s))
		return *unix_s > 0 ? STATUS_DONE : say("that was before 1970: ", text);
	return say("a moment is 2026-01-02, 2026-01-02T03:04Z, -2d or +12h, and not ", text);
}

static int set_service(struct request *request, const char *name)
{
	char names[64], what[128];

	request->fetch.service = service_find(name);
	if (request->fetch.service)
		return STATUS_DONE;
	service_names(names, sizeof(names));
	snprintf(what, sizeof(what), "services are %s, and not ", names);
	return say(what, name);
}

static int set_option(void *to, int option, const char *value)
{
	struct request *request = to;
	struct fetch *fetch = &request->fetch;

	switch (option) {
	case OPTION_FETCH:
		return set_service(request, value);
	case 'o':
		request->file = value;
		return STATUS_DONE;
	case OPTION_FROM:
		return set_moment(value, fetch->now_s, &fetch->from_s);
	case OPTION_TO:
		return set_moment(value, fetch->now_s, &fetch->to_s);
	case OPTION_ZONE:
		fetch->zone = value;
		return STATUS_DONE;
	case OPTION_BASIS:
		return options_basis(value, &fetch->basis)
			       ? say("--basis is 'direct' or 'lifecycle', and not ", value)
			       : STATUS_DONE;
	case OPTION_TOKEN_FILE:
		request->token_file = value;
		return STATUS_DONE;
	case OPTION_URL:
		fetch->base = value;
		return STATUS_DONE;
	case OPTION_NO_CACHE:
		request->no_cache = true;
		return STATUS_DONE;
	default:
		request->help = true;
		return STATUS_DONE;
	}
}

/* What does not go together. */
static int check(const struct request *request)
{
	const struct fetch *fetch = &request->fetch;
	const struct service *service = fetch->service;

	if (!service)
		return say("--fetch says who is to be asked", "");
	if (!request->file)
		return say("-o says where to write it", "");
	if (!service->zone && !fetch->zone)
		return say("--zone says of which grid: ", service->title);
	if (service->zone && fetch->zone && strcmp(service->zone, fetch->zone) != 0)
		return say("this service is of one zone alone: ", service->zone);
	if (!service->has_both && fetch->basis == SERIES_LIFECYCLE)
		return say("its figures are direct ones: ", service->title);
	if (fetch->to_s <= fetch->from_s)
		return say("--to is not behind --from", "");
	if (fetch->to_s - fetch->from_s > LONGEST_S)
		return say("ask for five years at most, to be no burden to ", service->title);
	return STATUS_DONE;
}

static int parse(int argc, char **argv, struct request *request)
{
	int status;

	status = options_each(argc, argv, ":o:h", options, set_option, say, request);
	if (status || request->help)
		return status;
	if (optind < argc)
		return say("this was not expected: ", argv[optind]);
	return check(request);
}

/* A token never stands in an argument, which every user of the machine can read. */
static int read_token(struct request *request)
{
	const char *name = request->fetch.service->token;
	const char *token = name ? getenv(name) : NULL;
	size_t size = 0;
	char *text = NULL;

	if (!name)
		return STATUS_DONE;
	if (request->token_file) {
		text = whole_read(request->token_file, &size);
		if (!text)
			return complain(request->token_file, strerror(errno));
		snprintf(request->token, sizeof(request->token), "%.*s",
			 (int)(size < TOKEN_MAX ? size : TOKEN_MAX), text);
		free(text);
	} else if (token) {
		snprintf(request->token, sizeof(request->token), "%s", token);
	}
	request->token[strcspn(request->token, "\r\n")] = '\0';
	request->fetch.token = request->token;
	return request->token[0] ? STATUS_DONE
				 : complain(request->fetch.service->title,
					    "it asks for a token: --token-file, or "
					    "ELECTRICITY_MAPS_TOKEN");
}

/* $XDG_CACHE_HOME/gramme/intensity; without a home there is no cache. */
static int open_cache(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char path[PATH_MAX];
	int n, fd;

	if (cache && cache[0] == '/')
		n = snprintf(path, sizeof(path), "%s/gramme/intensity", cache);
	else if (home && home[0] == '/')
		n = snprintf(path, sizeof(path), "%s/.cache/gramme/intensity", home);
	else
		return -1;
	fd = n < (int)sizeof(path) ? options_open_dir(path, 0700) : -1;
	return fd < 0 ? -1 : fd;
}

static void print_series(FILE *out, const struct fetch *fetch, const struct series *series)
{
	const struct service *service = fetch->service;
	char from[INSTANT_MAX], to[INSTANT_MAX], forecasts[64] = "";

	instant_text(fetch->now_s, from);
	if (series->forecasts)
		snprintf(forecasts, sizeof(forecasts), "; %zu forecasts", series->forecasts);
	fprintf(out, "# zone: %s\n# basis: %s\n# kind: %s\n", series->zone, series->basis,
		series->kind);
	fprintf(out, "# source: %s, %s, fetched %s%s\n", service->title, service->licence, from,
		forecasts);
	fprintf(out, "# address: %s\n", fetch->base ? fetch->base : service->base);
	fprintf(out, "start,end,g_per_kwh\n");
	for (size_t i = 0; i < series->points; i++) {
		const struct series_point *point = &series->point[i];

		instant_text(point->from_s, from);
		instant_text(point->to_s, to);
		fprintf(out, "%s,%s,%llu.%06llu\n", from, to,
			(unsigned long long)(point->ug_per_kwh / 1000000),
			(unsigned long long)(point->ug_per_kwh % 1000000));
	}
}

/* The file is replaced as a whole, since a collector may be reading it. */
static int write_file(const struct request *request, const struct series *series)
{
	char temporary[PATH_MAX];
	FILE *out;
	int fd;

	if (!strcmp(request->file, "-")) {
		print_series(stdout, &request->fetch, series);
		return fflush(stdout) || ferror(stdout) ? complain("-", strerror(errno))
							: STATUS_DONE;
	}
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", request->file) >=
	    (int)sizeof(temporary))
		return complain(request->file, strerror(ENAMETOOLONG));
	fd = mkstemp(temporary);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		return complain(request->file, strerror(errno));
	print_series(out, &request->fetch, series);
	bool failed = fflush(out) || ferror(out) || fchmod(fd, 0644) || fsync(fd);
	failed = fclose(out) || failed || rename(temporary, request->file);
	if (!failed)
		return STATUS_DONE;
	int status = complain(request->file, strerror(errno));
	unlink(temporary);
	return status;
}

static int fetch_and_write(struct request *request)
{
	struct fetch *fetch = &request->fetch;
	char why[FETCH_WHY], from[INSTANT_MAX], to[INSTANT_MAX];
	struct series series;
	int status;

	fetch->cache = request->no_cache ? -1 : open_cache();
	if (!fetch->zone)
		fetch->zone = fetch->service->zone;
	status = fetch_series(fetch, &series, why) ? complain(fetch->service->title, why)
						   : write_file(request, &series);
	if (!status) {
		instant_text(series.point[0].from_s, from);
		instant_text(series.point[series.points - 1].to_s, to);
		fprintf(stderr,
			"gramme: %zu figures from %s to %s; %u asked for, %u pieces from the "
			"cache\n",
			series.points, from, to, fetch->asked, fetch->kept);
	}
	series_free(&series);
	if (fetch->cache >= 0)
		close(fetch->cache);
	return status;
}

int intensity_main(int argc, char **argv)
{
	struct request request = {.fetch = {.now_s = time(NULL), .cache = -1}};
	int status;

	request.fetch.to_s = request.fetch.now_s;
	request.fetch.from_s = request.fetch.now_s - 2 * DAY_S;
	status = parse(argc, argv, &request);
	if (!status && request.help) {
		fputs(usage, stdout);
		fputs(help, stdout);
		return STATUS_DONE;
	}
	if (!status)
		status = read_token(&request);
	return status ? status : fetch_and_write(&request);
}
