#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# score: none
# OpenSSL measures itself.
openssl speed -seconds 1 sha256
