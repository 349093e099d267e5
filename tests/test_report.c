// SPDX-License-Identifier: Apache-2.0
// test_report.c - samples.png and training.png, looked at pixel by pixel, and the canvas behind them.
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include "array/sink.h"
#include "base/file.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "detect/thresholds.h"
#include "model/model.h"
#include "own_folder.h"
#include "report/canvas.h"

#include <cmocka.h>

static const char blue[] = "\x1f\x69\xce", grey[] = "\x96\x9a\xa0", red[] = "\xc8\x3c\x28",
                  white[] = "\xff\xff\xff";

static int make_files(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    return hg__make_folder(at("weights"), NULL);
}

static void write_model(const hg__shape *shape) {
    hg_model *m = hg__model_from_spec("dense 2 | dense input", shape, 0, 1, NULL);
    assert_non_null(m);
    assert_int_equal(hg__model_save(m, at("weights/best.safetensors"), NULL, NULL), HG_OK);
    hg_model_free(m);
}

// x: (2, n, width).
static void write_samples(const float *x, int32_t n, int32_t width) {
    const hg__shape shape = {
        3, {2, n, width}
    };
    hg__writer w;
    assert_int_equal(hg__writer_open(&w, at("samples.npy"), NULL), HG_OK);
    assert_int_equal(hg__npy_add_header(&w, HG_F32, &shape, NULL), HG_OK);
    assert_int_equal(hg__writer_add(&w, x, (size_t)(2 * n * width) * sizeof *x, NULL), HG_OK);
    assert_int_equal(hg__writer_commit(&w, NULL), HG_OK);
}

typedef struct picture {
    png_image head;
    uint8_t *rgb; // owned by the test
} picture;

static picture read_picture_of(const char *name) {
    picture p = {.head = {.version = PNG_IMAGE_VERSION}};
    assert_int_not_equal(png_image_begin_read_from_file(&p.head, at(name)), 0);
    p.head.format = PNG_FORMAT_RGB;
    p.rgb = hg__alloc(PNG_IMAGE_SIZE(p.head), 1, NULL);
    assert_int_not_equal(png_image_finish_read(&p.head, NULL, p.rgb, 0, NULL), 0);
    return p;
}

static picture read_picture(void) {
    return read_picture_of("samples.png");
}

static const uint8_t *pixel(const picture *p, uint32_t x, uint32_t y) {
    assert_true(x < p->head.width && y < p->head.height);
    return p->rgb + ((size_t)y * p->head.width + x) * 3;
}

static void inputs_stand_above_their_reconstructions(void **state) {
    (void)state;
    enum { N = 10, SIDE = 8, ZOOM = 12, MARGIN = 16, GAP = 10, PAIR_GAP = 2, LINE_GAP = 18 };
    enum { LEFT = MARGIN + 58, TOP = MARGIN + 24 }; // behind the names, under the caption
    const hg__shape shape = {
        2, {SIDE, SIDE}
    };
    static float x[2][N][SIDE][SIDE];
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < SIDE * SIDE; j++) {
            x[0][i][j / SIDE][j % SIDE] = (float)(i + j) / 255;
            x[1][i][j / SIDE][j % SIDE] = (float)(100 + i + j) / 255;
        }
    }
    x[1][0][0][0] = -3; // beyond white and black
    x[1][0][0][1] = 5;
    write_model(&shape);
    write_samples(&x[0][0][0][0], N, SIDE * SIDE);
    hg_error err = {0};
    if (hg_report_samples(folder, N, &err) < 0) fail_msg("%s", err.message);
    picture p = read_picture();
    assert_int_equal(p.head.width, LEFT + MARGIN + 8 * SIDE * ZOOM + 7 * GAP);
    assert_int_equal(p.head.height, TOP + MARGIN + 2 * (2 * SIDE * ZOOM + PAIR_GAP) + LINE_GAP);
    assert_memory_equal(pixel(&p, 0, 0), "\xff\xff\xff", 3);
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t j = 2; j < SIDE * SIDE; j++) {
            const uint32_t left = LEFT + i % 8 * (SIDE * ZOOM + GAP) + j % SIDE * ZOOM;
            const uint32_t top =
                TOP + i / 8 * (2 * SIDE * ZOOM + PAIR_GAP + LINE_GAP) + j / SIDE * ZOOM;
            assert_int_equal(*pixel(&p, left, top), i + j);
            assert_int_equal(*pixel(&p, left + ZOOM - 1, top + ZOOM - 1), i + j);
            assert_int_equal(*pixel(&p, left, top + SIDE * ZOOM + PAIR_GAP), 100 + i + j);
        }
    }
    assert_int_equal(*pixel(&p, LEFT, TOP + SIDE * ZOOM + PAIR_GAP), 0);
    assert_int_equal(*pixel(&p, LEFT + ZOOM, TOP + SIDE * ZOOM + PAIR_GAP), 255);
    hg__free(p.rgb);
}

