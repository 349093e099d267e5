// SPDX-License-Identifier: Apache-2.0
// test_val_noise.c - val of corrupted rows against the sums done by hand, and the pictures val writes of images.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "corrupt/noise.h"
#include "image/image.h"
#include "jobs/val.h"
#include "model/model.h"
#include "own_folder.h"

#include <cmocka.h>

enum { ROWS = 300, MOST = 4 };

static float x[ROWS * MOST]; // what rows.csv holds
static const char text_of_noise[] = "gaussian 40 + mask 20";

// Columns a, more, b.
static int make_files(void **state) {
    (void)state;
    static char text[ROWS * 64] = "a,more,b\n";
    size_t used = strlen(text);
    if (!mkdtemp(folder)) return -1;
    for (uint32_t i = 0; i < ROWS; i++) {
        for (uint32_t j = 0; j < 3; j++) {
            const uint32_t word = hg__philox_run(1, i, j, 0, 0).word[0];
            x[3 * i + j] = (float)(word >> 24) / 256;
            used += (size_t)snprintf(text + used, sizeof text - used, "%.9g%s",
                                     (double)x[3 * i + j], j < 2 ? "," : "\n");
        }
    }
    return hg__write_file(at("rows.csv"), text, used, NULL);
}

static hg_model *save_model(const char *name, int32_t columns, const char *const *column) {
    const hg__shape shape = {1, {columns}};
    hg_model *m = hg__model_from_spec("dense 2 | dense input", &shape, 0, 1, NULL);
    assert_non_null(m);
    m->column = hg__alloc((size_t)columns, sizeof *m->column, NULL);
    for (int32_t j = 0; j < columns; j++) m->column[j] = hg__copy_text(column[j], NULL);
    assert_int_equal(hg__model_save(m, at(name), NULL, NULL), HG_OK);
    return m;
}

static int val(const char *model, const char *key, const char *value, hg_result *r, hg_error *err) {
    hg_options *o = hg_options_new("val", NULL);
    assert_int_equal(hg_options_set(o, "model", at(model), NULL), HG_OK);
    assert_int_equal(hg_options_set(o, "data", at("rows.csv"), NULL), HG_OK);
    assert_int_equal(hg_options_set(o, "seed", "5", NULL), HG_OK);
    assert_int_equal(hg_options_set(o, key, value, NULL), HG_OK);
    const int code = hg_run(o, NULL, r, err);
    if (r) hg_text_free(r->text);
    hg_options_free(o);
    return code;
}

// The mean squares by hand: every row corrupted in the file's order of columns, `pick` of them through the model.
static void expect_means(const hg_result *r, const hg_model *m, const int32_t *pick,
                         int32_t columns) {
    hg__noise noise;
    float scratch[64], corrupted[3], in[3], out[3];
    double input = 0, output = 0, absolute = 0;
    assert_int_equal(hg__noise_parse(&noise, text_of_noise, NULL), HG_OK);
    assert_true(hg__noise_scratch(&noise, 1, 3, 1) <= 64);
    hg_scorer *s = hg_scorer_new(m, 1, NULL);
    for (uint64_t i = 0; i < ROWS; i++) {
        const hg__noise_place place = {.height = 1, .width = 3, .channels = 1, .seed = 5, .row = i};
        memcpy(corrupted, x + 3 * i, sizeof corrupted);
        assert_int_equal(hg__noise_apply(&noise, &place, corrupted, NULL, scratch, NULL), HG_OK);
        for (int32_t j = 0; j < columns; j++) in[j] = corrupted[pick[j]];
        hg_reconstruct_rows(s, in, 1, out);
        for (int32_t j = 0; j < columns; j++) {
            const double clean = (double)x[3 * i + (uint64_t)pick[j]];
            input += ((double)in[j] - clean) * ((double)in[j] - clean);
            output += ((double)out[j] - clean) * ((double)out[j] - clean);
            absolute += fabs((double)out[j] - clean);
        }
    }
    hg_scorer_free(s);
    const double numbers = (double)ROWS * columns;
    assert_true(input / numbers > 0.01);
    assert_true(fabs(r->input_mse - input / numbers) < 1e-9);
    assert_true(fabs(r->mse - output / numbers) < 1e-6);
    assert_true(fabs(r->mae - absolute / numbers) < 1e-6);
}

// ---- rows ---------------------------------------------------------------------------------------

static void corrupted_rows_are_measured_against_clean_ones(void **state) {
    (void)state;
    const char *const names[] = {"a", "more", "b"};
    const int32_t pick[] = {0, 1, 2};
    hg_result r = {.size = sizeof r};
    hg_error err = {0};
    hg_model *m = save_model("all.safetensors", 3, names);
    if (val("all.safetensors", "noise", text_of_noise, &r, &err) < 0) fail_msg("%s", err.message);
    expect_means(&r, m, pick, 3);
    hg_model_free(m);
}

