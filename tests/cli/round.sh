# Train, then everything a model can do.
. "$ROOT/tests/cli/rows.inc"
hourglass train data=rows.csv model='dense 3 relu | dense input' epochs=3 batch=20 samples=4 threads=1 -q; echo $?
find runs | sort
sed 's/,.*//; q' runs/train/results.csv; wc -l <runs/train/results.csv
model=runs/train/weights/best.safetensors

hourglass val model=$model data=rows.csv --json >val.json; echo $?
grep -o '"rows":200,"width":4,"mse":' val.json
hourglass predict model=$model data=rows.csv; echo $?
head -n 1 scores.csv; wc -l <scores.csv
# The mean of the scores is what val says.
mse=$(sed 's/.*"mse":\([^,]*\),.*/\1/' val.json)
awk -F, -v mse="$mse" 'NR > 1 { sum += $2; n++ } END { d = sum / n / mse - 1; print (d < 1e-5 && d > -1e-5 ? "same" : "not the same: " sum / n " " mse) }' scores.csv
hourglass predict model=$model data=rows.csv out=- | cmp - scores.csv && echo "same on standard output"

# Encode and decode is reconstruct.
hourglass reconstruct model=$model data=rows.csv out=x.csv; echo $?
hourglass encode model=$model data=rows.csv out=z.csv; echo $?
hourglass decode model=$model data=z.csv out=y.csv; echo $?
head -n 1 x.csv; wc -l <x.csv; cmp x.csv y.csv && echo "same rows"

hourglass info model=$model >info; echo $?; grep -c 'dense 3' info
hourglass info model=$model --json | head -c 1; echo
hourglass verify model=$model >/dev/null; echo $?

# The weights alone make the same model again.
hourglass import source=$model model='dense 3 relu | dense input' input=4 out=again.safetensors; echo $?
hourglass predict model=again.safetensors data=rows.csv out=- | cmp - scores.csv && echo "same scores"
