// SPDX-License-Identifier: Apache-2.0
// tune.c - between a picture and the model's windows: the level's channel, and what is mixed back.
#include "restore/tune.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"

static const double least_told = 0.5;   // of the level: below, the rest of the way is mixed
static const double one = 4294967296.0; // a sum's 1

// ---- what is asked for ----------------------------------------------------------------------------

static int check_range(const char *name, double x, double most, hg_error *err) {
    if (x >= 0 && x <= most) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected 0 to %g, got %g", name, most, x);
}

int hg__tuning_check(const hg__tuning *how, bool has_level, bool is_blended, hg_error *err) {
    HG_TRY(check_range("strength", how->strength, 2, err));
    HG_TRY(check_range("detail", how->detail, 1, err));
    if (!(how->sigma >= 0 && how->sigma <= 1)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "sigma: expected up to 255 grey levels of 8 bits, got %g",
                        how->sigma * 255);
    }
    if (is_blended && how->detail > 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "detail: expected a model that sees a neighbourhood, got one that sees the "
                        "whole picture (groupnorm)");
    }
    if (has_level) return HG_OK;
    if (how->sigma > 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "sigma: expected a model that can be told the level of noise (trained with "
                        "level=), got one without");
    }
    if (how->strength <= 1) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "strength: expected 0 to 1 for a model without a level of noise (trained with "
                    "level=), got %g",
                    how->strength);
}

bool hg__tuner_is_twofold(const hg__tuner *u) {
    const hg__tuning *h = &u->how;
    return u->has_level && !(h->sigma > 0) && h->strength > 0 &&
           (h->strength < 1 || h->strength > 1);
}

bool hg__tuner_is_needed(const hg__tuner *u) {
    return u->has_level || u->how.strength < 1 || u->how.detail > 0;
}

int32_t hg__tuner_margin(const hg__tuner *u) {
    return u->how.detail > 0 ? HG_DETAIL_RADIUS : 0;
}

// How much of what the model changed is taken.
static float share_of(const hg__tuner *u) {
    const double s = u->how.strength, share = u->has_level ? s / least_told : s;
    return share < 1 ? (float)share : 1;
}

static float told_of(const hg__tuner *u, double level) {
    const double s = u->how.strength;
    return (float)(level * (s > least_told ? s : least_told));
}

// ---- room -----------------------------------------------------------------------------------------

static size_t room_for(const hg__tuner *u, size_t widest, int32_t threads) {
    return (size_t)threads * widest * 2 * ((size_t)u->channels + 1) * sizeof *u->room;
}

static size_t cells_for(int32_t height, int32_t width, int32_t runs) {
    return (size_t)hg__ceil_div(height, HG_LEVEL_CELL) *
           (size_t)hg__ceil_div(width, HG_LEVEL_CELL) * (size_t)runs;
}

size_t hg__tuner_bytes(const hg__tuner *u, const hg__image_needs *needs, const hg__tile_job *job,
                       int32_t threads) {
    if (!hg__tuner_is_needed(u)) return 0;
    const size_t widest = (size_t)job->width + (size_t)needs->multiple + (size_t)needs->least;
    const size_t cells = u->has_level ? cells_for(job->height, job->width, job->runs) : 0;
    return room_for(u, widest, threads) + cells * (sizeof *u->sum + sizeof *u->level);
}

// More of it where it is less; what was in it is lost.
static int make_room(void **at, size_t *bytes, size_t wanted, hg_error *err) {
    if (*bytes >= wanted) return HG_OK;
    hg__free(*at);
    *bytes = 0;
    *at = hg__alloc(wanted, 1, err);
    if (!*at) return HG_ERR_MEMORY;
    *bytes = wanted;
    return HG_OK;
}

int hg__tuner_ready(hg__tuner *u, const hg__tiling *t, int32_t threads, hg_error *err) {
    if (!hg__tuner_is_needed(u)) return HG_OK;
    void *room = u->room, *cells = u->sum;
    u->t = *t;
    u->rows = hg__ceil_div(t->height, HG_LEVEL_CELL);
    u->columns = hg__ceil_div(t->width, HG_LEVEL_CELL);
    u->widest = (size_t)hg__max(t->window_width, t->blend ? t->width : 0);
    int code = make_room(&room, &u->room_bytes, room_for(u, u->widest, threads), err);
    u->room = room;
    if (code < 0 || !u->has_level) return code;
    const size_t count = cells_for(t->height, t->width, t->runs);
    code = make_room(&cells, &u->cells_bytes, count * (sizeof *u->sum + sizeof *u->level), err);
    u->sum = cells;
    u->level = cells ? (float *)(void *)(u->sum + count) : NULL;
    return code;
}

void hg__tuner_clear(hg__tuner *u) {
    hg__free(u->room);
    hg__free(u->sum);
    u->room = NULL;
    u->sum = NULL;
    u->level = NULL;
    u->room_bytes = u->cells_bytes = 0;
}

