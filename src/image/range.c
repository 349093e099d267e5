// SPDX-License-Identifier: Apache-2.0
// range.c - the range of a page's samples, and which of them are no part of the picture.
//
//   all samples ─────────────────────────> bins     the whole: its ends, what share lies where
//        └──> no more than two opposite ──> bins     the calm: without what stands alone (hot and dead pixels)
//             neighbours, no less either
//
// A bin is one value of 16 bits, and of other samples a 1/128 of their size; it knows its own ends. What lies at an end of the
// calm is cut off where a gap parts it from the rest that is wider than the rest itself, if it is one value (-9999, 65535,
// 0 below 1500 .. 1600) or next to nothing. Then a sample is outside if it lies further from the calm than twice
// its range: continuous tails, bright cells, stars and speckle stay in, as does what is no rarity (LONE).
#include "image/range.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

enum {
    BINS = 1 << 16,
    CUT =
        100, // a group of several values is cut off below 1 / CUT of all samples; the rest has as much
    LONE = 100,      // what lies far out is a rarity below 1 / LONE of all samples
    ALIKE = 100000,  // times its own extent the gap before a group of one value is
    MANY = 16,       // samples that share a value
    VALUES = 4,      // that the rest has at the least: pictures of a few levels are left alone
    MARGIN = 2,      // times its range, what is far from the picture
    NEAR = 4,        // a part of its range, what is near the picture
    STEPS = 16,      // whole numbers: no less far than this
    PADDING = -1500, // and below: no Hounsfield units (air is -1000), but what CT scanners pad with
    PART = 8,        // of its range, the gap above padding
    CONSTANT = 1024  // a page of one value: its part that becomes the range
};

typedef struct bin {
    double low, high;
    uint64_t count;
} bin;

struct hg__range_finder {
    hg__image_info info;
    bin *whole, *calm;       // owned, (BINS)
    double *line[3];         // owned, grown: (width, channels) of the lines before, NAN for none
    uint8_t *is;             // owned, grown: (width, channels)
    size_t samples;          // of a line
    int32_t lines;           // seen
    uint64_t count, missing; // numbers, and none
};

// ---- making -------------------------------------------------------------------------------------

hg__range_finder *hg__range_finder_new(hg_error *err) {
    hg__range_finder *f = hg__alloc(1, sizeof *f, err);
    if (!f) return NULL;
    f->whole = hg__alloc(BINS, sizeof *f->whole, err);
    if (f->whole) f->calm = hg__alloc(BINS, sizeof *f->calm, err);
    if (f->calm) return f;
    hg__range_finder_free(f);
    return NULL;
}

void hg__range_finder_free(hg__range_finder *f) {
    if (!f) return;
    for (int i = 0; i < 3; i++) hg__free(f->line[i]);
    hg__free(f->is);
    hg__free(f->calm);
    hg__free(f->whole);
    hg__free(f);
}

