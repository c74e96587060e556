/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which intensity of the grid held when.
 */
#include "collector/run/rates.h"

#include <stdlib.h>
#include <string.h>

void rates_close(struct rates *rates)
{
	free(rates->step);
	*rates = (struct rates){0};
}

static void drop(struct rates *rates, size_t n)
{
	rates->n -= n;
	memmove(rates->step, rates->step + n, rates->n * sizeof(*rates->step));
}

void rates_add(struct rates *rates, uint64_t t_ns, uint64_t ug_per_kwh)
{
	if (rates->n && (rates->step[rates->n - 1].ug_per_kwh == ug_per_kwh ||
			 rates->step[rates->n - 1].t_ns > t_ns))
		return;
	if (rates->n == RATES_MAX)
		drop(rates, RATES_MAX / 2);
	if (rates->n == rates->room) {
		const size_t room = rates->room ? rates->room * 2 : 16;
		struct rate *more = realloc(rates->step, room * sizeof(*more));

		if (!more)
			return;
		rates->step = more;
		rates->room = room;
	}
	rates->step[rates->n++] = (struct rate){t_ns, ug_per_kwh};
}

unsigned __int128 rates_at(const struct rates *rates, uint64_t t_ns,
			   uint64_t (*drawn)(const void *arg, uint64_t t_ns), const void *arg)
{
	unsigned __int128 weighted = rates->weighted;
	uint64_t before_uj;

	if (!rates->n || t_ns <= rates->begin_ns)
		return weighted;
	before_uj = drawn(arg, rates->begin_ns);
	for (size_t i = 0; i < rates->n; i++) {
		const uint64_t next_ns = i + 1 < rates->n ? rates->step[i + 1].t_ns : t_ns;
		const uint64_t end_ns = next_ns < t_ns ? next_ns : t_ns;
		uint64_t now_uj;

		if (end_ns <= rates->begin_ns)
			continue;
		now_uj = drawn(arg, end_ns);
		weighted += (unsigned __int128)(now_uj - before_uj) * rates->step[i].ug_per_kwh;
		before_uj = now_uj;
		if (end_ns == t_ns)
			break;
	}
	return weighted;
}

void rates_forget(struct rates *rates, uint64_t t_ns,
		  uint64_t (*drawn)(const void *arg, uint64_t t_ns), const void *arg)
{
	size_t past = 0;

	if (t_ns <= rates->begin_ns)
		return;
	rates->weighted = rates_at(rates, t_ns, drawn, arg);
	rates->begin_ns = t_ns;
	while (past + 1 < rates->n && rates->step[past + 1].t_ns <= t_ns)
		past++;
	if (past)
		drop(rates, past);
}
