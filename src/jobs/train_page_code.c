// SPDX-License-Identifier: Apache-2.0
// train_page_code.c - for report.html: samples before and after, the code moved by hand and as a map, what it is worth.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "jobs/trainer.h"
#include "jobs/val_code.h"
#include "latent/code_quality.h"
#include "latent/map.h"
#include "report/row_picture.h"
#include "report/training_page.h"

enum {
    LEAST_ROWS = 30,        // of a map
    MOST_NUMBERS = 1 << 23, // of the rows looked at
    DRAWN = 24,
    BETWEEN = 11,           // codes between two rows, both ends among them
    MOST_DECODED = 1 << 22, // numbers of decoded rows
    TILE_BYTES = 1 << 20,   // of the pictures of a map's rows, as they are drawn
    TILE_SIDE = 32,         // pixels of one at most
    MARGIN_PERCENT = 2      // of values beyond a slider's ends, each way
};

// ---- samples ------------------------------------------------------------------------------------

// What samples.npy has, (2 or 3, n, width).
int hg__collect_samples(const hg__train_run *r, hg__training_page *p, hg_error *err) {
    hg__some_rows *const to[] = {&p->in, &p->out, &p->clean};
    const hg__data_options plain = {
        .label = "", .ignore = "", .on_bad = "stop", .memory = SIZE_MAX};
    char path[1024];
    HG_TRY(hg__join_path(path, sizeof path, r->folder, "samples.npy", err));
    if (r->t.o.values.samples == 0 || !hg__is_file(path)) return HG_OK;
    hg__data *d = hg__data_open(path, &plain, err);
    if (!d) return (int)err->code;
    int code = HG_OK;
    for (int64_t i = 0; code == HG_OK && i < d->rows && i < 3; i++) {
        to[i]->x = hg__alloc((size_t)d->width, sizeof *to[i]->x, err);
        code = to[i]->x ? hg__data_row(d, i, to[i]->x, err) : HG_ERR_MEMORY;
        to[i]->count = d->width / p->width;
    }
    hg__data_close(d);
    return code;
}

// ---- rows and codes -----------------------------------------------------------------------------

// Rows that are looked at. Readable a vector beyond their ends.
typedef struct looked {
    hg__trainer *t; // borrowed
    hg__rows rows;
    int32_t n, width, code;
    float *x, *z;     // owned, (n, width), (n, code)
    int64_t *number;  // owned, (n): in the source
    int32_t *label;   // owned, (n), -1: none; NULL: no classes are known
    const void **row; // owned, (most rows that are run at once)
    hg__run_plan *plan;
} looked;

static void clear(looked *k) {
    hg__run_plan_free(k->plan);
    hg__free(k->x);
    hg__free(k->z);
    hg__free(k->number);
    hg__free(k->label);
    hg__free(k->row);
}

static void run_rows(looked *k, hg__goal goal, const float *x, int32_t n, int32_t width,
                     float *out) {
    for (int32_t i = 0; i < n; i++) k->row[i] = x + (size_t)i * (size_t)width;
    const hg__input in = {.row = k->row, .count = n, .dtype = HG_F32, .scale = 1};
    hg__run(k->plan, goal, &in, out);
}

const hg__dataset *hg__page_rows(const hg__trainer *t, hg__rows *rows) {
    const bool is_held = t->val_rows.count >= LEAST_ROWS;
    const hg__dataset *d = is_held && t->val_data ? t->val_data : t->data;
    *rows = hg__rows_of(is_held ? &t->val_rows : &t->rows, d->source);
    return d;
}

// Rows as they are, held out where there are enough of them, in an order of their own.
static int read_rows(looked *k, hg_error *err) {
    const hg__shuffle order = hg__shuffle_init((uint64_t)k->t->o.values.seed, HG_STREAM_SAMPLE, 0,
                                               (uint64_t)k->rows.count);
    for (int32_t i = 0; i < k->n; i++) {
        k->number[i] = hg__rows_at(&k->rows, (int64_t)hg__shuffle_at(&order, (uint64_t)i));
        HG_TRY(hg__row_source_row(&k->rows.source, k->number[i],
                                  k->x + (size_t)i * (size_t)k->width, err));
    }
    return HG_OK;
}

