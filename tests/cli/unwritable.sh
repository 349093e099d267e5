# Exit 1, and what was there is still there.
. "$ROOT/tests/cli/rows.inc"
spec='dense 3 relu | dense input'
hourglass train -q data=rows.csv model="$spec" epochs=1 samples=0 pca=false project=rows.csv; echo $?
hourglass train -q data=rows.csv model="$spec" epochs=1 samples=0 pca=false
model=runs/train/weights/best.safetensors
hourglass predict model=$model data=rows.csv out=none/scores.csv; echo $?
hourglass predict model=$model data=rows.csv out=/dev/full; echo $?
hourglass reconstruct model=$model data=rows.csv out=/dev/full; echo $?
hourglass encode model=$model data=rows.csv out=- >/dev/full; echo $?
hourglass val model=$model data=rows.csv >/dev/full; echo $?
test -c /dev/full && echo "still a device"
ls
