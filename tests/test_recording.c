// SPDX-License-Identifier: Apache-2.0
// test_recording.c - tables as recordings: which column is the time, the label, a channel; what cannot be read; several files as one.
#include "base/mem.h"
#include "faults.h"
#include "recording_case.h"

#define CSV(text, says) expect_recording(BYTES(text), "x.csv", NULL, says)
// The same with options: WITH("...", "# ...", .label = "y")
#define WITH(text, says, ...)                       \
 do {                                               \
  const hg__recording_options o = {__VA_ARGS__};    \
  expect_recording(BYTES(text), "x.csv", &o, says); \
 } while (0)

// ---- time ---------------------------------------------------------------------------------------

static void a_column_of_times_is_the_time(void **state) {
    (void)state;
    CSV("timestamp,a,b\n2024-01-01 00:00:00,1,2\n2024-01-01 00:05:00,3,\n2024-01-01 "
        "00:10:00,5,6\n",
        "# a|b\n*0@1.7040672e+09 '2024-01-01 00:00:00': 1|2\n1@1.7040675e+09 '2024-01-01 "
        "00:05:00': 3|?\n2@1.7040678e+09 '2024-01-01 00:10:00': 5|6\n"
        "(time column 'timestamp'; a step every 5 min; 1 missing cell)\n");
    CSV("a,when\n7,31.12.2023 23:00\n8,01.01.2024 00:00\n9,01.01.2024 01:00\n",
        "# a\n*0@1.7040636e+09 '31.12.2023 23:00': 7\n1@1.7040672e+09 '01.01.2024 00:00': 8\n"
        "2@1.7040708e+09 '01.01.2024 01:00': 9\n(time column 'when'; a step every 1 h)\n");
}

static void numbers_are_times_by_name_or_by_size(void **state) {
    (void)state;
    CSV("a,t\n7,0.5\n8,1\n9,1.5\n", "# a\n*0@0.5 '0.5': 7\n1@1 '1': 8\n2@1.5 '1.5': 9\n"
                                    "(time column 't'; a step every 0.5 s)\n");
    CSV("Time [ms],a\n10,7\n20,8\n", "# a\n*0@0.01 '10': 7\n1@0.02 '20': 8\n"
                                     "(time column 'Time [ms]'; a step every 0.01 s)\n");
    CSV("x,a\n1704067200,7\n1704067260,8\n",
        "# a\n*0@1.7040672e+09 '1704067200': 7\n1@1.70406726e+09 '1704067260': 8\n"
        "(time column 'x'; a step every 1 min)\n");
    CSV("x,a\n1704067200000,7\n1704067260000,8\n",
        "# a\n*0@1.7040672e+09 '1704067200000': 7\n1@1.70406726e+09 '1704067260000': 8\n"
        "(time column 'x'; a step every 1 min)\n");
    // They fall, or nothing says that they are times.
    CSV("t,a\n3,7\n2,8\n", "# t|a\n*0: 3|7\n1: 2|8\n");
    CSV("speed,a\n3,7\n4,8\n", "# speed|a\n*0: 3|7\n1: 4|8\n");
}

static void time_says_which_column_it_is(void **state) {
    (void)state;
    WITH("speed,a\n3,7\n4,8\n",
         "# a\n*0@3 '3': 7\n1@4 '4': 8\n(time column 'speed'; a step every 1 s)\n",
         .time = "speed");
    WITH("t,a\n3,7\n4,8\n", "# t|a\n*0: 3|7\n1: 4|8\n", .time = "none");
    WITH("t,a\n3,7\n4,8\n",
         "! x.csv: timestamp=s: expected the name of a column or a number from 1 to 2; did you "
         "mean 't'?",
         .time = "s");
    WITH("t,a\n3,y\n4,x\n5,6\n", "! x.csv: timestamp=a: expected times or numbers, got 'y'",
         .time = "a");
}

static void a_time_of_day_goes_on_behind_midnight(void **state) {
    (void)state;
    CSV("time,a\n23:59:58,1\n23:59:59,2\n00:00:00,3\n00:00:01,4\n",
        "# a\n*0@86398 '23:59:58': 1\n1@86399 '23:59:59': 2\n2@86400 '00:00:00': 3\n"
        "3@86401 '00:00:01': 4\n(time column 'time'; a step every 1 s)\n");
}

