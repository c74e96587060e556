/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Epochs behind the last one that was printed: a hundred of which every tenth speaks, from 0 on,
 * are 91 by text alone. Kernels know of the others.
 */
#include "collector/phase/fuse_part.h"

#define LEAST 3u
#define TRIED 16u /* numbers of epochs */
#define EVEN  0.95

/* Into so many. Returns whether they have as many steps each; *marked: and something between. */
static bool is_even(const struct fuse_told *told, const struct printed_fit *p, size_t epochs,
		    uint64_t from_ns, uint64_t to_ns, uint64_t *steps, bool *marked)
{
	struct cut cut;

	*steps = 0;
	*marked = false;
	if (fuse_cut(told, p->process, epochs, from_ns, to_ns, &cut))
		return false;
	*steps = cut.steps;
	const bool even = cut.epochs == epochs && cut.even >= EVEN;
	*marked = even && cut.marked >= EVEN;
	cut_free(&cut);
	return even;
}

/* The first number of epochs that are all marked by what stands between; 0: none. */
static size_t find_marked(const struct fuse_told *told, const struct printed_fit *p, size_t proved,
			  size_t most, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t steps;
	bool marked;

	for (size_t n = proved; n <= most && n < proved + TRIED; n++)
		if (is_even(told, p, n, from_ns, to_ns, &steps, &marked) && marked)
			return n;
	return 0;
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
	uint64_t steps;
	bool marked;

	is_even(told, p, proved, from_ns, to_ns, &steps, &marked);
	if (steps > proved && steps <= most)
		return (size_t)steps;
	return next > proved && next <= most && (p->before + proved - 1) % p->stride == 0 &&
			       steps && steps % next == 0
		       ? next
		       : proved;
}

size_t beyond_epochs(const struct fuse_told *told, const struct printed_fit *p, uint64_t from_ns,
		     uint64_t to_ns)
{
	const size_t proved = fuse_epochs_of(p);
	size_t most = proved + p->stride - 1, epochs;
	uint64_t steps;
	bool marked;

	if (p->of >= proved && p->of < most)
		most = p->of;
	if (p->stride < 2 || p->bars || (p->told < LEAST && !p->before) || most <= proved ||
	    most > FUSE_EPOCHS)
		return proved;
	epochs = find_marked(told, p, proved, most, from_ns, to_ns);
	if (epochs)
		return epochs;
	epochs = round_number(told, p, proved, most, from_ns, to_ns);
	return is_even(told, p, epochs, from_ns, to_ns, &steps, &marked) ? epochs : proved;
}
