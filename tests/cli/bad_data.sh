# Exit 4, or 1 where the file cannot be read at all; nothing is left behind.
try() { hourglass train data="$1" model='dense 1 | dense input' samples=0 -q; echo "$1 $?"; }
try none.csv
try fashon; try fashion_test; try mnist
mkdir folder; try folder
: >empty.csv; try empty.csv
printf 'a,b\n1,2\n3\n' >narrow.csv; try narrow.csv
printf '1,2\n3,nan\n' >nan.csv; try nan.csv
printf '1,2\n3,four\n' >word.csv; try word.csv
printf '\211PNG\r\n\032\n' >image.png; try image.png
ls
