#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Jobs that nobody metered: figures of Green Algorithms made by hand, from sacct's and oarstat's tables
# and typed in; what is assumed is said, and what is no job gives one line and no figure.
. tests/e2e/lib.sh

estimated() {
	"$gramme" estimate --json "$@" >"$TMPDIR/estimate"
}
says() {
	[ "$(jq -r "$1" "$TMPDIR/estimate")" = "$2" ] || {
		cat "$TMPDIR/estimate"
		fail "not $2: $1"
	}
}

# 10 h x (8 x 12 W + 32 GiB x 0.3725 W/GB), in uJ.
estimated --time 10:00:00 --cores 8 --memory 32G
says .schema gramme.estimate/1
says .quality estimate
says '.jobs[0].cpu_uj' $((36000 * 96 * 1000000))
says '.jobs[0].memory_uj' "$(jq -n '36000 * 34.359738368 * 0.3725 * 1e6 | round')"
says '.jobs[0].usage_told' false
says .factor.assumed true
says '.total.co2e_ug' "$(jq '.total.energy_uj * .factor.ug_per_kwh / 3.6e12 | round' "$TMPDIR/estimate")"

# 280 W of 64 cores is 4.375 W each; half of them were used for a day; two GPUs of 700 W.
cat >"$TMPDIR/sacct" <<'EOF'
JobID|JobName|State|Elapsed|AllocTRES|TotalCPU|ReqMem
1001|train|COMPLETED|1-00:00:00|billing=16,cpu=16,gres/gpu=2,gres/gpu:h100=2,mem=64G,node=1|8-00:00:00|64G
1001.batch|batch|COMPLETED|1-00:00:00|cpu=16,mem=64G,node=1|8-00:00:00|
1002_1|my"job|FAILED|00:30:00|cpu=4,node=1|02:00:00.500|2Gc
1003|later|PENDING|00:00:00||00:00:00|4Gc
1004|now|RUNNING|10:00:00|cpu=4,mem=8G,node=1|02:00:00|8G
EOF
estimated --sacct "$TMPDIR/sacct" --cpu 'AMD EPYC 7763 64-Core Processor' --gpu 'h100 sxm5' --zone FR --pue 1.5
says '.jobs | length' 2
says .left_out 2
says '.jobs[0].cpu_uj' $((86400 * 35 * 1000000))
says '.jobs[0].gpu_uj' $((86400 * 1400 * 1000000))
says '.jobs[0].gpu' 'NVIDIA H100 SXM5 80GB'
says '.jobs[1].core_usage_milli' 1000
says '.jobs[1].memory_bytes' $((8 << 30))
says '.jobs[1].name' 'my"job'
says '.total.energy_uj' "$(jq '[.jobs[].energy_uj] | add' "$TMPDIR/estimate")"
says '.total.co2e_ug' "$(jq '.total.energy_uj * .factor.ug_per_kwh * 1.5 / 3.6e12 | round' "$TMPDIR/estimate")"

says '.beside.water.offsite.zone' FR
says '.beside.water.offsite.ul' "$(jq '.total.energy_uj * .beside.water.offsite.ul_per_kwh * 1.5 / 3.6e12 | round' "$TMPDIR/estimate")"

cat >"$TMPDIR/oar" <<'EOF'
{"77": {"name": "sweep", "startTime": 1000, "stopTime": 4600, "assigned_resources": [1, 2, 3, 4]},
 "78": {"name": "", "startTime": 1000, "stopTime": 0, "assigned_resources": [5]}}
EOF
estimated --oar "$TMPDIR/oar" --usage 0.25 --memory 8G
says '.jobs[0].id' 77
says '.jobs[0].cpu_uj' $((3600 * 12 * 1000000))
says .left_out 1
estimated --oar - <"$TMPDIR/oar"
says '.jobs[0].cpu_uj' $((3600 * 48 * 1000000))

"$gramme" estimate --oar "$TMPDIR/oar" >"$TMPDIR/page"
for said in '^ESTIMATE ' 'Nothing of it was' 'of water off site' 'known of metered runs alone' '1 job with full use' '1 job without their memory' \
	'1 job left out'; do
	tr -s '\n ' ' ' <"$TMPDIR/page" | grep -q -- "${said#^}" || fail "$said: $(cat "$TMPDIR/page")"
done

# refused STATUS PATTERN OPTIONS...: one line, which says what to do, and no figure.
refused() {
	local expected=$1 pattern=$2 found=0

	shift 2
	"$gramme" estimate "$@" >"$TMPDIR/out" 2>"$TMPDIR/err" || found=$?
	[ "$found" = "$expected" ] || fail "status $found and not $expected of: $*"
	[ ! -s "$TMPDIR/out" ] || fail "a figure came of: $*"
	[ "$(wc -l <"$TMPDIR/err")" = 1 ] || fail "$(cat "$TMPDIR/err")"
	grep -q -- "$pattern" "$TMPDIR/err" || fail "$(cat "$TMPDIR/err")"
}
refused 2 'may be NVIDIA H100 .* --gpu NAME says which' --sacct "$TMPDIR/sacct"
refused 2 'no job given' --zone FR
refused 2 '--time says how long' --cores 4
refused 2 '--cores or --gpus' --time 10:00
refused 2 'either --sacct, --oar or one job' --sacct "$TMPDIR/sacct" --time 10:00
refused 2 '--usage is from 0 to 1' --time 10:00 --cores 4 --usage 2
refused 2 "processor 'Abacus' is not in the table" --time 10:00 --cores 4 --cpu Abacus
refused 2 'GPU .Abacus. is not in the table' --time 10:00 --gpus 4 --gpu Abacus
refused 2 'time is as' --time 1:2:3:4 --cores 1
refused 1 'No such file' --sacct "$TMPDIR/none"
refused 1 'no columns JobID and Elapsed' --sacct "$TMPDIR/oar"
refused 1 'line 1' --oar "$TMPDIR/sacct"
printf 'JobID|Elapsed|NCPUS\n5|soon|4\n' >"$TMPDIR/bad"
refused 1 "row 2: 'soon' is no time that a job took" --sacct "$TMPDIR/bad"
: >"$TMPDIR/empty"
refused 1 'the file is empty' --sacct "$TMPDIR/empty"
