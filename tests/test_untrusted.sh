#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test_untrusted.sh - what the command is told by people it does not know: passwords stay out of everything it says and writes, bytes that a
# terminal obeys out of what it prints, formulas out of what a spreadsheet opens.
. tests/lib.sh
cd "$work" || exit 1

run() { "$HOURGLASS" "$@" >out 2>err; }
model=runs/train/weights/best.safetensors
esc=$(printf '\033[31m') c1=$(printf '\302\233') turn=$(printf '\342\200\256')

# ---- a table whose names and cells are hostile ----
awk -v esc="$esc" -v c1="$c1" -v turn="$turn" 'BEGIN {
    srand(3)
    printf "\"=si" esc "ze\",\"-we" c1 "ight\",\"@ki" turn "nd\",\"+lev\nel\",plain,state\n"
    for (i = 0; i < 300; i++) {
        s = 1 + 9 * rand()
        printf "%.4f,%.4f,\"%s\",%.4f,%.2f,%s\n", s, 3 * s - 10,
               i == 7 ? "=" esc "new" : rand() < 0.5 ? "=HYPERLINK(\"\"x\"\")" : "-b" c1 "ag", 20 + rand(), rand(),
               i < 9 ? "fault" : "ok"
    }
}' >hostile.csv
expect "a table of hostile names is learned" run train -v data=hostile.csv label=state steps=60

# Nothing but text: no control characters, no marks that turn the direction of writing.
is_clean() {
    ! cat out err | tr -d '\n' | LC_ALL=C grep -q "$(printf '[\001-\037\177]\\|\302[\200-\237]\\|\342\200[\250-\256]\\|\342\201[\246-\251]')"
}
says_clean() { # says_clean word...: what it prints is clean, whether it works or not
    run "$@"
    expect "no raw byte: $*" is_clean
}
expect "nor is anything raw in what training says" is_clean
says_clean info model=$model
says_clean info --json model=$model
says_clean verify model=$model
says_clean predict model=$model data=hostile.csv out=-
says_clean predict model=$model data=hostile.csv out=- format=json
says_clean predict model=$model data=hostile.csv out=scores.csv label=state
says_clean val model=$model data=hostile.csv label=state
says_clean val model=$model data=hostile.csv label="@ki${turn}nd"
says_clean train data=hostile.csv label="no$esc"
says_clean train data="no$esc$c1.csv"
says_clean train -v data=hostile.csv columns="no${esc}column id"
says_clean train model="dense 3$esc" data=hostile.csv
says_clean "tr${esc}ain"
says_clean train "da${esc}ta=3" "fr$c1"
says_clean train data="no" name="a$esc"
printf 'da%sta: x\n' "$turn" >odd.yaml
says_clean train cfg=odd.yaml data=hostile.csv

# Model files that somebody wrote so: what stands in their header is said when they are refused. No length changes.
forge() { # forge "sentence part" s/from/to/
    LC_ALL=C sed "$2" $model >forged.safetensors
    run info model=forged.safetensors
    expect "refused for its $1: $(cat out err)" sh -c '[ ! -s out ] && grep -q "$1" err' _ "$1"
    expect "and no raw byte of it: $2" is_clean
}
forge checksum 's/checksum":"....../checksum":"\\u001b/'
forge checksum 's/"encoder.0.weight"/"e\\u001b.0.weight"/'

mkdir pictures
for name in "a$esc" "b$c1" "c$turn" "$(printf 'd\ne')" "$(printf 'f\377')"; do
    printf 'P5 16 16 255\n%0256d' 0 >"pictures/$name.pgm"
    printf 'P5 16' >"pictures/bad $name.pgm"
done
says_clean denoise -v source=pictures out=clean
says_clean compare data=pictures label=y
says_clean train -v data=pictures on_bad=skip name=pictures steps=1

