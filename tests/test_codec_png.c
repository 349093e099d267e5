// SPDX-License-Identifier: Apache-2.0
// test_codec_png.c - PNG: every kind of sample, what is kept, what is refused, damage.
#include <png.h>

#include "image_samples.h"

enum { GREY = 0, COLOUR = 2, PALETTE = 3, GREY_ALPHA = 4, COLOUR_ALPHA = 6 };
enum { WIDTH = 5, HEIGHT = 3 };

static const uint8_t palette[4][3] = {
    {1,   2,   3  },
    {200, 100, 0  },
    {0,   0,   255},
    {255, 255, 255}
};

// A kind of file and what its samples become.
typedef struct kind {
    int depth, colour;
    const char *transparent; // data of tRNS, NULL for none
    size_t transparent_size;
    int channels;
    bool alpha;
} kind;

// clang-format off
static const kind kinds[] = {
    {1, GREY, NULL, 0, 1, false},           {2, GREY, NULL, 0, 1, false},         {4, GREY, NULL, 0, 1, false},
    {8, GREY, NULL, 0, 1, false},           {16, GREY, NULL, 0, 1, false},        {8, COLOUR, NULL, 0, 3, false},
    {16, COLOUR, NULL, 0, 3, false},        {1, PALETTE, NULL, 0, 3, false},      {2, PALETTE, NULL, 0, 3, false},
    {4, PALETTE, NULL, 0, 3, false},        {8, PALETTE, NULL, 0, 3, false},      {8, GREY_ALPHA, NULL, 0, 1, true},
    {16, GREY_ALPHA, NULL, 0, 1, true},     {8, COLOUR_ALPHA, NULL, 0, 3, true},  {16, COLOUR_ALPHA, NULL, 0, 3, true},
    {2, PALETTE, "\x80\0", 2, 3, true},     {2, GREY, "\0\1", 2, 1, true},        {8, GREY, "\0\x11", 2, 1, true},
    {16, COLOUR, "\0\x11\0\x22\0\x33", 6, 3, true},
};
// clang-format on
enum { KINDS = sizeof kinds / sizeof *kinds };

static int stored_samples(const kind *k) {
    return k->colour == COLOUR         ? 3
           : k->colour == GREY_ALPHA   ? 2
           : k->colour == COLOUR_ALPHA ? 4
                                       : 1;
}

// Any numbers that use all bits; the first pixel's are those that tRNS names.
static uint32_t stored(const kind *k, size_t pixel, size_t which) {
    const uint32_t value = (uint32_t)(pixel * 7919 + which * 104729 + 1);
    if (k->colour == PALETTE) return value % (k->depth == 1 ? 2 : 4);
    if (pixel == 0 && k->depth >= 8) return 0x11U * (uint32_t)(which + 1);
    return value & ((1U << k->depth) - 1);
}

static void pack(const kind *k, uint8_t *rows, size_t line) {
    const size_t samples = (size_t)stored_samples(k), depth = (size_t)k->depth;
    memset(rows, 0, line * HEIGHT);
    for (size_t pixel = 0; pixel < (size_t)WIDTH * HEIGHT; pixel++) {
        for (size_t c = 0; c < samples; c++) {
            const uint32_t value = stored(k, pixel, c);
            const size_t bit = (pixel % WIDTH * samples + c) * depth;
            uint8_t *to = rows + pixel / WIDTH * line + bit / 8;
            if (depth == 16) {
                to[0] = (uint8_t)(value >> 8);
                to[1] = (uint8_t)value;
            } else {
                to[0] |= (uint8_t)(value << (8 - depth - bit % 8));
            }
        }
    }
}

