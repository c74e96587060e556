#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The harness itself: each harm that it compares for is done once, by a harmful library beside the
# shim, and must be found under its own name. A shim that does nothing must not pass either.
# timeout: 400
. tests/harm/lib.sh
make_c state -ldl -lm
make_c ends
make_c calls
make_c plugin -shared -fPIC -Wl,--enable-new-dtags,-rpath,"\$ORIGIN/deep"
mkdir "$bin/deep"
make_c hidden -shared -fPIC
mv "$bin/hidden" "$bin/deep/libhidden.so"
make_c harmful -shared -fPIC -Wno-unused-result
cp "$bin/harmful" "$bin/harm"
make_c harmful -shared -fPIC -Wno-unused-result -DHARM_SYMBOL
cp "$bin/harmful" "$bin/harm-symbol"
make_c harmful -shared -fPIC -Wno-unused-result -DHARM_DLOPEN
cp "$bin/harmful" "$bin/harm-dlopen"
echo getppid >"$TMPDIR/names"
gcc -shared -o "$bin/empty.so" -x c /dev/null

# found WHAT OPTION...: the comparison fails, and says so in each variant that was harmed.
found() {
	local what=$1 status=0

	shift
	compared=$((compared + 1))
	compare "$@" >"$TMPDIR/said" || status=$?
	if [ "$status" -eq 1 ] && grep -q "^FAIL [^:]*: $what" "$TMPDIR/said" &&
		! grep -q Traceback "$TMPDIR/said"; then
		echo "ok   found: $what ($1)"
	else
		echo "FAIL not found: $what ($1), status $status"
		cat "$TMPDIR/said"
		failed=$((failed + 1))
	fi
}

# harmed HARM WHAT [VARIANT]
harmed() {
	found "${3:-lazy}: $2 differs" "harm-$1" --env "HARM=$1" --shim "$bin/harm:$shim" \
		--seconds 3 -- "$bin/state"
}

echo "without a harm, all is well"
same none -- "$bin/state"
compare none-beside --shim "$bin/harm:$shim" -- "$bin/state" || failed=$((failed + 1))

harmed stdout stdout
harmed stderr stderr
harmed descriptor descriptors
harmed descriptor stdout
harmed close descriptors dead
harmed cloexec descriptors eager
harmed thread threads
harmed process 'processes left'
harmed environment stdout
harmed folder 'working folder'
harmed umask umask
harmed mask 'signal mask'
harmed disposition 'signal dispositions'
harmed limit 'resource limits'
harmed locale stdout
harmed name name
harmed dlerror stdout
harmed signal 'exit status'
harmed status 'exit status'
harmed hang time
harmed memory memory
harmed memory memory eager
harmed peak 'peak memory'
harmed lock 'locked memory'
harmed altstack stdout
harmed timer stdout
harmed rounding stdout
harmed nice stdout
harmed privileges credentials
harmed slack settings
found 'dying: exit status differs' harm-connection --env HARM=connection \
	--shim "$shim:$bin/harm" -- "$bin/state"
found 'lazy: stdout differs' symbol --shim "$bin/harm-symbol:$shim" -- "$bin/state" "$TMPDIR/names"
found 'lazy: stdout differs' runpath --shim "$bin/harm-dlopen:$shim" -- \
	"$bin/calls" plugins "$bin/plugin"
found 'lazy: stdout differs' errno --shim "$bin/harm-dlopen:$shim" -- "$bin/calls" errno
found 'lazy: environment differs' title-name --env HARM=stdout --shim "$bin/harm:$shim" -- \
	"$bin/calls" title

echo "a shim that is not there, or does nothing, or does it when it should not"
found 'eager: the collector saw no arena' empty --shim "$bin/empty.so" -- "$bin/state"
found 'eager: the collector saw no arena' nop --shim "$build/libgramme-nop.so" -- "$bin/state"
found 'eager: it can carry the shim' carries --cannot static --shim "$shim" -- "$bin/state"
found 'lazy: it was set up without any compute' computes --shim "$shim" \
	--env "OCL_ICD_VENDORS=$build/tests/fake/libfakecl.so" -- "$build/tests/prog/cl_linked"

echo "a test that proves nothing"
found 'UNSTEADY BY ITSELF, bare: stdout differs' unsteady --shim "$shim" -- date +%N
found 'bare: it was not started' absent --shim "$shim" -- /nonexistent
found 'bare: it ran past 1 seconds' slow --seconds 1 --shim "$shim" -- sleep 5

echo "somebody else's tests"
cat >"$TMPDIR/theirs.py" <<'P'
import os, unittest

class Theirs(unittest.TestCase):
    def test_fine(self):
        pass

    def test_umask(self):
        self.assertEqual(os.umask(0o22), 0o22)

    def test_second_time(self):
        with open(os.environ["TMPDIR"] + "/times", "a+") as f:
            f.write("x")
            self.assertNotEqual(f.tell(), 2)

class Hopeless(unittest.TestCase):
    def test_nothing(self):
        self.fail()
P

# judged SAYS STATUS SHIM [OPTION...] UNIT: what suite.py makes of these tests.
judged() {
	local says=$1 expected=$2 status=0

	compared=$((compared + 1))
	rm -f "$TMPDIR/times"
	shim=$3 suite unittest --env "PYTHONPATH=$TMPDIR" "${@:4}" >"$TMPDIR/said" || status=$?
	if [ "$status" -eq "$expected" ] && grep -q "$says" "$TMPDIR/said"; then
		echo "ok   judged: $says"
	else
		echo "FAIL not judged: $says, status $status"
		cat "$TMPDIR/said"
		failed=$((failed + 1))
	fi
}
judged '^1 of 1 units unharmed, 3 tests pass' 0 "$shim" theirs.Theirs
judged '^flaky theirs.Theirs.test_second_time: bare ok, metered failed' 0 "$shim" theirs.Theirs
judged '^FAIL theirs.Theirs.test_umask: bare ok, metered failed' 1 "$bin/harm:$shim" \
	--env HARM=umask theirs.Theirs
judged '^FAIL theirs.Theirs.test_fine: bare ok, metered None' 1 "$bin/harm:$shim" \
	--env HARM=signal theirs.Theirs
judged '^FAIL the collector saw nothing of it' 1 "$bin/empty.so" theirs.Theirs.test_fine
judged '^FAIL none passes' 1 "$shim" theirs.Hopeless
verdict
