/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A collector in the place of one that died.
 */
#include "collector/stand_in.h"

#include <signal.h>
#include <sys/prctl.h>

struct stay {
	struct meter *meter;
	bool over;
};

static void on_signal(uv_signal_t *handle, int number)
{
	struct stay *stay = handle->data;

	(void)number;
	stay->over = true;
}

/* Before the loop goes to sleep: the last run may have ended in this very turn. */
static void on_prepare(uv_prepare_t *handle)
{
	const struct stay *stay = handle->data;

	if (stay->over || (!meter_runs(stay->meter) && !meter_waits(stay->meter)))
		uv_stop(handle->loop);
}

static void collect(uv_loop_t *loop, struct meter *meter, bool over)
{
	struct stay stay = {meter, over};
	uv_signal_t term;
	uv_prepare_t prepare;

	uv_signal_init(loop, &term);
	uv_prepare_init(loop, &prepare);
	term.data = prepare.data = &stay;
	uv_signal_start(&term, on_signal, SIGTERM);
	uv_prepare_start(&prepare, on_prepare);
	uv_run(loop, UV_RUN_DEFAULT);
	meter_close(meter);
	uv_close((uv_handle_t *)&term, NULL);
	uv_close((uv_handle_t *)&prepare, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
}

int stand_in_run(const struct meter_options *options, bool now)
{
	struct meter *meter;
	uv_loop_t loop;

	prctl(PR_SET_NAME, "gramme");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (uv_loop_init(&loop))
		return 1;
	int error = meter_open(&loop, options, &meter);
	if (!error)
		collect(&loop, meter, now);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return error ? 1 : 0;
}

struct world *stand_in_world(struct world *world, const char *recording)
{
	struct world *again;
	char why[256];

	if (!recording)
		return world;
	if (world_replay(recording, world_real(), &again, why))
		return NULL;
	again->start_ns = world->start_ns;
	return again;
}
