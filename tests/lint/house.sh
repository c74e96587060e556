#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each source opens with its licence, and none grows past 600 lines.
set -eu

bad=0
while read -r file; do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || {
		echo "$file: no SPDX line"
		bad=1
	}
	[ "$(wc -l <"$file")" -le 600 ] || {
		echo "$file: more than 600 lines"
		bad=1
	}
done < <(find collector preload tests scripts -name '*.[chS]' -o -name '*.sh' -o -name '*.def')
exit $bad
