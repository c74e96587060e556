#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Recorded stories of trainers and of programs that train nothing, told to the recogniser again: the
# epochs, their times, steps and metrics are those that the trainers knew.
. tests/e2e/lib.sh

tests/train/score --story tests/data/stories/*.story.xz || fail "a story is not recognised any more"
