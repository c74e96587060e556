#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# score: none
# One kernel after the other, each many times, with figures between.
clpeak --global-bandwidth --kernel-latency
