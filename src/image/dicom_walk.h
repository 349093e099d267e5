// SPDX-License-Identifier: Apache-2.0
// dicom_walk.h - a DICOM file's elements walked before DCMTK sees them: what it is, where its data set begins, whether
// its lengths can be true.
#ifndef HG_IMAGE_DICOM_WALK_H
#define HG_IMAGE_DICOM_WALK_H
#include "base/error.h"

// "DICM" behind 128 bytes of anything (PS3.10, 7.1: a TIFF's directory, GE's own mark, zeros).
bool hg__dicom_has_mark(const uint8_t *head, size_t size);
// A data set without that, as ACR-NEMA's and some archives' files are: by its first three elements.
bool hg__dicom_is_bare(const uint8_t *head, size_t size);
// Where the data set of a deflated file begins, 0 where it is not deflated.
size_t hg__dicom_deflated_at(const uint8_t *bytes, size_t size);

typedef struct hg__dicom_span {
    const uint8_t *bytes; // borrowed
    size_t size;
} hg__dicom_span;

// Refuses elements longer than the file, sequences too deep and pixels that nobody here decodes. What is left in *s is
// what DCMTK is to read: without padding at the end, and without a header that is wrong about the data set.
int hg__dicom_check(hg__dicom_span *s, const char *name, hg_error *err);
#endif
