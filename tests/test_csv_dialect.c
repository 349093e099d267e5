// SPDX-License-Identifier: Apache-2.0
// test_csv_dialect.c - CSV as people have it: line ends, encodings, blanks, comments, titles, headers of numbers or none, and
// texts that are no CSV at all.
#include "base/mem.h"
#include "table_case.h"

#define CSV(text, says) expect_table(BYTES(text), "x.csv", NULL, says)

// What is the same table in other clothes.
static const char plain[] = "# t|p\n20.5|5\n21|5.25\n22.5|6\n23|7\n";

#define SAME(text) CSV(text, plain)

// The note that goes with it, and with header=say.
static void expect_note(const char *text, const char *say, const char *note, const char *says) {
    const sample_file f = save_sample(text, strlen(text), "x.csv");
    const hg__table_options o = {.header = {.say = say}};
    hg_error err = {0};
    hg__table *t = hg__table_open(f.path, &o, &err);
    if (!t) print_error("%s\n", err.message);
    assert_non_null(t);
    assert_string_equal(t->note, note);
    char *said = tell_table(t, &f);
    assert_string_equal(said, says);
    hg__free(said);
    hg__table_close(t);
    remove_sample(&f);
}

static void lines_end_as_they_like(void **state) {
    (void)state;
    SAME("t,p\n20.5,5\n21,5.25\n22.5,6\n23,7\n");
    SAME("t,p\r20.5,5\r21,5.25\r22.5,6\r23,7");
    SAME("t,p\r20.5,5\r21,5.25\r\r22.5,6\r23,7\n");
    SAME("t,p\r\r\n20.5,5\r\r\n21,5.25\r\r\n22.5,6\r\r\n23,7\r\r\n");
    SAME("t,p\r\n20.5,5\r\n   \r\n21,5.25\r\n22.5,6\r\n23,7\r\n\x1a");
    CSV("a,b\r1,\"x\ry\"\r2\r3,z\r",
        "# a|b\n1|'x\ny'\n! x.csv:4: expected 2 columns, got 1\n3|'z'\n");
}

static void encode(const char *text, bool big, uint8_t *to, size_t *size) {
    for (*size = 0; *text; text++) {
        to[*size + big] = (uint8_t)*text;
        to[*size + !big] = 0;
        *size += 2;
    }
}

#define MENDS(encoding)                                                                           \
 "without a byte order mark; \"iconv -f " encoding " -t UTF-8 x.csv > utf8.csv\" makes UTF-8 of " \
 "it"
static void utf16_is_read_by_its_mark(void **state) {
    (void)state;
    uint8_t bytes[1024] = {0xff, 0xfe};
    size_t size;
    for (int big = 0; big < 2; big++) {
        bytes[0] = big ? 0xfe : 0xff;
        bytes[1] = big ? 0xff : 0xfe;
        encode("t;p\r\n20,5;5\r\n21;5,25\r\n22,5;6\r\n23;7\r\n", big, bytes + 2, &size);
        expect_table(bytes, size + 2, "x.csv", NULL, plain);
        encode("t p\r20.5 5\r21 5.25\r22.5 6\r23 7\r", big, bytes + 2, &size);
        expect_table(bytes, size + 2, "x.csv", NULL, plain);
        encode("t,p\n20.5,5\n", big, bytes, &size);
        expect_table(bytes, size, "x.csv", NULL,
                     big ? "! x.csv: expected lines of cells, got UTF-16 text " MENDS("UTF-16BE")
                         : "! x.csv: expected lines of cells, got UTF-16 text " MENDS("UTF-16LE"));
    }
    // a letter of two bytes, of three, a pair, and half of one
    expect_table(
        BYTES("\xff\xfek\0,\0n\0\n\0\xe4\0,\0\x31\0\n\0\xac\x20,\0\x32\0\n\0\x3d\xd8\0\xde,"
              "\0\x33\0\n\0\x3d\xd8,\0\x34\0\n\0"),
        "x.csv", NULL,
        "# k|n\n'\xc3\xa4'|1\n'\xe2\x82\xac'|2\n'\xf0\x9f\x98\x80'|3\n'\xef\xbf\xbd'|4\n");
    expect_table(BYTES("\xff\xfe"
                       "a\0,\0b\0\n\0"
                       "1"),
                 "x.csv", NULL,
                 "! x.csv: expected UTF-16, of two bytes each, got an odd number of bytes");
}

