/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast one core books events: drain ROUNDS LANES [phases]. A writer on another CPU fills the
 * rings of an arena, as a program of so many threads does: each thread's commands follow each
 * other, those of several overlap. Then this thread reads, as the collector does: it drains the
 * rings, and once as many commands are pending as make a tick due, it brings the totals up to date,
 * ticks the account and books the commands; with "phases" a recogniser listens, too, and is asked
 * what it finds. Prints a line a round: CPU time in picoseconds an event.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "collector/run/feed.h"

#define KERNELS	   8
#define COMMAND_NS 1000u
#define GAP_NS	   100u
#define POWER_UW   20000000u

static struct wire_layout *layout;
static uint32_t lanes;
static bool phases;
static uint64_t written; /* in each lane */
static pthread_barrier_t full, empty;

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The time up to which everything that was written has ended. */
static uint64_t end_of(uint64_t number)
{
	return 1000000000u + (number + 1) * (COMMAND_NS + GAP_NS);
}

static void write_event(uint32_t index, uint64_t number)
{
	struct wire_lane *lane = &layout->lane[index];
	const uint16_t entry = (uint16_t)(1 + (number + index) % KERNELS);
	const uint64_t end_ns = end_of(number);

	lane->ring[number & (WIRE_RING_SLOTS - 1)] = (struct wire_event){
		.seq = number + 1,
		.host_ns = end_ns - COMMAND_NS,
		.start_ns = end_ns - COMMAND_NS,
		.end_ns = end_ns,
		.host_cost_ns = 300,
		.entry = entry,
		.flags = WIRE_EVENT_TIMED,
	};
	lane->totals[entry].count++;
	lane->totals[entry].timed++;
	lane->totals[entry].device_ns += COMMAND_NS;
	__atomic_store_n(&lane->head, number + 1, __ATOMIC_RELEASE);
}

static void use_cpu(size_t cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one); /* where there is but one, it stays */
}

static void *fill(void *arg)
{
	const uint64_t rounds = *(uint64_t *)arg;

	use_cpu(1);
	for (uint64_t round = 0; round < rounds; round++) {
		for (uint64_t i = 0; i < WIRE_RING_SLOTS; i++, written++)
			for (uint32_t lane = 0; lane < lanes; lane++)
				write_event(1 + lane, written);
		pthread_barrier_wait(&full);
		pthread_barrier_wait(&empty);
	}
	return NULL;
}

static void describe(void)
{
	layout->arena.lanes_used = 1 + lanes;
	layout->arena.entries_used = 1 + KERNELS;
	layout->device[1] = (struct wire_device){
		.ready = 1, .type = WIRE_DEVICE_CPU, .api = WIRE_API_OPENCL, .name = "CPU"};
	for (uint16_t i = 1; i <= KERNELS; i++) {
		layout->names[i] = (uint8_t)('a' + i);
		layout->entry[i] = (struct wire_entry){.ready = 1,
						       .name = i,
						       .name_bytes = 1,
						       .api = WIRE_API_OPENCL,
						       .kind = WIRE_KIND_KERNEL,
						       .device = 1};
	}
}

/* The books of one run on a machine with one domain. */
struct books {
	struct power_domain domain;
	struct account *account;
	int run;
	uint64_t start_ns;
	struct devices devices;
	struct kernels kernels;
	struct feed feed;
	struct course course;
};

static int tick(struct books *b, uint64_t t_ns)
{
	const uint64_t passed_ns = t_ns - b->start_ns;
	const struct account_node node = {
		.t_ns = t_ns, .busy_ns = passed_ns, .cpus = 2, .known = true};
	const struct account_activity activity = {.run = b->run, .cpu_ns = passed_ns};
	const struct power_reading reading = {.t_ns = t_ns,
					      .energy_uj = passed_ns / 1000 * POWER_UW / 1000000};

	if (feed_count(&b->feed) || account_tick(b->account, &reading, &node, &activity, 1))
		return 1;
	const struct account_posting *posting = account_posted(b->account, b->run, 0);
	if (phases)
		course_tick(&b->course, t_ns, false, posting, b->kernels.row, b->kernels.n);
	return devices_tick(&b->devices, t_ns, posting, &b->kernels);
}

static int open_books(struct books *b)
{
	b->domain = (struct power_domain){.name = "package-0", .kind = POWER_CPU};
	b->start_ns = end_of(0) - COMMAND_NS - GAP_NS;
	if (account_new(&b->domain, 1, ACCOUNT_IDLE_SEPARATE, &b->account))
		return 1;
	devices_open(&b->devices, &b->domain, 1, b->start_ns);
	feed_open(&b->feed, layout, &b->devices, &b->kernels, b->start_ns);
	course_open(&b->course, b->start_ns, &b->domain, 1, NULL, b->start_ns);
	b->feed.course = phases ? &b->course : NULL;
	/* The first tick says where the meters stand, the run joins at that moment. */
	const struct account_node node = {.t_ns = b->start_ns, .cpus = 2, .known = true};
	const struct power_reading reading = {.t_ns = b->start_ns};

	return account_tick(b->account, &reading, &node, NULL, 0) ||
	       account_join(b->account, &b->run);
}

/* Drains full rings until a tick is due, and ticks. Returns the CPU time it took, or 0 on failure.
 */
static uint64_t read_and_book(struct books *b)
{
	uint64_t used_ns = 0;
	bool booked = false;

	while (!booked) {
		pthread_barrier_wait(&full);
		const uint64_t start_ns = cpu_ns();
		const uint64_t end_ns = end_of(written);

		feed_drain(&b->feed, end_ns, false);
		booked = b->devices.due;
		if (booked && tick(b, end_ns))
			return 0;
		used_ns += cpu_ns() - start_ns;
		pthread_barrier_wait(&empty);
	}
	return used_ns;
}

/* Every event was read, counted, and is in a kernel's busy time. */
static bool all_booked(const struct books *b)
{
	const uint64_t events = written * lanes;
	uint64_t count = 0, busy_ns = 0;

	for (size_t i = 0; i < b->kernels.n; i++) {
		count += b->kernels.row[i].count;
		busy_ns += b->kernels.row[i].busy_ns;
	}
	return b->feed.reader.read == events && count == events && busy_ns == written * COMMAND_NS;
}

static int measure(uint64_t rounds)
{
	uint64_t fills = rounds * (DEVICES_PENDING / (WIRE_RING_SLOTS * lanes));
	struct books books = {0};
	pthread_t writer;

	use_cpu(0);
	describe();
	if (pthread_barrier_init(&full, NULL, 2) || pthread_barrier_init(&empty, NULL, 2) ||
	    open_books(&books) || pthread_create(&writer, NULL, fill, &fills))
		return 1;
	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t used_ns = read_and_book(&books);

		if (!used_ns)
			return 1;
		printf("%" PRIu64 "\n", used_ns * 1000 / DEVICES_PENDING);
	}
	pthread_join(writer, NULL);
	return all_booked(&books) ? 0 : 1;
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc >= 3 ? strtoull(argv[1], NULL, 10) : 0;

	phases = argc == 4 && strcmp(argv[3], "phases") == 0;
	lanes = argc == 3 || phases ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	layout = mmap(NULL, WIRE_ARENA_BYTES, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!rounds || (lanes != 1 && lanes != 2 && lanes != 4 && lanes != 8) ||
	    layout == MAP_FAILED) {
		fprintf(stderr, "usage: drain ROUNDS LANES (1, 2, 4 or 8) [phases]\n");
		return 1;
	}
	if (measure(rounds)) {
		fprintf(stderr, "drain: not every event was booked\n");
		return 1;
	}
	return 0;
}
