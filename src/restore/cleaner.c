// SPDX-License-Identifier: Apache-2.0
// cleaner.c - classical filters by their settings, on pictures in memory and on files' lines.
#include "restore/cleaner.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "image/range.h"

enum { SEARCH = 10 }; // radius of non-local means' window

static const double blurs[] = {0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.2, 1.5, 2, 3}; // pixels
static const double strengths[] = {0.35, 0.5, 0.65, 0.8, 1.1};              // of non-local means
enum {
    BLURS = sizeof blurs / sizeof *blurs,
    MEDIANS = 2,
    PATCHES = 2,
    STRENGTHS = sizeof strengths / sizeof *strengths
};
_Static_assert(BLURS + MEDIANS + PATCHES * STRENGTHS == HG_CLASSICAL, "one place for each");

void hg__cleaners_classical(double noise, hg__cleaner list[HG_CLASSICAL]) {
    hg__cleaner *c = list;
    for (int32_t i = 0; i < BLURS; i++) {
        *c++ = (hg__cleaner){.kind = HG_BY_GAUSSIAN, .amount = blurs[i]};
    }
    for (int32_t i = 1; i <= MEDIANS; i++) {
        *c++ = (hg__cleaner){.kind = HG_BY_MEDIAN, .radius = i};
    }
    for (int32_t i = 0; i < PATCHES * STRENGTHS; i++) {
        *c++ = (hg__cleaner){.kind = HG_BY_NL_MEANS,
                             .radius = 1 + i / STRENGTHS,
                             .amount = strengths[i % STRENGTHS],
                             .noise = noise > 1e-4 ? noise : 1e-4};
    }
}

void hg__cleaner_describe(const hg__cleaner *c, char text[80]) {
    const int32_t side = 2 * c->radius + 1;
    switch (c->kind) {
    case HG_BY_GAUSSIAN: snprintf(text, 80, "Gaussian, sigma %g", c->amount); break;
    case HG_BY_MEDIAN: snprintf(text, 80, "median, %d x %d", side, side); break;
    case HG_BY_NL_MEANS:
        snprintf(text, 80, "non-local means, patch %d x %d, h %g of the noise", side, side,
                 c->amount);
        break;
    case HG_BY_MODEL: snprintf(text, 80, "model"); break;
    }
}

int32_t hg__cleaners_alike(const hg__cleaner *list, int32_t count) {
    int32_t n = 1;
    while (n < count && n < HG_ALIKE && list[0].kind == HG_BY_NL_MEANS &&
           list[n].kind == HG_BY_NL_MEANS && list[n].radius == list[0].radius) {
        n++;
    }
    return n;
}

int hg__cleaners_run(const hg__cleaner *list, int32_t count, hg__pool *pool, const hg__frame *f,
                     const float *x, float *const *y, hg_error *err) {
    double h[HG_ALIKE];
    if (list->kind == HG_BY_GAUSSIAN) {
        return hg__filter_gaussian(pool, f, x, list->amount, y[0], err);
    }
    if (list->kind == HG_BY_MEDIAN) return hg__filter_median(pool, f, x, list->radius, y[0], err);
    for (int32_t i = 0; i < count; i++) h[i] = list[i].amount * list[i].noise;
    const hg__nl_means n = {list->radius, SEARCH, list->noise, h, count};
    return hg__filter_nl_means(pool, f, x, &n, y, err);
}

// ---- a file's lines -----------------------------------------------------------------------------

typedef struct whole {
    const hg__line_io *io; // borrowed
    hg__frame frame;
    size_t line; // bytes
    // owned, (height, line): samples as they came, and filled where some are outside
    uint8_t *raw, *filled;
    float *x, *y;        // owned, (frame)
    uint8_t *is_outside; // owned, a line's
    int64_t outside;
} whole;

static int make_whole(whole *w, const hg_denoiser *d, hg_error *err) {
    const hg__image_info *info = &w->io->info;
    const size_t lines = (size_t)info->height, samples = hg__frame_samples(&w->frame);
    const size_t bytes = 2 * lines * w->line + 4 * samples * sizeof *w->x + w->io->held;
    if (bytes > d->budget) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected max_mem of at least %zuM for a filter of %d x %d pixels, got "
                        "%zuM",
                        w->io->name, ((bytes + d->process) >> 20) + 1, info->width, info->height,
                        (d->budget + d->process) >> 20);
    }
    w->raw = hg__alloc(lines, w->line, err);
    if (w->raw) w->filled = hg__alloc(lines, w->line, err);
    if (w->filled) w->x = hg__alloc(samples, 2 * sizeof *w->x, err);
    if (w->x) w->is_outside = hg__alloc((size_t)info->width, (size_t)w->frame.channels, err);
    if (!w->raw || !w->filled || !w->x || !w->is_outside) return HG_ERR_MEMORY;
    w->y = w->x + samples;
    return HG_OK;
}

static int read_whole(whole *w, hg_error *err) {
    const hg__image_info *info = &w->io->info;
    const size_t width = (size_t)info->width, numbers = width * (size_t)w->frame.channels;
    assert(w->raw && w->filled);
    HG_TRY(w->io->read(w->io->context, w->raw, info->height, err));
    memcpy(w->filled, w->raw, (size_t)info->height * w->line);
    hg__image_info one = *info;
    one.height = 1;
    for (int32_t i = 0; i < info->height; i++) {
        uint8_t *line = w->filled + (size_t)i * w->line;
        if (w->io->has_outside) {
            const int64_t found = hg__outside_mark(info, line, width, w->is_outside);
            if (found) hg__outside_fill(info, line, i ? line - w->line : NULL, w->is_outside);
            w->outside += found;
        }
        hg__image_to_real(&one, line, 1, w->frame.channels, w->x + (size_t)i * numbers);
    }
    return HG_OK;
}

static int write_whole(whole *w, hg_error *err) {
    const hg__image_info *info = &w->io->info;
    const size_t width = (size_t)info->width, numbers = width * (size_t)w->frame.channels;
    hg__image_info one = *info;
    one.height = 1;
    for (int32_t i = 0; i < info->height; i++) {
        uint8_t *line = w->filled + (size_t)i * w->line;
        const uint8_t *raw = w->raw + (size_t)i * w->line;
        memcpy(line, raw, w->line); // alpha is kept
        hg__image_from_real(&one, w->y + (size_t)i * numbers, 1, w->frame.channels, line);
        if (w->io->has_outside) hg__outside_keep(info, raw, width, line);
    }
    return w->io->write(w->io->context, w->filled, info->height, err);
}

int hg__cleaner_run_lines(const hg__cleaner *c, hg_denoiser *d, const hg__line_io *io,
                          int64_t *outside, hg_error *err) {
    const hg__image_info *info = &io->info;
    whole w = {
        .io = io, .frame = {info->height, info->width, info->channels}
    };
    w.line = hg__image_line_bytes(info);
    int code = make_whole(&w, d, err);
    if (code == HG_OK) code = read_whole(&w, err);
    if (code == HG_OK) code = hg__cleaners_run(c, 1, d->pool, &w.frame, w.x, &w.y, err);
    if (code == HG_OK) code = write_whole(&w, err);
    if (outside) *outside = w.outside;
    hg__free(w.raw);
    hg__free(w.filled);
    hg__free(w.x);
    hg__free(w.is_outside);
    return code;
}
