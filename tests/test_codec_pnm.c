// SPDX-License-Identifier: Apache-2.0
// test_codec_pnm.c - PBM, PGM and PPM: samples, writing alike, refusals, damage.
#include "image_samples.h"

#define BYTES(text) text, sizeof(text) - 1

// A file and the samples of its lines.
// clang-format off
static const struct {
    const char *bytes;
    size_t size;
    int32_t width, height, channels;
    float white;
    uint16_t samples[12];
} good[] = {
    {BYTES("P1\n3 2\n0 1 0\n101"), 3, 2, 1, 255, {255, 0, 255, 0, 255, 0}},
    {BYTES("P2 # a comment\n3 1\n# two\n15\n0 7 15 # three\n"), 3, 1, 1, 15, {0, 7, 15}},
    {BYTES("P2\n1 2\n1000\n1000\n 0"), 1, 2, 1, 1000, {1000, 0}},
    {BYTES("P3\n2 1 255\n1 2 3\t4 5 6\n"), 2, 1, 3, 255, {1, 2, 3, 4, 5, 6}},
    {BYTES("P4\n9 2\n\x80\x80\x00\x7f"), 9, 2, 1, 255, {0}},
    {BYTES("P5\n2 2\n255\n\0\1\xfe\xff"), 2, 2, 1, 255, {0, 1, 254, 255}},
    {BYTES("P5 2 1 4095 \x0f\xff\x00\x10"), 2, 1, 1, 4095, {4095, 16}},
    {BYTES("P5#c\n1 1\n100\n\x64\n"), 1, 1, 1, 100, {100}},
    {BYTES("P6\n1 2\n255\n\1\2\3\4\5\6"), 1, 2, 3, 255, {1, 2, 3, 4, 5, 6}},
    {BYTES("P6\n1 1\n65535\n\1\2\3\4\5\6"), 1, 1, 3, 65535, {0x102, 0x304, 0x506}},
};
// clang-format on
enum { GOOD = sizeof good / sizeof *good };
enum { BITS = 4 }; // has its own test

static void make(int i, sample *s) {
    *s = (sample){.size = 0};
    put(s, good[i].bytes, good[i].size);
}

static void every_kind_gives_its_samples(void **state) {
    (void)state;
    for (int i = 0; i < GOOD; i++) {
        if (i == BITS) continue;
        sample s;
        hg__image image;
        make(i, &s);
        load(&image, &s, "x.pnm");
        assert_int_equal(image.info.width, good[i].width);
        assert_int_equal(image.info.height, good[i].height);
        assert_int_equal(image.info.channels, good[i].channels);
        assert_true(image.info.white == good[i].white);
        assert_int_equal(image.info.dtype, good[i].white > 255 ? HG_U16 : HG_U8);
        for (int at = 0; at < good[i].width * good[i].height * good[i].channels; at++) {
            const int got = good[i].white > 255 ? ((uint16_t *)image.pixels)[at]
                                                : ((uint8_t *)image.pixels)[at];
            assert_int_equal(got, good[i].samples[at]);
        }
        hg__image_clear(&image);
    }
}

static void bits_begin_at_the_left_and_lines_at_a_byte(void **state) {
    (void)state;
    const uint8_t lines[2][9] = {
        {0,   255, 255, 255, 255, 255, 255, 255, 0  },
        {255, 255, 255, 255, 255, 255, 255, 255, 255}
    };
    sample s;
    hg__image image;
    s.size = 0;
    put(&s, BYTES("P4\n9 2\n\x80\x80\x00\x7f")); // the last seven bits are nobody's
    load(&image, &s, "x.pbm");
    assert_memory_equal(image.pixels, lines, sizeof lines);
    hg__image_clear(&image);
}

static void a_file_like_another_has_its_header_and_samples(void **state) {
    (void)state;
    for (int i = 0; i < GOOD; i++) {
        sample s, again;
        make(i, &s);
        expect_round_trip(&s, "x.pnm", &again);
        assert_memory_equal(again.bytes, s.bytes, 6);
        const bool is_binary = s.bytes[1] >= '4';
        if (is_binary && i != BITS && s.bytes[s.size - 1] != '\n') {
            assert_int_equal(again.size, s.size);
            assert_memory_equal(again.bytes, s.bytes, s.size);
        }
    }
}

static void text_lines_stay_under_seventy_letters(void **state) {
    (void)state;
    sample s = {.size = 0}, again;
    put_text(&s, "P2\n40 1\n65535\n");
    for (int i = 0; i < 40; i++) put_text(&s, i % 3 ? "65535 " : "7 ");
    expect_round_trip(&s, "x.pgm", &again);
    size_t start = 0;
    for (size_t i = 0; i < again.size; i++) {
        if (again.bytes[i] != '\n') continue;
        assert_true(i - start <= 70);
        start = i + 1;
    }
    assert_int_equal(start, again.size);
}

