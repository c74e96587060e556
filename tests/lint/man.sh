#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The manual page is well-formed, knows each subcommand and each option that --help names, and no other.
set -u
gramme=${GRAMME_BUILD:-build}/gramme
page=docs/gramme.1
status=0

bad() {
	echo "$page: $*"
	status=1
}

mandoc -Tlint -W warning "$page" || status=1
text=$(mandoc -Tutf8 "$page" | sed 's/.\x08//g; s/‐/-/g; s/−/-/g')
helps=
for command in $("$gramme" --help | sed -n 's/^  \([a-z]\+\) .*/\1/p'); do
	grep -q "gramme $command" <<<"$text" || bad "nothing of gramme $command"
	helps="$helps
$("$gramme" "$command" --help)"
done
options() {
	grep -o -e '--[a-z][a-z-]*' | sort -u
}
while read -r option; do
	grep -q -e "$option\b" <<<"$text" || bad "nothing of $option"
done < <(options <<<"$helps")
# Those of other programs stand in examples.
while read -r option; do
	grep -q -e "$option\b" <<<"$helps" || [ "$option" = --epochs ] || [ "$option" = --now ] ||
		bad "$option is in no --help"
done < <(options <<<"$text")
exit "$status"
