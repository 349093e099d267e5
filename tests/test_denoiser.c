// SPDX-License-Identifier: Apache-2.0
// test_denoiser.c - images in memory through a model: as the command has them, in any memory they lie in.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "model/model.h"
#include "own_folder.h"
#include "restore/denoiser.h"

#include <cmocka.h>

enum { WIDTH = 97, HEIGHT = 61, MOST = 4, ROOM = 8 * MOST * WIDTH * (HEIGHT + 4) };

static const char spec[] = "keep 1, conv 6 k3 p2 d2 relu | conv input k3 p1, add 1";
static uint8_t source[HEIGHT * WIDTH * MOST]; // RGBA
static uint8_t from[ROOM], to[ROOM], clean[ROOM];

static hg_model *new_model(const char *text, int32_t channels) {
    const hg__shape shape = {
        3, {16, 16, channels}
    };
    hg_error err = {0};
    hg_model *m = hg__model_from_spec(text, &shape, 0, 5, &err);
    if (!m) fail_msg("%s: %s", text, err.message);
    return m;
}

static int make(void **state) {
    (void)state;
    for (uint32_t i = 0; i < sizeof source; i++) {
        source[i] = (uint8_t)(hg__philox_run(3, i, 0, 0, 0).word[0] >> 24);
    }
    return mkdtemp(folder) ? 0 : -1;
}

static int32_t samples_of(hg_pixel_layout layout) {
    static const int32_t samples[] = {1, 3, 3, 4, 4};
    return samples[layout];
}

// Sample c of a pixel of memory's order in source.
static int32_t place_of(hg_pixel_layout layout, int32_t c) {
    const bool is_blue_first = layout == HG_PIXELS_BGR || layout == HG_PIXELS_BGRA;
    return is_blue_first && c < 3 ? 2 - c : c;
}

static size_t size_of(hg_pixel_type type) {
    static const size_t size[] = {1, 2, 4};
    return size[type];
}

// The source as such pixels; what lies between them is 0xAA.
static void fill(const hg_pixels *p) {
    const int32_t samples = samples_of(p->layout);
    for (int32_t y = 0; y < p->height; y++) {
        for (int32_t x = 0; x < p->width; x++) {
            uint8_t *pixel = (uint8_t *)p->data + y * p->line_stride + x * p->pixel_stride;
            for (int32_t c = 0; c < samples; c++) {
                const uint8_t byte = source[(y * WIDTH + x) * MOST + place_of(p->layout, c)];
                const uint16_t word = (uint16_t)(byte * 16);
                const float real = (float)byte / 255;
                const void *const sample[] = {&byte, &word, &real};
                memcpy(pixel + (size_t)c * size_of(p->type), sample[p->type], size_of(p->type));
            }
        }
    }
}

static const uint8_t *sample_of(const hg_pixels *p, int32_t y, int32_t x, int32_t c) {
    return (const uint8_t *)p->data + y * p->line_stride + x * p->pixel_stride +
           (size_t)place_of(p->layout, c) * size_of(p->type);
}

static hg_pixels packed(void *data, hg_pixel_layout layout, hg_pixel_type type) {
    const ptrdiff_t pixel = (ptrdiff_t)size_of(type) * samples_of(layout);
    return (hg_pixels){.data = data,
                       .width = WIDTH,
                       .height = HEIGHT,
                       .layout = layout,
                       .type = type,
                       .line_stride = WIDTH * pixel,
                       .pixel_stride = pixel};
}

static void expect_same(const hg_pixels *a, const hg_pixels *b) {
    for (int32_t y = 0; y < a->height; y++) {
        for (int32_t x = 0; x < a->width; x++) {
            for (int32_t c = 0; c < samples_of(a->layout); c++) {
                assert_memory_equal(sample_of(a, y, x, c), sample_of(b, y, x, c), size_of(a->type));
            }
        }
    }
}

static void denoise(hg_denoiser *d, const hg_pixels *a, const hg_pixels *b) {
    hg_error err = {0};
    if (hg_denoise_pixels(d, a, b, &err) != HG_OK) fail_msg("%s", err.message);
}

static void refuse(hg_denoiser *d, const hg_pixels *a, const hg_pixels *b, const char *sentence) {
    hg_error err = {0};
    assert_int_equal(hg_denoise_pixels(d, a, b, &err), HG_ERR_USAGE);
    if (!strstr(err.message, sentence)) fail_msg("%s", err.message);
}

