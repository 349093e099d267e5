// SPDX-License-Identifier: Apache-2.0
// val_level.c - the error of a model's estimate of noise, by how strong the noise is.
#include "jobs/val_level.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/text.h"

// Where bins end, grey levels of 8 bits.
static const double ends[HG_VAL_LEVELS] = {2, 5, 10, 20, 40, (double)INFINITY};

static double level_of_cell(const hg__frame *f, const float *x, const float *clean, int32_t row,
                            int32_t column) {
    const int32_t bottom = hg__min((row + 1) * HG_LEVEL_CELL, f->height);
    const int32_t right = hg__min((column + 1) * HG_LEVEL_CELL, f->width);
    double sum = 0;
    size_t n = 0;
    for (int32_t i = row * HG_LEVEL_CELL; i < bottom; i++) {
        const size_t line = (size_t)i * (size_t)f->width;
        const size_t from = (line + (size_t)(column * HG_LEVEL_CELL)) * (size_t)f->channels;
        const size_t end = (line + (size_t)right) * (size_t)f->channels;
        n += end - from;
        for (size_t k = from; k < end; k++) {
            const double e = (double)x[k] - (double)clean[k];
            sum += e * e;
        }
    }
    return 255 * sqrt(sum / (double)n);
}

void hg__val_levels_add(hg__val_levels *v, const hg__tuner *u, const hg__frame *f, const float *x,
                        const float *clean) {
    if (!u->has_level) return;
    for (int32_t row = 0; row < u->rows; row++) {
        for (int32_t column = 0; column < u->columns; column++) {
            const double truth = level_of_cell(f, x, clean, row, column);
            const double got = 255 * hg__tuner_cell(u, row, column), error = fabs(got - truth);
            int32_t i = 0;
            while (truth >= ends[i]) i++;
            v->count[i]++;
            v->truth[i] += truth;
            v->estimate[i] += got;
            v->error[i] += error;
            v->relative[i] += truth > 0 ? error / truth : 0;
        }
    }
}

static void add_table(const hg__val_levels *v, hg__text *t) {
    hg__text_add(t, "\nestimated noise by its true level, grey levels, squares of 16 x 16 pixels\n"
                    "        level   squares     true  estimate     error  relative\n");
    for (int32_t i = 0; i < HG_VAL_LEVELS; i++) {
        const double n = (double)v->count[i], from = i ? ends[i - 1] : 0;
        char bin[32];
        if (v->count[i] == 0) continue;
        if (isfinite(ends[i])) {
            snprintf(bin, sizeof bin, "%g to %g", from, ends[i]);
        } else {
            snprintf(bin, sizeof bin, "from %g", from);
        }
        hg__text_add(t, "%13s  %8lld  %7.2f   %7.2f   %7.2f", bin, (long long)v->count[i],
                     v->truth[i] / n, v->estimate[i] / n, v->error[i] / n);
        if (i > 0) { // of next to nothing: none
            hg__text_add(t, "   %5.1f %%", 100 * v->relative[i] / n);
        }
        hg__text_add(t, "\n");
    }
}

static void add_json(const hg__val_levels *v, hg__text *t) {
    bool follows = false;
    hg__text_add(t, ",\"levels\":[");
    for (int32_t i = 0; i < HG_VAL_LEVELS; i++) {
        const double n = (double)v->count[i];
        if (v->count[i] == 0) continue;
        hg__text_add(t, "%s{\"from\":%g,\"squares\":%lld,\"true\":%.6g,\"estimate\":%.6g,",
                     follows ? "," : "", i ? ends[i - 1] : 0, (long long)v->count[i],
                     v->truth[i] / n, v->estimate[i] / n);
        hg__text_add(t, "\"error\":%.6g,\"relative\":%.6g}", v->error[i] / n, v->relative[i] / n);
        follows = true;
    }
    hg__text_add(t, "]");
}

int hg__val_levels_end(const hg__val_levels *v, bool json, char **text, hg_error *err) {
    int64_t all = 0;
    for (int32_t i = 0; i < HG_VAL_LEVELS; i++) all += v->count[i];
    if (all == 0 || !*text) return HG_OK;
    hg__text t = {0};
    const char *end = json ? strrchr(*text, '}') : NULL; // within the object
    const size_t before = end ? (size_t)(end - *text) : strlen(*text);
    hg__text_add(&t, "%.*s", (int)before, *text);
    if (json) {
        add_json(v, &t);
    } else {
        add_table(v, &t);
    }
    hg__text_add(&t, "%s", *text + before);
    hg__free(*text);
    *text = hg__text_take(&t, err);
    return *text ? HG_OK : HG_ERR_MEMORY;
}