static void make(const kind *k, sample *s, void (*extra)(sample *)) {
    const size_t line = ((size_t)stored_samples(k) * (size_t)k->depth * WIDTH + 7) / 8;
    uint8_t rows[256];
    pack(k, rows, line);
    start_png(s, WIDTH, HEIGHT, k->depth, k->colour, 0);
    if (extra) extra(s);
    if (k->colour == PALETTE) put_chunk(s, "PLTE", palette, k->depth == 1 ? 6 : 12);
    if (k->transparent) put_chunk(s, "tRNS", k->transparent, k->transparent_size);
    put_pixels(s, rows, line, HEIGHT);
    end_png(s);
}

// Sample c of a pixel as the library must give it, by the standard's words.
static uint32_t wanted(const kind *k, size_t pixel, int c) {
    const uint32_t first = stored(k, pixel, 0), full = k->depth == 16 ? 65535 : 255;
    if (k->colour == PALETTE) {
        return c < 3 ? palette[first][c] : first == 0 ? 0x80 : first == 1 ? 0 : 255;
    }
    const uint32_t step = k->depth < 8 ? 255 / ((1U << k->depth) - 1) : 1;
    if (c < k->channels || !k->transparent) return stored(k, pixel, (size_t)c) * step;
    for (int i = 0; i < k->channels; i++) {
        const uint32_t key =
            (uint32_t)(uint8_t)k->transparent[2 * i] << 8 | (uint8_t)k->transparent[2 * i + 1];
        if (stored(k, pixel, (size_t)i) != key) return full;
    }
    return 0;
}

static void every_kind_gives_its_samples(void **state) {
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        const kind *k = &kinds[i];
        sample s;
        hg__image image;
        make(k, &s, NULL);
        load(&image, &s, "x.png");
        const int samples = k->channels + k->alpha;
        assert_int_equal(image.info.width, WIDTH);
        assert_int_equal(image.info.height, HEIGHT);
        assert_int_equal(image.info.channels, k->channels);
        assert_int_equal(image.info.alpha, k->alpha);
        assert_int_equal(image.info.dtype, k->depth == 16 ? HG_U16 : HG_U8);
        assert_true(image.info.white == (k->depth == 16 ? 65535 : 255));
        for (int at = 0; at < WIDTH * HEIGHT * samples; at++) {
            const uint32_t got =
                k->depth == 16 ? ((uint16_t *)image.pixels)[at] : ((uint8_t *)image.pixels)[at];
            assert_int_equal(got, wanted(k, (size_t)(at / samples), at % samples));
        }
        hg__image_clear(&image);
    }
}

static void a_file_like_another_has_its_samples_depth_and_alpha(void **state) {
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        const kind *k = &kinds[i];
        sample s, again;
        make(k, &s, NULL);
        expect_round_trip(&s, "x.png", &again);
        const bool is_resolved = k->colour == PALETTE || k->transparent;
        assert_int_equal(again.bytes[24], is_resolved && k->depth < 8 ? 8 : k->depth);
        const int colour = (k->channels == 3 ? 2 : 0) | (k->alpha ? 4 : 0);
        assert_int_equal(again.bytes[25], colour);
    }
}

static void few_bits_are_rounded(void **state) {
    (void)state;
    sample s, again;
    hg__image image;
    hg_error err = {0};
    make(&kinds[0], &s, NULL); // one bit
    hg__image_reader *r = hg__image_open_bytes(s.bytes, s.size, "x.png", &err);
    hg__image_writer *w = hg__image_create(at("x.png"), r, &err);
    assert_non_null(w);
    const uint8_t lines[HEIGHT][WIDTH] = {
        {0,    127, 128, 255, 1},
        {254, 0, 200, 50, 3},
        {0  }
    };
    assert_int_equal(hg__image_write_lines(w, lines, HEIGHT, &err), HG_OK);
    assert_int_equal(hg__image_commit(w, &err), HG_OK);
    hg__image_close(r);
    read_file(at("x.png"), &again);
    load(&image, &again, "x.png");
    const uint8_t rounded[HEIGHT][WIDTH] = {
        {0,    0, 255, 255, 0},
        {255, 0, 255, 0, 0},
        {0  }
    };
    assert_memory_equal(image.pixels, rounded, sizeof rounded);
    hg__image_clear(&image);
}

