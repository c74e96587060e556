/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that a dead holder had accepted and not put down yet: nothing but its table of
 * descriptors tells of them.
 */
#ifndef GRAMME_CLIENTS_H
#define GRAMME_CLIENTS_H

#include "collector/hold/hold.h"

/*
 * Puts them into the table, numbered from *next_id on, which it moves. Takes no memory from malloc.
 * An item that stands there twice, as a holder leaves it that dies while it drops another, is made
 * one.
 */
void clients_find(struct hold_table *table, uint64_t *next_id);

/* Closes all connections that were accepted from a listening socket, but for one. Likewise. */
void clients_hang_up(int listening, int but);

#endif
