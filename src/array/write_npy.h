// SPDX-License-Identifier: Apache-2.0
// write_npy.h - the header of a .npy file of float32 or bytes.
#ifndef HG_ARRAY_WRITE_NPY_H
#define HG_ARRAY_WRITE_NPY_H
#include "base/file.h"
#include "base/tensor.h"

// Adds the header (version 1.0, C order, padded so that the data starts at a multiple of 64). dtype: HG_F32 or HG_U8;
// the elements follow, little-endian.
int hg__npy_add_header(hg__writer *w, hg__dtype dtype, const hg__shape *shape, hg_error *err);
#endif
