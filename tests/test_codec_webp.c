// SPDX-License-Identifier: Apache-2.0
// test_codec_webp.c - WebP: lossless to the bit, lossy stays lossy, what is kept, refusals, damage.
#include "image_samples.h"

enum { WIDTH = 7, HEIGHT = 5 };

// A new lossless file of a picture with every colour far from its neighbours; some pixels see-through.
static void make(bool alpha, int32_t orientation, sample *s) {
    uint8_t pixels[WIDTH * HEIGHT * 4];
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * i * 31 + i * 7);
    const hg__image image = {
        {.width = WIDTH,
         .height = HEIGHT,
         .channels = 3,
         .alpha = alpha,
         .dtype = HG_U8,
         .white = 255,
         .orientation = orientation},
        pixels
    };
    hg__image again;
    assert_int_equal(hg__image_save(&image, at("new.webp"), NULL), HG_OK);
    read_file(at("new.webp"), s);
    load(&again, s, "new.webp");
    assert_int_equal(again.info.width, WIDTH);
    assert_int_equal(again.info.height, HEIGHT);
    assert_int_equal(again.info.channels, 3);
    assert_int_equal(again.info.alpha, alpha);
    assert_int_equal(again.info.orientation, orientation);
    assert_memory_equal(again.pixels, pixels, (size_t)(WIDTH * HEIGHT * (3 + alpha)));
    hg__image_clear(&again);
}

static void put_little_endian(sample *s, uint32_t value) {
    const uint8_t bytes[] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                             (uint8_t)(value >> 24)};
    put(s, bytes, 4);
}

static void put_riff(sample *s, const char *type, const void *data, size_t size) {
    put_text(s, type);
    put_little_endian(s, (uint32_t)size);
    put(s, data, size);
    if (size % 2) put(s, "", 1);
}

// The picture of `from` (a file without extras) in a container of its own. flags: of VP8X.
static void wrap(const sample *from, int flags, sample *s) {
    const uint8_t head[10] = {(uint8_t)flags, 0, 0, 0, WIDTH - 1, 0, 0, HEIGHT - 1, 0, 0};
    s->size = 0;
    put_text(s, "RIFF....WEBP");
    put_riff(s, "VP8X", head, sizeof head);
    if (flags & 0x20) put_riff(s, "ICCP", "a profile", 9);
    if (flags & 0x02) put_riff(s, "ANIM", "\0\0\0\0\0\0", 6);
    put(s, from->bytes + 12, from->size - 12);
    const char *turned = "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\3\0\0\0\0\0\0\0";
    if (flags & 0x08) put_riff(s, "EXIF", turned, 26);
    if (flags & 0x04) put_riff(s, "XMP ", "<x:xmpmeta/>", 12);
    const uint32_t size = (uint32_t)s->size - 8;
    const uint8_t bytes[] = {(uint8_t)size, (uint8_t)(size >> 8), 0, 0};
    memcpy(s->bytes + 4, bytes, 4);
}

static bool contains(const sample *s, const char *text) {
    return memmem(s->bytes, s->size, text, strlen(text)) != NULL;
}

static void lossless_files_are_the_same_to_the_bit(void **state) {
    (void)state;
    for (int alpha = 0; alpha < 2; alpha++) {
        for (int orientation = 1; orientation < 9; orientation += 7) {
            sample s, again;
            make(alpha, orientation, &s);
            expect_round_trip(&s, "x.webp", &again);
            assert_true(contains(&again, "VP8L"));
        }
    }
}

static void profile_exif_and_xmp_are_kept(void **state) {
    (void)state;
    for (int alpha = 0; alpha < 2; alpha++) {
        sample plain, s, again, third;
        make(alpha, 1, &plain);
        wrap(&plain, 0x20 | 0x08 | 0x04 | (alpha ? 0x10 : 0), &s);
        expect_round_trip(&s, "x.webp", &again);
        assert_true(contains(&again, "a profile") && contains(&again, "<x:xmpmeta/>"));
        assert_int_equal(again.bytes[20], s.bytes[20]); // the flags
        hg__image image;
        load(&image, &again, "x.webp");
        assert_int_equal(image.info.orientation, 3);
        hg__image_clear(&image);
        expect_round_trip(&again, "x.webp", &third);
        assert_int_equal(third.size, again.size);
        assert_memory_equal(third.bytes, again.bytes, again.size);
    }
}

