// SPDX-License-Identifier: Apache-2.0
// exif.h - the one thing in EXIF that changes what a picture looks like: which side is up.
#ifndef HG_IMAGE_EXIF_H
#define HG_IMAGE_EXIF_H
#include "base/error.h"

// Orientation 1 .. 8 (tag 0x0112 of the first directory) of EXIF's TIFF structure, which starts with "II" or "MM": in
// JPEG what stands behind "Exif\0\0", in PNG the eXIf chunk. 1 where it says nothing or makes no sense.
int32_t hg__exif_orientation(const uint8_t *tiff, size_t size);

// The smallest such structure that says `orientation` and nothing else.
enum { HG_EXIF_BYTES = 26 };
void hg__exif_format(int32_t orientation, uint8_t tiff[HG_EXIF_BYTES]);
#endif
