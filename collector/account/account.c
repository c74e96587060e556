/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attribution, as account.h promises it. Each domain has one open span, from its last good reading
 * on; every tick adds to the span what the runs, the system and the idle rest weighed in it, and a
 * good reading closes it: its energy is split once over all bearers, and each run that was there
 * throughout is booked the same split, seen from its side. span.c says how it is split.
 */
#include "collector/account/account.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/account/span.h"
#include "collector/units.h"

struct domain {
	struct power_domain is;
	bool primed; /* it was read at least once, so the figures of that reading stand: */
	uint64_t t_ns;
	uint64_t energy_uj;
	uint64_t booked_uj; /* all that was ever split, so that no posting can overflow */
	uint64_t lowest_uw; /* idle power, learned; 0 not yet */
	struct span span;
};

/* One run on one domain. */
struct cell {
	struct account_posting posting;
	uint64_t settled_ns; /* up to here its time is booked or counted as a gap */
	weight_t weight;     /* in the open span */
	weight_t held;	     /* likewise */
	uint64_t active_ns;  /* of the open span, how long the run computed */
};

struct run {
	bool joined;
	uint64_t own_uj;
	struct span_activity did; /* in this tick; its limits are those that were told last */
	bool computes;		  /* in this tick */
	struct cell cell[];
};

struct account {
	enum account_idle_policy policy;
	bool ticked;
	uint64_t t_ns; /* of the last tick */
	size_t slots;
	struct run **run;	     /* by handle; NULL where none was ever given out */
	void *room;		     /* of the arrays in bearers */
	struct span_bearers bearers; /* scratch of one split; .runs is slots */
	size_t domains;
	struct domain domain[];
};