static void a_day_and_a_time_of_day_are_one_time(void **state) {
    (void)state;
    static const char says[] =
        "# a\n*0@1.70406702e+09 '31/12/2023 23:57:00': 1\n1@1.70406708e+09 '31/12/2023 23:58:00': "
        "2\n"
        "2@1.70406714e+09 '31/12/2023 23:59:00': 3\n3@1.7040672e+09 '1/1/2024 00:00:00': 4\n";
    char with[512];
    snprintf(with, sizeof with, "%s(time columns 'Date' and 'Time'; a step every 1 min)\n", says);
    CSV("Date;Time;a\n31/12/2023;23:57:00;1\n31/12/2023;23:58:00;2\n31/12/2023;23:59:00;3\n"
        "1/1/2024;00:00:00;4\n",
        with);
    CSV("Time;a;Date\n23:57:00;1;31/12/2023\n23:58:00;2;31/12/2023\n23:59:00;3;31/12/2023\n"
        "00:00:00;4;1/1/2024\n",
        with);
}

static void fractions_and_zones_are_read(void **state) {
    (void)state;
    CSV("t,a\n2024-01-01T00:00:00.25Z,1\n2024-01-01T00:00:00.5Z,2\n2024-01-01T00:00:00.75Z,3\n",
        "# a\n*0@1.7040672e+09 '2024-01-01T00:00:00.25Z': 1\n1@1.7040672e+09 "
        "'2024-01-01T00:00:00.5Z': 2\n2@1.7040672e+09 '2024-01-01T00:00:00.75Z': 3\n"
        "(time column 't'; a step every 0.25 s)\n");
}

static void times_that_fall_are_refused_with_a_way_out(void **state) {
    (void)state;
    CSV("time,a\n2024-01-03,1\n2024-01-02,2\n2024-01-01,3\n",
        "! x.csv: column 'time': expected times that rise, got the newest first: sort the rows by "
        "it, or take them as they come with timestamp=none");
    CSV("ts,a\n1704067320,1\n1704067260,2\n1704067200,3\n",
        "! x.csv: column 'ts': expected times that rise, got the newest first: sort the rows by "
        "it, or take them as they come with timestamp=none");
    CSV("time,a\n2024-01-01,1\n2024-01-05,2\n2024-01-02,3\n2024-01-06,3\n2024-01-03,3\n2024-01-07,3"
        "\n",
        "! x.csv: column 'time': expected times that rise, got 2 of the first 6 that fall: where "
        "recordings are mixed, groupby= names the column that tells them apart; else sort the rows "
        "by it, or take them as they come with timestamp=none");
    WITH("when it was,a\n2024-01-03,1\n2024-01-02,2\n2024-01-01,3\n",
         "! x.csv: column 'when it was': expected times that rise, got the newest first: sort the "
         "rows by it, or take them as they come with timestamp=none",
         .time = "when it was");
    WITH("time,a\n2024-01-03,1\n2024-01-02,2\n2024-01-01,3\n",
         "# a\n*0: 1\n1: 2\n2: 3\n(no numbers, left out: 'time')\n", .time = "none");
    CSV("time,a\n23:00:00,1\n11:00:00,2\n23:00:00,3\n11:00:00,4\n",
        "# a\n*0: 1\n1: 2\n2: 3\n3: 4\n(no numbers, left out: 'time')\n");
}

// ---- groups -------------------------------------------------------------------------------------

static void each_group_is_a_recording_of_its_own(void **state) {
    (void)state;
    WITH("time,m,a\n2024-01-01,x,1\n2024-01-01,y,10\n2024-01-02,y,20\n2024-01-02,x,2\n",
         "# a\n*0@1.7040672e+09 '2024-01-01': 1\n3@1.7041536e+09 '2024-01-02': 2\n"
         "*1@1.7040672e+09 '2024-01-01': 10\n2@1.7041536e+09 '2024-01-02': 20\n"
         "(time column 'time'; 2 recordings by 'm', mixed; a step every 1 "
         "d)\n",
         .group = "m");
    WITH("m,a\nx,1\nx,2\n7,3\n7.0,4\n,5\n",
         "# a\n*0: 1\n1: 2\n*2: 3\n3: 4\n*4: 5\n(3 recordings by 'm')\n", .group = "m");
    WITH("m,a\nx,1\n", "# a\n*0: 1\n(1 recording by 'm')\n", .group = "1");
}

