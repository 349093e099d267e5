. "$ROOT/tests/cli/rows.inc"
hourglass train -q data=rows.csv model='dense 3 relu | dense input' epochs=1 samples=0 pca=false
model=runs/train/weights/best.safetensors
printf 'a,b\n1,2\n' >narrow.csv
hourglass predict model=$model data=narrow.csv; echo $?
hourglass predict model=none.safetensors data=rows.csv; echo $?
hourglass predict model=rows.csv data=rows.csv; echo $?
head -c 300 $model >cut.safetensors
hourglass verify model=cut.safetensors; echo $?
hourglass info model=cut.safetensors; echo $?
hourglass val model=cut.safetensors data=rows.csv; echo $?
ls
