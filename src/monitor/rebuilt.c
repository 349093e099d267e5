// SPDX-License-Identifier: Apache-2.0
// rebuilt.c - how much of held-out windows a network leaves, beside PCA.
#include "monitor/rebuilt.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "exec/plan.h"
#include "fit/pca.h"
#include "monitor/window_detector.h"

enum {
    MOST_HELD = 2000,    // windows
    MOST_LEARNED = 4000, // of PCA
    EXACT_WIDTH = 640,
    MOST_WIDTH = 1 << 16
};
static const char key[] = "rebuilt";

typedef struct measuring {
    const hg__signal *signal;
    const hg__samples *samples;
    hg__window_detector detector; // owned: the network
    hg_model *pca;                // owned; NULL: there is none
    hg__run_plan *plan;           // owned, of pca
    float *x, *plain, *y; // owned, (HG_WINDOWS_AT_ONCE, N * C): as the network and as PCA sees them
    // sums over windows of mean squares: of errors, and of plain, whose channels have mean 0 in training
    double left, pca_left, all;
} measuring;

static void clear(measuring *g) {
    hg__window_detector_clear(&g->detector);
    hg__run_plan_free(g->plan);
    hg_model_free(g->pca);
    hg__free(g->x);
    hg__free(g->plain);
    hg__free(g->y);
}

static int make_room(measuring *g, hg_error *err) {
    const hg__window_view *v = &g->detector.view;
    const size_t room = (size_t)v->length * (size_t)v->channels, width = (size_t)g->detector.width;
    g->x = hg__alloc(HG_WINDOWS_AT_ONCE, room * sizeof *g->x, err);
    if (g->x) g->plain = hg__alloc(HG_WINDOWS_AT_ONCE, room * sizeof *g->plain, err);
    if (g->plain) g->y = hg__alloc(HG_WINDOWS_AT_ONCE, width * sizeof *g->y, err);
    return g->y ? HG_OK : HG_ERR_MEMORY;
}

// ---- PCA ----------------------------------------------------------------------------------------

static bool has_pca(const measuring *g, const hg_model *m, int64_t windows) {
    const hg__spec *s = &m->net.spec;
    return s->has_neck && s->code < s->width && s->code < windows && s->width <= MOST_WIDTH &&
           g->signal->hiding.kind == HG_HIDE_NONE && hg__eigen_is_available();
}

// rows: windows of training.
static int fit_pca(measuring *g, const hg_model *m, const hg__windows *w, hg__pool *pool,
                   hg_error *err) {
    const hg__rows rows = hg__rows_all(hg__windows_source(w, g->samples->data.path));
    const hg__pca_how how = {.code = m->net.spec.code,
                             .solver = m->net.spec.width > EXACT_WIDTH ? HG_PCA_RANDOMIZED
                                                                       : HG_PCA_EXACT};
    if (!has_pca(g, m, w->count)) return HG_OK;
    HG_TRY(hg__pca_fit_by(&g->pca, &rows, &how, pool, err));
    g->plan = hg__run_plan_new(&g->pca->net, pool, NULL, err);
    return g->plan ? HG_OK : HG_ERR_MEMORY;
}

static void measure_pca(measuring *g, int32_t count) {
    const size_t width = (size_t)g->detector.width;
    const void *row[HG_WINDOWS_AT_ONCE];
    if (!g->plan) return;
    for (int32_t i = 0; i < count; i++) row[i] = g->plain + (size_t)i * width;
    const hg__input in = {.row = row, .count = count, .dtype = HG_F32, .scale = 1};
    hg__run(g->plan, HG_RECONSTRUCT, &in, g->y);
    for (size_t k = 0; k < (size_t)count * width; k++) {
        const double r = (double)g->plain[k] - (double)g->y[k];
        g->pca_left += r * r / (double)width;
    }
}

// ---- windows that were held out -----------------------------------------------------------------

static int read_window(const measuring *g, int64_t start, float *x, float *plain, hg_error *err) {
    const hg__window_view seen = g->detector.view, as_rows = hg__signal_view(g->signal);
    HG_TRY(hg__samples_read(g->samples, start, seen.length, x, err));
    memcpy(plain, x, (size_t)seen.length * (size_t)seen.channels * sizeof *x);
    hg__window_see(&seen, x, x);
    hg__window_see(&as_rows, plain, plain);
    return HG_OK;
}

static double mean_square(const float *x, size_t width) {
    double sum = 0;
    for (size_t k = 0; k < width; k++) sum += (double)x[k] * (double)x[k];
    return sum / (double)width;
}

// start (count): evenly taken of those that were held out.
static int measure_windows(measuring *g, const int64_t *start, int64_t count, hg_error *err) {
    float far[HG_WINDOWS_AT_ONCE];
    for (int64_t at = 0; at < count; at += HG_WINDOWS_AT_ONCE) {
        const int32_t n = (int32_t)hg__min_64(count - at, HG_WINDOWS_AT_ONCE);
        for (int32_t i = 0; i < n; i++) {
            const size_t to = (size_t)i * (size_t)g->detector.width;
            HG_TRY(read_window(g, start[at + i], g->x + to, g->plain + to, err));
        }
        const hg__seen_windows seen = {g->x, (size_t)g->detector.width, n};
        g->detector.type->measure(&g->detector, &seen, &(hg__window_said){far, g->y});
        for (int32_t i = 0; i < n; i++) {
            const size_t width = (size_t)g->detector.width;
            g->left += (double)far[i];
            g->all += mean_square(g->plain + (size_t)i * width, width);
        }
        measure_pca(g, n);
    }
    return HG_OK;
}

