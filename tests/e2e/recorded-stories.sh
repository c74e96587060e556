#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What was recorded of real trainers, and of programs that do not train, is recognised as it was:
# the same in a second that metering them takes minutes for, and without a clock.
. tests/e2e/lib.sh

tests/train/score --story tests/data/stories/*.story.xz || fail "a story is told otherwise"

# A truth that is another is noticed.
cp tests/data/stories/omp-perceptron.file.* "$TMPDIR"
sed -i 's/"steps": 121/"steps": 120/' "$TMPDIR"/omp-perceptron.file.truth.json
! tests/train/score --story "$TMPDIR"/*.story.xz || fail "a wrong number of steps went unnoticed"
