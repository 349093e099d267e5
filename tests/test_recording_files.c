// SPDX-License-Identifier: Apache-2.0
// test_recording_files.c - sound, EDF and series of instances as recordings: what they say, and every way they can be wrong.
#include "base/mem.h"
#include "faults.h"
#include "recording_case.h"
#include "recording_samples.h"
#include "signal/sndfile_api.h"

#if defined(__has_include)
# if __has_include(<sndfile.h>)
#  include <sndfile.h>
#  define HAS_HEADER 1
# endif
#endif

// ---- sound --------------------------------------------------------------------------------------

static void sound_is_scaled_to_one(void **state) {
    (void)state;
    static const int16_t sample[] = {0, 16384, -32768, 1, 8192, -8192};
    uint8_t bytes[64];
    if (!hg__sf_get("", NULL)) skip();
    size_t size = make_wav(bytes, sample, 3, 2, 8000);
    expect_recording(
        bytes, size, "x.wav", NULL,
        "# left|right\n*0@0: 0|0.5\n1@0.000125: -1|3.05176e-05\n2@0.00025: 0.25|-0.25\n"
        "(8000 samples a second)\n");
    size = make_wav(bytes, sample, 2, 3, 10);
    const hg__recording_options average = {.resample = 0.2};
    expect_recording(
        bytes, size, "x", &average,
        "# channel 1|channel 2|channel 3\n*0@0: 1.52588e-05|0.375|-0.625\n(averaged over 0.2 s)\n");
    static const char *const names[] = {"a", "b"};
    const hg__recording_options two = {.channel = names, .channels = 2};
    expect_recording(bytes, size, "x.wav", &two, "! x.wav: expected 2 channels, got 3");
    size = make_wav(bytes, sample, 1, 2, 10);
    expect_recording(bytes, size, "x.wav", &two, "# a|b\n*0@0: 0|0.5\n(10 samples a second)\n");
    const sample_file f = save_sample(bytes, size, "x.wav");
    assert_true(hg__is_recording(f.path) && hg__is_recording(f.folder));
    remove_sample(&f);
}

static void sound_of_another_rate_does_not_go_with_it(void **state) {
    (void)state;
    static const int16_t sample[] = {1, 2};
    uint8_t bytes[64];
    char other[256];
    hg_error err = {0};
    if (!hg__sf_get("", NULL)) skip();
    const sample_file f = save_sample(bytes, make_wav(bytes, sample, 2, 1, 10), "a.wav");
    snprintf(other, sizeof other, "%s/b.wav", f.folder);
    const size_t size = make_wav(bytes, sample, 2, 1, 20);
    assert_int_equal(hg__write_file(other, bytes, size, &err), HG_OK);
    expect_path(&f, f.folder, NULL,
                "# channel 1\n*0@0: 3.05176e-05\n1@0.1: 6.10352e-05\n"
                "! b.wav: expected 10 samples a second as in the first file, got 20\n"
                "(10 samples a second)\n");
    unlink(other);
    remove_sample(&f);
}

static void sound_that_is_damaged_is_refused_or_read(void **state) {
    (void)state;
    static const int16_t sample[] = {1, 2, 3, 4};
    uint8_t bytes[64];
    if (!hg__sf_get("", NULL)) skip();
    const size_t size = make_wav(bytes, sample, 4, 1, 10);
    damage_recording(bytes, size, "x.wav", NULL);
    expect_recording(bytes, 12, "x.wav", NULL,
                     "! x.wav: expected sound that libsndfile reads, got \"Error in WAV file. No "
                     "'data' chunk marker.\"");
}

static void numbers_of_libsndfile_are_its_own(void **state) {
    (void)state;
#ifdef HAS_HEADER
    assert_int_equal(HG_SF_READ, SFM_READ);
    assert_int_equal(sizeof(hg__sf_info), sizeof(SF_INFO));
    assert_int_equal(offsetof(hg__sf_info, channels), offsetof(SF_INFO, channels));
    assert_int_equal(sizeof(hg__sf_virtual), sizeof(SF_VIRTUAL_IO));
#else
    skip();
#endif
}

// ---- EDF ----------------------------------------------------------------------------------------

// Records of samples 2047 -2048 | 500 and 0 -1 | 1000.
static const char body[] = "\xff\x07\x00\xf8\xf4\x01\x00\x00\xff\xff\xe8\x03";

static size_t make_edf(uint8_t *bytes, const edf_sample *e) {
    const size_t size = make_edf_header(bytes, e);
    put_bytes(bytes + size, body, sizeof body - 1);
    return size + sizeof body - 1;
}

