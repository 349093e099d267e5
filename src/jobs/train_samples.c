// SPDX-License-Identifier: Apache-2.0
// train_samples.c - samples.npy: some rows, what the model made of them and, where rows are corrupted, what they were.
#include <string.h>

#include "array/sink.h"
#include "base/mem.h"
#include "jobs/trainer.h"

// blocks: (count, n, width)
static int write_blocks(const char *path, const float *blocks, int32_t count, int64_t n,
                        int32_t width, hg_error *err) {
    hg__writer w;
    const hg__shape shape = {
        3, {count, n, width}
    };
    HG_TRY(hg__writer_open(&w, path, err));
    int code = hg__npy_add_header(&w, HG_F32, &shape, err);
    if (code == HG_OK) {
        code = hg__writer_add(&w, blocks, (size_t)(count * n * width) * sizeof *blocks, err);
    }
    if (code == HG_OK) return hg__writer_commit(&w, err);
    hg__writer_abort(&w);
    return code;
}

static int take_rows(const hg__rows *rows, float *to, int64_t n, int32_t width, hg_error *err) {
    for (int64_t i = 0; i < n; i++) {
        HG_TRY(hg__row_source_row(&rows->source, hg__rows_at(rows, i), to + i * width, err));
    }
    return HG_OK;
}

// n rows as validation has them, corrupted, and their targets. Shuffled: the crops of a picture come one after the other.
static int take_corrupted(hg__loader *l, float *corrupted, float *clean, int64_t n, int32_t width,
                          hg_error *err) {
    hg__batch b;
    const size_t bytes = (size_t)width * sizeof *corrupted;
    int64_t taken = 0;
    hg__loader_start(l, true, 1, 0, 0);
    while (taken < n) {
        const int more = hg__loader_next(l, &b, err);
        if (more <= 0) return more;
        for (int32_t i = 0; i < b.count && taken < n; i++, taken++) {
            memcpy(corrupted + taken * width, b.row[i], bytes);
            memcpy(clean + taken * width, b.target[i], bytes);
        }
    }
    return HG_OK;
}

// blocks: rows, reconstructions and, where rows are corrupted, targets; (n, width) each.
static int fill(hg__trainer *t, const hg__rows *rows, float *blocks, int64_t n, hg_error *err) {
    const hg_model *m = t->model;
    const int32_t width = m->net.spec.width;
    const void **row = hg__alloc((size_t)n, sizeof *row, err);
    hg__loader *l = row && t->has_targets ? hg__open_fixed_loader(t, rows, err) : NULL;
    hg__run_plan *runner = row ? hg__run_plan_new(&m->net, t->pool, NULL, err) : NULL;
    int code = runner && (l || !t->has_targets) ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        code = l ? take_corrupted(l, blocks, blocks + 2 * n * width, n, width, err)
                 : take_rows(rows, blocks, n, width, err);
    }
    for (int64_t i = 0; code == HG_OK && i < n; i++) row[i] = blocks + i * width;
    const hg__input in = {.row = row, .count = n, .dtype = HG_F32, .scale = 1};
    if (code == HG_OK) hg__run(runner, HG_RECONSTRUCT, &in, blocks + n * width);
    hg__run_plan_free(runner);
    hg__loader_free(l);
    hg__free(row);
    return code;
}

// blocks (rows, pixels, channels) -> (rows, pixels, channels - 1), in place.
static void drop_level(float *blocks, size_t pixels, size_t channels) {
    float *to = blocks;
    for (size_t i = 0; i < pixels; i++) {
        for (size_t c = 0; c + 1 < channels; c++) *to++ = blocks[i * channels + c];
    }
}

int hg__write_samples(hg__train_run *r, hg_error *err) {
    hg__trainer *t = &r->t;
    const int32_t width = t->model->net.spec.width;
    char path[1024];
    const hg__rows *rows = t->val_rows.count ? &t->val_rows : &t->rows;
    const int64_t n = rows->count < t->o.values.samples ? rows->count : t->o.values.samples;
    const int32_t count = t->has_targets ? 3 : 2;
    if (n == 0 || hg__is_feature_run(t)) return HG_OK;
    HG_TRY(hg__join_path(path, sizeof path, r->folder, "samples.npy", err));
    const size_t size = (size_t)count * (size_t)n * (size_t)width;
    float *blocks = hg__alloc(size, sizeof *blocks, err);
    int code = blocks ? fill(t, rows, blocks, n, err) : HG_ERR_MEMORY;
    int32_t shown = width;
    if (code == HG_OK && t->model->net.has_level) {
        const size_t channels = (size_t)t->model->net.spec.input.dim[2];
        drop_level(blocks, size / channels, channels);
        shown -= width / (int32_t)channels;
    }
    if (code == HG_OK) code = write_blocks(path, blocks, count, n, shown, err);
    hg__free(blocks);
    return code;
}
