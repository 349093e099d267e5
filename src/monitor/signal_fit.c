// SPDX-License-Identifier: Apache-2.0
// signal_fit.c - a trained model of windows becomes a detector.
#include "monitor/signal_fit.h"

#include <math.h>

#include "base/int.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "monitor/signal_alarms.h"
#include "monitor/signal_scorer.h"

typedef struct fitting {
    hg_model *m;
    const hg__signal *d;
    const hg__samples *s;
    const hg__signal_split *split;
    hg__pool *pool;
    hg__meter *meter;
    hg__json *detector;
    float *score; // owned, (held-out steps)
    bool *begins; // owned, likewise
    int64_t count;
} fitting;

// ---- held-out steps scored ----------------------------------------------------------------------

static void keep_scores(fitting *f, hg__signal_scorer *scorer) {
    const hg__scored_step *step;
    int32_t n;
    while ((n = hg__signal_scorer_next(scorer, &step)) > 0) {
        for (int32_t i = 0; i < n; i++) {
            if (isnan(step[i].score)) continue;
            f->begins[f->count] = step[i].begins;
            f->score[f->count++] = step[i].score;
        }
    }
}

typedef struct piece {
    float *value;    // owned, (HG_STEPS, C)
    int64_t *row;    // owned, (HG_STEPS)
    uint8_t *begins; // owned, (HG_STEPS)
} piece;

static int make_piece(piece *p, int32_t channels, hg_error *err) {
    p->value = hg__alloc(HG_STEPS, (size_t)channels * sizeof *p->value, err);
    if (p->value) p->row = hg__alloc(HG_STEPS, sizeof *p->row, err);
    if (p->row) p->begins = hg__alloc(HG_STEPS, sizeof *p->begins, err);
    return p->begins ? HG_OK : HG_ERR_MEMORY;
}

static void clear_piece(piece *p) {
    hg__free(p->value);
    hg__free(p->row);
    hg__free(p->begins);
}

static int score_block(fitting *f, const hg__time_block *b, piece *p, hg__signal_scorer *scorer,
                       hg_error *err) {
    for (int64_t t = b->first; t < b->end; t += HG_STEPS) {
        const int32_t count = (int32_t)hg__min_64(b->end - t, HG_STEPS);
        const hg__steps steps = {
            .count = count, .value = p->value, .row = p->row, .begins = p->begins};
        HG_TRY(hg__samples_read(f->s, t, count, p->value, err));
        p->begins[0] = t == b->first;
        for (int32_t taken = 0; taken < count;) {
            taken += hg__signal_scorer_take(scorer, &steps, taken);
            keep_scores(f, scorer);
        }
        hg__meter_at(f->meter, t);
    }
    hg__signal_scorer_end(scorer);
    keep_scores(f, scorer);
    return HG_OK;
}

static int score_blocks(fitting *f, hg_error *err) {
    piece p = {0};
    hg__signal_scorer *scorer = hg__signal_scorer_new(f->m, f->pool, "training", err);
    int code = scorer ? make_piece(&p, f->d->channels, err) : HG_ERR_MEMORY;
    for (int64_t b = 0; code == HG_OK && b < f->split->out.count; b++) {
        code = score_block(f, &f->split->out.block[b], &p, scorer, err);
    }
    clear_piece(&p);
    hg__signal_scorer_free(scorer);
    return code;
}

static int make_scores(fitting *f, hg_error *err) {
    int64_t steps = 0;
    for (int64_t b = 0; b < f->split->out.count; b++) {
        steps += f->split->out.block[b].end - f->split->out.block[b].first;
    }
    f->score = hg__alloc((size_t)steps, sizeof *f->score, err);
    if (f->score) f->begins = hg__alloc((size_t)steps, sizeof *f->begins, err);
    return f->begins ? score_blocks(f, err) : HG_ERR_MEMORY;
}

// ---- all of it ----------------------------------------------------------------------------------

static int fit(fitting *f, const hg__signal_fit_options *o, hg_error *err) {
    HG_TRY(hg__signal_save(f->d, f->m, f->detector, err));
    hg__model_set_detector(f->m, hg__json_share(f->detector));
    HG_TRY(make_scores(f, err));
    if (f->count == 0) return HG_OK;
    const int32_t hold = hg__max(1, f->d->length / 2);
    return hg__signal_alarms_fit(f->m, f->score, f->begins, f->count, o->fpr, hold, f->detector,
                                 err);
}

int hg__signal_fit(hg_model *m, const hg__signal *d, const hg__samples *s,
                   const hg__signal_split *split, const hg__signal_fit_options *o, hg__meter *meter,
                   hg__pool *pool, hg_error *err) {
    fitting f = {.m = m,
                 .d = d,
                 .s = s,
                 .split = split,
                 .pool = pool,
                 .meter = meter,
                 .detector = hg__json_object()};
    const int code =
        f.detector ? fit(&f, o, err) : hg__fail(err, HG_ERR_MEMORY, "out of memory while fitting");
    hg__json_free(f.detector);
    hg__free(f.score);
    hg__free(f.begins);
    return code;
}
