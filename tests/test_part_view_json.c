// SPDX-License-Identifier: Apache-2.0
// test_part_view_json.c - a view survives its file to the last bit, a foreign one is not trusted, and parts come back aligned.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/real.h"
#include "base/rng.h"
#include "faults.h"
#include "grey_image.h"
#include "own_folder.h"
#include "parts/part_view.h"
#include "whole_mask.h"

#include <cmocka.h>

enum { SIDE = 96 };

// An L and a dot on a light table.
static double part(double x, double y) {
    const bool is_in = (fabs(x) < 26 && fabs(y - 8) < 6) || (fabs(x + 20) < 6 && fabs(y + 8) < 20);
    return is_in ? 40 : (x - 18) * (x - 18) + (y + 14) * (y + 14) < 49 ? 90 : 200;
}

static void write_part(const char *name, const hg__pose *pose, uint32_t number) {
    static uint8_t pixels[SIDE * SIDE];
    const double sine = hg__sin_turn(pose->turn), cosine = hg__cos_turn(pose->turn);
    hg__image image = grey_image(SIDE, SIDE, pixels);
    for (int32_t i = 0; i < SIDE * SIDE; i++) {
        const int32_t line = i / SIDE, column = i % SIDE;
        const double y = line - 0.5 * (SIDE - 1) - pose->dy;
        const double x = column - 0.5 * (SIDE - 1) - pose->dx;
        const uint32_t noise = hg__philox_run(2, (uint32_t)i, number, 0, 0).word[0] % 11;
        pixels[i] = (uint8_t)(part(cosine * x + sine * y, cosine * y - sine * x) + noise);
    }
    assert_int_equal(hg__image_save(&image, at(name), NULL), HG_OK);
}

// A view with everything. Returns negative for a want of memory.
static int full_view(hg__part_view *v, hg_error *err) {
    hg__raster mask;
    *v = (hg__part_view){
        .channels = 1,
        .factor = 0.1 + 0.2,
        .crop = {1,       2,     20,      10  },
        .height = 30,
        .width = 40,
        .range = { HG_RANGE_FIXED, HG_U16, 65535, 1.0 / 3, 4000}
    };
    HG_TRY(hg__raster_init(&mask, 30, 40, 1, err));
    for (int i = 0; i < 1200; i++) mask.at[i] = i % 40 > 5 && i % 40 < 30;
    int code = hg__part_view_set_region(v, &mask, "mask.png", err);
    hg__raster_clear(&mask);
    hg__alignment *a = &v->alignment;
    a->height = 3;
    a->width = 6;
    a->before = 0.25;
    a->after = 1.0 / 3;
    a->shift = 2;
    if (code == HG_OK) code = hg__raster_init(&a->mean, 3, 6, 1, err);
    for (int i = 0; code == HG_OK && i < 18; i++) a->mean.at[i] = (float)(i * i - 9) / 65536;
    return code == HG_OK ? hg__alignment_prepare(a, err) : code;
}

static char *text_of(const hg__part_view *v) {
    hg__json *o = hg__part_view_json(v, NULL);
    char *text = hg__json_text(o, NULL);
    hg__json_free(o);
    assert_non_null(text);
    return text;
}

static int parse(hg__part_view *v, const char *text, hg_error *err) {
    hg__json *o = hg__json_read(text, strlen(text), "m", err);
    assert_non_null(o);
    const int code = hg__part_view_parse(v, o, "m.safetensors", err);
    hg__json_free(o);
    return code;
}

static void a_view_comes_back_to_the_last_bit(void **state) {
    (void)state;
    hg_error err = {0};
    hg__part_view views[3] = {
        {.channels = 3,  .factor = 1                     },
        { .channels = 1, .factor = 0.5, .range = {.kind = HG_RANGE_PAGE}}
    };
    assert_int_equal(full_view(&views[2], NULL), HG_OK);
    for (int k = 0; k < 3; k++) {
        hg__part_view back;
        char *text = text_of(&views[k]);
        if (parse(&back, text, &err) < 0) fail_msg("%s", err.message);
        char *again = text_of(&back);
        assert_string_equal(text, again);
        assert_true(back.factor == views[k].factor);
        assert_int_equal(back.range.kind, views[k].range.kind);
        assert_int_equal(back.region.count, views[k].region.count);
        hg__free(text);
        hg__free(again);
        hg__part_view_clear(&back);
    }
    hg__part_view_clear(&views[2]);
}

