#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tables of databases: a PostgreSQL server of our own through ODBC, SQLite through ODBC and directly. The same rows come
# back as from CSV; what goes wrong is one sentence.
. tests/lib.sh
run=$(dirname "$HOURGLASS")/tests/table_run
[ -x "$run" ] || run=$PWD/build/gcc/tests/table_run
. tests/postgres.sh
cd "$work" || exit 1

read_it() { "$run" read "$@" >out 2>err; }
# refused STATUS "words" command...: exits so, with one sentence that has the words and no password
refused() {
    wanted=$1 words=$2
    shift 2
    "$@" >out 2>err </dev/null
    status=$?
    expect "$words: exit $status, expected $wanted" [ $status = "$wanted" ]
    expect "$words: one sentence: $(cat err)" [ "$(wc -l <err)" = 1 ]
    expect "expected '$words', got $(cat err)" grep -q -F -- "$words" err
    expect "no password in: $(cat err)" sh -c '! grep -q "heim" err'
}
same() { expect "$1" cmp -s "$2" "$3"; }

# begin FIFO command...: runs it up to its pause; go_on lets it end; kill_it does not. The pipe is open for reading here
# too: who writes into it gets no SIGPIPE where the command has ended by then.
begin() {
    fifo=$1
    shift
    : >err
    "$@" <"$fifo" >out 2>err &
    exec 3<>"$fifo"
    until grep -q paused err || [ -z "$(jobs -pr)" ]; do sleep 0.1; done
    grep -q paused err && return
    bad "no pause: $*: $(cat err)"
}
go_on() {
    echo >&3
    echo >&3
    exec 3>&-
    wait $!
    status=$?
    sed -i /paused/d err
}
kill_it() {
    signal_job KILL
    wait $! 2>/dev/null
    exec 3>&-
}

# ---- SQLite, directly -------------------------------------------------------------------------------
if ! "$HOURGLASS" checks | grep -q '^SQLite .*missing'; then
    expect "a table is written" "$run" write out=new.db table=scores rows=20
    expect "and read, twice the same" read_it source=new.db passes=2
    head -n 21 out >first.csv
    { head -n 1 out; tail -n 20 out; } >second.csv
    same "both passes are alike" first.csv second.csv
    expect "numbers, text and nothing come back" grep -qx "3,0.375,'naïve 😀 '3''" first.csv
    expect "nothing is nothing" grep -qx '7,,' first.csv
    refused 3 'expected a table without rows, got scores with 20: append=true adds to them' "$run" write out=new.db table=scores rows=10 from=21
    expect "rows are appended" "$run" write out=new.db table=scores rows=10 from=21 append=1
    read_it source=new.db
    expect "30 rows: $(wc -l <out)" [ "$(wc -l <out)" = 31 ]
    "$run" write out=new.db table=scores rows=10 commit=0 append=1
    expect "what is not committed is not there" sh -c "'$run' read source=new.db | cmp -s - out"
    "$run" write out=none.db table=scores rows=10 commit=0
    expect "nor is the file" [ ! -e none.db ]
    expect "a second table" "$run" write out=new.db table='a "b" c; drop' rows=1 texts=0
    refused 3 'several tables: a "b" c; drop, scores' "$run" read source=new.db
    expect "is read by its name" read_it source=new.db table='a "b" c; drop'
    refused 3 'expected a table "nope", found a "b" c; drop, scores' "$run" read source=new.db table=nope
    refused 4 'expected a column "the "why"", found row, score' "$run" write out=new.db table='a "b" c; drop'
    refused 3 'needs table=' "$run" write out=new.db
    echo "row,score" >text.db
    refused 2 'text.db: cannot be written: file is not a database' "$run" write out=text.db table=scores rows=1
    expect "which it stays" [ "$(cat text.db)" = "row,score" ]
    refused 2 'no such table: nope' "$run" read source=new.db query='select * from nope'
    refused 3 'expected one statement, got several' "$run" read source=new.db query='select 1; select 2'
    refused 3 'a query that gives rows, got: delete' "$run" read source=new.db query='delete from scores'
    expect "a comment behind a query is fine" read_it source=new.db query='select 1 as a; -- one'
    read_it source=new.db query="select x'00' a, 1 b union all select 9e999, 2 union all select '17', null"
    expect "a blob is refused" grep -q '^! new.db, query, row 1, column a: expected a number or text, got a blob' out
    expect "an infinity is refused" grep -q '^! new.db, query, row 2, column a: expected a finite number' out
    expect "rows go on behind them; text stays text" [ "$(tail -n 1 out)" = "'17'," ]
    read_it source=new.db query="select cast(x'ff61' as text) a"
    expect "text that is not UTF-8 is refused" grep -q 'column a: expected UTF-8' out
    refused 3 'no database' "$run" write out=x.csv table=t

    # Whoever writes meanwhile, both passes see the same rows. (With a write-ahead log writers need not wait for us.)
    mkfifo go
    if command -v sqlite3 >/dev/null; then
        cp new.db log.db
        expect "a write-ahead log" [ "$(sqlite3 log.db 'pragma journal_mode = wal')" = wal ]
        begin go "$run" read source=log.db table=scores passes=2 pause=20
        expect "somebody deletes" sqlite3 log.db 'delete from scores where row > 15'
        go_on
        expect "61 lines: $(wc -l <out)" [ "$(wc -l <out)" = 61 ]
        expect "the next one sees it" [ "$("$run" read source=log.db table=scores | wc -l)" = 16 ]
    else
        skip "no sqlite3 to write with meanwhile"
    fi

    # Killed in the middle: nothing was there.
    rm -f killed.db
    "$run" write out=killed.db table=scores rows=3 >/dev/null
    begin go "$run" write out=killed.db table=scores rows=300000 append=1 pause=250000
    kill_it
    expect "it had written into the file" [ -s killed.db-journal ]
    read_it source=killed.db
    expect "killed in the middle: $(wc -l <out) lines" [ "$(wc -l <out)" = 4 ]
    head -c 5000 new.db >cut.db
    refused 2 'malformed' "$run" read source=cut.db table=scores