static double share(double left, double all) {
    return floor(left / all * 1e4 + 0.5) / 1e4;
}

static void fill_in(const measuring *g, hg__rebuilt *to) {
    if (g->all <= 0) return;
    to->network = share(g->left, g->all);
    if (!g->pca) return;
    to->pca = share(g->pca_left, g->all);
    to->axes = g->pca->net.spec.code;
}

// At most `most` of the starts first .. first + count - 1, evenly taken; how many.
static int64_t take_some(const int64_t *first, int64_t count, int64_t most, int64_t *to) {
    const int64_t every = hg__ceil_div_64(count, most);
    int64_t n = 0;
    for (int64_t i = 0; i < count; i += every) to[n++] = first[i];
    return n;
}

static int measure(measuring *g, const hg_model *m, const hg__signal_split *split, hg__pool *pool,
                   hg__rebuilt *to, hg_error *err) {
    int64_t *start = hg__alloc(MOST_LEARNED, sizeof *start, err);
    if (!start) return HG_ERR_MEMORY;
    int64_t count = take_some(split->start, split->trained, MOST_LEARNED, start);
    const hg__windows learned = {g->samples, hg__signal_view(g->signal), start, count};
    int code = fit_pca(g, m, &learned, pool, err);
    if (code == HG_OK) {
        count = take_some(split->start + split->trained, split->held, MOST_HELD, start);
        code = measure_windows(g, start, count, err);
    }
    if (code == HG_OK) fill_in(g, to);
    hg__free(start);
    return code;
}

int hg__rebuilt_measure(hg__rebuilt *to, const hg_model *m, const hg__signal *d,
                        const hg__samples *s, const hg__signal_split *split, hg__pool *pool,
                        hg_error *err) {
    measuring g = {.signal = d,
                   .samples = s,
                   .detector = hg__window_detector_make(HG_DETECTOR_autoencoder, d, pool)};
    *to = (hg__rebuilt){(double)NAN, (double)NAN, 0, d->hiding.kind != HG_HIDE_NONE};
    if (split->held == 0) return HG_OK;
    int code = g.detector.type->load(&g.detector, m, "training", err);
    if (code == HG_OK) code = make_room(&g, err);
    if (code == HG_OK) code = measure(&g, m, split, pool, to, err);
    clear(&g);
    return code;
}

// ---- kept, and said -----------------------------------------------------------------------------

int hg__rebuilt_save(const hg__rebuilt *r, hg__json *detector, hg_error *err) {
    if (isnan(r->network)) return HG_OK;
    hg__json *own = hg__json_pack("{s:f}", "network", r->network);
    int code = own ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK && r->axes > 0) {
        code = hg__json_set(own, "pca", hg__json_real(r->pca));
        if (code == HG_OK) code = hg__json_set(own, "axes", hg__json_integer(r->axes));
    }
    if (hg__json_set(detector, key, own) == 0 && code == HG_OK) return HG_OK;
    return hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping how windows are rebuilt");
}

hg__rebuilt hg__rebuilt_load(const hg_model *m) {
    const hg__json *own = hg__json_object_get(hg__model_detector(m), key);
    const hg__json *signal = hg__json_object_get(hg__model_detector(m), "signal");
    const hg__json *network = hg__json_object_get(own, "network");
    const hg__json *pca = hg__json_object_get(own, "pca");
    const int64_t axes = hg__json_integer_value(hg__json_object_get(own, "axes"));
    hg__rebuilt r = {(double)NAN, (double)NAN, 0, hg__json_object_get(signal, "hide") != NULL};
    if (hg__json_is_number(network)) r.network = hg__json_number_value(network);
    if (!hg__json_is_number(pca) || axes < 1 || axes > MOST_WIDTH) return r;
    r.pca = hg__json_number_value(pca);
    r.axes = (int32_t)axes;
    return r;
}

void hg__rebuilt_describe(const hg__rebuilt *r, char text[HG_REBUILT_TEXT]) {
    text[0] = '\0';
    if (isnan(r->network)) return;
    if (r->axes == 0) {
        snprintf(text, HG_REBUILT_TEXT,
                 "held-out windows: the network leaves %.3g of the variance%s", r->network,
                 r->hides ? " of what is hidden from it" : "");
        return;
    }
    snprintf(text, HG_REBUILT_TEXT,
             "held-out windows: the network leaves %.3g of the variance, PCA of %d ax%s %.3g: %s "
             "rebuilds these better",
             r->network, (int)r->axes, r->axes > 1 ? "es" : "is", r->pca,
             r->pca < r->network ? "PCA" : "the network");
}
