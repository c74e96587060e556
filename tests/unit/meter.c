/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meter without a program: a run from its beginning to its ledger, when the clock is set, when
 * the machine was asleep, when there is nowhere to write, and when the collector itself ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/intake/memfd.h"
#include "collector/meter.h"

#define S 1000000000LL

/* This machine's clocks, shifted, and no hardware. */
static int64_t set_ns, slept_ns;
static useconds_t held_up_us; /* between two clocks, once */

static uint64_t shifted_realtime_ns(struct world *w)
{
	(void)w;
	usleep(held_up_us);
	held_up_us = 0;
	return world_real()->ops->realtime_ns(world_real()) + (uint64_t)set_ns;
}

static uint64_t shifted_boottime_ns(struct world *w)
{
	(void)w;
	return world_real()->ops->boottime_ns(world_real()) + (uint64_t)slept_ns;
}

static uint64_t monotonic_ns(struct world *w)
{
	(void)w;
	return world_real()->ops->monotonic_ns(world_real());
}

static ssize_t no_file(struct world *w, const char *path, char *text, size_t size)
{
	(void)w;
	(void)path;
	(void)text;
	(void)size;
	return -ENOENT;
}

static int no_folder(struct world *w, const char *path, int (*each)(void *, const char *),
		     void *arg)
{
	(void)w;
	(void)path;
	(void)each;
	(void)arg;
	return -ENOENT;
}

static void close_nothing(struct world *w)
{
	(void)w;
}

static const struct world_ops ops = {
	.monotonic_ns = monotonic_ns,
	.realtime_ns = shifted_realtime_ns,
	.boottime_ns = shifted_boottime_ns,
	.read = no_file,
	.list = no_folder,
	.close = close_nothing,
};
static struct world bare = {.ops = &ops};

static char folder[64], socket_path[80];
static uv_loop_t loop;
static struct meter *meter;
static int dir;
static pid_t child;

static unsigned said; /* lines */

static void say(void *arg, const char *line)
{
	(void)arg;
	(void)line;
	said++;
}

