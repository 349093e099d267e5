// SPDX-License-Identifier: Apache-2.0
// temporal.c - a running average of video, pixel by pixel, that is as long as nothing changes there.
//
// A frame x differs from the average r of n others by noise of variance s (1 + 1 / n) where they show the same. Of d = x - r
// three things are asked, in units of that:
//   mean of d over 3 x 3 pixels          something else is there: the average begins anew
//   mean of d^2 over 12 x 12, 36 x 36    the average is off by more than noise, by a share q of s: it counts as n / (1 + GAIN n q)
//                                        frames, as in a Kalman filter whose state drifts. What the average is off the
//                                        model would not take away, noise it would: hence the gain.
// s goes by brightness, as noise of cameras does: the median of |x - clean| of the frame before, in each of 16 steps. Models leave
// some noise, and take texture for it: a factor common to all puts the stillest quarter of the frame where it should be.
// Light that changes shifts the median of d at some brightness: the average is shifted with it. Where most of a frame
// begins anew that is a cut, and all of it does.
#include "restore/temporal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"

enum {
    SIDE = 4,          // pixels of a block
    LARGE = 4,         // blocks of a side of those that the stillest quarter is taken of
    BINS = 16,         // of brightness
    BUCKETS = 2048,    // of values
    FEW = 32,          // samples that a median needs
    SAMPLES = 1 << 16, // about as many tell the noise
    STILL = 3          // frames after which a pixel is still
};
static const float gain = 4, least_level = 1e-3F, span = 0.5F;

struct hg__temporal {
    hg__pool *pool; // borrowed
    hg__frame f;
    float most;
    int32_t rows, columns; // of blocks
    bool has_frame, has_noise;
    float *input, *average; // owned, (height, width, channels)
    float *count, *weight;  // owned, (height, width): frames in the average; what is left of them
    float *line;            // owned, (height): sums of weight
    float *change, *mean;   // owned, (rows, columns, channels): of input - average; of average
    float *excess, *energy, *sorted; // owned, (rows, columns)
    float *was, *was_clean;   // owned, (rows, columns): a pixel of each block, of the frame before
    uint32_t *histogram;      // owned, (BINS, BUCKETS)
    float level[3][BINS];     // standard deviation of the noise
    float shift[3][BINS + 2]; // of the average; the ends once more
    float spread[3];          // of a mean of 3 x 3 over that of a pixel
    float factor, slack;
    bool is_shifted;
    double before, after; // sums of differences
    int64_t pixels;
};
typedef hg__temporal temporal;

// ---- medians ------------------------------------------------------------------------------------

static int32_t bin_of(float brightness) {
    const float at = brightness * BINS;
    return at > 0 ? at < BINS ? (int32_t)at : BINS - 1 : 0;
}

static void add_sample(temporal *t, int32_t bin, float value) { // of -span .. span
    const float at = (value + span) * (BUCKETS / (2 * span));
    t->histogram[bin * BUCKETS + (at > 0 ? at < BUCKETS ? (int32_t)at : BUCKETS - 1 : 0)]++;
}

// NaN: of too few. The histogram is empty again.
static float take_median(temporal *t, int32_t bin, uint32_t *samples) {
    uint32_t *h = t->histogram + bin * BUCKETS, all = 0, below = 0;
    int32_t at = 0;
    for (int32_t i = 0; i < BUCKETS; i++) all += h[i];
    while (at < BUCKETS - 1 && below + h[at] <= all / 2) below += h[at++];
    memset(h, 0, BUCKETS * sizeof *h);
    *samples = all;
    return all < FEW ? NAN : ((float)at + 0.5F) * (2 * span / BUCKETS) - span;
}