// A lossy picture of 8 x 8 equal pixels, made once by libwebp.
static const uint8_t lossy[] = {0x52, 0x49, 0x46, 0x46, 0x2e, 0x00, 0x00, 0x00, 0x57, 0x45, 0x42,
                                0x50, 0x56, 0x50, 0x38, 0x20, 0x22, 0x00, 0x00, 0x00, 0x70, 0x01,
                                0x00, 0x9d, 0x01, 0x2a, 0x08, 0x00, 0x08, 0x00, 0x01, 0x40, 0x26,
                                0x25, 0x94, 0x02, 0x74, 0x01, 0x40, 0x00, 0x00, 0xfe, 0xea, 0xd4,
                                0x2a, 0xbf, 0xbe, 0xa7, 0x41, 0xf1, 0x5f, 0x00, 0x00, 0x00};

static void lossy_files_stay_lossy(void **state) {
    (void)state;
    sample s = {.size = 0}, again;
    hg__image a, b;
    put(&s, lossy, sizeof lossy);
    pass_through(&s, "x.webp", &again);
    assert_true(contains(&again, "VP8 "));
    load(&a, &s, "x.webp");
    load(&b, &again, "x.webp");
    assert_int_equal(b.info.width, 8);
    for (int i = 0; i < 8 * 8 * 3; i++) {
        assert_in_range(((uint8_t *)b.pixels)[i] + 2 - ((uint8_t *)a.pixels)[i], 0, 4);
    }
    hg__image_clear(&a);
    hg__image_clear(&b);
}

static void what_webp_cannot_hold_is_refused(void **state) {
    (void)state;
    static uint8_t pixels[20000];
    hg_error err = {0};
    hg__image image = {
        {.width = 20000, .height = 1, .channels = 1, .dtype = HG_U8, .white = 255},
        pixels
    };
    assert_int_equal(hg__image_save(&image, at("no.webp"), &err), HG_ERR_USAGE);
    assert_non_null(
        strstr(err.message, "expected sides of at most 16383 pixels for WebP, got 20000 x 1"));
    image.info.width = 10;
    image.info.dtype = HG_U16;
    assert_int_equal(hg__image_save(&image, at("no.webp"), &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "expected samples of 8 bits for WebP, got U16"));
    assert_int_not_equal(access(at("no.webp"), F_OK), 0);
}

static void grey_becomes_three_equal_colours(void **state) {
    (void)state;
    uint8_t pixels[] = {0, 100, 255};
    hg__image again;
    const hg__image image = {
        {.width = 3, .height = 1, .channels = 1, .dtype = HG_U8, .white = 255},
        pixels
    };
    assert_int_equal(hg__image_save(&image, at("grey.webp"), NULL), HG_OK);
    assert_int_equal(hg__image_load(&again, at("grey.webp"), true, NULL), HG_OK);
    assert_memory_equal(again.pixels, "\0\0\0\x64\x64\x64\xff\xff\xff", 9);
    hg__image_clear(&again);
}

static void bad_files_are_refused_with_their_sentence(void **state) {
    (void)state;
    sample s, plain;
    make(false, 1, &plain);
    wrap(&plain, 0x02, &s);
    expect_refusal(&s, "x.webp", "x.webp: expected a still picture, got an animated WebP");
    s = plain;
    s.size -= 9;
    expect_refusal(&s, "x.webp", "x.webp: the WebP is cut off");
    s = plain;
    memset(s.bytes + 20, 0xff, 5);
    expect_refusal(&s, "x.webp", "x.webp: the WebP is damaged");
    // 16384 x 16384 pixels, all of one colour, in 30 bytes.
    s.size = 0;
    put(&s, "RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff\x0f\0\0\0\0\0", 30);
    expect_refusal(&s, "x.webp",
                   "x.webp: expected at least 732096 bytes for a picture of 16384 x 16384, got 30");
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    sample plain, s = {.size = 0};
    put(&s, lossy, sizeof lossy);
    damage(&s, "x.webp", true, false);
    make(true, 1, &plain);
    damage(&plain, "x.webp", true, false);
    wrap(&plain, 0x20 | 0x08 | 0x10, &s);
    damage(&s, "x.webp", false, false); // what stands behind the pixels may be lost unnoticed
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lossless_files_are_the_same_to_the_bit),
        cmocka_unit_test(profile_exif_and_xmp_are_kept),
        cmocka_unit_test(lossy_files_stay_lossy),
        cmocka_unit_test(what_webp_cannot_hold_is_refused),
        cmocka_unit_test(grey_becomes_three_equal_colours),
        cmocka_unit_test(bad_files_are_refused_with_their_sentence),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
