// SPDX-License-Identifier: Apache-2.0
// inspector.h - a model of good parts at work: from a picture to a map of what is unusual in it, and a score.
//
//   picture ──view──> frame ─┬─> network ──> where it sees damage, and what it would repair: mask, residual ─┐ each less what
//                 reference ─┘       └─────> how far what it encodes is from any of good pictures: encoder ──┤ is usual of good
//                            ├─> patches ──> how far from any of good pictures: patch ───────────────────────┤ pictures, at that
//                            └─> what principal axes leave over; how light: error, light ────────────────────┘ place where
//                                                                                                              parts lie in theirs
//                 map = mean of the clues ──> score = mean of the map's highest share
//
// Of a bottleneck autoencoder, which knows no damage (kind conv): residual, and where structure differs, in place of mask, residual and encoder.
// In place of these, where the network is the first stages of a backbone that was trained on other pictures
// (backbone.h): how unusual its features are at each place (clue_feature.c).
//
// A clue is measured by good pictures' highest cells: their median is 0, their spread 1. So a clue that says much of good pictures
// must say more of a defect. The map's cells are above 0; at 1 every clue says as much as it does of a good picture's highest.
//
// Maps have a cell for HG_MAP_CELL x HG_MAP_CELL pixels of the frame. Cells that reach out of the picture, where parts are aligned, or
// out of the region of interest are 0 and count for nothing: in no score, no peak, no figure, nor in what is usual. Scores and peaks of good pictures that were held out
// give the thresholds: of pictures (thresholds.h), and of pixels (the share of good pictures with any pixel above it).
#ifndef HG_INSPECT_INSPECTOR_H
#define HG_INSPECT_INSPECTOR_H
#include "detect/thresholds.h"
#include "inspect/part_store.h"
#include "parts/part_view.h"

enum { HG_MAP_CELL = 2 };

typedef struct hg__inspector hg__inspector;

// Whether the model is one of parts.
bool hg__is_part_model(const hg_model *m);
// Borrows m and pool. max_mem: bytes that one picture may take. `where` starts the sentence of an error.
hg__inspector *hg__inspector_new(const hg_model *m, hg__pool *pool, size_t max_mem,
                                 const char *where, hg_error *err);
void hg__inspector_free(hg__inspector *s);              // NULL is fine
const char *hg__inspector_kind(const hg__inspector *s); // "repair", "conv" or "feature"
const hg__part_view *hg__inspector_view(const hg__inspector *s);
bool hg__inspector_has_pairs(const hg__inspector *s); // pictures are judged beside their templates

// Of pictures' scores; groups 0: nothing was held out.
const hg__thresholds *hg__inspector_thresholds(const hg__inspector *s);
// The highest cells of held-out pictures' maps; count 0: nothing was held out.
const hg__calibration *hg__inspector_peaks(const hg__inspector *s);
// Both thresholds for another rate of false alarms among pictures.
int hg__inspector_ask(hg__inspector *s, double fpr, hg_error *err);
// Cells above it are defects: of good pictures a share of fpr has any. NaN where nothing was held out.
double hg__inspector_pixel_threshold(const hg__inspector *s);
// The median cell of held-out pictures' maps, from which regions take how far they reach (regions.h); NaN where it is not known.
float hg__inspector_background(const hg__inspector *s);

// One picture.
typedef struct hg__inspected {
    // the frame. Of one that max_mem has no room for at once, when it was judged, a small picture of it, and as small a
    // reconstruction
    hg__raster picture;
    hg__raster pair; // its template in the same frame, grey; {0}: none
    // in place of both, until it is judged, where they are large
    hg__part_store *large, *large_pair;
    hg__part_geometry where;
    hg__raster reconstruction; // of the frame; {0}: not wanted, or a model of features
    hg__raster map;            // (frame_height / HG_MAP_CELL, frame_width / HG_MAP_CELL, 1)
    hg__raster seen;           // as the map: hg__cells_seen()
    float score, peak;         // peak: the map's highest cell
} hg__inspected;
void hg__inspected_clear(hg__inspected *r); // {0} is fine

// Loads a picture, and its template (NULL: none). By many threads at once.
int hg__inspector_load(const hg__inspector *s, const char *path, const char *pair, hg__inspected *r,
                       hg_error *err);