// What is not known is as what is nearest, or as `otherwise`.
static void fill_gaps(float value[BINS], float otherwise) {
    float filled[BINS];
    for (int32_t i = 0; i < BINS; i++) {
        filled[i] = otherwise;
        for (int32_t off = BINS - 1; off >= 0; off--) {
            if (i + off < BINS && !isnan(value[i + off])) filled[i] = value[i + off];
            if (i >= off && !isnan(value[i - off])) filled[i] = value[i - off];
        }
    }
    memcpy(value, filled, sizeof filled);
}

// ---- noise --------------------------------------------------------------------------------------

static size_t place(const temporal *t, int32_t line, int32_t column) {
    return ((size_t)line * (size_t)t->f.width + (size_t)column) * (size_t)t->f.channels;
}

// The mean over 3 x 3 pixels of x - y, at a pixel with neighbours.
static float mean_difference(const temporal *t, const float *x, const float *y, size_t at) {
    const size_t pixel = (size_t)t->f.channels, line = (size_t)t->f.width * pixel;
    float sum = 0;
    for (size_t i = at - line; i <= at + line; i += line) {
        sum += x[i - pixel] - y[i - pixel] + (x[i] - y[i]) + (x[i + pixel] - y[i + pixel]);
    }
    return sum / 9;
}

static void learn_level(temporal *t, const float *clean, int32_t c, int32_t step) {
    uint32_t samples;
    for (int32_t y = 1; y < t->f.height - 1; y += step) {
        for (int32_t x = 1; x < t->f.width - 1; x += step) {
            const size_t at = place(t, y, x) + (size_t)c;
            add_sample(t, bin_of(clean[at]), fabsf(t->input[at] - clean[at]));
        }
    }
    for (int32_t bin = 0; bin < BINS; bin++) {
        t->level[c][bin] = take_median(t, bin, &samples) / 0.6745F;
    }
    fill_gaps(t->level[c], 0);
}

static void learn_spread(temporal *t, const float *clean, int32_t c, int32_t step) {
    float median[2];
    uint32_t samples;
    for (int32_t wide = 0; wide < 2; wide++) {
        for (int32_t y = 1; y < t->f.height - 1; y += step) {
            for (int32_t x = 1; x < t->f.width - 1; x += step) {
                const size_t at = place(t, y, x) + (size_t)c;
                const float d =
                    wide ? mean_difference(t, t->input, clean, at) : t->input[at] - clean[at];
                add_sample(t, wide, fabsf(d));
            }
        }
        median[wide] = take_median(t, wide, &samples);
    }
    const float spread = median[1] / (median[0] + 1e-6F), white = 1.0F / 3;
    t->spread[c] = spread > white ? spread < 1 ? spread : 1 : white; // NaN: white
}

static float grey_at(const temporal *t, const float *x, size_t at) {
    return t->f.channels == 1 ? x[at] : (x[at] + x[at + 1] + x[at + 2]) / 3;
}

static void measure_flicker(temporal *t, const float *clean) {
    for (int32_t i = 0; i < t->rows; i++) {
        for (int32_t j = 0; j < t->columns; j++) {
            const size_t at = place(t, i * SIDE, j * SIDE);
            const size_t block = (size_t)i * (size_t)t->columns + (size_t)j;
            const float x = grey_at(t, t->input, at), y = grey_at(t, clean, at);
            if (t->count[at / (size_t)t->f.channels] >= STILL) {
                t->before += (double)fabsf(x - t->was[block]);
                t->after += (double)fabsf(y - t->was_clean[block]);
                t->pixels++;
            }
            t->was[block] = x;
            t->was_clean[block] = y;
        }
    }
}

void hg__temporal_learn(temporal *t, const float *clean) {
    int32_t step = 1;
    while ((int64_t)t->f.height * t->f.width / ((int64_t)step * step) > SAMPLES) step++;
    for (int32_t c = 0; c < t->f.channels; c++) {
        learn_level(t, clean, c, step);
        learn_spread(t, clean, c, step);
    }
    t->has_noise = true;
    measure_flicker(t, clean);
}

// ---- light --------------------------------------------------------------------------------------

