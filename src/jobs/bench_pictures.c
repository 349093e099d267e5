// SPDX-License-Identifier: Apache-2.0
// bench_pictures.c - a folder of images: how fast it is decoded, how fast it becomes batches, and how long a
// training step waits for them.
//
// The images are made from a seed: smooth shapes with a little grain, so that they compress as photographs do.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/system.h"
#include "image/image.h"
#include "jobs/bench.h"
#include "model/model.h"
#include "rows/dataset.h"

enum { FILES = 48, HEIGHT = 321, WIDTH = 481, CHANNELS = 3, BATCH = 16, CROP = 64 };

typedef struct album {
    char folder[1024];
    const char *extension;
    hg__pool *pool;
    int code[FILES]; // of each file's last decoding
    hg_error err[FILES];
} album;

static int path_of(const album *a, int32_t i, char path[1100], hg_error *err) {
    char name[32];
    snprintf(name, sizeof name, "%02d.%s", (int)i, a->extension);
    return hg__join_path(path, 1100, a->folder, name, err);
}

// pixels (HEIGHT, WIDTH, CHANNELS)
static void draw_picture(uint8_t *pixels, int32_t number) {
    for (int32_t y = 0; y < HEIGHT; y++) {
        for (int32_t x = 0; x < WIDTH; x++) {
            const hg__philox r =
                hg__philox_run(0, HG_STREAM_SYNTHETIC, (uint32_t)number, (uint32_t)y, (uint32_t)x);
            const double wave = sin(0.013 * x * (1 + number % 5) + 0.4 * number) *
                                cos(0.019 * y + 0.002 * x * (number % 3));
            const double edge = (x / 60 + y / 80 + number) % 3 * 25.0;
            for (int32_t c = 0; c < CHANNELS; c++) {
                const double grain = (double)(r.word[c] >> 24) / 255 - 0.5;
                *pixels++ = (uint8_t)lrint(100 + (50 - 8 * c) * wave + edge + 6 * grain);
            }
        }
    }
}

static void remove_album(const album *a) {
    char path[1100];
    if (!hg__is_folder(a->folder)) return;
    for (int32_t i = 0; i < FILES; i++) {
        if (path_of(a, i, path, NULL) == HG_OK) unlink(path);
    }
    rmdir(a->folder);
}

static int write_album(album *a, hg_error *err) {
    const char *folder = getenv("TMPDIR");
    char name[64], path[1100];
    snprintf(name, sizeof name, "hourglass-bench-%ld", (long)getpid());
    HG_TRY(
        hg__join_path(a->folder, sizeof a->folder, folder && *folder ? folder : "/tmp", name, err));
    HG_TRY(hg__make_folder(a->folder, err));
    hg__image image = {
        .info = {.width = WIDTH,
                 .height = HEIGHT,
                 .channels = CHANNELS,
                 .dtype = HG_U8,
                 .white = 255,
                 .orientation = 1,
                 .pages = 1},
        .pixels = hg__alloc((size_t)HEIGHT * WIDTH, CHANNELS, err)
    };
    int code = image.pixels ? HG_OK : HG_ERR_MEMORY;
    for (int32_t i = 0; code == HG_OK && i < FILES; i++) {
        draw_picture(image.pixels, i);
        code = path_of(a, i, path, err);
        if (code == HG_OK) code = hg__image_save(&image, path, err);
    }
    hg__free(image.pixels);
    return code;
}

// ---- decoding alone -----------------------------------------------------------------------------

static void decode_file(void *context, int32_t task, int32_t thread) {
    (void)thread;
    album *a = context;
    char path[1100];
    hg__image image = {0};
    a->code[task] = path_of(a, task, path, &a->err[task]);
    if (a->code[task] == HG_OK) a->code[task] = hg__image_load(&image, path, true, &a->err[task]);
    hg__image_clear(&image);
}

static void decode_all(void *context) {
    const album *a = context;
    hg__pool_run(a->pool, decode_file, context, FILES);
}

static int decoded(const album *a, hg_error *err) {
    for (int32_t i = 0; i < FILES; i++) {
        if (a->code[i] == HG_OK) continue;
        if (err) *err = a->err[i];
        return a->code[i];
    }
    return HG_OK;
}

// ---- batches ------------------------------------------------------------------------------------

typedef struct feed {
    hg__dataset *data;
    hg__rows rows;
    hg__loader *loader;
    hg_model *model; // NULL: batches only
    hg__train_plan *plan;
    int32_t epoch;
    int64_t step;
    double waited, took; // seconds, of all epochs
    int code;
    hg_error err;
} feed;

static void clear_feed(feed *f) {
    hg__train_plan_free(f->plan);
    hg_model_free(f->model);
    hg__loader_free(f->loader);
    hg__dataset_close(f->data);
}

// memory: what decoded pictures may take; crops: of each picture an epoch.
static int make_feed(feed *f, const album *a, size_t memory, int32_t crops, hg_error *err) {
    hg__picture_options pictures = {.target = "", .crop = CROP, .crops = crops, .flip = true};
    const hg__data_options options = {
        .label = "", .ignore = "", .on_bad = "stop", .memory = memory};
    const hg__loader_options loading = {.pool = a->pool};
    hg__corruption corruption = {0};
    *f = (feed){.data = hg__dataset_open(a->folder, &options, &pictures, err)};
    if (!f->data) return err ? (int)err->code : HG_ERR_MEMORY;
    HG_TRY(hg__noise_parse(&corruption.noise, "gaussian 25", err));
    HG_TRY(hg__dataset_corrupt(f->data, &corruption, err));
    f->rows = hg__rows_all(f->data->learned);
    f->loader = hg__loader_new(&f->rows, BATCH, &loading, err);
    return f->loader ? HG_OK : HG_ERR_MEMORY;
}

