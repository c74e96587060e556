/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What NVML said, as files of a recorded machine (collector/world.h), so that a GPU can be replayed
 * where there is none. Every GPU is a folder /nvml/gpu-N, N being its NVML index:
 *
 *   uuid name bus_id      as NVML gives them; of these uuid alone must be there
 *   limit_mw              the highest limit that can be set
 *   energy_mj             the counter, in millijoules; straight between two records
 *   power_instant_mw      power of the instant; where there is none:
 *   power_average_mw      a mean that the driver takes
 *   mig_sms               of a GPU in MIG mode: how many SMs it has for slices
 *   processes             who held it: PID:SM:PART words with a space between, or "-" for nobody.
 *                         SM is percent of the SMs, or "-"; PART thousandths of an SM, of slices,
 *                         or 0; PID "0" is whoever is metered at the replay, others are strangers
 *
 * and /nvml/driver its version. What changes stands in values.tsv; an error there ("!ENXIO") is
 * what nvml_poll.h says that it means, and that of /nvml/driver is that of NVML as a whole. A file
 * that is missing is what the GPU has not got (-EOPNOTSUPP).
 */
#ifndef GRAMME_NVML_RECORD_H
#define GRAMME_NVML_RECORD_H

#include <stdio.h>

#include "collector/power/nvml_poll.h"
#include "collector/world.h"

/* Reads what is there. Returns 0, or -ENODEV if the recording knows nothing of NVML. */
int nvml_record_facts(struct world *world, struct nvml_facts *facts);

/* Reads what was said at this moment of the recording. */
void nvml_record_poll(struct world *world, const struct nvml_facts *facts, struct nvml_poll *poll);

/* ---- making one ---- */

/* Writes the files that do not change beneath DIR/root. Returns 0 or -errno. */
int nvml_record_write(const char *dir, const struct nvml_facts *facts);

/*
 * Appends to values.tsv all that `poll` says, changed or not, since what is not recorded any more
 * is a gap; in time counted from start_ns. `metered` are the PIDs that become 0, ending with one.
 * Returns 0 or -EIO.
 */
int nvml_record_append(FILE *values, const struct nvml_facts *facts, const struct nvml_poll *poll,
		       uint64_t start_ns, const uint32_t *metered);

#endif
