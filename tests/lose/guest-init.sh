#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# The first process of the guest of guest.sh. The kernel's command line names the story:
#   story=clock   the clock is set by an hour while a program is metered, then the machine sleeps
#   story=cut     a program is metered until the power goes
/bin/busybox mkdir -p /proc /sys /dev /disk /tmp
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
hostname guest
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do
	insmod /modules/$module.ko
done
mount -t ext4 /dev/vda /disk || poweroff -f
read -r line </proc/cmdline
seconds=600
case $line in
*story=clock*) seconds=24 ;;
esac

# Seconds since boot, with those asleep.
uptime_s() {
	cut -d' ' -f1 /proc/uptime
}

cd /build || exit
export OCL_ICD_VENDORS=/build/tests/fake/libfakecl.so FAKECL_COMMAND_NS=1000000
echo "guest: begun $(uptime_s)"
./gramme run --quiet --ledger-dir /disk/new/ledgers -- ./tests/prog/cl_linked --batch 32 \
	--launches ${seconds}000 --progress /tmp/progress >/tmp/out &
program=$!

case $line in
*story=cut*)
	while sleep 0.2; do
		echo "guest: at $(uptime_s) $(od -An -t u8 -w48 -v /tmp/progress | awk '{ print $3 + $4 }')"
	done
	;;
*story=clock*)
	sleep 6
	date -s "@$(($(date +%s) + 3600))" >/dev/null
	sleep 6
	echo +5 >/sys/class/rtc/rtc0/wakealarm
	echo "guest: asleep $(uptime_s)"
	echo mem >/sys/power/state
	echo "guest: awake $(uptime_s)"
	wait $program
	echo "guest: ended $(uptime_s) $?"
	grep . /tmp/out | sed 's/^/guest: /'
	;;
esac
umount /disk
poweroff -f
