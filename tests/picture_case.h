// SPDX-License-Identifier: Apache-2.0
// picture_case.h - folders of small pictures whose samples tell where they are, for the tests of pictures as rows.
#ifndef HG_TESTS_PICTURE_CASE_H
#define HG_TESTS_PICTURE_CASE_H
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/pool.h"
#include "base/file.h"
#include "image/image.h"
#include "rows/dataset.h"
#include "rows/loader.h"

#include <cmocka.h>

enum { CROP = 8, MOST = 64 * 64 * 3 };

static char folder[64] = "/tmp/hourglass-test-XXXXXX";
static const hg__picture_options plain = {.target = "", .crop = CROP, .flip = true, .seed = 5};

__attribute__((format(printf, 1, 2))) static const char *at(const char *format, ...) {
    static char path[8][256];
    static int next;
    char *to = path[next = (next + 1) % 8], name[180];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    snprintf(to, sizeof path[0], "%s/%s", folder, name);
    return to;
}

// A 16-bit picture whose samples tell where they are: number * 4096 + line * width + column, plus 1 for green, 2 for blue.
static inline void write_picture(const char *name, int32_t number, int32_t height, int32_t width,
                                 int32_t channels) {
    static uint16_t pixels[MOST];
    hg_error err = {0};
    hg__image image = {
        .info = {.width = width,
                 .height = height,
                 .channels = channels,
                 .dtype = HG_U16,
                 .white = 65535,
                 .orientation = 1,
                 .pages = 1}
    };
    image.pixels = pixels;
    for (int32_t i = 0; i < height * width * channels; i++) {
        pixels[i] = (uint16_t)(number * 4096 + i / channels + i % channels);
    }
    if (hg__image_save(&image, at("%s", name), &err) < 0) fail_msg("%s", err.message);
}

static inline hg__dataset *open_folder(const char *name, hg__picture_options o, size_t memory,
                                       hg_error *err) {
    const hg__data_options options = {
        .label = "", .ignore = "", .on_bad = "stop", .memory = memory};
    return hg__dataset_open(at("%s", name), &options, &o, err);
}

// `noise`: what is learned of them.
static inline hg__dataset *opened_noisy(const char *name, const char *noise,
                                        const hg__picture_options *o, size_t memory) {
    hg_error err = {0};
    hg__corruption how = {.seed = o->seed};
    hg__picture_options own = *o;
    assert_int_equal(hg__noise_parse(&how.noise, noise, &err), HG_OK);
    own.is_blind = how.noise.blind;
    hg__dataset *d = open_folder(name, own, memory, &err);
    if (!d || hg__dataset_corrupt(d, &how, &err) < 0) fail_msg("%s: %s", name, err.message);
    return d;
}

static inline hg__dataset *opened(const char *name, const hg__picture_options *o, size_t memory) {
    return opened_noisy(name, "", o, memory);
}

static inline void expect_refusal(const char *name, const hg__picture_options *o, int code,
                                  const char *sentence) {
    hg_error err = {0};
    char full[1200];
    size_t used = 0;
    for (const char *c = sentence; *c; c++) { // "@" stands for the folder
        if (*c == '@') {
            used += (size_t)snprintf(full + used, sizeof full - used, "%s", folder);
        } else {
            full[used++] = *c;
        }
    }
    full[used] = '\0';
    assert_null(open_folder(name, *o, 1 << 20, &err));
    assert_string_equal(err.message, full);
    assert_int_equal(err.code, code);
}

// x and target as they are learned; without x the target as it is.
static inline void make(const hg__dataset *d, int64_t image, int32_t draw, uint32_t epoch, float *x,
                        float *target) {
    static float unused[MOST], scratch[8 * MOST];
    hg_error err = {0};
    const hg__row_place place = {.row = image, .draw = draw, .epoch = epoch};
    const hg__row_source *s = x ? &d->learned : &d->source;
    hg__row_room room = {.x = x ? x : target, .scratch = scratch};
    if (s->has_target) room.target = target ? target : unused;
    assert_true(s->scratch <= sizeof scratch / sizeof *scratch);
    if (hg__row_source_make(s, &place, &room, &err) < 0) fail_msg("%s", err.message);
    if (x && target && !s->has_target) {
        memcpy(target, x, (size_t)s->width * sizeof *target);
    }
}

// The sample written by write_picture.
static inline int32_t sample(const float *x, int32_t i) {
    return (int32_t)lrintf(x[i] * 65535);
}

static inline int make_folders(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    static const char *const names[] = {"grey", "both", "noisy", "clean", "bad", "blind"};
    for (size_t i = 0; i < 6; i++) {
        if (hg__make_folder(at("%s", names[i]), NULL) < 0) return -1;
    }
    write_picture("grey/a.png", 0, 20, 24, 1);
    write_picture("grey/b.png", 1, 8, 9, 1);
    write_picture("grey/c.png", 2, 16, 40, 1);
    write_picture("both/c.pgm", 1, 16, 24, 1);
    write_picture("both/d.ppm", 3, 16, 24, 3);
    write_picture("blind/a.png", 1, 16, 16, 1);
    write_picture("blind/b.png", 2, 24, 20, 1);
    write_picture("odd.pgm", 1, 13, 11, 1);
    write_picture("noisy/a.pgm", 1, 12, 10, 1);
    write_picture("noisy/b.png", 2, 12, 10, 1);
    write_picture("clean/a.png", 5, 12, 10, 1);
    write_picture("clean/b.pgm", 6, 12, 10, 1);
    write_picture("bad/good.png", 6, 12, 10, 1);
    return hg__write_file(at("bad/broken.png"), "\x89PNG\r\n\x1a\n", 8, NULL);
}

static inline int remove_folders(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}
#endif
