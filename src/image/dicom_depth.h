// SPDX-License-Identifier: Apache-2.0
// dicom_depth.h - refuses DICOM files with elements longer than the file or sequences too deep for who reads them.
#ifndef HG_IMAGE_DICOM_DEPTH_H
#define HG_IMAGE_DICOM_DEPTH_H
#include "base/error.h"

// bytes begin with the preamble and "DICM".
int hg__dicom_check_depth(const uint8_t *bytes, size_t size, const char *name, hg_error *err);
#endif
