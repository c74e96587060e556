#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Interpreters and runtimes: children, threads, exceptions, exits, code made at run time.
# timeout: 600
# shellcheck disable=SC2016 # what is quoted is for the program's language
. tests/harm/lib.sh

if have ruby; then
	same ruby -- ruby -e 'puts `echo sub`; pid = fork { exit 3 }; Process.wait pid
		p $?.exitstatus; Thread.new { puts 1 }.join; Signal.trap("USR1") { puts "usr1" }
		Process.kill("USR1", $$); sleep 0.1; begin; raise "x"; rescue => e; puts e; end; exit 4'
fi
if have php; then
	same php -- php -n -r 'echo shell_exec("echo sub"); $p = proc_open(["sh", "-c", "exit 3"], [], $q);
		echo proc_close($p), "\n"; register_shutdown_function(function () { echo "bye\n"; }); exit(4);'
fi
if have lua5.4; then
	same lua -- lua5.4 -e 'local p = io.popen("echo sub"); print(p:read("a")); p:close()
		print(os.execute("exit 3")); print(pcall(error, "x")); os.exit(4)'
fi
if have luajit; then
	same luajit -- luajit -e 'local ffi = require("ffi"); ffi.cdef[[int abs(int);]]; local s = 0
		for i = 1, 1e6 do s = s + ffi.C.abs(-i) end; print(s); print(pcall(error, "x")); os.exit(4)'
fi
if have guile; then
	same guile --leave-out threads -- guile -c '(display (+ 1 2)) (newline)
		(display (status:exit-val (system* "sh" "-c" "exit 3"))) (exit 4)'
fi
if have erl; then
	same erlang --leave-out threads --seconds 60 -- erl -noshell -eval \
		'io:format("~s~p~n", [os:cmd("echo sub"), lists:sum(lists:seq(1, 100))]), halt(4).'
fi
if have sbcl; then
	same sbcl --leave-out threads -- sbcl --noinform --no-sysinit --no-userinit --eval '(progn
		(print (handler-case (error "x") (error (e) (princ-to-string e))))
		(print (sb-ext:process-exit-code (sb-ext:run-program "/bin/sh" (list "-c" "exit 3"))))
		(terpri) (sb-ext:exit :code 4 :abort t))'
fi
if have mono mcs; then
	cat >"$TMPDIR/h.cs" <<'C'
class H
{
	static int Main()
	{
		try {
			throw new System.Exception("x");
		} catch (System.Exception e) {
			System.Console.WriteLine(e.Message);
		}
		var p = System.Diagnostics.Process.Start("/bin/sh", "-c \"exit 3\"");
		p.WaitForExit();
		System.Console.WriteLine(p.ExitCode);
		return 4;
	}
}
C
	mcs -out:"$bin/h.exe" "$TMPDIR/h.cs"
	same mono --leave-out threads --seconds 60 -- mono "$bin/h.exe"
fi
if have tcc; then
	echo 'int main(void) { return puts("tcc") < 0; }' >"$TMPDIR/t.c"
	same tcc -- tcc -run -include stdio.h "$TMPDIR/t.c"
fi
if have R; then
	# It multiplies matrices, by BLAS.
	same r --computes --memory 4096 --seconds 90 -- R --vanilla --no-echo -e 'cat(sum(1:10), system("exit 3"), "\n")' \
		-e 'print(tryCatch(stop("x"), error = conditionMessage)); library(parallel)' \
		-e 'print(unlist(mclapply(1:4, function(i) i^2, mc.cores = 2))); print(solve(diag(3)))' \
		-e 'quit(status = 4)'
fi
if have octave-cli; then
	same octave --computes --memory 4096 --leave-out threads --seconds 90 -- octave-cli -q --norc --eval 'disp(sum(1:10));
		[s, o] = system("echo sub; exit 3"); disp(s); disp(o);
		try; error("x"); catch e; disp(e.message); end; disp(inv(2 * eye(2))); exit(4)'
fi
if have go; then
	cat >"$TMPDIR/g.go" <<'G'
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
)

func main() {
	out, err := exec.Command("sh", "-c", "echo sub; exit 3").Output()
	fmt.Printf("%s%v\n", out, err)
	who, _ := user.Current()
	fmt.Println(who.Uid)
	c := make(chan int)
	go func() { c <- 1 }()
	fmt.Println(<-c)
	os.Exit(4)
}
G
	(cd "$TMPDIR" && GOCACHE=$TMPDIR/gocache CGO_ENABLED=1 go build -o "$bin/go-c" g.go)
	same go-with-c --leave-out threads -- "$bin/go-c"
fi
verdict
