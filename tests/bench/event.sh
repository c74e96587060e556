#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What one recorded event costs: launches on a driver that does nothing and has no device times,
# metered, above the same under empty bodies. Beside it in each turn: two reads of the clock, one
# event of LTTng-UST in a session that overwrites its oldest (as a ring does), and one call and
# return under uftrace, which are two records.
. tests/bench/lib.sh

ltt=
sessiond=
clean() {
	[ -z "$ltt" ] || lttng destroy "$ltt" >/dev/null 2>&1 || true
	[ -z "$sessiond" ] || kill "$(cat "$sessiond")" 2>/dev/null || true
	stop_collector
}
trap clean EXIT

# Both are built here and not by make, which must not need them.
compile() {
	${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -iquote . "$@" >"$work/compile" 2>&1
}

start_lttng() {
	command -v lttng >/dev/null || return 1
	compile -o "$work/lttng" tests/bench/lttng.c -llttng-ust -ldl || return 1
	if ! lttng list >/dev/null 2>&1; then
		lttng-sessiond --daemonize --no-kernel --pidfile "$work/sessiond" || return 1
		sessiond=$work/sessiond
	fi
	ltt=gramme-bench-$$
	lttng create "$ltt" --snapshot --output "$work/trace" &&
		lttng enable-event -s "$ltt" -u gramme_bench:event && lttng start "$ltt"
}

start_uftrace() {
	command -v uftrace >/dev/null && compile -pg -o "$work/called" tests/bench/called.c
}

one_turn() {
	for variant in $(rotated "$1" bare nop shim); do
		loop event "$variant" 100 4096
	done
	[ -z "$ltt" ] || LTTNG_UST_REGISTER_TIMEOUT=-1 "$work/lttng" 100 10000 | median >>"$work/event.lttng"
	[ -z "$called" ] || {
		rm -rf "$work/uftrace"
		uftrace record --no-libcall -d "$work/uftrace" "$work/called" 100 10000 | median >>"$work/event.uftrace"
	}
}

# A tracer that recorded nothing would be fast.
prove_traced() {
	[ -z "$ltt" ] || {
		lttng snapshot record -s "$ltt" >"$work/snapshot" 2>&1
		[ "$(du -sk "$work/trace" | cut -f1)" -gt 256 ] || fail "LTTng recorded nothing"
	}
	[ -z "$called" ] || [ "$(du -sk "$work/uftrace" | cut -f1)" -gt 1024 ] || fail "uftrace recorded nothing"
}

start_collector "$work/ledgers"
start_lttng >"$work/lttng.log" 2>&1 || ltt=
called=yes
start_uftrace || called=
export OCL_ICD_VENDORS=$fake FAKECL_COMMAND_NS=0 FAKECL_NO_PROFILING=1
for turn in $(seq "$turns"); do
	one_turn "$turn"
done
prove_traced
minus "$work/event.shim.all" "$work/event.nop.all" >"$work/event"
# The loop read the clock pairs three times a turn.
awk '{ s += $1 } NR % 3 == 0 { print s / 3; s = 0 }' "$work/event.clock" >"$work/clock"
prove_metered 400000

title "One recorded event, on a driver that does nothing and has no device times"
for variant in bare nop shim; do
	case $variant in
	bare) name="one launch, bare" ;;
	nop) name="one launch, empty bodies" ;;
	shim) name="one launch, metered" ;;
	esac
	figure "$name" ns 1 1000 <"$work/event.$variant.all"
done
figure "one recorded event: metered - empty bodies" ns 1 1000 <"$work/event"
figure "two clock reads" ns 1 1000 <"$work/clock"
over "$work/event" "$work/clock" | target "one event / two clock reads" x 2 1 most 1.5
if [ -n "$ltt" ]; then
	figure "one LTTng-UST event" ns 1 1000 <"$work/event.lttng"
	over "$work/event" "$work/event.lttng" | target "one event / one LTTng-UST event" x 2 1 most 0.5
else
	skip "one event / one LTTng-UST event" "no LTTng-UST here"
fi
if [ -n "$called" ]; then
	figure "one call and return under uftrace" ns 1 1000 <"$work/event.uftrace"
	over "$work/event" "$work/event.uftrace" |
		target "one event / one uftrace call and return" x 3 1 most 0.333
else
	skip "one event / one uftrace call and return" "no uftrace here"
fi