// Adam7's passes by the standard's table, for 8-bit grey.
static void interlaced_files_are_the_same_picture(void **state) {
    (void)state;
    enum { W = 13, H = 11 };
    static const int first_x[] = {0, 4, 0, 2, 0, 1, 0}, step_x[] = {8, 8, 4, 4, 2, 2, 1};
    static const int first_y[] = {0, 0, 4, 0, 2, 0, 1}, step_y[] = {8, 8, 8, 4, 4, 2, 2};
    sample s;
    uint8_t raw[512], packed[1024];
    size_t used = 0;
    for (int pass = 0; pass < 7; pass++) {
        for (int y = first_y[pass]; y < H; y += step_y[pass]) {
            raw[used++] = 0;
            for (int x = first_x[pass]; x < W; x += step_x[pass]) {
                raw[used++] = (uint8_t)(y * W + x);
            }
        }
    }
    uLongf size = sizeof packed;
    assert_int_equal(compress2(packed, &size, raw, used, 9), Z_OK);
    start_png(&s, W, H, 8, GREY, 1);
    put_chunk(&s, "IDAT", packed, size);
    end_png(&s);
    hg_error err = {0};
    hg__image_reader *r = hg__image_open_bytes(s.bytes, s.size, "x.png", &err);
    assert_non_null(r);
    assert_int_equal(hg__image_held(r), W * H);
    uint8_t line[W];
    for (int y = 0; y < H; y++) {
        assert_int_equal(hg__image_read_lines(r, line, 1, &err), HG_OK);
        for (int x = 0; x < W; x++) assert_int_equal(line[x], (uint8_t)(y * W + x));
    }
    assert_int_equal(hg__image_next_page(r, &err), 0);
    hg__image_close(r);
    sample again;
    expect_round_trip(&s, "x.png", &again);
    damage(&s, "x.png", true, true);
}

// What stands beside the pixels: (type, data).
static const struct {
    const char *type, *data;
    size_t size;
} extras[] = {
    {"gAMA", "\0\0\xb1\x8f",                                                              4 },
    {"cHRM", "\0\0z&\0\0\x80\x84\0\0\xfa\0\0\0\x80\xe8\0\0u0\0\0\xea`\0\0:\x98\0\0\x17p", 32},
    {"iCCP", "any\0\0not a profile",                                                      18},
    {"pHYs", "\0\0\x0b\x13\0\0\x0b\x13\1",                                                9 },
    {"eXIf", "MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0",                   26},
    {"tIME", "\x07\xe4\1\2\3\4\5",                                                        7 },
    {"tEXt", "Comment\0hello",                                                            13},
    {"iTXt", "Comment\0\0\0\0\0hello",                                                    17},
};
enum { EXTRAS = sizeof extras / sizeof *extras };

static void put_extras(sample *s) {
    for (size_t i = 0; i < EXTRAS; i++) {
        put_chunk(s, extras[i].type, extras[i].data, extras[i].size);
    }
    put_chunk(s, "vpAg", "private", 7); // nobody knows what it means for new pixels
}

static bool contains(const sample *s, const void *bytes, size_t size) {
    return memmem(s->bytes, s->size, bytes, size) != NULL;
}

static void what_stands_beside_the_pixels_is_kept(void **state) {
    (void)state;
    sample s, again, piece;
    make(&kinds[5], &s, put_extras);
    s.size -= 12; // a text behind the pixels too
    put_chunk(&s, "tEXt", "Last\0word", 9);
    end_png(&s);
    expect_round_trip(&s, "x.png", &again);
    for (size_t i = 0; i < EXTRAS; i++) {
        piece.size = 0;
        put_chunk(&piece, extras[i].type, extras[i].data, extras[i].size);
        assert_true(contains(&again, piece.bytes, piece.size));
    }
    assert_true(contains(&again, "Last\0word", 9));
    assert_false(contains(&again, "vpAg", 4));
    hg__image image;
    load(&image, &again, "x.png");
    assert_int_equal(image.info.orientation, 6);
    hg__image_clear(&image);
}

