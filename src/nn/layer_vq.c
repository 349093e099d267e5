// SPDX-License-Identifier: Apache-2.0
// layer_vq.c - each vector of a row becomes the nearest of `codes` vectors (van den Oord, Vinyals & Kavukcuoglu, "Neural discrete
// representation learning", 2017). A vector is `width` channels of a pixel, or `width` numbers of a row that is no image; 0: all.
//
//   y = e[j] where |x - e[j]| is least; backward takes y for x (straight-through)
//   penalty: beta |x - e[j]|^2, summed over the vectors of a row, as the loss is over its numbers
//
// The codebook e is not trained: it follows what comes (their appendix A.1). With n[j] and s[j] the number and the sum of the batch's
// vectors that became e[j], T the sum of N:
//
//   N[j] += (1 - decay) (n[j] - N[j]), m[j] likewise from s[j]
//   e[j] = m[j] / N'[j], N'[j] = (N[j] + eps) / (T + codes eps) T
//
// Before the first step it is zeros with N = 0: the first batch gives it vectors of its own, and N all the same. A code with
// N[j] < restart T / codes is dead, and begins anew as a vector of the batch with N[j] = T / codes.
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "nn/codebook.h"
#include "nn/layer.h"

enum { CODES, WIDTH, BETA, DECAY, RESTART }; // arguments
enum { CODEBOOK, COUNT, SUM };               // parameters: e, N, m
enum { MOST_CODES = 1 << 20 };
static const double eps = 1e-5;

// ---- shape, start --------------------------------------------------------------------------------

static int32_t codes_of(const hg__layer *l) {
    return (int32_t)l->param[CODEBOOK].shape.dim[0];
}

static int32_t width_of(const hg__layer *l) {
    return (int32_t)l->param[CODEBOOK].shape.dim[1];
}

static int32_t places_of(const hg__layer *l) { // vectors a row
    return (int32_t)(hg__extent_count(hg__extent_of(&l->in)) / width_of(l));
}

static int check_rates(const hg__layer *l, hg_error *err) {
    const double beta = l->arg[BETA], decay = l->arg[DECAY], restart = l->arg[RESTART];
    const bool good = beta >= 0 && beta <= 1e6 && decay >= 0 && decay < 1 && restart >= 0;
    if (good && restart < 1) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "vq: expected beta from 0 to 1000000, decay and restart from 0 to below 1, "
                    "got %g, %g and %g",
                    beta, decay, restart);
}

static int shape(hg__layer *l, hg_error *err) {
    hg__extent e;
    int32_t codes, width;
    HG_TRY(hg__layer_extent(l, &e, err));
    HG_TRY(hg__layer_whole(l, CODES, "codes", 2, MOST_CODES, &codes, err));
    HG_TRY(hg__layer_whole(l, WIDTH, "width", 0, 1 << 24, &width, err));
    HG_TRY(check_rates(l, err));
    if (width == 0) width = e.C;
    if (e.C % width != 0 || (int64_t)codes * width > INT32_MAX / 8) {
        return hg__fail(err, HG_ERR_USAGE,
                        "vq: expected a width that divides the %d channels, and a codebook of at "
                        "most %d numbers, got codes=%d width=%d",
                        e.C, INT32_MAX / 8, codes, width);
    }
    l->out = l->in;
    l->params = 3;
    const hg__shape matrix = {
        2, {codes, width}
    };
    const size_t numbers = (size_t)codes * (size_t)width;
    l->param[CODEBOOK] = (hg__param){.name = "codebook",
                                     .shape = matrix,
                                     .panels = true,
                                     .is_state = true,
                                     .count = hg__panel_count(width, codes)};
    l->param[COUNT] = (hg__param){
        .name = "count",
        .shape = {1, {codes}},
        .is_state = true,
        .count = hg__whole_vectors((size_t)codes)
    };
    l->param[SUM] = (hg__param){
        .name = "sum", .shape = matrix, .is_state = true, .count = hg__whole_vectors(numbers)};
    return HG_OK;
}

