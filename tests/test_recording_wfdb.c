// SPDX-License-Identifier: Apache-2.0
// test_recording_wfdb.c - records of WFDB: every format of samples, headers good and bad, beats; record 100 beside what is known of it.
#include "base/mem.h"
#include "recording_case.h"
#include "signal/wfdb.h"

// A header and one file of samples beside it, x.dat.
static void expect_record(const char *header, const void *samples, size_t size,
                          const hg__recording_options *o, const char *says) {
    const sample_file f = save_sample(header, strlen(header), "x.hea");
    char path[256], record[256];
    snprintf(path, sizeof path, "%s/x.dat", f.folder);
    snprintf(record, sizeof record, "%s/x", f.folder);
    hg_error err = {0};
    assert_int_equal(hg__write_file(path, samples, size, &err), HG_OK);
    expect_path(&f, f.path, o, says);
    expect_path(&f, record, o, says);
    assert_true(hg__is_recording(f.path) && hg__is_recording(record) && hg__is_recording(f.folder));
    unlink(path);
    remove_sample(&f);
}

#define RECORD(header, samples, says) expect_record(header, BYTES(samples), NULL, says)

static void every_format_is_read(void **state) {
    (void)state;
    // 1, -2, 3: as gain 1 has them.
    static const struct {
        int format;
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        {8,   "\x01\xfd\x05",                                     3,  "1|-2|3"},
        {16,  "\x01\x00\xfe\xff\x03\x00",                         6,  "1|-2|3"},
        {24,  "\x01\x00\x00\xfe\xff\xff\x03\x00\x00",             9,  "1|-2|3"},
        {32,  "\x01\x00\x00\x00\xfe\xff\xff\xff\x03\x00\x00\x00", 12, "1|-2|3"},
        {61,  "\x00\x01\xff\xfe\x00\x03",                         6,  "1|-2|3"},
        {80,  "\x81\x7e\x83",                                     3,  "1|-2|3"},
        {160, "\x01\x80\xfe\x7f\x03\x80",                         6,  "1|-2|3"},
        {212, "\x01\xf0\xfe\x03\x00",                             5,  "1|-2|3"},
        {310, "\x02\x18\xfc\x07",                                 4,  "1|-2|3"},
        {311, "\x01\xf8\x3f\x00",                                 4,  "1|-2|3"},
        {16,  "\x00\x80\xfe\xff\x03\x00",                         6,  "?|-2|3"},
        {212, "\x00\xf8\xfe\x03\x00",                             5,  "?|-2|3"},
        {80,  "\x00\x7e\x83",                                     3,  "?|-2|3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[64], says[256];
        snprintf(header, sizeof header, "x 1 10 3\nx.dat %d 1(0)\n", cases[i].format);
        const char *p = cases[i].says;
        char value[3][8];
        assert_int_equal(sscanf(p, "%7[^|]|%7[^|]|%7s", value[0], value[1], value[2]), 3);
        snprintf(says, sizeof says,
                 "# channel 1\n*0@0: %s\n1@0.1: %s\n2@0.2: %s\n(10 samples a second%s)\n", value[0],
                 value[1], value[2], *p == '?' ? "; 1 missing cell" : "");
        expect_record(header, cases[i].bytes, cases[i].size, NULL, says);
    }
}

static void signals_are_in_physical_units(void **state) {
    (void)state;
    RECORD("x 2 360 2\n# a comment\nx.dat 16 200/mV 11 1024 995 0 0 MLII\nx.dat 16 100(10)/mV 12 0 "
           "5 0 0 V5 left\n",
           "\x00\x04\x0a\x00\xc8\x04\x6e\x00",
           "# MLII|V5 left\n*0@0: 0|0\n1@0.00277777778: 1|1\n(360 samples a second)\n");
    // Gain 0: not calibrated. Equal names are told apart. Frames that are not said are counted.
    RECORD("x 2\nx.dat 16 0 12 0 0 0 0 ECG\nx.dat 16 0 12 0 0 0 0 ECG\n", "\xc8\x00\x90\x01",
           "# ECG|ECG.2\n*0@0: 1|2\n(250 samples a second)\n");
    RECORD("x 1 1 1 1:02:03 31/01/2024\nx.dat 16+2 1\n", "\xff\xff\x01\x00",
           "# channel 1\n*0@1.70666292e+09: 1\n(1 samples a second)\n");
}

static void faster_signals_set_the_steps(void **state) {
    (void)state;
    RECORD("x 2 10 2\nx.dat 16x2 1 12 0 0 0 0 fast\nx.dat 16 1 12 0 0 0 0 slow\n",
           "\x01\x00\x02\x00\x09\x00\x03\x00\x04\x00\x08\x00",
           "# fast|slow\n*0@0: 1|9\n1@0.05: 2|9\n2@0.1: 3|8\n3@0.15: 4|8\n(20 samples a second)\n");
}

static void headers_that_are_wrong_are_refused(void **state) {
    (void)state;
    RECORD("# nothing\n", "", "! x.hea: expected the line of a record, got none");
    RECORD("x/3 2 360\n", "", "! x.hea:1: expected a record of one segment, got 'x/3'");
    RECORD("x 0 360\n", "", "! x.hea:1: expected a number of signals from 1 to 4096, got '0'");
    RECORD("x 1 fast\n", "", "! x.hea:1: expected samples a second, got 'fast'");
    RECORD("x 1 360 many\n", "", "! x.hea:1: expected a number of samples, got 'many'");
    RECORD("x 2 360 1\nx.dat 16\n", "", "! x.hea: expected a line for each signal, got fewer");
    RECORD("x 1 360 1\n../x.dat 16\n", "",
           "! x.hea:2: expected the name of a file beside the header, got '../x.dat'");
    RECORD("x 1 360 1\nx.dat 17\n", "",
           "! x.hea:2: expected one of the formats 8, 16, 24, 32, 61, 80, 160, 212, 310, 311, got "
           "'17'");
    RECORD("x 1 360 1\nx.dat 16 much\n", "",
           "! x.hea:2: expected a gain such as 200(0)/mV, got 'much'");
    RECORD("x 1 360 1\nx.dat 16 200 a\n", "", "! x.hea:2: expected a whole number, got 'a'");
    RECORD("x 2 360 1\nx.dat 16\nx.dat 24\n", "",
           "! x.hea: expected one format for all signals of x.dat, got 16 and 24");
    RECORD("x 1 360 2\nx.dat 16\n", "\x01\x00\x01",
           "! x.dat: expected 2 samples of each signal, got 1");
    RECORD("x 1 360\nx.dat 16\n", "\x01", "! x.hea: expected samples, got none");
}

// 0.3 s at 10 samples a second: 3 on each side.
static void beats_that_are_not_normal_are_labels(void **state) {
    (void)state;
    static const char header[] = "x 1 10 12\nx.dat 80 1\n";
    const hg__recording_options o = {.label = "atr"};
    const sample_file f = save_sample(header, sizeof header - 1, "x.hea");
    char samples[256], beats[256];
    hg_error err = {0};
    snprintf(samples, sizeof samples, "%s/x.dat", f.folder);
    snprintf(beats, sizeof beats, "%s/x.atr", f.folder);
    assert_int_equal(
        hg__write_file(samples, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 12, &err),
        HG_OK);
    expect_path(&f, f.path, &o, "! x.atr: cannot open: No such file or directory");
    // N at 2, a note, V 4 later (by a long way), the end.
    static const char bytes[] = "\x02\x04\x03\xfc"
                                "abc\0"
                                "\x00\xec\x00\x00\x03\x00\x01\x14\x00\x00";
    assert_int_equal(hg__write_file(beats, bytes, sizeof bytes - 1, &err), HG_OK);
    expect_path(
        &f, f.path, &o,
        "# channel 1\n*0@0: 0\n1@0.1: 0\n2@0.2: 0\n3@0.3 !: 0\n4@0.4 !: 0\n5@0.5 !: 0\n6@0.6 !: "
        "0\n7@0.7 !: 0\n8@0.8 !: 0\n9@0.9 !: 0\n10@1: 0\n11@1.1: 0\n(10 samples a second)\n");
    assert_int_equal(hg__write_file(beats,
                                    "\x02\x04\x03\xfc"
                                    "a",
                                    5, &err),
                     HG_OK);
    expect_path(&f, f.path, &o,
                "! x.atr: expected annotations in the order of their times, got the end of the "
                "file within one");
    unlink(samples);
    unlink(beats);
    remove_sample(&f);
}

static void damaged_records_are_survived(void **state) {
    (void)state;
    static const char header[] =
        "x 2 360 2 12:00:00 31/01/2024\n#c\nx.hea 212x2:1+1 200(10)/mV 11 1024 "
        "995 -22131 0 MLII\nx.hea 212 200 11 1024 995 0 0 V5\n";
    damage_recording(header, sizeof header - 1, "x.hea", NULL);
}

// ---- record 100 ---------------------------------------------------------------------------------

// Its header says the first samples, 995 and 1011, and the sums of all in 16 bits, -22131 and 20052.
static void record_100_is_as_its_header_says(void **state) {
    (void)state;
    const char *data = getenv("HG_DATA");
    char path[512];
    snprintf(path, sizeof path, "%s/wfdb-sample/100", data ? data : "../shared/data");
    const hg__recording_options o = {.label = "atr"};
    hg_error err = {0};
    if (!hg__is_recording(path)) skip();
    hg__recording *r = hg__recording_open(path, &o, &err);
    assert_non_null(r);
    assert_int_equal(r->steps, 650000);
    assert_true(r->rate == 360);
    assert_string_equal(r->name[0], "MLII");
    assert_string_equal(r->name[1], "V5");
    hg__steps s;
    int64_t steps = 0, labels = 0, sum[2] = {0}, first[2] = {0};
    while (hg__recording_next(r, &s, &err) == 1) {
        for (int32_t i = 0; i < s.count; i++, steps++) {
            labels += s.label[i];
            for (int k = 0; k < 2; k++) {
                const int64_t x = lround((double)s.value[2 * i + k] * 200) + 1024;
                if (steps == 0) first[k] = x;
                sum[k] += x;
            }
        }
    }
    assert_int_equal(steps, 650000);
    assert_int_equal(first[0], 995);
    assert_int_equal(first[1], 1011);
    assert_int_equal((int16_t)sum[0], -22131);
    assert_int_equal((int16_t)sum[1], 20052);
    assert_int_equal(labels, 34 * (2 * 108 + 1)); // 33 A and a V, none near another
    hg__recording_close(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_read),
        cmocka_unit_test(signals_are_in_physical_units),
        cmocka_unit_test(faster_signals_set_the_steps),
        cmocka_unit_test(headers_that_are_wrong_are_refused),
        cmocka_unit_test(beats_that_are_not_normal_are_labels),
        cmocka_unit_test(damaged_records_are_survived),
        cmocka_unit_test(record_100_is_as_its_header_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