# ---- spreadsheets ----
head -1 scores.csv >head.txt
expect "no cell of scores.csv begins as a formula" sh -c '! sed "s/\"\"//g" scores.csv | grep -qE "(^|,)\"?[=@]"'
expect "what does has an apostrophe" grep -q "\"'=HYPERLINK" scores.csv
run reconstruct model=$model data=hostile.csv out=again.csv
expect "nor is a name of a column one" grep -q "^\"'=si.*\"'-we?ight\",\"'@ki?nd\",\"'+lev" again.csv
run predict model=$model data=again.csv out=scores2.csv
expect "what was written so is read again: $(cat err)" sh -c '! grep -q "never saw\|expected" err && [ "$(wc -l <scores2.csv)" = 301 ]'

# ---- models without rows ----
expect "a model with rows is its owner's alone" [ "$(stat -c %a $model)" = 600 ]
for kind in quantised none; do
    run train data=hostile.csv label=state steps=60 references=$kind name=$kind
    run calibrate model=runs/$kind/weights/best.safetensors data=hostile.csv label=state
    expect "references=$kind is calibrated" grep -q threshold out
    run predict model=runs/$kind/weights/best.safetensors data=hostile.csv out=$kind.csv
    expect "and scores" [ "$(grep -c . $kind.csv)" = 301 ]
    run info model=runs/$kind/weights/best.safetensors
    expect "info says so: $kind" grep -q "rounded mean\|no rows are kept" out
    expect "and that no row can be read back" sh -c '! grep -q "^holds" out'
    expect "others may read it" [ "$(stat -c %A runs/$kind/weights/best.safetensors | cut -c8)" = r ]
done

# ---- passwords ----
silent() { # silent word...: the secret is neither said nor kept
    "$HOURGLASS" "$@" >out 2>err
    expect "no password: $*: $(cat out err)" sh -c '! grep -qE "s3cr|3t" out err && ! grep -rqE "s3cr3t" . --include=*.yaml --include=*.json --include=*.csv --include=*.safetensors'
}
while IFS= read -r secret; do
    silent train -v data="$secret" table=t
    silent predict model=$model data="$secret"
    silent predict -v model=$model data=hostile.csv out="$secret" table=t
    silent val model=$model data="$secret" out=x
    silent cfg data="$secret"
done <<'END'
odbc:Driver=Nobody;UID=me;PWD=s3cr3t
  ODBC:Driver=Nobody;Api_Key = {s3cr;3t}}s3cr} ;UID=me
Odbc:Driver=Nobody;Auth=s3cr3t
Driver=Nobody;UID=me;AccessKey=s3cr3t
postgresql://me:s3cr%403t@localhost/db
mysql://me:s3cr3t@localhost/db
https://s3cr3t@localhost/a.csv
jdbc:postgresql://localhost/db?user=me&password=s3cr3t
END
odd="ODBC:Driver=Nobody;pass=s3cr3t"
silent calibrate model=$model data="$odd"
silent compare data="$odd" label=y out=sheet.csv
silent reconstruct model=$model data="$odd" out=x.csv
silent encode model="$odd" data="$odd" out=x.npy
silent info model="$odd"
silent info model="mongodb://me:s3cr3t@localhost"
silent train data=hostile.csv val="$odd" steps=1
silent train data=hostile.csv project="postgresql://me:s3cr3t@localhost/db"
silent train data=hostile.csv epochs="postgresql://me:s3cr3t@localhost/db"
silent train "postgresql://me:s3cr3t@localhost/db"
HG_OUT="postgresql://me:s3cr3t@localhost/db" silent predict -v model=$model data=hostile.csv
HG_MODEL="$odd" silent info -v
printf '[ODBC]\nDriver=Nobody\nPWD=s3cr3t\n' >plant.dsn
silent train -v data=plant.dsn
expect "a DSN file is named, and the way to use it" grep -q "odbc:FILEDSN=" err
mkdir own && cd own || exit 1
printf 'data: "odbc:Driver=Nobody;Token=s3cr3t"\nlr: odbc:PWD=s3cr3t\n' >../hourglass-secret
cp ../hourglass-secret hourglass.yaml
for mode in train predict compare; do
    "$HOURGLASS" $mode -v >../out 2>../err
    expect "no password of hourglass.yaml" sh -c '! grep -q s3cr3t ../out ../err'
done
finish
