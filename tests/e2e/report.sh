#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Many ledgers added up: by the sums of what each of them says, each run once, what is damaged named and
# left out; as text, as numbers, and for papers, where no name can break the table.
. tests/e2e/lib.sh

book() {
	"$gramme" run --quiet --ledger-dir "$ledgers" "$@" 2>/dev/null || true
}
book --zone FR --project a --experiment 'x_1 & 50%|{"' -- true
book --zone FR --project a --experiment 'x_1 & 50%|{"' -- false
# shellcheck disable=SC2016 # the program's own number
book --project b --experiment $'red\033[31m' -- sh -c 'kill -9 $$'
report=$TMPDIR/report
reported() {
	"$gramme" report "$@" >"$report" 2>"$TMPDIR/err" || fail "status $? from report $*"
}
says() {
	[ "$(jq -c "$1" "$report")" = "$2" ] || {
		cat "$report"
		fail "not $2: $1"
	}
}
mapfile -t all < <(find "$ledgers" -name '*.jsonl' | sort)
[ "${#all[@]}" -eq 3 ] || fail "${#all[@]} ledgers"
for ledger in "${all[@]}"; do
	"$gramme" show --json "$ledger"
done | jq -s . >"$TMPDIR/each"
sum() {
	jq "[.[] | $1] | add" "$TMPDIR/each"
}

echo "sums"
reported --format json "$ledgers"
says .schema '"gramme.report/1"'
says '[.total | .runs, .ledgers, .incomplete, .failed]' '[3,3,1,1]'
says .total.total_uj "$(sum .energy.total_uj)"
says .total.modelled_uj "$(sum .energy.modelled_uj)"
says .total.measured_uj "$(sum .energy.measured_uj)"
says .total.time_ns "$(sum .run.duration_ns)"
says .total.co2e_ug "$(sum .carbon.total_ug)"
says '[.groups[].total_uj] | add' "$(sum .energy.total_uj)"
says '[.groups[].runs] | sort' '[1,2]'
says '[.sources_uj[]] | add' "$(sum .energy.total_uj)"
says '[.intensities[]] | sort' '[1,2]'
says '.groups[] | select(.name | startswith("a /")) | .co2e_ug' \
	"$(sum 'select(.run.project == "a") | .carbon.total_ug')"
for by in project node program month run; do
	reported --by "$by" --format json "$ledgers"
	says '[.groups[].ledgers] | add' 3
done
says '.groups | length' 3

echo "the same by its environment, and each run once, by whatever road it came"
GRAMME_LEDGER_DIR=$ledgers reported --format json
says .total.runs 3
cp "${all[0]}" "$TMPDIR/copy.jsonl"
reported --format json "$ledgers" "${all[0]}" "$TMPDIR/copy.jsonl"
says .total.runs 3
[ "$(grep -c 'counted once' "$TMPDIR/err")" -eq 1 ] || fail "$(cat "$TMPDIR/err")"

echo "the final run against all others"
reported --format json --final "${all[0]}" "$ledgers"
says .final.total_uj "$("$gramme" show --json "${all[0]}" | jq .energy.total_uj)"
says .final.runs 1
[ ! -s "$TMPDIR/err" ] || fail "$(cat "$TMPDIR/err")"
reported --format markdown --final "${all[0]}" "${all[1]}"
grep -q 'the 1 other run ' "$report" || fail "$(cat "$report")"

echo "as numbers"
reported --format csv --by project "$ledgers"
/usr/bin/python3 - "$report" "$(sum .energy.total_uj)" <<'END' || fail "$(cat "$report")"
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert sorted(row["project"] for row in rows) == ["a", "b"]
assert sum(int(row["total_uj"]) for row in rows) == int(sys.argv[2])
END

echo "for papers"
reported --format markdown "$ledgers"
cells=$(grep '^|' "$report" | sed 's/\\.//g' | tr -cd '|\n' | sort -u)
[ "$cells" = '||||||||' ] || fail "a name breaks the table: $(cat "$report")"
reported --format latex "$ledgers"
grep -qF "a / x\\_1 \\& 50\\%\$|\$\\{'' & 2 & " "$report" || fail "$(cat "$report")"
[ "$(sed 's/\\[{}]//g' "$report" | tr -cd '{' | wc -c)" -eq "$(sed 's/\\[{}]//g' "$report" | tr -cd '}' | wc -c)" ] ||
	fail "braces: $(cat "$report")"

echo "nothing of a ledger reaches the terminal but letters"
for form in text markdown latex csv; do
	reported --format "$form" "$ledgers"
	! grep -q $'\033' "$report" || fail "$form lets control characters through"
done

# fails WORD COMMAND...: status 1, and a line with that word; what it prints goes to $report.
fails() {
	local word=$1 status=0

	shift
	"$gramme" "$@" >"$report" 2>"$TMPDIR/err" || status=$?
	[ "$status" -eq 1 ] || fail "status $status from gramme $*"
	grep -q "$word" "$TMPDIR/err" || fail "nothing of '$word'"
}

echo "what is damaged is named, and left out"
sed '1s/[0-9]/x/' "${all[1]}" >"$ledgers/damaged.jsonl"
fails 'damaged.jsonl: line 1: .*left out' report --format json "$ledgers" "$TMPDIR/none"
says .total.runs 3
grep -q "$TMPDIR/none: .*left out" "$TMPDIR/err" || fail "nothing of what is not there"
fails damaged.jsonl:1: verify "$ledgers"
[ "$(grep -c ': ok' "$report")" -eq 3 ] || fail "not the others: $(cat "$report")"
rm "$ledgers/damaged.jsonl"

echo "a copy that was made too early is no whole one, whichever comes first"
head -n 1 "${all[0]}" >"$TMPDIR/early.jsonl"
for copies in "$TMPDIR/early.jsonl ${all[0]}" "${all[0]} $TMPDIR/early.jsonl"; do
	# shellcheck disable=SC2086 # two
	fails 'no whole copy; left out' report --format json $copies
	says .total.runs 1
done

echo "what has only begun is no damage"
head -c 100 "${all[1]}" >"$ledgers/begun.jsonl"
reported --format json "$ledgers"
says .total.runs 3
grep -q 'begun.jsonl: .*left out' "$TMPDIR/err" || fail "nothing of what has begun"
rm "$ledgers/begun.jsonl"

echo "a variable without a value names no folder"
GRAMME_LEDGER_DIR='' fails '/home/.local/share/gramme: .*left out' report

mkdir "$TMPDIR/empty"
for command in report verify; do
	fails 'no ledger in it' "$command" "$TMPDIR/empty"
	[ ! -s "$report" ] || fail "something on standard output"
done
status=0
"$gramme" report "$ledgers" 2>"$TMPDIR/err" >/dev/full || status=$?
[ "$status" -eq 1 ] || fail "a full disk: $status"
grep -q 'cannot write' "$TMPDIR/err" || fail "nothing of a full disk"