// The least memory with which an image of this kind passes, to a few percent.
static size_t least_memory(const hg_model *m, const hg_pixels *p) {
    for (size_t memory = 1 << 12;; memory += memory / 16) {
        hg_denoiser *d = hg_denoiser_new(m, 2, memory, NULL);
        assert_non_null(d);
        const int code = hg_denoise_pixels(d, p, p, NULL);
        hg_denoiser_free(d);
        if (code == HG_OK) return memory;
    }
}

// ---- as the command has them --------------------------------------------------------------------

static void run_command(const char *threads) {
    hg_error err = {0};
    hg_options *o = hg_options_new("denoise", NULL);
    assert_int_equal(hg_options_set(o, "model", at("m.safetensors"), NULL), HG_OK);
    assert_int_equal(hg_options_set(o, "source", at("in.png"), NULL), HG_OK);
    assert_int_equal(hg_options_set(o, "out", at("out.png"), NULL), HG_OK);
    assert_int_equal(hg_options_set(o, "threads", threads, NULL), HG_OK);
    if (hg_run(o, NULL, NULL, &err) != HG_OK) fail_msg("%s", err.message);
    hg_options_free(o);
}

static void check_command(const hg_model *m, hg_pixel_layout layout) {
    const int32_t samples = samples_of(layout);
    hg_pixels a = packed(from, layout, HG_PIXELS_U8), b = packed(to, layout, HG_PIXELS_U8);
    fill(&a);
    hg__image image = {
        .info = {.width = WIDTH,
                 .height = HEIGHT,
                 .channels = samples == 1 ? 1 : 3,
                 .alpha = samples == 4,
                 .dtype = HG_U8,
                 .white = 255,
                 .orientation = 1,
                 .pages = 1},
        .pixels = from
    };
    assert_int_equal(hg__image_save(&image, at("in.png"), NULL), HG_OK);
    run_command("3");
    assert_int_equal(hg__image_load(&image, at("out.png"), false, NULL), HG_OK);
    assert_int_not_equal(memcmp(from, image.pixels, (size_t)samples * WIDTH * HEIGHT), 0);
    const size_t memory[] = {0, least_memory(m, &b)};
    for (int32_t i = 0; i < 4; i++) {
        hg_denoiser *d = hg_denoiser_new(m, 1 + i / 2, memory[i % 2], NULL);
        memset(to, 0, sizeof to);
        denoise(d, &a, &b);
        const hg__tiling *t = hg__tiles_tiling(d->tiles);
        assert_true((t->rows * t->columns > 1) == (i % 2 == 1));
        assert_memory_equal(to, image.pixels, (size_t)samples * WIDTH * HEIGHT);
        hg_denoiser_free(d);
    }
    hg__image_clear(&image);
}

static void pixels_are_those_that_the_command_writes(void **state) {
    (void)state;
    for (int32_t channels = 1; channels <= 3; channels += 2) {
        hg_model *m = new_model(spec, channels);
        assert_int_equal(hg__model_save(m, at("m.safetensors"), NULL, NULL), HG_OK);
        check_command(m, HG_PIXELS_GREY);
        check_command(m, HG_PIXELS_RGB);
        check_command(m, HG_PIXELS_RGBA);
        hg_model_free(m);
    }
}

// ---- any memory ---------------------------------------------------------------------------------

// A bitmap of some kind: packed, with gaps, bottom up.
static hg_pixels spread(uint8_t *data, hg_pixel_layout layout, hg_pixel_type type, int kind) {
    hg_pixels p = packed(data, layout, type);
    if (kind > 0) {
        p.pixel_stride += 1; // no sample is aligned
        p.line_stride = p.pixel_stride * WIDTH + 5;
    }
    if (kind == 2) {
        p.data = data + (HEIGHT - 1) * p.line_stride;
        p.line_stride = -p.line_stride;
    }
    return p;
}

