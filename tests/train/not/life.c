/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score: none
 * The game of life, with what lives now and then.
 * build: ${CC:-gcc} -O2 -std=gnu11 -fopenmp -o $out $src
 */
#include <stdio.h>
#include <stdlib.h>

#define SIDE 512

static unsigned char cell[2][SIDE][SIDE];

int main(void)
{
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++)
			cell[0][y][x] = rand() % 3 == 0;
	for (int generation = 1; generation <= 400; generation++) {
		int now = generation & 1, alive = 0;

#pragma omp parallel for reduction(+ : alive)
		for (int y = 0; y < SIDE; y++)
			for (int x = 0; x < SIDE; x++) {
				int near = -cell[!now][y][x];

				for (int dy = SIDE - 1; dy <= SIDE + 1; dy++)
					for (int dx = SIDE - 1; dx <= SIDE + 1; dx++)
						near += cell[!now][(y + dy) % SIDE]
							    [(x + dx) % SIDE];
				cell[now][y][x] = near == 3 || (near == 2 && cell[!now][y][x]);
				alive += cell[now][y][x];
			}
		if (generation % 40 == 0)
			printf("Generation %d/400: %d alive\n", generation, alive);
	}
	return 0;
}