// Times of day go on from one row of a group to its next: such groups are read one after the other.
static void groups_that_are_not_held_are_read_one_by_one(void **state) {
    (void)state;
    WITH("time,m,a\n23:59:58,x,1\n23:59:57,y,10\n23:59:59,x,2\n00:00:00,y,20\n00:00:00,x,3\n",
         "# a\n*0@86398 '23:59:58': 1\n2@86399 '23:59:59': 2\n4@86400 '00:00:00': 3\n"
         "*1@86397 '23:59:57': 10\n-@86398 '': ?\n-@86399 '': ?\n3@86400 '00:00:00': 20\n"
         "(time column 'time'; 2 recordings by 'm', mixed; read 2 times; a step every 1 s; 1 gap "
         "(the longest 3 s))\n",
         .group = "m");
}

static void a_group_that_cannot_be_had_is_refused(void **state) {
    (void)state;
    WITH("m,a\nx,1\n",
         "! x.csv: groupby=n: expected the name of a column or a number from 1 to 2; did you mean "
         "'m'?",
         .group = "n");
    WITH("m,a\nx,1\n",
         "# a\n*0: 1\n(without a column 'n' it is one recording; no numbers, left out: 'm')\n",
         .group = "n", .group_may_lack = true);
}

static void a_bad_row_is_of_no_group(void **state) {
    (void)state;
    WITH("m,a\nx,1\ny,2\nx,3,4\nx,5\n",
         "# a\n*0: 1\n3: 5\n*1: 2\n(2 recordings by 'm', mixed; 1 row with "
         "what cannot be read, taken as missing)\n",
         .group = "m", .on_bad = "skip");
    WITH("m,a\nx,1\ny,2\nx,3,4\nx,5\n", "! x.csv:4: expected 2 columns, got 3", .group = "m");
}

// Groups in the order of their numbers, each row with its own, whichever way they lie.
static void many_groups_are_told_apart(void **state) {
    (void)state;
    hg__text text = {0};
    hg_error err = {0};
    hg__steps steps;
    enum { GROUPS = 300, EACH = 4 };
    hg__text_add(&text, "m,a\n");
    for (int i = 0; i < GROUPS * EACH; i++) hg__text_add(&text, "g%d,%d\n", i % GROUPS, i);
    const sample_file f = save_sample(text.data, text.length, "x.csv");
    const hg__recording_options o = {.group = "m"};
    hg__recording *r = hg__recording_open(f.path, &o, &err);
    assert_non_null(r);
    int64_t count = 0;
    while (hg__recording_next(r, &steps, &err) > 0) {
        for (int32_t i = 0; i < steps.count; i++, count++) {
            assert_int_equal(steps.row[i], count % EACH * GROUPS + count / EACH);
            assert_int_equal((int64_t)steps.value[i], steps.row[i]);
            assert_int_equal(steps.begins[i], count % EACH == 0);
        }
    }
    assert_int_equal(count, GROUPS * EACH);
    hg__recording_close(r);
    remove_sample(&f);
    hg__text_clear(&text);
}

// ---- columns ------------------------------------------------------------------------------------

static void columns_of_text_are_left_out(void **state) {
    (void)state;
    CSV("a,who,b\n1,x,2\n3,y,4\n", "# a|b\n*0: 1|2\n1: 3|4\n(no numbers, left out: 'who')\n");
    CSV("who\nx\ny\n", "! x.csv: expected a column of numbers beside time and label, got none");
}

static void switches_are_numbers(void **state) {
    (void)state;
    CSV("valve,a\ntrue,2\nFALSE,4\n,5\n", "# valve|a\n*0: 1|2\n1: 0|4\n2: ?|5\n(1 missing cell)\n");
    CSV("valve,a\non,2\noff,4\n", "# valve|a\n*0: 1|2\n1: 0|4\n");
}

