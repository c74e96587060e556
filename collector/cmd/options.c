/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options and environment of `gramme run` and `gramme collect`.
 */
#include "collector/cmd/options.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHY	     256
#define GRID_WHY     512
#define PATIENCE_S   600u
#define PATIENCE_MAX 86400u

enum {
	OPTION_LEDGER_DIR = 256,
	OPTION_ZONE,
	OPTION_INTENSITY,
	OPTION_BASIS,
	OPTION_PROJECT,
	OPTION_EXPERIMENT,
	OPTION_PUE,
	OPTION_REPLAY,
	OPTION_SENSORS,
	OPTION_IDLE,
	OPTION_PRIVATE,
	OPTION_EVENTS,
	OPTION_PATHS,
	OPTION_SOCKET,
	OPTION_PATIENCE
};

static const struct option run_options[] = {
	{"ledger-dir", required_argument, NULL, OPTION_LEDGER_DIR},
	{"zone", required_argument, NULL, OPTION_ZONE},
	{"intensity", required_argument, NULL, OPTION_INTENSITY},
	{"basis", required_argument, NULL, OPTION_BASIS},
	{"project", required_argument, NULL, OPTION_PROJECT},
	{"experiment", required_argument, NULL, OPTION_EXPERIMENT},
	{"pue", required_argument, NULL, OPTION_PUE},
	{"replay", required_argument, NULL, OPTION_REPLAY},
	{"sensors", required_argument, NULL, OPTION_SENSORS},
	{"idle", required_argument, NULL, OPTION_IDLE},
	{"private", required_argument, NULL, OPTION_PRIVATE},
	{"events", required_argument, NULL, OPTION_EVENTS},
	{"paths", no_argument, NULL, OPTION_PATHS},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

static const struct option collect_options[] = {
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"patience", required_argument, NULL, OPTION_PATIENCE},
	{"ledger-dir", required_argument, NULL, OPTION_LEDGER_DIR},
	{"zone", required_argument, NULL, OPTION_ZONE},
	{"intensity", required_argument, NULL, OPTION_INTENSITY},
	{"basis", required_argument, NULL, OPTION_BASIS},
	{"pue", required_argument, NULL, OPTION_PUE},
	{"replay", required_argument, NULL, OPTION_REPLAY},
	{"sensors", required_argument, NULL, OPTION_SENSORS},
	{"idle", required_argument, NULL, OPTION_IDLE},
	{"private", required_argument, NULL, OPTION_PRIVATE},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

int options_pue(const char *text, uint32_t *pue_milli)
{
	uint32_t value = 0, decimals = 0;
	bool point = false;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text; text++) {
		if (*text == '.' && !point) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9' || value > 100000 || decimals == 3)
			return -EINVAL;
		value = value * 10 + (uint32_t)(*text - '0');
		decimals += point;
	}
	for (; decimals < 3; decimals++)
		value *= 10;
	if (value < 1000 || value > 10000)
		return -ERANGE;
	*pue_milli = value;
	return 0;
}

static int set_pue(struct options *options, const char *name, const char *text, char *why)
{
	if (options_pue(text, &options->pue_milli) == 0)
		return 0;
	snprintf(why, WHY, "%s is a number from 1 to 10, such as 1.3, and not '%s'", name, text);
	return -EINVAL;
}

static int set_private(struct options *options, const char *name, const char *text, char *why)
{
	options->keep_private = strcmp(text, "none") != 0;
	if (!options->keep_private || !strcmp(text, "keep"))
		return 0;
	snprintf(why, WHY, "%s is 'keep' or 'none', and not '%s'", name, text);
	return -EINVAL;
}