// ---- the level, estimated and told ----------------------------------------------------------------

static size_t cell_at(const hg__tuner *u, int32_t run, int32_t row, int32_t column) {
    return ((size_t)run * (size_t)u->rows + (size_t)row) * (size_t)u->columns + (size_t)column;
}

// The model's estimates of a piece, into its cells.
static void add_levels(const hg__tuner *u, const hg__tile_piece *p, const float *from) {
    const int32_t row = p->line / HG_LEVEL_CELL, step = u->channels + 1, end = p->left + p->width;
    for (int32_t x = p->left; x < end;) {
        const int32_t column = x / HG_LEVEL_CELL, stop = hg__min((column + 1) * HG_LEVEL_CELL, end);
        uint64_t sum = 0;
        for (; x < stop; x++) {
            const double level = (double)from[(x - p->left) * step + u->channels];
            const double held = level > 0 ? (level < 1 ? level : 1) : 0; // not a number: 0
            sum += (uint64_t)(held * held * one);
        }
        __atomic_fetch_add(&u->sum[cell_at(u, p->run, row, column)], sum, __ATOMIC_RELAXED);
    }
}

static double pixels_of_cell(const hg__tuner *u, int32_t row, int32_t column) {
    const int32_t height = hg__min(HG_LEVEL_CELL, u->t.height - row * HG_LEVEL_CELL);
    const int32_t width = hg__min(HG_LEVEL_CELL, u->t.width - column * HG_LEVEL_CELL);
    return (double)height * (double)width;
}

static void find_told(hg__tuner *u) {
    for (int32_t run = 0; run < u->t.runs; run++) {
        for (int32_t row = 0; row < u->rows; row++) {
            for (int32_t column = 0; column < u->columns; column++) {
                const size_t at = cell_at(u, run, row, column);
                const double mean = (double)u->sum[at] / one / pixels_of_cell(u, row, column);
                u->level[at] = told_of(u, sqrt(mean));
            }
        }
    }
}

double hg__tuner_level(const hg__tuner *u) {
    double sum = 0;
    if (!u->sum || u->how.sigma > 0) return (double)NAN;
    for (size_t i = 0; i < cells_for(u->t.height, u->t.width, u->t.runs); i++) {
        sum += (double)u->sum[i] / one;
    }
    return sqrt(sum / ((double)u->t.height * (double)u->t.width * (double)u->t.runs));
}

double hg__tuner_cell(const hg__tuner *u, int32_t row, int32_t column) {
    double sum = 0;
    for (int32_t run = 0; run < u->t.runs; run++) {
        sum += (double)u->sum[cell_at(u, run, row, column)] / one;
    }
    return sqrt(sum / (pixels_of_cell(u, row, column) * (double)u->t.runs));
}

// Between which two of `count` cells pixel `at` lies, and how near to the second.
static void find_between(int32_t at, int32_t count, int32_t *first, int32_t *second, float *share) {
    const int32_t half = HG_LEVEL_CELL / 2, moved = at - half + HG_LEVEL_CELL; // not below 0
    const int32_t low = moved / HG_LEVEL_CELL - 1;
    *share = ((float)(moved % HG_LEVEL_CELL) + 0.5F) / HG_LEVEL_CELL;
    *first = hg__max(low, 0);
    *second = hg__min(low + 1, count - 1);
}

// What the model is told of a piece, into the last channel of `to` (width, channels + 1).
static void tell(const hg__tuner *u, const hg__tile_piece *p, float *to) {
    const int32_t step = u->channels + 1;
    const bool by_cells = hg__tuner_is_twofold(u) && !u->is_first;
    const float all = u->how.sigma > 0 ? told_of(u, u->how.sigma) : 0;
    int32_t top, bottom, left, right;
    float down, across;
    find_between(p->line, u->rows, &top, &bottom, &down);
    to += u->channels;
    for (int32_t x = p->left; x < p->left + p->width; x++, to += step) {
        if (!by_cells) {
            *to = all;
            continue;
        }
        find_between(x, u->columns, &left, &right, &across);
        const float *upper = u->level + cell_at(u, p->run, top, 0),
                    *lower = u->level + cell_at(u, p->run, bottom, 0);
        const float a = upper[left] * (1 - across) + upper[right] * across,
                    b = lower[left] * (1 - across) + lower[right] * across;
        *to = a * (1 - down) + b * down;
    }
}

// ---- a picture's line to the model, and back ------------------------------------------------------

static float *room_of(const hg__tuner *u, int32_t thread) {
    return u->room + (size_t)thread * u->widest * 2 * ((size_t)u->channels + 1);
}

