/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that the program writes while it runs: logs, CSV, JSON lines, and the event files that
 * TensorBoard reads. What is neither text nor events is dropped at its first bytes.
 */
#ifndef GRAMME_OUTPUT_LOG_H
#define GRAMME_OUTPUT_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "preload/output_stream.h"

/* A piece of a log, written to that descriptor; `how` is OUTPUT_*. */
void output_log(int fd, struct stream *stream, const char *data, size_t bytes, unsigned how);

#endif