static void columns_in_another_order_are_corrupted_alike(void **state) {
    (void)state;
    const char *const names[] = {"b", "a"};
    const int32_t pick[] = {2, 0};
    hg_result r = {.size = sizeof r};
    hg_error err = {0};
    hg_model *m = save_model("two.safetensors", 2, names);
    if (val("two.safetensors", "noise", text_of_noise, &r, &err) < 0) fail_msg("%s", err.message);
    expect_means(&r, m, pick, 2);
    hg_model_free(m);
}

static void without_noise_nothing_is_said_of_the_input(void **state) {
    (void)state;
    const char *const names[] = {"a", "more", "b"};
    hg_result r = {.size = sizeof r};
    hg_model_free(save_model("all.safetensors", 3, names));
    assert_int_equal(val("all.safetensors", "noise", "", &r, NULL), HG_OK);
    assert_true(isnan(r.input_mse) && r.mse > 0);
}

static void what_only_images_have_is_refused(void **state) {
    (void)state;
    const char *const names[] = {"a", "more", "b"};
    const struct {
        const char *key, *value, *start;
    } cases[] = {
        {"noise",  "blind",   "noise: expected a way to corrupt clean rows"},
        {"noise",  "jpeg 50", "noise: "                                    },
        {"target", "clean/",  "target: expected images"                    },
        {"out",    "where",   "out: expected images"                       },
    };
    hg_model_free(save_model("all.safetensors", 3, names));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hg_error err = {0};
        assert_true(val("all.safetensors", cases[i].key, cases[i].value, NULL, &err) < 0);
        if (strncmp(err.message, cases[i].start, strlen(cases[i].start)) != 0) {
            fail_msg("%s=%s: %s", cases[i].key, cases[i].value, err.message);
        }
    }
}

// ---- pictures -----------------------------------------------------------------------------------

enum { H = 3, W = 5, WHOLE = 3 * W + 16 };

static void check_picture(const hg__image *image, const hg__frame *f, const float *const part[3]) {
    const uint8_t *pixels = image->pixels; // (H, WHOLE, channels)
    const int32_t c = f->channels;
    assert_int_equal(image->info.height, H);
    assert_int_equal(image->info.width, WHOLE);
    assert_int_equal(image->info.channels, c);
    for (int32_t i = 0; i < H * WHOLE * c; i++) {
        const int32_t line = i / (WHOLE * c), column = i / c % WHOLE, of = column / (W + 8);
        const int32_t inside = column % (W + 8);
        const float value = inside < W ? part[of][(line * W + inside) * c + i % c] : 1;
        assert_int_equal(pixels[i], (int)lrintf(255 * fminf(fmaxf(value, 0), 1)));
    }
}

static void a_picture_has_the_three_side_by_side(void **state) {
    (void)state;
    float a[3][H * W * 3];
    const float *const part[3] = {a[0], a[1], a[2]};
    for (uint32_t i = 0; i < 3 * H * W * 3; i++) { // some of them below black, some above white
        const uint32_t word = hg__philox_run(3, i, 0, 0, 0).word[0];
        a[i / (H * W * 3)][i % (H * W * 3)] = (float)(word >> 24) / 200 - 0.1F;
    }
    for (int32_t channels = 1; channels <= 3; channels += 2) {
        const hg__frame f = {H, W, channels};
        hg__image image = {0};
        hg_error err = {0};
        if (hg__val_picture(at("new/pictures"), "x.jpg", &f, part, &err) < 0) {
            fail_msg("%s", err.message);
        }
        assert_int_equal(hg__image_load(&image, at("new/pictures/x.jpg.png"), true, NULL), HG_OK);
        check_picture(&image, &f, part);
        hg__image_clear(&image);
    }
}

static void a_name_leads_nowhere_else(void **state) {
    (void)state;
    const float a[H * W] = {0};
    const float *const part[3] = {a, a, a};
    const hg__frame f = {H, W, 1};
    assert_int_equal(hg__val_picture(at("inside"), "../b/x.png", &f, part, NULL), HG_OK);
    assert_true(hg__is_file(at("inside/.._b_x.png.png")));
}

static void a_picture_that_is_too_wide_is_refused(void **state) {
    (void)state;
    const float *const part[3] = {NULL, NULL, NULL};
    const hg__frame f = {1, 333329, 1};
    hg_error err = {0};
    assert_int_equal(hg__val_picture(at("wide"), "x.png", &f, part, &err), HG_ERR_DATA);
    assert_string_equal(err.message, "x.png: expected at most 333328 columns for out=, got 333329");
    assert_false(hg__is_folder(at("wide")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corrupted_rows_are_measured_against_clean_ones),
        cmocka_unit_test(columns_in_another_order_are_corrupted_alike),
        cmocka_unit_test(without_noise_nothing_is_said_of_the_input),
        cmocka_unit_test(what_only_images_have_is_refused),
        cmocka_unit_test(a_picture_has_the_three_side_by_side),
        cmocka_unit_test(a_name_leads_nowhere_else),
        cmocka_unit_test(a_picture_that_is_too_wide_is_refused),
    };
    return cmocka_run_group_tests(tests, make_files, remove_folder);
}
