/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redfish (DMTF DSP0266), as far as it tells power.
 *
 * The node is the ComputerSystem; its Links say in which chassis it is. Where these are several (a
 * blade and its enclosure, a tray of GPUs), an enclosure or a rack is not the node. Power stands in
 * EnvironmentMetrics of newer BMCs (PowerWatts.Reading), and in Power of older ones, in the first
 * PowerControl: further ones are parts of it. A figure may be null, or 0 while the BMC starts.
 */
#include "collector/power/bmc.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT	   "/redfish/v1"
#define WATTS_MOST 1e6
#define END_MS	   1000u

static int make_url(const struct bmc *bmc, const char *path, char *url, size_t size)
{
	size_t length = strlen(bmc->remote.url);

	/* A path that leads elsewhere ("@other.host") is none of the BMC's. */
	if (path[0] != '/' || strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789-._~/:%$#()'+,;=!") != strlen(path))
		return -EBADMSG;
	while (length && bmc->remote.url[length - 1] == '/')
		length--;
	if ((size_t)snprintf(url, size, "%.*s%s", (int)length, bmc->remote.url, path) >= size)
		return -ENAMETOOLONG;
	return 0;
}

/* ---- sessions ---- */

/* Where the BMC has no sessions the user is named with each question. */
static int begin_session(struct bmc *bmc)
{
	char url[512];
	struct http_answer answer;
	const char *place;
	json_t *body;
	char *text;
	int error = make_url(bmc, ROOT "/SessionService/Sessions", url, sizeof(url));

	bmc->token[0] = bmc->session[0] = '\0';
	if (error || !bmc->remote.request.user)
		return error;
	body = json_pack("{s:s, s:s}", "UserName", bmc->remote.request.user, "Password",
			 bmc->remote.request.password);
	text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	if (!text)
		return -ENOMEM;
	error = remote_ask(&bmc->remote, url, NULL, text, false, &answer);
	free(text);
	if (error == -ENOENT || error == -EPROTO)
		return 0;
	if (error)
		return error;
	memcpy(bmc->token, answer.token, sizeof(bmc->token));
	/* A Location is a path, or an address with one. */
	place = strstr(answer.place, ROOT);
	if (place)
		snprintf(bmc->session, sizeof(bmc->session), "%s", place);
	http_answer_free(&answer);
	return 0;
}

void bmc_end(struct bmc *bmc)
{
	char url[512];
	struct http_answer answer;

	if (!bmc->session[0] || make_url(bmc, bmc->session, url, sizeof(url)))
		return;
	bmc->remote.request.patience_ms = END_MS;
	if (!remote_ask(&bmc->remote, url, bmc->token, NULL, true, &answer))
		http_answer_free(&answer);
	bmc->session[0] = bmc->token[0] = '\0';
}

static int get_once(const struct bmc *bmc, const char *path, json_t **json)
{
	char url[512];
	int error = make_url(bmc, path, url, sizeof(url));

	if (error)
		return error;
	return remote_get(&bmc->remote, url, bmc->token[0] ? bmc->token : NULL, json);
}

/* A session that has ended is begun anew, once. */
static int get(struct bmc *bmc, const char *path, json_t **json)
{
	bool had = bmc->token[0];
	int error = get_once(bmc, path, json);

	if (error != -EACCES || !bmc->remote.request.user)
		return error;
	error = begin_session(bmc);
	if (error || (!had && !bmc->token[0]))
		return error ? error : -EACCES;
	return get_once(bmc, path, json);
}

/* ---- which chassis ---- */

static const char *link_of(const json_t *object)
{
	const char *path = json_string_value(json_object_get(object, "@odata.id"));

	return path && strlen(path) < BMC_PATH_MAX ? path : NULL;
}

static int number_of(const json_t *value, double *watts)
{
	if (!json_is_number(value))
		return -ENODATA;
	*watts = json_number_value(value);
	return isfinite(*watts) && *watts >= 0 && *watts <= WATTS_MOST ? 0 : -ENODATA;
}

/* The watts in an EnvironmentMetrics or a Power. */
static int power_in(const json_t *json, double *watts)
{
	const json_t *control = json_array_get(json_object_get(json, "PowerControl"), 0);

	if (!number_of(json_object_get(json_object_get(json, "PowerWatts"), "Reading"), watts))
		return 0;
	if (!number_of(json_object_get(control, "PowerConsumedWatts"), watts))
		return 0;
	return number_of(json_object_get(json, "PowerConsumedWatts"), watts);
}

/* Whether what that link leads to shows power, if only sometimes: null and 0 are none. */
static int try_figure(struct bmc *bmc, const json_t *chassis, const char *key)
{
	const char *path = link_of(json_object_get(chassis, key));
	json_t *json = NULL;
	double watts = 0;
	int error;

	if (!path)
		return -ENODATA;
	error = get(bmc, path, &json);
	if (!error)
		error = power_in(json, &watts);
	json_decref(json);
	if (!error && watts <= 0)
		error = -ENODATA;
	if (!error)
		snprintf(bmc->figure, sizeof(bmc->figure), "%s", path);
	return error;
}

static bool holds_others(const json_t *chassis)
{
	static const char *const types[] = {"Enclosure", "Rack", "Shelf", "Pod", "Row", "Zone"};
	const char *type = json_string_value(json_object_get(chassis, "ChassisType"));

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (type && !strcmp(type, types[i]))
			return true;
	return false;
}

/* Looks for power in a chassis. Returns 0, -ENODATA, or as get. */
static int try_chassis(struct bmc *bmc, const char *path, bool named)
{
	json_t *json = NULL;
	int error = get(bmc, path, &json);

	if (!error)
		error = !named && holds_others(json) ? -ENODATA
						     : try_figure(bmc, json, "EnvironmentMetrics");
	if (error == -ENODATA && (named || !holds_others(json)))
		error = try_figure(bmc, json, "Power");
	if (!error)
		snprintf(bmc->home, sizeof(bmc->home), "%s", path);
	json_decref(json);
	return error;
}

/* Takes the first chassis of an array of links that shows power, and counts those that do. */
static int try_each(struct bmc *bmc, const json_t *links)
{
	char first[BMC_PATH_MAX] = "", home[BMC_PATH_MAX] = "";
	int result = -ENODATA;

	bmc->chassis = 0;
	for (size_t i = 0; i < json_array_size(links); i++) {
		const char *path = link_of(json_array_get(links, i));
		int error = path ? try_chassis(bmc, path, false) : -ENODATA;

		if (!error && !bmc->chassis++) {
			memcpy(first, bmc->figure, sizeof(first));
			memcpy(home, bmc->home, sizeof(home));
		} else if (error && error != -ENODATA && error != -ENOENT) {
			result = error;
		}
	}
	if (!bmc->chassis)
		return result;
	memcpy(bmc->figure, first, sizeof(first));
	memcpy(bmc->home, home, sizeof(home));
	return 0;
}

/* The path of a collection's only member, or -E2BIG, or -ENODATA. */
static int only_member(struct bmc *bmc, const char *collection, char *path)
{
	json_t *json = NULL;
	int error = get(bmc, collection, &json);
	const json_t *members = json_object_get(json, "Members");
	const char *link = link_of(json_array_get(members, 0));

	if (!error && (!json_array_size(members) || !link))
		error = -ENODATA;
	if (!error && json_array_size(members) > 1)
		error = -E2BIG;
	if (!error)
		snprintf(path, BMC_PATH_MAX, "%s", link);
	json_decref(json);
	return error;
}

/* By the system's links; by the list of chassis where it has none. */
static int find_by_system(struct bmc *bmc)
{
	const char *named = config_value(bmc->remote.entry, "system");
	char path[BMC_PATH_MAX];
	json_t *json = NULL;
	int error = 0;

	if (named)
		snprintf(path, sizeof(path), ROOT "/Systems/%.100s", named);
	else
		error = only_member(bmc, ROOT "/Systems", path);
	if (!error)
		error = get(bmc, path, &json);
	if (!error)
		error = try_each(bmc, json_object_get(json_object_get(json, "Links"), "Chassis"));
	json_decref(json);
	if (error != -ENODATA && error != -ENOENT)
		return error;
	json = NULL;
	error = get(bmc, ROOT "/Chassis", &json);
	if (!error)
		error = try_each(bmc, json_object_get(json, "Members"));
	json_decref(json);
	return error;
}

int bmc_find(struct bmc *bmc)
{
	const char *named = config_value(bmc->remote.entry, "chassis");
	char path[BMC_PATH_MAX];
	int error = bmc->token[0] ? 0 : begin_session(bmc);

	bmc->figure[0] = '\0';
	if (error)
		return error;
	if (!named)
		return find_by_system(bmc);
	snprintf(path, sizeof(path), ROOT "/Chassis/%.100s", named);
	bmc->chassis = 1;
	return try_chassis(bmc, path, true);
}

bool bmc_is_within(struct bmc *inner, const struct bmc *outer)
{
	char at[BMC_PATH_MAX];
	bool found = false;

	memcpy(at, inner->home, sizeof(at));
	for (int depth = 0; at[0] && !found && depth < 8; depth++) {
		json_t *json = NULL;
		const char *above = NULL;

		if (!get(inner, at, &json))
			above = link_of(
				json_object_get(json_object_get(json, "Links"), "ContainedBy"));
		snprintf(at, sizeof(at), "%s", above ? above : "");
		json_decref(json);
		found = at[0] && !strcmp(at, outer->home);
	}
	return found;
}

int bmc_power(struct bmc *bmc, uint64_t *uw)
{
	json_t *json = NULL;
	double watts = 0;
	int error = bmc->figure[0] ? 0 : bmc_find(bmc);

	if (!error)
		error = get(bmc, bmc->figure, &json);
	if (!error)
		error = power_in(json, &watts);
	json_decref(json);
	if (!error)
		*uw = (uint64_t)llround(watts * 1e6);
	return error;
}
