/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The constructor, and the only reader of the environment. It copies what it needs: programs
 * overwrite their environment (setproctitle), and free what they put there.
 */
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "preload/init.h"
#include "preload/life.h"
#include "preload/output.h"
#include "preload/path.h"
#include "preload/resolve.h"
#include "preload/start.h"
#include "preload/sys.h"

static struct init_settings settings START_DATA;
static atomic_bool settings_read START_DATA;

static const char started_by[] START_NAME = "GRAMME_";
static const char socket_name[] START_NAME = "SOCKET";
static const char disable_name[] START_NAME = "DISABLE";
static const char eager_name[] START_NAME = "EAGER";
static const char profiling_name[] START_NAME = "OPENCL_PROFILING";
static const char run_name[] START_NAME = "RUN";
static const char paths_name[] START_NAME = "PATHS";
static const char project_name[] START_NAME = "PROJECT";
static const char experiment_name[] START_NAME = "EXPERIMENT";

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

/* What is asked for, as it stands in the environment, or NULL. */
struct asked {
	const char *socket, *disable, *eager, *profiling, *run, *paths, *project, *experiment;
};

/* The first of two entries of one name counts, as with getenv. */
START_CODE static void take(const char **value, const char *entry, const char *name)
{
	const size_t length = strlen(name);

	if (!*value && !strncmp(entry, name, length) && entry[length] == '=')
		*value = entry + length + 1;
}

/* In one pass, and not by getenv, which is a name to be looked up and a pass for each. */
START_CODE static void ask(struct asked *asked)
{
	for (char **e = environ; e && *e; e++) {
		const char *name = *e + sizeof(started_by) - 1;

		if (strncmp(*e, started_by, sizeof(started_by) - 1) != 0)
			continue;
		take(&asked->socket, name, socket_name);
		take(&asked->disable, name, disable_name);
		take(&asked->eager, name, eager_name);
		take(&asked->profiling, name, profiling_name);
		take(&asked->run, name, run_name);
		take(&asked->paths, name, paths_name);
		take(&asked->project, name, project_name);
		take(&asked->experiment, name, experiment_name);
	}
}

/* The pid in decimal; 0, which is nobody's, for anything else. */
static uint32_t pid_from(const char *text)
{
	uint32_t pid = 0;

	for (; text && *text >= '0' && *text <= '9' && pid < 100000000; text++)
		pid = pid * 10 + (uint32_t)(*text - '0');
	return text && !*text ? pid : 0;
}

/* A value that does not fit is none. */
START_CODE static bool copy(char *to, size_t size, const char *value)
{
	const size_t length = value ? strlen(value) : 0;

	if (!length || length >= size)
		return false;
	memcpy(to, value, length + 1);
	return true;
}

/* Two threads may come here at once: both write the same bytes. */
START_CODE const struct init_settings *init_settings(void)
{
	struct asked asked = {0};

	if (atomic_load_explicit(&settings_read, memory_order_acquire))
		return &settings;
	ask(&asked);
	if (copy(settings.socket, sizeof(settings.socket), asked.socket))
		settings.on = !is_set(asked.disable);
	if (settings.on) {
		copy(settings.project, sizeof(settings.project), asked.project);
		copy(settings.experiment, sizeof(settings.experiment), asked.experiment);
		settings.eager = is_set(asked.eager);
		settings.paths = is_set(asked.paths);
		settings.launcher = pid_from(asked.run);
		settings.profiling = profiling_from(asked.profiling);
	}
	atomic_store_explicit(&settings_read, true, memory_order_release);
	return &settings;
}

__attribute__((constructor)) START_CODE static void init(void)
{
	if (!init_settings()->on)
		return;
	resolve_start();
	if (settings.paths)
		path_start();
	atomic_store_explicit(&output_on, true, memory_order_relaxed);
	if (settings.eager || (settings.launcher && (uint32_t)sys(getppid, 0) == settings.launcher))
		(void)life_begin();
}