static void large_pictures_are_made_smaller(void **state) {
    (void)state;
    enum { SIDE = 400 };
    const hg__shape shape = {
        2, {SIDE, SIDE}
    };
    float *x = hg__alloc((size_t)2 * SIDE * SIDE, sizeof *x, NULL);
    assert_non_null(x);
    for (int i = 0; i < 2 * SIDE * SIDE; i++) x[i] = (float)(i % 3) / 2; // three columns: mean 0.5
    write_model(&shape);
    write_samples(x, 1, SIDE * SIDE);
    assert_int_equal(hg_report_samples(folder, 5, NULL), HG_OK);
    picture p = read_picture();
    assert_true(p.head.height < 2 * 192 + 100);
    assert_true(abs(*pixel(&p, 100, 60) - 128) < 2);
    hg__free(p.rgb);
    hg__free(x);
}

// Pixels of a colour in a box.
static int count_colour(const picture *p, const char *colour, uint32_t left, uint32_t top,
                        uint32_t w, uint32_t h) {
    int count = 0;
    for (uint32_t i = 0; i < w * h; i++) {
        count += memcmp(pixel(p, left + i % w, top + i / w), colour, 3) == 0;
    }
    return count;
}

static void rows_that_are_not_pictures_are_curves(void **state) {
    (void)state;
    enum { WIDTH = 40, N = 5 };
    const hg__shape shape = {1, {WIDTH}};
    static float x[2][N][WIDTH];
    for (int i = 0; i < N * WIDTH; i++) {
        x[0][i / WIDTH][i % WIDTH] = (float)(i % WIDTH);
        x[1][i / WIDTH][i % WIDTH] = 20; // a level line
    }
    write_model(&shape);
    write_samples(&x[0][0][0], N, WIDTH);
    assert_int_equal(hg_report_samples(folder, 100, NULL), HG_OK);
    picture p = read_picture();
    assert_true(count_colour(&p, blue, 0, 0, p.head.width, p.head.height) > N * 200);
    assert_true(count_colour(&p, grey, 0, 0, p.head.width, p.head.height) > N * 50);
    hg__free(p.rgb);
}

static void constant_rows_are_drawn_too(void **state) {
    (void)state;
    const hg__shape shape = {1, {3}};
    const float x[2 * 3] = {7, 7, 7, 7, 7, 7};
    write_model(&shape);
    write_samples(x, 1, 3);
    assert_int_equal(hg_report_samples(folder, 1, NULL), HG_OK);
}

static void samples_of_another_width_are_refused(void **state) {
    (void)state;
    const hg__shape shape = {1, {4}};
    const float x[2 * 3] = {0};
    hg_error err = {0};
    char expected[256];
    write_model(&shape);
    write_samples(x, 1, 3);
    assert_int_equal(hg_report_samples(folder, 1, &err), HG_ERR_DATA);
    snprintf(
        expected, sizeof expected,
        "%s: expected 2 or 3 blocks of rows of 4 numbers (the model's width), got 2 blocks of 3 "
        "numbers",
        at("samples.npy"));
    assert_string_equal(err.message, expected);
}

