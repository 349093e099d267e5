// SPDX-License-Identifier: Apache-2.0
// dicom_plugin.cc - DCMTK behind plain C: built into hourglass-dicom.so, never into the library.
#include "image/dicom_plugin.h"

#include <dcmtk/config/osconfig.h>
// osconfig.h comes before everything of DCMTK's
#include <cstdio>
#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcostrma.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>
#include <exception>
#include <limits>
#include <memory>

struct hg__dicom {
    DcmFileFormat file;
    Uint32 fragment = 0; // where the next frame of compressed ones begins
};

namespace {

int fail(hg__dicom_trouble *trouble, const char *text) {
    std::snprintf(trouble->text, sizeof trouble->text, "%s", text);
    return -1;
}

int fail(hg__dicom_trouble *trouble, const char *what, const OFCondition &why) {
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

// DCMTK's decoders, as long as the plug-in lives.
struct decoders {
    decoders() {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL); // it would print
        DJDecoderRegistration::registerCodecs();
        DJLSDecoderRegistration::registerCodecs();
    }
    ~decoders() {
        DJLSDecoderRegistration::cleanup();
        DJDecoderRegistration::cleanup();
    }
};

void prepare() {
    static const decoders all; // made once, by whichever thread comes first
}

int32_t get_short(DcmDataset *set, const DcmTagKey &tag, Uint16 otherwise) {
    Uint16 value = otherwise;
    return set->findAndGetUint16(tag, value).good() ? value : otherwise;
}

// What the pixels are made of, from the elements beside them.
int read_info(DcmDataset *set, hg__dicom_info *info, hg__dicom_trouble *trouble) {
    DcmElement *pixels = nullptr;
    OFString colours;
    Sint32 frames = 1;
    if (set->findAndGetElement(DCM_PixelData, pixels).bad() || pixels->isEmpty()) {
        return fail(trouble, "expected DICOM pixels, got none");
    }
    set->findAndGetOFString(DCM_PhotometricInterpretation, colours);
    if (set->findAndGetSint32(DCM_NumberOfFrames, frames).bad()) frames = 1;
    *info = hg__dicom_info{};
    info->width = get_short(set, DCM_Columns, 0);
    info->height = get_short(set, DCM_Rows, 0);
    info->frames = frames;
    info->allocated = get_short(set, DCM_BitsAllocated, 0);
    info->stored = get_short(set, DCM_BitsStored, 0);
    info->high = get_short(set, DCM_HighBit, 0);
    info->samples = get_short(set, DCM_SamplesPerPixel, 1);
    info->is_signed = get_short(set, DCM_PixelRepresentation, 0) != 0;
    info->is_white_zero = colours == "MONOCHROME1";
    if (info->samples != 1 || (colours != "MONOCHROME1" && colours != "MONOCHROME2")) {
        std::snprintf(trouble->text, sizeof trouble->text,
                      "expected a grey DICOM picture, got %.40s",
                      colours.empty() ? "one that does not name its colours" : colours.c_str());
        return -1;
    }
    const DcmXfer syntax(set->getOriginalXfer());
    info->is_rle = syntax.getXfer() == EXS_RLELossless;
    if (!syntax.isEncapsulated()) {
        info->pixel_bytes = pixels->getLength();
    } else if (!info->is_rle &&
               !DcmCodecList::canChangeCoding(syntax.getXfer(), EXS_LittleEndianExplicit)) {
        std::snprintf(trouble->text, sizeof trouble->text,
                      "expected DICOM pixels plain, RLE, JPEG or JPEG-LS, got %s",
                      syntax.getXferName());
        return -1;
    }
    return 0;
}

hg__dicom *open(const uint8_t *bytes, size_t size, hg__dicom_info *info,
                hg__dicom_trouble *trouble) {
    return guard(trouble, static_cast<hg__dicom *>(nullptr), [&]() -> hg__dicom * {
        prepare();
        auto d = std::make_unique<hg__dicom>();
        DcmInputBufferStream stream;
        stream.setBuffer(bytes, static_cast<offile_off_t>(size));
        stream.setEos();
        d->file.transferInit();
        const OFCondition done = d->file.read(stream);
        d->file.transferEnd();
        if (done.bad()) {
            fail(trouble, "cannot read DICOM", done);
            return nullptr;
        }
        return read_info(d->file.getDataset(), info, trouble) < 0 ? nullptr : d.release();
    });
}

int read(hg__dicom *d, int32_t frame, void *to, size_t size, hg__dicom_trouble *trouble) {
    return guard(trouble, -1, [&] {
        DcmDataset *set = d->file.getDataset();
        DcmElement *pixels = nullptr;
        OFString colours;
        OFCondition done = set->findAndGetElement(DCM_PixelData, pixels);
        if (size > std::numeric_limits<Uint32>::max()) return fail(trouble, "too large a frame");
        if (done.good()) {
            done = pixels->getUncompressedFrame(set, static_cast<Uint32>(frame), d->fragment, to,
                                                static_cast<Uint32>(size), colours);
        }
        return done.bad() ? fail(trouble, "cannot read DICOM pixels", done) : 0;
    });
}

// The first item is the table of places; then one for each frame.
int fragment(hg__dicom *d, int32_t frame, const uint8_t **bytes, size_t *size,
             hg__dicom_trouble *trouble) {
    return guard(trouble, -1, [&] {
        DcmElement *pixels = nullptr;
        DcmPixelSequence *list = nullptr;
        DcmPixelItem *item = nullptr;
        Uint8 *data = nullptr;
        OFCondition done = d->file.getDataset()->findAndGetElement(DCM_PixelData, pixels);
        auto *data_element = done.good() ? dynamic_cast<DcmPixelData *>(pixels) : nullptr;
        if (!data_element) return fail(trouble, "expected DICOM pixels, got none");
        done = data_element->getEncapsulatedRepresentation(EXS_RLELossless, nullptr, list);
        if (done.good()) done = list->getItem(item, static_cast<unsigned long>(frame) + 1);
        if (done.good()) done = item->getUint8Array(data);
        if (done.bad() || !data) return fail(trouble, "cannot read DICOM pixels", done);
        *bytes = data;
        *size = item->getLength();
        return 0;
    });
}

hg__dicom *copy(const hg__dicom *like, hg__dicom_trouble *trouble) {
    return guard(trouble, static_cast<hg__dicom *>(nullptr), [&] {
        auto d = std::make_unique<hg__dicom>();
        d->file = like->file;
        d->file.getDataset()->findAndDeleteElement(DCM_PixelData);
        return d.release();
    });
}

// DCMTK's end of a pipe into a hg__dicom_sink.
class consumer : public DcmConsumer {
  public:
    consumer(hg__dicom_sink *sink_, void *context_) : sink(sink_), context(context_) {}
    OFBool good() const override {
        return !broken;
    }
    OFCondition status() const override {
        return broken ? EC_InvalidStream : EC_Normal;
    }
    OFBool isFlushed() const override {
        return OFTrue;
    }
    offile_off_t avail() const override {
        return std::numeric_limits<offile_off_t>::max();
    }
    offile_off_t write(const void *bytes, offile_off_t size) override {
        if (!broken && size > 0) broken = sink(context, bytes, static_cast<size_t>(size)) < 0;
        return broken ? 0 : size;
    }
    void flush() override {}