static void edf_is_in_physical_units(void **state) {
    (void)state;
    uint8_t bytes[2048];
    edf_sample e = plain_edf();
    static const char says[] =
        "# ECG|Resp\n*0@1.7067042e+09: 1|50\n1@1.7067042e+09: -1|50\n2@1.7067042e+09: "
        "0.0002442|100\n3@1.7067042e+09: -0.0002442|100\n(2 samples a second)\n";
    expect_recording(bytes, make_edf(bytes, &e), "x.edf", NULL, says);
    e.records = "-1"; // being written
    expect_recording(bytes, make_edf(bytes, &e), "x", NULL, says);
    static const char *const names[] = {"Resp"};
    const hg__recording_options one = {.channel = names, .channels = 1};
    expect_recording(bytes, make_edf(bytes, &e), "x", &one,
                     "# Resp\n*0@1.7067042e+09: 50\n1@1.7067042e+09: 50\n2@1.7067042e+09: 100\n"
                     "3@1.7067042e+09: 100\n(2 samples a second)\n");
}

static void bdf_has_24_bits(void **state) {
    (void)state;
    uint8_t bytes[2048];
    edf_sample e = plain_edf();
    e.version = "\xff"
                "BIOSEMI";
    e.signals = 1;
    e.records = "1";
    e.least[0] = "-8388608";
    e.most[0] = "8388607";
    e.low[0] = "-8388608";
    e.high[0] = "8388607";
    const size_t size = make_edf_header(bytes, &e);
    put_bytes(bytes + size, "\x01\x00\x01\xff\xff\xff", 6);
    expect_recording(bytes, size + 6, "x.bdf", NULL,
                     "# ECG\n*0@1.7067042e+09: 65537\n1@1.7067042e+09: -1\n(2 samples a second)\n");
}

static void annotations_say_when_records_begin(void **state) {
    (void)state;
    uint8_t bytes[2048];
    edf_sample e = plain_edf();
    e.reserved = "EDF+D";
    e.label[1] = "EDF Annotations";
    e.samples[1] = "4";
    e.least[0] = "-2048";
    e.most[0] = "2047";
    const size_t size = make_edf_header(bytes, &e);
    put_bytes(bytes + size, "\x01\x00\x02\x00+0\x14\x14\0\0\0\0\x03\x00\x04\x00+9.5\x14\x14\0\0",
              24);
    const sample_file f = save_sample(bytes, size + 24, "x.edf");
    hg_error err = {0};
    hg__steps s;
    hg__recording *r = hg__recording_open(f.path, NULL, &err);
    assert_non_null(r);
    assert_int_equal(r->channels, 1);
    assert_int_equal(hg__recording_next(r, &s, &err), 1);
    assert_int_equal(s.count, 4);
    assert_true(s.begins[0] && !s.begins[1] && s.begins[2] && !s.begins[3]);
    assert_true(s.time[2] - s.time[0] == 9.5);
    assert_true(s.value[3] == 4);
    hg__recording_close(r);
    remove_sample(&f);
}

static void edf_that_is_wrong_is_refused(void **state) {
    (void)state;
    uint8_t bytes[2048];
#define EDF(set, says)                                               \
 do {                                                                \
  edf_sample e = plain_edf();                                        \
  set;                                                               \
  expect_recording(bytes, make_edf(bytes, &e), "x.edf", NULL, says); \
 } while (0)
    EDF(e.records = "3", "! x.edf: expected 3 records of 6 bytes, got 2");
    EDF(e.records = "0", "! x.edf: expected at least 1 records of 6 bytes, got 2");
    EDF(e.records = "two", "! x.edf: expected a number of records, got 'two'");
    EDF(e.duration = "x", "! x.edf: expected seconds of a record, got 'x'");
    EDF(e.duration = "-1", "! x.edf: expected seconds of a record, got -1");
    EDF(e.low[0] = "a", "! x.edf: expected a digital minimum, got 'a'");
    EDF(e.least[1] = "", "! x.edf: expected a physical minimum, got ''");
    EDF(e.high[1] = "0",
        "! x.edf: signal 2: expected a minimum other than the maximum, got two of them alike");
    EDF(e.samples[0] = "0", "! x.edf: expected a number of samples a record, got '0'");
    EDF(e.label[0] = e.label[1] = "EDF Annotations",
        "! x.edf: expected signals, got annotations alone");
#undef EDF
    edf_sample e = plain_edf();
    make_edf(bytes, &e);
    expect_recording(bytes, 300, "x.edf", NULL, "! x.edf: expected a header of 768 bytes, got 300");
    put_bytes(bytes + 184, "512     ", 8);
    expect_recording(bytes, 768, "x.edf", NULL,
                     "! x.edf: expected a header of 768 bytes for 2 signals, got 512");
    put_bytes(bytes + 252, "none", 4);
    expect_recording(bytes, 768, "x.edf", NULL, "! x.edf: expected 1 to 4096 signals, got 'none'");
    damage_recording(bytes, make_edf(bytes, &e), "x.edf", NULL);
}

// ---- series -------------------------------------------------------------------------------------

#define TS(text, o, says)   expect_recording(BYTES(text), "x.ts", o, says)
#define HEAD                "# made\n@problemName x\n@timeStamps false\n@classLabel true a b\n@data\n"
#define ARFF(text, o, says) expect_recording(BYTES(text), "x.arff", o, says)

