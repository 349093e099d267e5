// SPDX-License-Identifier: Apache-2.0
// novelty.c - how far a value lies from all that were seen before it.
#include "monitor/novelty.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"

enum { ROOM = 65536, BITS = 20, FIRST_BIN = (127 - 24) << 3 };
static const float resolution = 0x1p-20F, known = 5;
static const double tail_share = 0.05, ln_10 = 2.302585092994046, grown = 1.04, least_tail = 4,
                    few = 50;
static const char of_values[] = "detector.novelty.values",
                  of_distances[] = "detector.novelty.distances",
                  of_span[] = "detector.novelty.span", of_told[] = "detector.novelty.told";

int hg__novelty_init(hg__novelty *n, int32_t span, hg_error *err) {
    *n = (hg__novelty){.span = span > 1 ? span : 1};
    n->value = hg__alloc(ROOM, sizeof *n->value, err);
    return n->value ? HG_OK : HG_ERR_MEMORY;
}

void hg__novelty_clear(hg__novelty *n) {
    hg__free(n->value);
    *n = (hg__novelty){0};
}

// ---- values -------------------------------------------------------------------------------------

// Where x belongs among the values.
static int32_t find(const hg__novelty *n, float x) {
    int32_t low = 0, high = n->count;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (n->value[middle] < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// The distance to the nearest; x joins them.
static float meet(hg__novelty *n, float x) {
    const int32_t at = find(n, x);
    float far = INFINITY;
    if (at > 0) far = x - n->value[at - 1];
    if (at < n->count && n->value[at] - x < far) far = n->value[at] - x;
    if (far > resolution && n->count < ROOM) {
        memmove(n->value + at + 1, n->value + at, (size_t)(n->count - at) * sizeof x);
        n->value[at] = x;
        n->count++;
    }
    return far;
}

// ---- distances ----------------------------------------------------------------------------------

// Eight to an octave, by the number's own bits, from 2^-24 on.
static int32_t bin_of(float far) {
    uint32_t bits;
    memcpy(&bits, &far, sizeof bits);
    const int32_t bin = (int32_t)(bits >> BITS) - FIRST_BIN;
    return bin < 0 ? 0 : hg__min(bin, HG_NOVELTY_BINS - 1);
}

static double lower_end(int32_t bin) {
    const uint32_t bits = (uint32_t)(bin + FIRST_BIN) << BITS;
    float x;
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

static double median_of(const hg__novelty *n) {
    double count = 0;
    int32_t bin = 0;
    while (bin < HG_NOVELTY_BINS && count < 0.5 * n->seen) count += n->bin[bin++][0];
    return bin > 1 ? lower_end(bin - 1) : 0;
}

static void look_at_tail(hg__novelty *n) {
    double count = 0, sum = 0;
    int32_t bin = HG_NOVELTY_BINS;
    while (bin > 0 && (count < tail_share * n->seen || count < least_tail)) {
        bin--;
        count += n->bin[bin][0];
        sum += n->bin[bin][1];
    }
    n->looked_at = n->seen;
    n->start = lower_end(bin);
    n->share = count / n->seen;
    const double excess = count > 0 ? sum / count - n->start : 0;
    const double least = fmax(1e-3 * n->start, 0.05 * (n->start - median_of(n))) + 1e-9;
    n->scale = excess > least ? excess : least;
}

// -log10 of the share of distances so far that are as large.
static float evidence_of(const hg__novelty *n, float far) {
    if (n->seen < few) return 0;
    double e;
    if ((double)far >= n->start) {
        e = -hg__log(n->share) / ln_10 + ((double)far - n->start) / (n->scale * ln_10);
    } else {
        double larger = 0.5;
        for (int32_t b = bin_of(far); b < HG_NOVELTY_BINS; b++) larger += n->bin[b][0];
        e = -hg__log(larger / (n->seen + 1)) / ln_10;
    }
    e = e > (double)known ? (double)known + (e - (double)known) / 10 : e;
    return e > 0 ? (float)e : 0;
}

// ---- records ------------------------------------------------------------------------------------

static bool is_record(const hg__novelty *n, float e) {
    for (int32_t i = 0; i < HG_NOVELTY_RECORDS; i++) {
        if (n->record[i] >= e) return false;
    }
    return true;
}

static void keep_record(hg__novelty *n, float e) {
    if (n->in_span == n->span) {
        n->at = (n->at + 1) % HG_NOVELTY_RECORDS;
        n->in_span = 0;
        n->record[n->at] = 0;
    }
    n->in_span++;
    if (e > n->record[n->at]) n->record[n->at] = e;
}

float hg__novelty_take(hg__novelty *n, float value) {
    const float far = meet(n, value);
    if (!isfinite(far)) return 0; // the first
    const float e = evidence_of(n, far);
    const float given = is_record(n, e) ? e : 0;
    double *bin = n->bin[bin_of(far)];
    keep_record(n, e);
    bin[0]++;
    bin[1] += (double)far;
    n->seen++;
    if (n->seen >= grown * n->looked_at) look_at_tail(n);
    return given;
}

// ---- what outlives the process --------------------------------------------------------------------

// clang-format off
#define FIELDS(FIELD) \
    FIELD(bin) FIELD(seen) FIELD(looked_at) FIELD(start) FIELD(share) FIELD(scale) FIELD(record) \
    FIELD(span) FIELD(at) FIELD(in_span)
// clang-format on

void hg__novelty_write(const hg__novelty *n, hg__text *to) {
    HG_PUT(to, n->count);
    hg__put(to, n->value, (size_t)n->count * sizeof *n->value);
#define FIELD(name) HG_PUT(to, n->name);
    FIELDS(FIELD)
#undef FIELD
}

bool hg__novelty_read(hg__novelty *n, hg__bytes *from) {
    int32_t count = -1;
    HG_GET(from, count);
    const bool fits = !from->failed && count >= 0 && count <= ROOM;
    n->count = fits ? count : 0;
    hg__get(from, n->value, (size_t)n->count * sizeof *n->value);
#define FIELD(name) HG_GET(from, n->name);
    FIELDS(FIELD)
#undef FIELD
    if (fits && !from->failed && n->span >= 1 && n->at >= 0 && n->at < HG_NOVELTY_RECORDS) {
        return true;
    }
    *n = (hg__novelty){.value = n->value, .span = 1};
    return false;
}

// ---- in a model file ----------------------------------------------------------------------------

bool hg__novelty_is_in(const hg_model *m) {
    return hg__model_part(m, of_values) != NULL;
}

int hg__novelty_save(const hg__novelty *n, hg_model *m, hg_error *err) {
    double span = n->span;
    HG_TRY(hg__model_keep_part(m, of_values, HG_F32, n->count, 0, n->value, err));
    HG_TRY(hg__model_keep_part(m, of_distances, HG_F64, HG_NOVELTY_BINS, 2, n->bin, err));
    return hg__model_keep_part(m, of_span, HG_F64, 1, 0, &span, err);
}

static int check(const hg__novelty *n, double span, const char *where, hg_error *err) {
    bool is_sound = span >= 1 && span <= INT32_MAX && span == floor(span);
    for (int32_t i = 1; i < n->count; i++) is_sound = is_sound && n->value[i] > n->value[i - 1];
    for (int32_t b = 0; b < HG_NOVELTY_BINS; b++) {
        is_sound = is_sound && n->bin[b][0] >= 0 && n->bin[b][1] >= 0 && isfinite(n->bin[b][0]) &&
                   isfinite(n->bin[b][1]);
    }
    if (is_sound) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: novelty: expected rising values, counts and a span",
                    where);
}

static int load(hg__novelty *n, const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *values, *distances, *of_records;
    double span;
    HG_TRY(hg__model_take_numbers(m, of_values, -1, 0, where, &values, err));
    HG_TRY(
        hg__model_take_part(m, of_distances, HG_F64, HG_NOVELTY_BINS, 2, where, &distances, err));
    HG_TRY(hg__model_take_part(m, of_span, HG_F64, 1, 0, where, &of_records, err));
    if (values->shape.dim[0] > ROOM) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected at most %d, got %lld", where,
                        of_values, ROOM, (long long)values->shape.dim[0]);
    }
    memcpy(&span, of_records->data, sizeof span);
    n->count = (int32_t)values->shape.dim[0];
    memcpy(n->value, values->data, (size_t)n->count * sizeof *n->value);
    memcpy(n->bin, distances->data, sizeof n->bin);
    HG_TRY(check(n, span, where, err));
    n->span = (int32_t)span;
    for (int32_t b = 0; b < HG_NOVELTY_BINS; b++) n->seen += n->bin[b][0];
    if (n->seen > 0) look_at_tail(n);
    return HG_OK;
}

