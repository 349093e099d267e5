// SPDX-License-Identifier: Apache-2.0
// plan_image.h - a network run over one image of any size, its lines shared out among the threads.
//
// plan.h runs many rows, each on one thread. Here one row is large: layer by layer, bands of 16 lines or more
// go to the threads. Only networks whose layers all can work in bands (no dense layer) do this; the network may
// have been trained on another size. Outputs of layers on the way can be kept: features of the image.
#ifndef HG_EXEC_PLAN_IMAGE_H
#define HG_EXEC_PLAN_IMAGE_H
#include "backend/pool.h"
#include "graph/network.h"

// What a network asks of images: sides that are a multiple, and how far an output pixel sees.
typedef struct hg__image_needs {
    int32_t multiple; // of height and width
    // pixels on each side, a multiple of `multiple`; -1: the whole image (groupnorm)
    int32_t receptive_radius;
    int32_t channels;
    int32_t least; // pixels a side, a multiple of `multiple`
} hg__image_needs;

// Fails if the network cannot work on images of any size.
int hg__image_needs_of(const hg__network *net, hg__image_needs *needs, hg_error *err);

typedef struct hg__image_plan hg__image_plan;

// height and width: multiples of needs.multiple. Borrows net and pool. 1-D networks are no images.
hg__image_plan *hg__image_plan_new(const hg__network *net, hg__pool *pool, int32_t height,
                                   int32_t width, hg_error *err);
// Taps: outputs of layers that stay after a run, bit for bit what the network cut off behind the layer gives.
enum { HG_MAX_TAPS = 16 };
typedef struct hg__taps {
    const int32_t *
        layer; // (count): numbers in net->spec, ascending; none before a batchnorm that folds into it
    int32_t count; // 1 .. HG_MAX_TAPS
} hg__taps;
// Runs the network as far as its last tap and no further: what is behind may be anything.
hg__image_plan *hg__image_plan_new_tapped(const hg__network *net, hg__pool *pool, int32_t height,
                                          int32_t width, const hg__taps *taps, hg_error *err);
size_t hg__image_plan_tapped_bytes(const hg__network *net, int32_t height, int32_t width,
                                   int32_t threads, const hg__taps *taps);
// What tap i gave in the last run, valid until the next: (e->H, e->W, e->C). e: may be NULL.
const hg__real *hg__image_plan_tap(const hg__image_plan *p, int32_t i, hg__extent *e);
void hg__image_plan_free(hg__image_plan *p); // NULL is fine
// Bytes a plan of this size takes; 0 if it does not fit a size_t or the network cannot.
size_t hg__image_plan_bytes(const hg__network *net, int32_t height, int32_t width, int32_t threads);

hg__real *hg__image_plan_input(hg__image_plan *p); // (height, width, channels): fill before run
// (height, width, channels), or what the last tap gives; valid until the next run; the input is left as it was. Allocates nothing, cannot fail.
const hg__real *hg__image_plan_run(hg__image_plan *p);
#endif