#define KINDS "expected a table (csv, jsonl, sqlite, mat, npy, npz or idx), got "
static void wide_text_without_a_mark_is_named_with_what_mends_it(void **state) {
    (void)state;
    expect_table(BYTES("{\0\"\0a\0\"\0:\0\xe4\0}\0\n\0"), "x.jsonl", NULL,
                 "! x.jsonl: " KINDS
                 "UTF-16 text without a byte order mark; \"iconv -f UTF-16LE -t "
                 "UTF-8 x.jsonl > utf8.csv\" makes UTF-8 of it");
    // a blank first and letters beyond Latin-1
    expect_table(BYTES("\0 \0a\0,\3\xb1\0\n\0001\0,\0002\0\n"), "x.csv", NULL,
                 "! x.csv: expected lines of cells, got UTF-16 text " MENDS("UTF-16BE"));
    expect_table(BYTES("a\0\0\0,\0\0\0\xb1\3\0\0\n\0\0\0"), "x.csv", NULL,
                 "! x.csv: expected lines of cells, got UTF-32 text " MENDS("UTF-32LE"));
    expect_table(BYTES("\0\0\0a\0\0\0,\0\0\3\xb1\0\0\0\n"), "x.csv", NULL,
                 "! x.csv: expected lines of cells, got UTF-32 text " MENDS("UTF-32BE"));
    // numbers of 16 bits are no text
    expect_table(BYTES("\7\0\1\0\5\0\x30\0\x31\0\x32\0"), "x.bin", NULL,
                 "! x.bin: " KINDS "a file that begins with 07 00 01 00");
}

// Pairs that are cut by the edge of a block.
static void long_utf16_is_read_to_its_end(void **state) {
    (void)state;
    enum { ROWS = 60000 };
    static uint8_t bytes[2 + 10 * ROWS + 64];
    size_t size = 2;
    bytes[0] = 0xff;
    bytes[1] = 0xfe;
    static const uint8_t row[] = {0x3d, 0xd8, 0x00, 0xde, ',', 0, '7', 0, '\n', 0};
    for (int i = 0; i < ROWS; i++, size += sizeof row) memcpy(bytes + size, row, sizeof row);
    const sample_file f = save_sample(bytes, size, "x.csv");
    hg_error err = {0};
    hg__cell cell[2];
    hg__table *t = hg__table_open(f.path, NULL, &err);
    assert_non_null(t);
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(hg__table_next(t, cell, &err), 1);
        assert_int_equal(cell[0].size, 4);
        assert_memory_equal(cell[0].text, "\xf0\x9f\x98\x80", 4);
        assert_true(cell[1].number == 7);
    }
    assert_int_equal(hg__table_next(t, cell, &err), 0);
    hg__table_close(t);
    remove_sample(&f);
}

