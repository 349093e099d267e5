// SPDX-License-Identifier: Apache-2.0
// schema_label.h - what a label's value says by itself, where normal= is not given.
#ifndef HG_DATA_SCHEMA_LABEL_H
#define HG_DATA_SCHEMA_LABEL_H
#include "data/schema.h"

bool hg__label_is_anomaly(
    const hg__cell *cell); // 1, anomaly, true, yes, outlier, attack, fraud ...
#endif
