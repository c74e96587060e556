/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold for any ticks at all: 100,000 random sequences of good, failing, stale and lost
 * readings, runs that come and go, time that stands still, and figures from nothing to absurd.
 * Beside the account runs a shadow that knows only meters and presence: it says what each run's
 * domain_uj and gap_ns must be, and the sums over the runs are checked against the meters.
 * GRAMME_SEED runs other sequences; a failure names its seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/account/account.h"
#include "collector/units.h"

#define SEQUENCES   100000
#define TICKS_MAX   16
#define RUNS_MAX    5
#define DOMAINS_MAX 3

/* One domain's meter, as the shadow knows it. */
struct meter {
	struct power_reading reading;
	uint64_t good_uj; /* energy of the last reading that was not an error */
	uint64_t good_ns; /* t_ns of that reading */
	uint64_t span_ns; /* the tick of that reading */
	bool primed;
	bool disturbed; /* a run joined or left since then */
	bool closed;	/* in this tick: what was used since then is known */
	bool lost;	/* in this tick: it is not, and never will be */
};

struct seen {
	struct account_posting posting;
	uint64_t domain_uj; /* what the shadow expects */
	uint64_t covered_ns;
};

struct present {
	bool here;
	int handle;
	uint64_t joined_ns;
	unsigned joined_tick;
	uint64_t own_uj;
	struct seen seen[DOMAINS_MAX];
};

struct lab {
	uint64_t seed;
	uint64_t random;
	unsigned sequence, tick;
	struct account *account;
	struct account_node node;
	size_t domains;
	struct meter meter[DOMAINS_MAX];
	struct present run[RUNS_MAX];
	struct account_activity did[RUNS_MAX];
	size_t dids;
};

#define CHECK(lab, condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("GRAMME_SEED=%llu sequence %u tick %u: %s",                       \
				 (unsigned long long)(lab)->seed, (lab)->sequence, (lab)->tick,    \
				 #condition);                                                      \
	} while (0)