static void blanks_may_separate(void **state) {
    (void)state;
    SAME("t p\n20.5 5\n21 5.25\n22.5 6\n23 7\n");
    SAME("    t      p\n20.50   5.00\n21.00   5.25   \n22.5\t 6\n\n 23  7\n");
    SAME("t p\n20,5 5\n21 5,25\n22,5 6\n23 7\n");
    CSV("20,5 5,0\n21,0 5,5\n22,5 6,0\n", "20.5|5\n21|5.5\n22.5|6\n");
    CSV("a b\n\"x y\" 1\n\"\tz\" 2\n", "# a|b\n'x y'|1\n'z'|2\n");
    // texts of several words are no columns, nor are thousands, nor units
    CSV("city\nNew York\nLos Angeles\nNew York\n",
        "# city\n'New York'\n'Los Angeles'\n'New York'\n");
    CSV("n\n1 234\n12 000\n1 500\n", "# n\n'1 234'\n'12 000'\n'1 500'\n");
    CSV("w\n70.2 kg\n71 kg\n72 kg\n", "# w\n'70.2 kg'\n'71 kg'\n'72 kg'\n");
    CSV("when\n2024-01-01 12:30\n2024-01-02 12:30\n2024-01-03 12:30\n",
        "# when\n'2024-01-01 12:30'\n'2024-01-02 12:30'\n'2024-01-03 12:30'\n");
    CSV(" 1.5 2.5\n 3.5      7.5\n 2.5 3.5 1.0\n 1.0 2.0 3.0\n 1.5 2.5\n",
        "! x.csv: expected cells between tabs, ';', ',', '|' or blanks, got lines that blanks "
        "divide, "
        "but not as many in each (columns of fixed width?)");
}

static void one_column_stays_one(void **state) {
    (void)state;
    CSV("when\n1 May 2024 10:30\n12 May 2024 11:00\n13 May 2024 9:15\n",
        "# when\n'1 May 2024 10:30'\n'12 May 2024 11:00'\n'13 May 2024 9:15'\n");
    CSV("v\n45,123\n1,200\n7,001\n", "# v\n'45,123'\n'1,200'\n'7,001'\n");
    CSV("v\n$5,123\n$1,200\n$7,001\n", "# v\n'$5,123'\n'$1,200'\n'$7,001'\n");
    CSV("v\n5,12 kg\n10,5 kg\n7,01 kg\n", "# v\n'5,12 kg'\n'10,5 kg'\n'7,01 kg'\n");
    CSV("v\n1,200,300.5\n1,200,100.5\n1,200.5\n", "# v\n'1,200,300.5'\n'1,200,100.5'\n'1,200.5'\n");
    CSV("a b\n1 200\n2 050\n5 700\n", "# a b\n'1 200'\n'2 050'\n'5 700'\n");
    CSV("a b\n1 200\n2 350\n5 700\n", "# a|b\n1|200\n2|350\n5|700\n"); // two names
    CSV("2024-05-01 12:00 0.5\n2024-05-02 13:00 0.25\n2024-05-03 14:30 0.5\n",
        "'2024-05-01'|'12:00'|0.5\n'2024-05-02'|'13:00'|0.25\n'2024-05-03'|'14:30'|0.5\n");
}

static void comments_are_passed_over(void **state) {
    (void)state;
    SAME("# by a logger\nt,p\n20.5,5\n21,5.25\n22.5,6\n23,7\n");
    SAME("# by a logger, version 2\nt,p\n20.5,5\n21,5.25\n22.5,6\n23,7\n");
    SAME("#\n# by a logger\n#\n\nt,p\n20.5,5\n21,5.25\n  # changed\n22.5,6\n23,7\n# end, of all\n");
    SAME("% a\n% b, c\nt\tp\n20.5\t5\n21\t5.25\n22.5\t6\n23\t7\n");
    SAME("// a\nt,p\n20.5,5\n21,5.25\n// b / c\n22.5,6\n23,7\n");
    SAME("; a\nt,p\n20.5,5\n21,5.25\n22.5,6\n23,7\n");
    SAME("t,p\n20.5,5\n# 99,5\n21,5.25\n22.5,6\n#99,6\n23,7\n");
    // as numpy and gnuplot have it: the last names the columns
    SAME("# by a logger\n# t,p\n20.5,5\n21,5.25\n22.5,6\n23,7\n");
    SAME("#t p\n20.5 5\n21 5.25\n22.5 6\n23 7\n");
    SAME("# t p\n20.5 5\n21 5.25\n22.5 6\n23 7\n");
    CSV("# a\n# b\n1\n2\n", "# b\n1\n2\n");
    // no comments: rows of texts that begin so, and what was a header always
    CSV("tag,n\n#a,1\n#b,2\nc,3\nd\n",
        "# tag|n\n'#a'|1\n'#b'|2\n'c'|3\n! x.csv:5: expected 2 columns, got 1\n");
    CSV("# t,p\n1,2\n3,4\n", "# # t|p\n1|2\n3|4\n");
    CSV("a,b\n1,\"x\n# y\"\n# z\n2,w\n", "# a|b\n1|'x\n# y'\n2|'w'\n");
}

