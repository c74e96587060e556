/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gramme doctor: what can be metered here, what not, and the exact fix. A line each: "ok", "note"
 * for what cannot be mended or need not be, "fix" with what to do. Nothing is changed or written.
 */
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/carbon/carbon.h"
#include "collector/cmd/cmd.h"
#include "collector/cmd/options.h"
#include "collector/launch/daemon.h"
#include "collector/launch/shim.h"
#include "collector/ledger/tally.h"
#include "collector/power/power.h"
#include "collector/run/cover.h"
#include "preload/wire.h"

static const char usage[] = "usage: gramme doctor [OPTIONS] [-- PROGRAM]\n";

static const char help[] =
	"Says what can be metered here, what not, and the exact fix; with a program, also whether\n"
	"it can be seen into. Exits with 1 if there is something to be fixed.\n"
	"\n"
	"  --ledger-dir DIR   where ledgers would go (GRAMME_LEDGER_DIR)\n"
	"  --zone ZONE        electricity grid, such as FR or US-CA (GRAMME_ZONE)\n"
	"  --sensors FILE     meters that are elsewhere (GRAMME_SENSORS;\n"
	"                     /etc/gramme/sensors.tsv)\n"
	"  --replay DIR       look at a recorded machine\n"
	"  -h, --help         this\n"
	"  --version          the version";

enum { STATUS_WELL, STATUS_FIX, STATUS_USAGE };

enum { OPTION_LEDGER_DIR = 256, OPTION_ZONE, OPTION_SENSORS, OPTION_REPLAY };

static const struct option known[] = {
	{"ledger-dir", required_argument, NULL, OPTION_LEDGER_DIR},
	{"zone", required_argument, NULL, OPTION_ZONE},
	{"sensors", required_argument, NULL, OPTION_SENSORS},
	{"replay", required_argument, NULL, OPTION_REPLAY},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

struct patient {
	const char *ledger_dir;
	const char *zone;
	const char *sensors;
	const char *replay;
	const char *program;
	struct world *world;
	bool served; /* a collector listens, and it decides for what it meters */
	bool rooted; /* it is root's, and we are not */
	bool fixes;
};

enum finding { OK, NOTE, FIX };

__attribute__((format(printf, 3, 4))) static void say(struct patient *patient, enum finding finding,
						      const char *format, ...)
{
	static const char *const word[] = {"ok", "note", "fix"};
	va_list arguments;

	printf("%-5s", word[finding]);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	patient->fixes = patient->fixes || finding == FIX;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* ---- the library ---- */

/* Without its stand-ins, calls by handles that a program opened would go past it. */
static void look_at_stand_ins(struct patient *patient, const char *shim)
{
	static const char *const name[] = {"libgramme-opencl.so", "libgramme-cuda.so"};
	char folder[PATH_MAX], path[PATH_MAX + 32];

	snprintf(folder, sizeof(folder), "%s", shim);
	dirname(folder);
	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, name[i]);
		if (access(path, R_OK))
			say(patient, FIX,
			    "%s: %s; programs that open that API at run time are not seen; "
			    "fix: make install",
			    path, strerror(errno));
	}
}

static void look_at_library(struct patient *patient)
{
	char shim[PATH_MAX] = "";
	int error = shim_find(shim, sizeof(shim));
	const char *disable = variable("GRAMME_DISABLE");

	if (error == -EINVAL)
		say(patient, FIX,
		    "%s: LD_PRELOAD cannot hold a path with blanks or colons; fix: install "
		    "gramme elsewhere, as by make install PREFIX=/usr",
		    shim);
	else if (error)
		say(patient, FIX,
		    "libgramme.so is not there, so nothing of a program would be counted; fix: "
		    "make install, or GRAMME_PRELOAD=/path/of/libgramme.so");
	else
		say(patient, OK, "library: %s", shim);
	if (!error)
		look_at_stand_ins(patient, shim);
	if (disable && strcmp(disable, "0") != 0)
		say(patient, FIX,
		    "GRAMME_DISABLE is set: programs started here are not counted; fix: unset "
		    "GRAMME_DISABLE");
}

/* ---- who meters ---- */