int hg__novelty_load(hg__novelty *n, const hg_model *m, const char *where, hg_error *err) {
    HG_TRY(hg__novelty_init(n, 1, err));
    const int code = load(n, m, where, err);
    if (code < 0) hg__novelty_clear(n);
    return code;
}

// ---- what training told -------------------------------------------------------------------------

void hg__novelty_told_add(hg__novelty_told *t, float novelty) {
    const int32_t last = HG_NOVELTY_TOLD - 1;
    t->steps++;
    if (!(novelty > 0) || (t->count > last && novelty <= t->value[last])) return;
    int32_t at = t->count > last ? last : t->count++;
    for (; at > 0 && t->value[at - 1] < novelty; at--) t->value[at] = t->value[at - 1];
    t->value[at] = novelty;
}

int hg__novelty_told_save(const hg__novelty_told *t, hg_model *m, hg_error *err) {
    double all[1 + HG_NOVELTY_TOLD] = {t->steps};
    for (int32_t i = 0; i < t->count; i++) all[1 + i] = (double)t->value[i];
    return hg__model_keep_part(m, of_told, HG_F64, 1 + t->count, 0, all, err);
}

int hg__novelty_told_load(hg__novelty_told *t, const hg_model *m, const char *where,
                          hg_error *err) {
    const hg__tensor *part = hg__model_part(m, of_told);
    *t = (hg__novelty_told){0};
    if (!part) return HG_OK;
    const int64_t count = part->shape.dim[0];
    double all[1 + HG_NOVELTY_TOLD];
    HG_TRY(hg__model_take_part(m, of_told, HG_F64, count, 0, where, &part, err));
    bool is_sound = count >= 1 && count <= 1 + HG_NOVELTY_TOLD;
    if (is_sound) memcpy(all, part->data, (size_t)count * sizeof *all);
    is_sound = is_sound && all[0] >= 1 && all[0] < 0x1p53;
    for (int64_t i = 1; is_sound && i < count; i++) {
        is_sound = all[i] > 0 && all[i] < 1e30 && !(i > 1 && all[i] > all[i - 1]);
        t->value[i - 1] = (float)all[i];
    }
    if (!is_sound) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected steps and falling values", where,
                        of_told);
    }
    t->steps = all[0];
    t->count = (int32_t)(count - 1);
    return HG_OK;
}
