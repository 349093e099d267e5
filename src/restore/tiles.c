// SPDX-License-Identifier: Apache-2.0
// tiles.c - which windows cover a picture, and the model over each of them.
#include "restore/tiles.h"

#include <stdatomic.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"

// What the smallest window adds to its overlap, and over how many pixels windows are blended.
enum { SMALLEST = 16, BLEND = 32 };

struct hg__tiles {
    hg__tiling t;
    int32_t channels;     // of the model
    hg__pool *pool;       // borrowed
    hg__image_plan *plan; // owned
    hg__real *input;      // the plan's, (window_height, window_width, channels)
    float *sum; // owned, (runs, window_height, width, channels); NULL where nothing is blended
    int32_t tap_pixels;    // a side, for a place of the tap
    const hg__tile_io *io; // of this run; borrowed
    // owned, (threads, window_width, channels): a line of a window before it is looked at
    float *line;
    bool has_output;      // input and output are of a window that was run
    atomic_bool is_other; // a line of this window is not that of the last
    // Of the window in work:
    const hg__real *output;           // shaped as input
    int32_t row, column, run;         // which it is
    int32_t top, left;                // where it begins
    int32_t first, end;               // lines it puts
    int32_t first_column, end_column; // and columns
};

// One side of a tiling: rows or columns.
typedef struct side {
    int32_t full, window, count, overlap;
    int32_t cut; // from a window's end back to the cut
} side;

// ---- which windows ------------------------------------------------------------------------------

static int32_t round_up(int64_t n, int32_t multiple) {
    return (int32_t)(hg__ceil_div_64(n, multiple) * multiple);
}

static int32_t smallest_window(const hg__tiling *t, const hg__image_needs *needs) {
    const int32_t beside = t->blend ? t->overlap : SMALLEST;
    const int32_t smallest = round_up((int64_t)t->overlap + beside, needs->multiple);
    const int32_t least = needs->least > 2 ? needs->least : 2 * needs->multiple;
    return hg__max(smallest, least); // reflected lines need 2
}

// A side of the picture made full.
static int32_t full_side(int32_t pixels, const hg__image_needs *needs) {
    const int32_t full = round_up(pixels, needs->multiple);
    return hg__max(full, needs->least);
}

// The most windows along a side, and the size of each where there are `count`.
static int32_t most_windows(const hg__tiling *t, int32_t full, int32_t smallest) {
    if (full <= smallest) return 1;
    const int32_t step = smallest - t->overlap;
    return 1 + hg__ceil_div(full - smallest, step);
}

static int32_t window_of(const hg__tiling *t, int32_t full, int32_t count,
                         const hg__image_needs *needs) {
    if (count == 1) return full;
    const int64_t all = (int64_t)full + (int64_t)t->overlap * (count - 1);
    const int32_t window = round_up(hg__ceil_div_64(all, count), needs->multiple);
    const int32_t smallest = smallest_window(t, needs);
    return hg__max(window, smallest);
}

// Windows of this size that it takes: rounding up may have left one too many.
static int32_t count_windows(const hg__tiling *t, int32_t full, int32_t window) {
    if (window >= full) return 1;
    const int32_t step = window - t->overlap;
    return 1 + hg__ceil_div(full - window, step);
}

// The tap, and that the network runs to its end.
static hg__taps taps_of(const hg__tiling *t, const hg__network *net, int32_t layer[2]) {
    layer[0] = t->tap - 1;
    layer[1] = net->spec.layers - 1;
    return (hg__taps){layer, t->tap == 0 ? 0 : t->tap < net->spec.layers ? 2 : 1};
}

static size_t bytes_of(const hg__tiling *t, const hg__network *net, int32_t channels,
                       int32_t threads, size_t line_bytes) {
    int32_t layer[2];
    const hg__taps taps = taps_of(t, net, layer);
    const size_t plan =
        hg__image_plan_tapped_bytes(net, t->window_height, t->window_width, threads, &taps);
    size_t line = line_bytes, sum = 0, lines, bytes;
    if (t->blend) {
        sum = sizeof(float) * (size_t)channels * (size_t)t->runs;
        if (!hg__multiply((size_t)t->width, sum, &sum)) return 0;
    }
    if (!plan || __builtin_add_overflow(line, sum, &line)) return 0;
    if (!hg__multiply(line, (size_t)t->window_height, &lines)) return 0;
    return __builtin_add_overflow(plan, lines, &bytes) ? 0 : bytes;
}

typedef struct search {
    const hg__network *net;
    const hg__image_needs *needs;
    const hg__tile_job *job;
    int32_t threads, most_rows;
} search;