typedef struct block {
    int32_t top, bottom, left, right; // of pixels, the ends not among them
} block;

static block block_at(const temporal *t, int32_t row, int32_t column) {
    return (block){row * SIDE, hg__min(row * SIDE + SIDE, t->f.height), column * SIDE,
                   hg__min(column * SIDE + SIDE, t->f.width)};
}

static float mean_of(const temporal *t, const float *x, const block *b, size_t c) {
    const size_t channels = (size_t)t->f.channels;
    float sum = 0;
    for (int32_t y = b->top; y < b->bottom; y++) {
        const size_t end = place(t, y, b->right);
        for (size_t i = place(t, y, b->left) + c; i < end; i += channels) sum += x[i];
    }
    return sum / (float)((b->bottom - b->top) * (b->right - b->left));
}

// A row of blocks.
static void take_means(void *context, int32_t row, int32_t thread) {
    (void)thread;
    temporal *t = context;
    const size_t channels = (size_t)t->f.channels;
    for (int32_t j = 0; j < t->columns; j++) {
        const block b = block_at(t, row, j);
        const size_t to = ((size_t)row * (size_t)t->columns + (size_t)j) * channels;
        for (size_t c = 0; c < channels; c++) {
            t->mean[to + c] = mean_of(t, t->average, &b, c);
            t->change[to + c] = mean_of(t, t->input, &b, c) - t->mean[to + c];
        }
    }
}

// Of one channel; whether there is any.
static bool find_shift(temporal *t, int32_t c) {
    const size_t channels = (size_t)t->f.channels;
    const size_t end = (size_t)t->rows * (size_t)t->columns * channels;
    float *shift = t->shift[c] + 1;
    bool is_any = false;
    for (size_t i = (size_t)c; i < end; i += channels) {
        add_sample(t, bin_of(t->mean[i]), t->change[i]);
    }
    for (int32_t bin = 0; bin < BINS; bin++) {
        uint32_t samples;
        const float median = take_median(t, bin, &samples);
        // What chance leaves: 1.25 deviations of a block's mean over the root of their number, three times.
        const float chance = 3 * t->level[c][bin] / sqrtf((float)samples + 1) + least_level;
        shift[bin] = isnan(median) || fabsf(median) > chance ? median : 0;
        is_any |= fabsf(shift[bin]) > 0;
    }
    fill_gaps(shift, 0);
    shift[-1] = shift[0];
    shift[BINS] = shift[BINS - 1];
    return is_any;
}

static float shift_at(const float shift[BINS + 2], float brightness) {
    const float at = brightness * BINS + 0.5F; // the middle of bin 0 is 1
    const float within = at > 0 ? at < BINS + 1 ? at : BINS + 1 : 0;
    const int32_t below = hg__min((int32_t)within, BINS);
    const float share = within - (float)below;
    return shift[below] * (1 - share) + shift[below + 1] * share;
}

static void shift_line(void *context, int32_t line, int32_t thread) {
    (void)thread;
    temporal *t = context;
    const int32_t channels = t->f.channels;
    float *r = t->average + place(t, line, 0);
    for (int32_t x = 0; x < t->f.width; x++, r += channels) {
        for (int32_t c = 0; c < channels; c++) r[c] += shift_at(t->shift[c], r[c]);
    }
}

static void follow_light(temporal *t) {
    hg__pool_run(t->pool, take_means, t, t->rows);
    bool is_any = false;
    for (int32_t c = 0; c < t->f.channels; c++) is_any |= find_shift(t, c);
    if (!is_any) return;
    hg__pool_run(t->pool, shift_line, t, t->f.height);
    hg__pool_run(t->pool, take_means, t, t->rows);
}

// ---- what moved ---------------------------------------------------------------------------------