// 0: there is nothing to be looked at; 1: there is.
static int look(looked *k, hg__train_run *r, hg_error *err) {
    enum { BEYOND = 16 };
    hg__trainer *t = &r->t;
    const hg__spec *s = &t->model->net.spec;
    *k = (looked){.t = t, .width = s->width, .code = s->code};
    const hg__dataset *d = hg__page_rows(t, &k->rows);
    const int64_t most = MOST_NUMBERS / hg__max(k->width, k->code);
    int64_t n = k->rows.count < t->o.values.map_rows ? k->rows.count : t->o.values.map_rows;
    n = n < most ? n : most;
    if (!s->has_neck || n < 1 || t->model->net.has_level || d->source.has_target ||
        d->source.scratch) {
        return 0;
    }
    k->n = (int32_t)n;
    const size_t rows = (size_t)n;
    k->x = hg__alloc(rows * (size_t)k->width + BEYOND, sizeof *k->x, err);
    k->z = k->x ? hg__alloc(rows * (size_t)k->code + BEYOND, sizeof *k->z, err) : NULL;
    k->number = k->z ? hg__alloc(rows, sizeof *k->number, err) : NULL;
    k->row = k->number ? hg__alloc(rows + HG_SLIDERS * HG_SLIDER_STEPS, sizeof *k->row, err) : NULL;
    k->plan = k->row ? hg__run_plan_new(&t->model->net, t->pool, NULL, err) : NULL;
    if (!k->plan) return HG_ERR_MEMORY;
    HG_TRY(read_rows(k, err));
    run_rows(k, HG_ENCODE, k->x, k->n, k->width, k->z);
    if (!r->classes.of) return 1;
    k->label = hg__alloc(rows, sizeof *k->label, err);
    if (!k->label) return HG_ERR_MEMORY;
    for (size_t i = 0; i < rows; i++) k->label[i] = r->classes.of[k->number[i]];
    return 1;
}

// ---- sliders ------------------------------------------------------------------------------------

// A decoder that lives on the code alone.
static bool can_decode(const hg__spec *s) {
    for (int32_t i = s->neck; i < s->layers; i++) {
        if (s->layer[i].type->takes_skip && s->layer[i].from < s->neck) return false;
    }
    return true;
}

