// SPDX-License-Identifier: Apache-2.0
// test_overlay.c - overlay, mask, map as grey and as numbers, looked at pixel by pixel; the contact sheet where it has panels.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/file.h"
#include "image/image.h"
#include "judged_case.h"
#include "own_folder.h"
#include "report/contact_sheet.h"

#include <cmocka.h>

static void draw(judged_case *c) {
    assert_int_equal(judged_init(c, "spot.png", ""), 0);
}

static hg__image loaded(const char *name, int32_t channels, hg__dtype type) {
    hg__image image;
    assert_int_equal(hg__image_load(&image, at(name), true, NULL), HG_OK);
    assert_int_equal(image.info.channels, channels);
    assert_int_equal(image.info.dtype, type);
    return image;
}

static const uint8_t *rgb(const hg__image *image, int32_t x, int32_t y) {
    return (const uint8_t *)image->pixels + ((size_t)y * (size_t)image->info.width + (size_t)x) * 3;
}

static void the_scale_of_colours_rises_in_lightness(void **state) {
    (void)state;
    double last = -1;
    for (int32_t i = 0; i <= 100; i++) {
        const hg__colour c = hg__heat_colour((float)i / 100);
        const double light = 0.2126 * pow(c.red / 255.0, 2.2) + 0.7152 * pow(c.green / 255.0, 2.2) +
                             0.0722 * pow(c.blue / 255.0, 2.2);
        assert_true(light > last);
        last = light;
    }
    const hg__colour none = hg__heat_colour(NAN), lowest = hg__heat_colour(0);
    assert_memory_equal(&none, &lowest, sizeof none);
}

static void an_overlay_is_the_picture_where_it_is_normal_and_coloured_in_the_spot(void **state) {
    (void)state;
    judged_case c;
    draw(&c);
    const hg__heat heat = hg__heat_of(1);
    assert_int_equal(hg__overlay_save(at("overlay.png"), &c.is, &heat, NULL), HG_OK);
    hg__image image = loaded("overlay.png", 3, HG_U8);
    assert_int_equal(image.info.width, CASE_W);
    assert_int_equal(image.info.height, CASE_H);
    assert_memory_equal(rgb(&image, 2, 2), "\x66\x66\x66", 3);
    assert_memory_equal(rgb(&image, CASE_LEFT + CASE_SPOT + 6, CASE_TOP), "\x66\x66\x66", 3);
    const uint8_t *spot = rgb(&image, CASE_LEFT + 4, CASE_TOP + 4);
    assert_true(spot[0] > 240 && spot[2] < 190); // white and yellow
    const uint8_t *line = rgb(&image, CASE_LEFT, CASE_TOP + 4);
    assert_true(line[0] < 110 && line[2] > 180);
    hg__image_clear(&image);
    judged_clear(&c);
}

static void a_mask_has_the_regions_pixels_and_no_others(void **state) {
    (void)state;
    judged_case c;
    draw(&c);
    assert_int_equal(hg__mask_save(at("mask.png"), &c.regions, &c.is.frame, NULL), HG_OK);
    hg__image image = loaded("mask.png", 1, HG_U8);
    const uint8_t *p = image.pixels;
    for (int32_t y = 0; y < CASE_H; y++) {
        for (int32_t x = 0; x < CASE_W; x++, p++) {
            const bool is_spot = y >= CASE_TOP && y < CASE_TOP + CASE_SPOT && x >= CASE_LEFT &&
                                 x < CASE_LEFT + CASE_SPOT;
            assert_int_equal(*p, is_spot ? 255 : 0);
        }
    }
    hg__image_clear(&image);
    judged_clear(&c);
}