static void other_quotes_are_seen(void **state) {
    (void)state;
    CSV("a,b\n1,'x, y'\n2,'it''s'\n3,'say \"hi\", ok'\n4,'p, q'\n",
        "# a|b\n1|'x, y'\n2|'it's'\n3|'say \"hi\", ok'\n4|'p, q'\n");
    CSV("a,b\n1,\"x \\\"y\\\", z\"\n2,\"\\\\\"\n3,\"c, \\\"d\"\n",
        "# a|b\n1|'x \"y\", z'\n2|'\\'\n3|'c, \"d'\n");
    CSV("'a','b'\n'1','x'\n'2','y'\n", "# a|b\n1|'x'\n2|'y'\n");
    CSV("'a','b'\n'w','x'\n'v','y'\n", "# a|b\n'w'|'x'\n'v'|'y'\n");
    CSV("n,w\n'1,x\n'2,y\n'3,z\n",
        "# n|w\n''1'|'x'\n''2'|'y'\n''3'|'z'\n"); // a spreadsheet's
    CSV("a,b\n1,it's\n2,x\n", "# a|b\n1|'it's'\n2|'x'\n");
}

static void separators_behind_backslashes_divide_nothing(void **state) {
    (void)state;
    CSV("x,name\n1,a\\, b\n2,b\\, c\n3,a\\, c\n",
        "! x.csv: expected cells between tabs, ';', ',', '|' or blanks, got lines that hold "
        "separators behind backslashes; cells with a separator want quotes");
    CSV("x,path\n1,a\\\n2,b\\\n", "# x|path\n1|'a\\'\n2|'b\\'\n");
}

static void a_separator_may_be_said(void **state) {
    (void)state;
    SAME("sep=;\nt;p\n20,5;5\n21;5,25\n22,5;6\n23;7\n");
    SAME("\xef\xbb\xbf\"SEP=,\"\r\nt,p\r\n20.5,5\r\n21,5.25\r\n22.5,6\r\n23,7\r\n");
    SAME("sep=:\nt:p\n20.5:5\n21:5.25\n22.5:6\n23:7\n");
    SAME("sep=\\t\nt\tp\n20.5\t5\n21\t5.25\n22.5\t6\n23\t7\n");
    SAME("sep= \nt p\n20.5 5\n21 5.25\n22.5 6\n23 7\n");
    SAME("t^p\n20.5^5\n21^5.25\n22.5^6\n23^7\n");
    SAME("t\x1fp\n20.5\x1f"
         "5\n21\x1f"
         "5.25\n22.5\x1f"
         "6\n23\x1f"
         "7\n");
    SAME("t|p\n20,5|5\n21|5,25\n22,5|6\n23|7\n");
    CSV("x\n3,14\n2,71\n1,5\n", "# x\n3.14\n2.71\n1.5\n"); // one column
    CSV("a:b\nx:1.5\ny:2\nz:3\n", "! x.csv: expected cells between tabs, ';', ',', '|' or blanks, "
                                  "got lines that ':' seems to "
                                  "divide; a first line sep=: says that it does");
    CSV("k=v\na=1\nb=2\nc=3\n", "! x.csv: expected cells between tabs, ';', ',', '|' or blanks, "
                                "got lines that '=' seems to "
                                "divide; a first line sep== says that it does");
    CSV("t\n12:30:00\n12:31:00\n12:32:00\n", "# t\n'12:30:00'\n'12:31:00'\n'12:32:00'\n");
}

