# New rows from a model with a prior, and what lies between two: files, pictures, the columns of a table; refused where codes have none.
. "$ROOT/tests/cli/rows.inc"
small="epochs=2 val=0 samples=0 pca=false"
hourglass train -q data=rows.csv model="dense 8 relu, sample 2 | dense 8 relu, dense input sigmoid" loss=bce $small name=v
hourglass generate -q model=runs/v n=5 seed=3 out=new.csv
head -n 1 new.csv; wc -l <new.csv
hourglass generate -q model=runs/v n=5 seed=3 threads=1 out=again.csv
cmp new.csv again.csv && echo the same rows
hourglass generate -q model=runs/v n=3 seed=4 out=other.csv
cmp -s new.csv other.csv || echo other rows
hourglass val -q --json model=runs/v data=rows.csv draws=20 >first.json
hourglass val -q --json model=runs/v data=rows.csv draws=20 threads=1 >second.json
cmp first.json second.json && echo the same likelihood
grep -o '"likelihood":"bernoulli","neg_elbo":[0-9.]*,"neg_log_likelihood":[0-9.]*,"draws":20' first.json | tr '0-9' '9' | sed 's/9\.9*/9.9/g'
hourglass val -q model=runs/v data=rows.csv draws=0 | tail -n 1 | sed 's/[0-9][0-9.]*/9.9/'
hourglass interpolate -q model=runs/v data=rows.csv from=2 to=7 steps=3 out=way.csv
wc -l <way.csv
hourglass interpolate -q model=runs/v data=rows.csv from=2 to=7 steps=3 path=spherical out=round.csv
cmp -s way.csv round.csv || echo another way
hourglass interpolate -q model=runs/v data=rows.csv from=2 to=700 out=way.csv
echo $?
hourglass interpolate -q model=runs/v data=rows.csv steps=1 out=way.csv
echo $?
hourglass generate -q model=runs/v n=3 out=new.png
echo $?
hourglass train -q data=rows.csv model="dense 2 | dense input" $small name=plain
hourglass generate -q model=runs/plain out=new.csv
echo $?
hourglass train -q data=rows.csv model=gaussian_vae $small name=g
hourglass val -q model=runs/g data=rows.csv draws=5 | tail -n 2 | sed 's/-*[0-9][0-9.]*/9.9/'
hourglass train -q data=rows.csv model="dense 2, variance | dense input, variance" $small name=wrong
echo $?
hourglass train -q data=rows.csv model=table_vae steps=40 samples=0 pca=false name=t
hourglass generate -q model=runs/t n=4 out=t.csv
head -n 1 t.csv; wc -l <t.csv
awk 'BEGIN { printf "P5\n8 8\n255\n"; for (i = 0; i < 64; i++) printf "%c", 32 + i }' >a.pgm
mkdir pictures
for i in 1 2 3 4; do cp a.pgm pictures/$i.pgm; done
hourglass train -q data=pictures model=convvae latent=3 crop=0 epochs=1 batch=4 val=0 samples=0 pca=false name=c
hourglass generate -q model=runs/c n=4 out=sheet.png
hourglass generate -q model=runs/c n=2 out=folder/
hourglass interpolate -q model=runs/c data=pictures from=1 to=2 steps=4 out=strip.png
for f in sheet.png folder/000001.png folder/000002.png strip.png; do head -c 24 $f | od -An -tu1 -j18 -N6 | tr -s ' '; done
hourglass train -q data=pictures model="conv 2 k1, fsq 3 | conv input k1 sigmoid" crop=0 epochs=1 batch=4 val=0 samples=0 pca=false name=q
hourglass generate -q model=runs/q n=20 out=q.csv
[ $(tail -n +2 q.csv | cut -d, -f64 | sort -u | wc -l) -gt 1 ] && echo the last place is drawn too
awk -F, 'NR > 1 { $2 *= 3 } { print $1 "," $2 "," $3 "," $4 }' rows.csv >far.csv
hourglass train -q data=far.csv model=vae $small name=far
echo $?
hourglass val model=runs/v data=far.csv | grep ELBO
hourglass train -q data=rows.csv model=wae $small name=w
hourglass generate -q model=runs/w n=3 out=w.npy && echo drawn