// t with as many rows of windows; whether it fits.
static bool try_rows(const search *s, hg__tiling *t, int32_t rows) {
    t->window_height = window_of(t, t->full_height, rows, s->needs);
    t->rows = count_windows(t, t->full_height, t->window_height);
    t->bytes = bytes_of(t, s->net, s->needs->channels, s->threads, s->job->line_bytes);
    return t->bytes && t->bytes <= s->job->budget;
}

// The fewest rows of windows that fit; false if none do, t then being the smallest.
static bool fit_rows(const search *s, hg__tiling *t) {
    int32_t low = 1, high = s->most_rows;
    if (!try_rows(s, t, high)) return false;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (try_rows(s, t, middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return try_rows(s, t, high);
}

static bool fit_columns(const search *s, hg__tiling *t, int32_t columns) {
    t->window_width = window_of(t, t->full_width, columns, s->needs);
    t->columns = count_windows(t, t->full_width, t->window_width);
    return fit_rows(s, t);
}

// Pixels that the model sees, some of them more than once.
static double cost_of(const hg__tiling *t) {
    return (double)t->rows * t->columns * t->window_height * t->window_width;
}

bool hg__tiling_pick(hg__tiling *best, const hg__network *net, const hg__image_needs *needs,
                     int32_t threads, const hg__tile_job *job) {
    const int32_t multiple = needs->multiple;
    hg__tiling t = {.height = job->height,
                    .width = job->width,
                    .full_height = full_side(job->height, needs),
                    .full_width = full_side(job->width, needs),
                    .overlap = needs->receptive_radius < 0 ? round_up(BLEND, multiple)
                                                           : 2 * (needs->receptive_radius +
                                                                  round_up(job->margin, multiple)),
                    .blend = needs->receptive_radius < 0,
                    .runs = job->runs,
                    .tap = job->tap};
    const int32_t smallest = smallest_window(&t, needs);
    const search s = {net, needs, job, threads, most_windows(&t, t.full_height, smallest)};
    const int32_t most = most_windows(&t, t.full_width, smallest);
    if (!fit_columns(&s, &t, most)) {
        *best = t;
        return false;
    }
    const hg__tiling last = t;
    bool found = false;
    for (int32_t columns = 1; columns < most; columns++) {
        const bool fits = fit_columns(&s, &t, columns);
        if (fits && (!found || cost_of(&t) < cost_of(best))) *best = t;
        found = found || fits;
        if (found && (double)t.columns * t.window_width * t.full_height >= cost_of(best)) break;
    }
    if (!found) *best = last;
    return true;
}

// ---- making -------------------------------------------------------------------------------------

hg__tiles *hg__tiles_new(const hg__network *net, hg__pool *pool, const hg__tiling *t,
                         hg_error *err) {
    hg__image_needs needs;
    if (hg__image_needs_of(net, &needs, err) < 0) return NULL;
    hg__tiles *tiles = hg__alloc(1, sizeof *tiles, err);
    if (!tiles) return NULL;
    tiles->t = *t;
    tiles->channels = needs.channels;
    tiles->pool = pool;
    int32_t layer[2];
    const hg__taps taps = taps_of(t, net, layer);
    tiles->plan =
        hg__image_plan_new_tapped(net, pool, t->window_height, t->window_width, &taps, err);
    const size_t line = (size_t)t->window_width * (size_t)needs.channels;
    const size_t lines = (size_t)hg__pool_threads(pool);
    if (tiles->plan) tiles->line = hg__alloc(lines, line * sizeof *tiles->line, err);
    bool made = tiles->line;
    if (made && t->blend) {
        tiles->sum = hg__alloc((size_t)t->runs * (size_t)t->window_height,
                               (size_t)t->width * (size_t)needs.channels * sizeof(float), err);
        made = tiles->sum;
    }
    if (!made) {
        hg__tiles_free(tiles);
        return NULL;
    }
    tiles->input = hg__image_plan_input(tiles->plan);
    if (t->tap) {
        hg__extent e;
        (void)hg__image_plan_tap(tiles->plan, 0, &e);
        tiles->tap_pixels = t->window_height / e.H;
    }
    return tiles;
}

void hg__tiles_free(hg__tiles *tiles) {
    if (!tiles) return;
    hg__image_plan_free(tiles->plan);
    hg__free(tiles->sum);
    hg__free(tiles->line);
    hg__free(tiles);
}

const hg__tiling *hg__tiles_tiling(const hg__tiles *tiles) {
    return &tiles->t;
}

// ---- one window ---------------------------------------------------------------------------------

// The line or column that stands at i where n are reflected without repeating the last: 0 1 2 3 | 2 1 0 1 2 ...
static int32_t reflect(int32_t i, int32_t n) {
    if (n == 1) return 0;
    const int32_t at = i % (2 * (n - 1));
    return at < n ? at : 2 * (n - 1) - at;
}

static side rows_of(const hg__tiling *t) {
    return (side){t->full_height, t->window_height, t->rows, t->overlap,
                  t->blend ? t->overlap : t->overlap / 2};
}

static side columns_of(const hg__tiling *t) {
    return (side){t->full_width, t->window_width, t->columns, t->overlap,
                  t->blend ? t->overlap : t->overlap / 2};
}

static int32_t start_of(side s, int32_t i) {
    return i == s.count - 1 ? s.full - s.window : i * (s.window - s.overlap);
}

// Where window i begins and ends to be believed. Blended: where window i-1 and window i begin to give way.
static int32_t cut_before(side s, int32_t i) {
    return i ? start_of(s, i - 1) + s.window - s.cut : 0;
}

static int32_t cut_behind(side s, int32_t i) {
    return i == s.count - 1 ? s.full : cut_before(s, i + 1);
}

static void get_line(void *context, int32_t task, int32_t thread) {
    hg__tiles *s = context;
    const hg__tiling *t = &s->t;
    const size_t channels = (size_t)s->channels;
    const hg__tile_piece piece = {s->run,  reflect(s->top + task, t->height),
                                  s->left, hg__min(t->window_width, t->width - s->left),
                                  thread,  NULL,
                                  0};
    const size_t numbers = (size_t)t->window_width * channels;
    float *to = s->line + (size_t)thread * numbers, *input = s->input + (size_t)task * numbers;
    s->io->get(s->io->context, &piece, to);
    for (int32_t x = piece.width; x < t->window_width; x++) {
        const int32_t from = reflect(s->left + x, t->width) - s->left;
        memcpy(to + (size_t)x * channels, to + (size_t)from * channels, channels * sizeof *to);
    }
    if (memcmp(input, to, numbers * sizeof *to) == 0) return;
    memcpy(input, to, numbers * sizeof *to);
    atomic_store_explicit(&s->is_other, true, memory_order_relaxed);
}

// Where the window's output of a pixel of the picture stands.
static const hg__real *output_at(const hg__tiles *s, int32_t line, int32_t column) {
    const size_t width = (size_t)s->t.window_width;
    return s->output +
           ((size_t)(line - s->top) * width + (size_t)(column - s->left)) * (size_t)s->channels;
}

static void put_line(void *context, int32_t task, int32_t thread) {
    hg__tiles *s = context;
    const int32_t line = s->first + task;
    const hg__real *from = output_at(s, line, s->first_column);
    const hg__tile_piece piece = {.run = s->run,
                                  .line = line,
                                  .left = s->first_column,
                                  .width = s->end_column - s->first_column,
                                  .thread = thread,
                                  .input = s->input + (from - s->output),
                                  .stride = (ptrdiff_t)s->t.window_width * s->channels};
    s->io->put(s->io->context, &piece, from);
}

static void put_tap_line(void *context, int32_t task, int32_t thread) {
    const hg__tiles *s = context;
    hg__extent e;
    const hg__real *tap = hg__image_plan_tap(s->plan, 0, &e);
    const int32_t pixels = s->tap_pixels, line = s->first / pixels + task;
    const int32_t left = s->first_column / pixels;
    const int32_t end = hg__ceil_div(s->end_column, pixels);
    const hg__tile_piece piece = {s->run, line, left, end - left, thread, NULL, 0};
    const size_t at = (size_t)(line - s->top / pixels) * (size_t)e.W;
    s->io->put_tap(s->io->context, &piece,
                   tap + (at + (size_t)(left - s->left / pixels)) * (size_t)e.C);
}

// ---- blending -----------------------------------------------------------------------------------

// What window i's pixel at `at` weighs: it rises over the overlap with the window before and falls over that with
// the one behind; the two sum to 1.
static float weight_of(side s, int32_t i, int32_t at) {
    const float o = (float)s.overlap, middle = 0.5F;
    const float rise = i > 0 ? ((float)(at - cut_before(s, i)) + middle) / o : 1;
    const float fall = i < s.count - 1 ? 1 - ((float)(at - cut_behind(s, i)) + middle) / o : 1;
    const float weight = rise < fall ? rise : fall;
    return weight < 0 ? 0 : weight > 1 ? 1 : weight;
}

// A line of sum: (width, channels). sum begins with the first line that this row of windows puts.
static float *sum_at(const hg__tiles *s, int32_t run, int32_t line) {
    const size_t at = (size_t)run * (size_t)s->t.window_height + (size_t)(line - s->first);
    return s->sum + at * (size_t)s->t.width * (size_t)s->channels;
}

static void add_line(void *context, int32_t task, int32_t thread) {
    (void)thread;
    const hg__tiles *s = context;
    const side rows = rows_of(&s->t), columns = columns_of(&s->t);
    const int32_t line = s->first + task, channels = s->channels;
    const int32_t end = hg__min(s->left + columns.window, s->t.width);
    const float weight = weight_of(rows, s->row, line);
    const float *from = output_at(s, line, s->left);
    float *to = sum_at(s, s->run, line) + (size_t)s->left * (size_t)channels;
    for (int32_t x = s->left; x < end; x++) {
        const float w = weight * weight_of(columns, s->column, x);
        for (int32_t c = 0; c < channels; c++) *to++ += w * *from++;
    }
}

static void put_sum(void *context, int32_t task, int32_t thread) {
    const hg__tiles *s = context;
    const int32_t lines = s->end - s->first;
    const hg__tile_piece piece = {
        task / lines, s->first + task % lines, 0, s->t.width, thread, NULL, 0};
    s->io->put(s->io->context, &piece, sum_at(s, piece.run, piece.line));
}

// Puts what no later window adds to; the rest, which one does, goes to the front of sum.
static void finish_sums(hg__tiles *s) {
    const hg__tiling *t = &s->t;
    hg__pool_run(s->pool, put_sum, s, t->runs * (s->end - s->first));
    const size_t line = (size_t)t->width * (size_t)s->channels;
    const size_t height = (size_t)t->window_height, gone = (size_t)(s->end - s->first);
    for (int32_t run = 0; run < t->runs; run++) {
        float *sum = s->sum + (size_t)run * height * line;
        memmove(sum, sum + gone * line, (height - gone) * line * sizeof *sum);
        memset(sum + (height - gone) * line, 0, gone * line * sizeof *sum);
    }
}

// ---- all windows --------------------------------------------------------------------------------

static void run_window(hg__tiles *s) {
    const hg__tiling *t = &s->t;
    atomic_store_explicit(&s->is_other, !s->has_output, memory_order_relaxed);
    hg__pool_run(s->pool, get_line, s, t->window_height);
    // What is the last one's to the bit comes out as that did: blank paper, and files made to cost much.
    if (s->is_other) s->output = hg__image_plan_run(s->plan);
    s->has_output = true;
    if (t->blend) {
        const int32_t end = hg__min(s->top + t->window_height, t->height);
        hg__pool_run(s->pool, add_line, s, end - s->first);
    } else {
        hg__pool_run(s->pool, put_line, s, s->end - s->first);
    }
    if (!t->tap) return;
    const int32_t lines = hg__ceil_div(s->end, s->tap_pixels) - s->first / s->tap_pixels;
    hg__pool_run(s->pool, put_tap_line, s, lines);
}

static int run_row(hg__tiles *s, hg_error *err) {
    const hg__tiling *t = &s->t;
    const side columns = columns_of(t);
    for (s->column = 0; s->column < t->columns; s->column++) {
        s->left = start_of(columns, s->column);
        s->first_column = cut_before(columns, s->column);
        s->end_column = hg__min(cut_behind(columns, s->column), t->width);
        for (s->run = 0; s->run < t->runs; s->run++) {
            if (hg__is_stopped(s->io->listener)) {
                return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", s->io->name);
            }
            run_window(s);
            if (s->io->meter) hg__meter_add(s->io->meter, s->io->worth);
        }
    }
    if (t->blend) finish_sums(s);
    return HG_OK;
}

int hg__tiles_run(hg__tiles *s, const hg__tile_io *io, hg_error *err) {
    const hg__tiling *t = &s->t;
    const side rows = rows_of(t);
    s->io = io;
    if (s->sum) {
        const size_t line = (size_t)t->width * (size_t)s->channels;
        memset(s->sum, 0, (size_t)t->runs * (size_t)t->window_height * line * sizeof *s->sum);
    }
    for (s->row = 0; s->row < t->rows; s->row++) {
        s->top = start_of(rows, s->row);
        s->first = cut_before(rows, s->row);
        s->end = hg__min(cut_behind(rows, s->row), t->height);
        if (io->need) {
            HG_TRY(
                io->need(io->context, s->top, hg__min(s->top + t->window_height, t->height), err));
        }
        HG_TRY(run_row(s, err));
        if (io->done) HG_TRY(io->done(io->context, s->end, err));
    }
    return HG_OK;
}
