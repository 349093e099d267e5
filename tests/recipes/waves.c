// SPDX-License-Identifier: Apache-2.0
// waves.c - rows that are made: data=waves:400 is 400 windows of 16 samples of a triangle wave, each begun where chance has it.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "rows/dataset.h"

enum { WIDTH = 16, PERIOD = 24 };
static const char head[] = "waves:";

typedef struct waves {
    int64_t rows;
} waves;

static int make(const void *context, const hg__row_place *at, hg__row_room *to, hg_error *err) {
    const hg__philox w = hg__philox_run(7, (uint32_t)HG_STREAM_CROP << 16, at->epoch,
                                        (uint32_t)at->row, (uint32_t)at->draw);
    (void)context, (void)err;
    for (int i = 0; i < WIDTH; i++) {
        const float phase = hg__unit_float(w.word[0]) + (float)i / PERIOD,
                    part = phase - (int)phase;
        to->x[i] = part < 0.5F ? 2 * part : 2 - 2 * part;
    }
    return HG_OK;
}

static bool is_waves(const char *path) {
    return strncmp(path, head, sizeof head - 1) == 0;
}

static hg__dataset *open_waves(const char *path, const hg__data_options *o,
                               const hg__picture_options *pictures, hg_error *err) {
    waves *w = hg__alloc(1, sizeof *w, err);
    (void)o, (void)pictures;
    if (!w) return NULL;
    w->rows = strtoll(path + sizeof head - 1, NULL, 10);
    const hg__row_source source = {
        .name = "waves",
        .context = w,
        .rows = w->rows,
        .width = WIDTH,
        .shape = {1, {WIDTH}},
        .dtype = HG_F32,
        .scale = 1,
        .make = make,
        .draws = 2
    };
    return hg__dataset_of_source(&source, "waves", w, hg__free, err);
}

const hg__dataset_type hg__dataset_waves = {is_waves, open_waves};
