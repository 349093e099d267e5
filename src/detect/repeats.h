// SPDX-License-Identifier: Apache-2.0
// repeats.h - which rows are copies of an earlier one: what is dear is then done once for all of them.
#ifndef HG_DETECT_REPEATS_H
#define HG_DETECT_REPEATS_H
#include <stdint.h>

// distinct: positions of the rows of x (rows, width) that are no copies, bit for bit, ascending; how many is returned.
// which (rows): for each row the number in `distinct` of the one it equals. slot (2 rows) is room.
int32_t hg__repeats_find(const float *x, int32_t rows, int32_t width, int32_t *distinct,
                         int32_t *which, int32_t *slot);
#endif
