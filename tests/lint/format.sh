#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every C source is laid out as .clang-format says.
set -eu

find collector preload tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror
