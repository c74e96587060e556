#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The only arrow between the two address spaces is the wire: preload/ includes nothing of
# collector/, and collector/ includes nothing of preload/ but wire.h.
set -eu

includes() {
	grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]([^\">]*/)?$2" "$1" --include='*.[chS]' --include='*.def' || true
}

wrong=$(includes preload 'collector/'
	includes preload '\.\./'
	includes collector '\.\./'
	includes collector 'preload/' | grep -v '"preload/wire\.h"' || true)
if [ -n "$wrong" ]; then
	echo "$wrong"
	exit 1
fi
# The rule is only worth something if includes are found at all.
[ -n "$(includes collector 'preload/wire\.h')" ]
[ -n "$(includes preload 'preload/')" ]
