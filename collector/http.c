/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl, opened at run time: a metered machine that asks no server loads no network code.
 */
#include "collector/http.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIBRARY "libcurl.so.4"

static struct {
	void *library;
	CURLcode (*global_init)(long flags);
	CURL *(*easy_init)(void);
	CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
	CURLcode (*easy_perform)(CURL *curl);
	CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
	void (*easy_cleanup)(CURL *curl);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
} api;

static void open_library(void)
{
	static const struct {
		const char *name;
		void **at;
	} wanted[] = {
		{"curl_global_init", (void **)&api.global_init},
		{"curl_easy_init", (void **)&api.easy_init},
		{"curl_easy_setopt", (void **)&api.easy_setopt},
		{"curl_easy_perform", (void **)&api.easy_perform},
		{"curl_easy_getinfo", (void **)&api.easy_getinfo},
		{"curl_easy_cleanup", (void **)&api.easy_cleanup},
		{"curl_slist_append", (void **)&api.slist_append},
		{"curl_slist_free_all", (void **)&api.slist_free_all},
	};
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && library; i++) {
		*wanted[i].at = dlsym(library, wanted[i].name);
		if (!*wanted[i].at)
			library = NULL;
	}
	if (library && !api.global_init(CURL_GLOBAL_DEFAULT))
		api.library = library;
}

static int load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, open_library);
	return api.library ? 0 : -ENOPKG;
}

static size_t take_body(char *data, size_t one, size_t n, void *arg)
{
	struct http_answer *answer = arg;
	char *grown;

	(void)one;
	if (answer->size + n > HTTP_BODY_MAX)
		return 0;
	grown = realloc(answer->body, answer->size + n + 1);
	if (!grown)
		return 0;
	memcpy(grown + answer->size, data, n);
	answer->body = grown;
	answer->size += n;
	answer->body[answer->size] = '\0';
	return n;
}

/* Copies what stands behind "NAME:", if that is what the line is. */
static void take_field(const char *line, size_t n, const char *name, char *value)
{
	size_t length = strlen(name);

	if (n <= length || strncasecmp(line, name, length))
		return;
	line += length;
	n -= length;
	while (n && (*line == ' ' || *line == '\t'))
		line++, n--;
	while (n && (line[n - 1] == '\r' || line[n - 1] == '\n' || line[n - 1] == ' '))
		n--;
	if (n < HTTP_TOKEN_MAX)
		snprintf(value, HTTP_TOKEN_MAX, "%.*s", (int)n, line);
}

static size_t take_header(char *data, size_t one, size_t n, void *arg)
{
	struct http_answer *answer = arg;

	(void)one;
	take_field(data, n, "X-Auth-Token:", answer->token);
	take_field(data, n, "Location:", answer->place);
	take_field(data, n, "Retry-After:", answer->retry_after);
	return n;
}

/* Adds "NAME: VALUE" to the list. Returns 0 or -ENOMEM. */
static int add_header(struct curl_slist **list, const char *name, const char *value)
{
	char line[HTTP_TOKEN_MAX + 64];
	struct curl_slist *longer;

	if (!value)
		return 0;
	if (snprintf(line, sizeof(line), "%s%s", name, value) >= (int)sizeof(line))
		return -EINVAL;
	longer = api.slist_append(*list, line);
	if (!longer)
		return -ENOMEM;
	*list = longer;
	return 0;
}

static int add_headers(const struct http_request *request, struct curl_slist **list)
{
	int error = add_header(list, "Accept: ", "application/json");

	if (!error && request->body)
		error = add_header(list, "Content-Type: ", "application/json");
	if (!error)
		error = add_header(list, "X-Auth-Token: ", request->token);
	if (!error)
		error = add_header(list, "Authorization: Bearer ", request->bearer);
	if (!error)
		error = add_header(list, "auth-token: ", request->api_token);
	return error;
}

static void set_options(CURL *curl, const struct http_request *request, struct http_answer *answer)
{
	api.easy_setopt(curl, CURLOPT_URL, request->url);
	api.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	api.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	/* Time-outs without signals: those are the program's and the collector's. */
	api.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	api.easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->patience_ms);
	api.easy_setopt(curl, CURLOPT_USERAGENT, "gramme/" GRAMME_VERSION);
	api.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	api.easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	api.easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	api.easy_setopt(curl, CURLOPT_HEADERDATA, answer);
	if (request->body)
		api.easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, request->body);
	if (request->remove)
		api.easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "DELETE");
	if (request->user) {
		api.easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		api.easy_setopt(curl, CURLOPT_USERNAME, request->user);
		api.easy_setopt(curl, CURLOPT_PASSWORD, request->password ? request->password : "");
	}
	if (request->certificate)
		api.easy_setopt(curl, CURLOPT_CAINFO, request->certificate);
	if (request->trusting) {
		api.easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		api.easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static int error_of(CURLcode code, const struct http_answer *answer)
{
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return -EHOSTUNREACH;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return -EKEYREJECTED;
	case CURLE_WRITE_ERROR:
		return answer->size ? -EFBIG : -ENOMEM;
	default:
		return -EPROTO;
	}
}

int http_ask(const struct http_request *request, struct http_answer *answer)
{
	struct curl_slist *headers = NULL;
	CURL *curl;
	long status = 0;
	int error = load();

	memset(answer, 0, sizeof(*answer));
	if (error)
		return error;
	curl = api.easy_init();
	if (!curl)
		return -ENOMEM;
	error = add_headers(request, &headers);
	if (!error) {
		set_options(curl, request, answer);
		api.easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		error = error_of(api.easy_perform(curl), answer);
	}
	if (!error)
		api.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	api.slist_free_all(headers);
	api.easy_cleanup(curl);
	answer->status = (int)status;
	if (!error && !answer->body)
		answer->body = calloc(1, 1);
	if (!error && !answer->body)
		error = -ENOMEM;
	if (error)
		http_answer_free(answer);
	return error;
}

int http_escape(const char *text, char *escaped, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";
	size_t used = 0;

	for (; *text; text++) {
		bool keeps = strchr(plain, *text);

		if (used + (keeps ? 1 : 3) >= size)
			return -ENAMETOOLONG;
		if (keeps)
			escaped[used++] = *text;
		else
			used += (size_t)snprintf(escaped + used, 4, "%%%02X", (unsigned char)*text);
	}
	escaped[used] = '\0';
	return 0;
}

void http_answer_free(struct http_answer *answer)
{
	free(answer->body);
	answer->body = NULL;
	answer->size = 0;
}
