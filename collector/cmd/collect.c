/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme collect: the lab's collector. Everything that computes with the shim preloaded and
 * GRAMME_SOCKET naming this socket becomes a run.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "collector/cmd/cmd.h"
#include "collector/cmd/options.h"
#include "collector/meter.h"
#include "collector/rights.h"
#include "collector/stand_in.h"

#define IDLE_LOCK "/run/gramme/idle.lock"

static void say_line(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "gramme: %s\n", line);
}

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "gramme: %s: %s\n", what, why);
	return 1;
}

/* One descriptor per process that computes. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void on_signal(uv_signal_t *handle, int number)
{
	(void)number;
	uv_stop(handle->loop);
}

/* Everything is left to the next collector, as if this one had died, but with nothing unsaid. */
static void on_hand_over(uv_signal_t *handle, int number)
{
	(void)number;
	meter_pause(handle->data);
	_exit(0);
}

static char *default_socket(bool root)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	char *path = NULL;

	if (root) {
		mkdir("/run/gramme", 0755);
		return strdup(CMD_ROOT_SOCKET);
	}
	if (folder && folder[0] == '/' && asprintf(&path, "%s/gramme.sock", folder) < 0)
		return NULL;
	return path;
}

/* Collects until a signal says that it is enough. */
static int collect(const struct meter_options *options)
{
	uv_loop_t loop;
	uv_signal_t term, interrupt, hang_up;
	struct meter *meter;

	int error = uv_loop_init(&loop);
	if (error)
		return fail("event loop", strerror(-error));
	error = meter_open(&loop, options, &meter);
	if (error) {
		uv_run(&loop, UV_RUN_DEFAULT);
		uv_loop_close(&loop);
		return fail(options->socket, error == -EADDRINUSE ? "a collector is there already"
								  : strerror(-error));
	}
	meter_stand_back();
	uv_signal_init(&loop, &term);
	uv_signal_init(&loop, &interrupt);
	uv_signal_init(&loop, &hang_up);
	hang_up.data = meter;
	uv_signal_start(&term, on_signal, SIGTERM);
	uv_signal_start(&interrupt, on_signal, SIGINT);
	uv_signal_start(&hang_up, on_hand_over, SIGHUP);
	fprintf(stderr, "gramme: collecting on %s\n", options->socket);
	uv_run(&loop, UV_RUN_DEFAULT);
	meter_close(meter);
	uv_close((uv_handle_t *)&term, NULL);
	uv_close((uv_handle_t *)&interrupt, NULL);
	uv_close((uv_handle_t *)&hang_up, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return 0;
}

/*
 * Two collectors that both hand out a node's idle would hand it out twice. The lock is this
 * process' own: it goes with it, and what it forks does not have it. Returns 0, -EAGAIN with whose
 * it is in *holder, or -errno.
 */
static int lock_idle(pid_t *holder)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	mkdir("/run/gramme", 0755);
	int fd = open(IDLE_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	fcntl(fd, F_GETLK, &lock);
	*holder = lock.l_pid;
	return -EAGAIN;
}

/* Returns 0, or a status. */
static int claim_idle(void)
{
	char why[96];
	pid_t holder = 0;
	int error = lock_idle(&holder);

	if (!error)
		return 0;
	if (error != -EAGAIN)
		return fail(IDLE_LOCK, strerror(-error));
	snprintf(why, sizeof(why), "another collector (process %d) hands out this node's idle",
		 (int)holder);
	return fail("--idle", why);
}

static bool hands_out(enum account_idle_policy idle, const char *replay)
{
	return account_hands_out(idle) && !replay;
}

/* What a stand-in needs to know beside the meter's options. */
struct service {
	struct meter_options meter;
	const char *replay;
};

static int stand_in(void *arg, bool now)
{
	struct service *service = arg;
	struct meter_options options = service->meter;
	pid_t holder;

	options.world = stand_in_world(options.world, service->replay);
	options.ledger_dir = options_open_dir(options.ledger_path, 0700);
	/* It has the lock no more than another, and its runs are not lost for that. */
	options.idle_withheld = hands_out(options.idle, service->replay) && lock_idle(&holder);
	return options.world ? stand_in_run(&options, now) : 1;
}

static int open_and_collect(const struct options *options, struct world *world, bool root)
{
	struct service service = {.replay = options->replay};
	struct meter_options *meter = &service.meter;
	char why[512];

	*meter = (struct meter_options){
		.world = world,
		.sensors = options->sensors,
		.socket_mode = root ? 0666 : 0600,
		.lab = true,
		.many_users = root,
		.pue_milli = options->pue_milli ? options->pue_milli : 1000,
		.idle = options->idle,
		.keep_private = options->keep_private,
		.patience_ms = 1000ull * options->patience_s,
		.stand_in = stand_in,
		.stand_in_arg = &service,
		.say = say_line,
	};
	int error = options_grid(options, &meter->factor, &meter->hourly, why);
	if (error && why[0])
		return fail(options->intensity_asked && !meter->hourly ? "--intensity" : "--zone",
			    why);
	if (why[0])
		say_line(NULL, why);
	char *path = options_ledger_dir(options->ledger_dir || !root ? options->ledger_dir
								     : CMD_ROOT_LEDGER);
	char *socket = options->socket ? strdup(options->socket) : default_socket(root);
	int status = 1;
	meter->ledger_path = path;
	meter->socket = socket;
	/* Other users reach their folders through this one. */
	meter->ledger_dir = path ? options_open_dir(path, root ? 0755 : 0700) : -ENOMEM;
	if (socket && !socket[0])
		fail("--socket", "is a path, and not ''");
	else if (!socket)
		fail("--socket", "needed, since XDG_RUNTIME_DIR is not set");
	else if (meter->ledger_dir < 0)
		fail(path ? path : "--ledger-dir", strerror(-meter->ledger_dir));
	else
		status = collect(meter);
	if (meter->ledger_dir >= 0)
		close(meter->ledger_dir);
	hourly_close(meter->hourly);
	free(socket);
	free(path);
	return status;
}

int collect_main(int argc, char **argv)
{
	struct options options;
	struct world *world = world_real();
	char why[256];

	if (options_parse("collect", argc, argv, &options, why)) {
		fprintf(stderr, "gramme: %s\n", why);
		return 2;
	}
	if (options.help || options.version) {
		if (options.help)
			options_help("collect");
		else
			puts("gramme " GRAMME_VERSION);
		return 0;
	}
	/* A log that nobody reads any more is no reason to stop, nor is a limit on file sizes. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	raise_limit();
	int error = rights_settle();
	if (error)
		return fail("giving up privileges", strerror(-error));
	if (options.replay && world_replay(options.replay, world_real(), &world, why)) {
		fprintf(stderr, "gramme: %s\n", why);
		return 1;
	}
	int status = hands_out(options.idle, options.replay) ? claim_idle() : 0;
	if (!status)
		status = open_and_collect(&options, world, geteuid() == 0);
	world_close(world);
	return status;
}
