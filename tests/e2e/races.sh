#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No data race in the shim, nor between it and the collector's reader, under ThreadSanitizer. It
# judges by what the language promises and not by what this processor happens to do, so it also
# speaks for machines that reorder more.
. tests/e2e/lib.sh
use_fake

make --no-print-directory -j2 O="$build" WERROR=1 race >"$TMPDIR/make" 2>&1 || {
	cat "$TMPDIR/make"
	fail "it does not build"
}
start_collector --zone FR

# The locks of driver and loader would order what we do not: they are not to count.
printf 'called_from_lib:%s\n' libfakecl.so libOpenCL.so.1 >"$TMPDIR/suppressions"
export TSAN_OPTIONS="suppressions=$TMPDIR/suppressions exitcode=66"
# Its shadow memory has no room where addresses are randomised by more than 28 bits.
race=("$prog/race")
! setarch -R true 2>/dev/null || race=(setarch -R "$prog/race")
status=0
"${race[@]}" >"$TMPDIR/out" 2>"$TMPDIR/err" || status=$?
if grep -q 'FATAL: ThreadSanitizer: unexpected memory mapping' "$TMPDIR/err"; then
	echo "skip: ThreadSanitizer does not start under this kernel's randomised addresses"
	exit 77
fi
[ "$status" -eq 0 ] || fail "status $status: $(head -n 60 "$TMPDIR/out" "$TMPDIR/err")"
read -r _ launched _ counted <"$TMPDIR/out"
[ "$launched" -gt 4000 ] || fail "it hardly ran: $(cat "$TMPDIR/out")"
[ "$launched" = "$counted" ] || fail "counted otherwise: $(cat "$TMPDIR/out")"
