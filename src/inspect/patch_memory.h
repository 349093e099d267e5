// SPDX-License-Identifier: Apache-2.0
// patch_memory.h - a memory of good pictures' patches: how far a patch is from the nearest.
//
// Roth et al., "Towards total recall in industrial anomaly detection" (PatchCore), CVPR 2022: vectors of good pictures are gathered,
// and of them a few kept such that none lies far from those (greedy k-centre). Distances are exact (detect/neighbours.h).
#ifndef HG_INSPECT_PATCH_MEMORY_H
#define HG_INSPECT_PATCH_MEMORY_H
#include "detect/blocks.h"
#include "inspect/raster_source.h"
#include "model/model.h"

typedef struct hg__patch_memory_options {
    // of what is gathered and kept while the memory is made, and so at any time
    size_t max_bytes;
    // of all vectors that are kept, and how many at most
    double share;
    int32_t most;
    uint64_t seed;
} hg__patch_memory_options;

hg__patch_memory_options hg__patch_memory_defaults(uint64_t seed, size_t max_bytes);

// What a memory takes, told before any picture is read.
typedef struct hg__patch_memory_size {
    // vectors of a picture that are gathered, and vectors kept
    int32_t each, kept;
    // while it is made, and afterwards
    size_t making, bytes;
} hg__patch_memory_size;

// places: of a picture's map. HG_ERR_MEMORY where max_bytes has no room for 1 vector a picture.
int hg__patch_memory_size_of(const hg__patch_memory_options *o, int32_t pictures, int64_t places,
                             int32_t width, hg__patch_memory_size *size, hg_error *err);

typedef struct hg__patch_memory hg__patch_memory;

// Of the maps of good pictures, all of as many channels; each is read once. NULL on failure.
hg__patch_memory *hg__patch_memory_fit(const hg__raster_source *maps,
                                       const hg__patch_memory_options *o, hg__pool *pool,
                                       hg_error *err);
void hg__patch_memory_free(hg__patch_memory *m); // NULL is fine
int32_t hg__patch_memory_count(const hg__patch_memory *m);
int32_t hg__patch_memory_width(const hg__patch_memory *m);

// The same memory without what came of one of the pictures: nothing in a picture is its own neighbour.
hg__patch_memory *hg__patch_memory_without(const hg__patch_memory *m, int32_t picture,
                                           hg_error *err);

// distance (h, w, 1), the caller's to clear: from each vector of map (h, w, width) to the nearest in the memory.
int hg__patch_memory_run(const hg__patch_memory *m, const hg__raster *map, hg__raster *distance,
                         hg__blocks *b, hg_error *err);

// A picture's score as the paper has it: its largest distance d, from vector x to m, less where m itself lies among few others:
//   score = d (1 - exp(d) / sum over the 9 nearest n to m of exp(|x - n|))
int hg__patch_memory_score(const hg__patch_memory *m, const hg__raster *map,
                           const hg__raster *distance, double *score, hg__blocks *b, hg_error *err);

// As parts of a model, named "detector.<name>.", and back. `where` begins sentences.
int hg__patch_memory_to_parts(const hg__patch_memory *m, const char *name, hg_model *model,
                              hg_error *err);
hg__patch_memory *hg__patch_memory_from_parts(const hg_model *model, const char *name,
                                              const char *where, hg_error *err);
#endif