static void a_new_file_is_binary(void **state) {
    (void)state;
    uint8_t pixels[] = {1, 2, 3, 4, 5, 6};
    hg__image image = {
        {.width = 1, .height = 2, .channels = 3, .dtype = HG_U8, .white = 255},
        pixels
    };
    sample s;
    hg_error err = {0};
    assert_int_equal(hg__image_save(&image, at("x.ppm"), NULL), HG_OK);
    read_file(at("x.ppm"), &s);
    assert_int_equal(s.size, 17);
    assert_memory_equal(s.bytes, "P6\n1 2\n255\n\1\2\3\4\5\6", 17);
    assert_int_equal(hg__image_save(&image, at("x.pgm"), &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "got colour"));
    image.info.alpha = true;
    assert_int_equal(hg__image_save(&image, at("y.ppm"), &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "got an alpha channel"));
    assert_int_not_equal(access(at("y.ppm"), F_OK), 0);
}

static void bad_files_are_refused_with_their_sentence(void **state) {
    (void)state;
    // clang-format off
    static const struct {
        const char *bytes;
        size_t size;
        const char *sentence;
    } bad[] = {
        {BYTES("P5\n0 5\n255\n"), "x.pgm: expected a picture of at least 1 x 1 pixels, got 0 x 5"},
        {BYTES("P5\n99999 99999\n255\nx"), "x.pgm: expected at most 1073741824 pixels, got 99999 x 99999"},
        {BYTES("P5\n99999999999 1\n255\nx"), "x.pgm: expected a width of at most 2147483647, got more"},
        {BYTES("P5\n2 2\n0\n...."), "x.pgm: expected a largest value of 1 to 65535, got 0"},
        {BYTES("P5\n2 2\n65536\n...."), "x.pgm: expected a largest value of 1 to 65535, got 65536"},
        {BYTES("P5\n2 2\n255\n123"), "x.pgm: expected 4 bytes of pixels, got 3: it is cut off"},
        {BYTES("P5\n2 2\n255"), "x.pgm: expected a blank before the pixels"},
        {BYTES("P5\n2 -2\n255\n1234"), "x.pgm: expected a height at byte 5, got 0x2d"},
        {BYTES("P5\n2 2\n100\n123\xff"), "x.pgm: expected samples of at most 100, got 255"},
        {BYTES("P5\n1 1\n255\n1P5\n1 1\n255\n2"), "x.pgm: expected one picture, got 12 more bytes behind it"},
        {BYTES("P2\n2 1\n255\n1 256"), "x.pgm: expected samples of at most 255, got 256"},
        {BYTES("P2\n2 1\n255\n1 # 2"), "x.pgm: expected another sample, got the end of the file"},
        {BYTES("P2\n2 1\n255\n1 2 3"), "x.pgm: expected one picture, got 1 more bytes behind it"},
        {BYTES("P2\n2000 1\n255\n1 2"), "x.pgm: expected at least 3999 bytes of pixels, got 3: it is cut off"},
        {BYTES("P1\n2 1\n1 2"), "x.pgm: expected samples of at most 1, got 2"},
        {BYTES("P3\n1 1\n9\n1 x 2"), "x.pgm: expected another sample at byte 11, got 0x78"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sample s = {.size = 0};
        put(&s, bad[i].bytes, bad[i].size);
        expect_refusal(&s, "x.pgm", bad[i].sentence);
    }
}

// What a PGM cannot say is refused, and never written as bytes that mean something else.
static void samples_with_a_sign_or_wider_are_refused(void **state) {
    (void)state;
    static const hg__dtype types[] = {HG_I8, HG_I16, HG_I32, HG_U32, HG_F16, HG_F32, HG_F64};
    char path[96], sentence[200];
    double pixel = 0;
    snprintf(path, sizeof path, "%s/new.pgm", folder);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        hg_error err = {0};
        const hg__image image = {
            .info = {.width = 1,
                     .height = 1,
                     .channels = 1,
                     .dtype = types[i],
                     .white = 1,
                     .orientation = 1,
                     .pages = 1},
            .pixels = &pixel
        };
        snprintf(sentence, sizeof sentence,
                 "%s: expected samples of 8 or 16 bits without a sign for PNM, got %s", path,
                 hg__dtype_name(types[i]));
        assert_int_equal(hg__image_save(&image, path, &err), HG_ERR_USAGE);
        assert_string_equal(err.message, sentence);
    }
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    for (int i = 0; i < GOOD; i++) {
        sample s;
        make(i, &s);
        const bool is_text = s.bytes[1] < '4'; // the last number may lose digits unnoticed
        damage(&s, "x.pnm", !is_text, false);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_gives_its_samples),
        cmocka_unit_test(bits_begin_at_the_left_and_lines_at_a_byte),
        cmocka_unit_test(a_file_like_another_has_its_header_and_samples),
        cmocka_unit_test(text_lines_stay_under_seventy_letters),
        cmocka_unit_test(a_new_file_is_binary),
        cmocka_unit_test(bad_files_are_refused_with_their_sentence),
        cmocka_unit_test(samples_with_a_sign_or_wider_are_refused),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
