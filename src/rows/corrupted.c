// SPDX-License-Identifier: Apache-2.0
// corrupted.c - a source round another: noise on its rows, or its images parted into halves.
#include "rows/corrupted.h"

#include <string.h>

#include "base/rng.h"
#include "corrupt/noise.h"

// How one is seen by noise that takes images.
static hg__noise_place find_place(const hg__row_source *s, const hg__corruption *how) {
    const hg__shape *shape = &s->shape;
    const bool is_image = shape->rank == 2 || shape->rank == 3;
    return (hg__noise_place){.height = is_image ? (int32_t)shape->dim[0] : 1,
                             .width = is_image ? (int32_t)shape->dim[1] : s->width,
                             .channels = shape->rank == 3 ? (int32_t)shape->dim[2] : 1,
                             .seed = how->seed,
                             .group = how->group,
                             .groups = how->groups};
}

static void init(hg__corrupted *c, const hg__row_source *from, const hg__corruption *how) {
    *c = (hg__corrupted){.from = *from, .how = *how, .place = find_place(from, how)};
    c->draws = from->draws > 1 ? from->draws : how->draws > 1 ? how->draws : 1;
}

static hg__noise_place place_of(const hg__corrupted *c, const hg__row_place *at) {
    hg__noise_place place = c->place;
    place.epoch = at->epoch;
    place.row = (uint64_t)(c->draws * at->row + at->draw);
    return place;
}

// What is the same of a source and the one round it.
static hg__row_source wrap(const hg__corrupted *c) {
    hg__row_source to = c->from;
    to.context = c;
    to.dtype = HG_F32;
    to.scale = 1;
    to.base = NULL;
    to.read = NULL;
    to.draws = c->draws;
    to.has_target = true;
    return to;
}

// ---- noise --------------------------------------------------------------------------------------

// x (pixels, 3) -> x (pixels). A copy of a grey target is weighed once more (BT.601), as models have learned; of a pair one
// channel stands for all.
static void join_channels(float *x, size_t pixels, bool is_copy) {
    for (size_t i = 0; i < pixels; i++) {
        const float *from = x + 3 * i;
        x[i] = is_copy ? 0.299F * from[0] + 0.587F * from[1] + 0.114F * from[2] : from[0];
    }
}

static void part_channels(float *x, size_t pixels) {
    for (size_t i = pixels; i-- > 0;) x[3 * i] = x[3 * i + 1] = x[3 * i + 2] = x[i];
}

// A grey row has one noise for all of its channels, as an image of one channel has.
static int apply_grey(const hg__corrupted *c, const hg__noise_place *place, hg__row_room *to,
                      hg_error *err) {
    const size_t pixels = (size_t)place->height * (size_t)place->width;
    hg__noise_place one = *place;
    one.channels = 1;
    join_channels(to->x, pixels, !c->from.has_target);
    const bool is_one = hg__noise_changes_clean(&c->how.noise);
    if (is_one) join_channels(to->target, pixels, false);
    const int code =
        hg__noise_apply(&c->how.noise, &one, to->x, is_one ? to->target : NULL, to->scratch, err);
    part_channels(to->x, pixels);
    if (is_one) part_channels(to->target, pixels);
    return code;
}

// Another of the rows that are handed out, never one that was held out.
static int take_donor(const hg__corrupted *c, const hg__row_place *at, hg__noise_place *place,
                      hg__row_room *to, hg_error *err) {
    const int64_t other = hg__noise_donor(place, at->among ? at->among->count : c->from.rows);
    const hg__row_place from = {.row = at->among ? hg__rows_at(at->among, other) : other,
                                .epoch = at->epoch};
    float *x = to->scratch + c->donor_at;
    hg__row_room room = {.x = x, .scratch = to->scratch + c->from_at};
    if (c->from.has_target) room.target = x + c->from.width;
    HG_TRY(hg__row_source_make(&c->from, &from, &room, err));
    place->donor = room.x;
    return HG_OK;
}

static int make_noisy(const void *context, const hg__row_place *at, hg__row_room *to,
                      hg_error *err) {
    const hg__corrupted *c = context;
    const bool has_own = c->from.has_target;
    hg__noise_place place = place_of(c, at);
    hg__row_room from = {.x = has_own ? to->x : to->target,
                         .target = has_own ? to->target : NULL,
                         .scratch = to->scratch + c->from_at};
    HG_TRY(hg__row_source_make(&c->from, at, &from, err));
    to->is_grey = from.is_grey;
    if (!has_own) memcpy(to->x, to->target, (size_t)c->from.width * sizeof *to->x);
    if (to->is_grey) return apply_grey(c, &place, to, err);
    if (c->needs_donor) HG_TRY(take_donor(c, at, &place, to, err));
    return hg__noise_apply(&c->how.noise, &place, to->x, to->target, to->scratch, err);
}

int hg__corrupt(hg__corrupted *c, const hg__row_source *from, const hg__corruption *how,
                hg__row_source *to, hg_error *err) {
    init(c, from, how);
    const hg__noise_place *e = &c->place;
    HG_TRY(hg__noise_check(&how->noise, e->height, e->width, e->channels, err));
    c->needs_donor = hg__noise_needs_donor(&how->noise);
    c->donor_at = hg__noise_scratch(&how->noise, e->height, e->width, e->channels);
    c->from_at = c->donor_at;
    if (c->needs_donor) c->from_at += (size_t)from->width * (from->has_target ? 2 : 1);
    *to = wrap(c);
    to->make = make_noisy;
    to->scratch = c->from_at + from->scratch;
    return HG_OK;
}

// ---- noisy images alone -------------------------------------------------------------------------

static int make_halves(const void *context, const hg__row_place *at, hg__row_room *to,
                       hg_error *err) {
    const hg__corrupted *c = context;
    const hg__noise_place place = place_of(c, at);
    hg__row_room whole = {.x = to->scratch, .scratch = to->scratch + c->from_at};
    HG_TRY(hg__row_source_make(&c->from, at, &whole, err));
    hg__blind_make(whole.x, &place, to->x, to->target);
    to->is_grey = whole.is_grey;
    return HG_OK;
}

void hg__part_blindly(hg__corrupted *c, const hg__row_source *from, const hg__corruption *how,
                      hg__row_source *to) {
    init(c, from, how);
    c->from_at = (size_t)from->width;
    c->place.height /= HG_BLIND_CELL;
    c->place.width /= HG_BLIND_CELL;
    *to = wrap(c);
    to->make = make_halves;
    to->scratch = c->from_at + from->scratch;
    to->shape.dim[0] = c->place.height;
    to->shape.dim[1] = c->place.width;
    to->width = c->place.height * c->place.width * c->place.channels;
}
