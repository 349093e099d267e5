// SPDX-License-Identifier: Apache-2.0
// dicom_derive.cc - a DICOM file written like another is an image derived from it (PS3.3, C.7.6.1.1.2 and C.12.4): new
// UIDs, DERIVED, what was done, and from what. All that is true of the pixels still stays as it is: slope, intercept,
// window, sign, padding value, spacing, patient. What would show or measure the old pixels is left out.
#include <algorithm>
#include <dcmtk/dcmdata/dcostrma.h>
#include <limits>
#include <memory>
#include <string>

#include "image/dicom_dcmtk.hh"

namespace hourglass {
namespace {

// ---- what is left out ---------------------------------------------------------------------------

// By group and element.
const Uint32 stale[] = {
    0x00080001, // length to end (ACR-NEMA)
    0x00080012, // instance creation date, and time: nobody asks the clock here
    0x00080013,
    0x00080014, // instance creator UID
    0x00280104, // smallest and largest valid pixel value
    0x00280105,
    0x00280106, // smallest and largest in the image
    0x00280107,
    0x00280108, // in the series
    0x00280109,
    0x00280110, // in the plane
    0x00280111,
    0x00287fe0, // where the pixels can be fetched
    0x4ffe0001, // MAC parameters, of signatures
    0x00603000, // histogram
    0x7fe00001, // tables of places in compressed pixels
    0x7fe00002, 0x7fe00003,
    0x7fe00008, // the pixels
    0x7fe00009, 0x7fe00010,
    0xfffafffa, // digital signatures
    0xfffcfffc, // padding
};

const Uint32 palette[] = {
    0x00280120,                                     // padding value
    0x00280121, 0x00281101, 0x00281102, 0x00281103, // of the tables: descriptors
    0x00281199, 0x00281201, 0x00281202, 0x00281203, // UID, data
    0x00281221, 0x00281222, 0x00281223,             // segmented
};

DcmTagKey tag_of(Uint32 number) {
    return {static_cast<Uint16>(number >> 16), static_cast<Uint16>(number & 0xffff)};
}

template <size_t count> void drop(DcmDataset *set, const Uint32 (&tags)[count]) {
    for (const Uint32 tag : tags) set->findAndDeleteElement(tag_of(tag));
}

// Pixels beside the image's own: an icon's sequence, or compressed ones in a private element.
struct other_pixels {
    unsigned long depth;
    DcmItem *owner;
    DcmObject *what;
};

// All elements with `what(stack)` called for each, its own item below it on the stack.
template <class What> void walk(DcmDataset *set, What what) {
    DcmStack stack;
    while (set->nextObject(stack, OFTrue).good()) what(stack);
}

// Icons show the image as it was. The deepest go first, as others may lie around them.
void drop_other_pixels(DcmDataset *set) {
    std::vector<other_pixels> found;
    walk(set, [&](DcmStack &stack) {
        const unsigned long depth = stack.card();
        if (!dynamic_cast<DcmPixelData *>(stack.top())) return;
        const bool is_nested = depth >= 4;
        auto *owner = dynamic_cast<DcmItem *>(stack.elem(is_nested ? 3 : 1));
        if (owner) found.push_back({depth, owner, stack.elem(is_nested ? 2 : 0)});
    });
    std::stable_sort(found.begin(), found.end(), [](const other_pixels &a, const other_pixels &b) {
        return a.depth > b.depth;
    });
    const DcmObject *last = nullptr; // items of one sequence follow each other
    for (const auto &f : found) {
        if (f.what == last) continue;
        last = f.what;
        delete f.owner->remove(f.what);
    }
}

// Overlays that lie in bits of the pixels (retired in 2004) go with those bits.
void drop_overlays(DcmDataset *set) {
    for (Uint16 group = 0x6000; group < 0x6020; group = static_cast<Uint16>(group + 2)) {
        if (!set->tagExists({group, 0x0100}) || set->tagExists({group, 0x3000})) continue;
        for (unsigned long i = set->card(); i > 0; i--) {
            if (set->getElement(i - 1)->getGTag() == group) delete set->remove(i - 1);
        }
    }
}

// ---- what is said -------------------------------------------------------------------------------

void put(DcmItem *item, const DcmTagKey &tag, const std::string &text) {
    item->putAndInsertString(tag, text.c_str());
}

void put_if_none(DcmItem *item, const DcmTagKey &tag, const char *text) {
    if (!item->tagExistsWithValue(tag)) item->putAndInsertString(tag, text);
}

// A new item behind those of a sequence; what stands there and is none is replaced.
DcmItem *add_item(DcmItem *in, const DcmTagKey &tag) {
    DcmItem *item = nullptr;
    if (in->findOrCreateSequenceItem(tag, item, -2).bad()) {
        in->findAndDeleteElement(tag);
        if (in->findOrCreateSequenceItem(tag, item, -2).bad()) throw std::bad_alloc();
    }
    return item;
}

void add_code(DcmItem *in, const char *value, const char *meaning) {
    DcmItem *code = add_item(in, DCM_PurposeOfReferenceCodeSequence);
    put(code, DCM_CodeValue, value);
    put(code, DCM_CodingSchemeDesignator, "DCM");
    put(code, DCM_CodeMeaning, meaning);
}

// "ORIGINAL\PRIMARY\AXIAL" becomes "DERIVED\PRIMARY\AXIAL": whether it stems from the examination itself, and all else,
// does not change with the pixels.
std::string derived(const OFString &type) {
    const size_t first = type.find('\\');
    const bool has_second =
        first != OFString_npos && first + 1 < type.length() && type[first + 1] != '\\';
    if (has_second) return std::string("DERIVED") + type.substr(first).c_str();
    const size_t second = first == OFString_npos ? OFString_npos : type.find('\\', first + 1);
    return std::string("DERIVED\\SECONDARY") +
           (second == OFString_npos ? "" : type.substr(second).c_str());
}

void mark_types(DcmDataset *set) {
    OFString type;
    set->findAndGetOFStringArray(DCM_ImageType, type);
    put(set, DCM_ImageType, derived(type));
    walk(set, [&](DcmStack &stack) { // of frames
        auto *element = dynamic_cast<DcmElement *>(stack.top());
        OFString frame;
        if (!element || element->getTag() != DCM_FrameType) return;
        if (element->getOFStringArray(frame).good()) element->putString(derived(frame).c_str());
    });
}

// `more` behind the text that is there, if both fit into `most` bytes; alone where nothing is there.
void append(DcmDataset *set, const DcmTagKey &tag, const char *between, const std::string &more,
            size_t most) {
    OFString text;
    set->findAndGetOFStringArray(tag, text);
    const std::string whole = text.empty() ? more : text.c_str() + (between + more);
    if (whole.size() <= most) put(set, tag, whole);
}

void add_source(DcmDataset *set, const hg__dicom *d) {
    if (!d->info.image_uid[0] || d->kind.empty()) return; // it cannot be named
    DcmItem *source = add_item(set, DCM_SourceImageSequence);
    put(source, DCM_ReferencedSOPClassUID, d->kind.c_str());
    put(source, DCM_ReferencedSOPInstanceUID, d->info.image_uid);
    put(source, DCM_SpatialLocationsPreserved, "YES");
    add_code(source, "121322", "Source image for image processing operation");
}

void add_maker(DcmDataset *set, const hg__dicom_new *n) {
    DcmItem *maker = add_item(set, DCM_ContributingEquipmentSequence);
    put(maker, DCM_Manufacturer, n->software);
    put(maker, DCM_SoftwareVersions, n->version);
    put(maker, DCM_ContributionDescription, "Noise removed");
    add_code(maker, "109103", "Modifying Equipment");
}

// JPEG's losses do not go away with its compression (PS3.3, C.7.6.1.1.5).
void mark_losses(DcmDataset *set, E_TransferSyntax syntax) {
    const bool is_jpeg = syntax == EXS_JPEGProcess1 || syntax == EXS_JPEGProcess2_4;
    if (!is_jpeg && syntax != EXS_JPEGLSLossy) return;
    put_if_none(set, DCM_LossyImageCompressionMethod, is_jpeg ? "ISO_10918_1" : "ISO_14495_1");
    put(set, DCM_LossyImageCompression, "01");
}

void describe(hg__dicom *d, const hg__dicom_new *n) {
    DcmDataset *set = d->file.getDataset();
    const std::string maker = std::string(n->software) + " " + n->version;
    mark_types(set);
    mark_losses(set, d->syntax);
    put(set, DCM_SOPClassUID, d->kind.empty() ? UID_SecondaryCaptureImageStorage : d->kind.c_str());
    add_source(set, d);
    add_maker(set, n);
    append(set, DCM_DerivationDescription, "; ", "Noise removed by " + maker, 1024);
    append(set, DCM_SeriesDescription, " ", "denoised", 64);
    put(set, DCM_SOPInstanceUID, n->image_uid);
    put(set, DCM_SeriesInstanceUID, n->series_uid);
    put_if_none(set, DCM_StudyInstanceUID, n->study_uid);
}

// ---- the new pixels -----------------------------------------------------------------------------

OFCondition put_shape(DcmDataset *set, const hg__dicom_new *n) {
    if (n->is_rgb) {
        if (set->tagExists(DCM_RedPaletteColorLookupTableDescriptor)) drop(set, palette);
        put(set, DCM_PhotometricInterpretation, "RGB");
        set->putAndInsertUint16(DCM_PlanarConfiguration, 0);
    } else {
        put_if_none(set, DCM_PhotometricInterpretation, "MONOCHROME2");
    }
    if (n->is_float) return EC_Normal; // floats have no more to say
    const struct {
        DcmTagKey tag;
        int32_t value;
    } shape[] = {
        {DCM_SamplesPerPixel,     n->is_rgb ? 3 : 1},
        {DCM_BitsAllocated,       n->allocated     },
        {DCM_BitsStored,          n->stored        },
        {DCM_HighBit,             n->high          },
        {DCM_PixelRepresentation, n->is_signed     },
    };
    OFCondition done = EC_Normal;
    for (const auto &s : shape) {
        if (done.good()) done = set->putAndInsertUint16(s.tag, static_cast<Uint16>(s.value));
    }
    return done;
}

OFCondition put_pixels(DcmDataset *set, const hg__dicom_new *n) {
    if (n->bytes > std::numeric_limits<Uint32>::max() - 1) return EC_TooManyBytesRequested;
    if (n->is_float) {
        return set->putAndInsertFloat32Array(DCM_FloatPixelData,
                                             static_cast<const Float32 *>(n->pixels),
                                             static_cast<unsigned long>(n->bytes / 4));
    }
    if (n->allocated == 8) {
        return set->putAndInsertUint8Array(DCM_PixelData, static_cast<const Uint8 *>(n->pixels),
                                           static_cast<unsigned long>(n->bytes));
    }
    return set->putAndInsertUint16Array(DCM_PixelData, static_cast<const Uint16 *>(n->pixels),
                                        static_cast<unsigned long>(n->bytes / 2));
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

} // namespace

hg__dicom *copy(const hg__dicom *like, hg__dicom_trouble *trouble) {
    return guard(trouble, static_cast<hg__dicom *>(nullptr), [&] {
        // The preamble may name places in the old file.
        auto d = std::make_unique<hg__dicom>(const_cast<hg__dicom *>(like)->file.getDataset());
        DcmDataset *set = d->file.getDataset();
        d->info = like->info;
        d->info.palette = nullptr;
        d->syntax = like->syntax;
        d->kind = like->kind;
        drop(set, stale);
        drop_other_pixels(set);
        drop_overlays(set);
        return d.release();
    });
}

int write(hg__dicom *d, const hg__dicom_new *n, hg__dicom_sink *sink, void *context,
          hg__dicom_trouble *trouble) {
    return guard(trouble, -1, [&] {
        DcmDataset *set = d->file.getDataset();
        describe(d, n);
        OFCondition done = put_shape(set, n);
        if (done.good()) done = put_pixels(set, n);
        if (done.good() && set->tagExists(DCM_NumberOfFrames)) {
            done = set->putAndInsertString(DCM_NumberOfFrames, std::to_string(n->frames).c_str());
        }
        consumer end(sink, context);
        output stream(&end);
        if (done.good()) {
            d->file.transferInit();
            done = d->file.write(stream, EXS_LittleEndianExplicit, EET_ExplicitLength, nullptr,
                                 EGL_withoutGL, EPD_withoutPadding, 0, 0, 0, EWM_createNewMeta);
            d->file.transferEnd();
        }
        return done.bad() || !end.good() ? fail(trouble, "cannot write DICOM", done) : 0;
    });
}

} // namespace hourglass