static void a_grey_map_gives_the_values_back(void **state) {
    (void)state;
    float values[] = {0, 1, 2.5F, 4, 5, -1};
    values[5] = NAN;
    const hg__raster map = {2, 3, 1, values};
    static const uint16_t samples[] = {0, 16384, 40959, 65535, 65535, 0};
    assert_int_equal(hg__map_save_grey(at("map.png"), &map, 4, NULL), HG_OK);
    hg__image image = loaded("map.png", 1, HG_U16);
    assert_memory_equal(image.pixels, samples, sizeof samples);
    hg__image_clear(&image);
    hg_error err;
    assert_int_equal(hg__map_save_grey("map.png", &map, 0, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "map.png: expected a positive value for white, got 0");
}

static void an_npy_map_is_its_numbers(void **state) {
    (void)state;
    float values[] = {0, 1, 2.5F, -4, 5, 1e-30F};
    const hg__raster map = {2, 3, 1, values};
    hg__content c;
    assert_int_equal(hg__map_save_npy(at("map.npy"), &map, NULL), HG_OK);
    assert_int_equal(hg__content_read(&c, at("map.npy"), NULL), HG_OK);
    assert_int_equal(c.size, 128 + sizeof values);
    assert_non_null(strstr((const char *)c.data + 10, "'shape': (2, 3)"));
    assert_memory_equal(c.data + 128, values, sizeof values);
    hg__content_free(&c);
}

static void a_spot_of_one_pixel_is_seen_in_a_map_drawn_small(void **state) {
    (void)state;
    judged_case c;
    draw(&c);
    const hg__heat heat = hg__heat_of(1);
    memset(c.map.at, 0, hg__raster_count(&c.map) * sizeof *c.map.at);
    *hg__raster_pixel(&c.map, 7, 13) = 9;
    hg__canvas canvas;
    const hg__box box = {0, 0, CASE_W / 8, CASE_H / 8};
    assert_int_equal(hg__canvas_init(&canvas, box.width, box.height, NULL), HG_OK);
    hg__draw_map(&canvas, &box, &c.is, &heat);
    const hg__colour most = hg__heat_colour(1), least = hg__heat_colour(0);
    assert_memory_equal(canvas.rgb + (1 * box.width + 3) * 3, &most, 3);
    assert_memory_equal(canvas.rgb + (1 * box.width + 4) * 3, &least, 3);
    hg__canvas_clear(&canvas);
    judged_clear(&c);
}

static void a_map_over_a_part_of_the_picture_is_drawn_there(void **state) {
    (void)state;
    judged_case c;
    draw(&c);
    const hg__heat heat = hg__heat_of(1);
    for (size_t i = 0; i < hg__raster_count(&c.map); i++) c.map.at[i] = 9;
    c.is.frame = (hg__map_frame){16, 8, 1, 1, CASE_W, CASE_H};
    hg__canvas canvas;
    const hg__box box = {0, 0, CASE_W, CASE_H};
    assert_int_equal(hg__canvas_init(&canvas, box.width, box.height, NULL), HG_OK);
    hg__lay_map(&canvas, &box, &c.is, &heat);
    for (int32_t y = 0; y < CASE_H; y++) {
        for (int32_t x = 0; x < CASE_W; x++) {
            const bool on = x >= 16 && x < 16 + CASE_W / 2 && y >= 8 && y < 8 + CASE_H / 2;
            assert_true(on == (canvas.rgb[(y * CASE_W + x) * 3 + 2] < 255));
        }
    }
    hg__canvas_clear(&canvas);
    judged_clear(&c);
}

static void what_lies_outside_of_the_canvas_is_left_out(void **state) {
    (void)state;
    judged_case c;
    draw(&c);
    const hg__heat heat = hg__heat_of(1);
    static const hg__box boxes[] = {
        {-20, -10, 64, 40},
        {10,  5,   64, 40},
        {-90, 0,   64, 40},
        {0,   0,   7,  90}
    };
    hg__canvas canvas;
    assert_int_equal(hg__canvas_init(&canvas, 30, 20, NULL), HG_OK);
    for (int k = 0; k < 4; k++) {
        for (int p = 0; p < HG_PANELS; p++) {
            hg__draw_panel(&canvas, boxes + k, (hg__panel)p, &c.is, &heat);
        }
    }
    assert_memory_equal(canvas.rgb + (19 * 30 + 29) * 3, "\x66\x66\x66", 3);
    hg__canvas_clear(&canvas);
    judged_clear(&c);
}

static void a_contact_sheet_has_a_row_a_picture_under_its_headline(void **state) {
    (void)state;
    judged_case c;
    draw(&c);
    hg__judged bare = c.is;
    bare.reconstruction = NULL;
    bare.p_value = (double)NAN;
    bare.file = "a/very/long/name/that/is/longer/than/all/of/the/sheet/is/wide/and/has/to/be/cut/"
                "in/the/middle/so/that/both/ends/of/it/are/to/be/seen/by/the/reader/of/it.png";
    const hg__judged_head head = {"spots", hg__heat_of(1), 1};
    const hg__judged rows[] = {c.is, bare};
    const hg__judged_group group[] = {
        {"worst",      rows,  2},
        {"borderline", NULL,  0},
        {"best",       &bare, 1}
    };
    assert_int_equal(hg__contact_sheet_save(at("sheet.png"), &head, group, 3, NULL), HG_OK);
    hg__image image = loaded("sheet.png", 3, HG_U8);
    const int32_t width = image.info.width, height = image.info.height;
    assert_int_equal(width, 2 * 20 + 4 * 300 + 3 * 8);
    hg__image_clear(&image);
    assert_int_equal(hg__contact_sheet_save(at("sheet.png"), &head, group + 2, 1, NULL), HG_OK);
    image = loaded("sheet.png", 3, HG_U8);
    assert_int_equal(image.info.width, width - 308); // none has a reconstruction
    assert_true(image.info.height < height);
    hg__image_clear(&image);
    judged_clear(&c);
}

static void a_long_name_loses_its_middle(void **state) {
    (void)state;
    char text[64];
    hg__shorten("short.png", 8, 500, text, sizeof text);
    assert_string_equal(text, "short.png");
    hg__shorten("a/long/name/of/a/picture.png", 8, 100, text, sizeof text);
    assert_true(hg__text_width(text, 8) <= 100);
    assert_memory_equal(text, "a/l", 3);
    assert_string_equal(text + strlen(text) - 4, ".png");
    assert_non_null(strstr(text, "..."));
    hg__shorten("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 8, 40, text, 12);
    assert_true(hg__is_utf8(text, strlen(text)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scale_of_colours_rises_in_lightness),
        cmocka_unit_test(an_overlay_is_the_picture_where_it_is_normal_and_coloured_in_the_spot),
        cmocka_unit_test(a_mask_has_the_regions_pixels_and_no_others),
        cmocka_unit_test(a_grey_map_gives_the_values_back),
        cmocka_unit_test(an_npy_map_is_its_numbers),
        cmocka_unit_test(a_spot_of_one_pixel_is_seen_in_a_map_drawn_small),
        cmocka_unit_test(a_map_over_a_part_of_the_picture_is_drawn_there),
        cmocka_unit_test(what_lies_outside_of_the_canvas_is_left_out),
        cmocka_unit_test(a_contact_sheet_has_a_row_a_picture_under_its_headline),
        cmocka_unit_test(a_long_name_loses_its_middle),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