// What lies between the pixels of p is still 0xAA.
static void expect_gaps(const hg_pixels *p, const uint8_t *data) {
    static uint8_t seen[ROOM];
    memcpy(seen, data, ROOM);
    for (int32_t y = 0; y < HEIGHT; y++) {
        for (int32_t x = 0; x < WIDTH; x++) {
            memset(seen + (sample_of(p, y, x, 0) -
                           (size_t)place_of(p->layout, 0) * size_of(p->type) - data),
                   0xAA, (size_t)samples_of(p->layout) * size_of(p->type));
        }
    }
    for (size_t i = 0; i < ROOM; i++) assert_int_equal(seen[i], 0xAA);
}

static void check_kinds(hg_denoiser *d, hg_pixel_layout layout, hg_pixel_layout plain,
                        hg_pixel_type type) {
    const hg_pixels a = packed(from, plain, type), expected = packed(clean, plain, type);
    fill(&a);
    denoise(d, &a, &expected);
    for (int kind = 0; kind < 3; kind++) {
        const hg_pixels in = spread(from, layout, type, kind);
        const hg_pixels out = spread(to, layout, type, 2 - kind);
        memset(from, 0xAA, sizeof from);
        memset(to, 0xAA, sizeof to);
        fill(&in);
        denoise(d, &in, &out);
        expect_same(&expected, &out);
        expect_gaps(&out, to);
        denoise(d, &in, &in); // in place
        expect_same(&expected, &in);
        expect_gaps(&in, from);
    }
}

static void strides_orders_and_places_change_no_bit(void **state) {
    (void)state;
    for (int32_t channels = 1; channels <= 3; channels += 2) {
        hg_model *m = new_model(spec, channels);
        const hg_pixels most = packed(from, HG_PIXELS_RGBA, HG_PIXELS_F32);
        fill(&most);
        hg_denoiser *d = hg_denoiser_new(m, 2, least_memory(m, &most), NULL);
        for (hg_pixel_type type = HG_PIXELS_U8; type <= HG_PIXELS_F32; type++) {
            check_kinds(d, HG_PIXELS_GREY, HG_PIXELS_GREY, type);
            check_kinds(d, HG_PIXELS_BGR, HG_PIXELS_RGB, type);
            check_kinds(d, HG_PIXELS_BGRA, HG_PIXELS_RGBA, type);
        }
        hg_denoiser_free(d);
        hg_model_free(m);
    }
}

static void a_cut_out_is_a_picture_of_its_own(void **state) {
    (void)state;
    hg_model *m = new_model(spec, 1);
    hg_denoiser *d = hg_denoiser_new(m, 1, 0, NULL);
    enum { LEFT = 10, TOP = 7, WIDE = 30, HIGH = 20 };
    hg_pixels all = packed(from, HG_PIXELS_GREY, HG_PIXELS_U8), part = all;
    fill(&all);
    part.data = from + TOP * WIDTH + LEFT;
    part.width = WIDE;
    part.height = HIGH;
    hg_pixels alone = part;
    alone.data = clean;
    alone.line_stride = alone.pixel_stride = 0;
    denoise(d, &part, &alone);
    hg_pixels beside = part; // another part of the same picture
    beside.data = from + TOP * WIDTH + LEFT + WIDE;
    denoise(d, &part, &beside);
    denoise(d, &part, &part);
    for (int32_t y = 0; y < HIGH; y++) {
        const uint8_t *line = from + (TOP + y) * WIDTH + LEFT;
        assert_memory_equal(line, clean + y * WIDE, WIDE);
        assert_memory_equal(line + WIDE, clean + y * WIDE, WIDE);
        for (int32_t x = 0; x < LEFT; x++) {
            assert_int_equal(line[x - LEFT], source[((TOP + y) * WIDTH + x) * MOST]);
        }
    }
    beside.data = from + TOP * WIDTH + LEFT + WIDE - 1;
    refuse(d, &part, &beside, "the same pixels or none in common");
    beside.data = from + (TOP + 3) * WIDTH + LEFT;
    refuse(d, &part, &beside, "the same pixels or none in common");
    hg_denoiser_free(d);
    hg_model_free(m);
}

// ---- samples ------------------------------------------------------------------------------------

