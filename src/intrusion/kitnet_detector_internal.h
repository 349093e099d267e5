// SPDX-License-Identifier: Apache-2.0
// kitnet_detector_internal.h - what a detector by KitNET is, for those who make one.
#ifndef HG_INTRUSION_KITNET_DETECTOR_INTERNAL_H
#define HG_INTRUSION_KITNET_DETECTOR_INTERNAL_H
#include "intrusion/kitnet_detector.h"
#include "intrusion/kitnet_internal.h"

struct hg__kitnet_detector {
    hg__kitsune_mode mode;
    hg__kitsune_features *features; // owned
    hg__kitnet *kitnet;             // owned
    hg__thresholds thresholds;      // owned
    int32_t waiting;
    float *row; // owned, (HG_VERDICTS, features)
    float *
        part; // owned, (HG_VERDICTS, features): errors of clusters, of which there are as many at most
    hg__verdict *verdict; // owned, (HG_VERDICTS)
};

// Room, and empty tables; takes kitnet, also on failure.
hg__kitnet_detector *hg__kitnet_detector_begin(hg__kitnet *kitnet, hg__kitsune_mode mode,
                                               size_t max_bytes, hg_error *err);
#endif
