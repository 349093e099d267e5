// SPDX-License-Identifier: Apache-2.0
// dicom_plugin.h - between codec_dicom.c and dicom_plugin.cc, which calls DCMTK and is opened when the first DICOM file is
// met. Plain C on both sides; no exception crosses.
#ifndef HG_IMAGE_DICOM_PLUGIN_H
#define HG_IMAGE_DICOM_PLUGIN_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HG_DICOM_INTERFACE = 2 };

typedef struct hg__dicom hg__dicom; // a file's elements, in the plug-in's memory

// What a pixel's samples mean (PS3.3, C.7.6.3.1.2). YBR is full range; in YBR_422 two pixels share their colour.
typedef enum hg__dicom_colours {
    HG_DICOM_GREY,
    HG_DICOM_RGB,
    HG_DICOM_YBR,
    HG_DICOM_YBR_422,
    HG_DICOM_PALETTE
} hg__dicom_colours;

typedef struct hg__dicom_info {
    int32_t width, height, frames;
    int32_t allocated, stored, high; // bits of a sample, those in use, the highest of them
    int32_t samples;                 // of a pixel
    hg__dicom_colours colours;
    int32_t is_big;    // plain pixels with the most significant byte first
    int32_t is_planar; // a frame's samples of one colour lie together
    int32_t is_signed;
    int32_t is_white_zero; // MONOCHROME1
    int32_t is_float;      // FloatPixelData, of 32 bits
    int32_t is_rle;        // its frames come by `fragment`, the others' by `read`
    int32_t has_padding;   // a value that stands for no pixel: `padding`, not shifted, or a float
    int32_t padding;
    float float_padding;
    uint64_t pixel_bytes;   // of the pixels where they are not compressed, else 0
    const uint8_t *palette; // the plug-in's, until `close`: (entries, 3)
    int32_t palette_first;  // the stored value of its first entry
    int32_t entries;
    char image_uid[65], series_uid[65], study_uid[65]; // "" where it has none
} hg__dicom_info;

// What went wrong, as the end of a sentence: "expected ..., got ...".
typedef struct hg__dicom_trouble {
    char text[300];
} hg__dicom_trouble;

// Takes bytes of the file as they are made; 0, or negative to stop.
typedef int hg__dicom_sink(void *context, const void *bytes, size_t size);

// What is to be written beside the elements of the file it is like.
typedef struct hg__dicom_new {
    const void *pixels; // (frames, height, width, samples), native
    size_t bytes;
    int32_t frames;
    int32_t allocated, stored, high, is_signed;
    int32_t is_float, is_rgb;
    const char *image_uid, *series_uid; // of the new image
    const char *study_uid;              // where the other has none
    const char *software, *version;     // who made it
} hg__dicom_new;

typedef struct hg__dicom_plugin {
    int32_t interface;   // HG_DICOM_INTERFACE, or the plug-in is another release's
    const char *version; // DCMTK's
    // NULL on failure. The bytes are not needed afterwards.
    hg__dicom *(*open)(const uint8_t *bytes, size_t size, hg__dicom_info *info,
                       hg__dicom_trouble *trouble);
    // Frames in their order; `size` bytes, native 8, 16 or 32 bits. *colours: what they are made of once they are not
    // compressed. 0 or negative, here and below.
    int (*read)(hg__dicom *d, int32_t frame, void *to, size_t size, hg__dicom_colours *colours,
                hg__dicom_trouble *trouble);
    // A frame that is one fragment, as it is in the file: *bytes is the plug-in's, until `close`.
    int (*fragment)(hg__dicom *d, int32_t frame, const uint8_t **bytes, size_t *size,
                    hg__dicom_trouble *trouble);
    // Everything but the pixels and what would belie new ones; NULL on failure.
    hg__dicom *(*copy)(const hg__dicom *like, hg__dicom_trouble *trouble);
    // As an image derived from the one it is a copy of: explicit little endian, not compressed.
    int (*write)(hg__dicom *d, const hg__dicom_new *n, hg__dicom_sink *sink, void *context,
                 hg__dicom_trouble *trouble);
    void (*close)(hg__dicom *d); // NULL is fine
} hg__dicom_plugin;

#define HG_DICOM_SYMBOL "hg__dicom_entry" // a const hg__dicom_plugin

#ifdef __cplusplus
}
#endif
#endif
