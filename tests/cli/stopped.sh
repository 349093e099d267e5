# A signal: a checkpoint, then 128 + its number. The run can go on.
. "$ROOT/tests/cli/rows.inc"
for signal in INT TERM; do
    hourglass train data=rows.csv model='dense 3 relu | dense input' epochs=1000000 batch=20 samples=0 pca=false -q name=$signal &
    while ! [ -s runs/$signal/results.csv ]; do sleep 0.05; done
    kill -$signal $!
    wait $!; echo $?
    hourglass verify model=runs/$signal/weights/last.safetensors >/dev/null; echo $?
    find runs -name '*.tmp'
done
epochs=$(($(wc -l <runs/INT/results.csv) + 1))
hourglass train -q resume=runs/INT epochs=$epochs; echo $?

# What is not to be gone on with says only that it stopped.
awk 'BEGIN { OFS = ","; print "a,b,c"; for (i = 0; i < 300; i++) print i % 17, i % 23, i % 30 ? "ok" : "bad" }' >log.csv
interrupt() { # interrupt WORD...: once it is the command, no longer the shell, and listens
    hourglass "$@" &
    until grep -qs '^Name:.*hourglass' /proc/$!/status && grep -qs '^SigCgt:.*[2367abef]$' /proc/$!/status; do sleep 0.05; done
    sleep 0.5
    kill -INT $!
    wait $!; echo $?
}
interrupt compare data=log.csv label=c seeds=1 steps=100000000 -q
interrupt bench what=kernels seconds=3600 -q
