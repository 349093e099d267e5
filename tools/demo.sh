#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Trains 784-64-784 on Fashion-MNIST, fits PCA with as many components beside it, and shows both on the test
# images; trains a network that cleans such images; then corrupts a photograph and cleans it with the model that
# ships; finds what is unusual in a table, defects on photographs of parts, and a scan on a network. Usage: demo.sh build/hourglass [photograph]
set -eu
command=$1
# Rear Admiral Grace Hopper by James S. Davis, United States Navy: public domain. Of the Debian package
# python-matplotlib-data.
photo=${2:-/usr/share/matplotlib/mpl-data/sample_data/grace_hopper.jpg}
shipped=models/denoise.safetensors
run=runs/demo
clean=runs/demo-denoise
table=runs/demo-table
parts=runs/demo-parts
draw=build/gcc/draw_parts
traffic=build/gcc/draw_traffic
wire=runs/demo-packets
number() { printf '%s' "$2" | tr -d ' \n' | sed -n "s/.*\"$1\":\([-+.0-9eE]*\).*/\1/p"; } # number KEY JSON
measure() { "$command" val --json -q model="$run/weights/$1.safetensors" data=fashion-test noise="$2"; } # measure WEIGHTS NOISE

# Brackets as a camera over the line sees them, some of them broken: learnt from good ones alone, then found.
find_defects() {
    rm -rf "$parts/brackets"
    mkdir -p "$parts"
    "$draw" kind=bracket size=128 n=40 good=4 broken=6 seed=3 out="$parts/brackets"
    echo
    echo "== Photographs of 40 good brackets are learnt, then ten more are looked at; six of those are broken"
    "$command" train data="$parts/brackets/train/good" steps=480 name=demo-parts exist_ok=true # 15000 unless told: minutes
    "$command" predict -q model="$parts/weights/best.safetensors" data="$parts/brackets/test" out="$parts/scores.csv" maps="$parts/maps"
    echo
    echo "The part, how unusual it is, and whether it would be sorted out (the folder says what is broken):"
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { print $at["file"] "," $at["score"] "," $at["p_value"] "," $at["alarm"] }' "$parts/scores.csv" | sort -t , -k 2 -gr |
        awk -F, '{ printf "%-26s score %-8.4g  p %-8.2g  %s\n", $1, $2, $3, $4 ~ /^(1|true|yes|alarm)/ ? "alarm" : "" }'
    pictures="$pictures
            $parts/maps/sheet.png (brackets: photograph, reconstruction, map, outline), and index.html beside it"
}

# A plant's network on an ordinary day, then another day on which a host that is known scans the controllers.
find_scan() {
    mkdir -p "$wire"
    "$traffic" industrial "$wire/monday.pcap" attacks=none start=1700031600
    "$traffic" industrial "$wire/tuesday.pcap" attacks=modbus-scan start=1700118000 labels="$wire/tuesday.csv"
    echo
    echo "== Ten minutes of a plant's network are learnt, then ten minutes of another day, with a scan of the controllers, are watched"
    "$command" train -q data="$wire/monday.pcap" name=demo-packets exist_ok=true
    "$command" val -q model="$wire/weights/best.safetensors" data="$wire/tuesday.pcap" labels="$wire/tuesday.csv" resamples=0 |
        sed -n '/^packets\|^AUROC\|^false-alarm\|^recall/p'
    "$command" predict -q model="$wire/weights/best.safetensors" data="$wire/tuesday.pcap" out="$wire/scores.csv"
    echo
    echo "The most unusual packet, and why:"
    sort -t , -k 3 -gr "$wire/scores.csv" | head -n 1 | awk -F, '{ r = $10; for (i = 11; i <= NF; i++) r = r "," $i; gsub(/"/, "", r)
        printf "packet %d  score %.4g  %s -> %s, %s port %s\n  %s\n", $1, $3, $6, $7, $8, $9, r }'
}

echo "== An autoencoder learns 60000 images of clothes, and PCA beside it"
"$command" train data=fashion model=ae epochs=60 schedule=cosine warmup=500 seed=0 name=demo exist_ok=true
time=$(tail -n 1 "$run/results.csv" | cut -d , -f 2)
rows=$(number rows "$(cat "$run/run.json")")
epochs=$(($(wc -l <"$run/results.csv") - 1))
pca_time=$(number seconds "$(sed -n '/"pca"/,/}/p' "$run/metrics.json")")
ae=$(number mse "$(measure best "")")
pca=$(number mse "$(measure pca "")")

