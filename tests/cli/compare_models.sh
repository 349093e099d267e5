# Models side by side: 500 rows of eight numbers near a surface of two dimensions, in three classes.
export HG_PROGRESS=none
awk 'function draw() { x = x * 16807 % 2147483647; return x / 2147483647 }
BEGIN {
    x = 3
    print "a,b,c,d,e,f,g,h,kind"
    for (i = 0; i < 500; i++) {
        s = draw(); t = draw()
        for (j = 0; j < 8; j++) printf "%.5f,", 0.5 + 0.4 * sin(3 * s * (j % 3) + 2 * t * j) + draw() / 50
        print s < 0.4 ? "red" : s < 0.7 ? "green" : "blue"
    }
}' >rows.csv
figures() { sed '/^model/,/^$/s/ *[0-9-][0-9.]* *[0-9-][0-9.]*$//'; } # without seconds and rows a second

echo 'model: dense 16 silu, dense 2 | dense 16 silu, dense input' >wide.yaml
models='small: dense 8 silu, dense 2 | dense 8 silu, dense input; wide.yaml; noisy: wide.yaml with noise=gaussian 10 with lr=2e-3;'
hourglass compare data=rows.csv label=kind models="$models" epochs=30 batch=16 lr=5e-3 seeds=2 out=runs.csv >sheet; echo $?
figures <sheet
cut -d, -f1-6 runs.csv | sed -n '1,3p'; wc -l <runs.csv
echo "-- the same bits"
for threads in 1 3; do
    hourglass compare -q data=rows.csv label=kind models="$models" epochs=2 seeds=2 threads=$threads out=$threads.csv >/dev/null
    sed 's/,[^,]*,[^,]*$//' $threads.csv >$threads.figures
done
cmp 1.figures 3.figures && echo same
echo "-- one that is read, PCA asked for, rows of a file held out"
head -n 401 rows.csv >first.csv; { head -n 1 rows.csv; tail -n 100 rows.csv; } >rest.csv
hourglass train -q data=first.csv ignore=kind model=wide.yaml epochs=5 pca=false samples=0 name=own
hourglass compare -q data=first.csv val=rest.csv label=kind models="runs/own; pca; four: pca with latent=4" latent=2 >sheet; echo $?
figures <sheet
echo "-- noise of all"
hourglass compare -q data=rows.csv classes=kind models=wide.yaml noise="gaussian 30" epochs=2 seeds=1 --json | tr ',' '\n' | grep -E '"(name|kind|knn_accuracy|held_out|p)"' | sed 's/0\.[0-9]*/~/'
echo "-- one that draws its code"
hourglass compare -q data=rows.csv label=kind models="drawn: dense 8 silu, dense 4, sample | dense 8 silu, dense input" epochs=2 seeds=1 --json | grep -c '"neg_elbo": [0-9]'
echo "-- a table"
hourglass compare -q data=rows.csv models="table" latent=3 steps=20 seeds=1 | figures | head -n 6
echo "-- what cannot be"
wrong() { hourglass compare -q data=rows.csv label=kind "$@"; echo $?; }
wrong models="ae; nothing"
wrong models=";"
wrong models="ae with speed=2"
wrong models="ae with lr"
wrong models="ae with lr=fast"
wrong models="ae with noise=gaussian 5" noise="gaussian 6"
wrong models="runs/own with lr=1"
wrong models="runs/none"
wrong models="conv"
wrong models="repair"
wrong models="ae" val=0
wrong models="table; ae"
hourglass compare -q data=rows.csv models=ae; echo $?
hourglass train -q data=rows.csv steps=20 name=table; hourglass compare -q data=rows.csv label=kind models=runs/table; echo $?
hourglass compare -q data=rows.csv epochs=2; echo $?
printf '\324\303\262\241\2\0\4\0\0\0\0\0\0\0\0\0\377\377\0\0\1\0\0\0' >none.pcap
hourglass compare -q data=none.pcap models=ae; echo $?
hourglass compare data=rows.csv label=kind normal=red epochs=2 seeds=1 steps=2 >/dev/null; echo $?
