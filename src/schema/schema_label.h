// SPDX-License-Identifier: Apache-2.0
// schema_label.h - what a label's value says by itself, where normal= is not given.
#ifndef HG_SCHEMA_SCHEMA_LABEL_H
#define HG_SCHEMA_SCHEMA_LABEL_H
#include "schema/schema.h"

bool hg__label_is_anomaly(
    const hg__cell *cell); // 1, anomaly, true, yes, outlier, attack, fraud ...

// The different values of a label that were met, for a message: the first few.
typedef struct hg__label_list {
    char text[160]; // "high, low"
    int32_t count;
} hg__label_list;

void hg__label_list_add(hg__label_list *list, const hg__cell *cell);

// Refuses a label of which no value is normal.
int hg__label_refuse(const char *path, const char *label, const char *normal,
                     const hg__label_list *met, hg_error *err);
#endif