static void a_new_file_says_its_orientation_and_widens_twelve_bits(void **state) {
    (void)state;
    uint16_t pixels[] = {0, 1, 2048, 4095, 5000, 4094};
    const hg__image image = {
        {.width = 3,
         .height = 2,
         .channels = 1,
         .dtype = HG_U16,
         .white = 4095,
         .orientation = 8,
         .pages = 1},
        pixels
    };
    hg__image again;
    assert_int_equal(hg__image_save(&image, at("new.png"), NULL), HG_OK);
    assert_int_equal(hg__image_load(&again, at("new.png"), false, NULL), HG_OK);
    assert_int_equal(again.info.orientation, 8);
    assert_true(again.info.white == 65535);
    const uint16_t wide[] = {0, 16, 32776, 65535, 65535, 65519};
    assert_memory_equal(again.pixels, wide, sizeof wide);
    hg__image_clear(&again);
}

static void make_bad(sample *s, uint32_t width, uint32_t height, int depth, int colour) {
    const uint8_t rows[64] = {0};
    start_png(s, width, height, depth, colour, 0);
    put_pixels(s, rows, 4, 4);
    end_png(s);
}

static void bad_files_are_refused_with_their_sentence(void **state) {
    (void)state;
    sample s;
    make_bad(&s, 0, 4, 8, GREY);
    expect_refusal(&s, "x.png", "x.png: expected a picture of at least 1 x 1 pixels, got 0 x 4");
    make_bad(&s, 100000, 100000, 8, GREY);
    expect_refusal(&s, "x.png", "x.png: expected at most 1073741824 pixels, got 100000 x 100000");
    make_bad(&s, 20000, 20000, 8, GREY);
    expect_refusal(&s, "x.png",
                   "x.png: expected at least 363636 bytes for a picture of 20000 x 20000, got 68");
    make_bad(&s, 0xffffffff, 1, 8, GREY);
    expect_refusal(&s, "x.png",
                   "x.png: expected sides of at most 2147483647 pixels, got 4294967295 x 1");
    make_bad(&s, 2000000, 1, 8, GREY);
    expect_refusal(&s, "x.png",
                   "x.png: expected at most 1048576 pixels across and down, got 2000000 x 1");
    make_bad(&s, 4, 5, 8, GREY);
    expect_refusal(&s, "x.png", "x.png: the PNG is damaged: Not enough image data");
    make_bad(&s, 4, 4, 3, GREY);
    expect_refusal(&s, "x.png", "x.png: the PNG is damaged: Invalid IHDR data");
    make_bad(&s, 4, 4, 8, PALETTE);
    expect_refusal(&s, "x.png", "x.png: the PNG is damaged: IDAT: Missing PLTE before IDAT");
    make_bad(&s, 4, 4, 8, GREY);
    s.bytes[s.size - 13] ^= 1;
    expect_refusal(&s, "x.png", "x.png: the PNG is damaged: IDAT: CRC error");
    make_bad(&s, 4, 4, 8, GREY);
    s.size -= 12;
    expect_refusal(&s, "x.png", "x.png: the PNG is cut off after 56 bytes");
    start_png(&s, 4, 4, 8, GREY, 0);
    end_png(&s);
    expect_refusal(&s, "x.png", "x.png: the PNG is damaged: IEND: out of place");
    start_png(&s, 4, 4, 8, GREY, 0);
    put_chunk(&s, "acTL", "\0\0\0\2\0\0\0\0", 8);
    expect_refusal(&s, "x.png", "x.png: expected a still picture, got an animated PNG");
    s.size = 8;
    put_chunk(&s, "IDAT", "x", 1);
    expect_refusal(&s, "x.png", "x.png: the PNG is damaged: its header is missing");
}

