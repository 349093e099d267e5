// SPDX-License-Identifier: Apache-2.0
// exif.h - the one thing an EXIF block says that changes the picture: which way up it is.
#ifndef HG_IMAGE_EXIF_H
#define HG_IMAGE_EXIF_H
#include "base/error.h"

// 1 .. 8 from a TIFF-shaped block (with or without "Exif\0\0" before it); 1 where it says nothing or is damaged.
int32_t hg__exif_orientation(const uint8_t *block, size_t size);

// The smallest block that says an orientation, without "Exif\0\0".
enum { HG_EXIF_SIZE = 26 };
void hg__exif_make(uint8_t block[HG_EXIF_SIZE], int32_t orientation);
#endif
