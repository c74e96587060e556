#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A trainer that calls no API is heard where the program that was started becomes it, by however
# many execs; behind a launcher that forks it is heard if it is set up from its start.
. tests/e2e/lib.sh

cat >"$TMPDIR/train.py" <<'EOF'
for epoch in range(3):
    sum(i * i for i in range(300000))
    print(f"Epoch {epoch + 1}/3 loss: {1 / (epoch + 1):.4f}", flush=True)
EOF
train=("$python" "$TMPDIR/train.py")
printf '#!/bin/bash\nsleep 0\nexec "$@"\n' >"$TMPDIR/last.sh"
printf '#!/bin/bash\n"$@"\nsleep 0\n' >"$TMPDIR/first.sh"
chmod +x "$TMPDIR"/*.sh

epochs() {
	meter_ok -- "$@"
	json '[.phases[] | select(.kind == "epoch") | .metrics.loss] | length'
}

expect() {
	local want=$1 got

	shift
	got=$(epochs "$@")
	[ "$got" = "$want" ] || fail "$got epochs for $want: $*"
}

expect 3 "${train[@]}"
expect 3 env X=1 nice -n 1 "${train[@]}"
expect 3 bash -c "exec ${train[*]}"
expect 3 bash -c "${train[*]}" # bash does exec its only command
expect 3 "$TMPDIR/last.sh" "${train[@]}"
expect 0 "$TMPDIR/first.sh" "${train[@]}"
GRAMME_EAGER=1 expect 3 "$TMPDIR/first.sh" "${train[@]}"