static void no_samples_at_all_is_an_error(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(hg_report_samples(folder, 0, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "samples: expected at least 1, got 0");
    assert_int_equal(hg_report_samples("/no/such/folder", 1, &err), HG_ERR_IO);
}

// ---- training.png -------------------------------------------------------------------------------

static void write_results(const char *text) {
    assert_int_equal(hg__write_file(at("results.csv"), text, strlen(text), NULL), HG_OK);
}

// The box of the n-th plot.
enum { BOX_LEFT = 78, BOX_TOP = 50, BOX_WIDTH = 400, BOX_HEIGHT = 230, NEXT_BOX = 498 };

static int count_in_box(const picture *p, uint32_t n, const char *colour) {
    return count_colour(p, colour, BOX_LEFT + n * NEXT_BOX, BOX_TOP, BOX_WIDTH, BOX_HEIGHT);
}

static void losses_are_curves(void **state) {
    (void)state;
    const hg__shape shape = {1, {3}};
    write_model(&shape);
    write_results("epoch,time,train/loss,val/loss,lr\n1,0.1,900,800,0.1\n2,0.2,30,,0.1\n"
                  "3,0.3,5,4,0.1\n4,0.4,4,3,0.1\n5,0.5,half a li");
    assert_int_equal(hg_report_training(folder, NULL), HG_OK);
    picture p = read_picture_of("training.png");
    assert_int_equal(p.head.width, BOX_LEFT + BOX_WIDTH + 40); // no threshold: one plot
    assert_true(count_in_box(&p, 0, grey) > 300);
    assert_true(count_in_box(&p, 0, blue) > 60);
    // The last point is the lowest: a dot in the lower right corner.
    assert_true(count_colour(&p, blue, BOX_LEFT + BOX_WIDTH - 4, BOX_TOP + BOX_HEIGHT - 4, 4, 4) >=
                5);
    hg__free(p.rgb);
}

static void a_threshold_stands_among_the_scores(void **state) {
    (void)state;
    enum { ROWS = 400 };
    const hg__shape shape = {1, {3}};
    static float score[ROWS];
    for (int i = 0; i < ROWS; i++) score[i] = 0.5F + (float)(i % 40) / 40;
    hg__thresholds t;
    const hg__held_out held = {.score = score, .rows = ROWS, .column = ""};
    hg__json *detector = hg__json_object();
    hg_model *m = hg__model_from_spec("dense 2 | dense input", &shape, 0, 1, NULL);
    assert_int_equal(hg__thresholds_fit(&t, &held, 0.1, NULL), HG_OK);
    assert_int_equal(hg__thresholds_save(&t, m, detector, NULL), HG_OK);
    hg__model_set_detector(m, detector);
    assert_int_equal(hg__model_save(m, at("weights/best.safetensors"), NULL, NULL), HG_OK);
    hg__thresholds_clear(&t);
    hg_model_free(m);
    write_results("epoch,time,train/loss,val/loss,lr\n1,0.1,2,2,0.1\n");
    assert_int_equal(hg_report_training(folder, NULL), HG_OK);
    picture p = read_picture_of("training.png");
    assert_int_equal(p.head.width, BOX_LEFT + BOX_WIDTH + 40 + NEXT_BOX);
    assert_true(count_in_box(&p, 1, red) >= BOX_HEIGHT - 20);
    assert_true(count_in_box(&p, 1, "\x96\xba\xe8") > 3000); // bars
    hg__free(p.rgb);
}

static void a_run_without_an_epoch_draws_nothing(void **state) {
    (void)state;
    (void)unlink(at("training.png"));
    write_results("epoch,time,train/loss,val/loss,lr\n");
    assert_int_equal(hg_report_training(folder, NULL), HG_OK);
    assert_false(hg__is_file(at("training.png")));
}

// ---- the canvas ---------------------------------------------------------------------------------

static void words_stand_where_they_are_asked_to(void **state) {
    (void)state;
    const hg__colour ink = {0, 0, 0};
    const float width = hg__text_width("H\xc3\xa4m\x1b|", 24);
    picture p = {
        .head = {.width = 100, .height = 40}
    };
    hg__canvas c;
    assert_int_equal(hg__canvas_init(&c, 100, 40, NULL), HG_OK);
    hg__canvas_write(&c, 90, 20, 24, HG_RIGHT, ink, "H\xc3\xa4m\x1b|"); // "H?m?|"
    p.rgb = c.rgb;
    const uint32_t left = 90 - (uint32_t)width, beyond = 93;
    assert_true(count_colour(&p, "\0\0\0", left - 1, 8, 4, 24) > 24); // the H's stem
    assert_int_equal(count_colour(&p, white, 0, 0, left - 3, 40), (left - 3) * 40);
    assert_int_equal(count_colour(&p, white, beyond, 0, 100 - beyond, 40), (100 - beyond) * 40);
    assert_true(hg__text_width("", 12) == 0);
    hg__canvas_clear(&c);
}

static void a_canvas_cuts_off_what_lies_outside(void **state) {
    (void)state;
    hg__canvas c;
    const hg__colour full = {255, 0, 0};
    assert_int_equal(hg__canvas_init(&c, 4, 3, NULL), HG_OK);
    hg__canvas_box(&c, -5, -5, 7, 6, full); // leaves (0, 0) and (1, 0)
    hg__canvas_line(&c, 100, 100, 200, -300, 3, full);
    hg__canvas_line(&c, -50, -50, -9, -9, 3, full);
    for (size_t i = 0; i < 12; i++) {
        assert_memory_equal(c.rgb + 3 * i, i < 2 ? "\xff\0\0" : "\xff\xff\xff", 3);
    }
    hg__canvas_clear(&c);
}

static void a_canvas_too_large_is_refused(void **state) {
    (void)state;
    hg__canvas c;
    hg_error err = {0};
    assert_int_equal(hg__canvas_init(&c, 1 << 20, 1 << 20, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "picture: expected at most 67108864 pixels, got 1048576 x "
                                     "1048576: draw fewer samples");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_stand_above_their_reconstructions),
        cmocka_unit_test(large_pictures_are_made_smaller),
        cmocka_unit_test(rows_that_are_not_pictures_are_curves),
        cmocka_unit_test(constant_rows_are_drawn_too),
        cmocka_unit_test(samples_of_another_width_are_refused),
        cmocka_unit_test(no_samples_at_all_is_an_error),
        cmocka_unit_test(losses_are_curves),
        cmocka_unit_test(a_threshold_stands_among_the_scores),
        cmocka_unit_test(a_run_without_an_epoch_draws_nothing),
        cmocka_unit_test(words_stand_where_they_are_asked_to),
        cmocka_unit_test(a_canvas_cuts_off_what_lies_outside),
        cmocka_unit_test(a_canvas_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, make_files, remove_folder);
}
