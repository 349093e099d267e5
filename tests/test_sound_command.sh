#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sound by the command: a folder of clips of a tone is learned, a click in another is found, where it is and by the clip's score.
. tests/lib.sh
draw() { python3 tests/draw_sound.py "$@"; }
python3 -c 'import wave' 2>/dev/null || { skip "no python3 to draw sound with"; finish; }
mkdir "$work/normal" "$work/new"
for i in 01 02 03 04 05 06 07 08; do draw "$work/normal/$i.wav" "$i"; done
draw "$work/new/calm.wav" 20
draw "$work/new/click.wav" 21 3
command=$(realpath "$HOURGLASS")
cd "$work" || exit 1

train() { "$command" train "$@" steps=300 >out.txt 2>err.txt; }
train data=normal name=clips
if grep -q libsndfile err.txt; then
    skip "$(cat err.txt)"
    finish
fi
expect "a folder of clips is learned" [ -f runs/clips/weights/best.safetensors ]
expect "in frames" grep -q "128 mels from 0 to 4000 Hz" err.txt
expect "a clip is a stretch" grep -q "in 8 stretches; windows of 5 steps" err.txt

predict() { "$command" predict "$@" 2>err.txt; }
expect "steps of new clips are scored" predict model=runs/clips data=new out=steps.csv
# Frames are 512 samples, one every 256; `row` is the first sample of the hop.
expect "a row is the first sample of a frame's hop" awk -F, 'NR > 1 && $1 % 256 { exit 1 }' steps.csv
expect "with its time" awk -F, 'NR > 1 && ($3 - $1 / 8000) ^ 2 > 1e-12 { exit 1 }' steps.csv
expect "all of both, each by its own name" [ "$(cut -d, -f2 steps.csv | sort | uniq -c | awk '/wav/ { print $1 }' | tr '\n' ' ')" = "188 188 " ]
loudest() { awk -F, 'NR > 1 && $4 > most { most = $4; file = $2; at = $3 } END { exit !(file ~ /click/ && at > 2.9 && at < 3.3) }' steps.csv; }
expect "the highest score is where the click is" loudest
expect "which raises an alarm" awk -F, '$2 ~ /click/ && $6 == 1 { n++ } END { exit !n }' steps.csv
expect "for a band of frequencies" grep -q "click.wav,3.*,mel [0-9]" steps.csv

expect "files are scored" predict model=runs/clips data=new by=file out=files.csv
expect "a row each" [ "$(head -1 files.csv) $(wc -l <files.csv)" = "row,file,score,p_value,alarm 3" ]
expect "the one with the click has the higher score" awk -F, 'NR == 2 { calm = $3 } NR == 3 { exit !($3 > calm) }' files.csv
mean() { awk -F, -v f="$1" '$2 ~ f { s += $4; n++ } END { printf "%.4f", s / n }' steps.csv; }
expect "which is the mean over its steps" [ "$(mean click)" = "$(awk -F, 'NR == 3 { printf "%.4f", $3 }' files.csv)" ]
expect "of one file too" predict model=runs/clips data=new/click.wav by=file out=one.csv
expect "with the same score" [ "$(tail -1 files.csv | cut -d, -f3-)" = "$(tail -1 one.csv | cut -d, -f3-)" ]

info() { "$command" info "$@" >info.txt 2>err.txt; }
expect "info says what the model is of" info model=runs/clips
expect "in words" grep -q "^signal      sound: 1 channel, windows of 5 frames, one every 1" info.txt
expect "and how frames are made" grep -q "^frames      logmel .*hop=256" info.txt
expect "in JSON too" info model=runs/clips --json
expect "as the file has it" grep -q '"frames":{"kind":"logmel"' info.txt

# ---- what is asked for --------------------------------------------------------------------------
train data=normal name=bands frames="octaves bands=12"
expect "other frames" grep -q "12 bands" err.txt
expect "are in the model" predict model=runs/bands data=new by=file out=bands.csv
train data=normal name=samples frames=none window=32
expect "or none" grep -q "windows of 32 steps" err.txt
expect "which is in the model too" predict model=runs/samples data=new by=file out=samples.csv
awk 'BEGIN { srand(2); print "t,x"; for (i = 0; i < 16384; i++) print i / 4000 "," sin(i / 3) + rand() / 9 }' >shake.csv
train data=shake.csv window=auto name=shake
expect "what may be vibration is told of frames" grep -q "frames=spectrum" err.txt
train data=shake.csv frames="spectrum fft=256 hop=128" name=shaken
expect "which are made of columns too" grep -q "64 bands" err.txt
expect "and made again" predict model=runs/shaken data=shake.csv out=shaken.csv
expect "a row a hop, by the table's own times" [ "$(sed -n 3p shaken.csv | cut -d, -f1,2)" = "128,0.032" ]
refused() { # refused WORDS command...: with these words in the sentence
    local words=$1
    shift
    "$@" >out.txt 2>err.txt && return 1
    grep -q "$words" err.txt
}
python3 - <<'END'
import wave
with wave.open("new/calm.wav") as a, wave.open("fast.wav", "wb") as b, wave.open("short.wav", "wb") as c:
    samples = a.readframes(a.getnframes())
    for to, rate in ((b, 16000), (c, 8000)):
        to.setparams(a.getparams())
        to.setframerate(rate)
    b.writeframes(samples)
    c.writeframes(samples[:2000])
END
expect "another rate is refused" refused "expected 8000 samples a second, got 16000" "$command" predict model=runs/clips data=fast.wav out=fast.csv
expect "a clip of less than a window has a score" predict model=runs/clips data=short.wav by=file out=short.csv
expect "which is a number" awk -F, 'NR == 2 { exit !($3 != "") }' short.csv
expect "lists of clips are read" predict model=runs/clips data=new/calm.wav,new/click.wav by=file out=list.jsonl
expect "and written as JSON" [ "$(grep -c '"file":"new/.*"alarm":' list.jsonl)" = 2 ]
expect "frames of no kind are refused" refused "frames: expected" "$command" train data=normal frames=loud
expect "so is resampling before frames" refused "resample: expected frames=none" "$command" train data=normal resample=0.01
expect "a window alone is no import" refused "window: expected frames=" "$command" import source=x.safetensors model="dense 2 | dense input" input=10 window=5 out=m.safetensors
expect "nor one that does not fit" refused "window: expected" "$command" import source=x.safetensors model="dense 2 | dense input" input=640 frames="logmel rate=16000" window=4 out=m.safetensors
finish
