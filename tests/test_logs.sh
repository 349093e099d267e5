#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tensorboard=true and mlflow=: TensorBoard's own reader and MLflow's own server (build/logs-venv, from PyPI) have what a run
# logged, also of one that was killed and gone on with; a server that is down is told.
. tests/lib.sh
read_logs=$PWD/tests/read_logs.py serve=$PWD/tests/mlflow_server.py python=$PWD/build/logs-venv/bin/python
numpy_python=$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || echo python3)
if [ "$(cat build/logs-venv/made 2>/dev/null)" != 1 ]; then
    rm -rf build/logs-venv
    pip=(build/logs-venv/bin/pip --quiet --disable-pip-version-check --retries 1 --timeout 20 install --no-compile)
    "$numpy_python" -m venv --system-site-packages build/logs-venv >"$work/out" 2>&1 &&
        "${pip[@]}" 'mlflow-skinny<3' flask >"$work/out" 2>&1 && "${pip[@]}" --no-deps tensorboard absl-py >"$work/out" 2>&1 &&
        echo 1 >build/logs-venv/made
fi
has_peers=$([ -e build/logs-venv/made ] && echo yes)
[ "$has_peers" ] || skip "PyPI gives no TensorBoard and MLflow: $(tail -1 "$work/out")"
command=$(realpath "$HOURGLASS")
cd "$work" || exit 1
awk 'BEGIN { srand(1); for (i = 0; i < 2000; i++) { x = rand(); print x "," x * x "," rand() "," 1 - x } }' >rows.csv
spec=(data=rows.csv prepare=none 'model=dense 2 relu | dense input' batch=100 header=no)
train() { "$command" train "${spec[@]}" "$@"; }
logged() { [ "$has_peers" ] && { "$python" "$read_logs" "$@" >out.txt 2>&1 || { cat out.txt; false; }; }; }

# ---- TensorBoard --------------------------------------------------------------------------------
expect "event files are written" train epochs=3 tensorboard=true name=board -q
expect "beside what a run writes anyway" ls runs/board/events.out.tfevents.* >/dev/null
expect "no other run has any" train epochs=1 name=plain -q
expect "which is so" [ -z "$(ls runs/plain/events.out.tfevents.* 2>/dev/null)" ]
if [ "$has_peers" ]; then
    expect "TensorBoard reads losses, rate, samples and options" logged board runs/board 3 18
fi
"$command" train "${spec[@]}" epochs=0 steps=100000000 tensorboard=true name=killed -q &
wait_for 20 eval '[ -s runs/killed/results.csv ] && [ "$(wc -l <runs/killed/results.csv)" -gt 5 ]' || bad "no epochs"
wait_for 20 eval '[ -e runs/killed/weights/best.safetensors ]' || bad "no checkpoint"
signal_job KILL
wait 2>/dev/null
if [ "$has_peers" ]; then
    expect "of a killed run all that was logged can be read" logged killed runs/killed
fi
done_epochs=$(tail -1 runs/killed/results.csv | cut -d, -f1)
expect "and it is gone on with" "$command" train resume=runs/killed steps=1 -q 2>/dev/null
expect "in a new file" [ "$(ls runs/killed/events.out.tfevents.* | wc -l)" = 2 ]
if [ "$has_peers" ]; then
    expect "and no step stands twice" logged resumed runs/killed "$done_epochs"
fi

# ---- MLflow -------------------------------------------------------------------------------------
if "$command" checks | grep -q '^libcurl .*missing'; then
    skip "no libcurl"
    finish
fi
train mlflow=http://me:s3same@127.0.0.1:1/x name=down epochs=1 >out 2>err
expect "a server that is down ends it at once" [ $? = 6 ]
expect "with a sentence" grep -q 'mlflow: http://127.0.0.1:1 does not answer: ' err
expect "without a password and a folder" eval '! grep -q s3same err && [ ! -e runs/down ]'
train mlflow=somewhere name=wrong epochs=1 >out 2>err
expect "an address is needed" [ $? = 2 ]
expect "and said to be" eval 'grep -q "mlflow: expected the address" err'
[ "$has_peers" ] || finish
"$python" "$serve" server >port 2>server.err &
server=$!
wait_for 60 test -s port || { bad "no server: $(tail -3 server.err)"; finish; }
port=$(cat port)
expect "a run is logged" train mlflow="http://me:s3same@127.0.0.1:$port/first%20try" epochs=3 name=logged -q
expect "and its password is nowhere" eval '! grep -rq s3same runs/logged'
expect "its experiment has numbers, options, tags and files" logged mlflow "http://127.0.0.1:$port" server runs/logged "first try" FINISHED 3
expect "it goes on as the same run" env MLFLOW_TRACKING_USERNAME=me MLFLOW_TRACKING_PASSWORD=s3same \
    "$command" train resume=runs/logged mlflow="http://127.0.0.1:$port/first%20try" epochs=5 -q
expect "whose numbers go on" logged mlflow "http://127.0.0.1:$port" server runs/logged "first try" FINISHED 5
train mlflow="http://127.0.0.1:$port/#lost" epochs=0 time=4s name=lost 2>err &
job=$!
wait_for 20 eval '[ -e runs/lost/mlflow.json ]' || bad "no run"
kill $server
wait $job
expect "of a server that goes away meanwhile" [ $? = 0 ]
expect "a note tells" grep -q 'note: mlflow: .* does not answer: .*; training goes on' err
expect "and at the end what it has not" grep -qE 'note: mlflow: .*; [0-9]+ numbers of this run were not logged there' err
finish
