// SPDX-License-Identifier: Apache-2.0
// npy_header.h - the header of a .npy file, for .npy and for the entries of .npz.
#ifndef HG_ARRAY_NPY_HEADER_H
#define HG_ARRAY_NPY_HEADER_H
#include "array/array.h"

bool hg__npy_sniff(const uint8_t *head, size_t size);

// Reads the header from the start of the source; the body is next.
int hg__npy_read_header(hg__array *a, hg__source *s, hg_error *err);
#endif
