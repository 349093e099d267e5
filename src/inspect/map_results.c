// SPDX-License-Identifier: Apache-2.0
// map_results.c - metrics of the pictures that were added: the walk, rates at the threshold, intervals; and their names.
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "inspect/map_tally.h"

static const hg__interval none = {(double)NAN, (double)NAN, (double)NAN};

static int by_hash(const void *a, const void *b) {
    const hg__map_picture *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

static hg__interval value_only(double value) {
    return (hg__interval){value, (double)NAN, (double)NAN};
}

static void add_curve(hg__map_metrics *m, const hg__map_walk *w, uint32_t shift) {
    const double *value = w->curve.value;
    m->auroc = value_only(value[HG_CURVE_AUROC]);
    m->ap = value_only(value[HG_CURVE_AP]);
    m->aupro_30 = value_only(value[HG_CURVE_AUPRO_30]);
    m->aupro_5 = value_only(value[HG_CURVE_AUPRO_5]);
    m->best_f1 = value_only(value[HG_CURVE_BEST_F1]);
    m->aupimo = value_only(value[HG_CURVE_AUPIMO]);
    m->best_f1_threshold = w->best_threshold;
    if (shift == 0) return;
    const double *error = w->curve.error;
    m->error =
        (hg__map_errors){error[HG_CURVE_AUROC],   error[HG_CURVE_AP],      error[HG_CURVE_AUPRO_30],
                         error[HG_CURVE_AUPRO_5], error[HG_CURVE_BEST_F1], error[HG_CURVE_AUPIMO]};
}

static double share(int64_t part, int64_t whole) {
    return whole > 0 ? (double)part / (double)whole : (double)NAN;
}

static void add_counts(const hg__map_tally *t, double level, hg__map_metrics *m) {
    m->f1 = m->precision = m->recall = m->pixel_false_alarms = m->picture_false_alarms = none;
    int64_t hits = 0, misses = 0, good_alarms = 0, pixels = 0, alarmed = 0;
    for (size_t i = 0; i < t->pictures; i++) {
        const hg__map_picture *p = t->picture + i;
        m->regions += p->regions;
        m->good_pixels += p->pixels[HG_GOOD];
        m->defect_pixels += p->pixels[HG_DEFECT];
        hits += p->alarms[HG_DEFECT];
        misses += p->alarms[HG_GOOD];
        if (p->regions > 0) {
            m->defect_pictures++;
            continue;
        }
        m->good_pictures++;
        good_alarms += p->alarms[HG_GOOD];
        pixels += p->pixels[HG_GOOD];
        alarmed += p->alarms[HG_GOOD] > 0;
    }
    if (isnan(t->threshold)) return;
    if (m->defect_pixels > 0) {
        m->f1 = value_only(share(2 * hits, m->defect_pixels + hits + misses));
        m->precision = value_only(share(hits, hits + misses));
        m->recall = value_only(share(hits, m->defect_pixels));
    }
    m->pixel_false_alarms = value_only(share(good_alarms, pixels));
    m->picture_false_alarms = hg__proportion(alarmed, m->good_pictures, level);
}

// Few bins for many pictures, so that a resample takes about the same time and memory.
static int32_t bins_for(size_t pictures) {
    const size_t steps = ((size_t)1 << 17) / pictures;
    return 8 * (int32_t)(steps > 256 ? 256 : steps < 32 ? 32 : steps);
}

static int bins_init(hg__map_bins *b, size_t pictures, hg_error *err) {
    *b = (hg__map_bins){.room = bins_for(pictures)};
    const size_t row = (size_t)b->room * sizeof *b->good;
    b->good = hg__alloc(pictures, row, err);
    b->defect = hg__alloc(pictures, row, err);
    b->overlap = hg__alloc(pictures, row, err);
    return b->good && b->defect && b->overlap ? HG_OK : HG_ERR_MEMORY;
}

static void bins_clear(hg__map_bins *b) {
    hg__free(b->good);
    hg__free(b->defect);
    hg__free(b->overlap);
}

int hg__map_tally_finish(hg__map_tally *t, const hg__map_metrics_options *o, hg__map_metrics *m,
                         hg_error *err) {
    *m = (hg__map_metrics){.good_pictures = 0};
    if (t->pictures > 0) qsort(t->picture, t->pictures, sizeof *t->picture, by_hash);
    add_counts(t, o->level, m);
    const bool resample = o->resamples > 0 && t->pictures > 0;
    hg__map_bins bins = {0};
    hg__map_walk w;
    int code = resample ? bins_init(&bins, t->pictures, err) : HG_OK;
    if (code == HG_OK) code = hg__map_walk_run(t, &w, resample ? &bins : NULL, err);
    if (code == HG_OK) add_curve(m, &w, t->shift);
    if (code == HG_OK && resample) code = hg__map_bootstrap(t, &bins, o, m, err);
    if (code == HG_OK && resample) m->resamples = o->resamples;
    bins_clear(&bins);
    return code;
}

bool hg__map_metrics_at(const hg__map_metrics *m, int32_t i, const char **name, hg__interval *to) {
    const struct {
        const char *name;
        const hg__interval *interval;
    } row[] = {
        {"pixel_auroc",          &m->auroc               },
        {"pixel_ap",             &m->ap                  },
        {"aupro_30",             &m->aupro_30            },
        {"aupro_5",              &m->aupro_5             },
        {"aupimo",               &m->aupimo              },
        {"pixel_best_f1",        &m->best_f1             },
        {"pixel_f1",             &m->f1                  },
        {"pixel_precision",      &m->precision           },
        {"pixel_recall",         &m->recall              },
        {"pixel_false_alarms",   &m->pixel_false_alarms  },
        {"picture_false_alarms", &m->picture_false_alarms},
    };
    if (i < 0 || i >= (int32_t)(sizeof row / sizeof *row)) return false;
    *name = row[i].name;
    *to = *row[i].interval;
    return true;
}
