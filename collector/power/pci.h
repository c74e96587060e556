/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel's folder of a PCI device (".../device") says of a GPU. Pure but for the world.
 */
#ifndef GRAMME_PCI_H
#define GRAMME_PCI_H

#include <stdbool.h>

#include "collector/world.h"

#define PCI_ADDRESS_MAX 16

/* Its address, "0000:65:00.0"; "" where it is not told. */
void pci_address(struct world *world, const char *folder, char address[PCI_ADDRESS_MAX]);

/* True if it is a part of an AMD processor, so that its power is that of the socket. */
bool pci_is_apu(struct world *world, const char *folder);

/* True if an address is on the processor's own bus, as Intel's built-in graphics are. */
bool pci_is_built_in(const char *address);

#endif