static void init(const hg__layer *l, hg__real *params, uint64_t seed) {
    (void)seed;
    for (int32_t i = 0; i < l->params; i++) {
        memset(params + l->param[i].offset, 0, l->param[i].count * sizeof *params);
    }
}

// ---- the nearest code ----------------------------------------------------------------------------

// A thread's room: for the search, then codes of a group of vectors, then the group itself.
static hg__real *codes_in(const hg__layer *l, const hg__pass *p) {
    return p->scratch + hg__codebook_room(codes_of(l));
}

static size_t scratch_count(const hg__layer *l) {
    return hg__codebook_room(codes_of(l)) + HG_CODEBOOK_GROUP +
           hg__whole_vectors((size_t)HG_CODEBOOK_GROUP * (size_t)width_of(l)) + HG_LANES;
}

static hg__codebook codebook_at(const hg__layer *l, const hg__pass *p, const hg__real *panels) {
    return hg__codebook_of(p->k, panels, codes_of(l), width_of(l), p->scratch);
}

// ---- of the batch --------------------------------------------------------------------------------

// What is known of the batch: the codebook that this step uses, and what becomes of the three parameters; how many vectors each
// code got, and their sum.
typedef struct known {
    hg__real *used, *codebook, *count, *sum, *got, *got_sum;
} known;

static known known_of(const hg__layer *l, const hg__pass *p) {
    known s = {.used = p->statistics};
    s.codebook = s.used + l->param[CODEBOOK].count;
    s.count = s.codebook + l->param[CODEBOOK].count;
    s.sum = s.count + l->param[COUNT].count;
    s.got = s.sum + l->param[SUM].count;
    s.got_sum = s.got + l->param[COUNT].count;
    return s;
}

static size_t statistics_count(const hg__layer *l) {
    return 2 * (l->param[CODEBOOK].count + l->param[COUNT].count + l->param[SUM].count);
}

static size_t measured_count(const hg__layer *l) {
    return (size_t)places_of(l) * (size_t)width_of(l);
}

static size_t noted_count(const hg__layer *l) {
    return (size_t)places_of(l);
}

static hg__real *noted(const hg__layer *l, const hg__pass *p, int64_t row) {
    return p->noted + (size_t)(p->row + row) * noted_count(l);
}

static void measure(const hg__layer *l, const hg__pass *p, hg__view x, int32_t rows) {
    const int32_t places = places_of(l), n = places * width_of(l);
    const hg__codebook c = codebook_at(l, p, p->params + l->param[CODEBOOK].offset);
    for (int32_t r = 0; r < rows; r++) {
        double *to = p->measured + (size_t)(p->row + r) * measured_count(l);
        for (int32_t i = 0; i < n; i++) to[i] = (double)hg__view_row(x, r)[i];
        if (places == 1) continue;
        hg__codebook_search(&c, hg__view_row(x, r), c.width, places, noted(l, p, r));
    }
    if (places == 1) hg__codebook_search(&c, x.at, x.ld, rows, noted(l, p, 0));
}

static uint32_t stream(const hg__layer *l) {
    return HG_STREAM_LATENT | (uint32_t)l->number << 8;
}

// The first codebook: vectors of the batch, none twice while there are others. All vectors are searched for once more.
static void begin(const hg__layer *l, const hg__pass *p, const known *s, int64_t vectors) {
    const int32_t codes = codes_of(l), width = width_of(l);
    const hg__shuffle order =
        hg__shuffle_init(p->seed, stream(l), (uint32_t)p->step, (uint64_t)vectors);
    memset(s->used, 0, l->param[CODEBOOK].count * sizeof *s->used);
    for (int32_t j = 0; j < codes; j++) {
        const uint64_t v = hg__shuffle_at(&order, (uint64_t)(j % vectors));
        s->count[j] = (hg__real)((double)vectors / codes);
        for (int32_t k = 0; k < width; k++) {
            const hg__real e = (hg__real)p->measured[v * (uint64_t)width + (uint64_t)k];
            s->used[hg__panel_index(width, codes, k, j)] = e;
            s->sum[(int64_t)j * width + k] = e * s->count[j];
        }
    }
    const hg__codebook c = codebook_at(l, p, s->used);
    hg__real *group = codes_in(l, p) + HG_CODEBOOK_GROUP;
    for (int64_t v = 0; v < vectors; v += HG_CODEBOOK_GROUP) {
        const int64_t left = vectors - v;
        const int32_t count = left < HG_CODEBOOK_GROUP ? (int32_t)left : HG_CODEBOOK_GROUP;
        for (int32_t i = 0; i < count * width; i++) {
            group[i] = (hg__real)p->measured[v * width + i];
        }
        hg__codebook_search(&c, group, width, count, p->noted + v);
    }
}

