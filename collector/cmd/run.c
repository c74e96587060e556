/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme run: meters one program, with a collector of its own or as the client of one that runs.
 * What fails before the program has begun and makes the request meaningless is status 125; what
 * merely keeps it from being metered is one line, and the program runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "collector/cmd/cmd.h"
#include "collector/cmd/options.h"
#include "collector/launch/daemon.h"
#include "collector/launch/job.h"
#include "collector/launch/shim.h"
#include "collector/launch/streams.h"
#include "collector/meter.h"
#include "collector/stand_in.h"

#define STATUS_FAILED	 125
#define STATUS_NOT_EXEC	 126
#define STATUS_NOT_FOUND 127

struct session {
	struct options options;
	struct carbon_factor factor;
	struct hourly *hourly; /* or NULL */
	struct world *world;
	struct streams streams;
	struct job job;
	uv_loop_t loop;
	char file[PATH_MAX]; /* the program */
	char cwd[PATH_MAX];
	char shim[PATH_MAX]; /* "" where there is none */
	FILE *events;	     /* what the recogniser is told, or NULL */
	char *ledger_path;
	int ledger_dir;
	char dir[80]; /* of the private socket */
	char socket[96];
	struct meter *meter;
	struct run *run;
	int daemon;
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	char line[1400];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "gramme: %s\n", line);
}

static void say_line(void *arg, const char *line)
{
	(void)arg;
	say("%s", line);
}

