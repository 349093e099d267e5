// SPDX-License-Identifier: Apache-2.0
// feature_error.h - how much of a feature vector good pictures' principal axes leave over.
//
// Yang, Shi, Qi, "DFR: deep feature reconstruction for unsupervised anomaly segmentation", 2020, reconstruct the vector of each place by
// an autoencoder of 1 x 1 convolutions; here a linear one, solved exactly.
#ifndef HG_INSPECT_FEATURE_ERROR_H
#define HG_INSPECT_FEATURE_ERROR_H
#include "inspect/principal.h"
#include "inspect/raster_source.h"
#include "model/model.h"

typedef struct hg__feature_error {
    // of vectors in units of their channels' standard deviation
    hg__principal axes;
    // owned, (width): 1 / standard deviation of each channel
    float *scale;
} hg__feature_error;

// Of good pictures' maps, all of as many channels, each read once. share: of the variance that the axes take, 0.9 say; they are
// most_dims at most. each: places of a picture that are learnt from, drawn.
typedef struct hg__feature_error_options {
    double share;
    int32_t most_dims, each;
    uint64_t seed;
} hg__feature_error_options;

hg__feature_error_options hg__feature_error_defaults(void);
int hg__feature_error_fit(hg__feature_error *f, const hg__raster_source *maps,
                          const hg__feature_error_options *o, hg__pool *pool, hg_error *err);
void hg__feature_error_clear(hg__feature_error *f); // {0} is fine

// error (h, w, 1), the caller's to clear: the root of the mean square of what is left over at each place.
int hg__feature_error_run(const hg__feature_error *f, const hg__raster *map, hg__raster *error,
                          hg__blocks *b, hg_error *err);

// As parts of a model, "detector.features.", and back. `where` begins sentences.
int hg__feature_error_to_parts(const hg__feature_error *f, hg_model *model, hg_error *err);
int hg__feature_error_from_parts(hg__feature_error *f, const hg_model *model, const char *where,
                                 hg_error *err);
#endif