static uint64_t add_u64(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

bool account_balances(const struct account_posting *posting)
{
	weight_t sum = posting->run_uj;

	sum += posting->others_uj;
	sum += posting->system_uj;
	sum += posting->idle_uj;
	sum += posting->unattributed_uj;
	return sum == posting->domain_uj && posting->run_idle_uj <= posting->run_uj &&
	       posting->run_derived_uj <= posting->run_uj &&
	       posting->gated_uj <= posting->domain_uj;
}

/* Lays out the scratch of a split between that many runs; its contents are not kept. */
static int make_room(struct account *account, size_t runs)
{
	const size_t n = runs + SPAN_REST;
	weight_t *weight =
		reallocarray(account->room, n, 2 * sizeof(weight_t) + 3 * sizeof(uint64_t));

	if (!weight)
		return -ENOMEM;
	account->room = weight;
	account->bearers = (struct span_bearers){
		.runs = runs,
		.weight = weight,
		.held = weight + n,
		.scaled = (uint64_t *)(weight + 2 * n),
		.active_uj = (uint64_t *)(weight + 2 * n) + n,
		.idle_uj = (uint64_t *)(weight + 2 * n) + 2 * n,
	};
	return 0;
}

int account_new(const struct power_domain *domains, size_t n, enum account_idle_policy policy,
		struct account **account)
{
	struct account *a;

	if (n > POWER_DOMAINS_MAX)
		return -EINVAL;
	a = calloc(1, sizeof(*a) + n * sizeof(a->domain[0]));
	if (!a)
		return -ENOMEM;
	if (make_room(a, 0)) {
		free(a);
		return -ENOMEM;
	}
	a->policy = policy;
	a->domains = n;
	for (size_t i = 0; i < n; i++)
		a->domain[i].is = domains[i];
	*account = a;
	return 0;
}

void account_free(struct account *account)
{
	if (!account)
		return;
	for (size_t i = 0; i < account->slots; i++)
		free(account->run[i]);
	free(account->run);
	free(account->room);
	free(account);
}

/* The run with that handle, joined or the last that had it; NULL where there never was one. */
static struct run *run_of(const struct account *account, int run)
{
	if (run < 0 || (size_t)run >= account->slots)
		return NULL;
	return account->run[run];
}

static struct run *joined(const struct account *account, size_t slot)
{
	struct run *run = account->run[slot];

	return run && run->joined ? run : NULL;
}

static int grow(struct account *account)
{
	size_t slots = account->slots ? account->slots * 2 : 8;
	struct run **run = reallocarray(account->run, slots, sizeof(run[0]));

	if (!run)
		return -ENOMEM;
	account->run = run;
	if (make_room(account, slots))
		return -ENOMEM;
	for (size_t i = account->slots; i < slots; i++)
		run[i] = NULL;
	account->slots = slots;
	return 0;
}

int account_join(struct account *account, int *run)
{
	size_t size = sizeof(struct run) + account->domains * sizeof(struct cell);
	size_t slot = 0;
	struct run *r;

	while (slot < account->slots && joined(account, slot))
		slot++;
	if (slot == account->slots && grow(account))
		return -ENOMEM;
	r = account->run[slot];
	if (!r)
		r = malloc(size);
	if (!r)
		return -ENOMEM;
	memset(r, 0, size);
	r->joined = true;
	for (size_t i = 0; i < account->domains; i++)
		r->cell[i].settled_ns = account->t_ns;
	account->run[slot] = r;
	*run = (int)slot;
	return 0;
}

static void lose(struct cell *cell, uint64_t t_ns)
{
	cell->posting.gap_ns += t_ns - cell->settled_ns;
}

void account_leave(struct account *account, int run)
{
	struct run *r = run_of(account, run);

	if (!r || !r->joined)
		return;
	for (size_t i = 0; i < account->domains; i++) {
		lose(&r->cell[i], account->t_ns);
		span_weigh(&account->domain[i].span.left, r->cell[i].weight);
		span_weigh(&account->domain[i].span.left_held, r->cell[i].held);
	}
	r->joined = false;
}

/* The first tick is where time begins, also for runs that joined before it. */
static void start(struct account *account, uint64_t t_ns)
{
	account->ticked = true;
	account->t_ns = t_ns;
	for (size_t i = 0; i < account->slots; i++) {
		struct run *run = joined(account, i);

		for (size_t k = 0; run && k < account->domains; k++)
			run->cell[k].settled_ns = t_ns;
	}
}

/* Lays what the runs did beside them, and sums it up in `tick`. */
static void note(struct account *account, const struct account_activity *activity, size_t n,
		 struct span_tick *tick)
{
	for (size_t i = 0; i < account->slots; i++) {
		struct run *run = joined(account, i);

		if (run)
			run->did.cpu_ns = run->did.held_bytes = run->computes = 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct run *run = run_of(account, activity[i].run);

		run->did.cpu_ns = add_u64(run->did.cpu_ns, activity[i].cpu_ns);
		run->did.held_bytes = add_u64(run->did.held_bytes, activity[i].held_bytes);
		run->did.limit_milli = activity[i].limit_milli;
		run->did.limit_bytes = activity[i].limit_bytes;
		run->computes = run->computes || activity[i].commands;
		tick->runs_cpu_ns = add_u64(tick->runs_cpu_ns, activity[i].cpu_ns);
		tick->runs_bytes = add_u64(tick->runs_bytes, activity[i].held_bytes);
	}
}

/* Finds who computed in the tick, and adds its time to their open spans. */
static void gate(struct account *account, const struct span_tick *tick)
{
	for (size_t i = 0; i < tick->node->uses; i++)
		if (tick->node->use[i].run >= 0 && tick->node->use[i].busy)
			account->run[tick->node->use[i].run]->computes = true;
	for (size_t i = 0; i < account->slots; i++) {
		struct run *run = joined(account, i);

		if (!run ||
		    !(run->computes || (weight_t)run->did.cpu_ns * 1000 >=
					       (weight_t)tick->since_ns * ACCOUNT_GATE_MILLI))
			continue;
		for (size_t k = 0; k < account->domains; k++)
			run->cell[k].active_ns += tick->since_ns;
	}
}

/* Adds who used a GPU to its open span. */
static void collect_uses(struct account *account, size_t at, const struct account_node *node)
{
	struct domain *domain = &account->domain[at];

	if (!(node->users_known >> at & 1))
		domain->span.unknown = true;
	for (size_t i = 0; i < node->uses; i++) {
		const struct account_use *use = &node->use[i];

		if (use->domain != at)
			continue;
		span_use(&domain->span, use);
		if (use->run < 0)
			continue;
		span_weigh(&account->run[use->run]->cell[at].weight, use->busy);
		span_weigh(&account->run[use->run]->cell[at].held, use->held);
	}
}

/* Adds the tick to the open span of one domain. */
static void collect(struct account *account, size_t at, const struct span_tick *tick)
{
	struct domain *domain = &account->domain[at];

	span_collect(&domain->span, domain->is.kind, tick);
	if (domain->is.kind == POWER_GPU) {
		collect_uses(account, at, tick->node);
		return;
	}
	for (size_t i = 0; i < account->slots; i++) {
		struct run *run = joined(account, i);

		if (!run)
			continue;
		span_weigh(&run->cell[at].weight,
			   span_run_weight(domain->is.kind, tick, &run->did));
		span_weigh(&run->cell[at].held, span_run_held(domain->is.kind, tick, &run->did));
	}
}

/* Splits the energy of the open span; the runs' shares stand in account->bearers afterwards. */
static void divide(struct account *account, size_t at, uint64_t t_ns, struct span_split *split)
{
	struct domain *domain = &account->domain[at];
	uint64_t idle_uw;

	for (size_t i = 0; i < account->slots; i++) {
		struct run *run = joined(account, i);

		account->bearers.weight[i] = run ? run->cell[at].weight : 0;
		account->bearers.held[i] = run ? run->cell[at].held : 0;
	}
	account_idle(account, at, &idle_uw);
	span_divide(&domain->span, domain->is.kind, span_idle_of(account->policy, domain->is.kind),
		    idle_uw, t_ns, &account->bearers, split);
}

/*
 * Books a split to one run: its own share, and everybody else's as it sees them. The span took
 * `span_ns` by the ticks' clock, by which the run's activity is known.
 */
static void post(struct account *account, size_t slot, size_t at, const struct span_split *split,
		 uint64_t span_ns)
{
	struct run *run = account->run[slot];
	struct account_posting *posting = &run->cell[at].posting;
	uint64_t active_uj = account->bearers.active_uj[slot];
	uint64_t idle_uj = account->bearers.idle_uj[slot];

	posting->domain_uj += split->energy_uj;
	posting->run_uj += active_uj + idle_uj;
	posting->run_idle_uj += idle_uj;
	if (account->domain[at].is.kind == POWER_GPU && active_uj + idle_uj < split->energy_uj)
		posting->run_derived_uj += active_uj + idle_uj;
	posting->others_uj += split->runs_uj - active_uj + split->runs_idle_uj - idle_uj;
	posting->system_uj += split->system_uj;
	posting->idle_uj += split->idle_uj;
	posting->unattributed_uj += split->unattributed_uj;
	if (span_ns)
		posting->gated_uj +=
			units_mul_div(split->energy_uj, run->cell[at].active_ns, span_ns);
	if (!account->domain[at].is.within[0])
		run->own_uj += split->own_uj;
}

/* Closes the span of a domain at a reading whose energy is known. */
static void book(struct account *account, size_t at, const struct power_reading *reading,
		 uint64_t tick_ns)
{
	struct domain *domain = &account->domain[at];
	uint64_t t_ns = reading->t_ns - domain->t_ns;
	uint64_t lowest_uw;
	struct span_split split = {.energy_uj = reading->energy_uj - domain->energy_uj};

	divide(account, at, t_ns, &split);
	for (size_t i = 0; i < account->slots; i++) {
		struct run *run = joined(account, i);

		if (run && run->cell[at].settled_ns == domain->span.t_ns)
			post(account, i, at, &split, tick_ns - domain->span.t_ns);
		else if (run)
			lose(&run->cell[at], tick_ns);
	}
	domain->booked_uj += split.energy_uj;
	lowest_uw = span_idle_uw(&domain->span, domain->is.kind, split.energy_uj, t_ns);
	/* 0 would be a counter that stood still: no power at all is no idle power. */
	if (lowest_uw && (!domain->lowest_uw || lowest_uw < domain->lowest_uw))
		domain->lowest_uw = lowest_uw;
}

static void book_gap(struct account *account, size_t at, uint64_t tick_ns)
{
	for (size_t i = 0; i < account->slots; i++)
		if (joined(account, i))
			lose(&account->run[i]->cell[at], tick_ns);
}

/*
 * True if the energy since the last good reading is known. A source that breaks its promise (time
 * or energy fell, or more was used than 64 bits can sum up) tells nothing of the span either.
 */
static bool tells(const struct domain *domain, const struct power_reading *reading)
{
	return domain->primed && !reading->gap && reading->t_ns >= domain->t_ns &&
	       reading->energy_uj >= domain->energy_uj &&
	       reading->energy_uj - domain->energy_uj <= UINT64_MAX - domain->booked_uj;
}

/* Closes the open span of a domain, if this reading can, and opens the next. */
static void settle(struct account *account, size_t at, const struct power_reading *reading,
		   uint64_t tick_ns)
{
	struct domain *domain = &account->domain[at];

	if (reading->error)
		return;
	if (!tells(domain, reading))
		book_gap(account, at, tick_ns);
	else if (reading->t_ns == domain->t_ns && reading->energy_uj == domain->energy_uj)
		return; /* the reading that closed the last span, again */
	else
		book(account, at, reading, tick_ns);

	domain->primed = true;
	domain->t_ns = reading->t_ns;
	domain->energy_uj = reading->energy_uj;
	domain->span = (struct span){.t_ns = tick_ns};
	for (size_t i = 0; i < account->slots; i++) {
		struct run *run = joined(account, i);

		if (run) {
			run->cell[at].weight = run->cell[at].held = 0;
			run->cell[at].active_ns = 0;
			run->cell[at].settled_ns = tick_ns;
		}
	}
}

/* True if every use is of a domain and of a run that there are. */
static bool sound(const struct account *account, const struct account_node *node)
{
	for (size_t i = 0; i < node->uses; i++) {
		const struct account_use *use = &node->use[i];
		const struct run *run = run_of(account, use->run);

		if (use->domain >= account->domains || (use->run >= 0 && (!run || !run->joined)) ||
		    use->run < ACCOUNT_NOBODY)
			return false;
	}
	return true;
}

int account_tick(struct account *account, const struct power_reading *readings,
		 const struct account_node *node, const struct account_activity *activity, size_t n)
{
	struct span_tick tick = {.node = node};

	if (account->ticked && node->t_ns < account->t_ns)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		struct run *run = run_of(account, activity[i].run);

		if (!run || !run->joined)
			return -EINVAL;
	}
	if (!sound(account, node))
		return -EINVAL;
	if (!account->ticked)
		start(account, node->t_ns);
	tick.since_ns = node->t_ns - account->t_ns;
	account->t_ns = node->t_ns;
	note(account, activity, n, &tick);
	gate(account, &tick);
	for (size_t i = 0; i < account->domains; i++) {
		collect(account, i, &tick);
		settle(account, i, &readings[i], node->t_ns);
	}
	return 0;
}