static void lines_above_the_table_are_passed_over(void **state) {
    (void)state;
    expect_note("Hall 3\nt;p\n20,5;5\n21;5,25\n22,5;6\n23;7\n", NULL,
                "1 line above the table is passed over", plain);
    expect_note("Hall 3, all\nby: me\n\n\nt;p\n20,5;5\n21;5,25\n22,5;6\n23;7\n", NULL,
                "2 lines above the table are passed over", plain);
    expect_note("Hall 3;\n;\nt;p\n20,5;5\n21;5,25\n22,5;6\n23;7\n", NULL,
                "2 lines above or below the names of columns are passed over", plain);
    expect_note("t,p\n[C],[bar]\n20.5,5\n21,5.25\n22.5,6\n23,7\n", NULL,
                "1 line above or below the names of columns is passed over", plain);
    expect_note("station,5\nday,2024\nt,p\n20.5,5\n21,5.25\n22.5,6\n23,7\n", NULL,
                "2 lines above or below the names of columns are passed over", plain);
    // rows that are too short stay bad rows
    CSV("a,b\n1,2\n3\n4,5,6\n7,8\n", "# a|b\n1|2\n! x.csv:3: expected 2 columns, got 1\n! x.csv:4: "
                                     "expected 2 columns, got 3\n7|8\n");
    SAME("t,p\n20.5,5\n21,5.25\n22.5,6\n23,7\n"
         "");
    CSV("t,p\n1,2\n3,4\n5,6\n(3 rows)\n",
        "# t|p\n1|2\n3|4\n5|6\n! x.csv:5: expected 2 columns, got 1\n");
}

static void names_may_be_one_fewer(void **state) {
    (void)state;
    CSV("t,p\n20.5,5,\n21,5.25,\n22,6,\n", "# t|p|column 3\n20.5|5|?\n21|5.25|?\n22|6|?\n");
    CSV("t p\n1 20.5 5\n2 21 5.25\n3 22 6\n", "# column 1|t|p\n1|20.5|5\n2|21|5.25\n3|22|6\n");
    CSV("\"t\",\"p\"\n\"a\",1,2\n\"b\",3,4\n\"c\",5,6\n",
        "# column 1|t|p\n'a'|1|2\n'b'|3|4\n'c'|5|6\n");
    CSV("x,y\n7,8,\n", "# x|y\n! x.csv:2: expected 2 columns, got 3\n");
}

// ---- headers ------------------------------------------------------------------------------------

