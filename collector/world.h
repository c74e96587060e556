/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world as the collector sees it: clocks and the machine's files. Sensors reach the hardware
 * through this and nothing else, so that a recorded machine or a test can stand in for it.
 */
#ifndef GRAMME_WORLD_H
#define GRAMME_WORLD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct world;
struct http_request;
struct http_answer;

struct world_ops {
	/* Nanoseconds on CLOCK_MONOTONIC, CLOCK_REALTIME and CLOCK_BOOTTIME. */
	uint64_t (*monotonic_ns)(struct world *w);
	uint64_t (*realtime_ns)(struct world *w);
	uint64_t (*boottime_ns)(struct world *w);
	/*
	 * Reads the start of a file ("/sys/class/..." or "/proc/...") into `text`, zero-terminated,
	 * at most size - 1 bytes. Returns the length, or -errno of the open or of the read.
	 */
	ssize_t (*read)(struct world *w, const char *path, char *text, size_t size);
	/*
	 * Calls `each` with the name of every entry of a folder but . and .., in strcmp order,
	 * until it returns non-zero. Returns 0, what `each` returned, or -errno.
	 */
	int (*list)(struct world *w, const char *path, int (*each)(void *arg, const char *name),
		    void *arg);
	/*
	 * Asks what is no file. A question reads like a path, whose first part says whom (see
	 * below); the answer is text, as `read` gives it. May block. NULL: nobody can be asked.
	 */
	ssize_t (*ask)(struct world *w, const char *question, char *answer, size_t size);
	/* http_ask, see there. NULL: no server can be asked. */
	int (*http)(struct world *w, const struct http_request *request,
		    struct http_answer *answer);
	void (*close)(struct world *w);
};

struct world {
	const struct world_ops *ops;
	const char *replayed; /* the recording's folder, or NULL for the machine itself */
	uint64_t start_ns;    /* where replayed: the moment of its time 0, CLOCK_MONOTONIC */
};

/*
 * Questions, and what they answer:
 *   /perf/TYPE/CONFIG/CPU     the count of a perf event of that PMU on that CPU, all numbers
 *                             decimal, since it was first asked for
 *   /rocm/devices, /zero/devices   how many GPUs ROCm SMI knows, and Level Zero
 *   /rocm/N/pci ... energy ... power   of GPU N its address, its count in uJ, its power in uW;
 *                             the same (but for power) of Level Zero
 *   /ipmi/NETFN/CMD/DATA      a BMC's reply, completion code first; all in hexadecimal
 * Returns the answer's length, or -errno: -ENOENT where nobody of that name can be asked.
 */
ssize_t world_ask(struct world *w, const char *question, char *answer, size_t size);

/* As http_ask, or -ENOPKG where no server can be asked. */
int world_http(struct world *w, const struct http_request *request, struct http_answer *answer);

/* As world_read_u64, of an answer. */
int world_ask_u64(struct world *w, const char *question, uint64_t *value);

/* This machine. Never fails; static, world_close does nothing to it. */
struct world *world_real(void);

/*
 * A recorded machine: a folder with
 *   root/        the files as they were ("root/sys/class/powercap/...", "root/proc/cpuinfo")
 *                what is no file lies there by its question ("root/perf/12/2/0"), and what a
 *                server answers by its address and method ("root/http/bmc/redfish/v1/GET",
 *                "root/http/host/api?query=up/GET"; without what follows the question mark, if
 *                there is none with it); a missing one is status 404, "!EACCES" 401
 *   values.tsv   "t_ns <tab> path <tab> value" lines in order of time, for files that change;
 *                a value of "!EIO", "!EACCES", "!ENOENT" ... makes reads fail so. Lines that
 *                begin with '#' are comments. Two records at one time are a step.
 *   trace.tsv    cumulative energy of sensors that are no files (collector/power/replay.c)
 * and at least one of the three. Time 0 is the moment of the call on `clock`'s monotonic clock,
 * and the clocks are `clock`'s.
 * A file named energy_uj, energy_mj, energy or energy*_input and a perf event are read between two
 * records by linear interpolation (both records must be numbers and rising; otherwise the older
 * one stands); any other file gives its latest record. Before its first record a changing file is
 * what root/ holds; past its last one it fails with -ENODATA: what was not recorded is a gap.
 * Nothing outside root/ is ever read through it, whatever links and names the recording holds.
 * Returns 0 and *w to be closed by world_close, or -errno; then `why` (of at least 256 bytes) holds
 * one line that says what is wrong, with file and line.
 */
int world_replay(const char *dir, struct world *clock, struct world **w, char *why);

void world_close(struct world *w);

/*
 * Reads a file that holds one unsigned decimal and a newline. Returns 0, -EINVAL if it holds
 * anything else, -ERANGE above UINT64_MAX, or what the read returned.
 */
int world_read_u64(struct world *w, const char *path, uint64_t *value);

/*
 * Reads a whole file. Returns 0 and *text (zero-terminated, to be freed) with its length in
 * *size, -EFBIG above `most` bytes, -ENOMEM, or what the read returned.
 */
int world_read_all(struct world *w, const char *path, size_t most, char **text, size_t *size);

/* ---- for worlds ---- */

/* `ask` of this machine, a file for each that can be asked; `rest` is what follows their name. */
ssize_t world_ask_real(struct world *w, const char *question, char *answer, size_t size);
int world_http_real(struct world *w, const struct http_request *request,
		    struct http_answer *answer);
ssize_t world_ask_perf(const char *rest, char *answer, size_t size);
ssize_t world_ask_rocm(const char *rest, char *answer, size_t size);
ssize_t world_ask_zero(const char *rest, char *answer, size_t size);
ssize_t world_ask_ipmi(const char *rest, char *answer, size_t size);

/* `read` and `list` of struct world_ops on an open descriptor, which they close. */
ssize_t world_read_fd(int fd, char *text, size_t size);
int world_list_fd(int fd, int (*each)(void *arg, const char *name), void *arg);

#endif
