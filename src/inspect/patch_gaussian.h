// SPDX-License-Identifier: Apache-2.0
// patch_gaussian.h - what is usual at each place of aligned pictures: mean and covariance there, Mahalanobis distance.
//
// Defard et al., "PaDiM: a patch distribution modeling framework for anomaly detection and localization", 2020. Some channels, drawn,
// stand for all.
#ifndef HG_INSPECT_PATCH_GAUSSIAN_H
#define HG_INSPECT_PATCH_GAUSSIAN_H
#include "backend/pool.h"
#include "inspect/raster_source.h"
#include "model/model.h"

enum { HG_MAX_GAUSSIAN_DIMS = 128, HG_GAUSSIAN_DIMS = 100 };

typedef struct hg__patch_gaussian hg__patch_gaussian;

// Bytes it takes while it is made and afterwards, for maps (height, width, channels), dims of the channels drawn.
size_t hg__patch_gaussian_bytes(int32_t height, int32_t width, int32_t channels, int32_t dims);

// Of maps all of one shape, 2 at least, each read once. dims: of more than there are channels, all. A hundredth of the mean variance
// over all places is added to each variance (the paper's 0.01, for features of any unit). max_bytes: HG_ERR_MEMORY where it takes more.
hg__patch_gaussian *hg__patch_gaussian_fit(const hg__raster_source *maps, int32_t dims,
                                           uint64_t seed, size_t max_bytes, hg__pool *pool,
                                           hg_error *err);
void hg__patch_gaussian_free(hg__patch_gaussian *g); // NULL is fine

// distance (h, w, 1), the caller's to clear: sqrt((x - mean)^T C^-1 (x - mean)) at each place.
int hg__patch_gaussian_run(const hg__patch_gaussian *g, const hg__raster *map, hg__raster *distance,
                           hg__pool *pool, hg_error *err);

// As parts of a model, "detector.gaussian.", and back. `where` begins sentences.
int hg__patch_gaussian_to_parts(const hg__patch_gaussian *g, hg_model *model, hg_error *err);
hg__patch_gaussian *hg__patch_gaussian_from_parts(const hg_model *model, const char *where,
                                                  hg_error *err);
#endif
