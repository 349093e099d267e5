// SPDX-License-Identifier: Apache-2.0
// dicom_inflate.h - DICOM's deflated transfer syntax (PS3.5, A.5).
#ifndef HG_IMAGE_DICOM_INFLATE_H
#define HG_IMAGE_DICOM_INFLATE_H
#include "image/dicom_walk.h"

// *s becomes the same file not deflated, which *held keeps (free with hg__free); a file that is not deflated is left.
int hg__dicom_inflate(hg__dicom_span *s, uint8_t **held, const char *name, hg_error *err);
#endif
