# The same options give the same bits: from the command line, from args.yaml, with resume=.
. "$ROOT/tests/cli/rows.inc"
hourglass train -q data=rows.csv model='dense 3 relu | dense input' epochs=4 batch=20 samples=0; echo $?
hourglass train -q cfg=runs/train/args.yaml threads=1; echo $?
hourglass train -q cfg=runs/train/args.yaml epochs=2 name=half; echo $?
hourglass train -q resume=runs/half epochs=4; echo $?
ls runs
best() { hourglass predict model=runs/$1/weights/last.safetensors data=rows.csv out=-; }
best train >a; best train2 >b; best half >c
cmp a b && cmp a c && echo same