static void numbers_may_be_names(void **state) {
    (void)state;
    expect_note("1100,1102,1104\n0.5,0.25,0.5\n0.75,0.5,0.5\n0.5,0.5,0.25\n", NULL,
                "the first row (1100, 1102, 1104) is taken as names of columns; header=no takes it "
                "as a row",
                "# 1100|1102|1104\n0.5|0.25|0.5\n0.75|0.5|0.5\n0.5|0.5|0.25\n");
    CSV("9,8,7,6\n0.5,0.25,0.5,1\n0.75,0.5,0.5,1\n0.5,0.5,0.25,1\n",
        "# 9|8|7|6\n0.5|0.25|0.5|1\n0.75|0.5|0.5|1\n0.5|0.5|0.25|1\n");
    CSV("2019,2020,2021\n500,2500,70\n2010,3,4\n5,9,2019\n",
        "# 2019|2020|2021\n500|2500|70\n2010|3|4\n5|9|2019\n");
    CSV("0,1\n0.5,0.25\n1.5,0.5\n0.75,2.5\n", "# 0|1\n0.5|0.25\n1.5|0.5\n0.75|2.5\n");
    CSV(",0,1\n0,5,7\n1,6,8\n", "# column 1|0|1\n0|5|7\n1|6|8\n"); // as pandas writes it
    CSV("0,1,2,3,4,5\n9,3,7,1,2,8\n4,4,9,9,2,1\n7,2,5,5,1,3\n",
        "# 0|1|2|3|4|5\n9|3|7|1|2|8\n4|4|9|9|2|1\n7|2|5|5|1|3\n");
    CSV("place,2019,2020,2021\nA,5.5,1,2\nB,,3,4\nA,5,9,7\n",
        "# place|2019|2020|2021\n'A'|5.5|1|2\n'B'|?|3|4\n'A'|5|9|7\n");
    // rows, though they rise
    CSV("a,1,2,3\nb,2,3,4\na,3,4,5\nb,4,5,6\n", "'a'|1|2|3\n'b'|2|3|4\n'a'|3|4|5\n'b'|4|5|6\n");
    CSV("1,2,3\n4,5,6\n7,8,9\n2,5,4\n", "1|2|3\n4|5|6\n7|8|9\n2|5|4\n");
    CSV("1,2,3,4,5,6\n2,3,4,5,6,7\n3,4,5,6,7,8\n", "1|2|3|4|5|6\n2|3|4|5|6|7\n3|4|5|6|7|8\n");
    CSV("0.1,0.2,0.3\n0.3,0.1,0.2\n0.2,0.2,0.5\n0.4,0.1,0.1\n", "0.1|0.2|0.3\n"
                                                                "0.3|0.1|0.2\n"
                                                                "0.2|0.2|0.5\n"
                                                                "0.4|0.1|0.1\n");
    CSV("5,9,70\n1,2,3\n2,1,3\n1,1,1\n", "5|9|70\n1|2|3\n2|1|3\n1|1|1\n");
    expect_note("1100,1102,1104\n0.5,0.25,0.5\n0.75,0.5,0.5\n0.5,0.5,0.25\n", "no", "",
                "1100|1102|1104\n0.5|0.25|0.5\n0.75|0.5|0.5\n0.5|0.5|0.25\n");
    expect_note("5,9\n1,2\n", "yes", "", "# 5|9\n1|2\n");
}

static void words_may_be_a_row(void **state) {
    (void)state;
    expect_note("e,f,s\np,b,y\ne,f,y\np,b,s\n", NULL,
                "the first row (e, f, s) is taken as a row, as those below are like it; header=yes "
                "takes it as names",
                "'e'|'f'|'s'\n'p'|'b'|'y'\n'e'|'f'|'y'\n'p'|'b'|'s'\n");
    expect_note("e,f,s\np,b,y\ne,f,y\np,b,s\n", "yes", "",
                "# e|f|s\n'p'|'b'|'y'\n'e'|'f'|'y'\n'p'|'b'|'s'\n");
    expect_note("a,b\nx,y\n", "no", "", "'a'|'b'\n'x'|'y'\n");
    CSV("2024-01-01,ok\n2024-01-02,bad\n2024-01-03,odd\n",
        "'2024-01-01'|'ok'\n'2024-01-02'|'bad'\n'2024-01-03'|'odd'\n");
    CSV("a,b\nx,y\nx,z\na,b\n", "# a|b\n'x'|'y'\n'x'|'z'\n'a'|'b'\n"); // two files in one
    CSV("colour,shape\nred,round\nred,flat\n", "# colour|shape\n'red'|'round'\n'red'|'flat'\n");
}

// What a model knows of its columns.
static void a_model_knows_its_names(void **state) {
    (void)state;
    static const char *const names[] = {"1", "2"}, *const others[] = {"a", "b"};
    static const struct {
        const char *text;
        hg__header_options wanted;
        const char *says;
    } cases[] = {
        {"1,2\n5,6\n",     {.is_known = true, .name = names, .names = 2},  "# 1|2\n5|6\n"      },
        {"2,x,1\n5,y,6\n", {.is_known = true, .name = names, .names = 2},  "# 2|x|1\n5|'y'|6\n"},
        {"1,2\n5,6\n",     {.is_known = true, .name = others, .names = 2}, "1|2\n5|6\n"        },
        {"e,f\np,b\n",     {.is_known = true},                             "'e'|'f'\n'p'|'b'\n"},
        {"e,f\n1,b\n",     {.is_known = true},                             "# e|f\n1|'b'\n"    },
        {"a,b\nx,y\n",     {.is_known = true, .name = others, .names = 2}, "# a|b\n'x'|'y'\n"  },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hg__table_options o = {.header = cases[i].wanted};
        expect_table(cases[i].text, strlen(cases[i].text), "x.csv", &o, cases[i].says);
    }
}