static int set_up(void **state)
{
	(void)state;
	set_ns = slept_ns = 0;
	said = 0;
	/* A socket's path is short. */
	strcpy(folder, "/tmp/meter.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(socket_path, sizeof(socket_path), "%s/socket", folder);
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	struct meter_options options = {.world = &bare,
					.socket = socket_path,
					.socket_mode = 0600,
					.ledger_dir = dir,
					.ledger_path = folder,
					.pue_milli = 1000,
					.keep_private = true,
					.say = say};
	char why[256];
	if (carbon_factor("FR", &options.factor, why) || uv_loop_init(&loop) ||
	    meter_open(&loop, &options, &meter))
		return -1;
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	return 0;
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (meter)
		meter_close(meter);
	uv_run(&loop, UV_RUN_DEFAULT);
	int error = uv_loop_close(&loop);
	close(dir);
	/* Socket and wake file are gone: the folder holds ledgers only. */
	if (access(socket_path, F_OK) == 0)
		return -1;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return error ? error : system(command);
}

static struct run *begin(void)
{
	char *argv[] = {"./program", "-x", NULL};
	const struct origin_labels labels = {0};
	struct origin origin;
	const struct meter_start start = {
		.origin = &origin, .pid = child, .reaper = getpid(), .foreground = true};
	struct run *run = NULL;

	assert_int_equal(origin_make(&origin, argv, "/", getuid(), getgid(), &labels), 0);
	assert_int_equal(meter_begin(meter, &start, &run), 0);
	assert_int_equal(meter_runs(meter), 1);
	return run;
}

/* The one ledger beneath the folder. */
static json_t *read_ledger(void)
{
	char command[128], path[512] = "";
	struct ledger_problem problem = {0};
	json_t *run = NULL;

	snprintf(command, sizeof(command), "find '%s' -name '*.jsonl'", folder);
	FILE *list = popen(command, "r");
	assert_non_null(list);
	assert_non_null(fgets(path, sizeof(path), list));
	pclose(list);
	path[strcspn(path, "\n")] = '\0';
	if (ledger_read(path, &run, &problem))
		fail_msg("%s: line %u: %s", path, problem.line, problem.text);
	return run;
}

static json_t *member(json_t *object, const char *a, const char *b)
{
	json_t *value = json_object_get(json_object_get(object, a), b);

	assert_non_null(value);
	return value;
}

static void a_run_ends_with_a_closed_ledger(void **state)
{
	char text[1024];
	size_t left = 99;
	struct run *run = begin();

	(void)state;
	assert_int_equal(meter_record(meter, run), 0);
	assert_int_equal(meter_end(meter, run, 3, true, text, sizeof(text), &left), 0);
	assert_int_equal(meter_runs(meter), 0);
	assert_int_equal(left, 1);
	assert_non_null(strstr(text, "CO2e (FR)"));
	assert_non_null(strstr(text, folder));
	json_t *ledger = read_ledger();
	assert_int_equal(json_integer_value(member(ledger, "run", "exit_status")), 3);
	assert_true(json_is_true(member(ledger, "run", "complete")));
	assert_string_equal(json_string_value(member(ledger, "run", "experiment")), "program");
	assert_int_equal(json_integer_value(member(ledger, "run", "processes")), 1);
	json_decref(ledger);
}

/* An arena in which one command stands, sealed as its owner would. */
static const struct wire_layout *arena_with(const struct wire_event *event)
{
	const int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const struct wire_layout *read;
	struct wire_layout *layout;

	assert_int_equal(ftruncate(fd, (off_t)WIRE_ARENA_BYTES), 0);
	layout = mmap(NULL, WIRE_ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(layout, MAP_FAILED);
	layout->arena = (struct wire_arena){WIRE_GEOMETRY, .lanes_used = 1, .entries_used = 1};
	layout->device[0] = (struct wire_device){.ready = 1, .type = WIRE_DEVICE_CPU};
	layout->entry[0] = (struct wire_entry){.ready = 1, .kind = WIRE_KIND_KERNEL};
	layout->lane[0].ring[0] = *event;
	layout->lane[0].head = 1;
	munmap(layout, WIRE_ARENA_BYTES);
	fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
	assert_int_equal(memfd_map(fd, &read), 0);
	close(fd);
	return read;
}

/* Who lives on behind the end of a run is heard to the end, though the clock was read before. */
static void what_the_living_told_last_is_heard(void **state)
{
	struct run *run = begin();
	const struct wire_event event = {.seq = 1,
					 .host_ns = run->start_ns + 10,
					 .start_ns = run->start_ns + 10,
					 .end_ns = run->start_ns + 30,
					 .flags = WIRE_EVENT_TIMED};
	struct run_feed *feed = run_attach(run, 1, arena_with(&event), child, "program", 0);

	(void)state;
	assert_non_null(feed);
	run_detach(run, feed, run->start_ns + 20);
	assert_true(run->computed);
	assert_int_equal(meter_end(meter, run, 0, true, NULL, 0, NULL), 0);
}

static const char *reason(json_t *ledger, size_t i)
{
	json_t *anchor = json_array_get(member(ledger, "run", "anchors"), i);

	return json_string_value(json_object_get(anchor, "reason"));
}

static void steps_of_the_clock_and_sleep_are_anchored(void **state)
{
	struct run *run = begin();

	(void)state;
	assert_int_equal(meter_record(meter, run), 0);
	set_ns += S / 2; /* too little to matter */
	meter_pause(meter);
	set_ns -= 3600 * S;
	meter_pause(meter);
	meter_pause(meter);
	set_ns += 100 * S; /* while asleep, UTC goes on */
	slept_ns += 100 * S;
	meter_pause(meter);
	assert_int_equal(meter_end(meter, run, 0, true, NULL, 0, NULL), 0);
	json_t *ledger = read_ledger();
	size_t n = json_array_size(member(ledger, "run", "anchors"));
	assert_true(n >= 2);
	assert_string_equal(reason(ledger, n - 2), "clock step");
	assert_string_equal(reason(ledger, n - 1), "suspend");
	/* The first one, if it is there, is the opening line's. */
	assert_true(n == 2 || strcmp(reason(ledger, n - 3), "clock step") != 0);
	/* Neither the hour nor the sleep is in the run: not as time, nor as energy. */
	json_int_t took_ns = json_integer_value(member(ledger, "run", "duration_ns"));
	assert_in_range(took_ns, 0, 100 * S);
	assert_in_range(json_integer_value(member(ledger, "energy", "total_uj")), 0,
			(uintmax_t)took_ns); /* less than 1 kW */
	json_decref(ledger);
}

/* Who waits for a CPU between the reading of one clock and of the next has not slept. */
static void a_moment_without_a_cpu_is_no_sleep(void **state)
{
	struct run *run = begin();

	(void)state;
	assert_int_equal(meter_record(meter, run), 0);
	held_up_us = 150000;
	meter_pause(meter);
	assert_int_equal(held_up_us, 0);
	assert_int_equal(meter_end(meter, run, 0, true, NULL, 0, NULL), 0);
	json_t *ledger = read_ledger();
	const json_t *anchors = member(ledger, "run", "anchors");
	for (size_t i = 0; i < json_array_size(anchors); i++)
		assert_string_not_equal(reason(ledger, i), "suspend");
	json_decref(ledger);
}

/* No file may grow beyond `bytes`: a full disk that root meets as well. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void what_a_full_disk_refuses_is_said_once_and_written_later(void **state)
{
	struct run *run = begin();

	(void)state;
	assert_int_equal(meter_record(meter, run), 0);
	limit_files(10);
	set_ns += 3600 * S;
	meter_pause(meter);
	uint64_t stepped_ns = bare.ops->monotonic_ns(&bare) - run->start_ns;
	meter_pause(meter);
	assert_int_equal(run->ledger_error, -EFBIG);
	assert_int_equal(said, 1);
	limit_files(RLIM_INFINITY);
	meter_pause(meter);
	assert_int_equal(run->ledger_error, 0);
	assert_int_equal(meter_end(meter, run, 0, true, NULL, 0, NULL), 0);
	assert_int_equal(said, 1);
	json_t *ledger = read_ledger();
	json_t *anchors = member(ledger, "run", "anchors");
	assert_true(json_is_true(member(ledger, "run", "complete")));
	size_t n = json_array_size(anchors);
	assert_true(n >= 1);
	assert_string_equal(reason(ledger, n - 1), "clock step");
	/* It tells of the moment of the step, not of the one when it could be written. */
	json_t *t_ns = json_object_get(json_array_get(anchors, n - 1), "t_ns");
	assert_true((uint64_t)json_integer_value(t_ns) <= stepped_ns);
	json_decref(ledger);
}

static void a_ledger_that_cannot_be_closed_is_said_to_be_incomplete(void **state)
{
	char text[1024];
	struct run *run = begin();

	(void)state;
	assert_int_equal(meter_record(meter, run), 0);
	limit_files(10);
	assert_int_equal(meter_end(meter, run, 0, true, text, sizeof(text), NULL), -EFBIG);
	limit_files(RLIM_INFINITY);
	assert_int_equal(said, 1);
	assert_non_null(strstr(text, "; incomplete ledger: "));
	json_decref(read_ledger());
}

static void a_collector_that_ends_leaves_an_incomplete_ledger(void **state)
{
	struct run *run = begin();

	(void)state;
	assert_int_equal(meter_record(meter, run), 0);
	meter_close(meter);
	meter = NULL;
	json_t *ledger = read_ledger();
	assert_true(json_is_false(member(ledger, "run", "complete")));
	assert_true(json_is_null(member(ledger, "run", "exit_status")));
	json_decref(ledger);
}

static void a_run_that_never_began_leaves_nothing(void **state)
{
	char command[128];

	(void)state;
	meter_cancel(meter, begin());
	assert_int_equal(meter_runs(meter), 0);
	snprintf(command, sizeof(command), "test -z \"$(find '%s' -name '*.jsonl')\"", folder);
	assert_int_equal(system(command), 0);
}

static void without_a_place_to_write_a_run_is_metered_all_the_same(void **state)
{
	char text[1024];
	struct run *run = begin();

	(void)state;
	assert_int_equal(close(dir), 0);
	dir = open("/dev/null", O_RDONLY); /* its number, but no folder */
	assert_int_equal(meter_record(meter, run), -ENOTDIR);
	assert_int_equal(meter_end(meter, run, 0, true, text, sizeof(text), NULL), -ENOTDIR);
	assert_non_null(strstr(text, "CO2e"));
	assert_null(strstr(text, "ledger"));
	assert_int_equal(said, 1);
}

static void nothing_ticks_while_nothing_runs(void **state)
{
	(void)state;
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(uv_backend_timeout(&loop), -1);
	struct run *run = begin();
	uv_update_time(&loop);
	assert_in_range(uv_backend_timeout(&loop), 0, 1000);
	assert_int_equal(meter_end(meter, run, 0, true, NULL, 0, NULL), 0);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(uv_backend_timeout(&loop), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_run_ends_with_a_closed_ledger),
		TEST(what_the_living_told_last_is_heard),
		TEST(steps_of_the_clock_and_sleep_are_anchored),
		TEST(a_moment_without_a_cpu_is_no_sleep),
		TEST(what_a_full_disk_refuses_is_said_once_and_written_later),
		TEST(a_ledger_that_cannot_be_closed_is_said_to_be_incomplete),
		TEST(a_collector_that_ends_leaves_an_incomplete_ledger),
		TEST(a_run_that_never_began_leaves_nothing),
		TEST(without_a_place_to_write_a_run_is_metered_all_the_same),
		TEST(nothing_ticks_while_nothing_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