static int set_idle(struct options *options, const char *text, char *why)
{
	static const struct {
		const char *word;
		enum account_idle_policy policy;
	} known[] = {{"separate", ACCOUNT_IDLE_SEPARATE},
		     {"shared", ACCOUNT_IDLE_SHARED},
		     {"holder", ACCOUNT_IDLE_HOLDER},
		     {"used", ACCOUNT_IDLE_USED},
		     {"none", ACCOUNT_IDLE_NONE}};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(text, known[i].word)) {
			options->idle = known[i].policy;
			return 0;
		}
	snprintf(why, WHY,
		 "--idle is 'separate', 'shared', 'holder', 'used' or 'none', and not '%s'", text);
	return -EINVAL;
}

/*
 * Runs that a collector does not know of have idle handed to them by who meters them: only one that
 * serves the whole node may hand it out. A recorded machine has no others.
 */
static int check_idle(const struct options *options, bool running, char *why)
{
	if (options->replay || !account_hands_out(options->idle) || (!running && geteuid() == 0))
		return 0;
	snprintf(why, WHY,
		 "--idle hands out the idle energy of the whole node, which only the node's own "
		 "collector may: gramme collect, as root");
	return -EPERM;
}

static int set_patience(struct options *options, const char *text, char *why)
{
	uint32_t value = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9' && value <= PATIENCE_MAX; at++)
		value = value * 10 + (uint32_t)(*at - '0');
	options->patience_s = value;
	if (*text && !*at && value <= PATIENCE_MAX)
		return 0;
	snprintf(why, WHY, "--patience is a number of seconds up to %u, and not '%s'", PATIENCE_MAX,
		 text);
	return -EINVAL;
}

