/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who can be asked on this machine: system calls, devices and libraries that tell what no file
 * does. Each is one file (world_*.c) and one row here.
 */
#include "collector/world.h"

#include <errno.h>
#include <string.h>

#include "collector/http.h"

static const struct {
	const char *name;
	ssize_t (*ask)(const char *rest, char *answer, size_t size);
} known[] = {
	{"/perf/", world_ask_perf},
	{"/ipmi/", world_ask_ipmi},
	{"/rocm/", world_ask_rocm},
	{"/zero/", world_ask_zero},
};

ssize_t world_ask_real(struct world *w, const char *question, char *answer, size_t size)
{
	(void)w;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t length = strlen(known[i].name);

		if (!strncmp(question, known[i].name, length))
			return known[i].ask(question + length, answer, size);
	}
	return -ENOENT;
}

ssize_t world_ask(struct world *w, const char *question, char *answer, size_t size)
{
	return w->ops->ask ? w->ops->ask(w, question, answer, size) : -ENOENT;
}

int world_http_real(struct world *w, const struct http_request *request, struct http_answer *answer)
{
	(void)w;
	return http_ask(request, answer);
}

int world_http(struct world *w, const struct http_request *request, struct http_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	return w->ops->http ? w->ops->http(w, request, answer) : -ENOPKG;
}
