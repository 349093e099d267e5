// SPDX-License-Identifier: Apache-2.0
// loss_curve.c - the lines of results.csv.
#include "report/loss_curve.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

// "epoch,time,train,val,lr": whether the line is one, and what it says.
static bool read_line(const char *line, size_t length, double *epoch, double *train, double *val) {
    char text[256], *cell[5];
    if (length >= sizeof text) return false;
    memcpy(text, line, length);
    text[length] = 0;
    char *rest = text;
    for (int32_t i = 0; i < 5; i++) {
        if (!rest) return false;
        cell[i] = rest;
        rest = strchr(rest, ',');
        if (rest) *rest++ = 0;
    }
    if (!hg__parse_float(cell[3], val)) *val = (double)NAN;
    return hg__parse_float(cell[0], epoch) && hg__parse_float(cell[2], train);
}

int hg__loss_curve_read(hg__loss_curve *l, const char *folder, hg_error *err) {
    char path[1024];
    hg__content file;
    *l = (hg__loss_curve){0};
    HG_TRY(hg__join_path(path, sizeof path, folder, "results.csv", err));
    HG_TRY(hg__content_read(&file, path, err));
    const char *at = (const char *)file.data, *end = at + file.size;
    size_t lines = 0;
    for (const char *p = at; p < end; p++) lines += *p == '\n';
    l->epoch = hg__alloc(3 * (lines + 1), sizeof *l->epoch, err);
    l->train = l->epoch ? l->epoch + lines + 1 : NULL;
    l->val = l->epoch ? l->train + lines + 1 : NULL;
    for (; l->epoch && at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) break;
        const int32_t i = l->count;
        l->count +=
            read_line(at, (size_t)(stop - at), &l->epoch[i], &l->train[i], &l->val[i]) ? 1 : 0;
        at = stop + 1;
    }
    hg__content_free(&file);
    return l->epoch ? HG_OK : HG_ERR_MEMORY;
}

int32_t hg__loss_curve_find(const hg__loss_curve *l, double *low, double *high) {
    int32_t best = -1;
    *low = *high = l->train[0];
    for (int32_t i = 0; i < l->count; i++) {
        *low = fmin(*low, fmin(l->train[i], l->val[i])); // fmin() passes over NaN
        *high = fmax(*high, fmax(l->train[i], l->val[i]));
        if (isfinite(l->val[i]) && (best < 0 || l->val[i] < l->val[best])) best = i;
    }
    return best;
}

void hg__loss_curve_clear(hg__loss_curve *l) {
    hg__free(l->epoch);
    *l = (hg__loss_curve){0};
}
