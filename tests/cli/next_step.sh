# A sentence says what to do next. Nothing is trained here but two models of a moment.
awk 'BEGIN { print "load,temp,kind,label"; for (i = 0; i < 300; i++) { s = (i * 37 % 300) / 300; printf "%.3f,%.2f,%s,%s\n", s, 40 + 30 * s + i % 7, s < 0.4 ? "low" : "high", i % 50 ? "benign" : "attack" } }' >log.csv
grep -v attack log.csv >normal.csv
awk 'BEGIN { for (i = 0; i < 60; i++) printf "%d,%d,%d\n", i % 7, i % 5, i % 3 }' >rows.csv
hourglass train -q data=normal.csv label=label steps=4 samples=0 threads=1 name=table; echo $?
hourglass train -q data=rows.csv prepare=none model='dense 2 | dense input' epochs=1 samples=0 pca=false name=rows; echo $?
try() { "$@" >/dev/null; echo $?; }

# A results folder is its best weights, in every mode.
for mode in info verify 'predict data=log.csv' 'val data=log.csv' 'calibrate data=normal.csv'; do try hourglass $mode -q model=runs/table; done
try hourglass predict -q model=runs/table/weights/ data=log.csv
rm scores.csv
try hourglass predict model=runs data=log.csv
try hourglass predict model=table data=log.csv
mkdir empty && try hourglass predict model=empty data=log.csv
mkdir -p half/weights && cp runs/table/weights/last.safetensors half/weights && try hourglass predict model=half data=log.csv
try hourglass predict model=half/weights/last.safetensors data=log.csv
try hourglass calibrate model=half/weights/last.safetensors data=log.csv
rm scores.csv

# What cannot be written is refused before anything is done.
for out in scores.xlsx scores.parquet scores.tsv scores.csv.gz scores.db none/scores.csv log.csv/scores.csv empty; do try hourglass predict model=runs/table data=log.csv out=$out; done
for out in scores.json scores.db; do try hourglass predict model=runs/rows data=rows.csv out=$out table=t; done
for out in rec.png rec.npz rec.db rec.onnx; do try hourglass reconstruct model=runs/rows data=rows.csv out=$out table=t; done
try hourglass encode model=runs/rows data=rows.csv out=codes.mat
try hourglass compare data=log.csv label=label out=runs.ods
try hourglass import source=x.safetensors model=ae input=3 out=m.onnx
try hourglass val model=runs/rows data=rows.csv out=pictures.png
for out in clean.gif clean.mp4 clean.csv; do try hourglass denoise source=photo.jpg out=$out; done
try hourglass denoise source=- out=clean.mp4
ls

# Film that ffmpeg reads: the line, with the names of this run.
printf '\0\0\0\030ftypmp42\0\0\0\0mp42isom' >'my clip.mp4'
try hourglass denoise source='my clip.mp4' out=clean.mp4
try hourglass denoise source='my clip.mp4' out=cleaned model=runs/rows

# Folders and files that are not what they seem.
mkdir mixed csvs && cp log.csv normal.csv mixed && cp log.csv csvs
printf 'P5 2 2 255\n1234' >mixed/photo.pgm && cp mixed/photo.pgm photo.csv && cp 'my clip.mp4' film.csv
for data in mixed csvs empty photo.csv film.csv norml.csv 'https://a.org/b.csv' '*.csv' normal.csv,log.csv; do try hourglass train data="$data"; done
for data in mixed csvs photo.csv; do try hourglass predict model=runs/table data=$data; done

# Models and noise that do not suit, labels that are others.
for model in resnet unet 'dense 4 | dense input'; do try hourglass train data=normal.csv model="$model"; done
try hourglass train data=mixed/photo.pgm model=table
for noise in 25 0-55 gaussian gausian; do try hourglass train data=mixed/photo.pgm noise=$noise; done
try hourglass train data=log.csv label=kind
try hourglass train data=log.csv label=lable
try hourglass val model=runs/table data=log.csv label=class
try hourglass compare data=log.csv label=kind
printf 'load,k\377\n1,2\n' >latin.csv && try hourglass train data=latin.csv

# Words that are no key=value; variables that mean nothing.
for word in normal.csv 'my file.csv' runs/table/weights/best.safetensors conv epochs -epochs=3 mine.yaml; do try hourglass train "$word"; done
try hourglass train data = normal.csv
try hourglass train data=normal.csv noise=gaussian 25
try hourglass train data=my file.csv
try hourglass denoise photo.jpg
try hourglass verify best.safetensors
HG_TREADS=2 HG_LEARNING=1 HG_DATA=x HG_EPOCHS=3 HG_LR= try hourglass checks
HG_TREADS=2 try hourglass checks -q
try hourglass train resume=table
