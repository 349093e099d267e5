// SPDX-License-Identifier: Apache-2.0
// test_part_view.c - what a picture becomes by a view, what view training pictures are given, and the ways back.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "own_folder.h"
#include "parts/part_view.h"
#include "parts/resize.h"
#include "whole_mask.h"

#include <cmocka.h>

static uint32_t word(uint32_t a, uint32_t b) {
    return hg__philox_run(21, a, b, 0, 0).word[0];
}

// ---- pictures -----------------------------------------------------------------------------------

typedef struct look {
    int32_t height, width, channels, orientation;
    hg__dtype dtype;
    double low, high; // samples, evenly between
} look;

static const look grey = {30, 40, 1, 1, HG_U8, 0, 255};

static hg__image image_of(const look *l, uint32_t number) {
    hg__image image = {
        .info = {.width = l->width,
                 .height = l->height,
                 .channels = l->channels,
                 .dtype = l->dtype,
                 .white = hg__image_white_of(l->dtype),
                 .orientation = l->orientation,
                 .pages = 1}
    };
    const size_t count = (size_t)l->height * (size_t)l->width * (size_t)l->channels;
    image.pixels = hg__alloc(count, hg__dtype_size(l->dtype), NULL);
    assert_non_null(image.pixels);
    for (size_t i = 0; i < count; i++) {
        const double share = (double)hg__unit_float(word((uint32_t)i, number));
        hg__image_set_sample(l->dtype, image.pixels, i, l->low + share * (l->high - l->low));
    }
    return image;
}

static void write_image(const hg__image *image, const char *name) {
    hg_error err = {0};
    if (hg__image_save(image, at(name), &err) < 0) fail_msg("%s", err.message);
}

static void write_look(const look *l, uint32_t number, const char *name) {
    hg__image image = image_of(l, number);
    write_image(&image, name);
    hg__image_clear(&image);
}

static hg__raster loaded(const hg__part_view *v, const char *name, hg__part_geometry *g) {
    hg__raster r;
    hg_error err = {0};
    if (hg__part_load(v, at(name), &r, g, &err) < 0) fail_msg("%s", err.message);
    return r;
}

// The same made of the whole picture: numbers, the crop, the filter.
static hg__raster made(const hg__part_view *v, const char *name, const hg__sample_range *range) {
    hg__image image;
    hg__raster whole, to;
    assert_int_equal(hg__image_load(&image, at(name), true, NULL), HG_OK);
    if (range) image.info.range = *range;
    hg__crop c = v->crop;
    if (c.width == 0) c = (hg__crop){0, 0, image.info.width, image.info.height};
    float *line = hg__alloc((size_t)image.info.width * 3, sizeof *line, NULL);
    assert_int_equal(hg__raster_init(&whole, c.height, c.width, v->channels, NULL), HG_OK);
    for (int32_t y = 0; y < c.height; y++) {
        const size_t from = (size_t)(c.top + y) * hg__image_line_bytes(&image.info);
        hg__image_to_real(&image.info, (const uint8_t *)image.pixels + from, 1, v->channels, line);
        memcpy(hg__raster_pixel(&whole, y, 0), line + c.left * v->channels,
               (size_t)c.width * (size_t)v->channels * sizeof *line);
    }
    const int32_t height = (int32_t)(c.height * v->factor + 0.5);
    const int32_t width = (int32_t)(c.width * v->factor + 0.5);
    assert_int_equal(hg__raster_resize(&to, &whole, height, width, NULL), HG_OK);
    hg__raster_clear(&whole);
    hg__image_clear(&image);
    hg__free(line);
    return to;
}

static void expect_same(const hg__raster *a, const hg__raster *b, double most) {
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->channels, b->channels);
    for (size_t i = 0; i < hg__raster_count(a); i++) {
        assert_true(fabs((double)a->at[i] - (double)b->at[i]) <= most);
    }
}

static void expect_made(const hg__part_view *v, const char *name) {
    hg__part_geometry g;
    hg__raster a = loaded(v, name, &g), b = made(v, name, NULL);
    expect_same(&a, &b, 1e-6);
    assert_int_equal(g.frame_height, a.height);
    assert_int_equal(g.frame_width, a.width);
    hg__raster_clear(&a);
    hg__raster_clear(&b);
}