static void run_batches(void *context) {
    feed *f = context;
    hg__batch batch;
    int got = 0;
    hg__loader_start(f->loader, true, 0, ++f->epoch, 0);
    while ((got = hg__loader_next(f->loader, &batch, &f->err)) > 0) {
    }
    if (got < 0) f->code = got;
}

static void run_training(void *context) {
    feed *f = context;
    hg__batch batch;
    int got = 0;
    const double start = hg__seconds();
    hg__loader_start(f->loader, true, 0, ++f->epoch, 0);
    for (;;) {
        const double began = hg__seconds();
        got = hg__loader_next(f->loader, &batch, &f->err);
        f->waited += hg__seconds() - began;
        if (got <= 0) break;
        const hg__input in = {.row = batch.row,
                              .count = batch.count,
                              .dtype = batch.dtype,
                              .scale = batch.scale,
                              .target = batch.target,
                              .side_task = hg__loader_make,
                              .side_context = f->loader,
                              .side_count = hg__loader_work(f->loader)};
        (void)hg__train_step(f->plan, &in, 1e-3, ++f->step);
    }
    f->took += hg__seconds() - start;
    if (got < 0) f->code = got;
}

static int failed(const feed *f, hg_error *err) {
    if (f->code < 0 && err) *err = f->err;
    return f->code;
}

// The three figures of a format: units are pictures, pictures and training steps.
enum { DECODED, BATCHES, TRAINED, FIGURES };

// Every crop from a file decoded for it: one crop of each picture an epoch and no memory to keep any.
static int bench_batches(hg__bench *b, const album *a, hg__bench_line *f, hg_error *err) {
    feed from;
    int code = make_feed(&from, a, 1, 1, err);
    if (code == HG_OK) {
        f[BATCHES].seconds = hg__bench_best(b, run_batches, &from) / FILES;
        f[BATCHES].share = f[DECODED].seconds / f[BATCHES].seconds;
        code = failed(&from, err);
    }
    clear_feed(&from);
    return code;
}

static int bench_waiting(hg__bench *b, const album *a, hg__bench_line *f, hg_error *err) {
    feed from;
    int code = make_feed(&from, a, 1U << 30, 0, err);
    if (code == HG_OK) {
        from.model = hg__model_from_spec("unet", &from.data->source.shape, 0, 0, err);
    }
    if (from.model) from.plan = hg__bench_plan(from.model, BATCH, b->pool, err);
    if (code == HG_OK && !from.plan) code = HG_ERR_MEMORY;
    if (code == HG_OK) {
        const double rows = (double)hg__loader_rows(from.loader), steps = ceil(rows / BATCH);
        const double seconds = hg__bench_best(b, run_training, &from);
        f[TRAINED].rows = rows / steps;
        f[TRAINED].seconds = seconds / steps;
        f[TRAINED].share = from.waited / from.took;
        code = failed(&from, err);
    }
    clear_feed(&from);
    return code;
}

static int bench_album(hg__bench *b, album *a, hg__bench_line *f, hg_error *err) {
    HG_TRY(write_album(a, err));
    f[DECODED].seconds = hg__bench_best(b, decode_all, a) / FILES;
    HG_TRY(decoded(a, err));
    if (hg__bench_wants(b, f[BATCHES].name)) HG_TRY(bench_batches(b, a, f, err));
    if (hg__bench_wants(b, f[TRAINED].name)) HG_TRY(bench_waiting(b, a, f, err));
    for (int i = 0; i < FIGURES; i++) hg__bench_add(b, &f[i]);
    return HG_OK;
}

static int bench_format(hg__bench *b, const char *extension, hg_error *err) {
    static const char *const before[FIGURES] = {"", "", "training step unet, "};
    static const char *const behind[FIGURES] = {" folder decoded", " folder to batches", " folder"};
    char name[FIGURES][80];
    const double pixels = (double)WIDTH * HEIGHT;
    bool wanted = false;
    for (int i = 0; i < FIGURES; i++) {
        snprintf(name[i], sizeof name[i], "%s%s%s", before[i], extension, behind[i]);
        wanted = wanted || hg__bench_wants(b, name[i]);
    }
    if (!wanted) return HG_OK;
    album *a = hg__alloc(1, sizeof *a, err);
    if (!a) return HG_ERR_MEMORY;
    a->extension = extension;
    a->pool = b->pool;
    hg__bench_line f[FIGURES] = {
        {.name = name[DECODED], .rows = 1,                  .pixels = pixels},
        {.name = name[BATCHES],                     .rows = 1,                           .pixels = pixels, .share_of = "decoding's speed"},
        {.name = name[TRAINED],     .share_of = "it spent waiting for data"},
    };
    const int code = bench_album(b, a, f, err);
    remove_album(a);
    hg__free(a);
    return code;
}

int hg__bench_pictures(hg__bench *b, hg_error *err) {
    static const char *const extensions[] = {"png", "jpg"};
    int code = HG_OK;
    for (size_t i = 0; code == HG_OK && i < sizeof extensions / sizeof *extensions; i++) {
        code = bench_format(b, extensions[i], err);
    }
    return code;
}
