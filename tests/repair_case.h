// SPDX-License-Identifier: Apache-2.0
// repair_case.h - a whole model of parts in some kilobytes: a network of a few weights, as they were drawn, fitted on small pictures.
#ifndef HG_TESTS_REPAIR_CASE_H
#define HG_TESTS_REPAIR_CASE_H
#include "detect/table_model.h"
#include "part_case.h"

static const part_case repair_parts = {24, 20, 6, 8, 4};

static inline hg_model *repair_network(hg_error *err) {
    const hg__shape input = {
        3, {16, 16, 2}
    };
    return hg__model_from_spec("keep 1, conv 2 s2 relu | deconv 2 k4 s2, add 1", &input, 0, 5, err);
}

// has_places: parts lie in their place, and the model has a reference. NULL on failure.
static inline hg_model *repair_case(bool has_places, hg__pool *pool, hg_error *err) {
    hg_model *m = repair_network(err);
    if (m && case_fit(&repair_parts, m, 1, has_places, pool, err) == HG_OK) return m;
    hg_model_free(m);
    return NULL;
}
#endif