// 8-bit grey, all 7, whose compressed data goes on behind the last pixel: `more` blocks of a zero, 6 bytes each, and no end.
static void make_long(sample *s, int64_t width, int64_t height, int interlace, int more) {
    uint8_t rows[512] = {0}, packed[1 << 16];
    z_stream z = {0};
    size_t used = 0;
    for (int pass = 0; pass < (interlace ? 7 : 1); pass++) {
        const int64_t wide = interlace ? PNG_PASS_COLS(width, pass) : width;
        const int64_t high = interlace ? PNG_PASS_ROWS(height, pass) : height;
        for (int64_t y = 0; wide && y < high; y++, used += (size_t)wide + 1) {
            memset(rows + used + 1, 7, (size_t)wide);
        }
    }
    assert_int_equal(deflateInit(&z, 9), Z_OK);
    z.next_out = packed;
    z.avail_out = sizeof packed;
    z.next_in = rows;
    z.avail_in = (uInt)used;
    assert_int_equal(deflate(&z, Z_FULL_FLUSH), Z_OK);
    size_t size = z.total_out;
    deflateEnd(&z);
    for (; more--; size += 6) memcpy(packed + size, "\0\1\0\xfe\xff", 6);
    start_png(s, (uint32_t)width, (uint32_t)height, 8, GREY, interlace);
    put_chunk(s, "IDAT", packed, size);
    end_png(s);
}

static void what_is_compressed_behind_the_pixels_is_not_inflated_to_its_end(void **state) {
    (void)state;
    sample s;
    hg__image image;
    for (uint32_t i = 0; i < 2 * 9 * 9; i++) {
        const uint32_t width = 1 + i / 2 % 9, height = 1 + i / 18;
        make_long(&s, width, height, (int)(i % 2), 8000);
        load(&image, &s, "x.png");
        for (uint32_t k = 0; k < width * height; k++) {
            assert_int_equal(((const uint8_t *)image.pixels)[k], 7);
        }
        hg__image_clear(&image);
        s.bytes[s.size - 13] ^= 1;
        expect_refusal(&s, "x.png", "x.png: the PNG is damaged: IDAT: CRC error");
        make_long(&s, width, height, (int)(i % 2), 3);
        expect_refusal(&s, "x.png", "x.png: the PNG is damaged: Not enough image data");
    }
}

static void real_samples_are_not_written(void **state) {
    (void)state;
    float pixel = 0.5F;
    hg_error err = {0};
    const hg__image image = {
        {.width = 1, .height = 1, .channels = 1, .dtype = HG_F32, .white = 1},
        &pixel
    };
    assert_int_equal(hg__image_save(&image, at("no.png"), &err), HG_ERR_USAGE);
    assert_non_null(
        strstr(err.message, "no.png: expected samples of 8 or 16 bits for PNG, got F32"));
    assert_int_not_equal(access(at("no.png"), F_OK), 0);
}

static void damaged_files_are_refused_or_read_as_they_were(void **state) {
    (void)state;
    for (int i = 0; i < KINDS; i++) {
        sample s;
        make(&kinds[i], &s, i % 4 == 0 ? put_extras : NULL);
        damage(&s, "x.png", true, true);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_gives_its_samples),
        cmocka_unit_test(a_file_like_another_has_its_samples_depth_and_alpha),
        cmocka_unit_test(few_bits_are_rounded),
        cmocka_unit_test(interlaced_files_are_the_same_picture),
        cmocka_unit_test(what_stands_beside_the_pixels_is_kept),
        cmocka_unit_test(a_new_file_says_its_orientation_and_widens_twelve_bits),
        cmocka_unit_test(bad_files_are_refused_with_their_sentence),
        cmocka_unit_test(what_is_compressed_behind_the_pixels_is_not_inflated_to_its_end),
        cmocka_unit_test(real_samples_are_not_written),
        cmocka_unit_test(damaged_files_are_refused_or_read_as_they_were),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