  private:
    hg__dicom_sink *sink;
    void *context;
    bool broken = false;
};

class output : public DcmOutputStream {
  public:
    explicit output(DcmConsumer *end) : DcmOutputStream(end) {}
};

OFCondition put_pixels(DcmDataset *set, const void *pixels, size_t bytes) {
    if (bytes > std::numeric_limits<Uint32>::max() - 1) return EC_TooManyBytesRequested;
    if (get_short(set, DCM_BitsAllocated, 8) == 8) {
        return set->putAndInsertUint8Array(DCM_PixelData, static_cast<const Uint8 *>(pixels),
                                           static_cast<unsigned long>(bytes));
    }
    return set->putAndInsertUint16Array(DCM_PixelData, static_cast<const Uint16 *>(pixels),
                                        static_cast<unsigned long>(bytes / 2));
}

int write(hg__dicom *d, const void *pixels, size_t bytes, int32_t frames, hg__dicom_sink *sink,
          void *context, hg__dicom_trouble *trouble) {
    return guard(trouble, -1, [&] {
        DcmDataset *set = d->file.getDataset();
        OFCondition done = put_pixels(set, pixels, bytes);
        if (done.good() && set->tagExists(DCM_NumberOfFrames)) {
            done = set->putAndInsertString(DCM_NumberOfFrames, std::to_string(frames).c_str());
        }
        consumer end(sink, context);
        output stream(&end);
        if (done.good()) {
            d->file.transferInit();
            done = d->file.write(stream, EXS_LittleEndianExplicit, EET_ExplicitLength, nullptr,
                                 EGL_recalcGL, EPD_withoutPadding, 0, 0, 0, EWM_fileformat);
            d->file.transferEnd();
        }
        return done.bad() || !end.good() ? fail(trouble, "cannot write DICOM", done) : 0;
    });
}

void close(hg__dicom *d) {
    hg__dicom_trouble trouble;
    guard(&trouble, 0, [&] {
        delete d;
        return 0;
    });
}

} // namespace

extern "C" {
extern __attribute__((visibility("default"))) const hg__dicom_plugin hg__dicom_entry;
const hg__dicom_plugin hg__dicom_entry = {
    HG_DICOM_INTERFACE, OFFIS_DCMTK_VERSION_STRING, open, read, fragment, copy, write, close};
}