const struct account_posting *account_posted(const struct account *account, int run, size_t domain)
{
	const struct run *r = run_of(account, run);

	return r && domain < account->domains ? &r->cell[domain].posting : NULL;
}

uint64_t account_own_uj(const struct account *account, int run)
{
	const struct run *r = run_of(account, run);

	return r ? r->own_uj : 0;
}

bool account_hands_out(enum account_idle_policy policy)
{
	return span_idle_of(policy, POWER_CPU) != SPAN_IDLE_NOBODY;
}

const char *account_idle_rule(enum account_idle_policy policy, enum power_kind kind)
{
	static const char *const word[] = {[SPAN_IDLE_NOBODY] = "none",
					   [SPAN_IDLE_BY_USE] = "used",
					   [SPAN_IDLE_BY_HOLDING] = "holder"};

	return word[span_idle_of(policy, kind)];
}

const char *account_idle(const struct account *account, size_t domain, uint64_t *idle_uw)
{
	const struct domain *d;

	*idle_uw = 0;
	if (domain >= account->domains)
		return NULL;
	d = &account->domain[domain];
	if (d->is.kind == POWER_MEMORY)
		return "bytes";
	if (d->is.idle_uw) {
		*idle_uw = d->is.idle_uw;
		return d->is.idle_method;
	}
	if (d->lowest_uw) {
		*idle_uw = d->lowest_uw;
		return "lowest";
	}
	return "none";
}