// Judges what was loaded. One caller at a time; the same bits for any number of threads.
int hg__inspector_run(hg__inspector *s, hg__inspected *r, bool wants_reconstruction, hg_error *err);

// Bytes that are told beforehand, of a whole process.
typedef struct hg__inspector_needs {
    size_t judging;  // a picture of the size that pictures of training had; 0: they had several
    size_t training; // at most, on any number of pictures that a network of this kind is trained on
} hg__inspector_needs;
// plan: bytes of the network's training. 0 and 0 for a model of features.
int hg__inspector_measure(const hg_model *m, int32_t threads, size_t plan, size_t max_mem,
                          const char *where, hg__inspector_needs *needs, hg_error *err);

// 1 for each cell of the map all of whose pixels are of the picture and of the region, else 0; {0} where that is so everywhere.
int hg__cells_seen(const hg__part_view *v, const hg__part_geometry *where, hg__raster *seen,
                   hg_error *err);
// Of the map's cells that are seen ({0}: all): the mean of the highest share, one at least, and the highest; 0 where there are none.
int hg__map_score(const hg__raster *map, const hg__raster *seen, double share, float *score,
                  float *peak, hg_error *err);
// The median of the same cells, the upper of two in the middle; 0 where there are none.
int hg__map_median(const hg__raster *map, const hg__raster *seen, float *median, hg_error *err);
// That its scores are means of.
double hg__inspector_share(const hg__inspector *s);

// ---- making one ---------------------------------------------------------------------------------

// Good pictures, as m's view sees them.
typedef struct hg__inspector_data {
    const hg__part_store *store; // borrowed
    const hg__part_store *pairs; // borrowed: their templates, grey; NULL: none
    // borrowed: how each of the store lies; NULL: there is neither an alignment nor a region
    const hg__part_geometry *where;
    const int32_t *train, *held; // borrowed: their numbers, (trained) and (held_out)
    int32_t trained, held_out;
    uint64_t seed;
    double fpr;
    size_t max_bytes; // of what is made beside the network
} hg__inspector_data;

// The reference, as coarse as a model keeps it: the mean of the pictures train[0 .. trained - 1], which have one size, grey.
int hg__part_reference(const hg__inspector_data *d, hg__raster *expected, hg_error *err);

// m is trained, or hg__inspector_new_features() made it: gives it what its clues learn, what is usual, and thresholds. Takes over view and expected ({0}: no reference), also on
// failure.
int hg__inspector_fit(hg_model *m, hg__part_view *view, hg__raster *expected,
                      const hg__inspector_data *d, const hg_listener *l, hg__pool *pool,
                      hg_error *err);
// Good pictures that were judged.
typedef struct hg__inspected_good {
    const float *score, *peak; // (count)
    float *median;             // (count), of their maps (hg__map_median()); is put into order
    int32_t count;
} hg__inspected_good;
// New thresholds from other good pictures.
int hg__inspector_calibrate(hg_model *m, const hg__inspected_good *good, double fpr, hg_error *err);

// A model that judges by a backbone's features. The weights are copied: its file stands alone.
typedef struct hg__feature_options {
    const char *weights; // path of a backbone's (backbone.h)
    // "layer2,layer3"; NULL or "": what suits the backbone
    const char *stages;
    // "memory": distance to the nearest of good pictures (PatchCore); "gaussian": from what is usual at that place, where all pictures
    // have one frame (PaDiM); "error": what principal axes leave over (DFR). NULL or "": memory
    const char *features;
    // of the pictures it will be fitted on, at working size, and how many there are
    int32_t height, width, pictures;
    // they have one frame, in which parts lie in their place; what gaussian takes
    bool has_places;
    // bytes for one picture, and for what is made beside: max_mem of hg__inspector_new() and max_bytes of hg__inspector_data
    size_t max_mem;
} hg__feature_options;

// Bytes, told before any picture is read.
typedef struct hg__feature_needs {
    size_t picture; // that judging one takes
    size_t fitting; // the most at one time while it is fitted
} hg__feature_needs;

// Not fitted yet; nothing is trained, nothing drawn. NULL where weights or sizes do not fit.
hg_model *hg__inspector_new_features(const hg__feature_options *o, hg__pool *pool,
                                     hg__feature_needs *needs, hg_error *err);
#endif