int hg__range_begin(hg__range_finder *f, const hg__image_info *info, hg_error *err) {
    f->info = *info;
    f->info.range = (hg__sample_range){0};
    f->samples = (size_t)info->width * (size_t)info->channels;
    f->lines = 0;
    f->count = f->missing = 0;
    memset(f->whole, 0, BINS * sizeof *f->whole);
    memset(f->calm, 0, BINS * sizeof *f->calm);
    for (int i = 0; i < 3; i++) {
        double *grown = hg__grow(f->line[i], f->samples, sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        f->line[i] = grown;
    }
    uint8_t *is = hg__grow(f->is, f->samples, sizeof *is, err);
    if (!is) return HG_ERR_MEMORY;
    f->is = is;
    return HG_OK;
}

// ---- samples into bins --------------------------------------------------------------------------

// Ascending with x: 16-bit numbers as they are, others by sign, exponent and 7 bits.
static size_t place_of(hg__dtype type, double x) {
    if (type == HG_U16) return (size_t)x;
    if (type == HG_I16) return (size_t)(x + 32768);
    const double most = (double)FLT_MAX;
    const float near = (float)(x < -most ? -most : x > most ? most : x);
    uint32_t bits;
    memcpy(&bits, &near, sizeof bits);
    bits ^= bits >> 31 ? 0xFFFFFFFFU : 0x80000000U;
    return bits >> 16;
}

static void count_in(bin *of, double x) {
    if (of->count == 0 || x < of->low) of->low = x;
    if (of->count == 0 || x > of->high) of->high = x;
    of->count++;
}

static double limit(double x, double a, double b) {
    const double low = a < b ? a : b, high = a < b ? b : a;
    return x < low ? low : x > high ? high : x;
}

// x taken between its neighbours left and right, and between those above and below, where it is a peak, or a pit, of either;
// at corners between those there are.
static double calm_of(double x, double left, double right, double up, double down) {
    const bool across = !isnan(left) && !isnan(right), along = !isnan(up) && !isnan(down);
    const double a = across ? limit(x, left, right) : x, b = along ? limit(x, up, down) : x;
    if (across || along) return a / 2 + b / 2 < x ? fmin(a, fmin(b, x)) : fmax(a, fmax(b, x));
    const double low = fmin(fmin(left, right), fmin(up, down)); // the numbers among them
    return isnan(low) ? x : limit(x, low, fmax(fmax(left, right), fmax(up, down)));
}

// A line between two others; NULL at the edges.
static void count_line(hg__range_finder *f, const double *up, const double *line,
                       const double *down) {
    const size_t C = (size_t)f->info.channels, n = f->samples;
    const hg__dtype type = f->info.dtype;
    for (size_t i = 0; i < n; i++) {
        const double x = line[i];
        if (isnan(x)) continue;
        count_in(&f->whole[place_of(type, x)], x);
        const double calm =
            calm_of(x, i >= C ? line[i - C] : (double)NAN, i + C < n ? line[i + C] : (double)NAN,
                    up ? up[i] : (double)NAN, down ? down[i] : (double)NAN);
        count_in(&f->calm[place_of(type, calm)], calm);
    }
}

static const double *line_at(const hg__range_finder *f, int32_t line) {
    return line < 0 ? NULL : f->line[line % 3];
}

// A line as numbers, NAN for none; how many are none.
static size_t take_line(hg__range_finder *f, const void *line, double *to) {
    const hg__image_info *i = &f->info;
    const size_t C = (size_t)i->channels, stride = (size_t)hg__image_samples(i), n = f->samples;
    if (i->dtype == HG_U16 && stride == C && !i->has_nodata) { // most files, at once
        for (size_t k = 0; k < n; k++) to[k] = ((const uint16_t *)line)[k];
        return 0;
    }
    const int64_t none = hg__outside_mark(i, line, (size_t)i->width, f->is);
    for (size_t k = 0; k < n; k++) {
        const size_t at = stride == C ? k : k / C * stride + k % C;
        to[k] = f->is[k] ? (double)NAN : hg__image_sample(i->dtype, line, at);
    }
    return (size_t)none;
}

void hg__range_add(hg__range_finder *f, const void *line) {
    const int32_t y = f->lines++;
    double *to = f->line[y % 3];
    const size_t none = take_line(f, line, to);
    f->missing += none;
    f->count += f->samples - none;
    if (y > 0) count_line(f, line_at(f, y - 2), line_at(f, y - 1), to);
}

// ---- what is cut off ----------------------------------------------------------------------------

// Bins first .. last of those in use.
typedef struct group {
    const bin *bin;
    size_t first, last;
    uint64_t all; // samples of the whole page
} group;

static size_t gather(bin *b) { // those in use to the front; how many
    size_t n = 0;
    for (size_t i = 0; i < BINS; i++) {
        if (b[i].count) b[n++] = b[i];
    }
    return n;
}

// Halved, as the difference of two doubles need not be one.
static double half_extent(const group *g, size_t first, size_t last) {
    return g->bin[last].high / 2 - g->bin[first].low / 2;
}

static double half_gap(const group *g, size_t i) { // behind bin i
    return g->bin[i + 1].low / 2 - g->bin[i].high / 2;
}

static uint64_t count_of(const group *g, size_t first, size_t last) {
    uint64_t n = 0;
    for (size_t i = first; i <= last; i++) n += g->bin[i].count;
    return n;
}

// Whether bins first .. last may be cut off at a gap.
static bool is_apart(const group *g, size_t first, size_t last, double gap) {
    return half_extent(g, first, last) * ALIKE <= gap || count_of(g, first, last) <= g->all / CUT;
}

static bool is_one_value(const group *g, size_t first, size_t last, double gap) {
    return half_extent(g, first, last) * ALIKE <= gap && count_of(g, first, last) >= MANY;
}

// Whether they may be a picture.
static bool is_picture(const group *g, size_t first, size_t last) {
    size_t values = 0;
    for (size_t i = first; i <= last && values < VALUES; i++) {
        values += g->bin[i].low < g->bin[i].high ? VALUES : 1;
    }
    return values >= VALUES && count_of(g, first, last) >= g->all / CUT;
}

// Whether they may be the picture beside the gap.
static bool is_rest(const group *g, size_t first, size_t last, double gap) {
    return gap > half_extent(g, first, last) && is_picture(g, first, last);
}

// Whether bins g->first .. last are a scanner's padding (-2000, -3024): one value of a good share, below all tissue by less
// than the range of it. The rest is another picture without it.
static bool is_padding(const group *g, size_t last, double gap) {
    const bin *b = &g->bin[last];
    return last == g->first && b->low == b->high && b->low <= PADDING &&
           b->low == nearbyint(b->low) && b->count >= g->all / CUT && b->count >= MANY &&
           gap * PART > half_extent(g, last + 1, g->last) && is_picture(g, last + 1, g->last);
}

// The widest gap and the next, as the bins before them; last where there is none.
static void find_gaps(const group *g, size_t *widest, size_t *next) {
    *widest = *next = g->last;
    for (size_t i = g->first; i < g->last; i++) {
        if (*widest == g->last || half_gap(g, i) > half_gap(g, *widest)) {
            *next = *widest;
            *widest = i;
        } else if (*next == g->last || half_gap(g, i) > half_gap(g, *next)) {
            *next = i;
        }
    }
}

// Cuts off one group, or one at each end; false if nothing is to be cut off any more.
static bool cut(group *g) {
    size_t i, j;
    find_gaps(g, &i, &j);
    if (i == g->last) return false;
    const double gap = half_gap(g, i);
    const bool above = is_apart(g, i + 1, g->last, gap) && is_rest(g, g->first, i, gap);
    const bool below =
        (is_apart(g, g->first, i, gap) && is_rest(g, i + 1, g->last, gap)) || is_padding(g, i, gap);
    if (above && (!below || count_of(g, g->first, i) >= count_of(g, i + 1, g->last))) {
        g->last = i;
        return true;
    }
    if (below) {
        g->first = i + 1;
        return true;
    }
    if (j == g->last) return false;
    const size_t low = i < j ? i : j, high = i < j ? j : i;
    if (!is_apart(g, g->first, low, half_gap(g, low)) ||
        !is_apart(g, high + 1, g->last, half_gap(g, high)) ||
        !is_rest(g, low + 1, high, half_gap(g, j))) {
        return false;
    }
    g->first = low + 1;
    g->last = high;
    return true;
}

// ---- the range ----------------------------------------------------------------------------------

// Samples of the page below or above x; bins that x parts count.
static uint64_t count_beyond(const hg__range_finder *f, size_t bins, double x, bool above) {
    uint64_t n = 0;
    for (size_t i = 0; i < bins; i++) {
        const bin *b = &f->whole[i];
        if (above ? b->high > x : b->low < x) n += b->count;
    }
    return n;
}

// How far from one end of the picture a sample may lie; `gap` behind it, 0 where nothing was cut off.
static double margin_of(const hg__range_finder *f, double range, double gap) {
    double margin = MARGIN * range;
    if (!hg__image_is_real(f->info.dtype) && margin < STEPS) margin = STEPS;
    return gap > 0 && gap / 2 < margin ? gap / 2 : margin;
}

// The whole page without what may be cut off of it: beyond its ends there are no rarities, but one value.
static group cut_whole(const hg__range_finder *f, size_t bins) {
    group g = {.bin = f->whole, .last = bins - 1, .all = f->count};
    while (cut(&g)) continue;
    return g;
}

// The ends of what is no part of the picture: own.least and most, and cut_*.
static void find_outside(const hg__range_finder *f, size_t bins, const group *g, size_t calm,
                         hg__page_samples *p) {
    const double low = g->bin[g->first].low, high = g->bin[g->last].high;
    const double range = 2 * half_extent(g, g->first, g->last);
    if (!(range > 0)) return;
    const group whole = cut_whole(f, bins);
    const double below = g->first > 0 ? 2 * half_gap(g, g->first - 1) : 0;
    const double above = g->last + 1 < calm ? 2 * half_gap(g, g->last) : 0;
    const double least = low - margin_of(f, range, below);
    const double most = high + margin_of(f, range, above);
    const uint64_t few = f->count / LONE;
    const bool cuts_below = whole.first > 0 && f->whole[whole.first].low >= least;
    const bool cuts_above = whole.last + 1 < bins && f->whole[whole.last].high <= most;
    if (below > 0 || cuts_below || count_beyond(f, bins, least, false) <= few) p->own.least = least;
    if (above > 0 || cuts_above || count_beyond(f, bins, most, true) <= few) p->own.most = most;
    size_t first = 0, last = bins - 1; // those of the picture
    while (f->whole[first].high < p->own.least) first++;
    while (f->whole[last].low > p->own.most) last--;
    const group all = {.bin = f->whole, .last = bins - 1};
    p->cut_below = first > 0 && is_one_value(&all, 0, first - 1, half_gap(&all, first - 1));
    p->cut_above = last + 1 < bins && is_one_value(&all, last + 1, bins - 1, half_gap(&all, last));
}

// Where something lies outside at this end: the picture's end, with the samples that stand alone but near it.
static double end_of(const hg__range_finder *f, size_t bins, const group *g, bool above) {
    const double low = g->bin[g->first].low, high = g->bin[g->last].high;
    const double near = 2 * half_extent(g, g->first, g->last) / NEAR;
    double end = above ? high : low;
    for (size_t i = 0; i < bins; i++) {
        const bin *b = &f->whole[i];
        if (above && b->high > end && b->high <= high + near) end = b->high;
        if (!above && b->low < end && b->low >= low - near) end = b->low;
    }
    return end;
}

void hg__range_of(const hg__image_info *info, double least, double most, double *low,
                  double *high) {
    const double white = (double)info->white;
    *low = least;
    *high = most;
    if (least >= 0 && most <= white && (most - least > white / 2 || !(least < most))) {
        *low = 0;
        *high = white;
    } else if (!(least < most)) { // one value: the middle of a range
        const double size = fabs(least) / CONSTANT, range = size > 1 ? size : 1;
        *low = least - range / 2;
        *high = least + range / 2;
    }
}

void hg__range_end(hg__range_finder *f, hg__page_samples *p) {
    *p = (hg__page_samples){.has_outside = f->missing > 0};
    if (f->lines > 0) {
        count_line(f, line_at(f, f->lines - 2), line_at(f, f->lines - 1), NULL);
    }
    const size_t bins = gather(f->whole), calm = gather(f->calm);
    if (bins == 0) return; // no number in it
    p->own.least = -(double)INFINITY;
    p->own.most = (double)INFINITY;
    group g = {.bin = f->calm, .last = calm - 1, .all = f->count};
    while (cut(&g)) continue;
    find_outside(f, bins, &g, calm, p);
    p->least = f->whole[0].low;
    p->most = f->whole[bins - 1].high;
    p->has_outside = p->has_outside || p->least < p->own.least || p->most > p->own.most;
    if (p->least < p->own.least) p->least = end_of(f, bins, &g, false);
    if (p->most > p->own.most) p->most = end_of(f, bins, &g, true);
    hg__range_of(&f->info, p->least, p->most, &p->own.low, &p->own.high);
}

double hg__range_share(const hg__range_finder *f, double low, double high) {
    uint64_t n = 0;
    for (size_t i = 0; i < BINS && f->whole[i].count; i++) {
        const bin *b = &f->whole[i];
        if (b->high >= low && b->low <= high) n += b->count;
    }
    return f->count ? (double)n / (double)f->count : 1;
}

int hg__range_find(hg__range_finder *f, const hg__image *image, hg__page_samples *p,
                   hg_error *err) {
    const size_t line = hg__image_line_bytes(&image->info);
    HG_TRY(hg__range_begin(f, &image->info, err));
    for (size_t y = 0; y < (size_t)image->info.height; y++) {
        hg__range_add(f, (const uint8_t *)image->pixels + y * line);
    }
    hg__range_end(f, p);
    return HG_OK;
}

// ---- the rule -----------------------------------------------------------------------------------

bool hg__range_is_open(const hg__image_info *info) {
    return info->dtype != HG_U8;
}

bool hg__range_is_alike(const hg__image_info *a, const hg__image_info *b) {
    return a->dtype == b->dtype && a->white == b->white;
}

bool hg__range_suits(const hg__range_rule *rule, const hg__image_info *info,
                     const hg__range_finder *f) {
    if (rule->kind != HG_RANGE_FIXED || rule->dtype != info->dtype || rule->white != info->white) {
        return false;
    }
    const double spare = rule->high / 2 - rule->low / 2;
    return hg__range_share(f, rule->low - spare, rule->high + spare) > 0.5;
}

hg__sample_range hg__range_within(const hg__page_samples *page, double low, double high) {
    hg__sample_range r = {low, high, page->own.least, page->own.most};
    if (!page->cut_below && low < r.least) r.least = low;
    if (!page->cut_above && high > r.most) r.most = high;
    return r;
}

bool hg__range_is_shared(const hg__page_samples *picture, const hg__page_samples *partner) {
    if (!(picture->own.low < picture->own.high) || !(partner->own.low < partner->own.high)) {
        return false;
    }
    const double spare = picture->most / 2 - picture->least / 2;
    return partner->least >= picture->least - spare && partner->most <= picture->most + spare &&
           partner->most / 2 - partner->least / 2 >= spare / NEAR;
}

void hg__range_join(const hg__page_samples *picture, hg__page_samples *partner) {
    hg__sample_range *own = &partner->own;
    if (!(picture->own.low < picture->own.high) || !(own->low < own->high)) return;
    const double spare = picture->most / 2 - picture->least / 2;
    if (!picture->cut_below) own->least = fmin(own->least, picture->least - spare);
    if (!picture->cut_above) own->most = fmax(own->most, picture->most + spare);
}

bool hg__range_is_other(const hg__image_info *info) {
    const hg__sample_range *r = &info->range;
    return r->low < r->high && (r->low != 0 || r->high != (double)info->white);
}
