// SPDX-License-Identifier: Apache-2.0
// clips.c - means over steps, kept, read back, and put beside each other.
#include "monitor/clips.h"

#include <math.h>
#include <stdlib.h>

#include "detect/table_model.h"

static const char part_name[] = "detector.clips";

void hg__clip_mean_add(hg__clip_mean *c, const hg__signal *d, const hg__scored_step *step) {
    const float score = d->is_plain ? step->now : step->score;
    if (isnan(score)) return;
    c->sum += (double)score;
    c->count++;
}

double hg__clip_mean_take(hg__clip_mean *c) {
    const double mean = c->count ? c->sum / (double)c->count : (double)NAN;
    *c = (hg__clip_mean){0};
    return mean;
}

static int compare(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int hg__clips_save(hg_model *m, float *mean, int64_t count, hg_error *err) {
    if (count < HG_LEAST_CLIPS) return HG_OK;
    qsort(mean, (size_t)count, sizeof *mean, compare);
    return hg__model_keep_part(m, part_name, HG_F32, count, 0, mean, err);
}

int hg__clips_load(hg__clips *c, const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *part;
    *c = (hg__clips){0};
    if (!hg__model_part(m, part_name)) return HG_OK;
    HG_TRY(hg__model_take_numbers(m, part_name, -1, 0, where, &part, err));
    const float *held = part->data;
    const int64_t count = part->shape.dim[0];
    for (int64_t i = 1; i < count; i++) {
        if (held[i] >= held[i - 1]) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected rising numbers", where, part_name);
    }
    if (count >= HG_LEAST_CLIPS) *c = (hg__clips){held, count};
    return HG_OK;
}

hg__clip_verdict hg__clips_judge(const hg__clips *c, double mean, double fpr) {
    int64_t as_high = 0;
    while (as_high < c->count && (double)c->held[c->count - 1 - as_high] >= mean) as_high++;
    const double n = (double)c->count + 1, p = (double)(1 + as_high) / n;
    return (hg__clip_verdict){p, p <= fpr || (as_high == 0 && fpr * n < 1)};
}