// 1 / variance of the noise of each channel in a block.
static void take_weights(const temporal *t, size_t at, float weight[3]) {
    const size_t channels = (size_t)t->f.channels;
    for (size_t c = 0; c < channels; c++) {
        const float level = t->level[c][bin_of(t->mean[at * channels + c])] + least_level;
        weight[c] = 1 / (level * level);
    }
}

// d^2 over what noise is expected to make of it, summed over channels.
static float energy_at(const temporal *t, int32_t line, int32_t column, const float weight[3]) {
    const float n = t->count[(size_t)line * (size_t)t->f.width + (size_t)column];
    const size_t at = place(t, line, column);
    float sum = 0;
    for (size_t c = 0; c < (size_t)t->f.channels; c++) {
        const float d = t->input[at + c] - t->average[at + c];
        sum += d * d * weight[c];
    }
    return sum * n / (n + 1);
}

// A row of blocks: the mean of that.
static void take_energy(void *context, int32_t row, int32_t thread) {
    (void)thread;
    temporal *t = context;
    for (int32_t j = 0; j < t->columns; j++) {
        const block b = block_at(t, row, j);
        const size_t to = (size_t)row * (size_t)t->columns + (size_t)j;
        float weight[3] = {0}, sum = 0;
        take_weights(t, to, weight);
        for (int32_t y = b.top; y < b.bottom; y++) {
            for (int32_t x = b.left; x < b.right; x++) sum += energy_at(t, y, x, weight);
        }
        const int32_t samples = (b.bottom - b.top) * (b.right - b.left) * t->f.channels;
        t->energy[to] = sum / (float)samples;
    }
}

// Of blocks from row `top` and column `left` on, as many a side; those outside do not count.
static float mean_energy(const temporal *t, int32_t top, int32_t left, int32_t side) {
    const int32_t bottom = hg__min(top + side, t->rows), right = hg__min(left + side, t->columns);
    const int32_t first = hg__max(top, 0), start = hg__max(left, 0);
    float sum = 0;
    for (int32_t i = first; i < bottom; i++) {
        const float *line = t->energy + (size_t)i * (size_t)t->columns;
        for (int32_t j = start; j < right; j++) sum += line[j];
    }
    return sum / (float)((bottom - first) * (right - start));
}

