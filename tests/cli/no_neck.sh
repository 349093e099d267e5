# Codes need a neck, and a decoder that lives on the code alone.
. "$ROOT/tests/cli/rows.inc"
hourglass train -q data=rows.csv model="keep 1, dense 4, add 1" epochs=1 val=0 samples=0 pca=false name=body
hourglass encode model=runs/body/weights/best.safetensors data=rows.csv out=z.npy
echo $?
hourglass train -q data=rows.csv model="keep 1, dense 2 | dense input, add 1" epochs=1 val=0 samples=0 pca=false name=skip
hourglass encode model=runs/skip/weights/best.safetensors data=rows.csv out=z.npy
echo $?
hourglass decode model=runs/skip/weights/best.safetensors data=z.npy out=y.npy
echo $?