// How many vectors each code got, and their sum, in the order of the vectors.
static void add_up(const hg__layer *l, const hg__pass *p, const known *s, int64_t vectors) {
    const int32_t width = width_of(l);
    memset(s->got, 0, l->param[COUNT].count * sizeof *s->got);
    memset(s->got_sum, 0, l->param[SUM].count * sizeof *s->got_sum);
    for (int64_t v = 0; v < vectors; v++) {
        const int32_t j = (int32_t)p->noted[v];
        hg__real *to = s->got_sum + (int64_t)j * width;
        s->got[j] += 1;
        for (int32_t k = 0; k < width; k++) to[k] += (hg__real)p->measured[v * width + k];
    }
}

// N and m follow the batch; returns T.
static double follow(const hg__layer *l, const known *s) {
    const hg__real decay = (hg__real)l->arg[DECAY], rest = (hg__real)(1 - l->arg[DECAY]);
    const int64_t numbers = (int64_t)codes_of(l) * width_of(l);
    double total = 0;
    for (int32_t j = 0; j < codes_of(l); j++) {
        s->count[j] = decay * s->count[j] + rest * s->got[j];
        total += (double)s->count[j];
    }
    for (int64_t i = 0; i < numbers; i++) s->sum[i] = decay * s->sum[i] + rest * s->got_sum[i];
    return total;
}

// A dead code becomes a vector of the batch.
static void restart(const hg__layer *l, const hg__pass *p, const known *s, double total,
                    int64_t vectors) {
    const int32_t codes = codes_of(l), width = width_of(l);
    const double mean = total / codes;
    for (int32_t j = 0; j < codes; j++) {
        if ((double)s->count[j] >= l->arg[RESTART] * mean) continue;
        const hg__philox drawn =
            hg__philox_run(p->seed, stream(l), (uint32_t)p->step, (uint32_t)j, 0);
        const uint64_t v =
            ((uint64_t)drawn.word[1] << 32 | drawn.word[0]) % (uint64_t)vectors * (uint64_t)width;
        s->count[j] = (hg__real)mean;
        for (int32_t k = 0; k < width; k++) {
            s->sum[(int64_t)j * width + k] = (hg__real)(p->measured[v + (uint64_t)k] * mean);
        }
    }
}

static void divide(const hg__layer *l, const known *s, double total) {
    const int32_t codes = codes_of(l), width = width_of(l);
    memset(s->codebook, 0, l->param[CODEBOOK].count * sizeof *s->codebook);
    for (int32_t j = 0; j < codes; j++) {
        const double count = ((double)s->count[j] + eps) / (total + codes * eps) * total;
        for (int32_t k = 0; k < width; k++) {
            const double sum = (double)s->sum[(int64_t)j * width + k];
            s->codebook[hg__panel_index(width, codes, k, j)] = (hg__real)(sum / count);
        }
    }
}

static double sum_of(const hg__real *x, int32_t n) {
    double sum = 0;
    for (int32_t i = 0; i < n; i++) sum += (double)x[i];
    return sum;
}

