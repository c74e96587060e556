#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every subcommand and every option, with nonsense: one clear line that names it, nothing on standard
# output, the status that the manual gives. A row is STATUS | WORD | ARGUMENTS; each option that takes a
# value has one with a value that it cannot have, or stands in the list of those that take any.
# shellcheck disable=SC2016 # what is quoted is for eval
. tests/e2e/lib.sh
echo junk >"$TMPDIR/junk"
made=$TMPDIR/made.jsonl
"$gramme" run --quiet --ledger-dir "$ledgers" -- true
cp "$(newest "$ledgers")" "$made"
dir="--ledger-dir '$TMPDIR/l'"
at="--socket '$TMPDIR/s' $dir"
mkdir "$TMPDIR/l"

row() {
	local expected=$1 word=$2 arguments=$3 status=0

	eval "timeout 20 '$gramme' $arguments" >"$TMPDIR/out" 2>"$TMPDIR/err" </dev/null || status=$?
	echo "gramme $arguments: $status: $(head -n 1 "$TMPDIR/err")"
	[ "$status" -eq "$expected" ] || fail "exit status $status instead of $expected"
	[ ! -s "$TMPDIR/out" ] || fail "something on standard output"
	[ "$(wc -l <"$TMPDIR/err")" -eq 1 ] || fail "not one line"
	[ "$(head -c 1000 "$TMPDIR/err" | wc -c)" -lt 400 ] || fail "no short line"
	grep -q -e "$word" "$TMPDIR/err" || fail "nothing of '$word'"
}

