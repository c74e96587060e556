#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# score: none
# Looks for a short password on OpenCL, and reports how far it is.
printf '%s\n' 5f4dcc3b5aa765d61d8327deb882cf98 >hashes
timeout 20 hashcat -m 0 -a 3 --potfile-disable --self-test-disable --force --status --status-timer 1 hashes '?l?l?l?l?l' || [ $? -eq 1 ]
