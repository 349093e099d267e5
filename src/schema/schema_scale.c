// SPDX-License-Identifier: Apache-2.0
// schema_scale.c - how a column of numbers is scaled, from its measured shape, and the scaling itself.
//
// What decides; "bulk" is the standard deviation of all but the lowest and highest hundredth:
//   the farthest value lies FAR bulks from the median, and DECADES times as far from 0 as the typical value that is not 0
//                                            ──> signed log first: a few values would take all the room
//   the standard deviation is above WIDE bulks ──> robust: it tells of the outliers, not of the rest (but where half
//                                                of the values are alike their spread is no scale)
//   else                                     ──> standard
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/real.h"
#include "schema/schema_internal.h"

#define FAR      100.0
#define WIDE     10.0
#define DECADES  1000.0
#define LARGEST  1e300 // values beyond count as this: differences stay finite
#define SMALLEST 1e-300

static double within(double x, double limit) {
    return x > limit ? limit : x < -limit ? -limit : x;
}

static double signed_log(const hg__column *c, double x) {
    const double size = hg__log1p(within(fabs(x) / c->unit, LARGEST));
    return x < 0 ? -size : size;
}

// ---- applied ------------------------------------------------------------------------------------

// The knots on both sides of x, or the nearest two: *at and *at + 1.
static int32_t find_knot(const double *knot, int32_t knots, double x) {
    int32_t low = 0, high = knots - 1;
    while (high - low > 1) {
        const int32_t middle = low + (high - low) / 2;
        if (knot[middle] <= x) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static double quantile_score(const hg__column *c, double x) {
    const int32_t last = c->knots - 1;
    if (x <= c->knot[0]) return c->score[0] + (x - c->knot[0]) / c->scale;
    if (x >= c->knot[last]) return c->score[last] + (x - c->knot[last]) / c->scale;
    const int32_t i = find_knot(c->knot, c->knots, x);
    const double share = (x - c->knot[i]) / (c->knot[i + 1] - c->knot[i]);
    return c->score[i] + share * (c->score[i + 1] - c->score[i]);
}

float hg__scale_apply(const hg__column *c, double x) {
    double v = within(x, LARGEST);
    if (c->log) v = signed_log(c, v);
    v = c->scaling == HG_SCALE_QUANTILE ? quantile_score(c, v) : (v - c->centre) / c->scale;
    return (float)within(v, HG_SCALED_LIMIT);
}

static double quantile_value(const hg__column *c, double z) {
    const int32_t last = c->knots - 1;
    if (z <= c->score[0]) return c->knot[0] + (z - c->score[0]) * c->scale;
    if (z >= c->score[last]) return c->knot[last] + (z - c->score[last]) * c->scale;
    const int32_t i = find_knot(c->score, c->knots, z);
    const double share = (z - c->score[i]) / (c->score[i + 1] - c->score[i]);
    return c->knot[i] + share * (c->knot[i + 1] - c->knot[i]);
}

double hg__scale_invert(const hg__column *c, double z) {
    const double v =
        c->scaling == HG_SCALE_QUANTILE ? quantile_value(c, z) : c->centre + z * c->scale;
    if (!c->log) return v;
    const double size = within(c->unit * hg__expm1(fabs(v)), LARGEST);
    return v < 0 ? -size : size;
}

// ---- measured -----------------------------------------------------------------------------------

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// A standard deviation that outliers do not move: half the values lie within 0.6745 of it; where they are all
// equal, nine in ten within 1.645, or 98 in 100 within 2.326. 0 if even these are equal.
static double robust_deviation(const double *x, int64_t count) {
    static const struct {
        double tail, width;
    } cut[] = {
        {0.25, 1.349 },
        {0.05, 3.2897},
        {0.01, 4.6527},
    };
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        const double width =
            hg__quantile(x, count, 1 - cut[i].tail) - hg__quantile(x, count, cut[i].tail);
        if (width > 0) return width / cut[i].width;
    }
    return 0;
}

static double deviation(const hg__moments *m) {
    return m->count > 0 ? sqrt(m->m2 / (double)m->count) : 0;
}

// Of a sample instead of all values: after a log there is nothing else.
static hg__moments measure(const double *x, int64_t count) {
    hg__moments m = {.least = x[0], .most = x[count - 1]};
    for (int64_t i = 0; i < count; i++) {
        const double off = x[i] - m.mean;
        m.count++;
        m.mean += off / (double)m.count;
        m.m2 += off * (x[i] - m.mean);
    }
    return m;
}

// A positive, finite scale: where nothing varies, the value itself.
static double usable(double scale, double centre) {
    const double least = fabs(centre) * 1e-12;
    if (scale > least && scale > SMALLEST && scale < LARGEST) return scale;
    return fabs(centre) > SMALLEST ? fabs(centre) : 1;
}

// The median of |x| over what is not 0, x (count) ascending: below it the log is nearly a line.
static double unit_of(const double *x, int64_t count) {
    int64_t below = 0, above = count; // x[below - 1] and x[above] are the nearest to 0 that are not
    while (below < count && x[below] < 0) below++;
    while (above > below && x[above - 1] > 0) above--;
    const int64_t middle = (below + count - above) / 2;
    double size = 0;
    for (int64_t i = 0; i <= middle && (below > 0 || above < count); i++) {
        const bool is_low = above == count || (below > 0 && -x[below - 1] < x[above]);
        size = is_low ? -x[--below] : x[above++];
    }
    return size > SMALLEST ? size : 1;
}

// The standard deviation without the outer hundredths; x (count) ascending.
static double bulk_of(const double *x, int64_t count) {
    const int64_t cut = count / 100;
    const hg__moments m = measure(x + cut, count - 2 * cut);
    return deviation(&m);
}

// Whether a log is called for; c->unit is set.
static bool is_far(const hg__column *c, const hg__moments *all, const double *x, int64_t count) {
    const double middle = hg__quantile(x, count, 0.5), bulk = bulk_of(x, count);
    const double width = bulk > 0 ? bulk : deviation(all);
    const double below = middle - all->least, above = all->most - middle;
    const double farthest = fabs(all->least) > all->most ? fabs(all->least) : all->most;
    if (farthest < DECADES * c->unit) return false;
    return !((below > above ? below : above) <= FAR * width); // NaN and infinities are far
}

// ---- quantiles ----------------------------------------------------------------------------------

// Knots at equal steps of rank, x (count) ascending; equal knots become one at their mean rank.
static int find_knots(hg__column *c, const double *x, int64_t count, int32_t knots, hg_error *err) {
    c->knot = hg__alloc((size_t)knots, sizeof *c->knot, err);
    c->score = hg__alloc((size_t)knots, sizeof *c->score, err);
    if (!c->knot || !c->score) return HG_ERR_MEMORY;
    const double edge = 0.5 / (double)(count > knots ? count : knots);
    for (int32_t i = 0, end; i < knots; i = end) {
        const double at = hg__quantile(x, count, (double)i / (knots - 1));
        for (end = i + 1; end < knots; end++) {
            if (hg__quantile(x, count, (double)end / (knots - 1)) > at) break;
        }
        double p = (double)(i + end - 1) / (2.0 * (knots - 1));
        p = p < edge ? edge : p > 1 - edge ? 1 - edge : p;
        c->knot[c->knots] = at;
        c->score[c->knots++] = hg__normal_quantile(p);
    }
    return HG_OK;
}

// ---- chosen -------------------------------------------------------------------------------------

int hg__scale_choose(hg__column *c, const hg__override *way, const hg__moments *all, double *sample,
                     int64_t count, int32_t knots, hg_error *err) {
    c->unit = 1;
    c->scale = 1;
    c->least = all->least;
    c->most = all->most;
    if (count == 0) return HG_OK; // nothing but missing values
    for (int64_t i = 0; i < count; i++) sample[i] = within(sample[i], LARGEST);
    qsort(sample, (size_t)count, sizeof *sample, compare);
    c->fill = hg__quantile(sample, count, 0.5);
    hg__moments m = *all;
    c->unit = way->unit > 0 ? way->unit : unit_of(sample, count);
    c->log = way->log >= 0 ? way->log == 1 : is_far(c, all, sample, count);
    if (c->log) {
        for (int64_t i = 0; i < count; i++) sample[i] = signed_log(c, sample[i]);
        m = measure(sample, count);
    }
    const double robust = robust_deviation(sample, count),
                 middle = hg__quantile(sample, count, 0.5);
    const double all_of_it = deviation(&m), bulk = bulk_of(sample, count);
    const bool spike = hg__quantile(sample, count, 0.25) >= hg__quantile(sample, count, 0.75);
    const bool wide = !spike && !(all_of_it <= WIDE * bulk);
    c->scaling = way->scaling >= 0 ? (hg__scaling)way->scaling
                 : wide            ? HG_SCALE_ROBUST
                                   : HG_SCALE_STANDARD;
    if (c->scaling == HG_SCALE_STANDARD && !isfinite(all_of_it)) c->scaling = HG_SCALE_ROBUST;
    c->centre = c->scaling == HG_SCALE_STANDARD ? within(m.mean, LARGEST) : middle;
    c->scale =
        usable(c->scaling == HG_SCALE_STANDARD || robust <= 0 ? all_of_it : robust, c->centre);
    if (c->scaling != HG_SCALE_QUANTILE) return HG_OK;
    HG_TRY(find_knots(c, sample, count, knots, err));
    if (c->knots < 2) c->scaling = HG_SCALE_ROBUST; // all values alike
    return HG_OK;
}