echo
awk -v ae="$ae" -v pca="$pca" -v t="$time" -v p="$pca_time" -v rows="$rows" -v epochs="$epochs" 'BEGIN {
    line = "%-34s %6s %12s %9s %12s\n"
    printf line, "Fashion-MNIST, 10000 test images", "code", "MSE a pixel", "seconds", "samples/s"
    printf line, "PCA", 64, sprintf("%.5f", pca), sprintf("%.1f", p), ""
    printf line, "autoencoder 784-64-784, " epochs " epochs", 64, sprintf("%.5f", ae), sprintf("%.1f", t), sprintf("%.0f", rows * epochs / t)
    printf "\nThe autoencoder is %s by %.0f %%.\n", ae < pca ? "better" : "worse", 100 * (ae < pca ? 1 - ae / pca : ae / pca - 1)
}'
echo

echo "== A network learns to take noise off such images"
# The test images, corrupted in the same way for both, are what this run is measured on and what samples.png shows.
"$command" train data=fashion val=fashion-test model=unet noise="gaussian 50" steps=1000 batch=16 schedule=cosine \
    warmup=100 pca=false seed=0 name=demo-denoise exist_ok=true
time=$(tail -n 1 "$clean/results.csv" | cut -d , -f 2)
noisy_pca=$(measure pca "gaussian 50")
echo
awk -v noisy="$(number input_mse "$noisy_pca")" -v pca="$(number mse "$noisy_pca")" \
    -v unet="$(number mse "$(cat "$clean/metrics.json")")" -v t="$time" '
function db(mse) { return sprintf("%.2f", -10 * log(mse) / log(10)) }
BEGIN {
    line = "%-45s %8s\n"
    printf line, "The test images with noise of 50 grey levels", "PSNR, dB"
    printf line, "as they are", db(noisy)
    printf line, "through PCA, 64 components", db(pca)
    printf line, "cleaned by unet, " sprintf("%.0f", t) " s of training and test", db(unet)
}'

pictures="$clean/samples.png (noisy above, cleaned, clean)"
if [ -r "$photo" ] && [ -r "$shipped" ]; then
    echo
    echo "== A photograph with noise of 25 grey levels, cleaned by the model that ships; classical filters at their best:"
    "$command" val -q model="$shipped" data="$photo" noise="gaussian 25 + clip" out="$clean"
    pictures="$pictures
            $clean/${photo##*/}.png (noisy, cleaned, clean)"
fi

# What a table usually holds, what it does not, and why.
mkdir -p "$table"
awk -v rows=5000 -v seed=1 -f tools/readings.awk >"$table/normal.csv"
awk -v rows=1000 -v seed=2 -v faults=1 -f tools/readings.awk >"$table/new.csv"
awk -F, 'NR == 1 { print $0 ",label"; next } { print $0 "," ((NR - 2) % 200 == 100 ? "fault" : "ok") }' \
    "$table/new.csv" >"$table/labelled.csv"
echo
echo "== 5000 readings of pumps are learnt, then 1000 new ones with five faults are scored"
"$command" train data="$table/normal.csv" name=demo-table exist_ok=true
"$command" val -q model="$table/weights/best.safetensors" data="$table/labelled.csv" label=label |
    sed -n '/^AUROC\|^false-alarm\|^recall/p'
"$command" predict -q model="$table/weights/best.safetensors" data="$table/new.csv" out="$table/scores.csv"
echo
echo "The three most unusual rows, and the column that says most about each:"
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { print $at["row"], $at["score"], $at["p_value"], $at["column_1"], $at["observed_1"], $at["expected_1"] }' "$table/scores.csv" |
    sort -t , -k 2 -gr | head -n 3 |
    awk -F, '{ printf "row %-4d  score %-8.4g  p %-8.2g  %s: %s, expected %s\n", $1, $2, $3, $4, $5, $6 }'

find_defects
find_scan

cat <<END

pictures    $run/samples.png (input above, reconstruction below)
            $pictures
model       $run/weights/best.safetensors
PCA         $run/weights/pca.safetensors
losses      $run/results.csv
scores      $table/scores.csv (of $table/new.csv), $wire/scores.csv (of $wire/tuesday.pcap)
next        $command predict model=$run/weights/best.safetensors data=fashion-test out=scores.csv
            $command denoise source=yours.jpg out=clean.jpg
            $command train data=yours.csv

pages       $clean/report.html, $table/report.html, $parts/report.html, $wire/report.html
            $run/report.html
            what was learned, its code moved by hand and as a map, and how to do it again. Open it in a browser:

file://$PWD/$run/report.html
END
