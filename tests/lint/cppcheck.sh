#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# cppcheck finds nothing wrong in what is shipped. It cannot know that the two ends of an embedded
# table are one object (collector/embed.h), hence comparePointers.
set -eu

cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
	--suppress=missingIncludeSystem --suppress=comparePointers --suppress=arrayIndexThenCheck \
	--std=c11 --language=c -D_GNU_SOURCE -D__x86_64__ '-DElfW(type)=Elf64_##type' \
	-j "$(nproc)" -I . collector preload
