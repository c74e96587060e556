/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every program image pays for, metered or not: the pages that the constructor touches. Code
 * and names marked here stand together behind the symbol tables, which the loader reads anyway;
 * data share the one page that is written anyway. A page apart is a fault in each exec, and brings
 * in up to 15 others around it (some 2 us: 2026-11-21, /bin/true).
 */
#ifndef GRAMME_START_H
#define GRAMME_START_H

#define START_CODE __attribute__((section(".text.startup")))
#define START_NAME __attribute__((section(".text.startup.names")))
#define START_DATA __attribute__((section(".data.start")))

#endif