static void combine(const hg__layer *l, const hg__pass *p, int32_t rows) {
    const known s = known_of(l, p);
    const int64_t vectors = (int64_t)rows * places_of(l);
    const hg__real *from = p->params;
    if (sum_of(from + l->param[COUNT].offset, codes_of(l)) == 0) {
        begin(l, p, &s, vectors);
    } else {
        memcpy(s.used, from + l->param[CODEBOOK].offset, l->param[CODEBOOK].count * sizeof *from);
        memcpy(s.count, from + l->param[COUNT].offset, l->param[COUNT].count * sizeof *from);
        memcpy(s.sum, from + l->param[SUM].offset, l->param[SUM].count * sizeof *from);
    }
    add_up(l, p, &s, vectors);
    const double total = follow(l, &s);
    restart(l, p, &s, total, vectors);
    divide(l, &s, sum_of(s.count, codes_of(l)));
}

static void update_running(const hg__layer *l, const hg__pass *p, int32_t rows, hg__real *params) {
    (void)rows;
    const known s = known_of(l, p);
    memcpy(params + l->param[CODEBOOK].offset, s.codebook,
           l->param[CODEBOOK].count * sizeof *params);
    memcpy(params + l->param[COUNT].offset, s.count, l->param[COUNT].count * sizeof *params);
    memcpy(params + l->param[SUM].offset, s.sum, l->param[SUM].count * sizeof *params);
}

static const hg__batch_type batch = {
    .measured_count = measured_count,
    .statistics_count = statistics_count,
    .noted_count = noted_count,
    .measure = measure,
    .combine = combine,
    .update_running = update_running,
};

// ---- forward, backward ---------------------------------------------------------------------------

// y of `count` vectors of a row that lie one behind the other, by their own search.
static void quantise(const hg__layer *l, const hg__pass *p, const hg__codebook *c,
                     const hg__real *x, int32_t count, hg__real *y) {
    hg__real *code = codes_in(l, p);
    for (int32_t v = 0; v < count; v += HG_CODEBOOK_GROUP) {
        const int32_t now = hg__min(count - v, HG_CODEBOOK_GROUP);
        const ptrdiff_t at = (ptrdiff_t)v * c->width;
        hg__codebook_search(c, x + at, c->width, now, code);
        hg__codebook_read(c, code, now, y + at);
    }
}

static void forward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    const hg__real *panels =
        p->training ? known_of(l, p).used : p->params + l->param[CODEBOOK].offset;
    const hg__codebook c = codebook_at(l, p, panels);
    int64_t first, n;
    hg__pass_span(p, &l->out, &first, &n);
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = hg__view_row(y, r) + first;
        if (p->training) {
            hg__codebook_read(&c, noted(l, p, r), places_of(l), to);
        } else {
            quantise(l, p, &c, hg__view_row(x, r) + first, (int32_t)(n / c.width), to);
        }
    }
}

static void smooth(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, int32_t rows) {
    (void)p;
    hg__copy_rows(y, x, (int64_t)measured_count(l), rows);
}

static void backward(const hg__layer *l, const hg__pass *p, hg__view x, hg__view y, hg__view dy,
                     hg__view dx, int32_t rows) {
    (void)y;
    const hg__codebook c = codebook_at(l, p, known_of(l, p).used);
    const hg__real slope = (hg__real)(2 * l->arg[BETA]) * p->penalty_scale;
    for (int32_t r = 0; r < rows; r++) {
        const hg__real *code = noted(l, p, r), *at = hg__view_row(x, r),
                       *back = hg__view_row(dy, r);
        hg__real *to = hg__view_row(dx, r);
        for (int32_t v = 0; v < places_of(l); v++) {
            size_t step;
            const hg__real *e = hg__codebook_at(&c, (int32_t)code[v], &step);
            for (int32_t k = 0; k < c.width; k++, e += step) {
                *to++ = *back++ + slope * (*at++ - *e);
            }
        }
        hg__zero_padding(hg__view_row(dx, r), (int64_t)measured_count(l));
    }
}

// |x - e|^2 of vectors one behind the other.
static double distance(const hg__codebook *c, const hg__real *x, const hg__real *code,
                       int32_t count) {
    double sum = 0;
    for (int32_t v = 0; v < count; v++) {
        size_t step;
        const hg__real *e = hg__codebook_at(c, (int32_t)code[v], &step);
        for (int32_t k = 0; k < c->width; k++, e += step) {
            const double off = (double)*x++ - (double)*e;
            sum += off * off;
        }
    }
    return sum;
}

