// SPDX-License-Identifier: Apache-2.0
// layer_fsq.c - each number becomes one of a few levels (Mentzer et al., "Finite scalar quantization: VQ-VAE made simple", 2023).
//
//   b(x) = h tanh(x + artanh(o / h)) - o, L levels: h = (L - 1) (1 - 0.001) / 2, o = 1/2 where L is even, else 0
//   y = round(b(x)) / floor(L / 2); backward takes y for b(x) / floor(L / 2) (straight-through)
//
// With several numbers of levels (levels, l2 .. l4) they take turns along a row, and so many numbers together are one symbol of
// their product. 8 5 5 5 are the paper's thousand.
#include <math.h>

#include "base/real.h"
#include "base/rng.h"
#include "nn/layer.h"

enum { MOST_LEVELS = 1000, MOST_TURNS = 4 };

static int32_t turns_of(const hg__layer *l) { // how many numbers make a symbol
    int32_t turns = 1;
    while (turns < MOST_TURNS && l->arg[turns] > 0) turns++;
    return turns;
}

static int64_t width(const hg__layer *l) {
    return hg__extent_count(hg__extent_of(&l->in));
}

static int shape(hg__layer *l, hg_error *err) {
    static const char *const names[] = {"levels", "l2", "l3", "l4"};
    hg__extent e;
    int32_t levels;
    double symbols = 1;
    HG_TRY(hg__layer_extent(l, &e, err));
    for (int32_t i = 0; i < MOST_TURNS; i++) {
        const bool is_none = i > 0 && l->arg[i] == 0;
        if (!is_none) HG_TRY(hg__layer_whole(l, i, names[i], 3, MOST_LEVELS, &levels, err));
        if (!is_none) symbols *= levels;
        if (i > 0 && l->arg[i] > 0 && l->arg[i - 1] == 0) {
            return hg__fail(err, HG_ERR_USAGE, "fsq: expected %s before %s", names[i - 1],
                            names[i]);
        }
    }
    if (e.C % turns_of(l) != 0 || symbols > 1 << 24) {
        return hg__fail(err, HG_ERR_USAGE,
                        "fsq: expected levels for a number that divides the %d channels, %d "
                        "symbols at most, got %d and %g",
                        e.C, 1 << 24, turns_of(l), symbols);
    }
    l->out = l->in;
    l->params = 0;
    return HG_OK;
}

// ---- levels --------------------------------------------------------------------------------------

typedef struct scale {
    double h, o, shift, half; // half: floor(L / 2)
    int32_t levels;
} scale;

static scale scale_of(const hg__layer *l, int32_t turn) {
    const int32_t levels = (int32_t)l->arg[turn];
    scale s = {.h = (levels - 1) * (1 - 1e-3) / 2,
               .o = levels % 2 ? 0 : 0.5,
               .half = floor(levels * 0.5),
               .levels = levels};
    const double to = s.o / s.h;
    s.shift = hg__log1p(2 * to / (1 - to)) / 2; // artanh
    return s;
}

static double tanh_of(double x) {
    const double twice = 2 * fabs(x), up = twice > 80 ? 1e34 : hg__expm1(twice);
    return x < 0 ? -up / (up + 2) : x >= 0 ? up / (up + 2) : x;
}

static double bounded(const scale *s, double x) {
    return s->h * tanh_of(x + s->shift) - s->o;
}

static double slope_at(const scale *s, double x) {
    const double t = tanh_of(x + s->shift);
    return s->h * (1 - t * t) / s->half;
}

typedef double level(const scale *s, double x);

static double rounded(const scale *s, double x) {
    return floor(bounded(s, x) + 0.5) / s->half;
}

static double unrounded(const scale *s, double x) {
    return bounded(s, x) / s->half;
}

// y = f(x), elements first .. first+n-1 of each row. A turn's scale is found once.
static void map(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows,
                level *f) {
    const int32_t turns = turns_of(l);
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    for (int32_t turn = 0; turn < turns; turn++) {
        const scale s = scale_of(l, turn);
        for (int32_t r = 0; r < rows; r++) {
            const hg__real *at = hg__view_row(x, r) + first;
            hg__real *to = hg__view_row(y, r) + first;
            for (int64_t i = turn; i < n; i += turns) to[i] = (hg__real)f(&s, (double)at[i]);
        }
    }
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    map(l, p, x, y, rows, rounded);
}

static void smooth(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    map(l, p, x, y, rows, unrounded);
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)p, (void)y;
    const int32_t turns = turns_of(l);
    for (int32_t turn = 0; turn < turns; turn++) {
        const scale s = scale_of(l, turn);
        for (int32_t r = 0; r < rows; r++) {
            const hg__real *at = hg__view_row(x, r), *back = hg__view_row(dy, r);
            hg__real *to = hg__view_row(dx, r);
            for (int64_t i = turn; i < width(l); i += turns) {
                to[i] = (hg__real)((double)back[i] * slope_at(&s, (double)at[i]));
            }
        }
    }
    for (int32_t r = 0; r < rows; r++) hg__zero_padding(hg__view_row(dx, r), width(l));
}

// ---- symbols -------------------------------------------------------------------------------------

static int64_t symbols(const hg__layer *l, int32_t *places) {
    int64_t count = 1;
    for (int32_t i = 0; i < turns_of(l); i++) count *= (int64_t)l->arg[i];
    *places = (int32_t)(width(l) / turns_of(l));
    return count;
}

static void read_symbols(const hg__layer *l, const hg__pass *p, const hg__real *y,
                         int32_t *symbol) {
    (void)p;
    const int32_t turns = turns_of(l), places = (int32_t)(width(l) / turns);
    for (int32_t v = 0; v < places; v++) symbol[v] = 0;
    for (int32_t turn = 0; turn < turns; turn++) {
        const scale s = scale_of(l, turn);
        for (int32_t v = 0; v < places; v++) {
            const double at = (double)y[(ptrdiff_t)v * turns + turn];
            symbol[v] = symbol[v] * s.levels + (int32_t)floor(at * s.half + s.half + 0.5);
        }
    }
}

// Every level alike: what the quantiser is to make use of.
static void draw(const hg__layer *l, const hg__pass *p, int64_t row, hg__real *y) {
    const uint32_t stream = HG_STREAM_LATENT | (uint32_t)l->number << 8;
    for (int64_t i = 0; i < width(l); i++) {
        const scale s = scale_of(l, (int32_t)(i % turns_of(l)));
        const hg__philox drawn =
            hg__philox_run(p->seed, stream, UINT32_MAX, (uint32_t)row, (uint32_t)i);
        const double at = floor((double)hg__unit_float(drawn.word[0]) * s.levels);
        y[i] = (hg__real)((at - s.half) / s.half);
    }
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "fsq 8", .in = {1, 1, 26}},
    {.item = "fsq 8 5 5 5", .in = {1, 1, 72}},
    {.item = "fsq 7 3", .in = {37, 3, 4}},
    {.item = "fsq 5", .in = {6, 5, 3}},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_fsq;
const hg__layer_type hg__layer_fsq = {
    .name = "fsq",
    .args = "levels=8 l2=0 l3=0 l4=0",
    .summary = "each number becomes one of a few levels; several numbers of levels take turns",
    .example = "fsq 8 5 5 5",
    .test_cases = test_cases,
    .bands = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .smooth = smooth,
    .symbols = symbols,
    .read_symbols = read_symbols,
    .draw = draw,
};