static int ascending(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// So that of large blocks the stillest quarter shows noise and nothing else; half of it anew with each frame.
static void find_factor(temporal *t) {
    size_t count = 0;
    for (int32_t i = 0; i < t->rows; i += LARGE) {
        for (int32_t j = 0; j < t->columns; j += LARGE) {
            t->sorted[count++] = mean_energy(t, i, j, LARGE);
        }
    }
    qsort(t->sorted, count, sizeof *t->sorted, ascending);
    const float quarter = t->sorted[count / 4] * 1.03F;
    const float now = quarter > 0.7F ? quarter < 2 ? quarter : 2 : 0.7F;
    t->factor = t->factor > 0 ? (t->factor + now) / 2 : now;
}

// A row of blocks: by how much the average is off, in units of the noise.
static void take_excess(void *context, int32_t row, int32_t thread) {
    (void)thread;
    temporal *t = context;
    for (int32_t j = 0; j < t->columns; j++) {
        const float near = mean_energy(t, row - 1, j - 1, 3) / t->factor - 1 - t->slack;
        const float wide = mean_energy(t, row - 4, j - 4, 9) / t->factor - 1 - t->slack / 3;
        const float most = near > wide ? near : wide;
        t->excess[(size_t)row * (size_t)t->columns + (size_t)j] = most > 0 ? most : 0;
    }
}

// ---- the average --------------------------------------------------------------------------------

// The sum of d over the lines above, at and below; lines and columns outside are those at the edge.
static float sum_down(const temporal *t, int32_t line, int32_t column, size_t c) {
    const int32_t x = hg__max(0, hg__min(column, t->f.width - 1));
    const size_t above = place(t, hg__max(line - 1, 0), x) + c, at = place(t, line, x) + c;
    const size_t below = place(t, hg__min(line + 1, t->f.height - 1), x) + c;
    const float *a = t->input, *r = t->average;
    return a[above] - r[above] + (a[at] - r[at]) + (a[below] - r[below]);
}

// How much of the average still holds at each pixel of a line: 1 where nothing is new, 0 where it begins anew.
static void weigh_line(void *context, int32_t line, int32_t thread) {
    (void)thread;
    temporal *t = context;
    const size_t channels = (size_t)t->f.channels;
    const float *n = t->count + (size_t)line * (size_t)t->f.width;
    // In deviations: a mean of one channel scatters more than that of three.
    const float low = channels == 1 ? 2.2F : 1.7F, high = channels == 1 ? 3.5F : 2.7F;
    float left[3] = {0}, here[3] = {0}, right[3] = {0}, weight[3] = {0}, sum = 0;
    for (size_t c = 0; c < channels; c++) here[c] = left[c] = sum_down(t, line, 0, c);
    float *to = t->weight + (size_t)line * (size_t)t->f.width;
    for (int32_t x = 0; x < t->f.width; x++) {
        float off = 0;
        if (x % SIDE == 0) {
            const size_t row = (size_t)(line / SIDE) * (size_t)t->columns;
            take_weights(t, row + (size_t)(x / SIDE), weight);
            for (size_t c = 0; c < channels; c++) {
                weight[c] /= t->spread[c] * t->spread[c] * (float)channels * 81 * t->factor;
            }
        }
        for (size_t c = 0; c < channels; c++) {
            right[c] = sum_down(t, line, x + 1, c);
            const float d = left[c] + here[c] + right[c];
            off += d * d * weight[c];
            left[c] = here[c];
            here[c] = right[c];
        }
        const float kept = (high - sqrtf(off * n[x] / (n[x] + 1))) / (high - low);
        to[x] = kept > 0 ? kept < 1 ? kept : 1 : 0;
        sum += to[x];
    }
    t->line[line] = sum;
}

// The least of 3 x 3.
static float least_weight(const temporal *t, int32_t line, int32_t column) {
    const int32_t bottom = hg__min(line + 1, t->f.height - 1);
    const int32_t right = hg__min(column + 1, t->f.width - 1);
    float least = 1;
    for (int32_t y = hg__max(line - 1, 0); y <= bottom; y++) {
        const float *w = t->weight + (size_t)y * (size_t)t->f.width;
        for (int32_t x = hg__max(column - 1, 0); x <= right; x++) {
            least = w[x] < least ? w[x] : least;
        }
    }
    return least;
}

static void blend_line(void *context, int32_t line, int32_t thread) {
    (void)thread;
    temporal *t = context;
    const int32_t channels = t->f.channels;
    float *n = t->count + (size_t)line * (size_t)t->f.width;
    const float *x = t->input + place(t, line, 0);
    const float *excess = t->excess + (size_t)(line / SIDE) * (size_t)t->columns;
    float *r = t->average + place(t, line, 0);
    for (int32_t j = 0; j < t->f.width; j++, r += channels, x += channels) {
        float kept = n[j] * least_weight(t, line, j);
        kept /= 1 + gain * kept * excess[j / SIDE];
        if (!(kept > 0)) kept = 0; // also of numbers too large to be squared
        if (kept > t->most - 1) kept = t->most - 1;
        const float share = 1 / (kept + 1);
        for (int32_t c = 0; c < channels; c++) r[c] += (x[c] - r[c]) * share;
        n[j] = kept + 1;
    }
}

static void begin(temporal *t) {
    const size_t pixels = (size_t)t->f.height * (size_t)t->f.width;
    memcpy(t->average, t->input, hg__frame_samples(&t->f) * sizeof *t->average);
    for (size_t i = 0; i < pixels; i++) t->count[i] = 1;
    t->has_frame = true;
}

static bool is_cut(const temporal *t) {
    double sum = 0;
    for (int32_t i = 0; i < t->f.height; i++) sum += (double)t->line[i];
    return sum < 0.25 * t->f.height * t->f.width;
}

const float *hg__temporal_average(temporal *t) {
    if (!t->has_frame || !t->has_noise) {
        begin(t);
        return t->average;
    }
    follow_light(t);
    hg__pool_run(t->pool, take_energy, t, t->rows);
    find_factor(t);
    hg__pool_run(t->pool, take_excess, t, t->rows);
    hg__pool_run(t->pool, weigh_line, t, t->f.height);
    if (is_cut(t)) {
        begin(t);
    } else {
        hg__pool_run(t->pool, blend_line, t, t->f.height);
    }
    return t->average;
}

bool hg__temporal_flicker(const temporal *t, double *before, double *after) {
    if (!t->pixels) return false;
    *before = t->before / (double)t->pixels;
    *after = t->after / (double)t->pixels;
    return true;
}

float *hg__temporal_input(temporal *t) {
    return t->input;
}

void hg__temporal_reset(temporal *t) {
    t->has_frame = false;
}

// ---- making -------------------------------------------------------------------------------------

static size_t blocks_of(const hg__frame *f) {
    return (size_t)hg__ceil_div(f->height, SIDE) * (size_t)hg__ceil_div(f->width, SIDE);
}

size_t hg__temporal_bytes(const hg__frame *f) {
    const size_t pixels = (size_t)f->height * (size_t)f->width, channels = (size_t)f->channels;
    const size_t numbers =
        pixels * (2 * channels + 2) + (size_t)f->height + blocks_of(f) * (2 * channels + 5);
    return sizeof(temporal) + numbers * sizeof(float) + BINS * BUCKETS * sizeof(uint32_t);
}

static int make_arrays(temporal *t, hg_error *err) {
    const size_t pixels = (size_t)t->f.height * (size_t)t->f.width;
    const size_t blocks = blocks_of(&t->f), channels = (size_t)t->f.channels;
    const struct {
        float **array;
        size_t count;
    } list[] = {
        {&t->input,     pixels * channels  },
        {&t->average,   pixels * channels  },
        {&t->count,     pixels             },
        {&t->weight,    pixels             },
        {&t->line,      (size_t)t->f.height},
        {&t->change,    blocks * channels  },
        {&t->mean,      blocks * channels  },
        {&t->excess,    blocks             },
        {&t->energy,    blocks             },
        {&t->sorted,    blocks             },
        {&t->was,       blocks             },
        {&t->was_clean, blocks             },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        *list[i].array = hg__alloc(list[i].count, sizeof(float), err);
        if (!*list[i].array) return HG_ERR_MEMORY;
    }
    t->histogram = hg__alloc(BINS * BUCKETS, sizeof *t->histogram, err);
    return t->histogram ? HG_OK : HG_ERR_MEMORY;
}

hg__temporal *hg__temporal_new(hg__pool *pool, const hg__frame *f, int32_t most, hg_error *err) {
    temporal *t = hg__alloc(1, sizeof *t, err);
    if (!t) return NULL;
    t->pool = pool;
    t->f = *f;
    t->most = (float)most;
    t->rows = hg__ceil_div(f->height, SIDE);
    t->columns = hg__ceil_div(f->width, SIDE);
    t->slack = f->channels == 1 ? 0.26F : 0.15F; // a mean of one channel scatters more
    if (make_arrays(t, err) == HG_OK) return t;
    hg__temporal_free(t);
    return NULL;
}

void hg__temporal_free(temporal *t) {
    if (!t) return;
    float *const arrays[] = {t->input, t->average, t->count,  t->weight, t->line, t->change,
                             t->mean,  t->excess,  t->energy, t->sorted, t->was,  t->was_clean};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) hg__free(arrays[i]);
    hg__free(t->histogram);
    hg__free(t);
}
