#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# timeout: 1200
# For real, in a virtual machine with Debian's kernel and ext4 (QEMU without KVM, so that it runs
# anywhere): the clock set by an hour, suspend to RAM, and the power cut, by SIGKILL of the whole
# machine at a moment of chance.
#
#   GUEST_SEED=N plays the moments of that run again
. tests/e2e/lib.sh

cache=$build/tests/guest
seed=${GUEST_SEED:-$((($(date +%s) ^ $$) % 32768))}
RANDOM=$seed
cuts=4
echo "seed $seed, $cuts cuts"

skip() {
	echo "skip: $*"
	exit 77
}

for tool in qemu-system-x86_64 mkfs.ext4 e2fsck debugfs cpio; do
	command -v "$tool" >/dev/null || skip "$tool is not there"
done
[ "$(uname -m)" = x86_64 ] || skip "the guest is an x86-64 machine"

# Debian's kernel for virtual machines, not installed, only unpacked.
fetch_kernel() {
	local package

	! [ -e "$cache/kernel/ready" ] || return 0
	rm -rf "$cache"
	mkdir -p "$cache/kernel"
	package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p' | head -n 1)
	[ -n "$package" ] || return 1
	(cd "$cache" && apt-get -q download "$package") >/dev/null 2>&1 || return 1
	dpkg -x "$cache"/linux-image-*.deb "$cache/kernel" && touch "$cache/kernel/ready"
}
fetch_kernel || skip "no kernel to be had from apt"

# A program and what it needs, in place below the guest's root.
put() {
	local file

	mkdir -p "$root$(dirname "$2")"
	cp "$1" "$root$2"
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r file; do
		mkdir -p "$root$(dirname "$file")"
		cp -L "$file" "$root$file"
	done
}

make_root() {
	local name

	root=$TMPDIR/root
	mkdir -p "$root/bin" "$root/modules"
	put /bin/busybox /bin/busybox
	put /usr/bin/od /build/od
	put tests/lose/guest-init.sh /init
	chmod +x "$root/init"
	for name in gramme libgramme.so libgramme-opencl.so tests/prog/cl_linked \
		tests/fake/libfakecl.so; do
		put "$build/$name" "/build/$name"
	done
	find "$cache/kernel/lib/modules" -name 'virtio*.ko' -exec cp {} "$root/modules" \;
	(cd "$root" && find . | cpio -o -H newc --quiet) >"$TMPDIR/initrd"
}

# boot STORY: in the background, its console in $TMPDIR/console, its disk anew.
boot() {
	rm -f "$TMPDIR/disk" "$TMPDIR/console"
	truncate -s 64M "$TMPDIR/disk"
	mkfs.ext4 -q -F "$TMPDIR/disk"
	qemu-system-x86_64 -accel tcg -m 512 -display none -monitor none -no-reboot -nic none \
		-serial "file:$TMPDIR/console" -kernel "$cache"/kernel/boot/vmlinuz-* \
		-initrd "$TMPDIR/initrd" -append "console=ttyS0 panic=-1 quiet story=$1" \
		-drive "file=$TMPDIR/disk,format=raw,if=virtio" >"$TMPDIR/qemu" 2>&1 &
	machine=$!
}

console() {
	tr -d '\r' <"$TMPDIR/console" | grep -a '^guest: ' | cut -d' ' -f2-
}

wait_for() {
	local tries=1200

	until console | grep -q "^$1"; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ] || ! kill -0 "$machine"; then
			cat "$TMPDIR/qemu" "$TMPDIR/console"
			fail "the guest never said '$1'"
		fi
		sleep 0.1
	done 2>/dev/null
}

# What is on the guest's disk, as its next boot would find it.
take_disk() {
	local status=0

	e2fsck -fy "$TMPDIR/disk" >"$TMPDIR/fsck" 2>&1 || status=$?
	[ "$status" -le 1 ] || fail "e2fsck: $(cat "$TMPDIR/fsck")"
	rm -rf "$TMPDIR/found"
	mkdir "$TMPDIR/found"
	debugfs -R "rdump /new $TMPDIR/found" "$TMPDIR/disk" >/dev/null 2>&1
	ledger=$(newest "$TMPDIR/found")
}

# An anchor after STEP seconds of the wall clock that the monotonic clock did not count: the first
# line of the ledger says what belonged together before.
anchored() {
	json "[.run as \$run | .run.anchors[] | select(.reason == \"$1\")
		| ((.utc_unix_ns | tonumber) - (\$run.start_unix_ns | tonumber) - .t_ns) / 1e9 - $2
		| fabs < $3] == [true]"
}

clock() {
	local before asleep awake after

	boot clock
	wait_for ended
	wait "$machine" || true
	console
	take_disk
	verified
	before=$(console | sed -n 's/^begun //p')
	asleep=$(console | sed -n 's/^asleep //p')
	awake=$(console | sed -n 's/^awake //p')
	after=$(console | sed -n 's/^ended \(.*\) 0$/\1/p')
	holds '.chain.closed and .run.complete and ([.kernels[].count] | add) == 24000'
	[ "$(anchored 'clock step' 3600 2)" = true ] || fail "no anchor of the hour: $(json .run.anchors)"
	[ "$(anchored suspend "(3600 + $awake - $asleep)" 2)" = true ] ||
		fail "no anchor of the sleep: $(json .run.anchors)"
	# Neither the hour nor the sleep is in the run; all the rest is.
	holds ".run.duration_ns / 1e9 - ($after - $before - ($awake - $asleep)) | fabs < 2"
	holds '.energy.total_uj / 1000 < .run.duration_ns' # below 1 kW
	echo "clock and sleep: anchors $(json '.run.anchors | length'), $(json .run.duration_ns) ns in all"
}

# After the cut of round $1: at most the last five seconds are missing, but for what the guest was
# late itself, which its console shows.
judge_cut() {
	local last late known=0 launches=0

	take_disk
	last=$(console | sed -n 's/^at \([0-9.]*\) .*/\1/p' | tail -n 1)
	late=$(console | awk '/^at/ { if (t && $2 - t - 0.2 > late) late = $2 - t - 0.2; t = $2 }
		END { print late + 0 }')
	known=$(console | sed -n 's/^begun //p')
	if [ -n "$ledger" ] && [ -s "$ledger" ]; then
		verified
		grep -q incomplete "$TMPDIR/verify" || fail "that it is a part is not said"
		known=$(head -n 1 "$ledger" | jq --argjson took "$(json .run.duration_ns)" \
			'((.start_monotonic_ns | tonumber) + $took) / 1e9')
		launches=$(json '[.kernels[].count] | add // 0')
	fi
	awk -v last="$last" -v known="$known" -v late="$late" -v round="$1" 'BEGIN {
		printf "cut %d: %.2f s missing, the guest was up to %.2f s late\n", round, \
			last - known, late
		exit !(last - known <= 5 + late)
	}' || fail "more than five seconds are missing"
	console | awk -v known="$known" -v launches="$launches" '
		/^at/ && $2 <= known { returned = $3 }
		END { exit !(launches >= returned) }' ||
		fail "$launches launches by $known s, and more had returned: $(console)"
}

make_root
clock
for round in $(seq "$cuts"); do
	boot cut
	wait_for at
	sleep "$((RANDOM % 14)).$((RANDOM % 10))"
	kill -KILL "$machine"
	wait "$machine" 2>/dev/null || true
	judge_cut "$round"
done
