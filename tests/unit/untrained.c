/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs print that count and measure and train nothing: no epoch comes of it, whether the
 * lines come in time or late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/phase/phase.h"
#include "preload/wire.h"

#define MS    1000000ULL
#define LINES 10u

/* A line, that comes so often: %u is its number from 1, @ ten times that, ? a digit or two. */
static const char *const outputs[] = {
	"64 bytes from 10.0.0.1: icmp_seq=%u ttl=64 time=0.? ms",
	"Round %u/10: ?.5 ms, throughput 1? ops/s",
	"Iteration: @ / 100 [ @%%]  (Sampling)",
	"chain 1 draw @: log-likelihood -?.5, acceptance 0.?",
	"sweep %u: energy -0.? magnetisation 0.?",
	"step @  T=10.5  cost=?.5  best=0.?",
	"Time step %u/10, t = 0.?, residual norm = ?e-06",
	"step %u: L2 error = ?e-03, H1 error = ?e-02",
	"Level %u: dofs=@ L2 error=?e-03",
	"Iteration %u, inertia ?.5.",
	"[%u/10] copying /data/file%u.bin ... 12.3MB",
	"  @,000 %u0%%   12.34MB/s    0:00:0%u",
	"Get:%u http://mirror/debian bookworm/main amd64 pkg%u [12.3 kB]",
	"tests/test_%u.py::test_loss PASSED [ @%%]",
	"[ @%%] Building CXX object loss%u.o",
	"tokenising shard %u/10: 1? tokens in ?.5s",
	"batch %u/10: loaded 1000 rows, error rate 0.?",
	"request %u: latency ?.5 ms, score 0.?",
	"Evaluating model %u/10: accuracy 0.?",
	"Batch %u/10 accuracy 0.?",
	"[@0/1000] acc=0.? loss=0.?",
	"bootstrap %u/10: rmse 0.?",
	"combination %u/10: accuracy 0.?",
	("Trial %u finished with value: 0.? and parameters: {'lr': 0.01}. Best is trial 2 with "
	 "value: 0.9."),
	"Generation %u: best fitness ?.5 mean ?.1",
	"epoch 30%u slot 9@ validators 1000 participation 99.%u%%",
	"At iterate %u    f= ?.5E+00    |proj g|=  ?.1E-01",
	"GMRES iteration %u: relative error ?e-03",
	"Frame %u/10, PSNR 3?.5, SSIM 0.?",
	"[%u/10] track%u.wav, 0 dB",
};

/* Line `number` of an output, with numbers that no two lines share. */
static void spell(const char *output, unsigned number, char *text, size_t room)
{
	size_t n = 0;

	for (; *output && n + 12 < room; output++) {
		if (output[0] == '%' && output[1] == 'u')
			n += (size_t)snprintf(text + n, room - n, "%u", number), output++;
		else if (output[0] == '%' && output[1] == '%')
			text[n++] = *output++;
		else if (*output == '@')
			n += (size_t)snprintf(text + n, room - n, "%u", number * 10);
		else if (*output == '?')
			n += (size_t)snprintf(text + n, room - n, "%u", 1 + number * 37 % 91);
		else
			text[n++] = *output;
	}
	text[n] = '\0';
}

static size_t epochs_of(const char *output, bool late)
{
	const struct phase *phase;
	struct phases *phases;
	size_t epochs = 0;
	char text[256];

	assert_int_equal(phases_new(&phases), 0);
	for (unsigned i = 1; i <= LINES; i++) {
		spell(output, i, text, sizeof(text));
		const struct phase_line line = {
			.process = 1,
			.flags = late ? WIRE_NOTE_LATE : 0,
			.t_ns = (late ? 5000 : 400 * i) * MS,
			.text = text,
			.bytes = strlen(text),
		};
		phases_line(phases, &line);
	}
	const size_t n = phases_look(phases, 5100 * MS, true, &phase);
	for (size_t i = 0; i < n; i++)
		epochs += phase[i].kind == PHASE_EPOCH;
	phases_free(phases);
	return epochs;
}

static void no_epoch(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(outputs) / sizeof(*outputs); i++)
		for (int late = 0; late < 2; late++) {
			const size_t epochs = epochs_of(outputs[i], late);

			if (!epochs)
				continue;
			print_error("%zu epochs of: %s\n", epochs, outputs[i]);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

/* The same lines with what only training prints do count. */
static void but_of_training(void **state)
{
	(void)state;
	assert_int_equal(epochs_of("epoch %u: loss 0.?", false), LINES);
	assert_int_equal(epochs_of("[%u/10] loss 0.? accuracy 0.?", true), LINES);
	assert_int_equal(epochs_of("Iteration %u, loss = 0.?", true), LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_epoch),
		cmocka_unit_test(but_of_training),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
