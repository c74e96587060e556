#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shells, and what is started from them.
# timeout: 600
# shellcheck disable=SC2016 # what is quoted is for the program's shell
. tests/harm/lib.sh

script='x=1; f() { echo "f $1 $x"; }; f a; (exit 7); echo $?; echo err >&2; set -- $(echo a b c)
	echo $#; for i in 1 2 3; do echo $i; done | (read a; read b; echo "$a-$b"; cat >/dev/null)
	trap "echo trapped" USR1; kill -USR1 $$; cat <<-X
	here $x
	X
	sleep 0.05 & wait; umask; ulimit -a; exit 3'
same sh -- sh -c "$script"
same bash -- bash -c "$script"' '
same bash-posix -- bash --posix -c "$script"
same bash-coproc -- bash -c 'coproc cat; echo hi >&"${COPROC[1]}"; read -r x <&"${COPROC[0]}"
	echo "$x"; exec 9</etc/passwd; p=$COPROC_PID; kill "$p"; wait "$p"
	diff <(seq 3) <(seq 4); kill -SEGV $$'
same bash-interactive --pty 'echo $-' --pty 'sleep 0.1 & wait' --pty 'false' --pty 'echo $?' \
	--pty 'exit 4' --mask '\[1\]' -- bash --norc --noprofile --noediting -i
if have dash; then
	same dash -- dash -c "$script"
	same dash-interactive --pty 'echo a' --pty 'exit 2' -- dash -i
fi
if have zsh; then
	same zsh -- zsh -fc "$script"
fi
if have busybox; then
	same busybox-sh --cannot static -- busybox sh -c "$script"
fi

same pipeline -- bash -o pipefail -c 'seq 100000 | sort -R | sort -n | tail -n +5 | head -n 3
	echo "${PIPESTATUS[*]}"; yes | head -n 2; echo $?; false | true'
same sigpipe -- bash -c 'yes | head -n 1; echo "${PIPESTATUS[*]}"'
same coreutils --mask "bytes copied" -- sh -c 'seq 9 >a; cp a b; ln -s b c; stat -c "%n %s %a %F" a b c; ls -l . | wc -l
	sort -rn a | tr 1-9 a-i; wc a; md5sum a; date -d @0 -u; du -b a; chmod 600 a; dd if=a of=d bs=4
	mv a e; rm b; ls /nonexistent; test -e b; echo $?; timeout 0.1 sleep 5; echo $?; id -u; env -i env'
same findutils --sort -- sh -c 'find /usr/include -maxdepth 2 -name "s*.h" | xargs -n 20 -P 2 wc -c
	find /usr/include -maxdepth 1 -type f -exec grep -c include {} +'
same stdbuf -- stdbuf -o L sh -c 'echo a; ls /; echo b'
same tar-gzip -- sh -c 'seq 5000 >a; tar czf a.tgz a; tar tvf a.tgz >/dev/null; gzip -l a.tgz >/dev/null
	tar xOf a.tgz a | md5sum'
same nice-nohup-setsid -- sh -c 'nohup nice -n 5 setsid -w sh -c "nice; echo x" </dev/null'
if have tmux; then
	same tmux -- sh -c 'tmux -S s -f /dev/null new-session -d "echo in tmux >out; ls -l /proc/self/fd |
		wc -l >>out; tmux -S s wait-for -S done; sleep 0.1"; tmux -S s wait-for done; cat out
		tmux -S s kill-server; true'
fi
if have script; then
	same script -- script -qec 'tty >/dev/null; stty size; echo hello; exit 6' /dev/null
fi
verdict
