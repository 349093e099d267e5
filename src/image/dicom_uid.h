// SPDX-License-Identifier: Apache-2.0
// dicom_uid.h - unique identifiers (UID) of DICOM objects, made from what they are made of: the same input, the same UID.
#ifndef HG_IMAGE_DICOM_UID_H
#define HG_IMAGE_DICOM_UID_H
#include <stddef.h>

enum { HG_DICOM_UID = 65 }; // bytes of a UID's text, its end included (PS3.5, 9.1)

// "2.25." and the number of a UUID (PS3.5, B.2) that is a hash of `what`, `source` and `bytes`.
void hg__dicom_uid(char uid[HG_DICOM_UID], const char *what, const char *source, const void *bytes,
                   size_t size);
#endif
