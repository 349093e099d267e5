// SPDX-License-Identifier: Apache-2.0
// dicom.h - DICOM without DCMTK: the file walked before the plug-in sees it, samples, run lengths, identifiers. For codec_dicom.c and dicom_*.c.
// its lengths can be true.
#ifndef HG_IMAGE_DICOM_H
#define HG_IMAGE_DICOM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "image/dicom_plugin.h"

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

// Finds and opens the plug-in that reads DICOM.

// Looked for once; NULL where it is not there.
const hg__dicom_plugin *hg__dicom_load(void);
// HG_OK, or a sentence that says what is to be installed.
int hg__dicom_need(const char *name, hg_error *err);

// DICOM's deflated transfer syntax (PS3.5, A.5).

// *s becomes the same file not deflated, which *held keeps (free with hg__free); a file that is not deflated is left.
int hg__dicom_inflate(hg__dicom_span *s, uint8_t **held, const char *name, hg_error *err);

// DICOM's run lengths (PS3.5, annex G): one frame.

// `count` pixels of `samples` samples of `width` bytes (1, 2 or 4, native order), interleaved, from one fragment; false where
// it is damaged or has fewer.
bool hg__dicom_unpack_rle(const uint8_t *from, size_t size, size_t count, size_t samples,
                          size_t width, uint8_t *to);

// DICOM's stored values as samples of grey or red, green, blue, and back.

typedef struct hg__dicom_samples {
    int32_t shift; // of the lowest bit in use
    uint32_t white, half;
    bool is_signed, is_white_zero;
    size_t bytes; // of a stored value: 1, 2 or 4
} hg__dicom_samples;

typedef struct hg__dicom_layout {
    hg__dicom_samples samples;
    hg__dicom_colours colours;
    bool is_planar;
    size_t pixels;          // of a frame
    const uint8_t *palette; // borrowed, (entries, 3)
    int32_t palette_first, entries;
} hg__dicom_layout;

// Bytes of a frame as it is stored.
uint64_t hg__dicom_frame_bytes(const hg__dicom_info *i);
// A stored value's sample.
uint32_t hg__dicom_sample(const hg__dicom_samples *s, uint32_t stored);
// `count` pixels from the `first`: grey, or interleaved red, green, blue. Of a palette 8 bits each, else
// as many as are stored.
void hg__dicom_get(const hg__dicom_layout *l, const uint8_t *frame, size_t first, size_t count,
                   void *to);
// `count` samples as stored values of as many bytes. What was signed is so again.
void hg__dicom_put(const hg__dicom_samples *s, const void *from, size_t count, void *to);

// Unique identifiers (UID) of DICOM objects, made from what they are made of: the same input, the same UID.

enum { HG_DICOM_UID = 65 }; // bytes of a UID's text, its end included (PS3.5, 9.1)

// "2.25." and the number of a UUID (PS3.5, B.2) that is a hash of `what`, `source` and `bytes`.
void hg__dicom_uid(char uid[HG_DICOM_UID], const char *what, const char *source, const void *bytes,
                   size_t size);
#endif
