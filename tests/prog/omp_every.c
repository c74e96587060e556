/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenMP regions of every kind that a compiler makes a call of its own for, ROUNDS times each; then
 * a child that is forked does the same. Prints how many there were, and sums that tell whether all
 * of them computed what they should.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define N 1000

static long regions;

static long loops(void)
{
	long sum = 0;

	regions += 7;
#pragma omp parallel for reduction(+ : sum) schedule(static)
	for (int i = 0; i < N; i++)
		sum += i;
#pragma omp parallel for reduction(+ : sum) schedule(monotonic : dynamic, 8)
	for (int i = 0; i < N; i++)
		sum += i;
#pragma omp parallel for reduction(+ : sum) schedule(nonmonotonic : dynamic, 8)
	for (int i = 0; i < N; i++)
		sum += i;
#pragma omp parallel for reduction(+ : sum) schedule(monotonic : guided)
	for (int i = 0; i < N; i++)
		sum += i;
#pragma omp parallel for reduction(+ : sum) schedule(nonmonotonic : guided)
	for (int i = 0; i < N; i++)
		sum += i;
#pragma omp parallel for reduction(+ : sum) schedule(monotonic : runtime)
	for (int i = 0; i < N; i++)
		sum += i;
#pragma omp parallel for reduction(+ : sum) schedule(runtime)
	for (int i = 0; i < N; i++)
		sum += i;
	return sum;
}

static long sections(void)
{
	long a = 0, b = 0, tasks = 0;

	regions += 2;
#pragma omp parallel sections
	{
#pragma omp section
		a = 40;
#pragma omp section
		b = 2;
	}
#pragma omp parallel reduction(task, + : tasks)
	{
#pragma omp single
		for (int i = 0; i < 10; i++)
#pragma omp task in_reduction(+ : tasks)
			tasks += i;
	}
	return a + b + tasks;
}

/* More shared variables than any machine has registers for arguments. */
static long shares(void)
{
	long a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9, j = 10, k = 11, l = 12;
	long sum[4] = {0};

	regions += 1;
#pragma omp parallel num_threads(4) shared(a, b, c, d, e, f, g, h, i, j, k, l, sum)
	{
#pragma omp for
		for (int n = 0; n < 4; n++)
			sum[n] = a + b + c + d + e + f + g + h + i + j + k + l;
#pragma omp single
		a = b = c = d = e = f = g = h = i = j = k = l = 0;
	}
	return sum[0] + sum[1] + sum[2] + sum[3] + a + b + c + d + e + f + g + h + i + j + k + l;
}

static long nested(void)
{
	long sum = 0;

	regions += 3; /* one, and one in each of its two threads */
#pragma omp parallel num_threads(2) reduction(+ : sum)
	{
		long inner = 0;

#pragma omp parallel num_threads(2) reduction(+ : inner)
		inner += 1;
		sum += inner > 0;
	}
	return sum;
}

static long teams(void)
{
	long sum = 0;

	regions += 3; /* the league, and one in each of its two teams */
#pragma omp teams num_teams(2) reduction(+ : sum)
	{
		long inner = 0;

#pragma omp parallel num_threads(2) reduction(+ : inner)
		inner += 1;
		sum += inner > 0;
	}
	return sum;
}

static void work(int rounds)
{
	long sum = 0;

	regions = 0;
	for (int i = 0; i < rounds; i++)
		sum += loops() + sections() + shares() + nested() + teams();
	printf("sum %ld regions %ld\n", sum, regions);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;
	int status = 0;
	pid_t child = fork(); /* before the first region: no runtime survives it otherwise */

	if (child == 0) {
		work(rounds);
		return 0;
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		return 1;
	work(rounds);
	return 0;
}
