/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI devices of GPUs.
 */
#include "collector/power/pci.h"

#include <stdio.h>
#include <string.h>

void pci_address(struct world *world, const char *folder, char address[PCI_ADDRESS_MAX])
{
	static const char key[] = "PCI_SLOT_NAME=";
	char path[128];
	char text[512];
	const char *slot;
	size_t length;

	address[0] = '\0';
	snprintf(path, sizeof(path), "%s/uevent", folder);
	if (world->ops->read(world, path, text, sizeof(text)) <= 0)
		return;
	slot = strstr(text, key);
	if (!slot)
		return;
	slot += sizeof(key) - 1;
	length = strspn(slot, "0123456789abcdef:.");
	if (length < PCI_ADDRESS_MAX)
		snprintf(address, PCI_ADDRESS_MAX, "%.*s", (int)length, slot);
}

/* The tables of metrics that amdgpu shows are of another format for APUs: revisions 2 and 3. */
bool pci_is_apu(struct world *world, const char *folder)
{
	char path[128];
	char head[5];

	snprintf(path, sizeof(path), "%s/gpu_metrics", folder);
	return world->ops->read(world, path, head, sizeof(head)) == 4 &&
	       (head[2] == 2 || head[2] == 3);
}

bool pci_is_built_in(const char *address)
{
	return !strncmp(address, "0000:00:", 8);
}