// ---- loading ------------------------------------------------------------------------------------

static void a_picture_is_cropped_reduced_and_coloured(void **state) {
    (void)state;
    look colour = grey;
    colour.channels = 3;
    write_look(&grey, 1, "grey.png");
    write_look(&colour, 2, "colour.png");
    for (int32_t channels = 1; channels <= 3; channels += 2) {
        hg__part_view v = {.channels = channels, .factor = 1};
        expect_made(&v, "grey.png");
        expect_made(&v, "colour.png");
        v.factor = 0.37;
        expect_made(&v, "colour.png");
        v.crop = (hg__crop){5, 3, 31, 20};
        expect_made(&v, "grey.png");
        expect_made(&v, "colour.png");
    }
}

static void a_turned_picture_is_upright(void **state) {
    (void)state;
    const hg__part_view v = {
        .channels = 1, .factor = 0.5, .crop = {2, 7, 20, 30}
    };
    for (int32_t k = 2; k <= 8; k++) {
        look l = grey;
        l.orientation = k;
        if (k < 5) l.height = 40, l.width = 30; // upright: 40 lines of 30
        write_look(&l, 3, "turned.png");
        expect_made(&v, "turned.png");
    }
}

static void a_large_picture_is_not_held(void **state) {
    (void)state;
    const look l = {2000, 3000, 1, 1, HG_U8, 0, 255}; // 6 MB; as floats 24
    const hg__part_view v = {.channels = 3, .factor = 0.02};
    write_look(&l, 4, "large.pgm");
    const uint64_t before = hg__alloc_bytes();
    hg__raster r = loaded(&v, "large.pgm", NULL);
    assert_true(hg__alloc_bytes() - before < 1 << 20);
    assert_int_equal(r.width, 60);
    hg__raster_clear(&r);
}

static void what_cannot_be_loaded_is_named(void **state) {
    (void)state;
    hg_error err = {0};
    hg__raster r;
    hg__part_view v = {
        .channels = 1, .factor = 1, .crop = {20, 10, 30, 5}
    };
    write_look(&grey, 1, "small.png");
    assert_int_equal(hg__part_load(&v, at("small.png"), &r, NULL, &err), HG_ERR_DATA);
    assert_non_null(strstr(err.message, "small.png: expected at least 50 x 15 pixels"));
    assert_null(r.at);
    v.crop = (hg__crop){0};
    const look long_one = {300, 300, 1, 1, HG_U8, 0, 255};
    write_look(&long_one, 1, "cut.png");
    assert_int_equal(truncate(at("cut.png"), 40000), 0);
    assert_true(hg__part_load(&v, at("cut.png"), &r, NULL, &err) < 0);
    assert_non_null(strstr(err.message, "cut.png"));
    assert_null(r.at);
    assert_true(hg__part_load(&v, at("none.png"), &r, NULL, &err) < 0);
    assert_non_null(strstr(err.message, "none.png"));
}

// ---- finding a view -----------------------------------------------------------------------------

static hg__part_view seen(const hg__part_view_options *o, const char *const *names, int count) {
    hg__part_view v;
    hg_error err = {0};
    hg__part_look *l = hg__part_look_new(o, NULL);
    for (int i = 0; i < count; i++) {
        if (hg__part_look_add(l, at(names[i]), &err) < 0) fail_msg("%s", err.message);
    }
    assert_int_equal(hg__part_look_end(l, &v, NULL), HG_OK);
    hg__part_look_free(l);
    return v;
}

static void the_median_picture_has_the_side_asked_for(void **state) {
    (void)state;
    static const char *const names[] = {"a.png", "b.png", "c.png"};
    for (int k = 0; k < 3; k++) {
        look l = grey;
        l.width = 50 + 30 * k;
        l.channels = k == 1 ? 3 : 1;
        write_look(&l, 7, names[k]);
    }
    hg__part_view_options o = {.imgsz = 20, .decodes = true};
    hg__part_view v = seen(&o, names, 3);
    assert_true(v.factor == 0.25 && v.channels == 3 && v.height == 0);
    assert_int_equal(v.range.kind, HG_RANGE_UNKNOWN);
    o.imgsz = 200; // never larger
    o.channels = 1;
    v = seen(&o, names + 2, 1);
    assert_true(v.factor == 1 && v.channels == 1 && v.height == 30 && v.width == 110);
    o.imgsz = 10;
    o.crop = (hg__crop){0, 0, 40, 20};
    v = seen(&o, names, 3);
    assert_true(v.factor == 0.25 && v.crop.width == 40);
}