static void get(void *context, const hg__tile_piece *p, float *to) {
    const hg__tuner *u = context;
    const int32_t channels = u->channels;
    if (!u->has_level) {
        u->io->get(u->io->context, p, to);
        return;
    }
    const float *from = room_of(u, p->thread);
    u->io->get(u->io->context, p, room_of(u, p->thread));
    for (int32_t x = 0; x < p->width; x++) {
        for (int32_t c = 0; c < channels; c++) to[x * (channels + 1) + c] = from[x * channels + c];
    }
    tell(u, p, to);
}

// Luma of what was taken away, of the pixel at `at` of the window's input x and output y.
static float taken_luma(const float *x, const float *y, ptrdiff_t at, int32_t channels,
                        float share) {
    if (channels == 1) return share * (x[at] - y[at]);
    return share * (0.299F * (x[at] - y[at]) + 0.587F * (x[at + 1] - y[at + 1]) +
                    0.114F * (x[at + 2] - y[at + 2]));
}

static int32_t reflect(int32_t i, int32_t n) {
    if (n == 1) return 0;
    i = i < 0 ? -i : i;
    i %= 2 * (n - 1);
    return i < n ? i : 2 * (n - 1) - i;
}

// The luma's share that is finer than a blur by 1 4 6 4 1 both ways, of pixel p->left + x. from: the piece's in the window.
static float fine_luma(const hg__tuner *u, const hg__tile_piece *p, const float *from, int32_t x,
                       float share) {
    static const float weight[] = {1.0F / 16, 4.0F / 16, 6.0F / 16, 4.0F / 16, 1.0F / 16};
    const int32_t r = HG_DETAIL_RADIUS, step = u->channels + u->has_level, column = p->left + x;
    float blurred = 0;
    for (int32_t i = -r; i <= r; i++) {
        const ptrdiff_t line = reflect(p->line + i, u->t.height) - p->line;
        float sum = 0;
        for (int32_t j = -r; j <= r; j++) {
            const ptrdiff_t at =
                line * p->stride + (ptrdiff_t)(reflect(column + j, u->t.width) - p->left) * step;
            sum += weight[j + r] * taken_luma(p->input, from, at, u->channels, share);
        }
        blurred += weight[i + r] * sum;
    }
    return taken_luma(p->input, from, (ptrdiff_t)x * step, u->channels, share) - blurred;
}

// The picture's own numbers of a piece: in the window, or asked for once more where windows are blended; *step from pixel to pixel.
static const float *input_of(const hg__tuner *u, const hg__tile_piece *p, int32_t *step) {
    *step = u->channels + u->has_level;
    if (p->input) return p->input;
    float *own = room_of(u, p->thread) + u->widest * ((size_t)u->channels + 1);
    u->io->get(u->io->context, p, own);
    *step = u->channels;
    return own;
}

static void put(void *context, const hg__tile_piece *p, const float *from) {
    const hg__tuner *u = context;
    const int32_t channels = u->channels, step = channels + u->has_level;
    const float share = share_of(u), detail = (float)u->how.detail;
    if (u->has_level && (u->is_first || !hg__tuner_is_twofold(u))) add_levels(u, p, from);
    if (u->is_first) return;
    float *to = room_of(u, p->thread);
    for (int32_t x = 0; x < p->width; x++) {
        for (int32_t c = 0; c < channels; c++) to[x * channels + c] = from[x * step + c];
    }
    if (share < 1) {
        int32_t own_step;
        const float *own = input_of(u, p, &own_step);
        for (int32_t x = 0; x < p->width; x++) {
            for (int32_t c = 0; c < channels; c++) {
                const float was = own[x * own_step + c];
                to[x * channels + c] = was + share * (to[x * channels + c] - was);
            }
        }
    }
    for (int32_t x = 0; detail > 0 && x < p->width; x++) {
        const float fine = detail * fine_luma(u, p, from, x, share);
        for (int32_t c = 0; c < channels; c++) to[x * channels + c] += fine;
    }
    u->io->put(u->io->context, p, to);
}

static int need(void *context, int32_t first, int32_t end, hg_error *err) {
    const hg__tuner *u = context;
    return u->io->need(u->io->context, first, end, err);
}

static int done(void *context, int32_t end, hg_error *err) {
    const hg__tuner *u = context;
    return u->io->done(u->io->context, end, err);
}

int hg__tuner_run(hg__tuner *u, hg__tiles *tiles, const hg__tile_io *io, bool is_first,
                  hg_error *err) {
    if (!hg__tuner_is_needed(u)) return hg__tiles_run(tiles, io, err);
    hg__tile_io own = *io;
    own.context = u;
    own.get = get;
    own.put = put;
    own.need = io->need ? need : NULL;
    own.done = io->done ? done : NULL;
    u->io = io;
    u->is_first = is_first;
    if (u->has_level && (is_first || !hg__tuner_is_twofold(u))) {
        const size_t count = cells_for(u->t.height, u->t.width, u->t.runs);
        memset(u->sum, 0, count * sizeof *u->sum);
    }
    const int code = hg__tiles_run(tiles, &own, err);
    if (code == HG_OK && is_first) find_told(u);
    return code;
}