#define GOOD                                                                                       \
 "{\"channels\":1,\"factor\":0.5,\"size\":[3,4],\"crop\":[0,1,4,2],\"region\":[0,7,5],"            \
 "\"range\":{\"samples\":\"U16\",\"white\":65535,\"low\":0,\"high\":9},"                           \
 "\"alignment\":{\"frame\":[2,2],\"small\":[2,2],\"mean\":[1,2,3,4],\"before\":0.1,\"after\":0.5," \
 "\"turn\":0,\"shift\":1}}"

// What is right, what is put in its place, and which field is then refused.
static void a_foreign_view_is_not_trusted(void **state) {
    (void)state;
    static const struct {
        const char *right, *wrong, *field;
    } slips[] = {
        {"\"channels\":1",  "\"channels\":2",          "'channels'" },
        {"\"channels\":1",  "\"channels\":1.5",        "'channels'" },
        {"0.5,\"size\"",    "0,\"size\"",              "'factor'"   },
        {"0.5,\"size\"",    "1.01,\"size\"",           "'factor'"   },
        {"[3,4]",           "[3]",                     "'size'"     },
        {"[3,4]",           "[0,4]",                   "'size'"     },
        {"[3,4]",           "[1048576,1048576]",       "'size'"     },
        {"[3,4]",           "[3,99999999999]",         "'size'"     },
        {"[0,1,4,2]",       "[1,1,4,2]",               "'crop'"     },
        {"[0,1,4,2]",       "[0,1,4,0]",               "'crop'"     },
        {"[0,1,4,2]",       "[-1,1,4,2]",              "'crop'"     },
        {"[0,1,4,2]",       "{\"left\":1}",            "'crop'"     },
        {"[0,7,5]",         "[0,7,4]",                 "'region'"   },
        {"[0,7,5]",         "[12]",                    "'region'"   },
        {"[0,7,5]",         "[7,0,5]",                 "'region'"   },
        {"[0,7,5]",         "[-5,12,5]",               "'region'"   },
        {"\"U16\"",         "\"U17\"",                 "'range'"    },
        {"\"high\":9",      "\"high\":0",              "'range'"    },
        {"\"white\":65535", "\"white\":0",             "'range'"    },
        {"\"low\":0",       "\"low\":null",            "'range'"    },
        {"[2,2],\"small\"", "[2,3],\"small\"",         "'alignment'"},
        {"[2,2],\"small\"", "[99999,99999],\"small\"", "'alignment'"},
        {"\"small\":[2,2]", "\"small\":[2,129]",       "'alignment'"},
        {"[1,2,3,4]",       "[1,2,3]",                 "'alignment'"},
        {"[1,2,3,4]",       "[1,2,3,99999999]",        "'alignment'"},
        {"[1,2,3,4]",       "[1,2,3,0.5]",             "'alignment'"},
        {"\"after\":0.5",   "\"after\":2",             "'alignment'"},
        {"\"turn\":0",      "\"turn\":-1",             "'alignment'"}
    };
    hg_error err = {0};
    hg__part_view v;
    if (parse(&v, GOOD, &err) < 0) fail_msg("%s", err.message);
    hg__part_view_clear(&v);
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        char text[1024];
        const char *whole = GOOD, *from = strstr(whole, slips[i].right);
        assert_non_null(from);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(from - whole), whole, slips[i].wrong,
                 from + strlen(slips[i].right));
        if (parse(&v, text, &err) == HG_OK) fail_msg("taken: %s", text);
        assert_int_equal(err.code, HG_ERR_MODEL);
        assert_int_equal(strncmp(err.message, "m.safetensors: ", 15), 0);
        if (!strstr(err.message, slips[i].field)) fail_msg("%s: %s", text, err.message);
        assert_true(v.region.run == NULL && v.alignment.mean.at == NULL);
    }
    assert_int_equal(parse(&v, "[1]", &err), HG_ERR_MODEL);
}

// ---- aligned pictures ---------------------------------------------------------------------------

enum { FILES = 8 };
static const char *const names[FILES] = {"0.png", "1.png", "2.png", "3.png",
                                         "4.png", "5.png", "6.png", "7.png"};

