# A model of a table says what it is a model of, and gives rows back in the table's own columns and units.
awk 'BEGIN {
    print "id,kind,load,temp,gap,line,\"a, b\""
    for (i = 0; i < 600; i++) {
        s = (i * 37 % 600) / 600
        printf "n%d,%s,%.4f,%.2f,%s,%d,%.1f\n", i * 7919 % 600, s < 0.4 ? "low" : "high", s, 40 + 30 * s, i % 20 ? sprintf("%.2f", 5 - s) : "", i % 3, 100 * s
    }
}' >x.csv
hourglass train -q data=x.csv groupby=line fpr=0.05 threads=1 samples=0; echo $?
model=runs/train/weights/best.safetensors
hourglass info model=$model >info; echo $?
sed -n '/^table/,/^data/s/threshold [0-9.e+]*/threshold T/p; /^table/,/^detector/p' info
hourglass info model=$model --json >json; echo $?
grep -o '"schema":{"table_columns":7,"named":true,"label":-1,"width":8,' json
grep -o '"detector":{.*' json | sed 's/"threshold":[0-9.e+]*/T/g; s/"fpr":[0-9.]*/F/'
# Restored values are near what went in.
hourglass reconstruct model=$model data=x.csv out=y.csv; echo $?
head -n 1 y.csv; wc -l <y.csv
paste -d, x.csv y.csv | awk -F, 'NR > 1 { if ($2 != $8) wrong++; d = $4 - $10; if (d < -5 || d > 5) far++ } END { print wrong + 0, "levels and", far + 0, "numbers wrong" }'
hourglass encode model=$model data=x.csv out=z.csv && hourglass decode model=$model data=z.csv out=- | cmp - y.csv && echo "encode and decode is reconstruct"
hourglass reconstruct model=$model data=x.csv out=y.npy; echo $?
hourglass reconstruct -q model=$model data=x.csv out=y.db table=made && hourglass train -q data=y.db epochs=1 samples=0 name=made; echo $?
