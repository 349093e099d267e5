// SPDX-License-Identifier: Apache-2.0
// signal_fit.c - a trained model of windows becomes a detector.
#include "monitor/signal_fit.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "monitor/clips.h"
#include "monitor/novelty.h"
#include "monitor/rebuilt.h"
#include "monitor/signal_alarms.h"
#include "monitor/signal_scorer.h"
#include "monitor/window_detector.h"

enum {
    MOST_SCORED = 400000,  // held-out steps
    MOST_MEASURED = 20000, // windows of a fold
    MOST_CROSSED = 50000   // steps of a recording all of whose folds are held out in turn
};

typedef struct fitting {
    hg_model *m;
    const hg__signal *d;
    const hg__samples *s;
    const hg__signal_split *split;
    hg__pool *pool;
    hg__meter *meter;
    uint64_t seed;
    hg__json *detector;
    hg__window_detector own[HG_WINDOW_DETECTORS]; // without state: what each is, and what is usual
    float *distance[HG_WINDOW_DETECTORS];         // owned: of windows that were held out
    int64_t distances[HG_WINDOW_DETECTORS];
    int64_t count;
    float *score;       // owned, (count): of now, of steps that were held out
    bool *begins;       // owned, (count)
    hg__clip_mean clip; // of the block at hand
    float *mean;        // owned, (means): of each whole stretch that was held out
    int64_t means;
} fitting;

// ---- detectors ----------------------------------------------------------------------------------

// On the windows of these blocks.
static int fit_detectors(fitting *f, const hg__time_list *blocks, hg_error *err) {
    const hg__window_data data = {f->s, blocks, f->seed};
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) {
        hg__window_detector d = f->own[i];
        const bool learns = d.is_there && d.type->fit;
        const int code = learns ? d.type->fit(&d, &data, f->m, err) : HG_OK;
        hg__window_detector_clear(&d);
        HG_TRY(code);
    }
    return HG_OK;
}

static int save_usual(fitting *f, hg_error *err) {
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) {
        if (!f->own[i].is_there) continue;
        HG_TRY(hg__window_detector_save_usual(&f->own[i], f->m, err));
    }
    return HG_OK;
}

static int find_usual(fitting *f, hg_error *err) {
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) {
        hg__usual_fit(&f->own[i].usual, f->distance[i], f->distances[i]);
    }
    return save_usual(f, err);
}

// ---- windows of blocks measured -----------------------------------------------------------------

