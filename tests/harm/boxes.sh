#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sandboxes, other users, tracers that rewrite system calls, profilers, and servers.
# timeout: 600
# shellcheck disable=SC2016 # what is quoted is for the program's shell
. tests/harm/lib.sh

gcc -g -o "$bin/hello" -x c - <<'C'
#include <stdio.h>
int main(int argc, char **argv)
{
	printf("hello %d %s\n", argc, argv[0] ? "named" : "nameless");
	return argc + 40;
}
C

if have bwrap; then
	same bwrap -- bwrap --ro-bind / / --dev /dev --proc /proc --unshare-all --die-with-parent \
		sh -c 'echo $$; id -u; exit 5'
	# Where the library is out of reach, the loader complains of it at every exec.
	same bwrap-tmp -- bwrap --ro-bind / / --dev /dev --tmpfs /tmp \
		--ro-bind "$TMPDIR/lib" "$TMPDIR/lib" --unshare-pid --new-session sh -c 'ls /dev; exit 5'
fi
if have firejail; then
	same firejail --mask '[0-9]' -- firejail --quiet --noprofile sh -c 'echo x; exit 3'
fi
if have proot; then
	same proot -- proot -0 sh -c 'id -u; chown 1:1 /tmp 2>&1; uname -s; exit 6'
fi
if have fakeroot; then
	same fakeroot --seconds 60 -- fakeroot sh -c 'touch f; chown 5:6 f; stat -c %u:%g f
		mknod d c 1 3; ls d; exit 7'
fi
if have eatmydata; then
	same eatmydata -- eatmydata sh -c 'echo x >f; sync f; exit 2'
fi
if have proxychains4; then
	same proxychains -- proxychains4 -q sh -c 'echo x; exit 2'
fi
same setarch -- setarch -R sh -c 'echo x; exit 2'
same chrt -- chrt -b 0 sh -c 'exit 2'
same taskset -- taskset 1 sh -c 'nproc; exit 2'
if is_root; then
	if have sudo; then
		same sudo -- sudo -n sh -c 'echo "$LD_PRELOAD"; id -u; exit 3'
		same sudo-user -- sudo -n -u nobody sh -c 'id -un; exit 3'
	fi
	same su -- su -s /bin/sh nobody -c 'id -un; exit 4'
	same unshare-user -- unshare -Ur sh -c 'id -u; exit 2'
	same unshare-net -- unshare -n sh -c 'ls /sys/class/net | wc -l; exit 2'
fi

if have strace; then
	same strace-forbids -- strace -qq -o /dev/null \
		-e inject=memfd_create,socket,ftruncate:error=ENOSYS "$bin/hello"
	same strace-refuses -- strace -qq -o /dev/null \
		-e inject=mremap,prctl,madvise,fcntl:error=EPERM "$bin/hello"
fi
if have perf; then
	# It reads the symbols of each library in which it finds the program.
	same perf --mask '[0-9]' --memory 65536 -- perf record -q -o p -e cpu-clock sh -c 'exit 3'
fi
if have ltrace; then
	same ltrace -- ltrace -o lt "$bin/hello"
fi
if have heaptrack; then
	same heaptrack --mask '[0-9]' --sort -- heaptrack -o ht "$bin/hello"
fi
if have gdb; then
	same gdb-attach --mask '0x|LWP|process|libthread|warning|Terminated' -- sh -c 'sleep 30 &
		gdb -q -nx -batch -iex "set debuginfod enabled off" -p $! -ex "call (int)getpid() == $!" \
			-ex "call (int)write(1, \"hi\\n\", 3)" -ex detach 2>/dev/null
		kill $!; wait $!; echo $?'
fi
if have qemu-x86_64-static; then
	same qemu-user --leave-out 'address space' --memory 65536 --seconds 60 -- \
		qemu-x86_64-static /bin/echo hello
fi
if have socat; then
	same socat -- sh -c 'echo data | socat - EXEC:cat'
fi

postgres=$(echo /usr/lib/postgresql/*/bin)
if is_root && have "$postgres/initdb" setpriv; then
	same postgres --seconds 120 -- setpriv --reuid 65534 --regid 65534 --clear-groups sh -c '
		export LC_ALL=C
		"$1/initdb" -D d -A trust >/dev/null || exit 1
		"$1/pg_ctl" -D d -o "-k $PWD -h \"\"" -l log -w start >/dev/null || { cat log; exit 2; }
		psql -h "$PWD" -d postgres -At -c "set max_parallel_workers_per_gather = 2" \
			-c "create table t as select i from generate_series(1, 100000) i" \
			-c "select sum(i), count(*) from t" -c "select 1 / 0" 2>&1
		"$1/pg_ctl" -D d -s -m fast stop; echo "stopped $?"; grep -c FATAL log' sh "$postgres"
fi
if have redis-server; then
	same redis -- sh -c 'redis-server --port 0 --unixsocket "$PWD/s" --daemonize yes --dir "$PWD" \
			--pidfile "$PWD/pid" >/dev/null
		for i in $(seq 100); do redis-cli -s s ping 2>/dev/null && break; sleep 0.1; done
		redis-cli -s s set a 1; redis-cli -s s incr a; redis-cli -s s save
		redis-cli -s s shutdown nosave; ls dump.rdb'
fi
if is_root && have nginx curl; then
	same nginx --mask notice -- sh -c 'printf "pid %s/pid; error_log %s/log; worker_processes 2; events {}
			http { access_log off; server { listen unix:%s/s; return 200 served; } }" \
			"$PWD" "$PWD" "$PWD" >conf
		nginx -c "$PWD/conf" && curl -sS --unix-socket s http://here/; echo
		nginx -c "$PWD/conf" -s quit; for i in $(seq 100); do [ -e pid ] || break; sleep 0.1; done
		ls pid'
fi
verdict
