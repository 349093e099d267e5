// SPDX-License-Identifier: Apache-2.0
// dicom_plugin.cc - DCMTK behind plain C: built into hourglass-dicom.so, never into the library. Reading; writing is in
// dicom_derive.cc.
#include <algorithm>
#include <cstring>
#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>
#include <limits>
#include <memory>

#include "image/dicom_dcmtk.hh"

using namespace hourglass;

namespace {

// DCMTK's decoders, as long as the plug-in lives.
struct decoders {
    decoders() {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);           // it would print
        dcmIgnoreFileMetaInformationGroupLength.set(OFTrue); // often wrong, never needed
        dcmAcceptUnexpectedImplicitEncoding.set(OFTrue);     // dicom_walk.c follows these
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

int32_t get_short(DcmDataset *set, const DcmTagKey &tag, int32_t otherwise) {
    Uint16 value = 0;
    return set->findAndGetUint16(tag, value).good() ? value : otherwise;
}

// ---- what a file holds --------------------------------------------------------------------------

const struct {
    const char *name;
    int32_t samples;
    hg__dicom_colours colours;
} interpretations[] = {
    {"MONOCHROME1",   1, HG_DICOM_GREY   },
    {"MONOCHROME2",   1, HG_DICOM_GREY   },
    {"RGB",           3, HG_DICOM_RGB    },
    {"YBR_FULL",      3, HG_DICOM_YBR    },
    {"YBR_FULL_422",  3, HG_DICOM_YBR_422},
    {"PALETTE COLOR", 1, HG_DICOM_PALETTE},
};

int fail_no_pixels(const OFString &kind, hg__dicom_trouble *trouble) {
    const bool is_index = kind == UID_MediaStorageDirectoryStorage;
    const char *name = is_index
                           ? "a DICOMDIR, an index of other files"
                           : dcmFindNameOfUID(kind.c_str(), "an object of a kind it does not name");
    std::snprintf(trouble->text, sizeof trouble->text,
                  "expected a DICOM picture, got %s, which holds no pixels", name);
    return -1;
}

int read_colours(DcmDataset *set, hg__dicom_info *info, hg__dicom_trouble *trouble) {
    OFString name;
    set->findAndGetOFString(DCM_PhotometricInterpretation, name);
    if (name.empty()) name = info->samples == 3 ? "RGB" : "MONOCHROME2"; // as before DICOM
    info->is_white_zero = name == "MONOCHROME1";
    for (const auto &i : interpretations) {
        if (name != i.name) continue;
        info->colours = i.colours;
        if (info->samples == i.samples) return 0;
        std::snprintf(trouble->text, sizeof trouble->text,
                      "expected %d samples in a DICOM pixel of %s, got %d", i.samples, i.name,
                      info->samples);
        return -1;
    }
    std::snprintf(trouble->text, sizeof trouble->text,
                  "expected DICOM pixels in grey, RGB, YBR_FULL or of a palette, got %.40s",
                  name.c_str());
    return -1;
}

// Entries of 8 bits may lie two in a word; those of 16 bits have their high byte taken, unless all are small.
bool read_table(DcmDataset *set, const DcmTagKey &tag, size_t entries, int32_t bits,
                std::vector<Uint16> &to) {
    const Uint16 *word = nullptr;
    unsigned long count = 0;
    if (set->findAndGetUint16Array(tag, word, &count).bad() || !word) return false;
    const bool is_packed = bits <= 8 && count < entries;
    if (count < (is_packed ? (entries + 1) / 2 : entries)) return false;
    to.resize(entries);
    for (size_t i = 0; i < entries; i++) {
        to[i] = is_packed ? static_cast<Uint16>(word[i / 2] >> (i % 2 ? 8 : 0) & 255) : word[i];
    }
    return true;
}

int read_palette(DcmDataset *set, hg__dicom *d, hg__dicom_trouble *trouble) {
    const DcmTagKey tables[3] = {DCM_RedPaletteColorLookupTableData,
                                 DCM_GreenPaletteColorLookupTableData,
                                 DCM_BluePaletteColorLookupTableData};
    DcmElement *shape = nullptr;
    Uint16 entries = 0, first = 0, bits = 0;
    if (set->findAndGetElement(DCM_RedPaletteColorLookupTableDescriptor, shape).bad() ||
        set->findAndGetUint16(DCM_RedPaletteColorLookupTableDescriptor, entries, 0).bad() ||
        set->findAndGetUint16(DCM_RedPaletteColorLookupTableDescriptor, bits, 2).bad()) {
        return fail(trouble, "expected a DICOM palette of three tables, got none");
    }
    if (set->findAndGetUint16(DCM_RedPaletteColorLookupTableDescriptor, first, 1).bad()) first = 0;
    const size_t count = entries ? entries : 65536;
    std::vector<Uint16> colour[3];
    Uint16 highest = 0;
    for (int c = 0; c < 3; c++) {
        if (!read_table(set, tables[c], count, bits, colour[c])) {
            return fail(trouble, "expected a DICOM palette of three tables, got shorter, missing "
                                 "or segmented ones");
        }
        highest = std::max(highest, *std::max_element(colour[c].begin(), colour[c].end()));
    }
    d->palette.resize(3 * count);
    for (size_t i = 0; i < 3 * count; i++) {
        const Uint16 v = colour[i % 3][i / 3];
        d->palette[i] = static_cast<uint8_t>(highest > 255 ? v >> 8 : v);
    }
    d->info.palette = d->palette.data();
    d->info.palette_first = d->info.is_signed ? static_cast<Sint16>(first) : first;
    d->info.entries = static_cast<int32_t>(count);
    return 0;
}

// What the file is called: by itself, or by its header alone.
void read_names(hg__dicom *d) {
    const struct {
        DcmTagKey tag, header;
        char *uid;
    } names[] = {
        {DCM_SOPInstanceUID,    DCM_MediaStorageSOPInstanceUID, d->info.image_uid },
        {DCM_SeriesInstanceUID, DCM_UndefinedTagKey,            d->info.series_uid},
        {DCM_StudyInstanceUID,  DCM_UndefinedTagKey,            d->info.study_uid },
        {DCM_SOPClassUID,       DCM_MediaStorageSOPClassUID,    nullptr           },
    };
    for (const auto &n : names) {
        OFString text;
        d->file.getDataset()->findAndGetOFString(n.tag, text);
        if (text.empty()) d->file.getMetaInfo()->findAndGetOFString(n.header, text);
        if (n.uid) {
            std::snprintf(n.uid, 65, "%s", text.c_str());
        } else {
            d->kind = text;
        }
    }
}

// How the pixels lie, from the elements beside them. What ACR-NEMA had not is as it was then.
void read_shape(DcmDataset *set, hg__dicom_info *info) {
    Sint32 frames = 1;
    if (set->findAndGetSint32(DCM_NumberOfFrames, frames).bad() || frames == 0) frames = 1;
    info->width = get_short(set, DCM_Columns, 0);
    info->height = get_short(set, DCM_Rows, 0);
    info->frames = frames;
    info->allocated = get_short(set, DCM_BitsAllocated, 0);
    info->stored = get_short(set, DCM_BitsStored, info->allocated);
    info->high = get_short(set, DCM_HighBit, info->stored - 1);
    info->samples = get_short(set, DCM_SamplesPerPixel, 1);
    info->is_planar = info->samples > 1 && get_short(set, DCM_PlanarConfiguration, 0) == 1;
    info->is_signed = get_short(set, DCM_PixelRepresentation, 0) != 0;
}

// Signed or not as the pixels are, whatever its own kind says.
void read_padding(DcmDataset *set, hg__dicom_info *info) {
    Uint16 word = 0;
    Sint16 number = 0;
    Float32 real = 0;
    if (info->is_float) {
        info->has_padding = set->findAndGetFloat32(DCM_FloatPixelPaddingValue, real).good();
        info->float_padding = real;
    } else if (set->findAndGetSint16(DCM_PixelPaddingValue, number).good()) {
        info->has_padding = 1;
        info->padding = info->is_signed ? number : static_cast<Uint16>(number);
    } else if (set->findAndGetUint16(DCM_PixelPaddingValue, word).good()) {
        info->has_padding = 1;
        info->padding = info->is_signed ? static_cast<Sint16>(word) : word;
    }
}

// ---- JPEG ---------------------------------------------------------------------------------------

// Whether the data begin as JPEG does: start of image, tables and notes, start of a frame.
bool is_jpeg(const Uint8 *data, size_t size) {
    if (size < 2 || data[0] != 0xff || data[1] != 0xd8) return false;
    size_t at = 2;
    while (size - at >= 4 && data[at] == 0xff) {
        const Uint8 marker = data[at + 1];
        const bool is_table = marker == 0xc4 || marker == 0xcc || marker == 0xdb || marker == 0xdd;
        if (marker == 0xff) { // filled up
            at++;
            continue;
        }
        if (!is_table && marker != 0xfe && (marker < 0xe0 || marker > 0xef)) {
            return marker >= 0xc0 && marker <= 0xcf && marker != 0xc8;
        }
        const size_t length = static_cast<size_t>(data[at + 2]) << 8 | data[at + 3];
        if (length + 2 > size - at) return false;
        at += length + 2;
    }
    return false;
}

// DCMTK 3.6.7 looks for the frame's marker and stays at a TEM (FF 01) for ever. Entropy-coded data have none either.
int check_jpeg(const hg__dicom *d, DcmElement *pixels, hg__dicom_trouble *trouble) {
    DcmPixelSequence *list = nullptr;
    auto *element = dynamic_cast<DcmPixelData *>(pixels);
    if (!element || element->getEncapsulatedRepresentation(d->syntax, nullptr, list).bad()) {
        return fail(trouble, "expected DICOM pixels, got none");
    }
    const Uint8 tem[] = {0xff, 0x01};
    for (unsigned long i = 1; i < list->card(); i++) {
        DcmPixelItem *item = nullptr;
        Uint8 *data = nullptr;
        if (list->getItem(item, i).bad() || item->getUint8Array(data).bad() || !data) continue;
        const Uint8 *begin = data, *end = data + item->getLength();
        if (!is_jpeg(data, item->getLength()) && std::search(begin, end, tem, tem + 2) != end) {
            return fail(trouble, "expected DICOM pixels as JPEG, got damaged ones");
        }
    }
    return 0;
}

// 422 is a way to lie in the file: who decodes it gives whole pixels.
int read_syntax(DcmElement *pixels, hg__dicom *d, hg__dicom_trouble *trouble) {
    const DcmXfer syntax(d->syntax);
    d->info.is_rle = syntax.getXfer() == EXS_RLELossless;
    if (!syntax.isEncapsulated()) {
        d->info.pixel_bytes = pixels->getLength();
        d->info.is_big = syntax.isBigEndian();
        return 0;
    }
    if (d->info.colours == HG_DICOM_YBR_422) d->info.colours = HG_DICOM_YBR;
    if (d->info.is_rle) return 0;
    if (DcmCodecList::canChangeCoding(syntax.getXfer(), EXS_LittleEndianExplicit)) {
        const bool is_ls = d->syntax == EXS_JPEGLSLossless || d->syntax == EXS_JPEGLSLossy;
        return is_ls ? 0 : check_jpeg(d, pixels, trouble);
    }
    std::snprintf(trouble->text, sizeof trouble->text,
                  "expected DICOM pixels plain, RLE, JPEG or JPEG-LS, got %s",
                  syntax.getXferName());
    return -1;
}

int read_info(hg__dicom *d, hg__dicom_trouble *trouble) {
    DcmDataset *set = d->file.getDataset();
    DcmElement *pixels = nullptr;
    hg__dicom_info *info = &d->info;
    d->syntax = set->getOriginalXfer();
    read_shape(set, info);
    read_names(d);
    if (set->findAndGetElement(DCM_FloatPixelData, pixels).good() && !pixels->isEmpty()) {
        info->is_float = 1;
        info->pixel_bytes = pixels->getLength();
        read_padding(set, info);
        return info->samples == 1 ? 0 : fail(trouble, "expected DICOM floats in grey, got colour");
    }
    if (set->tagExists(DCM_DoubleFloatPixelData)) {
        return fail(trouble, "expected DICOM pixels of 8 to 16 bits or 32-bit floats, got doubles");
    }
    if (set->findAndGetElement(DCM_PixelData, pixels).bad() || pixels->isEmpty()) {
        return fail_no_pixels(d->kind, trouble);
    }
    if (!info->width || !info->height || !info->allocated) {
        return fail(trouble, "expected a DICOM picture's columns, rows and bits, got pixels alone");
    }
    if (read_colours(set, info, trouble) < 0) return -1;
    if (info->colours == HG_DICOM_GREY) read_padding(set, info);
    if (info->colours == HG_DICOM_PALETTE && read_palette(set, d, trouble) < 0) return -1;
    return read_syntax(pixels, d, trouble);
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
        if (read_info(d.get(), trouble) < 0) return nullptr;
        *info = d->info;
        return d.release();
    });
}