static double penalty(const hg__layer *l, const hg__pass *p, const hg__real *x) {
    const int32_t places = places_of(l);
    if (p->training) {
        const hg__codebook c = {
            .panels = known_of(l, p).used, .codes = codes_of(l), .width = width_of(l)};
        return l->arg[BETA] * distance(&c, x, noted(l, p, 0), places);
    }
    const hg__codebook c = codebook_at(l, p, p->params + l->param[CODEBOOK].offset);
    double sum = 0;
    for (int32_t v = 0; v < places; v += HG_CODEBOOK_GROUP) {
        const int32_t now = hg__min(places - v, HG_CODEBOOK_GROUP);
        const hg__real *at = x + (ptrdiff_t)v * c.width;
        hg__codebook_search(&c, at, c.width, now, codes_in(l, p));
        sum += distance(&c, at, codes_in(l, p), now);
    }
    return l->arg[BETA] * sum;
}

// Nothing is trained.
static int32_t tile_count(const hg__layer *l) {
    (void)l;
    return 0;
}

static void tile(const hg__layer *l, int32_t i, hg__tile *t) {
    (void)l, (void)i;
    *t = (hg__tile){0};
}

// ---- symbols -------------------------------------------------------------------------------------

static int64_t symbols(const hg__layer *l, int32_t *places) {
    *places = places_of(l);
    return codes_of(l);
}

static void read_symbols(const hg__layer *l, const hg__pass *p, const hg__real *y,
                         int32_t *symbol) {
    const hg__codebook c = codebook_at(l, p, p->params + l->param[CODEBOOK].offset);
    for (int32_t v = 0; v < places_of(l); v++) {
        hg__real code;
        hg__codebook_search(&c, y + (ptrdiff_t)v * c.width, c.width, 1, &code);
        symbol[v] = (int32_t)code;
    }
}

// Each place's code by how often it was used, N, independent of the others.
static void draw(const hg__layer *l, const hg__pass *p, int64_t row, hg__real *y) {
    const hg__real *count = p->params + l->param[COUNT].offset;
    const hg__codebook c = {.panels = p->params + l->param[CODEBOOK].offset,
                            .codes = codes_of(l),
                            .width = width_of(l)};
    const double total = sum_of(count, c.codes);
    for (int32_t v = 0; v < places_of(l); v++, y += c.width) {
        const hg__philox drawn =
            hg__philox_run(p->seed, stream(l), UINT32_MAX, (uint32_t)row, (uint32_t)v);
        double left = (double)hg__unit_float(drawn.word[0]) * total;
        int32_t j = 0;
        while (j + 1 < c.codes && left >= (double)count[j]) left -= (double)count[j++];
        const hg__real code = (hg__real)j;
        hg__codebook_read(&c, &code, 1, y);
    }
}

// clang-format off
static const hg__test_case test_cases[] = {
    {.item = "vq 5 13", .in = {1, 1, 26}},
    {.item = "vq 70 1 beta=2", .in = {1, 1, 9}},
    {.item = "vq codes=33 beta=0.5 restart=0", .in = {5, 4, 6}},
    {.item = "vq 130 8 decay=0.5", .in = {37, 2, 16}},
    {.item = "vq 17"},
    {.item = NULL},
};
// clang-format on
extern const hg__layer_type hg__layer_vq;
const hg__layer_type hg__layer_vq = {
    .name = "vq",
    .args = "codes=512 width=0 beta=0.25 decay=0.99 restart=0.1",
    .summary =
        "each vector becomes the nearest of a codebook that follows them; penalty: beta |x - e|^2",
    .example = "vq 512",
    .test_cases = test_cases,
    .bands = true,
    .shape = shape,
    .init = init,
    .forward = forward,
    .backward = backward,
    .penalty = penalty,
    .tile_count = tile_count,
    .tile = tile,
    .scratch_count = scratch_count,
    .batch = &batch,
    .smooth = smooth,
    .symbols = symbols,
    .read_symbols = read_symbols,
    .draw = draw,
};