else
    skip "no SQLite"
fi

# ---- SQLite through ODBC ----------------------------------------------------------------------------
if command -v odbcinst >/dev/null && driver SQLite3; then
    lite="odbc:Driver=SQLite3;Database=$work/odbc.db"
    expect "a table is written through ODBC" "$run" write out="$lite" table=scores rows=2500
    expect "and read through it" read_it source="$lite" table=scores passes=2
    expect "and directly" "$run" read source=odbc.db passes=2 >direct.csv
    same "with the same cells" out direct.csv
    "$run" write out=direct.db table=scores rows=2500
    "$run" read source=direct.db passes=2 >both.csv
    same "as what was written directly" both.csv direct.csv
    "$run" write out="$lite" table=scores rows=2000 commit=0 append=1
    "$run" read source=odbc.db passes=2 >again.csv
    same "what is not committed is not there" again.csv direct.csv
    refused 4 'expected text of at most 1000 characters' "$run" write out="$lite" table=long long=1001
    refused 2 'no such table: nope' "$run" read source="$lite" table=nope
    refused 3 'expected query= or table=' "$run" read source="$lite;PWD=ge;heim"
else
    skip "no ODBC driver of SQLite (libsqliteodbc)"
fi
if command -v odbcinst >/dev/null; then
    refused 6 "cannot connect: Can't open lib 'Nobody'" "$run" read source="odbc:Driver=Nobody;PWD=geheim" table=t
    refused 6 'Data source name not found' "$run" read source='odbc:DSN=nowhere;UID=me;PWD={ge;heim}' table=t
    expect "its password is hidden" grep -q 'PWD=\*\*\*' err
fi

# ---- PostgreSQL through ODBC ------------------------------------------------------------------------
has_postgres || {
    skip "no PostgreSQL with its ODBC driver (postgresql, odbc-postgresql)"
    finish
}
make_server || {
    bad "the server does not start: $(tail -n 3 "$here/initdb.log" "$here/log" 2>/dev/null)"
    finish
}

expect "a table is written" "$run" write out="$pg" table=scores rows=2500
expect "with its rows" [ "$(sql 'select count(*), sum(row), sum(score) from scores')" = "2500|3126250|334866.125" ]
expect "and types" [ "$(sql "select string_agg(data_type, ',' order by ordinal_position) from information_schema.columns
    where table_name = 'scores'")" = "bigint,double precision,character varying" ]
expect "and text" [ "$(sql "select \"the \"\"why\"\"\" from scores where row = 3")" = "naïve 😀 '3'" ]
expect "and nothing where there is nothing" [ "$(sql 'select count(*) from scores where score is null')" = 357 ]
"$run" write out=direct.db table=scores rows=2500 2>/dev/null
"$run" read source=direct.db query='select * from scores limit 2500' passes=2 >direct.csv
expect "it is read, twice" read_it source="$pg" query='select * from scores order by row' passes=2
same "with the cells of the same rows elsewhere" out direct.csv
sql 'copy (select * from scores order by row) to stdout csv header' >rows.csv
expect "and from CSV" "$run" read source=rows.csv passes=2 >csv.csv
same "with the same cells" csv.csv direct.csv
read_it source="$pg" table=public.scores
expect "by the name of its schema: $(wc -l <out) lines" [ "$(wc -l <out)" = 2501 ]
sql 'create schema other; create table other."Row Scores" (row bigint, "Score" real, the text, extra int default 7)'
expect "columns may be more, and in other letters" "$run" write out="$pg" table='other.Row Scores' rows=8 texts=0
expect "the others take their defaults" [ "$(sql 'select sum("Score"), sum(extra) from other."Row Scores"')" = "3.625|56" ]
refused 4 'expected a column "the "why"", found row, Score, the, extra' "$run" write out="$pg" table='other.Row Scores'
sql 'create table wrong (row bigint, score text, "the ""why""" int)'
refused 2 'table wrong: ' "$run" write out="$pg" table=wrong rows=8
expect "that leaves nothing" [ "$(sql 'select count(*) from wrong')" = 0 ]