// ---- frames -------------------------------------------------------------------------------------

int read_plain(hg__dicom *d, int32_t frame, void *to, size_t size, hg__dicom_trouble *trouble) {
    DcmDataset *set = d->file.getDataset();
    DcmElement *pixels = nullptr;
    Uint8 *bytes = nullptr;
    Uint16 *words = nullptr;
    Float32 *floats = nullptr;
    OFCondition done =
        set->findAndGetElement(d->info.is_float ? DCM_FloatPixelData : DCM_PixelData, pixels);
    if (done.good()) {
        done = d->info.is_float         ? pixels->getFloat32Array(floats)
               : d->info.allocated == 8 ? pixels->getUint8Array(bytes)
                                        : pixels->getUint16Array(words);
    }
    const void *from = floats;
    if (bytes) from = bytes;
    if (words) from = words;
    if (done.bad() || !from) return fail(trouble, "cannot read DICOM pixels", done);
    const size_t at = static_cast<size_t>(frame) * size;
    if (at + size > pixels->getLength()) return fail(trouble, "cannot read DICOM pixels: too few");
    std::memcpy(to, static_cast<const char *>(from) + at, size);
    return 0;
}

int read_packed(hg__dicom *d, int32_t frame, void *to, size_t size, hg__dicom_colours *colours,
                hg__dicom_trouble *trouble) {
    DcmDataset *set = d->file.getDataset();
    DcmElement *pixels = nullptr;
    OFString name;
    OFCondition done = set->findAndGetElement(DCM_PixelData, pixels);
    const size_t even = size + size % 2; // DCMTK fills an even number of bytes
    if (even > std::numeric_limits<Uint32>::max()) return fail(trouble, "too large a frame");
    if (done.good()) {
        done = pixels->getUncompressedFrame(set, static_cast<Uint32>(frame), d->fragment, to,
                                            static_cast<Uint32>(even), name);
    }
    if (done.bad()) return fail(trouble, "cannot read DICOM pixels", done);
    if (name == "RGB") *colours = HG_DICOM_RGB;
    if (name == "YBR_FULL" || name == "YBR_FULL_422") *colours = HG_DICOM_YBR;
    return 0;
}

int read(hg__dicom *d, int32_t frame, void *to, size_t size, hg__dicom_colours *colours,
         hg__dicom_trouble *trouble) {
    return guard(trouble, -1, [&] {
        *colours = d->info.colours;
        return d->info.pixel_bytes ? read_plain(d, frame, to, size, trouble)
                                   : read_packed(d, frame, to, size, colours, trouble);
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