static void a_count_of_rows_is_no_channel(void **state) {
    (void)state;
    CSV(",a\n0,5\n1,6\n2,7\n",
        "# a\n*0: 5\n1: 6\n2: 7\n(column 'column 1' counts rows: left out)\n");
    CSV("index,a\n7,5\n8,6\n9,7\n",
        "# a\n*0: 5\n1: 6\n2: 7\n(column 'index' counts rows: left out)\n");
    CSV("load,a\n7,5\n8,6\n9,7\n", "# load|a\n*0: 7|5\n1: 8|6\n2: 9|7\n");
}

static void labels_that_nobody_named_are_left_out(void **state) {
    (void)state;
    CSV("a,anomaly\n1,0\n2,1\n",
        "# a\n*0: 1\n1: 2\n(column 'anomaly' looks like labels: left out)\n");
    CSV("a,Label\n1,true\n2,false\n",
        "# a\n*0: 1\n1: 2\n(column 'Label' looks like labels: left out)\n");
    CSV("a,label\n1,0\n2,3\n", "# a|label\n*0: 1|0\n1: 2|3\n");
    CSV("a,pump\n1,0\n2,1\n", "# a|pump\n*0: 1|0\n1: 2|1\n");
}

static void numbers_in_other_clothes_are_numbers(void **state) {
    (void)state;
    CSV("a,b\n\"1,234\",1\n950,2\n\"12,000.5\",3\n", "# a|b\n*0: 1234|1\n1: 950|2\n2: 12000.5|3\n");
    CSV("a;b\n1.234,5;1\n950,25;2\n", "# a|b\n*0: 1234.5|1\n1: 950.25|2\n");
    CSV("a,b\n70.2 kg,1\n$3,2\n", "# b\n*0: 1\n1: 2\n(no numbers, left out: 'a')\n");
    CSV("a,b\n70.2 kg,1\n,2\n3.5 kg,3\n",
        "# a|b\n*0: 70.2|1\n1: ?|2\n2: 3.5|3\n(1 missing cell)\n");
}

static void a_label_marks_anomalies(void **state) {
    (void)state;
    WITH("a,y\n1,0\n2,1\n3,0\n", "# a\n*0: 1\n1 !: 2\n2: 3\n", .label = "y");
    WITH("a,y,b\n1,idle,4\n2,work,5\n3,broken,6\n", "# a\n*0: 1\n1: 2\n2 !: 3\n", .label = "y",
         .normal = "idle,work", .ignore = "b");
    WITH("a,y\n1,0\n",
         "! x.csv: label=z: expected the name of a column or a number from 1 to 2; did you mean "
         "'a'?",
         .label = "z");
}

static void a_models_channels_are_found(void **state) {
    (void)state;
    static const char *const names[] = {"b", "a"};
    static const char *const made[] = {"column 1", "column 2"};
    WITH("a,b,c\n1,2,3\n4,,6\n", "# b|a\n*0: 2|1\n1: ?|4\n(1 missing cell)\n", .channel = names,
         .channels = 2);
    WITH("a,b\n1,\n4,\n", "# b|a\n*0: ?|1\n1: ?|4\n(2 missing cells)\n", .channel = names,
         .channels = 2);
    WITH("1,2\n4,5\n", "# b|a\n*0: 1|2\n1: 4|5\n", .channel = names, .channels = 2);
    WITH("u,v\n1,2\n4,5\n", "# column 1|column 2\n*0: 1|2\n1: 4|5\n", .channel = made,
         .channels = 2);
    WITH("a,B\n1,2\n4,5\n",
         "! x.csv: expected a channel 'b', got none of that name; did you mean 'a'?",
         .channel = names, .channels = 2);
    static const char *const rises[] = {"t"};
    WITH("t,a\n1,2\n4,5\n", "# t\n*0: 1\n1: 4\n", .channel = rises, .channels = 1);
    WITH("1,2,3\n4,5,6\n", "! x.csv: expected 2 channels, got 3", .channel = names, .channels = 2);
}

// ---- what cannot be read ------------------------------------------------------------------------

