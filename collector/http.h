/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to servers, for those who were told to ask: nothing goes over a network that nobody
 * named. libcurl asks; it is opened at the first question, since most machines never ask one.
 */
#ifndef GRAMME_HTTP_H
#define GRAMME_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_TOKEN_MAX 256
#define HTTP_BODY_MAX  (8u << 20)

struct http_request {
	const char *url;  /* http:// or https:// */
	const char *body; /* JSON to be posted, or NULL: the question is a GET */
	bool remove;	  /* it is a DELETE */
	/* NULL each, where there is none: */
	const char *user;
	const char *password;
	const char *token;     /* of a Redfish session: X-Auth-Token */
	const char *bearer;    /* Authorization: Bearer */
	const char *api_token; /* auth-token, as Electricity Maps has it */
	const char
		*certificate; /* file of the certificates to be trusted instead of the system's */
	bool trusting;	      /* take any certificate */
	unsigned patience_ms;
};

struct http_answer {
	int status; /* 200 */
	char *body; /* zero-terminated; to be freed */
	size_t size;
	char token[HTTP_TOKEN_MAX];	  /* that the server gave as X-Auth-Token, or "" */
	char place[HTTP_TOKEN_MAX];	  /* its Location, or "" */
	char retry_after[HTTP_TOKEN_MAX]; /* seconds, or a date, or "" */
};

/*
 * Asks, following no redirection. Returns 0 with an answer of whatever status, or -errno:
 * -ETIMEDOUT, -ECONNREFUSED (nobody there), -EHOSTUNREACH (no such host), -EKEYREJECTED (a
 * certificate that is not trusted), -EFBIG, -ENOPKG (no libcurl), -EPROTO. May block for
 * patience_ms. Threads may ask at the same time.
 */
int http_ask(const struct http_request *request, struct http_answer *answer);
/*
 * Writes `text` so that it can stand in a query: all but letters, digits and -._~ as %XX. Returns 0
 * or -ENAMETOOLONG.
 */
int http_escape(const char *text, char *escaped, size_t size);

void http_answer_free(struct http_answer *answer);

#endif
