// SPDX-License-Identifier: Apache-2.0
// repair_case.h - a whole model of parts in some kilobytes: a network of a few weights, as they were drawn, fitted on small pictures.
#ifndef HG_TESTS_REPAIR_CASE_H
#define HG_TESTS_REPAIR_CASE_H
#include "base/rng.h"
#include "detect/table_model.h"
#include "inspect/inspector.h"

enum { CASE_HEIGHT = 24, CASE_WIDTH = 20, CASE_PICTURES = 6, CASE_MEMORY = 1 << 26 };

// A stripe at a slant with grain; broken: a bright patch on it. {0} without memory.
static inline hg__raster case_part(uint32_t number, bool is_broken) {
    hg__raster r;
    if (hg__raster_init(&r, CASE_HEIGHT, CASE_WIDTH, 1, NULL) < 0) return r;
    for (int32_t y = 0; y < CASE_HEIGHT; y++) {
        for (int32_t x = 0; x < CASE_WIDTH; x++) {
            const uint32_t word =
                hg__philox_run(3, (uint32_t)(y * CASE_WIDTH + x), number, 0, 0).word[0];
            const bool is_patch = is_broken && y >= 8 && y < 16 && x >= 4 && x < 12;
            const float grain = hg__unit_float(word) / 16;
            *hg__raster_pixel(&r, y, x) = is_patch ? 1 : ((x + y) % 12 < 6 ? 0.3F : 0.5F) + grain;
        }
    }
    return r;
}

static inline int case_fill(hg__part_store *store, hg_error *err) {
    for (int32_t i = 0; i < CASE_PICTURES; i++) {
        hg__raster r = case_part((uint32_t)i, false);
        const int code = r.at ? hg__part_store_put(store, i, &r, err) : HG_ERR_MEMORY;
        hg__raster_clear(&r);
        HG_TRY(code);
    }
    return HG_OK;
}

// has_places: parts lie in their place, and the model has a reference. NULL on failure.
static inline hg_model *case_model(bool has_places, hg__pool *pool, hg_error *err) {
    static const int32_t train[] = {0, 2, 3, 5}, held[] = {1, 4};
    const hg__shape input = {
        3, {16, 16, 2}
    };
    hg_model *m =
        hg__model_from_spec("keep 1, conv 2 s2 relu | deconv 2 k4 s2, add 1", &input, 0, 5, err);
    hg__part_store *store = m ? hg__part_store_new(CASE_PICTURES, 1, (size_t)1 << 20, err) : NULL;
    const hg__inspector_data d = {.store = store,
                                  .train = train,
                                  .held = held,
                                  .trained = 4,
                                  .held_out = 2,
                                  .seed = 1,
                                  .fpr = 0.3,
                                  .max_bytes = CASE_MEMORY};
    hg__part_view view = {.channels = 1, .factor = 1, .height = CASE_HEIGHT, .width = CASE_WIDTH};
    hg__raster expected = {0};
    int code = store ? case_fill(store, err) : HG_ERR_MEMORY;
    if (code == HG_OK && has_places) code = hg__part_reference(&d, &expected, err);
    if (code == HG_OK) code = hg__inspector_fit(m, &view, &expected, &d, NULL, pool, err);
    hg__raster_clear(&expected);
    hg__part_store_free(store);
    if (code == HG_OK) return m;
    hg_model_free(m);
    return NULL;
}
#endif
