#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each source opens with its licence, and none grows past 600 lines. At the top there is nothing but
# what the owner's layout has; dot-files and what git ignores may stand beside it.
set -eu

bad=0
while read -r entry; do
	case $entry in
	Makefile | preload | collector | tests | scripts | docs | README.md | LICENSE | .*) ;;
	*)
		echo "$entry: does not belong at the top level"
		bad=1
		;;
	esac
done < <(git ls-files --cached --others --exclude-standard | cut -d/ -f1 | sort -u)
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