// 12 bits in 16 are, at white 4095, the numbers they are as floats.
static void white_is_what_the_caller_says(void **state) {
    (void)state;
    hg_model *m = new_model(spec, 1);
    hg_denoiser *d = hg_denoiser_new(m, 1, 0, NULL);
    uint16_t *words = (uint16_t *)(void *)from, *got = (uint16_t *)(void *)to;
    float *reals = (float *)(void *)clean;
    hg_pixels a = packed(from, HG_PIXELS_GREY, HG_PIXELS_U16), b = a;
    hg_pixels r = packed(clean, HG_PIXELS_GREY, HG_PIXELS_F32);
    b.data = to;
    fill(&a);
    for (size_t i = 0; i < WIDTH * HEIGHT; i++) reals[i] = (1 / 4095.0F) * (float)words[i];
    a.white = b.white = 4095;
    denoise(d, &a, &b);
    denoise(d, &r, &r);
    for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
        const float x = 4095 * reals[i];
        assert_int_equal(got[i], x > 0 ? (x < 4095 ? (int)rintf(x) : 4095) : 0);
    }
    hg_denoiser_free(d);
    hg_model_free(m);
}

static void floats_are_not_clipped_and_must_not_be_finite(void **state) {
    (void)state;
    hg_model *m = new_model("keep 1 | add 1", 1); // twice the input
    hg_denoiser *d = hg_denoiser_new(m, 1, 0, NULL);
    float x[4] = {-1, 3, INFINITY, NAN};
    const hg_pixels p = {.data = x, .width = 4, .height = 1, .type = HG_PIXELS_F32};
    denoise(d, &p, &p);
    const float expected[4] = {-2, 6, 0, 0};
    assert_memory_equal(x, expected, sizeof x);
    hg_denoiser_free(d);
    hg_model_free(m);
}

// ---- memory -------------------------------------------------------------------------------------

static void frames_after_the_first_allocate_nothing(void **state) {
    (void)state;
    hg_model *m = new_model(spec, 3);
    const hg_pixels a = packed(from, HG_PIXELS_BGR, HG_PIXELS_U8);
    const hg_pixels b = packed(to, HG_PIXELS_RGB, HG_PIXELS_U8);
    const size_t memory[] = {0, least_memory(m, &a)};
    for (int i = 0; i < 2; i++) {
        hg_denoiser *d = hg_denoiser_new(m, 2, memory[i], NULL);
        denoise(d, &a, &b);
        const uint64_t before = hg__alloc_count();
        for (int frame = 0; frame < 3; frame++) {
            fill(&a);
            denoise(d, &a, &b);
            denoise(d, &a, &a);
        }
        assert_int_equal(hg__alloc_count() - before, 0);
        hg_denoiser_free(d);
    }
    hg_model_free(m);
}

static void memory_stays_within_what_was_said(void **state) {
    (void)state;
    enum { OF_THE_MODEL = 1 << 14 }; // its layers once more
    hg_model *m = new_model(spec, 3);
    const hg_pixels p = packed(from, HG_PIXELS_RGBA, HG_PIXELS_U8);
    const size_t least = least_memory(m, &p);
    for (size_t memory = least; memory < 16 * least; memory += memory / 2) {
        hg_denoiser *d = hg_denoiser_new(m, 2, memory, NULL);
        const uint64_t before = hg__alloc_bytes();
        denoise(d, &p, &p);
        const uint64_t made = hg__alloc_bytes();
        d->planned = (hg__image_info){0}; // what planning alone takes, and gives back
        denoise(d, &p, &p);
        const uint64_t taken = made - before - (hg__alloc_bytes() - made);
        assert_true(taken <= memory + OF_THE_MODEL);
        hg_denoiser_free(d);
    }
    hg_denoiser *d = hg_denoiser_new(m, 2, 1 << 12, NULL);
    refuse(d, &p, &p, "expected max_mem of at least");
    hg_denoiser_free(d);
    hg_model_free(m);
}

// ---- what cannot be meant -----------------------------------------------------------------------