static void look_at_socket(struct patient *patient, const char *path)
{
	int fd = daemon_connect(path);

	if (fd >= 0) {
		struct ucred peer = {.uid = geteuid()};

		say(patient, OK, "collector: listening on %s", path);
		patient->served = true;
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &(socklen_t){sizeof(peer)});
		patient->rooted = peer.uid == 0 && geteuid() != 0;
		close(fd);
	} else if (fd == -EPERM) {
		say(patient, FIX,
		    "collector: the one on %s is another user's, and gets nothing from here; fix: "
		    "unset GRAMME_SOCKET, or have root run it",
		    path);
	} else {
		say(patient, FIX,
		    "collector: %s: %s; programs with GRAMME_SOCKET=%s are not metered; fix: "
		    "gramme collect --socket %s & (or unset GRAMME_SOCKET)",
		    path, strerror(-fd), path, path);
	}
}

static void look_at_collector(struct patient *patient)
{
	const char *socket = variable("GRAMME_SOCKET");

	if (socket)
		look_at_socket(patient, socket);
	else if (!access(CMD_ROOT_SOCKET, F_OK))
		say(patient, NOTE,
		    "collector: GRAMME_SOCKET is not set, and this machine has one; to use it: "
		    "export GRAMME_SOCKET=" CMD_ROOT_SOCKET);
	else
		say(patient, NOTE,
		    "collector: GRAMME_SOCKET is not set: gramme run brings its own; for every "
		    "program that computes: gramme collect");
}

/* ---- where ledgers go ---- */

/* To the folder that it is in, which may be "/". */
static void go_up(char *path)
{
	char *slash = strrchr(path, '/');

	slash[slash == path] = '\0';
}

/* The nearest folder above that is there: what is missing is made in it. */
static void look_at_folder(struct patient *patient)
{
	const char *chosen =
		patient->ledger_dir ? patient->ledger_dir : variable("GRAMME_LEDGER_DIR");
	char *path = options_ledger_dir(chosen);
	char *at = path ? strdup(path) : NULL;
	struct rlimit limit;

	while (at && access(at, F_OK) && errno == ENOENT && strrchr(at, '/'))
		go_up(at);
	if (at && patient->served && !chosen && (patient->rooted || geteuid() == 0))
		say(patient, OK, "ledgers: the collector's, by default " CMD_ROOT_LEDGER "/USER");
	else if (at && access(at, W_OK | X_OK))
		say(patient, FIX,
		    "ledgers: %s: %s; fix: --ledger-dir DIR, or GRAMME_LEDGER_DIR=DIR", at,
		    strerror(errno));
	else if (at)
		say(patient, OK, "ledgers: %s", path);
	free(at);
	free(path);
	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < WIRE_ARENA_BYTES)
		say(patient, FIX,
		    "files may have %llu bytes here, and the library's memory counts as one of "
		    "%llu; fix: ulimit -f unlimited",
		    (unsigned long long)limit.rlim_cur, (unsigned long long)WIRE_ARENA_BYTES);
}

/* ---- sensors ---- */

static void say_domain(struct patient *patient, const struct power_domain *domain)
{
	say(patient, domain->quality == POWER_MODELLED ? NOTE : OK,
	    "%s: %s by %s, error ±%g %%%s%s", domain->name, tally_quality_name(domain->quality),
	    domain->source, domain->error_pct, domain->note[0] ? ": " : "", domain->note);
}

static void look_at_sensors(struct patient *patient)
{
	const struct power_options options = {
		.world = patient->world,
		.model = true,
		.sensors = patient->sensors ? patient->sensors : variable("GRAMME_SENSORS"),
	};
	const struct power_domain *domain;
	const struct power_finding *finding;
	struct power *power;

	if (power_open(&options, &power))
		return;
	for (size_t n = power_domains(power, &domain); n; n--, domain++)
		say_domain(patient, domain);
	for (size_t n = power_findings(power, &finding); n; n--, finding++)
		say(patient,
		    !patient->rooted && (finding->permission || strstr(finding->text, "fix:"))
			    ? FIX
			    : NOTE,
		    "%s%s", finding->text,
		    patient->rooted && finding->permission ? " (the collector is root's, and may)"
							   : "");
	power_close(power);
}