static hg__align_use align_to(hg__part_view *v, double turn, double shift, int32_t threads) {
    char own[FILES][256];
    const char *path[FILES];
    hg_error err = {0};
    hg__align_use use;
    hg__pool *pool = hg__pool_new(threads, NULL);
    for (uint32_t k = 0; k < FILES; k++) {
        const hg__pose pose = {turn * k, shift * (1.5 * k - 5), shift * (4.0 - k)};
        snprintf(own[k], sizeof own[k], "%s", at(names[k]));
        path[k] = own[k];
        write_part(names[k], &pose, k);
    }
    if (hg__part_view_align(v, path, FILES, false, pool, &use, &err) < 0) {
        fail_msg("%s", err.message);
    }
    hg__pool_free(pool);
    return use;
}

static hg__part_view aligned_view(void) {
    hg__part_view v = {.channels = 1, .factor = 0.75, .height = SIDE, .width = SIDE};
    assert_int_equal(align_to(&v, 0.13, 1, 1), HG_ALIGN_NEEDED);
    return v;
}

static void alignment_is_kept_where_it_is_needed(void **state) {
    (void)state;
    hg__part_view v = {.channels = 1, .factor = 0.75}, w = v;
    assert_int_equal(align_to(&v, 0, 0, 2), HG_ALIGN_AS_IS);
    assert_false(hg__alignment_has(&v.alignment));
    assert_int_equal(align_to(&v, 0.13, 1, 1), HG_ALIGN_NEEDED);
    assert_int_equal(align_to(&w, 0.13, 1, 3), HG_ALIGN_NEEDED);
    assert_true(hg__alignment_has(&v.alignment));
    char *one = text_of(&v), *three = text_of(&w);
    assert_string_equal(one, three);
    hg__free(one);
    hg__free(three);
    const char *path[2] = {at("0.png"), at("gone.png")};
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__align_use use;
    hg_error err = {0};
    assert_true(hg__part_view_align(&v, path, 2, false, pool, &use, &err) < 0);
    assert_non_null(strstr(err.message, "gone.png"));
    hg__pool_free(pool);
    hg__part_view_clear(&v);
    hg__part_view_clear(&w);
}

static void write_noise(const char *name, uint32_t number) {
    static uint8_t pixels[SIDE * SIDE];
    const hg__image image = grey_image(SIDE, SIDE, pixels);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        pixels[i] =
            (uint8_t)(hg__philox_run(9, i / SIDE / 8, i % SIDE / 8, number, 0).word[0] >> 24);
    }
    assert_int_equal(hg__image_save(&image, at(name), NULL), HG_OK);
}

// Parts that lie in their place are aligned too; what has no shape in common never.
static void alignment_may_be_asked_for(void **state) {
    (void)state;
    hg__part_view v = {.channels = 1, .factor = 0.75};
    const char *path[FILES];
    char own[FILES][256];
    hg__pool *pool = hg__pool_new(2, NULL);
    hg__align_use use;
    hg_error err = {0};
    assert_int_equal(align_to(&v, 0, 0, 1), HG_ALIGN_AS_IS);
    for (int k = 0; k < FILES; k++) {
        snprintf(own[k], sizeof own[k], "%s", at(names[k]));
        path[k] = own[k];
    }
    assert_int_equal(hg__part_view_align(&v, path, FILES, true, pool, &use, &err), HG_OK);
    assert_int_equal(use, HG_ALIGN_NEEDED);
    assert_true(hg__alignment_has(&v.alignment));
    hg__part_view_clear(&v);
    for (uint32_t k = 0; k < FILES; k++) write_noise(names[k], k);
    assert_int_equal(hg__part_view_align(&v, path, FILES, true, pool, &use, &err), HG_ERR_DATA);
    assert_int_equal(
        strncmp(err.message, "align=true: expected parts with a shape in common, got ", 55), 0);
    assert_false(hg__alignment_has(&v.alignment));
    assert_int_equal(hg__part_view_align(&v, path, FILES, false, pool, &use, &err), HG_OK);
    assert_int_equal(use, HG_ALIGN_NONE);
    hg__pool_free(pool);
}

static double mean_difference(const hg__raster *a, const hg__raster *b) {
    double sum = 0;
    for (size_t i = 0; i < hg__raster_count(a); i++) {
        sum += fabs((double)a->at[i] - (double)b->at[i]);
    }
    return sum / (double)hg__raster_count(a);
}