static void series_begin_anew(void **state) {
    (void)state;
    const hg__recording_options labels = {.label = "class", .normal = "a"};
    TS(HEAD "1,2:3,4:a\n5,?:7,8,9:b\n", NULL,
       "# channel 1|channel 2\n*0: 1|3\n1: 2|4\n*2: 5|7\n3: ?|8\n4: ?|9\n(2 missing cells)\n");
    TS(HEAD "1,2:a\n# between\n5:b\n", &labels, "# channel 1\n*0: 1\n1: 2\n*2 !: 5\n");
    TS("@problemName x\n@data\n1,2\n", NULL, "# channel 1\n*0: 1\n1: 2\n");
    ARFF("% made\n@relation x\n@attribute att0 numeric\n@attribute att1 numeric\n@attribute att2 "
         "numeric\n@attribute att3 numeric\n@attribute att4 numeric\n@attribute target "
         "{a,b}\n@data\n"
         "1,2,3,4,5,a\n6,7,8,9,?,b\n",
         &labels,
         "# channel 1\n*0: 1\n1: 2\n2: 3\n3: 4\n4: 5\n*5 !: 6\n6 !: 7\n7 !: 8\n8 !: 9\n9 !: ?\n"
         "(1 missing cell)\n");
    ARFF("@relation x\n@attribute r relational\n@attribute att0 numeric\n@end r\n@attribute c "
         "{a,b}\n@data\n'1,2\\n3,4',a\n\"5\\n6\",b\n",
         &labels, "# channel 1|channel 2\n*0: 1|3\n1: 2|4\n*2 !: 5|6\n");
}

static void series_that_are_wrong_are_refused(void **state) {
    (void)state;
    const hg__recording_options wrong = {.label = "y"}, right = {.label = "class"};
    TS("@problemName x\n1,2\n", NULL, "! x.ts:2: expected a line that begins with @, got '1,2'");
    TS("@problemName x\n", NULL, "! x.ts: expected a line @data, got the end of the file");
    TS(HEAD, NULL, "! x.ts: expected series behind @data, got none");
    TS("@problemName x\n@timeStamps true\n@data\n(0,1)\n", NULL,
       "! x.ts:2: expected series without time stamps, got '@timeStamps true'");
    TS(HEAD "1,2\n", NULL, "! x.ts:6: expected a series and its class, got '1,2'");
    TS(HEAD "1,x:a\n", NULL, "! x.ts:6: expected a number, got 'x'");
    TS(HEAD "1:2:a\n1:a\n", NULL, "! x.ts:7: expected 2 dimensions, got 1");
    TS(HEAD "1:a\n", &wrong, "! x.ts: label=y: expected class");
    TS("@problemName x\n@data\n1\n", &right,
       "! x.ts: label=class: expected class in a file that has one");
    ARFF("@relation x\n@attribute r relational\n@attribute c {a}\n@data\n1,2,a\n", NULL,
         "! x.arff:5: expected a series in quotes, got '1,2'");
    damage_recording(BYTES(HEAD "1,2:3,4:a\n5,?:7,8,9:b\n"), "x.ts", NULL);
}

// ---- faults -------------------------------------------------------------------------------------

static int child(const char *path) {
    hg_error err = {0};
    const hg__recording_options o = {.label = strstr(path, ".ts") ? "class" : ""};
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

static void expect_faults(const void *bytes, size_t size, const char *name) {
    const sample_file f = save_sample(bytes, size, name);
    assert_true(count_faults(f.path, "HG_FAIL_ALLOC", "") > 8);
    assert_true(count_faults(f.path, "HG_FAIL_IO", "") > 1);
    remove_sample(&f);
}

static void every_fault_is_an_error(void **state) {
    (void)state;
    uint8_t bytes[2048];
    static const int16_t sample[] = {1, 2};
    edf_sample e = plain_edf();
    expect_faults(bytes, make_edf(bytes, &e), "x.edf");
    expect_faults(BYTES(HEAD "1,2:3,4:a\n5,?:7,8,9:b\n"), "x.ts");
    expect_faults(BYTES("x 1 360 2\nx.hea 212 200(10)/mV 11 1024 995 -22131 0 MLII\n"), "x.hea");
    if (hg__sf_get("", NULL)) expect_faults(bytes, make_wav(bytes, sample, 2, 1, 10), "x.wav");
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) return child(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_is_scaled_to_one),
        cmocka_unit_test(sound_of_another_rate_does_not_go_with_it),
        cmocka_unit_test(sound_that_is_damaged_is_refused_or_read),
        cmocka_unit_test(numbers_of_libsndfile_are_its_own),
        cmocka_unit_test(edf_is_in_physical_units),
        cmocka_unit_test(bdf_has_24_bits),
        cmocka_unit_test(annotations_say_when_records_begin),
        cmocka_unit_test(edf_that_is_wrong_is_refused),
        cmocka_unit_test(series_begin_anew),
        cmocka_unit_test(series_that_are_wrong_are_refused),
        cmocka_unit_test(every_fault_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
