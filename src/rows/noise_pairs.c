// SPDX-License-Identifier: Apache-2.0
// noise_pairs.c - noisy pictures as pairs; and their noise, measured on their crops.
#include "rows/noise_pairs.h"

#include "base/mem.h"
#include "corrupt/recorrupt.h"

enum { MOST_BLOCKS = 16384 }; // 16 MB

static hg__noise_place place_of(const hg__row_source *s) {
    return (hg__noise_place){.height = (int32_t)s->shape.dim[0],
                             .width = (int32_t)s->shape.dim[1],
                             .channels = (int32_t)s->shape.dim[2]};
}

static int32_t draws_of(const hg__row_source *s) {
    return s->draws > 1 ? s->draws : 1;
}

// ---- measuring ----------------------------------------------------------------------------------

static int add_crops(const hg__row_source *from, int32_t crops, float *x, hg__noise_gauge *g,
                     hg_error *err) {
    const int64_t all = from->rows * draws_of(from), n = crops < all ? crops : all;
    const hg__noise_place p = place_of(from);
    for (int64_t i = 0; i < n; i++) {
        const int64_t which = i * all / n;
        const hg__row_place at = {.row = which / draws_of(from),
                                  .draw = (int32_t)(which % draws_of(from))};
        hg__row_room room = {.x = x, .scratch = x + from->width};
        HG_TRY(hg__row_source_make(from, &at, &room, err));
        for (int32_t c = 0; c < (room.is_grey ? 1 : p.channels); c++) {
            hg__noise_gauge_add(g, x + c, p.height, p.width, p.channels);
        }
    }
    return HG_OK;
}

int hg__noise_measure(const hg__row_source *from, int32_t crops, hg__noise_level *l,
                      hg_error *err) {
    hg__noise_gauge *g = hg__noise_gauge_new(MOST_BLOCKS, err);
    if (!g) return HG_ERR_MEMORY;
    float *x = hg__alloc((size_t)from->width + from->scratch, sizeof *x, err);
    int code = x ? add_crops(from, crops, x, g, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__noise_gauge_read(g, l, err);
    hg__free(x);
    hg__noise_gauge_free(g);
    return code;
}

// ---- pairs --------------------------------------------------------------------------------------

static int make_pair(const void *context, const hg__row_place *at, hg__row_room *to,
                     hg_error *err) {
    const hg__noise_pairs *p = context;
    hg__noise_place place = place_of(&p->from);
    const size_t own = hg__noise_pair_scratch(place.height, place.width);
    hg__row_room from = {.x = to->x, .scratch = to->scratch + own};
    HG_TRY(hg__row_source_make(&p->from, at, &from, err));
    to->is_grey = from.is_grey;
    place.seed = p->seed;
    place.epoch = at->epoch;
    place.row = (uint64_t)(draws_of(&p->from) * at->row + at->draw);
    hg__noise_pair_make(&p->level, &place, to->is_grey, to->x, to->x, to->target, to->scratch);
    return HG_OK;
}

void hg__pair_noise(hg__noise_pairs *p, const hg__row_source *from, const hg__noise_level *l,
                    uint64_t seed, hg__row_source *to) {
    *p = (hg__noise_pairs){.from = *from, .level = *l, .seed = seed};
    const hg__noise_place place = place_of(from);
    *to = *from;
    to->context = p;
    to->dtype = HG_F32;
    to->scale = 1;
    to->base = NULL;
    to->read = NULL;
    to->make = make_pair;
    to->has_target = true;
    to->scratch = hg__noise_pair_scratch(place.height, place.width) + from->scratch;
}
