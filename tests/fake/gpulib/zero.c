/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A double of Level Zero's loader, of a version that shows sysman where the environment says so:
 * two GPUs of one driver. The first has power domains of two tiles and then of the card, the second
 * of a tile alone.
 */
#include <stdint.h>
#include <stdlib.h>

struct pci {
	int kind;
	void *next;
	uint32_t at[4];
};

struct domain {
	int kind;
	void *next;
	uint8_t on_tile;
	uint32_t tile;
	uint8_t may_be_set;
	uint8_t has_events;
	int32_t limits[3];
};

/* What it exports; it has no header here. */
#pragma GCC visibility push(default)
void fake_zero_add(uint64_t uj);
int zeInit(uint32_t flags);
int zeDriverGet(uint32_t *n, void **handle);
int zeDeviceGet(void *of, uint32_t *n, void **handle);
int zesDevicePciGetProperties(void *of, struct pci *pci);
int zesDeviceEnumPowerDomains(void *of, uint32_t *n, void **handle);
int zesPowerGetProperties(void *of, struct domain *properties);
int zesPowerGetEnergyCounter(void *of, uint64_t energy[2]);
#pragma GCC visibility pop

static char driver, device[2], domain[3];
static uint64_t energy_uj[3] = {5, 7, 1000000};

void fake_zero_add(uint64_t uj)
{
	for (int i = 0; i < 3; i++)
		energy_uj[i] += i < 2 ? uj / 4 : uj;
}

int zeInit(uint32_t flags)
{
	return flags || !getenv("ZES_ENABLE_SYSMAN") ? 0x78000001 : 0;
}

int zeDriverGet(uint32_t *n, void **handle)
{
	*n = 1;
	handle[0] = &driver;
	return 0;
}

int zeDeviceGet(void *of, uint32_t *n, void **handle)
{
	if (of != &driver || *n < 2)
		return 0x78000004;
	*n = 2;
	handle[0] = &device[0];
	handle[1] = &device[1];
	return 0;
}

int zesDevicePciGetProperties(void *of, struct pci *pci)
{
	if (pci->kind != 2 || pci->next)
		return 0x78000004;
	pci->at[0] = 0;
	pci->at[1] = of == &device[0] ? 0x4d : 0x9a;
	pci->at[2] = pci->at[3] = 0;
	return 0;
}

int zesDeviceEnumPowerDomains(void *of, uint32_t *n, void **handle)
{
	*n = of == &device[0] ? 3 : 1;
	for (uint32_t i = 0; i < *n; i++)
		handle[i] = &domain[i];
	return 0;
}

int zesPowerGetProperties(void *of, struct domain *properties)
{
	if (properties->kind != 0xd || properties->next)
		return 0x78000004;
	properties->on_tile = of != &domain[2];
	properties->limits[2] = -1;
	return 0;
}

int zesPowerGetEnergyCounter(void *of, uint64_t energy[2])
{
	energy[0] = energy_uj[(char *)of - domain];
	energy[1] = 1;
	return 0;
}
