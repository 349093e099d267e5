// SPDX-License-Identifier: Apache-2.0
// part_case.h - small drawn pictures of parts in a store, and which of them are trained on and which held out: the case of the tests of
// inspectors.
#ifndef HG_TESTS_PART_CASE_H
#define HG_TESTS_PART_CASE_H
#include "base/rng.h"
#include "inspect/inspector.h"

enum { CASE_MEMORY = 1 << 28, CASE_MOST = 16 };

// Of a broken part a patch of 8 x 8 pixels is white.
typedef struct part_case {
    int32_t height, width, pictures;
    int32_t patch_top, patch_left;
} part_case;

// A stripe at a slant with grain; broken: a bright patch on it. {0} without memory.
static inline hg__raster case_part(const part_case *c, uint32_t number, bool is_broken) {
    hg__raster r;
    if (hg__raster_init(&r, c->height, c->width, 1, NULL) < 0) return r;
    for (int32_t y = 0; y < c->height; y++) {
        for (int32_t x = 0; x < c->width; x++) {
            const uint32_t word =
                hg__philox_run(3, (uint32_t)(y * c->width + x), number, 0, 0).word[0];
            const bool is_patch = is_broken && y >= c->patch_top && y < c->patch_top + 8 &&
                                  x >= c->patch_left && x < c->patch_left + 8;
            const float grain = hg__unit_float(word) / 16;
            *hg__raster_pixel(&r, y, x) = is_patch ? 1 : ((x + y) % 12 < 6 ? 0.3F : 0.5F) + grain;
        }
    }
    return r;
}

// NULL on failure.
static inline hg__part_store *case_store(const part_case *c, hg_error *err) {
    hg__part_store *store = hg__part_store_new(c->pictures, 1, (size_t)1 << 20, err);
    for (int32_t i = 0; store && i < c->pictures; i++) {
        hg__raster r = case_part(c, (uint32_t)i, false);
        const int code = r.at ? hg__part_store_put(store, i, &r, err) : HG_ERR_MEMORY;
        hg__raster_clear(&r);
        if (code == HG_OK) continue;
        hg__part_store_free(store);
        store = NULL;
    }
    return store;
}

// Every third picture is held out. Good until the next call.
static inline hg__inspector_data case_data(const part_case *c, const hg__part_store *store) {
    static int32_t train[CASE_MOST], held[CASE_MOST];
    hg__inspector_data d = {.store = store,
                            .train = train,
                            .held = held,
                            .seed = 1,
                            .fpr = 0.3,
                            .max_bytes = CASE_MEMORY};
    for (int32_t i = 0; i < c->pictures && i < CASE_MOST; i++) {
        if (i % 3 == 1) {
            held[d.held_out++] = i;
        } else {
            train[d.trained++] = i;
        }
    }
    return d;
}

// What is not of a model's network: parts are looked at in their place if has_places, else anywhere.
static inline int case_fit(const part_case *c, hg_model *m, int32_t channels, bool has_places,
                           hg__pool *pool, hg_error *err) {
    hg__part_view view = {
        .channels = channels, .factor = 1, .height = c->height, .width = c->width};
    hg__raster expected = {0};
    hg__part_store *store = case_store(c, err);
    if (!store) return HG_ERR_MEMORY;
    const hg__inspector_data d = case_data(c, store);
    int code = has_places ? hg__part_reference(&d, &expected, err) : HG_OK;
    if (code == HG_OK) code = hg__inspector_fit(m, &view, &expected, &d, NULL, pool, err);
    hg__raster_clear(&expected);
    hg__part_store_free(store);
    return code;
}
#endif
