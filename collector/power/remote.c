/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers that were named by the operator.
 */
#include "collector/power/remote.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS	10000u
#define PATIENCE_MOST_S 60u

static bool is_sound(const char *url)
{
	/* A password has no place in an address, and would be shown with it. */
	return url && (!strncmp(url, "http://", 7) || !strncmp(url, "https://", 8)) &&
	       !strchr(url, '@') &&
	       strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789-._~:/?#[]!$&'()*+,;=%") == strlen(url);
}

static unsigned patience_ms(const struct config_entry *entry)
{
	const char *text = config_value(entry, "patience");
	unsigned long seconds = text ? strtoul(text, NULL, 10) : 0;

	return seconds && seconds <= PATIENCE_MOST_S ? (unsigned)seconds * 1000 : PATIENCE_MS;
}

int remote_open(struct remote *remote, struct power *power, const char *source, struct world *world,
		const struct config_entry *entry)
{
	const char *user = config_value(entry, "user");
	const char *trust = config_value(entry, "trust");
	int error;

	*remote =
		(struct remote){.world = world, .entry = entry, .url = config_value(entry, "url")};
	if (!is_sound(remote->url)) {
		power_add_finding(power, source, false,
				  CONFIG_PATH ":%u: url= is to be http:// or https://, without a "
					      "user in it",
				  entry->line);
		return -EINVAL;
	}
	error = config_secret(world, entry, "secret", remote->secret, sizeof(remote->secret));
	if (error) {
		power_add_finding(power, source, error == -EACCES,
				  CONFIG_PATH ":%u: the file of secret= cannot be read: %s",
				  entry->line, strerror(-error));
		return error;
	}
	remote->request = (struct http_request){
		.user = user,
		.password = user ? remote->secret : NULL,
		.bearer = !user && remote->secret[0] ? remote->secret : NULL,
		.certificate = config_value(entry, "certificate"),
		.trusting = trust && !strcmp(trust, "all"),
		.patience_ms = patience_ms(entry),
	};
	return 0;
}

int remote_status(int status)
{
	if (status >= 200 && status < 300)
		return 0;
	if (status == 401 || status == 403)
		return -EACCES;
	if (status == 404 || status == 410)
		return -ENOENT;
	return status >= 500 ? -EIO : -EPROTO;
}

int remote_ask(const struct remote *remote, const char *url, const char *token, const char *body,
	       bool remove, struct http_answer *answer)
{
	struct http_request request = remote->request;
	int error;

	request.url = url;
	request.body = body;
	request.remove = remove;
	if (token || body) {
		request.token = token;
		request.user = request.bearer = NULL;
	}
	error = world_http(remote->world, &request, answer);
	if (error)
		return error;
	error = remote_status(answer->status);
	if (error)
		http_answer_free(answer);
	return error;
}

int remote_get(const struct remote *remote, const char *url, const char *token,
	       struct json_t **json)
{
	struct http_answer answer;
	int error = remote_ask(remote, url, token, NULL, false, &answer);

	if (error)
		return error;
	*json = json_loadb(answer.body, answer.size, 0, NULL);
	http_answer_free(&answer);
	return *json ? 0 : -EBADMSG;
}

void remote_find(const struct remote *remote, struct power *power, const char *source, int error)
{
	const char *what = strerror(-error);
	const char *fix = "";

	if (error == -EACCES) {
		what = "it refuses us";
		fix = "; fix: user= and secret= in " CONFIG_PATH;
	} else if (error == -ENOENT) {
		what = "it has no such thing";
	} else if (error == -ENODATA) {
		what = "it shows no power";
	} else if (error == -ENOPKG) {
		what = "libcurl.so.4 is missing";
		fix = "; fix: apt-get install libcurl4";
	} else if (error == -EKEYREJECTED) {
		what = "its certificate is not trusted";
		fix = "; fix: certificate=FILE in " CONFIG_PATH;
	} else if (error == -EBADMSG) {
		what = "its answer is not understood";
	}
	power_add_finding(power, source, error == -EACCES, "%.100s: %s%s", remote->url, what, fix);
}
