// SPDX-License-Identifier: Apache-2.0
// dicom_dcmtk.hh - what the plug-in's own files (dicom_*.cc) share; C++, behind dicom_plugin.h.
#ifndef HG_IMAGE_DICOM_DCMTK_H
#define HG_IMAGE_DICOM_DCMTK_H
#include <dcmtk/config/osconfig.h>
// osconfig.h comes before everything of DCMTK's
#include <cstdio>
#include <dcmtk/dcmdata/dctk.h>
#include <exception>
#include <vector>

#include "image/dicom_plugin.h"

struct hg__dicom {
    DcmFileFormat file;
    Uint32 fragment = 0;                   // where the next frame of compressed ones begins
    std::vector<uint8_t> palette;          // (entries, 3)
    E_TransferSyntax syntax = EXS_Unknown; // of the file that was read
    OFString kind;                         // its SOP class
    hg__dicom_info info = {};

    hg__dicom() = default;
    explicit hg__dicom(DcmDataset *set) : file(set) {} // copied; preamble and header are new
};

namespace hourglass {

inline int fail(hg__dicom_trouble *trouble, const char *text) {
    std::snprintf(trouble->text, sizeof trouble->text, "%s", text);
    return -1;
}

inline int fail(hg__dicom_trouble *trouble, const char *what, const OFCondition &why) {
    std::snprintf(trouble->text, sizeof trouble->text, "%s: %s", what, why.text());
    return -1;
}

// Runs `work` and turns whatever it throws into a failure.
template <class Result, class Work>
Result guard(hg__dicom_trouble *trouble, Result failed, Work work) {
    try {
        return work();
    } catch (const std::exception &e) {
        fail(trouble, e.what());
    } catch (...) {
        fail(trouble, "DCMTK failed in a way it does not name");
    }
    return failed;
}

// dicom_derive.cc, as in dicom_plugin.h
hg__dicom *copy(const hg__dicom *like, hg__dicom_trouble *trouble);
int write(hg__dicom *d, const hg__dicom_new *n, hg__dicom_sink *sink, void *context,
          hg__dicom_trouble *trouble);

} // namespace hourglass
#endif