static uint64_t draw(struct lab *lab)
{
	uint64_t z = lab->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static bool chance(struct lab *lab, unsigned percent)
{
	return draw(lab) % 100 < percent;
}

/* Nothing, a few, or up to any power of two: every size is as likely as any other. */
static uint64_t sized(struct lab *lab, unsigned bits)
{
	unsigned size = (unsigned)(draw(lab) % (bits + 1));

	return size ? draw(lab) >> (64 - size) : 0;
}

static uint64_t seed(void)
{
	const char *text = getenv("GRAMME_SEED");

	return text ? strtoull(text, NULL, 0) : 20261121;
}

static void begin(struct lab *lab)
{
	struct power_domain domain[DOMAINS_MAX] = {0};

	lab->domains = 1 + draw(lab) % DOMAINS_MAX;
	for (size_t k = 0; k < lab->domains; k++) {
		domain[k].kind = (enum power_kind)(chance(lab, 70) ? 0 : draw(lab) % 4);
		domain[k].idle_uw = chance(lab, 50) ? sized(lab, 30) : 0;
		domain[k].idle_method = "calibrated";
		if (k && chance(lab, 20))
			memcpy(domain[k].within, "d", 2);
		lab->meter[k] = (struct meter){0};
		lab->meter[k].reading.energy_uj = sized(lab, 50);
	}
	CHECK(lab, !account_new(domain, lab->domains,
				(enum account_idle_policy)(draw(lab) % (ACCOUNT_IDLE_NONE + 1)),
				&lab->account));
	lab->node = (struct account_node){.t_ns = sized(lab, 50)};
	memset(lab->run, 0, sizeof(lab->run));
}

static void join(struct lab *lab, struct present *run)
{
	*run = (struct present){
		.here = true, .joined_ns = lab->node.t_ns, .joined_tick = lab->tick};
	CHECK(lab, !account_join(lab->account, &run->handle));
	for (size_t k = 0; k < lab->domains; k++)
		lab->meter[k].disturbed = true;
}

/* Leaves, and has all of its time either booked or counted as a gap. */
static void leave(struct lab *lab, struct present *run)
{
	account_leave(lab->account, run->handle);
	run->here = false;
	for (size_t k = 0; k < lab->domains; k++) {
		const struct account_posting *p = account_posted(lab->account, run->handle, k);

		CHECK(lab, account_balances(p));
		CHECK(lab, p->domain_uj == run->seen[k].domain_uj);
		CHECK(lab, p->gap_ns + run->seen[k].covered_ns == lab->node.t_ns - run->joined_ns);
		lab->meter[k].disturbed = true;
	}
}

static void come_and_go(struct lab *lab)
{
	for (size_t i = 0; i < RUNS_MAX; i++) {
		if (lab->run[i].here && chance(lab, 8))
			leave(lab, &lab->run[i]);
		else if (!lab->run[i].here && chance(lab, lab->tick ? 10 : 50))
			join(lab, &lab->run[i]);
	}
}

/* Lets the meter run; what a failing sensor says of it is not what it counts. */
static void turn(struct lab *lab, struct meter *meter)
{
	struct power_reading *r = &meter->reading;
	unsigned fate = (unsigned)(draw(lab) % 100);

	meter->closed = meter->lost = false;
	r->error = fate < 15 ? -EIO : 0;
	r->gap = fate >= 15 && fate < 25;
	if (r->error || (meter->primed && fate >= 25 && fate < 30))
		return; /* failing, or the reading before again */
	if (!r->gap)
		r->energy_uj += sized(lab, 55);
	r->t_ns = lab->node.t_ns;
	meter->lost = r->gap || !meter->primed;
	meter->closed =
		!meter->lost && (r->t_ns != meter->good_ns || r->energy_uj != meter->good_uj);
}

static void act(struct lab *lab)
{
	uint64_t cpu_ns = 0;
	uint64_t bytes = 0;

	lab->dids = 0;
	for (size_t i = 0; i < RUNS_MAX; i++) {
		struct account_activity *did = &lab->did[lab->dids];

		if (!lab->run[i].here || chance(lab, 10))
			continue;
		*did = (struct account_activity){.run = lab->run[i].handle,
						 .cpu_ns = sized(lab, chance(lab, 5) ? 64 : 34),
						 .held_bytes = sized(lab, chance(lab, 5) ? 64 : 40),
						 .limit_milli = (uint32_t)sized(lab, 18),
						 .limit_bytes = sized(lab, 42)};
		cpu_ns += did->cpu_ns;
		bytes += did->held_bytes;
		lab->dids++;
	}
	lab->node.busy_ns = chance(lab, 80) ? cpu_ns + sized(lab, 34) : sized(lab, 64);
	lab->node.own_ns = sized(lab, 20);
	lab->node.cpus = (uint32_t)sized(lab, 8);
	lab->node.used_bytes = chance(lab, 80) ? bytes + sized(lab, 40) : sized(lab, 64);
	lab->node.total_bytes = lab->node.used_bytes + sized(lab, 41);
	lab->node.known = chance(lab, 90);
}

/* A tick that must be refused, and after which everything stands as before. */
static void offend(struct lab *lab)
{
	struct power_reading reading[DOMAINS_MAX] = {{0}};
	struct account_activity nobody = {.run = RUNS_MAX * 100};
	struct account_node past = lab->node;

	CHECK(lab, account_tick(lab->account, reading, &lab->node, &nobody, 1) == -EINVAL);
	if (!past.t_ns)
		return;
	past.t_ns--;
	CHECK(lab, account_tick(lab->account, reading, &past, NULL, 0) == -EINVAL);
}

static bool rose(const struct account_posting *from, const struct account_posting *to)
{
	return to->domain_uj >= from->domain_uj && to->run_uj >= from->run_uj &&
	       to->run_idle_uj >= from->run_idle_uj && to->others_uj >= from->others_uj &&
	       to->system_uj >= from->system_uj && to->idle_uj >= from->idle_uj &&
	       to->unattributed_uj >= from->unattributed_uj && to->gap_ns >= from->gap_ns;
}

/* Checks one run on one domain against the shadow; returns what the tick added. */
static struct account_posting check_run(struct lab *lab, struct present *run, size_t k)
{
	const struct meter *meter = &lab->meter[k];
	const struct account_posting *now = account_posted(lab->account, run->handle, k);
	struct seen *seen = &run->seen[k];
	struct account_posting was = seen->posting;

	CHECK(lab, account_balances(now));
	CHECK(lab, rose(&was, now));
	if (meter->closed && run->joined_ns <= meter->span_ns) {
		seen->domain_uj += meter->reading.energy_uj - meter->good_uj;
		seen->covered_ns += lab->node.t_ns - meter->span_ns;
	}
	CHECK(lab, now->domain_uj == seen->domain_uj);
	if (meter->closed || meter->lost)
		CHECK(lab, now->gap_ns + seen->covered_ns == lab->node.t_ns - run->joined_ns);
	else
		CHECK(lab, now->gap_ns == was.gap_ns);
	seen->posting = *now;
	return (struct account_posting){
		.domain_uj = now->domain_uj - was.domain_uj,
		.run_uj = now->run_uj - was.run_uj,
		.others_uj = now->others_uj - was.others_uj,
		.system_uj = now->system_uj - was.system_uj,
		.idle_uj = now->idle_uj - was.idle_uj,
		.unattributed_uj = now->unattributed_uj - was.unattributed_uj,
	};
}

/* The runs that were there throughout see one split, and no microjoule is booked twice. */
static void check_domain(struct lab *lab, size_t k)
{
	struct meter *meter = &lab->meter[k];
	struct account_posting first = {0};
	uint64_t runs_uj = 0;
	bool any = false;

	for (size_t i = 0; i < RUNS_MAX; i++) {
		struct account_posting p;

		if (!lab->run[i].here)
			continue;
		p = check_run(lab, &lab->run[i], k);
		if (!meter->closed || lab->run[i].joined_ns > meter->span_ns)
			continue;
		if (!any)
			first = p;
		any = true;
		runs_uj += p.run_uj;
		CHECK(lab, p.run_uj + p.others_uj == first.run_uj + first.others_uj);
		CHECK(lab, p.system_uj == first.system_uj && p.idle_uj == first.idle_uj);
		CHECK(lab, p.unattributed_uj == first.unattributed_uj);
	}
	if (!any)
		return;
	runs_uj += first.system_uj + first.idle_uj + first.unattributed_uj;
	CHECK(lab, meter->disturbed || runs_uj == first.domain_uj);
	CHECK(lab, runs_uj <= first.domain_uj);
}

/* Two runs with one lifetime have the same meters in their ledgers, from start to now. */
static void check_pairs(struct lab *lab)
{
	for (size_t i = 0; i < RUNS_MAX; i++) {
		struct present *a = &lab->run[i];
		uint64_t own_uj = a->here ? account_own_uj(lab->account, a->handle) : 0;

		if (!a->here)
			continue;
		CHECK(lab, own_uj >= a->own_uj);
		a->own_uj = own_uj;
		for (size_t j = 0; j < i; j++) {
			const struct present *b = &lab->run[j];

			if (!b->here || b->joined_tick != a->joined_tick)
				continue;
			CHECK(lab, a->own_uj == b->own_uj);
			for (size_t k = 0; k < lab->domains; k++)
				CHECK(lab,
				      a->seen[k].posting.domain_uj == b->seen[k].posting.domain_uj);
		}
	}
}

static void advance(struct lab *lab)
{
	struct power_reading reading[DOMAINS_MAX];

	lab->node.t_ns += chance(lab, 20) ? 0 : sized(lab, 40);
	act(lab);
	for (size_t k = 0; k < lab->domains; k++) {
		turn(lab, &lab->meter[k]);
		reading[k] = lab->meter[k].reading;
	}
	CHECK(lab, !account_tick(lab->account, reading, &lab->node, lab->did, lab->dids));
	if (lab->tick == 0) /* time begins here, for those too that joined before */
		for (size_t i = 0; i < RUNS_MAX; i++)
			lab->run[i].joined_ns = lab->node.t_ns;
	if (chance(lab, 5))
		offend(lab);
	for (size_t k = 0; k < lab->domains; k++)
		check_domain(lab, k);
	check_pairs(lab);
	for (size_t k = 0; k < lab->domains; k++) {
		struct meter *meter = &lab->meter[k];

		if (!meter->closed && !meter->lost)
			continue;
		meter->primed = true;
		meter->good_uj = meter->reading.energy_uj;
		meter->good_ns = meter->reading.t_ns;
		meter->span_ns = lab->node.t_ns;
		meter->disturbed = false;
	}
}

static void every_tick_balances(void **state)
{
	struct lab lab = {.seed = seed()};

	(void)state;
	lab.random = lab.seed;
	for (lab.sequence = 0; lab.sequence < SEQUENCES; lab.sequence++) {
		unsigned ticks = 2 + (unsigned)(draw(&lab) % (TICKS_MAX - 1));

		lab.tick = 0;
		begin(&lab);
		for (; lab.tick < ticks; lab.tick++) {
			come_and_go(&lab);
			advance(&lab);
		}
		for (size_t i = 0; i < RUNS_MAX; i++)
			if (lab.run[i].here)
				leave(&lab, &lab.run[i]);
		account_free(lab.account);
	}
}

/* A constant power for a time, in ticks of any length and with failing readings between. */
static uint64_t constant_power_uj(struct lab *lab, uint64_t power_mw, uint64_t time_ms)
{
	struct power_domain domain = {.name = "package-0", .kind = POWER_CPU};
	struct account_node node = {.t_ns = sized(lab, 50), .known = true};
	struct power_reading reading = {.t_ns = node.t_ns};
	struct account_activity did = {0};
	uint64_t passed_ms = 0;
	uint64_t run_uj;

	CHECK(lab, !account_new(&domain, 1, ACCOUNT_IDLE_SEPARATE, &lab->account));
	CHECK(lab, !account_tick(lab->account, &reading, &node, NULL, 0));
	CHECK(lab, !account_join(lab->account, &did.run));
	while (passed_ms < time_ms) {
		uint64_t step_ms = 1 + draw(lab) % (time_ms - passed_ms);

		passed_ms += step_ms;
		node.t_ns += step_ms * 1000000;
		did.cpu_ns = node.busy_ns = step_ms * 1000000;
		reading.error = passed_ms < time_ms && chance(lab, 20) ? -EIO : 0;
		if (!reading.error)
			reading = (struct power_reading){.t_ns = node.t_ns,
							 .energy_uj = power_mw * passed_ms};
		CHECK(lab, !account_tick(lab->account, &reading, &node, &did, 1));
	}
	CHECK(lab, account_balances(account_posted(lab->account, did.run, 0)));
	CHECK(lab, account_posted(lab->account, did.run, 0)->gap_ns == 0);
	run_uj = account_posted(lab->account, did.run, 0)->run_uj;
	account_free(lab->account);
	return run_uj;
}

static void power_times_time_is_energy(void **state)
{
	struct lab lab = {.seed = seed()};

	(void)state;
	lab.random = lab.seed;
	for (lab.sequence = 0; lab.sequence < 10000; lab.sequence++) {
		uint64_t power_mw = sized(&lab, 22);
		uint64_t time_ms = sized(&lab, 28);

		CHECK(&lab, constant_power_uj(&lab, power_mw, time_ms) == power_mw * time_ms);
	}
}

/* 150 W for 2 h are 0.3 kWh; at 41.8 g/kWh these are 12.54 g, and with a PUE of 1.5, 18.81 g. */
static void energy_times_intensity_is_carbon(void **state)
{
	struct lab lab = {.seed = seed()};
	uint64_t energy_uj;

	(void)state;
	lab.random = lab.seed;
	energy_uj = constant_power_uj(&lab, 150000, 7200000);
	assert_int_equal(energy_uj, 1080000000000);
	assert_int_equal(units_co2e_ug(energy_uj, 41800000, 1000), 12540000);
	assert_int_equal(units_co2e_ug(energy_uj, 41800000, 1500), 18810000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tick_balances),
		cmocka_unit_test(power_times_time_is_energy),
		cmocka_unit_test(energy_times_intensity_is_carbon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