// ---- ARFF, archives, other formats ------------------------------------------------------------------

static void arff_is_read(void **state) {
    (void)state;
    CSV("% it's made\n@RELATION 'a b'\n\n@attribute t numeric\n@attribute 'my p' {on,'off x'}\n"
        "@inputs t\n@DATA\n1,on\n% c\n2,'off x'\n?,?\n3\n",
        "# t|my p\n1|'on'\n2|'off x'\n?|?\n! x.csv:12: expected 2 columns, got 1\n");
    CSV("@relation a\n@attribute t{1,2}\n@attribute \"q r\" real\n@data\n1,2\n", "# t|q r\n1|2\n");
    CSV("@relation a\n@attribute t real\n",
        "! x.csv:2: ARFF: expected @data, got the end of the file");
    CSV("@relation a\n@data\n1\n", "! x.csv:2: ARFF: expected @attribute before @data");
    CSV("@relation a\n@attribute x\n@data\n1\n",
        "! x.csv:2: ARFF: expected a name and a type behind @attribute");
    CSV("@relation a\n@attribute x relational\n@end x\n@data\n1\n",
        "! x.csv:2: ARFF: expected columns of cells, got a relational one");
    CSV("@relation a\n@attribute x real\n@data\n{0 1}\n",
        "! x.csv:4: ARFF: expected rows of cells, got sparse rows ({index value, ...})");
}

static void what_is_no_csv_is_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *name;
    } other_formats[] = {
        {"<!DOCTYPE html>\n<html></html>\n",                     "a web page"                },
        {"\n<table>\n<tr><td>1</td></tr></table>\n",             "markup (XML, HTML)"        },
        {"<?xml version=\"1.0\"?>\n<a/>\n",                      "an XML file"               },
        {"[\n {\"a\": 1},\n {\"a\": 2}\n]\n",                    "JSON"                      },
        {"[[1,2],[3,4]]\n",                                      "JSON"                      },
        {"[1, 2]\n[3, 4]\n",                                     "JSON"                      },
        {"{\n \"a\": [1, 2]\n}\n",                               "JSON"                      },
        {"-- dump\nINSERT INTO t VALUES (1,2);\n",               "an SQL dump"               },
        {"CREATE TABLE t (a int);\n",                            "an SQL dump"               },
        {"# x\n@problemName a\n@data\n1,2:0\n",                  "a time series file (.ts)"  },
        {"%%MatrixMarket matrix\n1 1 1\n",                       "a Matrix Market file"      },
        {"| a | b |\n|---|---|\n| 1 | 2 |\n",                    "a table drawn with lines"  },
        {"+---+---+\n| a | b |\n+---+---+\n",                    "a table drawn with lines"  },
        {" a | b \n---+---\n 1 | 2\n",                           "a table drawn with lines"  },
        {"---\na: 1\nb: 2\n",                                    "YAML"                      },
        {"[a]\nx=1\n",                                           "settings in sections (INI)"},
        {"1 1:0.5 3:1\n0 2:0.5\n",                               "pairs of index and value"  },
        {"- a: 1\n  b: 2\n- a: 2\n  b: 3\n",                     "YAML"                      },
        {"// log\n{\"a\": 1, \"b\": 2}\n{\"a\": 2, \"b\": 2}\n", "nearly JSON"               },
        {"{'a': 1, 'b': 2}\n{'a': 2, 'b': 2}\n",                 "nearly JSON"               },
        {"(lp0\nI1\naI2\naI3\na.",                               "a Python pickle"           },
        {"ID;PWXL;N;E\nC;Y1;X1;K1\n",                            "a SYLK file"               },
        {"version https://git-lfs.github.com/spec/v1\noid 1\n",  "a Git LFS pointer"         },
    };
    for (size_t i = 0; i < sizeof other_formats / sizeof *other_formats; i++) {
        const sample_file f =
            save_sample(other_formats[i].text, strlen(other_formats[i].text), "x.csv");
        hg_error err = {0};
        hg__table *t = hg__table_open(f.path, NULL, &err);
        if (t || !strstr(err.message, other_formats[i].name)) {
            print_error("%s: %s\n", other_formats[i].name, err.message);
        }
        assert_null(t);
        assert_non_null(strstr(err.message, other_formats[i].name));
        assert_int_equal(err.code, HG_ERR_DATA);
        remove_sample(&f);
    }
    expect_table(BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "x.csv", NULL,
                 "! x.csv: expected lines of cells, got nothing but zero bytes");
    expect_table(BYTES("\xff\xfe{\0\"\0a\0\"\0:\0\x31\0}\0\n\0"), "x.csv", NULL,
                 "! x.csv: expected lines of cells, got lines of JSON; save it as UTF-8 first");
    // cells that only begin so
    CSV("<NA>,1\nx,2\n", "?|1\n'x'|2\n");
    CSV("[NULL],1\n5,2\n", "?|1\n5|2\n");
    CSV("{a},1\n{b},2\n", "'{a}'|1\n'{b}'|2\n");
}