static int compare_floats(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

typedef struct unit {
    int32_t number;
    double variance;
} unit;

static int compare_units(const void *a, const void *b) {
    const unit *x = a, *y = b;
    if (x->variance < y->variance) return 1;
    if (x->variance > y->variance) return -1;
    return x->number - y->number;
}

static double variance_of(const looked *k, int32_t j) {
    double sum = 0, squares = 0;
    for (int32_t i = 0; i < k->n; i++) {
        const double z = (double)k->z[(size_t)i * (size_t)k->code + (size_t)j];
        sum += z;
        squares += z * z;
    }
    return squares / k->n - sum / k->n * (sum / k->n);
}

// From a low to a high value of the rows; the step that is nearest to the first row's becomes that.
static void set_steps(const looked *k, hg__code_moves *m, int32_t i, float *sorted) {
    const int32_t j = m->unit[i], cut = k->n * MARGIN_PERCENT / 100;
    for (int32_t r = 0; r < k->n; r++) sorted[r] = k->z[(size_t)r * (size_t)k->code + (size_t)j];
    const double own = (double)sorted[0];
    qsort(sorted, (size_t)k->n, sizeof *sorted, compare_floats);
    const double low = fmin((double)sorted[cut], own),
                 high = fmax((double)sorted[k->n - 1 - cut], own);
    for (int32_t s = 0; s < HG_SLIDER_STEPS; s++) {
        m->value[i][s] = low + (high - low) * s / (HG_SLIDER_STEPS - 1);
        if (fabs(m->value[i][s] - own) < fabs(m->value[i][m->at[i]] - own)) m->at[i] = s;
    }
    m->value[i][m->at[i]] = own;
}

static int pick_units(const looked *k, hg__code_moves *m, hg_error *err) {
    const int32_t most = hg__min(HG_SLIDERS, MOST_DECODED / (HG_SLIDER_STEPS * k->width));
    unit *all = hg__alloc((size_t)k->code, sizeof *all, err);
    float *sorted = all ? hg__alloc((size_t)k->n, sizeof *sorted, err) : NULL;
    if (sorted) {
        for (int32_t j = 0; j < k->code; j++) all[j] = (unit){j, variance_of(k, j)};
        qsort(all, (size_t)k->code, sizeof *all, compare_units);
        while (m->units < most && m->units < k->code && all[m->units].variance > 0) {
            m->unit[m->units] = all[m->units].number;
            set_steps(k, m, m->units, sorted);
            m->units++;
        }
    }
    hg__free(all);
    hg__free(sorted);
    return sorted ? HG_OK : HG_ERR_MEMORY;
}

static int decode_moves(looked *k, hg__code_moves *m, hg_error *err) {
    const int32_t rows = m->units * HG_SLIDER_STEPS;
    const size_t code = (size_t)k->code;
    float *z = hg__alloc((size_t)rows * code, sizeof *z, err);
    m->picture = z ? hg__alloc((size_t)rows * (size_t)k->width, sizeof *m->picture, err) : NULL;
    if (m->picture) {
        for (int32_t i = 0; i < rows; i++) {
            float *to = z + (size_t)i * code;
            memcpy(to, k->z, code * sizeof *to);
            to[m->unit[i / HG_SLIDER_STEPS]] =
                (float)m->value[i / HG_SLIDER_STEPS][i % HG_SLIDER_STEPS];
        }
        run_rows(k, HG_DECODE, z, rows, k->code, m->picture);
    }
    hg__free(z);
    return m->picture ? HG_OK : HG_ERR_MEMORY;
}

static int collect_moves(looked *k, hg__training_page *p, hg_error *err) {
    hg__code_moves *m = &p->moves;
    if (!can_decode(&k->t->model->net.spec) || !hg__row_picture_of(&p->shape).H) return HG_OK;
    m->row = k->number[0];
    HG_TRY(pick_units(k, m, err));
    return m->units ? decode_moves(k, m, err) : HG_OK;
}

// ---- drawn anew ---------------------------------------------------------------------------------

// Codes from the prior that training pulled codes towards, decoded.
static int collect_drawn(looked *k, hg__training_page *p, hg_error *err) {
    const hg__spec *s = &k->t->model->net.spec;
    const hg__layer *last = &s->layer[s->neck - 1];
    const size_t padded = (size_t)hg__pad_columns(k->code);
    const size_t scratch = last->type->scratch_count ? last->type->scratch_count(last) : 0;
    if (!last->type->draw || !can_decode(s) || !hg__row_picture_of(&p->shape).H) return HG_OK;
    float *row = hg__alloc(padded + scratch, sizeof *row, err);
    float *z = row ? hg__alloc(DRAWN * (size_t)k->code, sizeof *z, err) : NULL;
    float *x = z ? hg__alloc(DRAWN * (size_t)k->width, sizeof *x, err) : NULL;
    if (x) {
        const hg__pass pass = {.k = hg__kernels_pick(),
                               .params = k->t->model->net.params,
                               .seed = (uint64_t)k->t->o.values.seed,
                               .scratch = row + padded};
        for (int32_t i = 0; i < DRAWN; i++) {
            last->type->draw(last, &pass, i, row);
            memcpy(z + (size_t)i * (size_t)k->code, row, (size_t)k->code * sizeof *z);
        }
        run_rows(k, HG_DECODE, z, DRAWN, k->code, x);
        p->drawn = (hg__some_rows){x, DRAWN};
    }
    hg__free(row);
    hg__free(z);
    return x ? HG_OK : HG_ERR_MEMORY;
}

// The codes between two rows of models that have a prior, decoded: whether what lies between codes means something.
static int collect_between(looked *k, hg__training_page *p, hg_error *err) {
    const size_t code = (size_t)k->code;
    if (!p->drawn.count || k->n < 2) return HG_OK;
    float *z = hg__alloc(BETWEEN * code, sizeof *z, err);
    float *x = z ? hg__alloc(BETWEEN * (size_t)k->width, sizeof *x, err) : NULL;
    if (x) {
        for (size_t i = 0; i < BETWEEN * code; i++) {
            const size_t step = i / code, at = i % code;
            const float share = (float)step / (BETWEEN - 1);
            z[i] = (1 - share) * k->z[at] + share * k->z[code + at];
        }
        run_rows(k, HG_DECODE, z, BETWEEN, k->code, x);
        p->between = (hg__some_rows){x, BETWEEN};
    }
    hg__free(z);
    return x ? HG_OK : HG_ERR_MEMORY;
}

// ---- what it is worth ---------------------------------------------------------------------------

static void state_quality(hg__training_page *p, const hg__code_quality *q) {
    const struct {
        const char *name;
        double value;
        const char *words;
    } all[] = {
        {"Explained variance",  q->explained_variance,  "of what rows vary by comes back"                    },
        {"Trustworthiness",     q->trustworthiness,
         "best 1: who is near in the code is near in the rows"                                               },
        {"Continuity",          q->continuity,          "best 1: who is near in the rows is near in the code"},
        {"Effective dimension", q->effective_dimension,
         "numbers of the code, counted by their spread"                                                      },
        {"Active units",        q->active_units,        "numbers of the code with a variance above 0.01"     },
        {"k-NN accuracy",       q->knn_accuracy,
         "of rows have the class of their neighbours in the code"                                            },
        {"Linear probe",        q->probe_accuracy,
         "of rows are told their class by a linear model of the code"                                        },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!isfinite(all[i].value)) continue;
        hg__state(&p->quality, all[i].name, "%.3g (%s)", all[i].value, all[i].words);
    }
}

