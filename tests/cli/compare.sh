# Detectors side by side: 300 normal rows on a line, 30 anomalies off it, in two of three files of a folder.
export HG_PROGRESS=none
rows() {
    awk -v seed="$1" 'function draw() { x = x * 16807 % 2147483647; return x / 2147483647 }
    BEGIN {
        x = seed
        print "a,b,kind,y"
        for (i = 0; i < 330; i++) {
            odd = i % 11 == 10; s = draw(); t = odd ? 2 * draw() + 0.3 : draw() / 10
            printf "%.6f,%.6f,%s,%s\n", 10 * s, 5 * s + t, s < 0.5 ? "low" : "high", odd ? "attack" : "normal"
        }
    }'
}
mkdir tables
rows 1 >tables/one.csv
rows 2 >'tables/two, quoted.csv'
head -c 3000 /dev/zero >tables/zeros.bin

hourglass compare data=tables label=y seeds=2 out=runs.csv >sheet; echo $?
sed '/^method/,$d' sheet; sed -n '/^method/,/^$/p' sheet | sed 's/ *[0-9.]* *[0-9.]*$//'; tail -n 1 sheet
head -n 1 runs.csv; wc -l <runs.csv; cut -d, -f1-4 runs.csv | sed -n 2p; grep -c '^"two, quoted.csv",1,knn,' runs.csv
# One table: its size and, between seeds, the spread.
hourglass compare data=tables/one.csv label=y seeds=2 steps=20 >sheet; echo $?
sed '/^method/,$d' sheet; sed -n '/^method/p; /^knn/p' sheet | sed 's/ *[0-9.]* *[0-9.]*$//'

# Any number of threads, alone or in a list: the same figures.
values() { sed 's/,[^,]*,[^,]*$//' "$1" | grep "^$2"; }
for threads in 1 3; do hourglass compare -q data=tables label=y seeds=2 steps=20 threads=$threads out=$threads.csv >/dev/null; done
values 1.csv >a; values 3.csv >b; cmp a b && echo "the same bits"
hourglass compare data=tables/one.csv,tables/one.csv label=y seeds=2 steps=20 --json out=list.csv >list.json; echo $?
values list.csv one | sort -u >c; values 1.csv one | sort -u | cmp - c && echo "the same in a list"
head -c 12 list.json; echo; grep -c '"one.csv", "rows": 330, "anomalies": 30' list.json

hourglass compare data=tables/one.csv; echo $?
hourglass compare data=tables/one.csv label=nothing; echo $?
hourglass compare data=tables/none.csv label=y; echo $?
hourglass compare data=tables/one.csv label=y normal=calm; echo $?
grep -v attack tables/one.csv >normal.csv
hourglass compare data=normal.csv label=y; echo $?
mkdir empty && hourglass compare data=empty label=y; echo $?
hourglass compare data=tables/one.csv label=y seeds=1 out=no/folder.csv; echo $?
