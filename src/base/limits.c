// SPDX-License-Identifier: Apache-2.0
// limits.c - what a file of data may ask for.
#include "base/limits.h"

const hg__data_limits hg__data_limit = {
    .rows = 1ULL << 48,
    .width = HG_MAX_WIDTH,
    .line = 16 << 20,
    .cell = 4096,
    .header = 64 << 10,
    .entries = 1024,
};
