#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Developers' tools: they fork, trace, compile and look at descriptors.
# timeout: 600
# shellcheck disable=SC2016 # what is quoted is for the program's shell
. tests/harm/lib.sh

cat >"$TMPDIR/hello.c" <<'C'
#include <stdio.h>
int main(int argc, char **argv)
{
	printf("hello %d %s\n", argc, argv[0] ? "named" : "nameless");
	return argc + 40;
}
C
gcc -g -o "$bin/hello" "$TMPDIR/hello.c"
gcc -static -o "$bin/hello-static" "$TMPDIR/hello.c"

if have git; then
	same git -- sh -c 'git init -q r && cd r && git config user.email a@b && git config user.name n
		echo a >f; git add f; GIT_AUTHOR_DATE=@0 GIT_COMMITTER_DATE=@0 git commit -qm one
		git log --format=%H%n%s; echo b >>f; git diff; git status --short; git gc -q; git fsck
		git clone -q . ../c 2>&1; ls ../c; git nonsense'
fi
same gcc -- sh -c "gcc -O2 -Wall -o h $TMPDIR/hello.c && ./h; gcc -c -o h.o $TMPDIR/hello.c &&
	gcc -flto -o h2 h.o && ./h2 x; echo 'int x = ' | gcc -c -x c - -o n.o"
if have g++; then
	same g++ -- sh -c 'printf "#include <iostream>\nint main() { std::cout << 1 << std::endl; }\n" >a.cc
		g++ -pipe a.cc && ./a.out'
fi
same make -- sh -c 'printf "all: a b\n%%:\n\t@echo \$@; sleep 0.05\n" >Makefile; make -j2 -Otarget |
	sort; make nothing -n 2>&1; make -s -f /nonexistent'
# gdb reads the symbols of every library that its program has loaded: 2.6 MB for ours, built with -g.
if have gdb; then
	same gdb --memory 4096 --mask '^.Inferior 1 .process' -- gdb -q -nx -batch -iex 'set debuginfod enabled off' -ex 'break main' -ex run \
		-ex 'print argc' -ex continue -ex 'print $_exitcode' "$bin/hello"
	same gdb-signal --memory 4096 --mask 'libthread_db|LWP|Thread 0x|process' -- gdb -q -nx -batch \
		-iex 'set debuginfod enabled off' -ex run -ex 'print $_siginfo.si_signo' -ex kill \
		--args sh -c 'kill -SEGV $$'
fi
if have strace; then
	same strace -- strace -f -qq -e trace=none -e signal=all -o trace sh -c '"$1"; ls /nonexistent' \
		sh "$bin/hello"
	same strace-calls -- sh -c 'strace -qq -e trace=write,exit_group -o t "$1"; cat t' sh "$bin/hello"
fi
if have valgrind; then
	# It knows no mremap that maps a lane more, so all of the arena is mapped.
	same valgrind --seconds 60 --leave-out descriptors --leave-out 'address space' -- \
		valgrind -q --error-exitcode=9 "$bin/hello"
fi
if have perl; then
	same perl --leave-out environment -- perl -e '$| = 1; print "a\n"; my $p = fork; exit 3 unless $p; waitpid $p, 0;
		print $? >> 8, "\n"; $SIG{ALRM} = sub { print "alarm\n" }; alarm 1; select(undef, undef,
		undef, 3); open F, "echo b|"; print <F>; system "exit 5"; print $? >> 8, " $!\n";
		$0 = "renamed"; warn "w"; die "d"'
fi
if have node; then
	same node --leave-out threads -- node -e 'const c = require("child_process");
		console.log(c.execSync("echo sub").toString(), c.spawnSync("sh", ["-c", "exit 4"]).status);
		const { Worker } = require("worker_threads");
		new Worker("console.log(1)", { eval: true }).on("exit", (e) => {
			console.error("bye"); process.exit(e + 6) })'
fi
if have java; then
	mkdir "$TMPDIR/source"
	cat >"$TMPDIR/source/H.java" <<'J'
public class H {
	public static void main(String[] a) throws Exception {
		Thread t = new Thread(() -> System.out.println("thread"));
		t.start();
		t.join();
		System.out.println(new ProcessBuilder("sh", "-c", "exit 3").start().waitFor());
		try {
			String s = null;
			s.length();
		} catch (NullPointerException e) {
			System.out.println("caught");
		}
		System.exit(5);
	}
}
J
	same java --seconds 60 --leave-out threads -- java -Xshare:auto -XX:TieredStopAtLevel=1 \
		"$TMPDIR/source/H.java"
fi
if have go; then
	printf 'package main\nfunc main() { println("go") }\n' >"$TMPDIR/h.go"
	(cd "$TMPDIR" && GOCACHE=$TMPDIR/gocache CGO_ENABLED=0 go build -o "$bin/go-hello" h.go)
	same go --cannot static --leave-out threads -- "$bin/go-hello"
fi
if have rustc; then
	echo 'fn main() { let r = std::panic::catch_unwind(|| panic!("p")); println!("{}", r.is_err());
		std::thread::spawn(|| println!("t")).join().unwrap(); std::process::exit(4) }' >"$TMPDIR/h.rs"
	rustc -o "$bin/rust-hello" "$TMPDIR/h.rs" 2>/dev/null &&
		same rust --mask 'thread .* panicked' -- "$bin/rust-hello"
fi
if have ssh; then
	same ssh -- ssh -V
fi
if have openssl; then
	same openssl -- openssl dgst -sha256 /etc/passwd
fi
if have curl; then
	same curl -- curl -sS file:///etc/passwd /nonexistent http://127.0.0.1:1/
fi
same static --cannot static -- "$bin/hello-static" a
if have busybox; then
	same busybox --cannot static -- busybox seq 5
fi
if have musl-gcc; then
	musl-gcc -o "$bin/hello-musl" "$TMPDIR/hello.c"
	musl-gcc -static -o "$bin/hello-musl-static" "$TMPDIR/hello.c"
	same musl -- "$bin/hello-musl"
	same musl-static --cannot static -- "$bin/hello-musl-static"
fi
verdict
