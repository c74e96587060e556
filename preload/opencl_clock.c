/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device clocks. A command's times are nanoseconds on a counter of the device; the collector
 * wants CLOCK_MONOTONIC. PoCL's counter is CLOCK_MONOTONIC itself; OpenCL 2.1 devices can be
 * asked for both times at once; for the others the host's own observations bound the offset: a
 * command starts after it was enqueued, and has ended when it is seen to have ended.
 */
#include "preload/opencl.h"

#define SLACK_NS  2000000u    /* how far a mapped time may lie outside of its bounds */
#define RESYNC_NS 1000000000u /* counters drift by some us per second */

enum method { METHOD_UNKNOWN = 0, METHOD_SAME, METHOD_ASKED, METHOD_BOUNDED };

static bool ask_device(struct opencl_clock *clock, const struct loader *loader, cl_device_id device)
{
	__typeof__(&clGetDeviceAndHostTimer) real = OPENCL_REAL(loader, clGetDeviceAndHostTimer);
	cl_ulong device_ns = 0, host_ns = 0;
	uint64_t before_ns, after_ns;

	if (!real || !device)
		return false;
	before_ns = clock_ns();
	if (real(device, &device_ns, &host_ns) != CL_SUCCESS || !device_ns)
		return false;
	after_ns = clock_ns();
	atomic_store(&clock->offset_ns,
		     (int64_t)(before_ns + (after_ns - before_ns) / 2 - device_ns));
	atomic_store(&clock->synced_ns, after_ns);
	return true;
}

static bool lies_within(uint64_t start_ns, uint64_t end_ns, uint64_t low_ns, uint64_t high_ns)
{
	return start_ns + SLACK_NS >= low_ns && end_ns <= high_ns + SLACK_NS;
}

/* Moves the offset as little as the bounds of this command ask for. */
static void bound(struct opencl_clock *clock, bool first, uint64_t start_ns, uint64_t end_ns,
		  uint64_t low_ns, uint64_t high_ns)
{
	int64_t least = (int64_t)(low_ns - start_ns), most = (int64_t)(high_ns - end_ns);
	int64_t offset_ns = first ? most : atomic_load(&clock->offset_ns);

	if (offset_ns > most)
		offset_ns = most;
	if (offset_ns < least)
		offset_ns = least;
	atomic_store(&clock->offset_ns, offset_ns);
	atomic_store(&clock->synced_ns, high_ns);
}

static uint32_t choose(struct opencl_clock *clock, const struct loader *loader, cl_device_id device,
		       uint64_t start_ns, uint64_t end_ns, uint64_t low_ns, uint64_t high_ns)
{
	uint32_t method = METHOD_BOUNDED;

	if (lies_within(start_ns, end_ns, low_ns, high_ns)) {
		method = METHOD_SAME;
		atomic_store(&clock->offset_ns, 0);
	} else if (ask_device(clock, loader, device)) {
		method = METHOD_ASKED;
	} else {
		bound(clock, true, start_ns, end_ns, low_ns, high_ns);
	}
	atomic_store(&clock->method, method);
	return method;
}

bool opencl_clock_map(struct opencl_clock *clock, const struct loader *loader, cl_device_id device,
		      uint64_t host_ns, uint64_t now_ns, uint64_t *start_ns, uint64_t *end_ns)
{
	const uint64_t device_start_ns = *start_ns, device_end_ns = *end_ns;
	const uint64_t span_ns = device_end_ns - device_start_ns;
	uint32_t method = atomic_load(&clock->method);

	/* A harvest takes time, and other threads go on: what seems too late may have ended since.
	 */
	if (span_ns > now_ns - host_ns + SLACK_NS || method == METHOD_UNKNOWN)
		now_ns = clock_ns();
	if (device_end_ns < device_start_ns || span_ns > now_ns - host_ns + SLACK_NS)
		return false;
	if (method == METHOD_UNKNOWN)
		method = choose(clock, loader, device, device_start_ns, device_end_ns, host_ns,
				now_ns);
	else if (method == METHOD_BOUNDED)
		bound(clock, false, device_start_ns, device_end_ns, host_ns, now_ns);
	else if (method == METHOD_ASKED && now_ns - atomic_load(&clock->synced_ns) > RESYNC_NS)
		(void)ask_device(clock, loader, device);
	*start_ns = device_start_ns + (uint64_t)atomic_load(&clock->offset_ns);
	*end_ns = *start_ns + span_ns;
	if (lies_within(*start_ns, *end_ns, host_ns, now_ns))
		return true;
	now_ns = clock_ns();
	if (lies_within(*start_ns, *end_ns, host_ns, now_ns))
		return true;
	/* The clock ran away: learn it anew at the next command, and place this one by its bounds.
	 */
	atomic_store(&clock->method, METHOD_UNKNOWN);
	*end_ns = *end_ns > now_ns ? now_ns : host_ns + span_ns;
	*start_ns = *end_ns - span_ns;
	return true;
}