static int collect_quality(looked *k, hg__training_page *p, hg_error *err) {
    hg__code_quality q;
    float *y = hg__alloc((size_t)k->n * (size_t)k->width, sizeof *y, err);
    if (!y) return HG_ERR_MEMORY;
    run_rows(k, HG_RECONSTRUCT, k->x, k->n, k->width, y);
    const bool has_logits =
        k->t->model->net.spans != NULL; // of columns, which are no values of a row
    const hg__code_rows rows = {.rows = k->n,
                                .width = k->width,
                                .code = k->code,
                                .x = k->x,
                                .y = has_logits ? NULL : y,
                                .z = k->z,
                                .label = k->label,
                                .seed = (uint64_t)k->t->o.values.seed};
    const int code = hg__code_quality_of(&rows, k->t->pool, &q, err);
    hg__free(y);
    HG_TRY(code);
    state_quality(p, &q);
    return HG_OK;
}

// ---- the map ------------------------------------------------------------------------------------

// Pictures of the first rows, as many as there is room for.
static int collect_tiles(const looked *k, hg__training_page *p, hg_error *err) {
    hg__row_picture picture = hg__row_picture_of(&p->shape);
    hg__some_rows *to = &p->map.tile;
    if (!picture.H) return HG_OK;
    hg__row_picture_shrink(&picture, TILE_SIDE);
    to->count = hg__min(k->n, TILE_BYTES / (picture.width * picture.height * picture.channels));
    const size_t size = (size_t)to->count * (size_t)k->width;
    to->x = hg__alloc(size, sizeof *to->x, err);
    if (!to->x) return HG_ERR_MEMORY;
    memcpy(to->x, k->x, size * sizeof *to->x);
    return HG_OK;
}

static int collect_map(looked *k, const hg__class_names *classes, hg__training_page *p,
                       hg_error *err) {
    hg__code_map *m = &p->map;
    const hg__map_options how = {
        .method = "tsne", .perplexity = 30, .seed = (uint64_t)k->t->o.values.seed};
    if (k->n < LEAST_ROWS) return HG_OK;
    float *y = hg__alloc(2 * (size_t)k->n, sizeof *y, err);
    m->point = y ? hg__alloc((size_t)k->n, sizeof *m->point, err) : NULL;
    int code = m->point ? collect_tiles(k, p, err) : HG_ERR_MEMORY;
    if (code == HG_OK) {
        code = hg__map(k->z, k->n, k->code, &how, k->t->pool, NULL, y, err);
    }
    const bool is_coloured = hg__name_map_classes(m, classes, k->label, k->n);
    for (int32_t i = 0; code == HG_OK && i < k->n; i++) {
        const int32_t none = classes->count; // its colour and name are those behind all others
        m->point[i] = (hg__map_point){.x = y[2 * i],
                                      .y = y[2 * i + 1],
                                      .class = !is_coloured      ? 0
                                               : k->label[i] < 0 ? none
                                                                 : k->label[i],
                                      .tile = i < m->tile.count ? i : -1,
                                      .row = k->number[i]};
    }
    hg__free(y);
    m->points = code == HG_OK ? k->n : 0;
    m->method = "t-SNE";
    m->of = k->rows.count;
    return code;
}

int hg__collect_code(hg__train_run *r, hg__training_page *p, hg_error *err) {
    looked k;
    int code = look(&k, r, err);
    if (code > 0) {
        code = collect_moves(&k, p, err);
        if (code == HG_OK) code = collect_drawn(&k, p, err);
        if (code == HG_OK) code = collect_between(&k, p, err);
        if (code == HG_OK) code = collect_quality(&k, p, err);
        if (code == HG_OK) code = collect_map(&k, &r->classes.names, p, err);
    }
    clear(&k);
    return code;
}