# Every type there is, beside the same as CSV.
sql "create table kinds (a smallint, b int, c bigint, d real, e double precision, f numeric(20, 4), g boolean, h date,
    i timestamp, j timestamptz, k time, l text, m varchar(5), n char(3), o uuid, p interval);
    insert into kinds values (1, -2, 9007199254740992, 0.5, 1e-300, 12345.6789, true, '2024-02-29', '2024-02-29 13:14:15.25',
    '2024-02-29 13:14:15+00', '23:59:59', 'ein \"Täxt\", 3', 'abc', 'x', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '1 day'),
    (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
    (0, 0, 0, 'NaN', 0, 'NaN', false, '0999-01-01', '2024-01-01', '2024-01-01+00', '00:00', '', '12', '4', null, null)"
read_it source="$pg" query='select * from kinds'
cat >expected <<'X'
a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p
1,-2,9007199254740992,0.5,1e-300,12345.6789,1,'2024-02-29','2024-02-29 13:14:15.25','2024-02-29 13:14:15','23:59:59','ein "Täxt", 3','abc','x  ','A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11','1 day'
,,,,,,,,,,,,,,,
0,0,0,,0,,0,'0999-01-01','2024-01-01 00:00:00','2024-01-01 00:00:00','00:00:00','','12','4  ',,
X
expect "every type: $(diff expected out)" cmp -s expected out
read_it source="$pg" query="select 1 as n, 'inf'::float8 as x union all select 2, 3"
expect "an infinity is refused" grep -q '^! .*, query, row 1, column x: expected a finite number' out
expect "and reading goes on" grep -qx '2,3' out
read_it source="$pg" query="select repeat('ä', 32767) as x union all select repeat('x', 32768) union all select 'short'"
expect "text that is long comes whole" [ "$(sed -n 2p out | wc -c)" = $((2 * 32767 + 3)) ]
expect "what is longer is refused: $(sed -n 3p out | head -c 300)" \
    grep -q '^! .*row 2, column x: expected text of at most 32767 characters, got more' out
expect "not cut" [ "$(tail -n 1 out)" = "'short'" ]
refused 4 'column b: expected numbers or text, got bytes' "$run" read source="$pg" query="select '\\x00'::bytea as b"
refused 2 'relation "nope" does not exist' "$run" read source="$pg" query='select * from nope'
refused 2 'syntax error' "$run" read source="$pg" query="selekt $(printf 'x%.0s' $(seq 300))"
expect "a long query is shown short: $(wc -c <err)" [ "$(wc -c <err)" -lt 500 ]
refused 2 'division by zero' "$run" read source="$pg" query='select 1 / (5000 - i) from generate_series(1, 10000) as i'
refused 3 'expected a query that gives rows' "$run" read source="$pg" query='delete from scores'
expect "what a query changes is taken back" [ "$(sql 'select count(*) from scores')" = 2500 ]
refused 2 'password authentication failed' "$run" read source="${pg/heim\}/heimlich}" table=scores
refused 2 'does not exist' "$run" read source="${pg/Database=postgres/Database=nope}" table=scores
refused 2 'cannot connect' "$run" read source="${pg/Port=$port/Port=1}" table=scores

# Somebody writes between the passes.
mkfifo pgo
begin pgo "$run" read source="$pg" table=scores passes=2 pause=2500
sql 'delete from scores where row > 100'
go_on
expect "both passes see the same rows: $(wc -l <out), $(cat err)" [ "$(wc -l <out)" = 5001 ]
expect "the next one does not" [ "$("$run" read source="$pg" table=scores | wc -l)" = 101 ]

# Killed, or the server gone, in the middle.
begin pgo "$run" write out="$pg" table=scores rows=20000 append=1 pause=15000
kill_it
expect "killed in the middle of writing" [ "$(sql 'select count(*) from scores')" = 100 ]
begin pgo "$run" write out="$pg" table=killed rows=20000 append=1 pause=15000
kill_it
expect "no table is left either" [ "$(sql "select count(*) from information_schema.tables where table_name = 'killed'")" = 0 ]
begin pgo "$run" read source="$pg" query='select i from generate_series(1, 300000) as i' pause=10000
stop_server immediate
go_on
expect "a lost connection: exit $status" [ $status = 2 ]
expect "is one sentence: $(cat err)" [ "$(wc -l <err)" = 1 ]
expect "that says where: $(cat err)" grep -q 'query, behind row [0-9]*: ' err
expect "the rows before are there" [ "$(wc -l <out)" -gt 10000 ]
refused 2 'cannot connect' "$run" read source="$pg" table=scores
expect "the server comes back" start_server
begin pgo "$run" write out="$pg" table=scores rows=20000 append=1 pause=15000
stop_server immediate
go_on
expect "a connection lost in writing: exit $status" [ $status = 2 ]
expect "is one sentence: $(cat err)" [ "$(wc -l <err)" = 1 ]
expect "the server comes back again" start_server
expect "and nothing was written" [ "$(sql 'select count(*) from scores')" = 100 ]
begin pgo "$run" write out="$pg" table=scores rows=20000 append=1 pause=20000
stop_server immediate
go_on
expect "lost before the commit: exit $status: $(cat err)" [ $status = 2 ]
finish
