// SPDX-License-Identifier: Apache-2.0
// part_rows.c - a crop of a good picture, its light, its reference and its damage: all a function of (seed; epoch, picture, draw).
#include "inspect/part_rows.h"

#include <string.h>

#include "base/rng.h"
#include "corrupt/damage.h"
#include "inspect/crop_turn.h"

// What pictures to come may differ by from those at hand: light, as a factor and an offset each way; how far the reference lies beside,
// as a share of the crop; and grain.
static const float light_factor = 0.05F, light_offset = 0.03F, misplaced = 0.06F, grain = 0.05F;
static const float whole_share = 0.15F;
// Of crops of surfaces, those that are turned and scaled by a little.
static const float turned_share = 0.7F;

// Where a crop is cut, and how it is turned.
typedef struct cut {
    int32_t picture, top, left;
    uint32_t turn; // bits: mirrored each way, turned by a quarter
} cut;

static int32_t pick(uint32_t word, int32_t count) {
    return (int32_t)((uint64_t)word * (uint64_t)count >> 32);
}

static int32_t mirrored(int32_t i, int32_t n) {
    while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
    return i;
}

static int32_t held_in(int32_t i, int32_t n) {
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

// Where a pixel of the cut square goes in the crop: its number.
static ptrdiff_t turned(const cut *c, int32_t side, int32_t down, int32_t along) {
    if (c->turn & 1) along = side - 1 - along;
    if (c->turn & 2) down = side - 1 - down;
    return c->turn & 4 ? (ptrdiff_t)along * side + down : (ptrdiff_t)down * side + along;
}

// Where line i of the square goes in a crop with `stride` floats a pixel; step: to the next pixel's place.
static float *line_of(const cut *c, int32_t side, int32_t i, int32_t stride, float *crop,
                      ptrdiff_t *step) {
    const ptrdiff_t first = turned(c, side, i, 0);
    *step = (turned(c, side, i, 1) - first) * stride;
    return crop + first * stride;
}

// A line of picture i. Beyond the edge it goes on as `beyond` says.
static int cut_line(const hg__part_store *s, int32_t i, hg__part_line line,
                    int32_t (*beyond)(int32_t at, int32_t side), ptrdiff_t step, float *to,
                    hg_error *err) {
    int32_t height, width;
    hg__part_store_size(s, i, &height, &width);
    line.y = beyond(line.y, height);
    if (line.x >= 0 && line.x <= width - line.count) {
        return hg__part_store_read(s, i, &line, step, to, err);
    }
    for (int32_t j = 0; j < line.count; j++, to += step) {
        const hg__part_line pixel = {line.y, beyond(line.x + j, width), 1};
        HG_TRY(hg__part_store_read(s, i, &pixel, step, to, err));
    }
    return HG_OK;
}

// The crop's pixels into `to`, `stride` floats from one to the next.
static int cut_out(const hg__part_store *s, const cut *c, int32_t side, int32_t stride, float *to,
                   hg_error *err) {
    for (int32_t i = 0; i < side; i++) {
        ptrdiff_t step;
        float *own = line_of(c, side, i, stride, to, &step);
        const hg__part_line line = {c->top + i, c->left, side};
        HG_TRY(cut_line(s, c->picture, line, mirrored, step, own, err));
    }
    return HG_OK;
}

// The reference, (dy, dx) pixels beside its place.
static int cut_reference(const hg__part_rows *p, const cut *c, int32_t dy, int32_t dx,
                         int32_t stride, float *to, hg_error *err) {
    const hg__raster *r = p->reference;
    const hg__part_store *stored = p->pairs ? p->pairs : p->large_reference;
    for (int32_t i = 0; i < p->crop; i++) {
        ptrdiff_t step;
        float *own = line_of(c, p->crop, i, stride, to, &step);
        const hg__part_line line = {c->top + dy + i, c->left + dx, p->crop};
        if (stored) {
            HG_TRY(cut_line(stored, p->pairs ? c->picture : 0, line, held_in, step, own, err));
            continue;
        }
        const float *from = r ? hg__raster_pixel(r, held_in(line.y, r->height), 0) : NULL;
        for (int32_t j = 0; j < p->crop; j++, own += step) {
            *own = from ? from[held_in(line.x + j, r->width)] : 0;
        }
    }
    return HG_OK;
}

// A crop of a surface: some are turned and scaled. room: for the square it is taken from.
static int cut_surface(const hg__part_rows *p, const cut *c, const hg__philox *drawn,
                       int32_t stride, float *room, float *to, hg_error *err) {
    const int32_t side = hg__crop_turn_side(p->crop), margin = (side - p->crop) / 2;
    const int32_t channels = hg__part_store_channels(p->store);
    cut around = *c;
    if (hg__unit_float(drawn->word[2]) >= turned_share) {
        return cut_out(p->store, c, p->crop, stride, to, err);
    }
    around.top -= margin;
    around.left -= margin;
    HG_TRY(cut_out(p->store, &around, side, channels, room, err));
    hg__crop_turn(room, p->crop, channels, stride, drawn, to);
    return HG_OK;
}

static cut draw_cut(const hg__part_rows *p, int32_t picture, const hg__philox *from, bool turns) {
    int32_t height, width;
    hg__part_store_size(p->store, picture, &height, &width);
    cut c = {.picture = picture, .turn = turns ? from->word[2] >> 29 : 0};
    c.top = height > p->crop ? pick(from->word[0], height - p->crop + 1) : 0;
    c.left = width > p->crop ? pick(from->word[1], width - p->crop + 1) : 0;
    return c;
}

static float between(uint32_t word, float most) { // -most .. most
    return most * (2 * hg__unit_float(word) - 1);
}

static void set_light(const hg__part_rows *p, const hg__philox *from, float *x) {
    const int32_t channels = hg__part_store_channels(p->store), stride = channels + 1;
    const float factor = 1 + between(from->word[0], light_factor);
    const float offset = between(from->word[1], light_offset);
    for (int32_t i = 0; i < p->crop * p->crop; i++) {
        float *pixel = x + (size_t)i * (size_t)stride;
        for (int32_t c = 0; c < channels; c++) pixel[c] = pixel[c] * factor + offset;
    }
}

static int make(const void *context, const hg__row_place *at, hg__row_room *to, hg_error *err) {
    const hg__part_rows *p = context;
    const int32_t channels = hg__part_store_channels(p->store), stride = channels + 1;
    const size_t pixels = (size_t)p->crop * (size_t)p->crop;
    const uint64_t row = (uint64_t)at->row * (uint64_t)p->draws + (uint64_t)at->draw;
    hg__philox word[5];
    for (uint32_t i = 0; i < 5; i++) {
        word[i] = hg__philox_run(p->seed, HG_STREAM_PART_CROP, at->epoch, (uint32_t)row,
                                 (uint32_t)(row >> 32) << 4 | i);
    }
    float *donor = to->scratch, *mask = donor + pixels * (size_t)channels, *rest = mask + pixels;
    const cut own = draw_cut(p, (int32_t)at->row, &word[0], p->flips);
    const int64_t rows = at->among ? at->among->count : p->count;
    const int64_t place = (int64_t)((uint64_t)word[1].word[3] * (uint64_t)rows >> 32);
    const int64_t other = at->among ? hg__rows_at(at->among, place) : place;
    const cut others = draw_cut(p, (int32_t)other, &word[2], true);
    // The square's room is the donor's and what lies behind it, which are written later.
    HG_TRY(p->turns ? cut_surface(p, &own, &word[4], stride, donor, to->target, err)
                    : cut_out(p->store, &own, p->crop, stride, to->target, err));
    HG_TRY(cut_out(p->store, &others, p->crop, channels, donor, err));
    set_light(p, &word[1], to->target);
    const int32_t far = (int32_t)(misplaced * (float)p->crop + 0.5F);
    HG_TRY(cut_reference(p, &own, pick(word[3].word[0], 2 * far + 1) - far,
                         pick(word[3].word[1], 2 * far + 1) - far, stride, to->target + channels,
                         err));
    memcpy(to->x, to->target, pixels * (size_t)stride * sizeof *to->x);
    const hg__damage_place damage = {.height = p->crop,
                                     .width = p->crop,
                                     .channels = channels,
                                     .stride = stride,
                                     .seed = p->seed,
                                     .row = row,
                                     .epoch = at->epoch,
                                     .donor = donor,
                                     .grain = grain,
                                     .whole = whole_share};
    hg__damage_apply(&damage, to->x, mask, rest);
    for (size_t i = 0; i < pixels; i++) {
        to->target[i * (size_t)stride + (size_t)channels] = mask[i];
    }
    return HG_OK;
}

static int make_plain(const void *context, const hg__row_place *at, hg__row_room *to,
                      hg_error *err) {
    const hg__part_rows *p = context;
    const int32_t channels = hg__part_store_channels(p->store);
    const uint64_t row = (uint64_t)at->row * (uint64_t)p->draws + (uint64_t)at->draw;
    const hg__philox word = hg__philox_run(p->seed, HG_STREAM_PART_CROP, at->epoch, (uint32_t)row,
                                           (uint32_t)(row >> 32) << 4);
    const cut own = draw_cut(p, (int32_t)at->row, &word, p->flips);
    HG_TRY(cut_out(p->store, &own, p->crop, channels, to->x, err));
    if (to->target) {
        memcpy(to->target, to->x,
               (size_t)p->crop * (size_t)p->crop * (size_t)channels * sizeof *to->x);
    }
    return HG_OK;
}

int32_t hg__part_rows_crop(const hg__part_store *s, int32_t count, int32_t most, int32_t multiple) {
    int32_t least = most;
    for (int32_t i = 0; i < count; i++) {
        int32_t height, width;
        hg__part_store_size(s, i, &height, &width);
        const int32_t side = height < width ? height : width;
        if (side < least) least = side;
    }
    least -= least % multiple;
    return least < multiple ? multiple : least;
}

hg__row_source hg__part_rows_source(const hg__part_rows *p) {
    const int32_t channels = hg__part_store_channels(p->store);
    const int32_t numbers = p->is_plain ? channels : channels + 1;
    const size_t pixels = (size_t)p->crop * (size_t)p->crop;
    return (hg__row_source){
        .name = "parts",
        .context = p,
        .rows = p->count,
        .width = p->crop * p->crop * numbers,
        .shape = {.rank = 3, .dim = {p->crop, p->crop, numbers}},
        .dtype = HG_F32,
        .scale = 1,
        .make = p->is_plain ? make_plain : make,
        .draws = p->draws,
        .has_target = true,
        .scratch = p->is_plain ? 0
                               : pixels * (size_t)(channels + 1) +
                                     hg__damage_scratch(p->crop, p->crop, channels),
    };
}
