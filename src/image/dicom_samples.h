// SPDX-License-Identifier: Apache-2.0
// dicom_samples.h - DICOM's stored values as samples of grey or red, green, blue, and back.
#ifndef HG_IMAGE_DICOM_SAMPLES_H
#define HG_IMAGE_DICOM_SAMPLES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/dicom_plugin.h"

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
#endif
