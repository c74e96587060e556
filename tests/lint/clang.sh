#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# A second compiler agrees: it reads everything without a warning. Code comes of that elsewhere: the
# fuzz targets are of clang's, with all of the collector, and relocations.sh builds what is preloaded.
set -eu

# Stands in for the compiler: of what is compiled it makes nothing but the file that make looks for.
cat >"$TMPDIR/clang" <<'END'
#!/bin/bash
output=
for ((i = 1; i <= $#; i++)); do
	case ${!i} in
	-o) output=${*:i+1:1} ;;
	esac
done
if [[ " $* " == *.c\ * ]]; then
	clang -fsyntax-only -Wno-unused-command-line-argument "$@" || exit
	touch "$TMPDIR/read"
elif [ -z "$output" ]; then
	exec clang "$@"
fi
[ -z "$output" ] || : >"$output"
END
chmod +x "$TMPDIR/clang"
make --no-print-directory -j2 O="$TMPDIR/build" CC="$TMPDIR/clang" WERROR=1 built
[ -e "$TMPDIR/read" ]
