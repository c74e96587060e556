/* SPDX-License-Identifier: Apache-2.0 */
/* score: none */
/* build: gcc -O2 -fopenmp -o $out $src -lm */
/* Heat spreads on a plate; after each forty steps its energy and its flux are summed up, silently.
 */
#include <math.h>
#include <stdio.h>

#define SIDE 700

static double now[SIDE][SIDE], next[SIDE][SIDE];

static void spread(void)
{
#pragma omp parallel for
	for (int i = 1; i < SIDE - 1; i++)
		for (int k = 1; k < SIDE - 1; k++)
			next[i][k] =
				now[i][k] + 0.2 * (now[i + 1][k] + now[i - 1][k] + now[i][k + 1] +
						   now[i][k - 1] - 4 * now[i][k]);
#pragma omp parallel for
	for (int i = 1; i < SIDE - 1; i++)
		for (int k = 1; k < SIDE - 1; k++)
			now[i][k] = next[i][k];
}

int main(void)
{
	double energy = 0, flux = 0;

	now[SIDE / 2][SIDE / 2] = 1e6;
	for (int output = 0; output < 14; output++) {
		for (int step = 0; step < 40; step++)
			spread();
		energy = flux = 0;
#pragma omp parallel for reduction(+ : energy)
		for (int i = 0; i < SIDE; i++)
			for (int k = 0; k < SIDE; k++)
				energy += now[i][k] * now[i][k];
#pragma omp parallel for reduction(+ : flux)
		for (int i = 1; i < SIDE; i++)
			for (int k = 1; k < SIDE; k++)
				flux += fabs(now[i][k] - now[i - 1][k]);
	}
	printf("energy %g, flux %g\n", energy, flux);
	return 0;
}
