// SPDX-License-Identifier: Apache-2.0
// dicom_rle.h - DICOM's run lengths (PS3.5, annex G): one frame.
#ifndef HG_IMAGE_DICOM_RLE_H
#define HG_IMAGE_DICOM_RLE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// `count` pixels of `samples` samples of `width` bytes (1, 2 or 4, native order), interleaved, from one fragment; false where
// it is damaged or has fewer.
bool hg__dicom_unpack_rle(const uint8_t *from, size_t size, size_t count, size_t samples,
                          size_t width, uint8_t *to);
#endif