sed "s|@D|$dir|; s|@A|$at|; s|@T|$TMPDIR|g; s|@L|'$made'|" >"$TMPDIR/table" <<'END'
2 | frob | frob
2 | --frob | --frob
2 | frob | help frob
125 | --frob | run --frob -- true
125 | --paths | run --paths=3 -- true
125 | --quiet | run --quiet=very -- true
125 | program | run @D
125 | ATLANTIS | run @D --zone ATLANTIS -- true
125 | none | run @D --intensity @T/none -- true
125 | junk | run @D --intensity @T/junk -- true
125 | basis | run @D --basis sideways -- true
125 | pue | run @D --pue 0 -- true
125 | pue | run @D --pue '' -- true
125 | pue | run @D --pue 1e1 -- true
125 | junk | run @D --replay @T/junk -- true
125 | idle | run @D --idle never -- true
125 | private | run @D --private no -- true
125 | none/x | run @D --events @T/none/x -- true
125 | missing after '--zone' | run @D --zone
0 | junk/x | run --quiet --ledger-dir @T/junk/x -- true
0 | sensors: .*none | run --quiet @D --sensors @T/none -- true
0 | sensors: .*junk:1: 'junk' is no source | run --quiet @D --sensors @T/junk -- true
2 | --frob | collect --frob
2 | argument | collect word
2 | missing after '--socket' | collect --socket
1 | none/x | collect --socket @T/none/x @D
1 | socket | collect --socket '' @D
2 | patience | collect @A --patience soon
2 | patience | collect @A --patience 99999999
1 | junk/x | collect --socket @T/s --ledger-dir @T/junk/x
1 | ATLANTIS | collect @A --zone ATLANTIS
1 | junk | collect @A --intensity @T/junk
2 | basis | collect @A --basis sideways
2 | pue | collect @A --pue x
1 | none | collect @A --replay @T/none
2 | idle | collect @A --idle never
2 | private | collect @A --private no
2 | no ledger | show
2 | --frob | show --frob
2 | no ledger | show --wide
2 | no ledger | show --json --paths
2 | host | show --host palace @L
2 | per | show --per images @L
2 | host-cpus | show --host-cpus none @L
2 | wue | show --wue wet @L
1 | none | show @T/none
1 | junk:1 | show @T/junk
1 | gramme report | show @T/l
1 | junk:1 | show --json @T/junk
2 | no ledger | verify
2 | --frob | verify --frob
1 | junk:1 | verify @T/junk
2 | --frob | report --frob
2 | by | report --by colour @L
2 | format | report --format frob @L
2 | missing after --final | report --final
1 | none | report --final @T/none @L
1 | junk: line 1 | report @T/junk
2 | --meter | calibrate
2 | --frob | calibrate --frob
2 | missing after --meter | calibrate --meter
2 | ledger | calibrate --meter @T/junk
1 | none | calibrate --meter @T/none @L
1 | junk | calibrate --meter @T/junk @L
1 | none | calibrate --pairs @T/none
1 | junk | calibrate --pairs @T/junk
1 | junk | calibrate --pairs @T/junk --parts 'a b'
2 | no job | estimate
2 | --frob | estimate --frob
2 | word | estimate word
2 | missing after --time | estimate --time
1 | none | estimate --sacct @T/none
1 | junk | estimate --sacct @T/junk
1 | none | estimate --oar @T/none
1 | junk | estimate --oar @T/junk
2 | --time | estimate --time soon --cores 2
2 | --cores | estimate --time 01:00:00 --cores many
2 | --usage | estimate --time 01:00:00 --cores 2 --usage 3
2 | --gpus | estimate --time 01:00:00 --cores 2 --gpus -1
2 | --gpu-usage | estimate --time 01:00:00 --cores 2 --gpu-usage x
2 | --memory | estimate --time 01:00:00 --cores 2 --memory lots
2 | ATLANTIS | estimate --time 01:00:00 --cores 2 --zone ATLANTIS
2 | --pue | estimate --time 01:00:00 --cores 2 --pue x
2 | --fetch | intensity
2 | --frob | intensity --frob
2 | missing after --fetch | intensity --fetch
2 | services | intensity --fetch frob -o @T/out
2 | moment | intensity --fetch uk -o @T/out --from soon
2 | moment | intensity --fetch uk -o @T/out --to soon
1 | none | intensity --fetch electricity-maps --zone DE -o @T/out --token-file @T/none
1 | UK | intensity --fetch uk -o @T/out --url frob:
2 | --zone | intensity --fetch electricity-maps -o @T/out
2 | --basis | intensity --fetch uk -o @T/out --basis sideways
2 | no ledger | recompute
2 | --frob | recompute --frob @L
2 | missing after --zone | recompute @L --zone
2 | otherwise | recompute @L
2 | ATLANTIS | recompute --zone ATLANTIS @L
1 | none | recompute --intensity @T/none @L
1 | junk | recompute --intensity @T/junk @L
2 | --basis | recompute --basis sideways @L
2 | --pue | recompute --pue x @L
2 | --idle | recompute --idle x @L
2 | --method | recompute --method frob @L
1 | junk:1 | recompute --zone FR @T/junk
2 | --frob | doctor --frob
2 | none | doctor --replay @T/none
2 | missing after --zone | doctor --zone
2 | more than one | doctor a b
END
while IFS='|' read -r expected word arguments; do
	word=${word# }
	row "$((expected))" "${word% }" "${arguments# }"
done <"$TMPDIR/table"
[ -z "$(find "$TMPDIR/l" -name '*.jsonl' -newer "$TMPDIR/table" -path '*ATLANTIS*')" ] || fail "it was metered all the same"

# Names, and what is looked for where a program is: any text will do; doctor tells of its folders itself.
anything=' run:--project run:--experiment run:--sensors collect:--sensors estimate:--cpu estimate:--gpu
	doctor:--ledger-dir doctor:--sensors '
for command in run collect show verify report calibrate estimate intensity recompute doctor; do
	"$gramme" "$command" --help >"$TMPDIR/help" || fail "no help of $command"
	while read -r option; do
		[[ $anything != *"$command:$option"[[:space:]]* ]] || continue
		grep -q "| $command .*$option" "$TMPDIR/table" ||
			{ [ "$option" = --ledger-dir ] && grep -q "| $command .*junk/x" "$TMPDIR/table"; } ||
			fail "no row for $option of $command"
	done < <(grep -o '^  --[a-z-]* [A-Z]' "$TMPDIR/help" | grep -o -e '--[a-z-]*')
done
