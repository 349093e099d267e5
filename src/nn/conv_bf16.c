// SPDX-License-Identifier: Apache-2.0
// conv_bf16.c - some lines at a time: the input's are rounded into scratch, and multiplied while they are near.
#include "nn/conv_bf16.h"

#include "backend/bf16.h"
#include "base/int.h"

enum { LINES = 16 }; // of the output at a time, and as many more as NEAR elements of input allow
enum { NEAR = 1 << 17 };         // a core's cache holds the pairs of these beside the weights
enum { LEAST = HG_LANES };       // channels: fewer do not fill a vector
enum { MOST_AT_ONCE = 1 << 12 }; // lines

bool hg__conv_bf16_fits(const hg__conv *c, int32_t C, int32_t N) {
    return c->groups == 1 && C >= LEAST && N >= LEAST && C % HG_LANES == 0 && N % HG_LANES == 0;
}

size_t hg__conv_bf16_count(int32_t taps, int32_t C, int32_t N) {
    return hg__panel_count(taps * C / 2, N);
}

void hg__conv_bf16_prepare(int32_t taps, int32_t C, int32_t N, const hg__real *from, bool back,
                           int32_t n, hg__real *to) {
    const int32_t inputs = back ? N : C, outputs = back ? C : N;
    const int32_t end = hg__min(n + HG_PANEL, outputs);
    for (int32_t row = 0; row < taps * inputs; row += 2) {
        const int32_t tap = row / inputs, k = row % inputs;
        for (int32_t i = n; i < end; i++) {
            hg__real pair[2];
            for (int32_t j = 0; j < 2; j++) {
                pair[j] = from[back ? hg__panel_index(taps * C, N, (taps - 1 - tap) * C + i, k + j)
                                    : hg__panel_index(taps * C, N, row + j, i)];
            }
            to[hg__panel_index(taps * inputs / 2, outputs, row / 2, i)] =
                (hg__real)hg__bf16_pair((float)pair[0], (float)pair[1]);
        }
    }
}

// ---- lines --------------------------------------------------------------------------------------

// Lines of the output between two roundings of the input.
static int32_t lines_at_once(const hg__conv_axis *y, int32_t line, bool scatters) {
    const int32_t lines = NEAR / hg__max(1, line);
    const int32_t outputs = scatters ? (int32_t)hg__min(lines, MOST_AT_ONCE) * y->s : lines / y->s;
    return hg__max(LINES, outputs / LINES * LINES);
}

// Lines of the input that lines top .. bottom-1 of the output look at: *first .. *last-1.
static void lines_seen(const hg__conv_axis *y, bool scatters, int32_t top, int32_t bottom,
                       int32_t *first, int32_t *last) {
    const int32_t span = (y->k - 1) * y->d, in = scatters ? y->small : y->large;
    const int32_t low = scatters ? top + y->p - span : top * y->s - y->p;
    const int32_t high = scatters ? bottom - 1 + y->p : (bottom - 1) * y->s - y->p + span;
    const int32_t every = scatters ? y->s : 1;
    *first = hg__min(low > 0 ? low / every : 0, in);
    *last = hg__max(*first, hg__min(in, high >= 0 ? high / every + 1 : 0));
}

// As many lines of the input, at most.
static int32_t most_seen(const hg__conv_axis *y, bool scatters, int32_t step) {
    const int32_t span = (y->k - 1) * y->d + 1;
    return hg__min(scatters ? y->small : y->large,
                   scatters ? (step + span) / y->s + 2 : (step - 1) * y->s + span);
}

static size_t pairs_count(const hg__conv *c, int32_t channels, bool scatters) {
    const int32_t line = (scatters ? c->x.small : c->x.large) * channels;
    const int32_t lines = most_seen(&c->y, scatters, lines_at_once(&c->y, line, scatters));
    return (size_t)lines * (size_t)line / 2 + HG_LANES;
}

size_t hg__conv_bf16_scratch(const hg__conv *c, int32_t large_channels, int32_t small_channels) {
    const size_t gathers = pairs_count(c, large_channels, false);
    const size_t scatters = pairs_count(c, small_channels, true);
    return hg__whole_vectors(gathers > scatters ? gathers : scatters) +
           hg__conv_scratch(c, large_channels, small_channels);
}

static void narrow_lines(const hg__convolve *v, int32_t columns, int32_t first, int32_t last,
                         hg__real *to) {
    const hg__plane *in = &v->in;
    const ptrdiff_t line = (ptrdiff_t)columns * in->channels;
    for (int32_t y = first; y < last; y++, to += line / 2) {
        v->kernels->narrow_bf16(to, in->at + y * in->line, line);
    }
}

void hg__conv_bf16(const hg__conv *c, const hg__convolve *v, bool scatters) {
    const int32_t columns = scatters ? c->x.small : c->x.large, C = v->in.channels;
    const int32_t step = lines_at_once(&c->y, columns * C, scatters);
    hg__convolve w = *v;
    w.in = (hg__plane){v->scratch, (ptrdiff_t)columns * C / 2, C / 2, C / 2};
    w.scratch = v->scratch + hg__whole_vectors(pairs_count(c, C, scatters));
    w.pairs = true;
    for (int32_t top = v->top; top < v->bottom; top += step) {
        int32_t last;
        w.top = top;
        w.bottom = hg__min(v->bottom, top + step);
        lines_seen(&c->y, scatters, w.top, w.bottom, &w.in_first, &last);
        narrow_lines(v, columns, w.in_first, last, v->scratch);
        (scatters ? hg__conv_scatter : hg__conv_gather)(c, &w);
    }
}
