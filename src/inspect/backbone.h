// SPDX-License-Identifier: Apache-2.0
// backbone.h - a user's backbone, trained on other pictures: its maps of a picture are features for models of parts.
//
// The file has the weights of a known network in torchvision's names, as safetensors or ONNX; which network it is
// is told by names and shapes. Its first stages run on our own layers, batch norms folded into the weights.
//
//   picture --mean, deviation--> stages --each averaged over 3 x 3, deeper ones enlarged--> features
//
// The features are PatchCore's (Roth et al. 2022, "Towards Total Recall in Industrial Anomaly Detection", section 3.1):
// a mean over the neighbours on each side makes a place's features those of a patch, and bilinear enlarging puts stages
// of other sizes beside the finest.
#ifndef HG_INSPECT_BACKBONE_H
#define HG_INSPECT_BACKBONE_H
#include "backend/pool.h"
#include "graph/network.h"
#include "inspect/backbone_spec.h"
#include "parts/raster.h"

// What a weights file has of it.
typedef struct hg__backbone_file {
    hg__network
        net; // owned, for hg__network_clear(): of features, as far as the deepest stage, batch norms as they are
    char name[HG_BACKBONE_NAME];                   // "resnet18"
    char stages[HG_MAX_STAGES * HG_BACKBONE_NAME]; // "layer2,layer3"
} hg__backbone_file;

// stages: "layer2,layer3" or "2,3", ascending or not; NULL or "": the network's own choice. Pickles are refused. f->net is {0} on
// failure.
int hg__backbone_read(hg__backbone_file *f, const char *path, const char *stages, hg_error *err);

typedef struct hg__backbone hg__backbone;

// Of a network that hg__backbone_read() gave, wherever it was kept since. Borrows net and pool. `where` starts sentences.
hg__backbone *hg__backbone_new(const hg__network *net, const char *name, const char *stages,
                               hg__pool *pool, const char *where, hg_error *err);

// The same of a file. Borrows pool.
hg__backbone *hg__backbone_open(const char *path, const char *stages, hg__pool *pool,
                                hg_error *err);
void hg__backbone_close(hg__backbone *b); // NULL is fine

const char *hg__backbone_name(const hg__backbone *b);   // "resnet18"
const char *hg__backbone_stages(const hg__backbone *b); // "layer2,layer3"
int32_t hg__backbone_channels(const hg__backbone *b);   // of the features
int32_t hg__backbone_stride(const hg__backbone *b); // pixels of the picture a place of the features
int32_t hg__backbone_least(const hg__backbone *b);  // pixels a side of the smallest picture
// The places of the features of a picture of this size.
void hg__backbone_size(const hg__backbone *b, int32_t height, int32_t width, int32_t *rows,
                       int32_t *columns);
// Bytes that hg__backbone_maps() takes for a picture of this size, the features among them; 0: it is too large or too small.
size_t hg__backbone_bytes(const hg__backbone *b, int32_t height, int32_t width);

// Features of a picture of 1 or 3 channels, 0 .. 1; of features {0} or a raster of an earlier call, whose memory is used
// again where the size is the same. The first picture of a size makes a plan. One caller at a time.
int hg__backbone_maps(hg__backbone *b, const hg__raster *picture, hg__raster *features,
                      hg_error *err);
#endif
