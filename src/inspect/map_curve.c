// SPDX-License-Identifier: Apache-2.0
// map_curve.c - AUROC, average precision, AUPRO, best F1 and AUPIMO, a value of the pixels at a time.
#include "inspect/map_curve.h"

#include <math.h>

#include "base/real.h"

// AUPIMO's limits of the rate of good pictures.
static const double rate_low = 1e-5, rate_high = 1e-4;

typedef struct corner {
    double x, y;
} corner;

// The trapezoid from a to b, as far as it lies within low .. high, is added to value. A curve that rises from a to b in
// another way is off by half of the rectangle at the most; by all of it where the trapezoid is cut.
static void add_area(corner a, corner b, double low, double high, double *value, double *error) {
    const double from = a.x > low ? a.x : low, to = b.x < high ? b.x : high;
    if (from >= to) return;
    const double slope = (b.y - a.y) / (b.x - a.x);
    const double first = a.y + slope * (from - a.x), last = a.y + slope * (to - a.x);
    const bool whole = a.x >= low && b.x <= high;
    *value += (to - from) * (first + last) / 2;
    *error += (to - from) * (b.y - a.y) * (whole ? 0.5 : 1.0);
}

// x: the share of good pixels beyond a threshold, y: the mean share of a region beyond it.
static void add_overlap(hg__curve *c, const hg__curve_mass *next) {
    const hg__curve_mass *all = &c->all, *before = &c->beyond;
    const corner a = {before->good / all->good, before->overlap / all->overlap};
    const corner b = {(before->good + next->good) / all->good,
                      (before->overlap + next->overlap) / all->overlap};
    const double limit[] = {0.3, 0.05};
    for (int32_t i = 0; i < 2; i++) {
        const int32_t k = HG_CURVE_AUPRO_30 + i;
        add_area(a, b, 0, limit[i], c->value + k, c->error + k);
    }
}

// x: the logarithm of the mean share of a good picture beyond a threshold, y: the mean share of a picture's defects.
static void add_image_overlap(hg__curve *c, const hg__curve_mass *next) {
    const hg__curve_mass *all = &c->all, *before = &c->beyond;
    const double x0 = before->good_rate / all->good_rate;
    const double x1 = (before->good_rate + next->good_rate) / all->good_rate;
    if (x1 <= rate_low || x0 >= rate_high || next->good_rate <= 0) return;
    if (x0 <= 0) {
        c->coarse_rate = true;
        return;
    }
    const corner a = {hg__log(x0), before->image_rate / all->image_rate};
    const corner b = {hg__log(x1), (before->image_rate + next->image_rate) / all->image_rate};
    add_area(a, b, hg__log(rate_low), hg__log(rate_high), c->value + HG_CURVE_AUPIMO,
             c->error + HG_CURVE_AUPIMO);
}

// In which order the next pixels would come if they were told apart decides how precise the alarms are at each hit:
// between all misses first and all hits first.
static void add_precision(hg__curve *c, const hg__curve_mass *next) {
    const double anomalies = c->all.defect, found = c->beyond.defect + next->defect;
    const double alarms = c->beyond.good + next->good + found;
    const double precision = found / alarms;
    const double most = found / (alarms - next->good);
    const double least =
        (c->beyond.defect + 1) / (c->beyond.defect + 1 + c->beyond.good + next->good);
    const double off = most - precision > precision - least ? most - precision : precision - least;
    c->value[HG_CURVE_AP] += next->defect / anomalies * precision;
    c->error[HG_CURVE_AP] += next->defect / anomalies * off;
    const double f1 = 2 * found / (anomalies + alarms);
    const double limit = 2 * found / (anomalies + alarms - next->good);
    if (limit > c->f1_limit) c->f1_limit = limit;
    if (f1 <= c->value[HG_CURVE_BEST_F1]) return;
    c->value[HG_CURVE_BEST_F1] = f1;
    c->best_is_new = true;
}

void hg__curve_init(hg__curve *c, const hg__curve_mass *all) {
    *c = (hg__curve){.all = *all};
}

void hg__curve_step(hg__curve *c, const hg__curve_mass *next) {
    const bool measurable = c->all.good > 0 && c->all.defect > 0;
    c->best_is_new = false;
    if (measurable && next->defect > 0) {
        // Mann & Whitney's U, twice: integers, exact below 2^53.
        const double below = c->all.good - c->beyond.good - next->good;
        c->value[HG_CURVE_AUROC] += next->defect * (2 * below + next->good);
        c->error[HG_CURVE_AUROC] += next->defect * next->good;
        add_precision(c, next);
    }
    if (measurable) add_overlap(c, next);
    if (measurable && c->all.good_rate > 0) add_image_overlap(c, next);
    c->beyond.good += next->good;
    c->beyond.defect += next->defect;
    c->beyond.overlap += next->overlap;
    c->beyond.good_rate += next->good_rate;
    c->beyond.image_rate += next->image_rate;
}

void hg__curve_finish(hg__curve *c) {
    const double pairs = 2 * c->all.good * c->all.defect;
    const double unit[HG_CURVE_METRICS] = {
        [HG_CURVE_AUROC] = pairs,  [HG_CURVE_AP] = 1,
        [HG_CURVE_AUPRO_30] = 0.3, [HG_CURVE_AUPRO_5] = 0.05,
        [HG_CURVE_BEST_F1] = 1,    [HG_CURVE_AUPIMO] = hg__log(rate_high) - hg__log(rate_low),
    };
    c->error[HG_CURVE_BEST_F1] = c->f1_limit - c->value[HG_CURVE_BEST_F1];
    for (int32_t k = 0; k < HG_CURVE_METRICS; k++) {
        const bool exists =
            pairs > 0 && (k != HG_CURVE_AUPIMO || (c->all.good_rate > 0 && !c->coarse_rate));
        c->value[k] = exists ? c->value[k] / unit[k] : (double)NAN;
        c->error[k] = exists ? c->error[k] / unit[k] : (double)NAN;
    }
}
