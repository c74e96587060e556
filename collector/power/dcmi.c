/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dcmi source: the node's power from its BMC, by "Get Power Reading" of the Data Center
 * Manageability Interface (version 1.5, section 6.6.1). Whole watts, as the BMC averages them. The
 * least, the most and the mean that it tells as well are since it was started, and of no use here.
 *
 * "Power measurement active" is not asked for: BMCs deny it and show true power
 * (phosphor-host-ipmid issue 167). What a BMC shows that does not measure is 0, and that is
 * believed of nobody.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/power/gauge.h"
#include "collector/units.h"

/* Group extension command 0x02 of DCMI (0xdc), mode 1: system power statistics. */
#define QUESTION "/ipmi/2c/02/dc010000"

/* BMCs take tens of ms for an answer, and hang where they are asked too often. */
#define PERIOD_NS     (2 * UNITS_NS_PER_S)
#define BACK_OFF_MOST 16

#define REPLY_BYTES 19
#define UW_PER_W    1000000ULL

struct dcmi {
	struct gauge_bank bank; /* the first, see gauge.h */
	unsigned failures;	/* one after the other */
	unsigned pause;		/* so many turns are passed over */
};

struct reply {
	unsigned char byte[64];
	size_t size;
};

static int parse_reply(const char *text, struct reply *reply)
{
	unsigned byte;

	reply->size = 0;
	while (reply->size < sizeof(reply->byte) && sscanf(text, "%2x", &byte) == 1) {
		reply->byte[reply->size++] = (unsigned char)byte;
		text += 2;
	}
	return reply->size ? 0 : -EBADMSG;
}

/* Returns 0 with the power, a completion code above 0, or -errno. */
static int ask(const struct dcmi *dcmi, uint64_t *uw)
{
	char text[160];
	struct reply reply = {0};
	ssize_t length = world_ask(dcmi->bank.world, QUESTION, text, sizeof(text));
	int result = length < 0 ? (int)length : parse_reply(text, &reply);

	if (result)
		return result;
	if (reply.byte[0])
		return reply.byte[0];
	if (reply.size < REPLY_BYTES || reply.byte[1] != 0xdc)
		return -EBADMSG;
	*uw = (reply.byte[2] + 256ULL * reply.byte[3]) * UW_PER_W;
	return 0;
}

static void find_problem(struct power *power, int result)
{
	if (result == -EACCES || result == -EPERM)
		power_add_finding(power, "dcmi", true,
				  "/dev/ipmi0 is there, but may not be opened; fix: run 'gramme "
				  "collect' as root");
	else if (result > 0)
		power_add_finding(power, "dcmi", false,
				  "the BMC tells no power (completion code %02x)%s", result,
				  result == 0xc1 ? ": it does not know DCMI" : "");
	else if (result != -ENOENT)
		power_add_finding(power, "dcmi", false, "the BMC does not answer: %s",
				  strerror(-result));
}

static void dcmi_poll(void *state)
{
	struct dcmi *dcmi = state;
	struct gauge *gauge = &dcmi->bank.gauge[0];
	uint64_t uw = 0;
	uint64_t t_ns;
	int result;

	if (dcmi->pause) {
		dcmi->pause--;
		return;
	}
	result = ask(dcmi, &uw);
	t_ns = gauge_now_ns(&dcmi->bank);
	gauge_lock(&dcmi->bank);
	if (result)
		gauge_miss(gauge, result > 0 ? -EIO : result);
	else
		gauge_power(gauge, t_ns, uw);
	gauge_unlock(&dcmi->bank);
	/* A BMC in trouble is left in peace for longer and longer. */
	dcmi->failures = result ? dcmi->failures + 1 : 0;
	if (dcmi->failures > 1)
		dcmi->pause = dcmi->failures < BACK_OFF_MOST ? dcmi->failures : BACK_OFF_MOST;
}

static void find(struct dcmi *dcmi)
{
	struct power_domain domain = {
		.name = "node",
		.kind = POWER_NODE,
		.error_pct = POWER_ERROR_MEDIUM,
		.note = "the BMC's power reading (DCMI), in whole watts",
	};
	uint64_t uw = 0;
	int result = power_has(dcmi->bank.power, POWER_NODE) ? -ENOENT : ask(dcmi, &uw);

	if (!result && !uw)
		power_add_finding(dcmi->bank.power, "dcmi", false,
				  "the BMC shows 0 W: left out; it may be starting, or measure "
				  "nothing");
	else if (result)
		find_problem(dcmi->bank.power, result);
	else if (!gauge_add(&dcmi->bank, &domain, PLAUSIBLE_NODE, PERIOD_NS))
		dcmi_poll(dcmi);
}

static int dcmi_open(struct power *power, const struct power_options *options, void **state)
{
	struct dcmi *dcmi = calloc(1, sizeof(*dcmi));
	int result;

	if (!dcmi)
		return -ENOMEM;
	dcmi->bank.world = options->world;
	dcmi->bank.power = power;
	find(dcmi);
	result = gauge_open(&dcmi->bank, PERIOD_NS, dcmi_poll);
	if (!result)
		*state = dcmi;
	return result;
}

const struct power_source power_dcmi = {
	.name = "dcmi",
	.open = dcmi_open,
	.read = gauge_bank_read,
	.longest_interval_ns = gauge_bank_longest_interval_ns,
	.close = gauge_bank_close,
};