static void what_cannot_be_read_stops(void **state) {
    (void)state;
    WITH("t,a\n1,1\ny,2\n3,3\n",
         "! x.csv:3: column 't': expected a time, got 'y'; "
         "on_bad=score_missing takes it as missing",
         .time = "t");
    CSV("a,b\n1,1\n2,x\n3,3\n", "! x.csv:3: column 'b': expected a number, got 'x'; "
                                "on_bad=score_missing takes it as missing");
    CSV("a,b\n1,1\n2,2,2\n3,3\n", "! x.csv:3: expected 2 columns, got 3");
}

static void what_cannot_be_read_is_missing_where_it_may_be(void **state) {
    (void)state;
    WITH("t,a,b\n1,1,1\n2,x,2\n3,3\n4,4,1e60\n5,5,5\n",
         "# a|b\n*0@1 '1': 1|1\n1@2 '2': ?|2\n2@3 '': ?|?\n3@4 '4': 4|?\n4@5 '5': 5|5\n"
         "(time column 't'; a step every 1 s; 4 missing cells; 3 rows with what cannot be read, "
         "taken as missing)\n",
         .on_bad = "score_missing");
    WITH("t,a,b\n1,1,1\n2,x,2\n3,3,3\n",
         "# a|b\n*0@1 '1': 1|1\n1@2 '2': ?|?\n2@3 '3': 3|3\n"
         "(time column 't'; a step every 1 s; 2 missing cells; 1 row with what cannot be read, "
         "taken as missing)\n",
         .on_bad = "skip");
}

static void what_is_no_recording_is_refused(void **state) {
    (void)state;
    expect_recording(
        BYTES(""), "x.csv", NULL,
        "! x.csv: expected a recording (a table, wav, flac, wfdb, edf or ts), got an empty file");
    expect_recording(
        BYTES("\x89PNG\r\n\x1a\n0000IHDR"), "x.png", NULL,
        "! x.png: expected a recording (a table, wav, flac, wfdb, edf or ts), got a PNG image");
    hg_error err = {0};
    assert_null(hg__recording_open("", NULL, &err));
    assert_null(hg__recording_open("/nowhere/x.csv", NULL, &err));
    assert_true(err.code < 0 && err.message[0]);
}

// ---- other tables -------------------------------------------------------------------------------

static void lines_of_json_are_steps(void **state) {
    (void)state;
    expect_recording(BYTES("{\"ts\":1704067200,\"a\":1}\n{\"ts\":1704067201,\"a\":null}\n"),
                     "x.jsonl", NULL,
                     "# a\n*0@1.7040672e+09 '1704067200': 1\n1@1.7040672e+09 '1704067201': ?\n"
                     "(time column 'ts'; a step every 1 s; 1 missing cell)\n");
}

static void an_array_of_rows_is_steps(void **state) {
    (void)state;
    static const char npy[] = "\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, "
                              "'shape': (2, 2), }          \n\x00\x00\x80\x3f\x00\x00\x00\x40"
                              "\x00\x00\x40\x40\x00\x00\xc0\x7f";
    expect_recording(npy, sizeof npy - 1, "x.npy", NULL,
                     "# column 1|column 2\n*0: 1|2\n1: 3|?\n(1 missing cell)\n");
}

static void expect_seed(const char *seed, const char *table, const char *says) {
    static uint8_t bytes[1 << 14];
    char name[64];
    const hg__recording_options o = {.table = table};
    snprintf(name, sizeof name, "recording/%s", seed);
    const size_t size = read_seed(name, bytes, sizeof bytes);
    const sample_file f = save_sample(bytes, size, seed);
    hg_error err = {0};
    hg__steps s;
    hg__recording *r = hg__recording_open(f.path, &o, &err);
    char text[1024];
    if (r) {
        assert_int_equal(hg__recording_next(r, &s, &err), 1);
        const float *last = s.value + (size_t)(s.count - 1) * (size_t)r->channels;
        snprintf(text, sizeof text, "%s, %d of %d, %g, %g a second; %s", r->name[0], s.count,
                 r->channels, (double)last[r->channels - 1], r->rate, r->note);
    }
    assert_string_equal(r ? text : plain_message(&f, err.message), says);
    hg__recording_close(r);
    remove_sample(&f);
}

