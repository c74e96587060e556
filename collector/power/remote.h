/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that the operator named in the file of sensors (config.h): how it is asked, and what it
 * means if it does not answer. Its keys there:
 *   url=         of the server, or of what is to be asked
 *   user=        and secret=FILE, whose first line is the password; without a user the secret is a
 *                token (Authorization: Bearer)
 *   certificate=FILE  to be trusted instead of the system's; trust=all takes any
 *   patience=SECONDS  for an answer; 10 where nothing is said
 */
#ifndef GRAMME_REMOTE_H
#define GRAMME_REMOTE_H

#include "collector/http.h"
#include "collector/power/config.h"
#include "collector/power/power.h"

struct json_t;

struct remote {
	struct world *world;
	const struct config_entry *entry; /* borrowed: it lives as long as power does */
	const char *url;		  /* the entry's */
	char secret[HTTP_TOKEN_MAX];
	struct http_request request; /* all but url, body and token */
};

/* Returns 0, or -errno with a finding of that source where the entry lacks what it needs. */
int remote_open(struct remote *remote, struct power *power, const char *source, struct world *world,
		const struct config_entry *entry);

/*
 * Asks for JSON, with the remote's user or else that token (of a session; may be NULL). Returns 0
 * with *json, to be decref'd; -EACCES where it is refused, -ENOENT where there is no such thing,
 * -EIO where the server says that it has a trouble, -EBADMSG where it is no JSON, or as http_ask.
 */
int remote_get(const struct remote *remote, const char *url, const char *token,
	       struct json_t **json);

/*
 * As remote_get, with JSON to be posted where `body` is not NULL, or to remove a thing; the answer
 * is to be freed.
 */
int remote_ask(const struct remote *remote, const char *url, const char *token, const char *body,
	       bool remove, struct http_answer *answer);

/* What a status means, as remote_get says; 0 for 2xx. */
int remote_status(int status);

/* Makes a finding of what remote_get returned, with what to do about it. */
void remote_find(const struct remote *remote, struct power *power, const char *source, int error);

#endif