static void nonsense_is_refused_with_a_sentence(void **state) {
    (void)state;
    hg_model *m = new_model(spec, 1), *two = new_model(spec, 2);
    hg_denoiser *d = hg_denoiser_new(m, 1, 0, NULL);
    const hg_pixels good = packed(from, HG_PIXELS_RGB, HG_PIXELS_U8);
    const hg_pixels other = packed(to, HG_PIXELS_RGB, HG_PIXELS_U8);
    hg_pixels bad = good;
    bad.data = NULL;
    refuse(d, &bad, &other, "from: expected data, got NULL");
    bad = other;
    bad.width = 0;
    refuse(d, &good, &bad, "to: expected sides of 1 to");
    bad = other;
    bad.width--;
    refuse(d, &good, &bad, "expected two images of one size, got 97 x 61 and 96 x 61");
    bad = packed(to, HG_PIXELS_RGBA, HG_PIXELS_U8);
    refuse(d, &good, &bad, "one type, white and kind of pixel");
    bad = good;
    bad.line_stride = 3 * WIDTH - 1;
    refuse(d, &bad, &other, "from: expected a line_stride no shorter than a line, got 290");
    bad.line_stride = 0;
    bad.pixel_stride = 2;
    refuse(d, &bad, &other, "from: expected a pixel_stride of at least a pixel");
    bad = good;
    bad.white = 256;
    refuse(d, &bad, &other, "white above 0 and in the samples' range, got 256");
    bad.white = NAN;
    refuse(d, &bad, &other, "white above 0");
    bad = good;
    bad.layout = (hg_pixel_layout)9; // NOLINT(clang-analyzer-optin.core.EnumCastOutOfRange): meant
    refuse(d, &bad, &other, "a layout of hg_pixel_layout, got 9");
    hg_error err = {0};
    assert_null(hg_denoiser_new(two, 1, 0, &err));
    assert_int_equal(err.code, HG_ERR_MODEL);
    assert_null(hg_denoiser_new(m, 1000, 0, &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    hg_denoiser_free(d);
    hg_denoiser_free(NULL);
    hg_model_free(m);
    hg_model_free(two);
}

static void a_model_that_ships_is_found_by_its_name(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(setenv("HG_MODELS", "models", 1), 0);
    hg_model *m = hg_model_load_shipped("denoise", &err);
    if (!m) fail_msg("%s", err.message);
    hg_denoiser *d = hg_denoiser_new(m, 1, 0, &err);
    assert_non_null(d);
    hg_denoiser_free(d);
    hg_model_free(m);
    assert_null(hg_model_load_shipped("none", &err));
    assert_int_equal(err.code, HG_ERR_MISSING);
    assert_null(hg_model_load_shipped("../models/denoise", &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    assert_int_equal(unsetenv("HG_MODELS"), 0);
}

static void frames_of_a_video_share_an_average(void **state) {
    (void)state;
    hg_model *m = new_model(spec, 3);
    hg_denoiser *d = hg_denoiser_new(m, 1, 0, NULL);
    hg_error err = {0};
    const hg_pixels a = packed(from, HG_PIXELS_BGRA, HG_PIXELS_U8);
    const hg_pixels b = packed(to, HG_PIXELS_BGRA, HG_PIXELS_U8);
    const hg_pixels c = packed(clean, HG_PIXELS_BGRA, HG_PIXELS_U8);
    assert_int_equal(hg_denoiser_temporal(d, 65, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "hg_denoiser_temporal: expected 0 to 64 frames, got 65");
    fill(&a);
    denoise(d, &a, &c);
    assert_int_equal(hg_denoiser_temporal(d, 8, NULL), HG_OK);
    denoise(d, &a, &b); // the first: by itself
    expect_same(&b, &c);
    const uint64_t count = hg__alloc_count();
    for (int32_t i = 0; i < 3; i++) {
        denoise(d, &a, &b);
        assert_int_equal(hg__alloc_count(), count);
        expect_same(&b, &c);
    }
    denoise(d, &a, &a); // in place, alpha too
    expect_same(&a, &c);
    assert_int_equal(hg_denoiser_temporal(d, 0, NULL), HG_OK);
    fill(&a);
    denoise(d, &a, &b);
    expect_same(&b, &c);
    hg_denoiser_free(d);
    hg_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_a_video_share_an_average),
        cmocka_unit_test(pixels_are_those_that_the_command_writes),
        cmocka_unit_test(strides_orders_and_places_change_no_bit),
        cmocka_unit_test(a_cut_out_is_a_picture_of_its_own),
        cmocka_unit_test(white_is_what_the_caller_says),
        cmocka_unit_test(floats_are_not_clipped_and_must_not_be_finite),
        cmocka_unit_test(frames_after_the_first_allocate_nothing),
        cmocka_unit_test(memory_stays_within_what_was_said),
        cmocka_unit_test(nonsense_is_refused_with_a_sentence),
        cmocka_unit_test(a_model_that_ships_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, make, remove_folder);
}