static void an_archive_of_one_text_is_that_text(void **state) {
    (void)state;
    static const struct {
        const char *seed, *says;
    } cases[] = {
        {"npz/text.zip",  "# a|b\n1|'x'\n2|'y'\n"                                            },
        {"npz/lines.zip", "# a|b\n1|'x'\n2|'y'\n"                                            },
        {"npz/texts.zip", "! x.zip: expected a table or arrays, got a zip archive of 2 files "
                          "(a.csv, ...): unpack it"                 },
        {"npz/empty.npz", "! x.zip: expected a table or arrays, got an empty zip archive"    },
        {"npz/book.xlsx",
         "! x.zip: expected a table or arrays, got an Excel workbook (.xlsx): save it as CSV"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[4096];
        const size_t size = read_seed(cases[i].seed, bytes, sizeof bytes);
        expect_table(bytes, size, "x.zip", NULL, cases[i].says);
    }
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_table("table_csv/good_utf16.csv", "x.csv");
    damage_table("table_csv/good_blanks.txt", "x.csv");
    damage_table("table_csv/good_titles.csv", "x.csv");
    damage_table("table_csv/good.arff", "x.csv");
    damage_table("npz/text.zip", "x.zip");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_as_they_like),
        cmocka_unit_test(utf16_is_read_by_its_mark),
        cmocka_unit_test(wide_text_without_a_mark_is_named_with_what_mends_it),
        cmocka_unit_test(long_utf16_is_read_to_its_end),
        cmocka_unit_test(blanks_may_separate),
        cmocka_unit_test(one_column_stays_one),
        cmocka_unit_test(comments_are_passed_over),
        cmocka_unit_test(other_quotes_are_seen),
        cmocka_unit_test(separators_behind_backslashes_divide_nothing),
        cmocka_unit_test(a_separator_may_be_said),
        cmocka_unit_test(lines_above_the_table_are_passed_over),
        cmocka_unit_test(names_may_be_one_fewer),
        cmocka_unit_test(numbers_may_be_names),
        cmocka_unit_test(words_may_be_a_row),
        cmocka_unit_test(a_model_knows_its_names),
        cmocka_unit_test(arff_is_read),
        cmocka_unit_test(what_is_no_csv_is_named),
        cmocka_unit_test(an_archive_of_one_text_is_that_text),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
