// SPDX-License-Identifier: Apache-2.0
// magic.h - what a file is by its first bytes: the one table of formats that messages name.
#ifndef HG_BASE_MAGIC_H
#define HG_BASE_MAGIC_H
#include "base/error.h"

// "a BMP file", "an Excel workbook" ..., or NULL where nothing is recognised. A few kilobytes are enough; no bytes behind the
// first 4096 are looked at. A text that happens to begin with a magic number's letters ("BMI,age") is not taken for it.
const char *hg__magic_name(const uint8_t *head, size_t size);

// What to do with a file of that kind, "convert it to PNG or TIFF first"; NULL where nothing is known.
const char *hg__magic_advice(const uint8_t *head, size_t size);

// Whether it is video (of a kind that is read through ffmpeg only).
bool hg__magic_is_video(const uint8_t *head, size_t size);

// One sentence's end for any file: its name; else "text", "an empty file" or "a file that begins with 01 02 03 04".
void hg__magic_describe(const uint8_t *head, size_t size, char text[64]);

// No control characters but those of texts; in UTF-8 or any 8-bit encoding. Of the first 512 bytes.
bool hg__magic_is_text(const uint8_t *head, size_t size);
#endif
