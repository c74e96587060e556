/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What single words mean in the output of programs. Pure: a table, which nobody changes.
 */
#ifndef GRAMME_PHASE_WORD_H
#define GRAMME_PHASE_WORD_H

#include <stddef.h>
#include <stdint.h>

#define WORD_EPOCH	0x00000001u /* counts epochs ... */
#define WORD_STEP	0x00000002u /* ... steps ... */
#define WORD_FIT	0x00000004u /* ... or whole trainings, where a number follows */
#define WORD_SAID	0x00000008u /* with WORD_EPOCH the word itself, with WORD_STEP an iteration */
#define WORD_NOT_NOW	0x00000010u /* before a counter: it tells of another time ("best epoch") */
#define WORD_STARTS	0x00000020u
#define WORD_ENDS	0x00000040u
#define WORD_TESTING	0x00000080u /* compilers, test runners, downloads */
#define WORD_TRAIN	0x00000100u /* which data */
#define WORD_VALIDATION 0x00000200u
#define WORD_TEST	0x00000400u
#define WORD_LOWER	0x00000800u /* quality: the lower the better */
#define WORD_HIGHER	0x00001000u /* the higher the better */
#define WORD_TRAINS	0x00002000u /* with either: hardly anything but training prints it */
#define WORD_NO_METRIC	0x00004000u /* times, sizes, speeds, numbers of things */
#define WORD_FILLER	0x00008000u /* between a name and its value: "is" */
#define WORD_LEVEL	0x00010000u /* of a log: never a part of a name */
#define WORD_WRAPS	0x00020000u /* around a value: tensor(0.5) */
#define WORD_PROGRESS	0x00040000u /* before a percentage: of the whole */
#define WORD_NUMBER	0x00080000u /* between a counter and its number: "no." */
#define WORD_PER_STEP	0x00100000u /* a speed that tells what a bar counts: "5ms/step" */
#define WORD_SETTING	0x00200000u /* a rate or knob: told, never quality, whatever else it says */
#define WORD_OF		0x00400000u /* "3 of 10" */
#define WORD_THING	0x00800000u /* what is gone through: a file, a question; never an epoch */

#define WORD_COUNTS  (WORD_EPOCH | WORD_STEP | WORD_FIT)
#define WORD_PARTS   (WORD_TRAIN | WORD_VALIDATION | WORD_TEST)
#define WORD_QUALITY (WORD_LOWER | WORD_HIGHER)

/* WORD_* of one word in lower case; 0 for one that is not known. */
uint32_t word_means(const char *word, size_t bytes);

/*
 * The same for a name made of several: "val_loss", "top-1_acc", "loss/train", "rouge2": all that
 * its parts mean together; WORD_NO_METRIC only of the last, since "total_loss" is one and
 * "loss_time" is none.
 */
uint32_t word_name_means(const char *name, size_t bytes);

#endif
