#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# CPython's own tests of what a preload library is most likely to break: the same pass as without.
# timeout: 7200
. tests/harm/lib.sh

if ! "$python" -c 'import test.test_os' 2>/dev/null; then
	echo "skip: Python's testsuite is not installed (scripts/deps slow)"
	exit 77
fi
suite unittest test.test_os test.test_posix test.test_subprocess test.test_threading \
	test.test_ctypes test.test_faulthandler test.test_signal test.test_io \
	test.test_multiprocessing_fork test.test_multiprocessing_spawn \
	test.test_multiprocessing_forkserver
