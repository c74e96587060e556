#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Small programs that end in unusual ways, close everything, or shut themselves in.
# timeout: 600
# shellcheck disable=SC2016 # what is quoted is for the program's shell
. tests/harm/lib.sh
make_c ends
make_c walls
make_c state -Wl,--no-as-needed -lm -lstdc++ -ldl

for how in exit _exit quick_exit abort kill term syscall close_all close_every daemonise fault \
	overflow leader threads stop; do
	same "$how" -- "$bin/ends" "$how"
done

# The state of a child of something: what it inherits.
same state -- "$bin/state"
same state-child -- sh -c "umask 027; cd /; exec 7</etc/passwd; trap '' USR2; $bin/state"
same state-limits -- bash -c "ulimit -c 0 -n 99 -t 77; ulimit -S -s 4096; exec $bin/state"
same state-clean -- env -i A=b "$bin/state"
same state-static-parent --cannot 'static parent, child without environment' -- \
	busybox env -i "$bin/state"

same limit-memory --rlimit AS=8000000 -- "$bin/ends" exit
same limit-memory-none --cannot 'no address space for it' --rlimit AS=3600000 -- "$bin/ends" exit
same limit-file --cannot 'no file of that size' --rlimit FSIZE=0 -- "$bin/ends" exit
same limit-descriptors --cannot 'no descriptor for it' --rlimit NOFILE=4 -- "$bin/ends" exit
same limit-no-descriptors -- "$bin/walls" descriptors
same limit-processes -- sh -c "ulimit -u 1; $bin/ends exit"
same limit-stack --rlimit STACK=65536 -- "$bin/ends" exit
same limit-lock --rlimit MEMLOCK=0 -- "$bin/ends" threads
same limit-data --rlimit DATA=4000000 -- "$bin/ends" exit
# The library's own tables are 212 KiB, which only count here, and of which few pages are touched.
same limit-data-none --cannot 'no memory for its tables' --rlimit DATA=400000 -- "$bin/ends" exit

same seccomp-strict -- "$bin/walls" strict
same seccomp-strict-open -- "$bin/walls" strict-open
same seccomp-filter -- "$bin/walls" filter
same seccomp-filter-errno-exec -- "$bin/walls" filter-errno-exec "$bin/ends" exit
same seccomp-filter-kill-exec -- "$bin/walls" filter-kill-exec "$bin/ends" exit
same seccomp-filter-kill-computes --computes \
	--env "OCL_ICD_VENDORS=$build/tests/fake/libfakecl.so" -- \
	"$bin/walls" filter-kill-exec "$build/tests/prog/cl_linked"
if is_root && have setpriv unshare; then
	same drop -- "$bin/walls" drop
	same chroot -- "$bin/walls" chroot /usr
	same namespaces -- "$bin/walls" namespaces
	same unshare -- unshare -mnpuf --mount-proc sh -c 'echo $$; hostname inside; hostname
		ls /proc | grep -c "^[0-9]"'
	same setpriv -- setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		"$bin/state"
	install -m 4755 "$bin/state" "$bin/state-setuid"
	same setuid -- setpriv --reuid 65534 --regid 65534 --clear-groups "$bin/state-setuid"
	install -m 755 "$bin/state" "$bin/state-capable"
	if have setcap; then
		setcap cap_net_raw+ep "$bin/state-capable"
		same capable -- setpriv --reuid 65534 --clear-groups "$bin/state-capable"
	fi
	mkdir -p "$TMPDIR/root/bin"
	if have busybox && cp "$(command -v busybox)" "$TMPDIR/root/bin/sh"; then
		same chroot-exec -- chroot "$TMPDIR/root" /bin/sh -c 'echo inside; exit 3'
	fi
fi
verdict
