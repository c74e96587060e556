/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The constructor, and the only reader of the environment. It copies what it needs: programs
 * overwrite their environment (setproctitle), and free what they put there.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "preload/init.h"
#include "preload/life.h"
#include "preload/resolve.h"

static struct init_settings settings;
static atomic_bool settings_read;

static bool is_set(const char *value)
{
	return value && value[0] && strcmp(value, "0") != 0;
}

static enum init_profiling profiling_from(const char *value)
{
	if (value && !strcmp(value, "on"))
		return INIT_PROFILING_ON;
	if (value && !strcmp(value, "off"))
		return INIT_PROFILING_OFF;
	return INIT_PROFILING_AUTO;
}

/* Two threads may come here at once: both write the same bytes. */
const struct init_settings *init_settings(void)
{
	const char *socket;
	size_t length;

	if (atomic_load_explicit(&settings_read, memory_order_acquire))
		return &settings;
	socket = getenv("GRAMME_SOCKET");
	length = socket ? strlen(socket) : 0;
	if (length && length < sizeof(settings.socket)) {
		memcpy(settings.socket, socket, length + 1);
		settings.on = !is_set(getenv("GRAMME_DISABLE"));
	}
	if (settings.on) {
		settings.eager = is_set(getenv("GRAMME_EAGER"));
		settings.profiling = profiling_from(getenv("GRAMME_OPENCL_PROFILING"));
	}
	atomic_store_explicit(&settings_read, true, memory_order_release);
	return &settings;
}

__attribute__((constructor)) static void init(void)
{
	if (!init_settings()->on)
		return;
	resolve_start();
	if (init_settings()->eager)
		(void)life_begin();
}
