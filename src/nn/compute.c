// SPDX-License-Identifier: Apache-2.0
// compute.c - the names of precisions.
#include "nn/compute.h"

#include <string.h>

static const char *const names[HG_PRECISIONS] = {
    [HG_IN_FP32] = "fp32", [HG_IN_BF16] = "bf16", [HG_IN_INT8] = "int8"};

const char *hg__precision_name(hg__precision p) {
    return names[p];
}

bool hg__precision_find(const char *name, hg__precision *p) {
    for (int i = 0; i < HG_PRECISIONS; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        *p = (hg__precision)i;
        return true;
    }
    return false;
}
