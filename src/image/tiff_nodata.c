// SPDX-License-Identifier: Apache-2.0
// tiff_nodata.c - the sample that stands for "no data": GDAL's tag, a number as text.
#include <stdlib.h>

#include "base/text.h"
#include "image/tiff.h"

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
