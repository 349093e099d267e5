// SPDX-License-Identifier: Apache-2.0
// traffic_series.c - bins of time, and in each of them bins of scores.
#include "report/traffic_series.h"

#include <string.h>

#include "base/mem.h"

// The first bins are a 64th of a second: a second is some of them in any case.
#define FIRST_STEP INT64_C(15625000)
#define MONTH      (INT64_C(30) * 86400 * 1000000000)
#define FARTHEST   INT64_C(4000000000000000000) // ns: two times differ by less than 2^63
enum { ENOUGH = 64, LOWEST_EXPONENT = 127 - 20, MANTISSA = 23, PARTS = 3 };

int hg__series_init(hg__series *s, hg_error *err) {
    *s = (hg__series){0};
    s->bin = hg__alloc(HG_SERIES_BINS, sizeof *s->bin, err);
    s->level = hg__alloc((size_t)HG_SERIES_BINS * HG_SERIES_LEVELS, sizeof *s->level, err);
    return s->bin && s->level ? HG_OK : HG_ERR_MEMORY;
}

void hg__series_clear(hg__series *s) {
    hg__free(s->bin);
    hg__free(s->level);
    *s = (hg__series){0};
}

static uint32_t *levels(const hg__series *s, int32_t bin) {
    return s->level + (size_t)bin * HG_SERIES_LEVELS;
}

static void empty(hg__series *s, int32_t from, int32_t count) {
    memset(s->bin + from, 0, (size_t)count * sizeof *s->bin);
    memset(levels(s, from), 0, (size_t)count * HG_SERIES_LEVELS * sizeof *s->level);
}

// ---- scores -------------------------------------------------------------------------------------

// Exponent and three bits of the mantissa: eight levels an octave, from 2^-20 to 2^12.
static int32_t level_of(float score) {
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    const int32_t at = (int32_t)(bits >> (MANTISSA - PARTS)) - (LOWEST_EXPONENT << PARTS);
    return !(score > 0) || at < 0 ? 0 : at < HG_SERIES_LEVELS ? at : HG_SERIES_LEVELS - 1;
}

// Its middle.
static float score_of(int32_t level) {
    const uint32_t place = (uint32_t)level + (LOWEST_EXPONENT << PARTS);
    const uint32_t bits = place << (MANTISSA - PARTS) | 1U << (MANTISSA - PARTS - 1);
    float score;
    memcpy(&score, &bits, sizeof score);
    return level == 0 ? 0 : score;
}

float hg__series_median(const hg__series *s, int32_t bin) {
    const uint32_t *level = levels(s, bin);
    const uint64_t half = s->bin[bin].packets / 2;
    uint64_t below = 0;
    for (int32_t i = 0; i < HG_SERIES_LEVELS; i++) {
        below += level[i];
        if (below <= half) continue;
        const float score = score_of(i);
        return score < s->bin[bin].highest ? score : s->bin[bin].highest;
    }
    return 0;
}

// ---- time ---------------------------------------------------------------------------------------

static void add_bin(hg__series *s, int32_t to, int32_t from) {
    hg__series_bin *a = &s->bin[to];
    const hg__series_bin *b = &s->bin[from];
    a->packets += b->packets;
    a->alarms += b->alarms;
    a->attacks += b->attacks;
    if (b->highest > a->highest) a->highest = b->highest;
    for (int32_t i = 0; i < HG_SERIES_LEVELS; i++) levels(s, to)[i] += levels(s, from)[i];
}

// Two become one.
static void merge(hg__series *s) {
    const int32_t bins = (s->bins + 1) / 2;
    for (int32_t i = 0; i < bins; i++) {
        if (i > 0) {
            empty(s, i, 1);
            add_bin(s, i, 2 * i);
        }
        if (2 * i + 1 < s->bins) add_bin(s, i, 2 * i + 1);
    }
    empty(s, bins, s->bins - bins);
    s->bins = bins;
    s->step *= 2;
}

// Room before the first.
static void begin_earlier(hg__series *s, int64_t time) {
    int64_t more;
    while ((more = (s->start - time + s->step - 1) / s->step) > HG_SERIES_BINS - s->bins) merge(s);
    const size_t bins = (size_t)s->bins;
    memmove(s->bin + more, s->bin, bins * sizeof *s->bin);
    memmove(levels(s, (int32_t)more), s->level, bins * HG_SERIES_LEVELS * sizeof *s->level);
    empty(s, 0, (int32_t)more);
    s->bins += (int32_t)more;
    s->start -= more * s->step;
}

static int32_t bin_of(hg__series *s, int64_t time) {
    if (s->bins == 0) {
        s->start = time;
        s->step = FIRST_STEP;
    }
    if (time < s->start) begin_earlier(s, time);
    while ((time - s->start) / s->step >= HG_SERIES_BINS) merge(s);
    const int32_t bin = (int32_t)((time - s->start) / s->step);
    if (bin >= s->bins) s->bins = bin + 1;
    return bin;
}

// A few packets of another month are those of a clock that was wrong. If they are more than the others for a while they are shown, and
// of others that are few it was theirs.
static bool is_left_out(hg__series *s, int64_t time) {
    const int64_t apart = time < s->last ? s->last - time : time - s->last;
    if (s->counted == 0) return false;
    if (apart < MONTH) {
        if (s->more) s->more--;
        return false;
    }
    if (++s->more < ENOUGH) return true;
    s->more = 0;
    if (s->counted >= ENOUGH) return false;
    s->left_out += s->counted;
    s->counted = 0;
    empty(s, 0, s->bins);
    s->bins = 0;
    return false;
}

void hg__series_add(hg__series *s, int64_t time, float score, bool is_alarm, bool is_attack) {
    if (time > FARTHEST) time = FARTHEST;
    if (time < -FARTHEST) time = -FARTHEST;
    if (is_left_out(s, time)) {
        s->left_out++;
        return;
    }
    s->last = time;
    s->counted++;
    const int32_t at = bin_of(s, time);
    hg__series_bin *b = &s->bin[at];
    b->packets++;
    b->alarms += is_alarm;
    b->attacks += is_attack;
    if (score > b->highest) b->highest = score;
    levels(s, at)[level_of(score)]++;
}
