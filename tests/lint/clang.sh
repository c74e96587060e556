#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# A second compiler agrees: everything builds under clang without a warning.
set -eu

make --no-print-directory -j2 O="$TMPDIR/clang" CC=clang WERROR=1 built
