// SPDX-License-Identifier: Apache-2.0
// limits.h - what a file of data may ask for.
#ifndef HG_BASE_LIMITS_H
#define HG_BASE_LIMITS_H
#include <stddef.h>
#include <stdint.h>

enum {
    HG_MAX_WIDTH = 1 << 24, // features a row
    HG_MAX_COLUMNS = 65536, // of a table
};

// What a file may ask for. Everything is checked before memory is taken.
typedef struct hg__data_limits {
    uint64_t rows;
    int64_t width;     // features a row
    size_t line, cell; // CSV: bytes of a record, bytes of a cell that is a number
    size_t header;     // NPY: bytes of the header text
    uint64_t entries;  // NPZ: arrays in an archive
} hg__data_limits;

extern const hg__data_limits hg__data_limit;
#endif
