#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A recorded machine with two sockets, and this machine without sensors: what is measured, what is
# modelled, with which error; totals by quality add up.
. tests/e2e/lib.sh

machine=tests/data/machines/two-socket-server
sums='.energy.total_uj == .energy.measured_uj + .energy.derived_uj + .energy.modelled_uj'
balance='[.energy.domains[] | .domain_uj ==
	.run_uj + .others_uj + .system_uj + .idle_uj + .unattributed_uj] | all'
total='.energy.total_uj == ([.energy.domains[] | select(.within == null).run_uj] | add)'
errors='[.energy.domains[] | .error_pct > 0] | all'

meter_ok --replay "$machine" --zone FR -- "$prog/cl_linked" --launches 400 --rounds 1000 --items 4096
verified
same_counts "$TMPDIR/out" kernel
for rule in "$sums" "$balance" "$total" "$errors"; do
	holds "$rule"
done
holds '[.energy.domains[].name] | contains(["package-0", "package-1", "dram-0", "dram-1"])'
holds '[.energy.domains[] | .quality == "measured"] | all'
holds '.energy.measured_uj == .energy.total_uj and .energy.total_uj > 0'
holds '.carbon.zone == "FR" and .carbon.zone_assumed == false and .carbon.total_ug > 0'
metered

meter_ok --replay tests/data/machines/vm -- "$prog/cl_linked" --launches 500
verified
for rule in "$sums" "$balance" "$total" "$errors"; do
	holds "$rule"
done
holds '[.energy.domains[] | .quality == "modelled" and .source == "model"] | all'
holds '.energy.measured_uj == 0 and .energy.modelled_uj == .energy.total_uj'
holds '.carbon.zone_assumed == true'
