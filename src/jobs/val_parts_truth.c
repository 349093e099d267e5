// SPDX-License-Identifier: Apache-2.0
// val_parts_truth.c - masks and boxes of a picture's defects in the cells that are seen, and the cells away from them.
#include "jobs/val_parts_truth.h"

#include "base/mem.h"
#include "inspect/part_truth.h"

enum { MARGIN = 8 }; // cells around a defect that are not away from it

void hg__part_known_clear(hg__part_known *t) {
    hg__raster_clear(&t->mask);
    hg__free(t->box);
    *t = (hg__part_known){0};
}

static bool is_seen(const hg__inspected *r, size_t cell) {
    return !r->seen.at || r->seen.at[cell] > 0;
}

bool hg__part_sees_any(const hg__inspected *r) {
    const size_t cells = hg__raster_count(&r->map);
    for (size_t k = 0; k < cells; k++) {
        if (is_seen(r, k)) return true;
    }
    return false;
}

// ---- what is known ------------------------------------------------------------------------------

static int load_mask(hg__part_known *t, const hg__part_set *set, int32_t i, const hg__inspected *r,
                     hg_error *err) {
    hg__raster mask;
    HG_TRY(hg__part_mask_load(set, i, r->where.height, r->where.width, &mask, err));
    const int code =
        hg__part_truth_of(&r->where, &mask, r->map.height, r->map.width, &t->mask, err);
    hg__raster_clear(&mask);
    HG_TRY(code);
    const size_t cells = hg__raster_count(&t->mask);
    for (size_t k = 0; k < cells; k++) {
        if (!is_seen(r, k)) t->mask.at[k] = 0;
        t->is_known = t->is_known || t->mask.at[k] > 0;
    }
    return HG_OK;
}

static bool is_box_seen(const hg__inspected *r, const hg__box *box) {
    for (int32_t y = box->top; y < box->top + box->height; y++) {
        for (int32_t x = box->left; x < box->left + box->width; x++) {
            if (is_seen(r, (size_t)y * (size_t)r->map.width + (size_t)x)) return true;
        }
    }
    return false;
}

static int load_boxes(hg__part_known *t, const hg__part *p, const hg__inspected *r, hg_error *err) {
    t->box = hg__alloc((size_t)p->boxes + 1, sizeof *t->box, err);
    if (!t->box) return HG_ERR_MEMORY;
    for (int32_t k = 0; k < p->boxes; k++) {
        hg__box *to = &t->box[t->boxes];
        const bool is_in =
            hg__part_truth_box(&r->where, &p->box[k], r->map.height, r->map.width, to);
        t->boxes += is_in && is_box_seen(r, to);
    }
    return HG_OK;
}

int hg__part_known_load(hg__part_known *t, const hg__part_set *set, int32_t i, bool by_mask,
                        const hg__inspected *r, hg_error *err) {
    *t = (hg__part_known){0};
    const int code = by_mask ? load_mask(t, set, i, r, err) : load_boxes(t, &set->part[i], r, err);
    if (code < 0) hg__part_known_clear(t);
    return code;
}

// ---- what lies away from it ---------------------------------------------------------------------

static void leave_out(hg__raster *seen, const hg__box *box) {
    for (int32_t y = box->top - MARGIN; y < box->top + box->height + MARGIN; y++) {
        for (int32_t x = box->left - MARGIN; x < box->left + box->width + MARGIN; x++) {
            const bool is_in = y >= 0 && y < seen->height && x >= 0 && x < seen->width;
            if (is_in) *hg__raster_pixel(seen, y, x) = 0;
        }
    }
}

int hg__part_known_rest(const hg__part_known *t, const hg__inspected *r, hg__raster *rest,
                        hg_error *err) {
    HG_TRY(hg__raster_init(rest, r->map.height, r->map.width, 1, err));
    const size_t cells = hg__raster_count(rest);
    for (size_t k = 0; k < cells; k++) rest->at[k] = is_seen(r, k) ? 1 : 0;
    for (int32_t k = 0; k < t->boxes; k++) leave_out(rest, &t->box[k]);
    for (size_t k = 0; t->is_known && k < cells; k++) {
        const hg__box cell = {(int32_t)(k % (size_t)rest->width),
                              (int32_t)(k / (size_t)rest->width), 1, 1};
        if (t->mask.at[k] > 0) leave_out(rest, &cell);
    }
    return HG_OK;
}
