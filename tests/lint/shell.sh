#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every shell script passes shellcheck.
set -eu

grep -rlE '^#!(/usr)?/bin/(env )?(ba)?sh' scripts tests .ci | xargs shellcheck