int options_basis(const char *text, enum series_basis *basis)
{
	if (!strcmp(text, "direct"))
		*basis = SERIES_DIRECT;
	else if (!strcmp(text, "lifecycle"))
		*basis = SERIES_LIFECYCLE;
	else
		return -EINVAL;
	return 0;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int from_environment(struct options *options, char *why)
{
	const char *pue = variable("GRAMME_PUE");
	const char *private = variable("GRAMME_PRIVATE");
	int error = 0;

	options->ledger_dir = variable("GRAMME_LEDGER_DIR");
	options->zone = variable("GRAMME_ZONE");
	options->intensity = variable("GRAMME_INTENSITY");
	options->project = variable("GRAMME_PROJECT");
	options->experiment = variable("GRAMME_EXPERIMENT");
	options->socket = variable("GRAMME_SOCKET");
	options->sensors = variable("GRAMME_SENSORS");
	options->keep_private = true;
	if (pue)
		error = set_pue(options, "GRAMME_PUE", pue, why);
	if (!error && private)
		error = set_private(options, "GRAMME_PRIVATE", private, why);
	return error;
}

static int take(struct options *options, int option, char *why)
{
	switch (option) {
	case OPTION_LEDGER_DIR:
		options->ledger_dir = optarg;
		break;
	case OPTION_ZONE:
		options->zone = optarg;
		break;
	case OPTION_INTENSITY:
		options->own = options->intensity_asked = true;
		options->intensity = optarg;
		break;
	case OPTION_BASIS:
		options->own = true;
		if (!options_basis(optarg, &options->basis))
			break;
		snprintf(why, WHY, "--basis is 'direct' or 'lifecycle', and not '%s'", optarg);
		return -EINVAL;
	case OPTION_PROJECT:
		options->project = optarg;
		break;
	case OPTION_EXPERIMENT:
		options->experiment = optarg;
		break;
	case OPTION_REPLAY:
		options->replay = optarg;
		break;
	case OPTION_SENSORS:
		options->own = true;
		options->sensors = optarg;
		break;
	case OPTION_SOCKET:
		options->socket = optarg;
		break;
	case OPTION_PATIENCE:
		return set_patience(options, optarg, why);
	case OPTION_PUE:
		return set_pue(options, "--pue", optarg, why);
	case OPTION_IDLE:
		options->own = true;
		return set_idle(options, optarg, why);
	case OPTION_PRIVATE:
		options->own = true;
		return set_private(options, "--private", optarg, why);
	case OPTION_EVENTS:
		options->own = true;
		options->events = optarg;
		break;
	case OPTION_PATHS:
		options->paths = true;
		break;
	case 'q':
		options->quiet = true;
		break;
	case 'h':
		options->help = true;
		break;
	default:
		options->version = true;
	}
	options->own = options->own || option == OPTION_LEDGER_DIR || option == OPTION_REPLAY;
	return 0;
}

const char *options_trouble(int option)
{
	return option == ':' ? "an argument is missing after " : "unknown option ";
}

int options_each(int argc, char **argv, const char *brief, const struct option *known,
		 options_set *set, options_wrong *wrong, void *request)
{
	int option, status = 0;

	optind = opterr = 0;
	while (!status && (option = getopt_long(argc, argv, brief, known, NULL)) != -1)
		status = option == ':' || option == '?'
				 ? wrong(options_trouble(option), argv[optind - 1])
				 : set(request, option, optarg);
	return status;
}

int options_parse(const char *command, int argc, char **argv, struct options *options, char *why)
{
	bool running = strcmp(command, "run") == 0;
	const struct option *known = running ? run_options : collect_options;
	const char *brief = running ? "+:qh" : "+:h";
	int option, error;

	*options = (struct options){.patience_s = PATIENCE_S};
	error = from_environment(options, why);
	opterr = 0;
	optind = 1;
	while (!error && (option = getopt_long(argc, argv, brief, known, NULL)) != -1) {
		if (option == ':' || option == '?') {
			snprintf(why, WHY, "%s'%s' (see gramme %s --help)", options_trouble(option),
				 argv[optind - 1], command);
			return -EINVAL;
		}
		error = take(options, option, why);
	}
	if (error || options->help || options->version)
		return error;
	error = check_idle(options, running, why);
	if (error)
		return error;
	options->program = argv + optind;
	if (running == (optind < argc))
		return 0;
	snprintf(why, WHY,
		 running ? "which program? (see gramme run --help)"
			 : "no argument is expected (see gramme collect --help)");
	return -EINVAL;
}

int options_grid(const struct options *options, struct carbon_factor *factor,
		 struct hourly **hourly, char *why)
{
	const char *zone = options->zone;
	char problem[SERIES_WHY];
	int error = 0;

	why[0] = '\0';
	*hourly = NULL;
	if (options->intensity)
		error = hourly_open(options->intensity, options->basis, hourly, problem);
	if (error)
		snprintf(why, GRID_WHY, "%.200s: %.200s%s", options->intensity, problem,
			 options->intensity_asked ? "" : "; the yearly mean is booked");
	if (error && options->intensity_asked)
		return error;
	if (zone || !*hourly)
		return carbon_factor(zone, factor, zone ? why : problem);
	/* A file's zone may be of no table, such as a region of the UK. */
	if (!carbon_factor((*hourly)->series.zone, factor, problem))
		return 0;
	return carbon_factor(NULL, factor, problem);
}

void options_help(const char *command)
{
	bool running = strcmp(command, "run") == 0;

	puts(running ? "usage: gramme run [OPTIONS] -- PROGRAM [ARG...]\n"
		       "Meters one program and its children. The exit status is the program's;\n"
		       "125: gramme failed, 126: it cannot be executed, 127: it was not found.\n"
		     : "usage: gramme collect [OPTIONS]\n"
		       "Meters what computes with the shim preloaded, until SIGTERM.\n");
	if (!running)
		puts("  --socket PATH      listen there (GRAMME_SOCKET)\n"
		     "  --patience SECONDS how long what runs is kept for another collector, if "
		     "this\n"
		     "                     one dies");
	puts("  --ledger-dir DIR   where ledgers go (GRAMME_LEDGER_DIR)\n"
	     "  --zone ZONE        electricity grid, such as FR or US-CA (GRAMME_ZONE)\n"
	     "  --intensity FILE   what that grid emits hour by hour; where FILE has no figure,\n"
	     "                     the zone's yearly mean is booked, and said (GRAMME_INTENSITY)\n"
	     "  --basis WHICH      its 'direct' or its 'lifecycle' figures, where it has both");
	if (running)
		puts("  --project NAME     what the run belongs to (GRAMME_PROJECT)\n"
		     "  --experiment NAME  ... (GRAMME_EXPERIMENT)");
	puts("  --pue X            power usage effectiveness of the site (GRAMME_PUE)\n"
	     "  --sensors FILE     meters that are elsewhere (GRAMME_SENSORS;\n"
	     "                     /etc/gramme/sensors.tsv)\n"
	     "  --replay DIR       take the sensors from a recorded machine\n"
	     "  --idle HOW         who bears idle energy: 'holder' (who could have used it), "
	     "'used'\n"
	     "                     (who computed) or 'none'; 'separate' is none, but a GPU's "
	     "holder,\n"
	     "                     'shared' is used, but a GPU's holder\n"
	     "  --private HOW      'keep' arguments and paths beside the ledger, or 'none'\n"
	     "                     (GRAMME_PRIVATE)");
	if (running)
		puts("  --events FILE      write down what phases are recognised from\n"
		     "  --paths            tell which code asked for what is computed "
		     "(GRAMME_PATHS)\n"
		     "  -q, --quiet        no summary");
	puts("  -h, --help         this\n"
	     "  --version          the version");
}

/*
 * Where nobody set HOME (a service, env -i), what the machine's own list of users says: a directory
 * service may take its time. "" where it knows nothing.
 */
static char *find_home(void)
{
	FILE *users = fopen("/etc/passwd", "re");
	const struct passwd *user = NULL;

	while (users && (user = fgetpwent(users)) && user->pw_uid != geteuid())
		;
	char *home = strdup(user && user->pw_dir[0] == '/' ? user->pw_dir : "");
	if (users)
		fclose(users);
	return home;
}

char *options_ledger_dir(const char *chosen)
{
	const char *data = variable("XDG_DATA_HOME"), *home = variable("HOME");
	char cwd[PATH_MAX];
	char *path = NULL, *found = NULL;
	int n;

	if (chosen && chosen[0] == '/')
		n = asprintf(&path, "%s", chosen);
	else if (chosen)
		n = asprintf(&path, "%s/%s", getcwd(cwd, sizeof(cwd)) ? cwd : ".", chosen);
	else if (data && data[0] == '/')
		n = asprintf(&path, "%s/gramme", data);
	else if (home)
		n = asprintf(&path, "%s/.local/share/gramme", home);
	else
		n = (found = find_home()) ? asprintf(&path, "%s/.local/share/gramme", found) : -1;
	free(found);
	return n < 0 ? NULL : path;
}

/* A new folder (its path begins with /) survives a power cut once the one that it is in is synced.
 */
static void sync_parent(char *path)
{
	char *slash = strrchr(path, '/');
	int fd;

	*slash = '\0';
	fd = open(path[0] ? path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*slash = '/';
	if (fd < 0)
		return;
	fsync(fd); /* as far as the file system can: the run goes on without */
	close(fd);
}

int options_open_dir(const char *path, unsigned mode)
{
	char part[PATH_MAX];
	size_t n = strlen(path);
	int unmade = -ENOENT;

	if (n >= sizeof(part))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		/* What cannot be made may be there: the open below will tell. */
		if (mkdir(part, (mode_t)mode) == 0)
			sync_parent(part);
		else if (errno == ENOSPC)
			return -errno;
		else if (errno != EEXIST && unmade == -ENOENT)
			unmade = -errno;
	}
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? unmade : -errno; /* why it is not there */
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0)
		return fd;
	int error = -errno;
	close(fd);
	return error;
}
