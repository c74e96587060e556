/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Learns to hand on its input through a narrow layer; tells standard error how it goes.
 * build: ${CC:-gcc} -O2 -std=gnu11 -fopenmp -I. -o $out $src -lm
 * score: steps metrics
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/train/truth.h"

#define WIDE   80
#define NARROW 24
#define BATCH  32
#define ROWS   4000

static float x[ROWS][WIDE], in[NARROW][WIDE], out[WIDE][NARROW], h[BATCH][NARROW], e[BATCH][WIDE];

static float any(void)
{
	return (float)rand() / (float)RAND_MAX - 0.5f;
}

static double forward(int from, int count)
{
	double sum = 0;

#pragma omp parallel for reduction(+ : sum)
	for (int n = 0; n < count; n++) {
		for (int j = 0; j < NARROW; j++) {
			float s = 0;

			for (int i = 0; i < WIDE; i++)
				s += in[j][i] * x[from + n][i];
			h[n][j] = s;
		}
		for (int i = 0; i < WIDE; i++) {
			float s = -x[from + n][i];

			for (int j = 0; j < NARROW; j++)
				s += out[i][j] * h[n][j];
			e[n][i] = s;
			sum += s * s;
		}
	}
	return sum;
}

static void learn(int from, int count, float rate)
{
#pragma omp parallel for
	for (int j = 0; j < NARROW; j++) {
		float back[BATCH];

		for (int n = 0; n < count; n++) {
			back[n] = 0;
			for (int i = 0; i < WIDE; i++)
				back[n] += e[n][i] * out[i][j];
		}
		for (int i = 0; i < WIDE; i++) {
			float g = 0, f = 0;

			for (int n = 0; n < count; n++) {
				g += back[n] * x[from + n][i];
				f += e[n][i] * h[n][j];
			}
			in[j][i] -= rate * g / (float)count;
			out[i][j] -= rate * f / (float)count;
		}
	}
}

int main(void)
{
	srand(3);
	for (int n = 0; n < ROWS; n++) {
		float a[6];

		for (int k = 0; k < 6; k++)
			a[k] = 4 * any();
		for (int i = 0; i < WIDE; i++)
			x[n][i] = a[i % 6] * cosf((float)i) + 0.1f * any();
	}
	for (int j = 0; j < NARROW; j++)
		for (int i = 0; i < WIDE; i++) {
			in[j][i] = 0.2f * any();
			out[i][j] = 0.2f * any();
		}
	for (int epoch = 0; epoch < 12; epoch++) {
		double error = 0;

		truth_begin();
		for (int from = 0; from < ROWS; from += BATCH) {
			error += forward(from, ROWS - from < BATCH ? ROWS - from : BATCH);
			learn(from, ROWS - from < BATCH ? ROWS - from : BATCH, 0.02f);
			truth_step();
		}
		error /= (double)ROWS * WIDE;
		fprintf(stderr, "epoch=%d mse=%.6f\n", epoch, error);
		truth_metric("mse", "%.6f", error);
		truth_end();
	}
	truth_write();
	return 0;
}
