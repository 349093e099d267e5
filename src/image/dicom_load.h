// SPDX-License-Identifier: Apache-2.0
// dicom_load.h - finds and opens the plug-in that reads DICOM.
#ifndef HG_IMAGE_DICOM_LOAD_H
#define HG_IMAGE_DICOM_LOAD_H
#include "base/error.h"
#include "image/dicom_plugin.h"

// Looked for once; NULL where it is not there.
const hg__dicom_plugin *hg__dicom_load(void);
// HG_OK, or a sentence that says what is to be installed.
int hg__dicom_need(const char *name, hg_error *err);
#endif