static void a_bad_picture_counts_for_nothing(void **state) {
    (void)state;
    hg_error err = {0};
    hg__part_view v;
    const hg__part_view_options o = {.imgsz = 10, .decodes = true};
    look l = grey;
    l.height = l.width = 300;
    l.channels = 3;
    write_look(&l, 1, "bad.png");
    write_look(&grey, 1, "good.png");
    assert_int_equal(truncate(at("bad.png"), 60000), 0);
    hg__part_look *k = hg__part_look_new(&o, NULL);
    assert_true(hg__part_look_add(k, at("bad.png"), &err) < 0);
    assert_non_null(strstr(err.message, "bad.png"));
    assert_int_equal(hg__part_look_add(k, at("good.png"), &err), HG_OK);
    assert_int_equal(hg__part_look_end(k, &v, NULL), HG_OK);
    assert_true(v.channels == 1 && v.factor == 0.25 && v.height == 30);
    hg__part_look_free(k);
}

// 12 bits in 16: what is white in training is so in a darker picture.
static void samples_of_16_bits_have_one_range(void **state) {
    (void)state;
    static const char *const names[] = {"p.png", "q.png"};
    look l = grey;
    l.dtype = HG_U16;
    l.low = 100;
    l.high = 4000;
    write_look(&l, 1, "p.png");
    l.high = 3000;
    write_look(&l, 2, "q.png");
    l.high = 2000;
    write_look(&l, 3, "new.png");
    write_look(&grey, 1, "bytes.png");
    const hg__part_view_options o = {.imgsz = 10};
    hg__part_view v = seen(&o, names, 2);
    assert_int_equal(v.range.kind, HG_RANGE_FIXED);
    assert_true(v.range.low >= 100 && v.range.low < 120 && v.range.high > 3900);
    hg__raster a = loaded(&v, "new.png", NULL);
    const hg__sample_range range = {v.range.low, v.range.high, 0, 65535};
    hg__raster b = made(&v, "new.png", &range);
    expect_same(&a, &b, 1e-5);
    hg__raster_clear(&a);
    hg__raster_clear(&b);
    expect_made(&v, "bytes.png");
}

static void floats_without_a_number_become_their_neighbours(void **state) {
    (void)state;
    static const char *const names[] = {"f.tif"};
    const look l = {30, 40, 1, 1, HG_F32, -3, 5};
    const hg__part_view_options o = {.imgsz = 0};
    hg__image image = image_of(&l, 5);
    float *x = image.pixels;
    x[3 * 40 + 7] = NAN;
    x[9 * 40 + 20] = -INFINITY;
    write_image(&image, "f.tif");
    hg__image_clear(&image);
    hg__part_view v = seen(&o, names, 1);
    assert_int_equal(v.range.kind, HG_RANGE_FIXED);
    hg__raster a = loaded(&v, "f.tif", NULL);
    for (size_t i = 0; i < hg__raster_count(&a); i++) {
        assert_true(a.at[i] > -0.05F && a.at[i] < 1.05F);
    }
    hg__raster_clear(&a);
}

static void pictures_of_other_sizes_are_told(void **state) {
    (void)state;
    static const char *const names[] = {"one.png"};
    const hg__part_view_options o = {.imgsz = 20};
    look l = grey;
    hg__part_geometry g;
    write_look(&l, 1, "one.png");
    hg__part_view v = seen(&o, names, 1);
    static const struct {
        int32_t height, width;
        bool is_other, is_larger;
    } sizes[] = {
        {30, 40, false, false},
        {30, 39, true,  false},
        {60, 40, true,  true }
    };
    for (int k = 0; k < 3; k++) {
        l.height = sizes[k].height;
        l.width = sizes[k].width;
        write_look(&l, 1, "other.png");
        hg__raster r = loaded(&v, "other.png", &g);
        assert_int_equal(g.is_other_size, sizes[k].is_other);
        assert_int_equal(g.is_larger, sizes[k].is_larger);
        assert_int_equal(r.height, l.height / 2);
        hg__raster_clear(&r);
    }
}