static void a_signal_is_found_among_matlabs_arrays(void **state) {
    (void)state;
    expect_seed("good_largest.mat", "",
                "column 1, 24 of 1, 11.5, 20000 a second; array 'Data', by far the largest (table= "
                "names another); 20000 samples a second");
    expect_seed("good_largest.mat", "Linecount",
                "column 1, 1 of 1, 3, 20000 a second; 20000 samples a second");
    expect_seed("good_line.mat", "signal",
                "column 1, 4 of 1, 1.5, 10 a second; 10 samples a second");
    expect_seed("good_lines.mat", "", "DE_time, 24 of 2, -11.5, 0 a second; ");
    expect_seed("good_lines.mat", "X097_FE_time", "column 1, 24 of 1, -11.5, 0 a second; ");
    expect_seed("two.mat", "",
                "two.mat: expected a matrix 'X', or one single matrix of numbers, got 'a', 'b'");
}

// ---- several files ------------------------------------------------------------------------------

static void write_file(const sample_file *f, const char *name, const char *text, char path[256]) {
    snprintf(path, 256, "%s/%s", f->folder, name);
    hg_error err = {0};
    assert_int_equal(hg__write_file(path, text, strlen(text), &err), HG_OK);
}

static void several_files_are_one_recording(void **state) {
    (void)state;
    const sample_file f = save_sample("t,a\n1,1\n2,2\n", 12, "x.csv");
    char other[256], list[512], notes[256];
    write_file(&f, "y.csv", "a,more,t\n3,0,9\n4,0,10\n", other);
    write_file(&f, "README", "about\n", notes);
    static const char both[] = "# a\n*0@1 '1': 1\n1@2 '2': 2\n*0@9 '9': 3\n1@10 '10': 4\n(time "
                               "column 't'; a step every 1 s)\n";
    snprintf(list, sizeof list, "%s,%s", f.path, other);
    expect_path(&f, list, NULL, both);
    expect_path(&f, f.folder, NULL, both);
    assert_false(hg__is_recording(list));
    assert_false(hg__is_recording(f.folder));
    hg_error err = {0};
    hg__steps s;
    hg__recording *r = hg__recording_open(list, NULL, &err);
    assert_non_null(r);
    assert_int_equal(r->files, 2);
    for (int32_t i = 0; i < 2; i++) {
        assert_int_equal(hg__recording_next(r, &s, &err), 1);
        assert_int_equal(s.file, i);
        assert_string_equal(r->path, i ? other : f.path);
    }
    assert_int_equal(hg__recording_next(r, &s, &err), 0);
    assert_int_equal(hg__recording_next(r, &s, &err), 0);
    hg__recording_close(r);
    write_file(&f, "y.csv", "b\n3\n", other);
    expect_path(
        &f, list, NULL,
        "# a\n*0@1 '1': 1\n1@2 '2': 2\n! y.csv: expected a channel 'a', got none of that name; "
        "did you mean \'b\'?\n(time column \'t\'; a step every 1 s)\n");
    unlink(other);
    unlink(notes);
    expect_path(&f, list, NULL, "! y.csv: cannot open: No such file or directory");
    remove_sample(&f);
}

// ---- a host that wants to stop, packed files, no header ------------------------------------------

static bool yes(void *context) {
    (void)context;
    return true;
}

static void a_request_to_stop_ends_the_reading(void **state) {
    (void)state;
    const hg_listener l = {.size = sizeof l, .abort = yes};
    const hg__recording_options o = {.listener = &l};
    const sample_file f = save_sample("a\n1\n", 4, "x.csv");
    hg_error err = {0};
    assert_null(hg__recording_open(f.path, &o, &err));
    assert_int_equal(err.code, HG_ERR_STOPPED);
    remove_sample(&f);
}

