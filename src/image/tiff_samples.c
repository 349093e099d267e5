// SPDX-License-Identifier: Apache-2.0
// tiff_samples.c - TIFF's odd ways with samples: white as zero, colours that hold their alpha, a sample that stands for "no data".
#include <stdlib.h>

#include "base/text.h"
#include "image/tiff.h"

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

// A colour of more than its alpha is not possible: clipped.
static uint64_t divide(uint64_t colour, uint64_t alpha, uint64_t white) {
    return alpha == 0 ? colour : least((colour * white + alpha / 2) / alpha, white);
}

// Gives back what was read: half a step times an alpha of at most white is less than half a step. Where alpha
// is 0, the colours stay what they are.
static uint64_t multiply(uint64_t colour, uint64_t alpha, uint64_t white) {
    return (colour * alpha + white / 2) / white;
}

// The largest sample: of 12 bits in 16, 4095. (A float has no room for all of 32 bits.)
static uint64_t white_of(const hg__image_info *info) {
    return info->dtype == HG_U32 ? UINT32_MAX : (uint64_t)info->white;
}

static bool is_small_whole(hg__dtype type) {
    return type == HG_U8 || type == HG_U16 || type == HG_U32;
}

// Signed samples that hold their alpha mean nothing anybody has written down, 64 bits have no room for a product:
// both stay what they are.
void hg__tiff_divide_by_alpha(const hg__image_info *info, void *pixels, size_t count) {
    const size_t n = (size_t)hg__image_samples(info), colours = n - 1;
    const hg__dtype type = info->dtype;
    const uint64_t white = white_of(info);
    if (!is_small_whole(type) && !hg__image_is_real(type)) return;
    for (size_t i = 0; i < count * n; i += n) {
        const double alpha = hg__image_sample(type, pixels, i + colours);
        if (!(alpha > 0)) continue;
        for (size_t k = i; k < i + colours; k++) {
            const double v = hg__image_sample(type, pixels, k);
            const double colour = hg__image_is_real(type)
                                      ? v / alpha
                                      : (double)divide((uint64_t)v, (uint64_t)alpha, white);
            hg__image_set_sample(type, pixels, k, colour);
        }
    }
}

void hg__tiff_multiply_by_alpha(const hg__image_info *info, void *pixels, size_t count) {
    const size_t n = (size_t)hg__image_samples(info), colours = n - 1;
    const hg__dtype type = info->dtype;
    const uint64_t white = white_of(info);
    if (!is_small_whole(type) && !hg__image_is_real(type)) return;
    for (size_t i = 0; i < count * n; i += n) {
        const double alpha = hg__image_sample(type, pixels, i + colours);
        for (size_t k = i; k < i + colours; k++) {
            const double v = hg__image_sample(type, pixels, k);
            const double colour = hg__image_is_real(type)
                                      ? v * alpha
                                      : (double)multiply((uint64_t)v, (uint64_t)alpha, white);
            hg__image_set_sample(type, pixels, k, colour);
        }
    }
}

// Signed numbers change places about the middle of their range, as the unsigned ones do: the bits are turned round.
void hg__tiff_turn_grey(const hg__image_info *info, void *pixels, size_t count) {
    const size_t n = (size_t)hg__image_samples(info), size = hg__dtype_size(info->dtype);
    uint8_t *bytes = pixels;
    uint16_t *words = pixels;
    for (size_t i = 0; i < count * n; i += n) {
        if (hg__image_is_real(info->dtype)) {
            const double v = hg__image_sample(info->dtype, pixels, i);
            hg__image_set_sample(info->dtype, pixels, i, 1 - v);
        } else if (info->dtype == HG_U16) {
            words[i] = (uint16_t)((uint16_t)info->white - words[i]); // may be 12 bits of 16
        } else {
            for (size_t k = i * size; k < (i + 1) * size; k++) bytes[k] = (uint8_t)~bytes[k];
        }
    }
}

static const char *get_text(TIFF *tiff, uint32_t *size) {
    const TIFFField *field = hg__tiff.FindField(tiff, TIFFTAG_GDAL_NODATA, TIFF_ANY);
    const char *text = NULL;
    if (!field || hg__tiff.FieldDataType(field) != TIFF_ASCII) return NULL;
    if (!hg__tiff.FieldPassCount(field)) {
        if (!hg__tiff.GetField(tiff, TIFFTAG_GDAL_NODATA, &text) || !text) return NULL;
        *size = (uint32_t)strlen(text);
        return text;
    }
    const bool wide = hg__tiff.FieldReadCount(field) == TIFF_VARIABLE2;
    return wide && hg__tiff.GetField(tiff, TIFFTAG_GDAL_NODATA, size, &text) ? text : NULL;
}

// Blanks around it are passed over; what is no number ("nan" among them, which needs no tag) is none.
static bool parse(const char *text, uint32_t size, double *value) {
    char number[64];
    while (size && (*text == ' ' || *text == '\t')) text++, size--;
    while (size && strchr(" \t\r\n", text[size - 1])) size--; // the end of the text, too
    if (size == 0 || size >= sizeof number) return false;
    memcpy(number, text, size);
    number[size] = '\0';
    return hg__parse_float(number, value);
}

void hg__tiff_read_nodata(TIFF *tiff, const hg__tiff_layout *l, hg__image_info *info) {
    uint32_t size = 0;
    uint64_t sample = 0; // of any type
    double value;
    const char *text = get_text(tiff, &size);
    info->has_nodata = false;
    // Of a palette's index and of fewer bits nothing is left, and colours that hold their alpha are others now.
    const bool is_same = l->bits >= 8 && l->photometric != PHOTOMETRIC_PALETTE &&
                         !(info->alpha && l->extra == EXTRASAMPLE_ASSOCALPHA);
    if (!text || !is_same || !parse(text, size, &value)) return;
    hg__image_set_sample(info->dtype, &sample, 0, value);
    const bool is_real = hg__image_is_real(info->dtype);
    if (!is_real && hg__image_sample(info->dtype, &sample, 0) != value) return; // no sample has it
    if (l->photometric == PHOTOMETRIC_MINISWHITE) {
        hg__tiff_turn_grey(info, &sample, 1);
        value = hg__image_sample(info->dtype, &sample, 0);
    }
    info->nodata = value;
    info->has_nodata = true;
}
