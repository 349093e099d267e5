// SPDX-License-Identifier: Apache-2.0
// csv_stranger.h - texts that are something else than lines of cells, by name.
#ifndef HG_CSV_CSV_STRANGER_H
#define HG_CSV_CSV_STRANGER_H
#include "base/error.h"

// "an XML file", "lines of JSON" ..., or NULL where the text may be a table. *advice: what to do with it; "" where that is plain.
const char *hg__text_stranger(const char *text, size_t size, const char **advice);

// "UTF-16LE" ... of text in units of two bytes or four, without a byte order mark, as iconv calls it; NULL of anything else.
const char *hg__text_wide(const uint8_t *text, size_t size);

// The line that makes UTF-8 of a file in that encoding: "iconv -f UTF-16LE -t UTF-8 'my file.csv' > utf8.csv".
enum { HG_ICONV = 264 };
void hg__text_iconv(const char *encoding, const char *path, char line[HG_ICONV]);
#endif
