// SPDX-License-Identifier: Apache-2.0
// exif.c - orientation and sensitivity from an EXIF block (CIPA DC-008; TIFF 6.0 for its layout).
#include <string.h>

#include "image/codec.h"

enum {
    ORIENTATION = 0x0112,
    EXIF_FOLDER = 0x8769,
    SENSITIVITY = 0x8827, // PhotographicSensitivity: ISO, 65535 for all above
    SPEED = 0x8833,       // ISOSpeed
    SHORT = 3,
    LONG = 4,
    HEADER = 8,
    ENTRY = 12
};

typedef struct exif {
    const uint8_t *bytes;
    size_t size;
    bool is_big; // most significant byte first
} exif;

// A number of 2 or 4 bytes; the caller has checked that it lies inside.
static uint32_t number(const exif *b, size_t at, size_t width) {
    uint32_t value = 0;
    for (size_t i = 0; i < width; i++) {
        value = value << 8 | b->bytes[at + (b->is_big ? i : width - 1 - i)];
    }
    return value;
}

static bool open_exif(exif *b, const uint8_t *bytes, size_t size) {
    const bool is_prefixed = size >= 6 && memcmp(bytes, "Exif\0\0", 6) == 0;
    *b = (exif){bytes + (is_prefixed ? 6 : 0), size - (is_prefixed ? 6 : 0), false};
    if (b->size < HEADER) return false;
    b->is_big = memcmp(b->bytes, "MM\0*", 4) == 0;
    return b->is_big || memcmp(b->bytes, "II*\0", 4) == 0;
}

// The value of a tag of the folder at `folder`, of that type; `none` where there is none.
static uint32_t find_value(const exif *b, size_t folder, uint32_t tag, uint32_t type,
                           uint32_t none) {
    if (folder > b->size - 2) return none;
    const size_t count = number(b, folder, 2);
    for (size_t i = 0; i < count; i++) {
        const size_t at = folder + 2 + i * ENTRY;
        if (at > b->size || b->size - at < ENTRY) return none;
        if (number(b, at, 2) != tag || number(b, at + 2, 2) != type) continue;
        return number(b, at + 8, type == SHORT ? 2 : 4);
    }
    return none;
}

int32_t hg__exif_orientation(const uint8_t *block, size_t size) {
    exif b;
    if (!open_exif(&b, block, size)) return 1;
    const uint32_t value = find_value(&b, number(&b, 4, 4), ORIENTATION, SHORT, 1);
    return value >= 1 && value <= 8 ? (int32_t)value : 1;
}

int32_t hg__exif_iso(const uint8_t *block, size_t size) {
    exif b;
    if (!open_exif(&b, block, size)) return 0;
    const uint32_t folder = find_value(&b, number(&b, 4, 4), EXIF_FOLDER, LONG, 0);
    if (folder < HEADER) return 0;
    uint32_t value = find_value(&b, folder, SENSITIVITY, SHORT, 0);
    if (value == UINT16_MAX) value = find_value(&b, folder, SPEED, LONG, value);
    return value <= INT32_MAX ? (int32_t)value : 0;
}

void hg__exif_make(uint8_t block[HG_EXIF_SIZE], int32_t orientation) {
    // Header, one entry (tag, type, count, value), no second folder.
    const uint8_t bytes[HG_EXIF_SIZE] = {
        'I', 'I', '*', 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, SHORT, 0, 1, 0, 0, 0, (uint8_t)orientation};
    memcpy(block, bytes, sizeof bytes);
}
