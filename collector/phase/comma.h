/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal commas: "Verlust 0,412", as a program prints numbers in most of Europe. Pure.
 */
#ifndef GRAMME_PHASE_COMMA_H
#define GRAMME_PHASE_COMMA_H

/*
 * Turns the decimal commas of a line into points, in place. A line that has a decimal point has
 * none; nor has one in which each comma may as well divide thousands ("1,234") or columns.
 */
void comma_to_point(char *text);

#endif
