/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A regression by a small network in C++, with OpenMP, that tells its errors by iostream.
 * build: ${CXX:-g++} -O2 -fopenmp -I. -o $out $src
 * score: steps metrics
 */
#include <cmath>
#include <iomanip>
#include <iostream>
#include <random>
#include <vector>

#include "tests/train/truth.h"

namespace {

constexpr int inputs = 48, hidden = 96, batch = 50;

struct Network {
	std::vector<double> w1, w2, g1, g2;

	explicit Network(std::mt19937 &random)
		: w1(hidden * (inputs + 1)), w2(hidden + 1), g1(w1.size()), g2(w2.size())
	{
		std::normal_distribution<double> small(0, 0.15);

		for (auto &w : w1)
			w = small(random);
		for (auto &w : w2)
			w = small(random);
	}

	double forward(const double *x, double *h) const
	{
		double y = w2[hidden];

		for (int j = 0; j < hidden; j++) {
			double s = w1[hidden * inputs + j];

			for (int i = 0; i < inputs; i++)
				s += w1[j * inputs + i] * x[i];
			h[j] = std::tanh(s);
			y += w2[j] * h[j];
		}
		return y;
	}

	double learn(const double *x, const double *t, int count, double rate)
	{
		std::vector<double> h(batch * hidden), d(batch);
		double loss = 0;

#pragma omp parallel for reduction(+ : loss)
		for (int n = 0; n < count; n++) {
			d[n] = forward(x + n * inputs, &h[n * hidden]) - t[n];
			loss += d[n] * d[n];
		}
#pragma omp parallel for
		for (int j = 0; j < hidden; j++) {
			double bias = 0, out = 0;
			std::vector<double> g(inputs);

			for (int n = 0; n < count; n++) {
				double a = h[n * hidden + j], b = d[n] * w2[j] * (1 - a * a);

				out += d[n] * a;
				bias += b;
				for (int i = 0; i < inputs; i++)
					g[i] += b * x[n * inputs + i];
			}
			g2[j] = out;
			g1[hidden * inputs + j] = bias;
			for (int i = 0; i < inputs; i++)
				g1[j * inputs + i] = g[i];
		}
#pragma omp parallel for
		for (size_t i = 0; i < w1.size(); i++)
			w1[i] -= rate * g1[i] / count;
		for (int j = 0; j < hidden; j++)
			w2[j] -= rate * g2[j] / count;
		return loss;
	}

	double test(const std::vector<double> &x, const std::vector<double> &t) const
	{
		double sum = 0;

#pragma omp parallel for reduction(+ : sum)
		for (size_t n = 0; n < t.size(); n++) {
			double h[hidden], e = forward(&x[n * inputs], h) - t[n];

			sum += e * e;
		}
		return sum / static_cast<double>(t.size());
	}
};

void make(std::vector<double> &x, std::vector<double> &t, size_t count, std::mt19937 &random)
{
	std::uniform_real_distribution<double> any(-1, 1);

	x.resize(count * inputs);
	t.resize(count);
	for (auto &value : x)
		value = any(random);
	for (size_t n = 0; n < count; n++)
		t[n] = std::sin(3 * x[n * inputs]) + x[n * inputs + 1];
}

} // namespace

int main()
{
	std::mt19937 random(5);
	std::vector<double> x, t, xt, tt;
	Network network(random);
	const int epochs = 7;

	make(x, t, 6030, random);
	make(xt, tt, 1000, random);
	std::cout << std::fixed << std::setprecision(6);
	for (int epoch = 1; epoch <= epochs; epoch++) {
		double loss = 0;

		truth_begin();
		for (size_t from = 0; from < t.size(); from += batch) {
			size_t left = t.size() - from;

			loss += network.learn(&x[from * inputs], &t[from],
					      left < batch ? static_cast<int>(left) : batch, 0.05);
			truth_step();
		}
		loss /= static_cast<double>(t.size());
		double mse = network.test(xt, tt);
		std::cout << "[epoch " << epoch << "] loss " << loss << ", test mse " << mse << "\n";
		truth_metric("loss", "%.6f", loss);
		truth_metric("test_mse", "%.6f", mse);
		truth_end();
	}
	truth_write();
}