// ---- regions and the ways back ------------------------------------------------------------------

static void a_region_is_a_mask_at_working_size(void **state) {
    (void)state;
    hg_error err = {0};
    hg__part_view v = {.channels = 1, .factor = 0.5, .height = 30, .width = 40};
    hg__part_geometry g;
    hg__raster mask, r;
    hg__image image = image_of(&grey, 1);
    uint8_t *x = image.pixels;
    for (int i = 0; i < 30 * 40; i++) x[i] = i / 40 >= 10 && i % 40 < 20 ? 255 : 0;
    write_image(&image, "region.png");
    hg__image_clear(&image);
    write_look(&grey, 1, "picture.png");
    assert_int_equal(hg__part_view_read_region(&v, at("region.png"), &err), HG_OK);
    for (int k = 0; k < 2; k++) {
        if (k) v.crop = (hg__crop){10, 4, 20, 20};
        r = loaded(&v, "picture.png", &g);
        assert_int_equal(whole_mask(&v, &g, &mask), HG_OK);
        for (int32_t i = 0; i < mask.height * mask.width; i++) {
            const int32_t top = k ? 3 : 5, right = k ? 5 : 10;
            const bool is_in = i / mask.width >= top && i % mask.width < right;
            assert_true(mask.at[i] == (is_in ? 1 : 0));
        }
        hg__raster_clear(&mask);
        hg__raster_clear(&r);
    }
    look l = grey;
    l.width = 44;
    write_look(&l, 1, "wide.png");
    assert_int_equal(hg__part_load(&v, at("wide.png"), &r, &g, &err), HG_ERR_DATA);
    assert_non_null(strstr(err.message,
                           "wide.png: expected 40 x 30 pixels as the region of interest has, got "
                           "44 x 30"));
    assert_int_equal(hg__part_view_read_region(&v, at("wide.png"), &err), HG_ERR_DATA);
    hg__part_view_clear(&v);
}

static void boxes_and_maps_go_back(void **state) {
    (void)state;
    const hg__part_view v = {
        .channels = 1, .factor = 0.25, .crop = {8, 4, 32, 24}
    };
    hg__part_geometry g;
    hg__raster map, back, r;
    write_look(&grey, 1, "back.png");
    r = loaded(&v, "back.png", &g);
    assert_int_equal(r.width, 8);
    const hg__crop box = hg__part_box_back(&g, (hg__crop){2, 1, 3, 2});
    assert_int_equal(box.left, 16);
    assert_int_equal(box.top, 8);
    assert_int_equal(box.width, 12);
    assert_int_equal(box.height, 8);
    assert_int_equal(hg__raster_init(&map, 3, 4, 1, NULL), HG_OK); // coarser than the raster
    for (int i = 0; i < 12; i++) map.at[i] = 2;
    assert_int_equal(hg__part_map_back(&g, &map, &back, NULL), HG_OK);
    assert_true(back.height == 30 && back.width == 40);
    for (int32_t i = 0; i < 30 * 40; i++) {
        const int32_t y = i / 40, x = i % 40;
        assert_true(back.at[i] == (y >= 4 && y < 28 && x >= 8 ? 2.0F : 0.0F));
    }
    hg__raster_clear(&map);
    hg__raster_clear(&back);
    hg__raster_clear(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_is_cropped_reduced_and_coloured),
        cmocka_unit_test(a_turned_picture_is_upright),
        cmocka_unit_test(a_large_picture_is_not_held),
        cmocka_unit_test(what_cannot_be_loaded_is_named),
        cmocka_unit_test(the_median_picture_has_the_side_asked_for),
        cmocka_unit_test(a_bad_picture_counts_for_nothing),
        cmocka_unit_test(samples_of_16_bits_have_one_range),
        cmocka_unit_test(floats_without_a_number_become_their_neighbours),
        cmocka_unit_test(pictures_of_other_sizes_are_told),
        cmocka_unit_test(a_region_is_a_mask_at_working_size),
        cmocka_unit_test(boxes_and_maps_go_back),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
