/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epochs behind the last one that was printed: a hundred of which every tenth speaks, from 0 on,
 * are 91 by text alone. Kernels know of the others.
 */
#include "collector/phase/fuse_part.h"
#include "collector/saturate.h"

#define LEAST 3u
#define TRIED 16u /* numbers of epochs */
#define EVEN  0.95
#define LOOSE 1.5  /* epochs that more or less may follow a line, and ... */
#define SHARE 0.25 /* ... so much of them: they need not all take as long */

struct division {
	uint64_t steps;
	double even; /* share of epochs that have as many steps as most; 0: not into so many */
	bool marked; /* by what stands between */
	uint64_t end_ns;
};

static void divide(const struct fuse_told *told, const struct printed_fit *p, size_t epochs,
		   uint64_t from_ns, uint64_t to_ns, struct division *division)
{
	struct cut cut;

	*division = (struct division){0};
	if (fuse_cut_own(told, p->process, epochs, from_ns, to_ns, &cut))
		return;
	division->steps = cut.steps;
	if (cut.epochs == epochs && cut.even >= EVEN)
		division->even = cut.even;
	division->marked = division->even > 0 && cut.marked >= EVEN;
	division->end_ns = cut.epoch[cut.epochs - 1].end_ns;
	cut_free(&cut);
}

/*
 * Lines that came in time say how much of all was over: as many epochs follow the last one, or one
 * more where it stands at its epoch's start, as there is time for.
 */
static bool has_time(const struct printed_fit *p, size_t epochs, const struct division *division)
{
	const struct printed_epoch *first = &p->epoch[0], *last = &p->epoch[p->told - 1];

	if (p->late || first->first_late || last->last_late || last->index <= first->index)
		return true;
	const double each = (double)saturate_sub(last->last_ns, first->last_ns) /
			    (double)(last->index - first->index);
	const double behind = (double)saturate_sub(division->end_ns, last->last_ns);
	const double off = (double)(epochs - last->index) * each - behind;
	const double most = LOOSE * each + SHARE * behind;

	return off <= most && -off <= most;
}

/*
 * The number of epochs that are all marked by what stands between, and are the most even: of fifty,
 * forty-nine are nearly so. 0: none.
 */
static size_t find_marked(const struct fuse_told *told, const struct printed_fit *p, size_t proved,
			  size_t most, uint64_t from_ns, uint64_t to_ns)
{
	struct division division;
	size_t found = 0;
	double even = 0;

	for (size_t n = proved; n <= most && n < proved + TRIED && even < 1; n++) {
		divide(told, p, n, from_ns, to_ns, &division);
		if (division.marked && division.even > even && has_time(p, n, &division)) {
			found = n;
			even = division.even;
		}
	}
	return found;
}

/*
 * Nothing marks them. Of steps that are whole epochs there are as many as epochs. Else who counts
 * from 0 speaks last of 90 where there are 100: believed if all steps are a multiple of so many,
 * which those of 91 hardly ever are.
 */
static size_t round_number(const struct fuse_told *told, const struct printed_fit *p, size_t proved,
			   size_t most, uint64_t from_ns, uint64_t to_ns)
{
	const size_t next = proved - 1 + p->stride;
	struct division division;

	divide(told, p, proved, from_ns, to_ns, &division);
	if (division.steps > proved && division.steps <= most)
		return (size_t)division.steps;
	return next > proved && next <= most && (p->before + proved - 1) % p->stride == 0 &&
			       division.steps && division.steps % next == 0
		       ? next
		       : proved;
}

size_t beyond_epochs(const struct fuse_told *told, const struct printed_fit *p, uint64_t from_ns,
		     uint64_t to_ns)
{
	const size_t proved = fuse_epochs_of(p);
	size_t most = proved + p->stride - 1, epochs;
	struct division division;

	if (p->of >= proved && p->of < most)
		most = p->of;
	if (p->stride < 2 || p->bars || (p->told < LEAST && !p->before) || most <= proved ||
	    most > FUSE_EPOCHS)
		return proved;
	epochs = find_marked(told, p, proved, most, from_ns, to_ns);
	if (epochs)
		return epochs;
	epochs = round_number(told, p, proved, most, from_ns, to_ns);
	divide(told, p, epochs, from_ns, to_ns, &division);
	return division.even > 0 && has_time(p, epochs, &division) ? epochs : proved;
}
