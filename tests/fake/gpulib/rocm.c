/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A double of ROCm SMI: four GPUs whose counts a test sets. The third counts nothing and tells
 * power alone, the fourth may not be asked.
 */
#include <stdint.h>

/* What it exports; it has no header here. */
#pragma GCC visibility push(default)
void fake_rocm_add(uint64_t count);
int rsmi_init(uint64_t flags);
int rsmi_num_monitor_devices(uint32_t *n);
int rsmi_dev_pci_id_get(uint32_t device, uint64_t *bdf);
int rsmi_dev_energy_count_get(uint32_t device, uint64_t *count, float *uj_each, uint64_t *t_ns);
int rsmi_dev_power_ave_get(uint32_t device, uint32_t sensor, uint64_t *uw);
#pragma GCC visibility pop

static uint64_t counts[4] = {1000, 1000, 0, 0};
static unsigned begun;

void fake_rocm_add(uint64_t count)
{
	for (int i = 0; i < 2; i++)
		counts[i] += count * (uint64_t)(i + 1);
}

int rsmi_init(uint64_t flags)
{
	begun++;
	return flags || begun > 1 ? 8 : 0;
}

int rsmi_num_monitor_devices(uint32_t *n)
{
	*n = 4;
	return begun ? 0 : 8;
}

int rsmi_dev_pci_id_get(uint32_t device, uint64_t *bdf)
{
	*bdf = (uint64_t)device << 32 | (uint64_t)(0x23 + device) << 8 | 1 << 3 | device;
	return 0;
}

int rsmi_dev_energy_count_get(uint32_t device, uint64_t *count, float *uj_each, uint64_t *t_ns)
{
	*count = counts[device];
	*uj_each = 15.25F;
	*t_ns = 1;
	return device == 2 ? 2 : device == 3 ? 4 : 0;
}

int rsmi_dev_power_ave_get(uint32_t device, uint32_t sensor, uint64_t *uw)
{
	*uw = 90000000;
	return sensor ? 1 : device == 3 ? 4 : 0;
}