static int keep_distances(fitting *f, int32_t row, const float *far, int32_t count, hg_error *err) {
    const size_t all = (size_t)(f->distances[row] + count);
    float *grown = hg__grow(f->distance[row], all, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    f->distance[row] = grown;
    memcpy(grown + f->distances[row], far, (size_t)count * sizeof *far);
    f->distances[row] += count;
    return HG_OK;
}

static int measure_windows(fitting *f, int32_t row, const hg__time_list *blocks, hg_error *err) {
    const hg__window_data data = {f->s, blocks, f->seed};
    hg__window_detector d = f->own[row];
    hg__window_walk w = {0};
    float far[HG_WINDOWS_AT_ONCE];
    int32_t count = 0;
    float *y = hg__alloc(HG_WINDOWS_AT_ONCE, (size_t)d.width * sizeof *y, err);
    const hg__window_said said = {far, y};
    int code = y ? d.type->load(&d, f->m, "training", err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__window_walk_init(&w, &data, &d, MOST_MEASURED, err);
    while (code == HG_OK && (count = hg__window_walk_next(&w, err)) > 0) {
        const hg__seen_windows seen = hg__window_walk_seen(&w, count);
        d.type->measure(&d, &seen, &said);
        code = keep_distances(f, row, far, count, err);
    }
    hg__window_walk_clear(&w);
    hg__window_detector_clear(&d);
    hg__free(y);
    return code < 0 ? code : count;
}

// fold: that the blocks are of. The network has learned all but the first.
static int measure_blocks(fitting *f, const hg__time_list *blocks, int32_t fold, hg_error *err) {
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) {
        const bool is_learned = i == HG_DETECTOR_autoencoder && fold > 0;
        if (f->own[i].is_there && !is_learned) HG_TRY(measure_windows(f, i, blocks, err));
    }
    return HG_OK;
}

// ---- steps of blocks scored ---------------------------------------------------------------------

static int keep_scores(fitting *f, hg__signal_scorer *scorer, hg_error *err) {
    const hg__scored_step *step;
    int32_t n;
    while ((n = hg__signal_scorer_next(scorer, &step)) > 0) {
        const size_t all = (size_t)(f->count + n);
        float *score = hg__grow(f->score, all, sizeof *score, err);
        if (score) f->score = score;
        bool *begins = score ? hg__grow(f->begins, all, sizeof *begins, err) : NULL;
        if (!begins) return HG_ERR_MEMORY;
        f->begins = begins;
        for (int32_t i = 0; i < n; i++) {
            hg__clip_mean_add(&f->clip, f->d, &step[i]);
            if (isnan(step[i].now)) continue;
            f->begins[f->count] = step[i].begins;
            f->score[f->count++] = step[i].now;
        }
    }
    return HG_OK;
}

typedef struct piece {
    float *picked;   // owned, (HG_STEPS, C)
    float *value;    // owned, (HG_STEPS, channels of the recording)
    int64_t *row;    // owned, (HG_STEPS)
    uint8_t *begins; // owned, (HG_STEPS)
} piece;

static int make_piece(piece *p, const hg__signal *d, hg_error *err) {
    p->picked = hg__alloc(HG_STEPS, (size_t)d->channels * sizeof *p->picked, err);
    if (p->picked) p->value = hg__alloc(HG_STEPS, (size_t)d->read * sizeof *p->value, err);
    if (p->value) p->row = hg__alloc(HG_STEPS, sizeof *p->row, err);
    if (p->row) p->begins = hg__alloc(HG_STEPS, sizeof *p->begins, err);
    return p->begins ? HG_OK : HG_ERR_MEMORY;
}

static void clear_piece(piece *p) {
    hg__free(p->picked);
    hg__free(p->value);
    hg__free(p->row);
    hg__free(p->begins);
}

// Channels where the recording has them.
static void spread(const hg__signal *d, const float *picked, int32_t count, float *value) {
    for (int32_t i = 0; i < count; i++, value += d->read, picked += d->channels) {
        for (int32_t c = 0; c < d->channels; c++) value[d->pick[c]] = picked[c];
    }
}

static bool is_stretch(const hg__samples *s, const hg__time_block *b) {
    for (int64_t k = 0; k < s->stretches; k++) {
        if (s->first[k] == b->first) return s->first[k + 1] == b->end;
    }
    return false;
}

static int keep_clip(fitting *f, const hg__time_block *b, hg_error *err) {
    const double mean = hg__clip_mean_take(&f->clip);
    if (isnan(mean) || !is_stretch(f->s, b)) return HG_OK;
    float *grown = hg__grow(f->mean, (size_t)f->means + 1, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    f->mean = grown;
    f->mean[f->means++] = (float)mean;
    return HG_OK;
}

// The steps of a block, which are the next of the scorer; `most` of them.
static int score_block(fitting *f, const hg__time_block *b, int64_t most, piece *p,
                       hg__signal_scorer *scorer, hg_error *err) {
    const int64_t end = hg__min_64(b->end, b->first + most);
    for (int64_t t = b->first; t < end; t += HG_STEPS) {
        const int32_t count = (int32_t)hg__min_64(end - t, HG_STEPS);
        const hg__steps steps = {
            .count = count, .value = p->value, .row = p->row, .begins = p->begins};
        HG_TRY(hg__samples_read(f->s, t, count, p->picked, err));
        spread(f->d, p->picked, count, p->value);
        p->begins[0] = t == b->first;
        for (int32_t taken = 0; taken < count;) {
            taken += hg__signal_scorer_take(scorer, &steps, taken);
            HG_TRY(keep_scores(f, scorer, err));
        }
        hg__meter_at(f->meter, t);
    }
    hg__signal_scorer_end(scorer);
    HG_TRY(keep_scores(f, scorer, err));
    return keep_clip(f, b, err);
}

static int score_blocks(fitting *f, const hg__time_list *l, hg_error *err) {
    piece p = {0};
    const int64_t most = MOST_SCORED / (l->count + 1);
    hg__signal_scorer *scorer = hg__signal_scorer_new(f->m, f->pool, "training", err);
    int code = scorer ? make_piece(&p, f->d, err) : HG_ERR_MEMORY;
    if (code == HG_OK && l->block[0].fold > 0) {
        hg__signal_scorer_leave_out(scorer, HG_DETECTOR_autoencoder);
    }
    for (int64_t b = 0; code == HG_OK && b < l->count; b++) {
        code = score_block(f, &l->block[b], most, &p, scorer, err);
    }
    clear_piece(&p);
    hg__signal_scorer_free(scorer);
    return code;
}

// What is done with a fold once all is fitted on the others; of HG_NO_FOLD both are all there is.
typedef int use_fold(fitting *f, const hg__time_list *blocks, int32_t fold, hg_error *err);

static int use_scores(fitting *f, const hg__time_list *blocks, int32_t fold, hg_error *err) {
    (void)fold;
    return score_blocks(f, blocks, err);
}

static int visit_fold(fitting *f, int32_t fold, use_fold *use, hg_error *err) {
    hg__time_list learned = {0}, held = {0};
    int code = hg__signal_split_list(f->split, fold, fold == HG_NO_FOLD, &learned, err);
    if (code == HG_OK) code = hg__signal_split_list(f->split, fold, true, &held, err);
    if (code == HG_OK && learned.count > 0 && held.count > 0) {
        code = fit_detectors(f, &learned, err);
        if (code == HG_OK) code = use(f, &held, fold, err);
    }
    hg__free(learned.block);
    hg__free(held.block);
    return code;
}

static int visit_folds(fitting *f, use_fold *use, hg_error *err) {
    const int32_t folds = f->split->folds;
    if (folds == 0) return visit_fold(f, HG_NO_FOLD, use, err);
    const int32_t last = f->s->steps <= MOST_CROSSED ? folds - 1 : 0;
    for (int32_t k = last; k >= 0; k--) HG_TRY(visit_fold(f, k, use, err));
    return HG_OK;
}

// Of one channel all values, in their order.
static int fit_novelty(const fitting *f, hg_error *err) {
    enum { RECORD_SHARE = 5, PIECE = 512 };
    const int64_t span = f->s->steps / RECORD_SHARE / HG_NOVELTY_RECORDS;
    float x[PIECE];
    hg__novelty n = {0};
    hg__novelty_told told = {0};
    if (f->d->channels != 1 || f->d->kind == HG_SIGNAL_SOUND) return HG_OK;
    int code = hg__novelty_init(&n, (int32_t)hg__min_64(span, 1 << 20), err);
    for (int64_t t = 0; code == HG_OK && t < f->s->steps; t += PIECE) {
        const int32_t count = (int32_t)hg__min_64(f->s->steps - t, PIECE);
        code = hg__samples_read(f->s, t, count, x, err);
        for (int32_t i = 0; code == HG_OK && i < count; i++) {
            if (isnan(x[i])) continue;
            const hg__channel_scale *scale = &f->d->scale[0];
            const float given = hg__novelty_take(&n, (x[i] - scale->centre) * scale->inverse);
            if (t + i >= f->s->steps / 2) hg__novelty_told_add(&told, given);
        }
    }
    if (code == HG_OK) code = hg__novelty_save(&n, f->m, err);
    if (code == HG_OK && told.steps > 0) code = hg__novelty_told_save(&told, f->m, err);
    hg__novelty_clear(&n);
    return code;
}

// All that is known in the end.
static int fit_on_all(fitting *f, hg_error *err) {
    hg__time_list all;
    HG_TRY(
        hg__signal_split_list(f->split, f->split->folds, false, &all, err)); // a fold that is none
    const int code = fit_detectors(f, &all, err);
    hg__free(all.block);
    return code;
}

// ---- all of it ----------------------------------------------------------------------------------

// Steps that the scores depend on which alarms are of: the longest window of the detectors that count for them. Where none does, all do.
static int32_t alarm_memory(const fitting *f) {
    int32_t prompt = 0, longest = 0;
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) {
        const hg__window_detector *d = &f->own[i];
        if (d->weight == 0) continue;
        longest = hg__max(longest, d->view.length);
        if (d->is_prompt) prompt = hg__max(prompt, d->view.length);
    }
    return prompt ? prompt : longest;
}

// What held-out steps and clips say.
static int find_thresholds(fitting *f, const hg__signal_fit_options *o, hg_error *err) {
    HG_TRY(hg__clips_save(f->m, f->mean, f->means, err));
    if (f->count == 0) return HG_OK;
    const hg__held_steps held = {f->score, f->begins, f->count, alarm_memory(f)};
    const hg__alarm_rate rate = {o->fpr, o->events, hg__max(1, f->d->length / 8)};
    return hg__signal_alarms_fit(f->m, &held, &rate, f->detector, err);
}

static int measure_rebuilt(fitting *f, hg_error *err) {
    hg__rebuilt r;
    HG_TRY(hg__rebuilt_measure(&r, f->m, f->d, f->s, f->split, f->pool, err));
    return hg__rebuilt_save(&r, f->detector, err);
}

static int fit(fitting *f, const hg__signal_fit_options *o, hg_error *err) {
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) {
        f->own[i] = hg__window_detector_make(i, f->d, f->pool);
    }
    HG_TRY(hg__signal_save(f->d, f->m, f->detector, err));
    hg__model_set_detector(f->m, hg__json_share(f->detector));
    HG_TRY(visit_folds(f, measure_blocks, err));
    HG_TRY(find_usual(f, err));
    if (f->split->folds > 0) HG_TRY(visit_folds(f, use_scores, err));
    HG_TRY(fit_on_all(f, err));
    HG_TRY(fit_novelty(f, err));
    HG_TRY(measure_rebuilt(f, err));
    return find_thresholds(f, o, err);
}

static void clear(fitting *f) {
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) hg__free(f->distance[i]);
    hg__json_free(f->detector);
    hg__free(f->score);
    hg__free(f->begins);
    hg__free(f->mean);
}

int hg__signal_fit(hg_model *m, const hg__signal *d, const hg__samples *s,
                   const hg__signal_split *split, const hg__signal_fit_options *o, hg__meter *meter,
                   hg__pool *pool, hg_error *err) {
    fitting *f = hg__alloc(1, sizeof *f, err);
    if (!f) return HG_ERR_MEMORY;
    *f = (fitting){.m = m,
                   .d = d,
                   .s = s,
                   .split = split,
                   .pool = pool,
                   .meter = meter,
                   .seed = o->seed,
                   .detector = hg__json_object()};
    const int code =
        f->detector ? fit(f, o, err) : hg__fail(err, HG_ERR_MEMORY, "out of memory while fitting");
    clear(f);
    hg__free(f);
    return code;
}
