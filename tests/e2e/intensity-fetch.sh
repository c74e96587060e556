#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What services publish is fetched when it is asked for, from a real server: in pieces, with a cache,
# with patience where they are busy, with a token that stands in no argument; and a file that was
# there stays whole where nothing came.
. tests/e2e/lib.sh

asked=$TMPDIR/asked
coproc SERVER { "$python" tests/fake/grid.py "$asked"; }
read -r port <&"${SERVER[0]}"
base=http://127.0.0.1:$port
out=$TMPDIR/out.csv
export XDG_CACHE_HOME=$TMPDIR/cache

# fetch OPTIONS...: what it says goes to $TMPDIR/err, its status to $status.
fetch() {
	: >"$asked"
	status=0
	"$gramme" intensity -o "$out" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" || status=$?
}
fetched() {
	fetch "$@"
	[ "$status" -eq 0 ] || fail "status $status of: $*"
}
refused() {
	local expected=$1 words=$2

	shift 2
	fetch "$@"
	[ "$status" -eq "$expected" ] || fail "status $status and not $expected of: $*"
	grep -q -- "$words" "$TMPDIR/err" || fail "not said: $words"
	[ "$(wc -l <"$TMPDIR/err")" -eq 1 ] || fail "more than a line"
}
figures() {
	grep -c '^20' "$out"
}
questions() {
	wc -l <"$asked"
}

echo "the UK's: half hours, in pieces of two weeks"
fetched --fetch uk --url "$base" --from 2026-01-05 --to 2026-01-07
[ "$(figures)" -eq 96 ] || fail "$(figures) figures"
{ grep -qx '# zone: GB' "$out" && grep -qx '# basis: direct' "$out"; } || fail "$(head "$out")"
grep -q '^# source: UK Carbon Intensity, CC BY 4.0, fetched 20..-..-..T..:..:..Z$' "$out" ||
	fail "$(head "$out")"
grep -qx '2026-01-05T13:30:00Z,2026-01-05T14:00:00Z,113.000000' "$out" || fail "$(head "$out")"
fetched --fetch uk --url "$base" --from 2026-01-01 --to 2026-03-01
[ "$(figures)" -eq $((59 * 48)) ] || fail "$(figures) figures"
before=$(questions)
[ "$before" -ge 4 ] || fail "$before questions"

echo "what was asked is not asked again, but for what is still under way"
fetched --fetch uk --url "$base" --from 2026-01-01 --to 2026-03-01
{ [ "$(questions)" -le 1 ] && [ "$(figures)" -eq $((59 * 48)) ]; } || fail "$(cat "$asked")"
fetched --fetch uk --url "$base" --from 2026-01-01 --to 2026-03-01 --no-cache
[ "$(questions)" -eq "$before" ] || fail "$(cat "$asked")"
[ -z "$(find "$XDG_CACHE_HOME" -perm /077)" ] || fail "others may read the cache"

echo "forecasts are counted, and hold until they are known"
fetched --fetch uk --url "$base" --from -2h --to +3h
grep -q '; [5-7] forecasts$' "$out" || fail "$(head "$out")"
meter_ok --intensity "$out" -- "$prog/spin" 50
verified
holds '.carbon.series.zone == "GB" and .carbon.constant.energy_uj == 0 and .carbon.zone == "GB"'

echo "RTE's: quarters of an hour, years ago from its other table, gaps left open"
fetched --fetch rte --url "$base" --from 2026-01-05T00:00Z --to 2026-01-05T02:00Z
grep -qx '2026-01-05T00:30:00Z,2026-01-05T01:00:00Z,50.000000' "$out" || fail "$(cat "$out")"
[ "$(figures)" -eq 6 ] || fail "$(figures) figures"
fetched --fetch rte --url "$base" --from 2018-01-05 --to 2018-01-06
{ grep -q 'cons-def' "$asked" && grep -qx '# zone: FR' "$out"; } || fail "$(cat "$asked")"
# A piece of which nothing is known yet does not undo those before it.
fetched --fetch rte --url "$base" --from -2d --to +40d
[ "$(figures)" -ge 140 ] || fail "$(figures) figures"
refused 1 'no figure for that time' --fetch rte --url "$base" --from +1d --to +2d

echo "Electricity Maps': by a token from the environment or a file, never from an argument"
refused 1 'asks for a token' --fetch electricity-maps --url "$base" --zone DE
[ "$(questions)" -eq 0 ] || fail "asked without a token"
export ELECTRICITY_MAPS_TOKEN=wrong
refused 1 'status 401: is the token right' --fetch electricity-maps --url "$base" --zone DE
unset ELECTRICITY_MAPS_TOKEN
echo s3cret-token >"$TMPDIR/token"
maps=(--fetch electricity-maps --url "$base" --zone DE --from 2026-01-05 --to 2026-01-06)
fetched "${maps[@]}" --token-file "$TMPDIR/token"
{ [ "$(figures)" -eq 24 ] && grep -qx '# basis: lifecycle' "$out"; } || fail "$(head "$out")"
fetched "${maps[@]}" --token-file "$TMPDIR/token" --basis direct
{ grep -qx '# basis: direct' "$out" && grep -q ',250.000000$' "$out"; } || fail "$(head "$out")"
! grep -rq s3cret "$XDG_CACHE_HOME" "$out" "$TMPDIR/err" || fail "the token was written down"

echo "a service that is busy is asked again when it says; one that is down leaves the file as it was"
fetched --fetch uk --url "$base/busy" --from 2026-01-05 --to 2026-01-06
[ "$(sort "$asked" | uniq -c | awk '$1 != 2' | wc -l)" -eq 0 ] || fail "$(cat "$asked")"
sum=$(sha256sum <"$out")
refused 1 'status 503: .*maintenance' --fetch uk --url "$base/down" --from 2026-01-05 --to 2026-01-06
[ "$(questions)" -eq 5 ] || fail "$(questions) questions"
refused 1 'left alone for 3600 s' --fetch uk --url "$base/away" --from 2026-01-05 --to 2026-01-06
[ "$(questions)" -eq 1 ] || fail "$(questions) questions"
refused 1 'not what was expected' --fetch uk --url "$base/odd" --from 2026-01-05 --to 2026-01-06
[ "$(sha256sum <"$out")" = "$sum" ] || fail "the file was touched"
[ -z "$(find "$TMPDIR" -name 'out.csv.*')" ] || fail "something was left behind"

echo "what makes no sense is refused before anybody is asked"
refused 2 'services are uk, rte, electricity-maps' --fetch moon
refused 2 'not behind' --fetch uk --from 2026-01-05 --to 2026-01-04
refused 2 'a moment is' --fetch uk --from yesterday
refused 2 'of one zone alone' --fetch uk --zone DE
refused 2 'five years' --fetch uk --from 2015-01-01 --to 2026-01-01
refused 2 '--zone says' --fetch electricity-maps
[ "$(questions)" -eq 0 ] || fail "somebody was asked"