static void a_file_without_names_has_places(void **state) {
    (void)state;
    expect_recording(BYTES("  1.5e0\n  2.5e0\n"), "x.txt", NULL, "# column 1\n*0: 1.5\n1: 2.5\n");
    WITH("1,2\n3,4\n", "# 1|2\n*0: 3|4\n", .header = {.say = "yes"});
    WITH("1704067200,2\n1704067201,4\n",
         "# column 2\n*0@1.7040672e+09 '1704067200': 2\n1@1.7040672e+09 '1704067201': 4\n"
         "(time column 'column 1'; a step every 1 s)\n",
         .header = {.say = "no"});
}

// ---- faults -------------------------------------------------------------------------------------

static const char scenario_text[] = "t,a,b,y\n1,1,on,0\n2,x,off,1\n3,,on,0\n9,1,off,0\n";

static int child(const char *path) {
    hg_error err = {0};
    const hg__recording_options o = {.label = "y",
                                     .on_bad = "score_missing",
                                     .resample = strstr(path, "resample") ? 2 : 0,
                                     .group = strstr(path, "grouped") ? "b" : ""};
    hg__recording *r = hg__recording_open(path, &o, &err);
    int code = r ? 1 : err.code;
    for (int pass = 0; pass < 2 && code > 0; pass++) {
        hg__steps s;
        while ((code = hg__recording_next(r, &s, &err)) > 0) {
        }
        if (code == 0) code = hg__recording_rewind(r, &err) < 0 ? err.code : 1;
    }
    hg__recording_close(r);
    if (code > 0) return CHILD_WORKED;
    return err.code < 0 && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_fault_is_an_error(void **state) {
    (void)state;
    const char *const names[] = {"x.csv", "resample.csv", "grouped.csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const sample_file f = save_sample(scenario_text, sizeof scenario_text - 1, names[i]);
        assert_true(count_faults(f.path, "HG_FAIL_ALLOC", "") > 20);
        assert_true(count_faults(f.path, "HG_FAIL_ALLOC", "+") > 20);
        assert_true(count_faults(f.path, "HG_FAIL_IO", "") > 2);
        assert_true(count_faults(f.folder, "HG_FAIL_IO", "") > 2);
        remove_sample(&f);
    }
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_recording(BYTES("t,a,b\n2024-01-01 00:00:00,1,true\n2024-01-01 00:00:01,1.5,false\n"),
                     "x.csv", NULL);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) return child(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_of_times_is_the_time),
        cmocka_unit_test(numbers_are_times_by_name_or_by_size),
        cmocka_unit_test(time_says_which_column_it_is),
        cmocka_unit_test(a_time_of_day_goes_on_behind_midnight),
        cmocka_unit_test(times_that_fall_are_refused_with_a_way_out),
        cmocka_unit_test(each_group_is_a_recording_of_its_own),
        cmocka_unit_test(groups_that_are_not_held_are_read_one_by_one),
        cmocka_unit_test(a_group_that_cannot_be_had_is_refused),
        cmocka_unit_test(a_bad_row_is_of_no_group),
        cmocka_unit_test(many_groups_are_told_apart),
        cmocka_unit_test(a_day_and_a_time_of_day_are_one_time),
        cmocka_unit_test(fractions_and_zones_are_read),
        cmocka_unit_test(columns_of_text_are_left_out),
        cmocka_unit_test(switches_are_numbers),
        cmocka_unit_test(a_count_of_rows_is_no_channel),
        cmocka_unit_test(a_label_marks_anomalies),
        cmocka_unit_test(labels_that_nobody_named_are_left_out),
        cmocka_unit_test(numbers_in_other_clothes_are_numbers),
        cmocka_unit_test(a_models_channels_are_found),
        cmocka_unit_test(what_cannot_be_read_stops),
        cmocka_unit_test(what_cannot_be_read_is_missing_where_it_may_be),
        cmocka_unit_test(what_is_no_recording_is_refused),
        cmocka_unit_test(lines_of_json_are_steps),
        cmocka_unit_test(an_array_of_rows_is_steps),
        cmocka_unit_test(a_signal_is_found_among_matlabs_arrays),
        cmocka_unit_test(several_files_are_one_recording),
        cmocka_unit_test(a_request_to_stop_ends_the_reading),
        cmocka_unit_test(a_file_without_names_has_places),
        cmocka_unit_test(every_fault_is_an_error),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
