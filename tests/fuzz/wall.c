/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs of wall meters and Kwollect's answers, of any content. The first byte says which.
 */
#include "tests/fuzz/fuzz.h"

#include "collector/power/wall.h"

static int take(void *arg, const struct wall_sample *sample)
{
	unsigned *taken = arg;

	MUST(sample->unix_ns >= 0);
	MUST(sample->uw <= 1000000000000000000);
	MUST(strlen(sample->port) < WALL_PORT_MAX);
	return ++*taken > 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wall_format formats[] = {
		{NULL, NULL, NULL, NULL, NULL},
		{"time", "power", "kW", NULL, NULL},
		{NULL, NULL, NULL, "taurus-7", "wattmetre_power_watt"},
	};
	char why[WALL_WHY] = "";
	unsigned taken = 0;
	const char *text = (const char *)data + 1;

	if (!size)
		return 0;
	if (data[0] % 2)
		wall_read_csv(text, size - 1, &formats[data[0] / 2 % 2], take, &taken, why);
	else
		wall_read_kwollect(text, size - 1, &formats[data[0] / 2 % 2 * 2], take, &taken,
				   why);
	return 0;
}
