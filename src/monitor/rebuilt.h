// SPDX-License-Identifier: Apache-2.0
// rebuilt.h - how much of windows that were held out a model's network leaves, beside PCA on windows at as many numbers: whether a network
// is worth its training. In the model file: "rebuilt" of the detector's object.
#ifndef HG_MONITOR_REBUILT_H
#define HG_MONITOR_REBUILT_H
#include "backend/pool.h"
#include "monitor/signal_split.h"

typedef struct hg__rebuilt {
    // Shares of the variance of held-out windows, about the means of training, that are left. The network's: where steps are hidden from it, of these alone; NaN: nothing
    // was held out. PCA's: NaN where there is none, as the code is no neck, or steps are hidden.
    double network, pca;
    int32_t axes; // of PCA
    bool hides;
} hg__rebuilt;

enum { HG_REBUILT_TEXT = 200 };

int hg__rebuilt_measure(hg__rebuilt *to, const hg_model *m, const hg__signal *d,
                        const hg__samples *s, const hg__signal_split *split, hg__pool *pool,
                        hg_error *err);
int hg__rebuilt_save(const hg__rebuilt *r, hg__json *detector, hg_error *err);
hg__rebuilt hg__rebuilt_load(const hg_model *m); // NaN where the file has none
// For people; "" where nothing is known.
void hg__rebuilt_describe(const hg__rebuilt *r, char text[HG_REBUILT_TEXT]);
#endif