/* libuv aborts where it gets no descriptors; so many are needed to meter a small program. */
static int descriptors_left(void)
{
	int fd[20], n = 0;

	while (n < 20 && (fd[n] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		n++;
	int error = n < 20 ? -errno : 0;
	while (n > 0)
		close(fd[--n]);
	return error;
}

static int not_executed(const struct session *s, int error)
{
	say("'%s': %s", s->options.program[0], strerror(-error));
	return error == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXEC;
}

/* It holds what the program prints, so it is its owner's alone. */
static int open_events(struct session *s)
{
	int fd = open(s->options.events, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	s->events = fd < 0 ? NULL : fdopen(fd, "w");
	return s->events ? 0 : -errno;
}

static void close_events(struct session *s)
{
	bool failed = ferror(s->events) != 0;

	if (fclose(s->events) || failed)
		say("'%s' is not whole: it could not be written", s->options.events);
	s->events = NULL;
}

/* Everything that can be wrong with the request itself. Returns 0 or an exit status. */
static int prepare(struct session *s)
{
	char why[512];

	int refused = options_grid(&s->options, &s->factor, &s->hourly, why);
	if (why[0])
		say("%s", why);
	if (refused)
		return STATUS_FAILED;
	s->world = world_real();
	if (s->options.replay && world_replay(s->options.replay, world_real(), &s->world, why)) {
		say("%s", why);
		return STATUS_FAILED;
	}
	int error = shim_program(s->options.program[0], s->file, sizeof(s->file));
	if (error)
		return not_executed(s, error);
	if (s->options.events && (error = open_events(s))) {
		say("'%s' cannot be written: %s", s->options.events, strerror(-error));
		return STATUS_FAILED;
	}
	if (!getcwd(s->cwd, sizeof(s->cwd)))
		strcpy(s->cwd, "/");
	error = shim_find(s->shim, sizeof(s->shim));
	if (error == -EINVAL)
		say("'%s' cannot be preloaded: its path holds a blank or a colon", s->shim);
	else if (error)
		say("libgramme.so was not found: kernels are not seen");
	if (error)
		s->shim[0] = '\0';
	return 0;
}

/* The shim looks for its module beside itself, and does without one that is not there. */
static int ask_for_paths(const struct session *s)
{
	static const char module[] = "libgramme-path.so";
	char path[PATH_MAX + sizeof(module)];
	const char *slash = strrchr(s->shim, '/');

	snprintf(path, sizeof(path), "%.*s%s", slash ? (int)(slash + 1 - s->shim) : 0, s->shim,
		 module);
	if (slash && !strchr(path, '$') && access(path, R_OK))
		say("%s is not there: no call paths", path);
	return setenv("GRAMME_PATHS", "1", 1) ? -ENOMEM : 0;
}

static int fork_program(struct session *s, const char *socket)
{
	if (s->options.paths && ask_for_paths(s))
		return -ENOMEM;
	char **environment =
		shim_environment(environ, s->shim[0] && socket ? s->shim : NULL, socket);

	if (!environment)
		return -ENOMEM;
	int error = job_fork(&s->job, s->options.program, environment);
	shim_environment_free(environment);
	return error;
}

/* ---- with a collector that runs already ---- */

static void on_end(void *arg)
{
	struct session *s = arg;

	uv_stop(&s->loop);
}

static int begin_with_daemon(struct session *s, const char *socket)
{
	char text[1024];
	char experiment[256];

	origin_experiment(s->options.program, s->cwd, experiment, sizeof(experiment));
	s->daemon = daemon_connect(socket);
	if (s->daemon < 0)
		return s->daemon;
	int error = fork_program(s, socket);
	struct message_run_begin begin = {
		.pid = (uint32_t)s->job.pid,
		.pue_milli = s->options.pue_milli,
		.project = s->options.project ? s->options.project : "",
		.experiment = s->options.experiment ? s->options.experiment : experiment,
		.zone = s->options.zone ? s->options.zone : "",
		.argv = (char **)s->options.program,
	};
	while (begin.argv[begin.argc])
		begin.argc++;
	if (!error)
		error = daemon_begin(s->daemon, &begin, text, sizeof(text));
	if (!error && text[0])
		say("%s", text);
	if (error) {
		close(s->daemon);
		s->daemon = -1;
		job_abandon(&s->job);
	}
	return error;
}

static void end_with_daemon(struct session *s, int exit_status, int signal)
{
	char text[1024];
	int error = daemon_end(s->daemon, exit_status, signal, text, sizeof(text));

	close(s->daemon);
	if (error == -ETIMEDOUT)
		say("the collector does not answer: the next one will close the ledger of this "
		    "run");
	else if (error)
		say("the collector went away (%s): its ledger of this run ends there",
		    strerror(-error));
	else if (text[0] && !s->options.quiet)
		say("%s", text);
}

/* ---- with a collector of its own ---- */

static int make_dir(struct session *s)
{
	const char *const base[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};

	for (size_t i = 0; i < sizeof(base) / sizeof(*base); i++) {
		if (!base[i] || base[i][0] != '/')
			continue;
		int n = snprintf(s->dir, sizeof(s->dir), "%s/gramme-XXXXXX", base[i]);
		if (n > 0 && (size_t)n < sizeof(s->dir) && mkdtemp(s->dir)) {
			snprintf(s->socket, sizeof(s->socket), "%s/socket", s->dir);
			return 0;
		}
	}
	s->dir[0] = '\0';
	return -errno;
}

static void open_ledger_dir(struct session *s)
{
	s->ledger_path = options_ledger_dir(s->options.ledger_dir);
	s->ledger_dir = s->ledger_path ? options_open_dir(s->ledger_path, 0700) : -ENOMEM;
	if (s->ledger_dir < 0) {
		say("no ledger can be written to %s: %s; --ledger-dir or GRAMME_LEDGER_DIR names "
		    "another place",
		    s->ledger_path, strerror(-s->ledger_dir));
		s->ledger_dir = -1;
	}
}

static int stand_in(void *arg, bool now);

static struct meter_options options_alone(struct session *s)
{
	return (struct meter_options){
		.world = s->world,
		.sensors = s->options.sensors,
		.socket = s->socket,
		.socket_mode = 0600,
		.ledger_dir = s->ledger_dir,
		.ledger_path = s->ledger_path,
		.factor = s->factor,
		.hourly = s->hourly,
		.pue_milli = s->options.pue_milli ? s->options.pue_milli : 1000,
		.idle = s->options.idle,
		.keep_private = s->options.keep_private,
		.stand_in = stand_in,
		.stand_in_arg = s,
		.say = say_line,
	};
}

/* Whoever killed gramme did not mean the program, and nobody else will end its run. */
static int stand_in(void *arg, bool now)
{
	struct session *s = arg;
	struct meter_options options = options_alone(s);

	options.world = stand_in_world(s->world, s->options.replay);
	options.ledger_dir = -1;
	int status = options.world ? stand_in_run(&options, now) : 1;
	if (!status)
		rmdir(s->dir);
	return status;
}

static int open_meter(struct session *s)
{
	int error = make_dir(s);

	if (error)
		return error;
	const struct meter_options options = options_alone(s);
	return meter_open(&s->loop, &options, &s->meter);
}

static int begin_alone(struct session *s)
{
	const struct origin_labels labels = {s->options.project, s->options.experiment};
	struct origin origin;
	const struct meter_start start = {
		.origin = &origin,
		.pid = s->job.pid,
		.reaper = getpid(),
		.expected = cover_file(s->file),
		.foreground = true,
		.events = s->events,
	};
	int error = origin_make(&origin, s->options.program, s->cwd, getuid(), getgid(), &labels);

	if (!error)
		error = meter_begin(s->meter, &start, &s->run);
	origin_release(&origin);
	return error;
}

static void on_stop(void *arg)
{
	struct session *s = arg;

	if (s->meter)
		meter_pause(s->meter);
}

static void end_alone(struct session *s, int exit_status, bool complete)
{
	char text[1024];
	size_t left = 0;

	meter_end(s->meter, s->run, exit_status, complete, text, sizeof(text), &left);
	s->run = NULL;
	if (s->options.quiet)
		return;
	say("%s", text);
	if (left)
		say("%zu of its processes still run, and are no longer metered", left);
}

/* ---- both ---- */

/* Lets the program go and waits for its end. Returns 0, or an exit status if it never began. */
static int run_program(struct session *s)
{
	s->job.on_end = on_end;
	s->job.on_stop = on_stop;
	s->job.arg = s;
	if (s->meter)
		meter_stand_back();
	int error = job_go(&s->job);
	streams_let_go(&s->streams);
	if (error)
		return not_executed(s, error);
	if (s->run)
		meter_record(s->meter, s->run);
	error = job_watch(&s->job, &s->loop);
	if (!error)
		uv_run(&s->loop, UV_RUN_DEFAULT);
	else
		job_wait(&s->job);
	return 0;
}

static void clean_up(struct session *s)
{
	if (s->run)
		meter_cancel(s->meter, s->run);
	if (s->meter)
		meter_close(s->meter);
	job_close(&s->job);
	if (s->loop.data) {
		uv_run(&s->loop, UV_RUN_DEFAULT);
		uv_loop_close(&s->loop);
	}
	if (s->dir[0])
		rmdir(s->dir);
	if (s->ledger_dir >= 0)
		close(s->ledger_dir);
	if (s->events)
		close_events(s);
	free(s->ledger_path);
	hourly_close(s->hourly);
	world_close(s->world);
}

/* Begins the run in one of three ways: with a daemon, alone, or not at all. 0 or -errno. */
static int begin(struct session *s)
{
	const char *socket = s->options.socket;
	int error = -ENOENT;

	if (socket && !s->options.own) {
		error = begin_with_daemon(s, socket);
		if (!error)
			return 0;
		say("no collector at %s (%s): metering alone", socket, strerror(-error));
	}
	open_ledger_dir(s);
	error = open_meter(s);
	if (error)
		say("not metered: %s", strerror(-error));
	error = fork_program(s, s->meter ? s->socket : NULL);
	if (!error && s->meter && (error = begin_alone(s))) {
		say("not metered: %s", strerror(-error));
		error = 0;
	}
	return error;
}

/* Too little is left to meter with: the program still runs, in our place. */
static int run_unmetered(struct session *s, int error)
{
	say("not metered: %s", strerror(-error));
	clean_up(s);
	return not_executed(s, job_become(&s->job, s->options.program));
}

static int run_metered(struct session *s)
{
	int error = job_prepare(&s->job);

	if (!error)
		error = descriptors_left();
	if (!error)
		error = uv_loop_init(&s->loop);
	if (!error) {
		s->loop.data = s; /* it is there */
		error = begin(s);
	}
	if (error)
		return run_unmetered(s, error);
	int status = run_program(s);
	bool signalled = !status && WIFSIGNALED(s->job.status);
	int code = status      ? status
		   : signalled ? 128 + WTERMSIG(s->job.status)
			       : WEXITSTATUS(s->job.status);
	if (s->daemon >= 0)
		end_with_daemon(s, code, signalled ? WTERMSIG(s->job.status) : 0);
	else if (s->run && !status)
		end_alone(s, code, !signalled);
	clean_up(s);
	if (status)
		return status;
	job_exit(&s->job);
}

int run_main(int argc, char **argv)
{
	static struct session session = {.ledger_dir = -1, .daemon = -1};
	struct session *s = &session;
	char why[256];

	streams_guard(&s->streams);
	if (options_parse("run", argc, argv, &s->options, why)) {
		say("%s", why);
		return STATUS_FAILED;
	}
	if (s->options.help || s->options.version) {
		if (s->options.help)
			options_help("run");
		else
			puts("gramme " GRAMME_VERSION);
		return 0;
	}
	int status = prepare(s);
	return status ? status : run_metered(s);
}