// Two parts that lie otherwise are one raster; what is marked on it is found on the part in the picture.
static void parts_are_loaded_in_their_place_and_marks_go_back(void **state) {
    (void)state;
    static const hg__pose poses[2] = {
        {0.05, 2,  3},
        {0.61, -4, 5}
    };
    hg__part_view v = aligned_view();
    hg__part_geometry g[2];
    hg__raster r[2], back[2], mask;
    for (int k = 0; k < 2; k++) {
        write_part("part.png", &poses[k], 50 + (uint32_t)k);
        assert_int_equal(hg__part_load(&v, at("part.png"), &r[k], &g[k], NULL), HG_OK);
        assert_true(g[k].is_aligned && g[k].score > 0.9);
        // the part itself as a map: where the raster is dark, the picture is
        assert_int_equal(hg__part_map_back(&g[k], &r[k], &back[k], NULL), HG_OK);
        assert_true(back[k].height == SIDE && back[k].width == SIDE);
    }
    assert_true(mean_difference(&r[0], &r[1]) < 0.03);
    for (int k = 0; k < 2; k++) {
        const double sine = hg__sin_turn(poses[k].turn), cosine = hg__cos_turn(poses[k].turn);
        const double x = -10, y = 8; // in the bar of the L
        const hg__point p = {0.5 * (SIDE - 1) + poses[k].dy + sine * x + cosine * y,
                             0.5 * (SIDE - 1) + poses[k].dx + cosine * x - sine * y};
        assert_true(*hg__raster_pixel(&back[k], (int32_t)(p.y + 0.5), (int32_t)(p.x + 0.5)) < 0.3F);
        assert_int_equal(whole_mask(&v, &g[k], &mask), HG_OK);
        double real = 0;
        for (size_t i = 0; i < hg__raster_count(&mask); i++) real += (double)mask.at[i];
        assert_true(real < (double)hg__raster_count(&mask) && real > 3000);
        hg__raster_clear(&mask);
        hg__raster_clear(&r[k]);
        hg__raster_clear(&back[k]);
    }
    hg__part_view_clear(&v);
}

static void a_box_goes_back_around_the_same_place(void **state) {
    (void)state;
    hg__part_view v = aligned_view();
    const hg__pose pose = {0.4, 3, -2};
    hg__part_geometry g;
    hg__raster r;
    write_part("part.png", &pose, 90);
    assert_int_equal(hg__part_load(&v, at("part.png"), &r, &g, NULL), HG_OK);
    const hg__crop box = {30, 20, 8, 5}, back = hg__part_box_back(&g, box);
    const hg__point middle = hg__part_place_back(&g, (hg__point){22, 33.5});
    assert_true(fabs(middle.y - (back.top + 0.5 * (back.height - 1))) < 1.5);
    assert_true(fabs(middle.x - (back.left + 0.5 * (back.width - 1))) < 1.5);
    assert_true(back.width >= 8 && back.width < 20 && back.height >= 5 && back.height < 20);
    hg__raster_clear(&r);
    hg__part_view_clear(&v);
}

// ---- memory that runs out -----------------------------------------------------------------------

// A view made, written, read and used for a picture; ends with one of the CHILD_ statuses.
static int run_out(const char *picture) {
    hg_error err = {0};
    hg__part_view v, back = {0};
    hg__raster r = {0};
    int code = full_view(&v, &err);
    hg__json *o = code == HG_OK ? hg__part_view_json(&v, &err) : NULL;
    if (code == HG_OK) code = o ? hg__part_view_parse(&back, o, "m", &err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__part_load(&back, picture, &r, NULL, &err);
    hg__raster_clear(&r);
    hg__json_free(o);
    hg__part_view_clear(&v);
    hg__part_view_clear(&back);
    if (code == HG_OK) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void memory_that_runs_out_is_an_error_and_no_leak(void **state) {
    (void)state;
    const hg__pose pose = {0};
    write_part("part.png", &pose, 1);
    assert_true(count_faults(at("part.png"), "HG_FAIL_ALLOC", "") > 50);
    assert_true(count_faults(at("part.png"), "HG_FAIL_ALLOC", "+") > 50);
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "child") == 0) return run_out(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_comes_back_to_the_last_bit),
        cmocka_unit_test(a_foreign_view_is_not_trusted),
        cmocka_unit_test(alignment_is_kept_where_it_is_needed),
        cmocka_unit_test(alignment_may_be_asked_for),
        cmocka_unit_test(parts_are_loaded_in_their_place_and_marks_go_back),
        cmocka_unit_test(a_box_goes_back_around_the_same_place),
        cmocka_unit_test(memory_that_runs_out_is_an_error_and_no_leak),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