/* ---- carbon ---- */

static void look_at_zone(struct patient *patient)
{
	struct carbon_factor factor;
	char why[256];

	if (carbon_factor(patient->zone ? patient->zone : variable("GRAMME_ZONE"), &factor, why))
		say(patient, FIX, "zone: %s; fix: --zone ZONE, or GRAMME_ZONE=ZONE", why);
	else if (factor.assumed && patient->served)
		say(patient, NOTE,
		    "zone: the collector's; gramme run books at another where --zone or "
		    "GRAMME_ZONE names one");
	else if (factor.assumed)
		say(patient, FIX,
		    "zone: nobody named one, so the average of the world is assumed; fix: --zone "
		    "ZONE, or GRAMME_ZONE=ZONE, such as FR or US-CA");
	else
		say(patient, OK, "zone: %s (%s), %g g CO2e per kWh, %s, %s", factor.zone,
		    factor.name, (double)factor.ug_per_kwh / 1e6, factor.basis, factor.vintage);
}

/* ---- the program ---- */

static void look_at_program(struct patient *patient)
{
	char file[PATH_MAX];
	int error = shim_program(patient->program, file, sizeof(file));
	enum cover cover = error ? COVER_UNKNOWN : cover_file(file);

	if (error == -ENOENT)
		say(patient, FIX, "%s: not found; fix: its path", patient->program);
	else if (error)
		say(patient, FIX, "%s: cannot be executed; fix: chmod +x", patient->program);
	else if (cover == COVER_STATIC)
		say(patient, FIX,
		    "%s: %s: its energy is metered, its kernels cannot be seen; fix: link it "
		    "dynamically",
		    file, cover_why(cover));
	else if (cover == COVER_SETUID)
		say(patient, FIX,
		    "%s: %s: the loader preloads nothing into it; fix: meter the program that it "
		    "starts",
		    file, cover_why(cover));
	else
		say(patient, OK, "program: %s", file);
}

/* ---- the command ---- */

static int wrong_usage(const char *what, const char *which)
{
	fprintf(stderr, "gramme doctor: %s%s; %s", what, which, usage);
	return STATUS_USAGE;
}

static int take(struct patient *patient, int option)
{
	switch (option) {
	case OPTION_LEDGER_DIR:
		patient->ledger_dir = optarg;
		return 0;
	case OPTION_ZONE:
		patient->zone = optarg;
		return 0;
	case OPTION_SENSORS:
		patient->sensors = optarg;
		return 0;
	case OPTION_REPLAY:
		patient->replay = optarg;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Returns STATUS_WELL, also where help was asked for (then *done), or STATUS_USAGE. */
static int parse(struct patient *patient, int argc, char **argv, bool *done)
{
	char why[256];
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, "+:h", known, NULL)) != -1) {
		*done = option == 'h' || option == 'V';
		if (option == 'h')
			printf("%s%s\n", usage, help);
		else if (option == 'V')
			puts("gramme " GRAMME_VERSION);
		else if (take(patient, option))
			return wrong_usage(options_trouble(option), argv[optind - 1]);
		if (*done)
			return STATUS_WELL;
	}
	if (optind + 1 < argc && strcmp(argv[optind - 1], "--") != 0)
		return wrong_usage("more than one program: ", argv[optind + 1]);
	patient->program = argv[optind];
	patient->world = world_real();
	if (!patient->replay || !world_replay(patient->replay, world_real(), &patient->world, why))
		return STATUS_WELL;
	fprintf(stderr, "gramme doctor: %s\n", why);
	return STATUS_USAGE;
}

int doctor_main(int argc, char **argv)
{
	struct patient patient = {0};
	bool done = false;
	int status = parse(&patient, argc, argv, &done);

	if (status || done)
		return status;
	look_at_library(&patient);
	look_at_collector(&patient);
	look_at_folder(&patient);
	look_at_sensors(&patient);
	look_at_zone(&patient);
	if (patient.program)
		look_at_program(&patient);
	world_close(patient.world);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "gramme doctor: cannot write: %s\n", strerror(errno));
		return STATUS_FIX;
	}
	return patient.fixes ? STATUS_FIX : STATUS_WELL;
}
